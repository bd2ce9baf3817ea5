"""Entity tags: what is stored of a thing, as a short hash; equal as long as nobody changed it."""

import hashlib
import json
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any, Final

from core.values import dataclass
from functions.ingest_api.problems import ProblemError
from functions.shared.store import untold

_BOOKKEEPING: Final = frozenset(
    {"rev", "at_version", "kept", "closed_at", "expires_at", untold.MARK}
)  # of rows, not of things


def tag_of(row: Mapping[str, Any]) -> str:
    """The tag of a stored row."""
    said = {name: value for name, value in row.items() if name not in _BOOKKEEPING}
    text = json.dumps(said, sort_keys=True, default=str)
    return '"' + hashlib.sha256(text.encode()).hexdigest()[:20] + '"'


@dataclass(frozen=True, slots=True)
class Condition:
    """What a writer says about the state that it knows; None: it does not say."""

    if_match: str | None = None
    if_none_match: str | None = None

    def check(self, current: Mapping[str, Any] | None) -> None:
        """Raises ProblemError where the stored row (None: there is none) is not in the state that the writer knows."""
        tag = None if current is None else tag_of(current)
        if self.if_match is not None and (tag is None or not _lists(self.if_match, tag)):
            raise _stale(tag)
        if self.if_none_match is not None and tag is not None and _lists(self.if_none_match, tag):
            raise _stale(tag)


def _lists(header: str, tag: str) -> bool:
    return header.strip() == "*" or tag in [one.strip() for one in header.split(",")]


def _stale(tag: str | None) -> ProblemError:
    detail = "it is not in the state that was named; nothing was written"
    headers = {"etag": tag} if tag else {}
    return ProblemError(HTTPStatus.PRECONDITION_FAILED, "STALE", detail, headers=headers, current=tag)
