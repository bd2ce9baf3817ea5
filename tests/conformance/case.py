"""One case of a conformance file, and how what it says is compared with what the core does."""

import json
import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

FORMAT = "dunning-conformance/1"
ROOT = Path(__file__).parents[2]
DEFAULT_FOLDER = ROOT.parent / "shared" / "conformance"

Body = Mapping[str, Any]


class RefusedError(Exception):
    """The case says something that the adapter or the policy language cannot express; the text says what."""


@dataclass(frozen=True)
class Case:
    """A case with the named policies of its file."""

    source: str  # the file it stands in
    body: Body
    policies: Mapping[str, Body]

    @property
    def name(self) -> str:
        """The case's own id."""
        return str(self.body["id"])

    @property
    def peculiar(self) -> bool:
        """True for a habit of one system that is no model for us."""
        return bool(self.body.get("peculiar"))

    def policy(self, named: Any = None) -> Any:
        """The case's policy, or the one given: looked up where it is a name."""
        found = self.body.get("policy") if named is None else named
        if isinstance(found, str):
            if found not in self.policies:
                raise RefusedError(f"there is no policy named {found!r} in the file")
            return self.policies[found]
        return found

    def variants(self) -> list[Body]:
        """The case's variants, each with what all of them share; a case without variants is its own only one."""
        shared = {key: value for key, value in self.body.items() if key not in ("variants", "expected")}
        if "variants" in self.body:
            return [{**shared, **variant} for variant in self.body["variants"]]
        return [dict(self.body)]


def folder() -> Path:
    """Where the cases lie: CONFORMANCE_DIR, or beside the checkout."""
    named = os.environ.get("CONFORMANCE_DIR")
    return (ROOT / named) if named else DEFAULT_FOLDER


def read_cases(where: Path) -> Iterator[Case]:
    """Every case of every file. Raises ValueError for a file of another format."""
    for path in sorted(where.glob("*.json")):
        content = json.loads(path.read_text(encoding="utf-8"))
        if content.get("format") != FORMAT:
            raise ValueError(f"{path.name}: format {content.get('format')!r}, this adapter reads {FORMAT!r}")
        for body in content["cases"]:
            yield Case(path.stem, body, content.get("policies", {}))


def day(text: str | None) -> date | None:
    """An ISO day; None stays None."""
    return None if text is None else date.fromisoformat(text)


def on(text: str) -> date:
    """An ISO day that must be there."""
    return date.fromisoformat(text)


def differ(what: str, expected: Any, found: Any) -> list[str]:
    """One line where the two are not equal, none where they are."""
    return [] if expected == found else [f"{what}: expected {expected!r}, found {found!r}"]


def differ_each(what: str, expected: Mapping[str, Any], found: Mapping[str, Any]) -> list[str]:
    """A line for each key on which the two are not equal; keys that are not expected must not be there."""
    keys = [*expected, *(key for key in found if key not in expected)]
    return [
        line
        for key in keys
        for line in differ(f"{what} {key}", expected.get(key, "nothing"), found.get(key, "nothing"))
    ]


def unknown(expected: Body, known: set[str], where: str) -> None:
    """Refuse what nobody here checks: an assertion that is not looked at must not count as passed."""
    rest = sorted(set(expected) - known)
    if rest:
        raise RefusedError(f"{where} asserts {', '.join(rest)}, which is not understood")
