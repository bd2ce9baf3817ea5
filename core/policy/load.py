"""Policies from YAML, with a position for everything that is wrong. Functions read the compiled JSON instead."""

from collections.abc import Collection, Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any, Final

from core.formats.diagnose import Path as KeyPath
from core.formats.errors import Code, InputError, Severity, clip, did_you_mean, listing
from core.formats.yaml_text import Document, read_file, read_yaml, validate
from core.policy.finding import Known
from core.policy.lint import lint
from core.policy.schema import PUNCTUAL, STATEMENT, Anchor, Effect, Policy, Step
from core.values import dataclass

_SHIPPED: Final = Path(__file__).parent
_PACKS: Final = _SHIPPED / "packs"
_NOTHING: Final = Known()


def shipped() -> dict[str, Path]:
    """The policies that come with the program, by name; those for a line of business last."""
    return {path.stem: path for folder in (_SHIPPED, _PACKS) for path in sorted(folder.glob("*.yaml"))}


@dataclass(frozen=True, slots=True)
class Checked:
    """A policy that was read, and all that was found; None when it is no policy, or says what cannot be meant."""

    policy: Policy | None
    findings: tuple[InputError, ...] = ()


def check_policy(source: Path | str, file: str | None = None, known: Known = _NOTHING) -> Checked:
    """A policy with everything that is wrong or strange about it, each with its place in the file.

    Args: `file` names the source in findings; `known` is what the policy will meet.
    """
    document, policy, errors = _read(source, file, known.templates or ())
    if document is None or policy is None or errors:
        return Checked(None, tuple(errors))
    found = [
        document.error(one.code, one.path, one.problem, hint=one.hint, severity=one.severity)
        for one in lint(policy, known)
    ]
    found.sort(key=_place)
    broken = any(one.severity is Severity.ERROR for one in found)
    return Checked(None if broken else policy, tuple(found))


def load_policy(
    source: Path | str, file: str | None = None, templates: Collection[str] = ()
) -> Policy | list[InputError]:
    """A policy from a file or from YAML text, or all that is wrong with its form, in the order of the file.

    Args: `file` names the source in errors; `templates` that exist, empty: they are not checked.
    """
    _, policy, errors = _read(source, file, templates)
    return errors if policy is None or errors else policy


def _read(
    source: Path | str, file: str | None, templates: Collection[str]
) -> tuple[Document | None, Policy | None, list[InputError]]:
    document = read_file(source, file) if isinstance(source, Path) else read_yaml(source, file or "policy.yaml")
    if isinstance(document, InputError):
        return None, None, [document]
    order = [*_order(document), *_templates(document, templates)]
    policy = validate(document, Policy)
    if isinstance(policy, Policy):
        return document, policy, order
    # what was found with its positions need not be said once more for the file as a whole
    rest = [error for error in policy if not (order and error.field is None and error.code is Code.RULE)]
    return document, None, sorted([*order, *rest], key=_place)


def _place(error: InputError) -> tuple[int, int]:
    return error.line, error.column or 0


def _rows(document: Document) -> list[tuple[int, dict[str, Any]]]:
    steps = document.values.get("steps") if isinstance(document.values, dict) else None
    return [(i, step) for i, step in enumerate(steps) if isinstance(step, dict)] if isinstance(steps, list) else []


def _templates(document: Document, templates: Collection[str]) -> Iterator[InputError]:
    for path, name in _named(document):
        if templates and isinstance(name, str) and name not in templates:
            yield document.error(
                Code.UNKNOWN_REF,
                path,
                f"there is no template '{clip(name)}'",
                allowed=listing(sorted(templates)),
                hint=did_you_mean(name, templates),
            )


def _named(document: Document) -> Iterator[tuple[KeyPath, Any]]:
    """Every place where a template is named, and what stands there."""
    for i, step in _rows(document):
        yield ("steps", i, "template"), step.get("template")
    values = document.values if isinstance(document.values, dict) else {}
    for key, name in (("punctual", "template"), ("activation", "statement")):
        part = values.get(key)
        yield (key, name), part.get(name) if isinstance(part, dict) else None


def _order(document: Document) -> Iterator[InputError]:
    """The rules between steps, each naming both steps and where they stand."""
    rows = _rows(document)
    yield from _ids(document, rows)
    yield from _required(document, rows)
    yield from _terms(document, rows)
    if isinstance(document.values, dict) and document.values.get("advance") in ("state", "repeat"):  # nobody climbs
        return
    messages = [(i, s) for i, s in rows if s.get("effect", Effect.MESSAGE) == Effect.MESSAGE and not s.get("off")]
    ladder = [(i, s) for i, s in messages if s.get("anchor") != Anchor.EVENT]
    if len(ladder) == len(messages):  # what an event starts may come before the first one
        yield from _first(document, ladder)
    for (i, before), (j, after) in pairwise(ladder):
        yield from _pair(document, i, before, j, after)


def _first(document: Document, ladder: list[tuple[int, dict[str, Any]]]) -> Iterator[InputError]:
    for i, step in ladder[:1]:
        if step.get("anchor") in (Anchor.PREVIOUS_NOTICE, Anchor.PREVIOUS_NOTICE_DEADLINE):
            problem = f"'{step.get('id')}' is the first message and counts from the one before it: it is never reached"
            yield document.error(Code.UNREACHABLE, ("steps", i, "anchor"), problem, allowed="due, issue")


def _ids(document: Document, rows: list[tuple[int, dict[str, Any]]]) -> Iterator[InputError]:
    first = dict[str, int]()
    for i, step in rows:
        name = str(step.get("id"))
        if name in (PUNCTUAL, STATEMENT):
            problem = f"'{name}' is a word of the program itself, no step may be called so"
            yield document.error(Code.RULE, ("steps", i, "id"), problem)
        elif "id" in step and first.setdefault(name, i) != i:
            line = document.place(("steps", first[name], "id")).line
            yield document.error(
                Code.DUPLICATE_KEY, ("steps", i, "id"), f"step '{name}' stands on line {line} already", found=name
            )
    for i, step in rows:
        when = step.get("when")
        of = when.get("occurrences_of") if isinstance(when, dict) else None
        if isinstance(of, str) and not any(s.get("id") == of and s.get("repeat") for _, s in rows):
            repeating = [str(s.get("id")) for _, s in rows if s.get("repeat")]
            yield document.error(
                Code.UNKNOWN_REF,
                ("steps", i, "when", "occurrences_of"),
                f"'{of}' is no repeating step of this policy",
                allowed=", ".join(repeating),
                hint=did_you_mean(of, repeating),
            )


def _required(document: Document, rows: list[tuple[int, dict[str, Any]]]) -> Iterator[InputError]:
    """Each step that another one waits for is a message step, and not itself."""
    messages = [str(s.get("id")) for _, s in rows if s.get("effect", Effect.MESSAGE) == Effect.MESSAGE]
    for i, step in rows:
        others = [name for name in messages if name != step.get("id")]
        required = step.get("requires_step")
        for j, name in enumerate(required if isinstance(required, list) else ()):
            if isinstance(name, str) and name not in others:
                problem = f"'{clip(name)}' is no other message step of this policy"
                yield document.error(
                    Code.UNKNOWN_REF,
                    ("steps", i, "requires_step", j),
                    problem,
                    allowed=listing(others),
                    hint=did_you_mean(name, others),
                )


def _terms(document: Document, rows: list[tuple[int, dict[str, Any]]]) -> Iterator[InputError]:
    """What is charged needs its terms."""
    for i, step in rows:
        for key, terms in (("charge_interest", "interest"), ("charge_compensation", "compensation")):
            if step.get(key) is True and document.values.get(terms) is None:
                problem = f"step '{step.get('id')}' charges {terms}, and the policy has no {terms} terms"
                yield document.error(Code.RULE, ("steps", i, key), problem, hint=f"add `{terms}` to the policy")
        if step.get("effect") == Effect.INTEREST and document.values.get("interest") is None:
            problem = f"step '{step.get('id')}' charges interest, and the policy has no interest terms"
            yield document.error(Code.RULE, ("steps", i, "effect"), problem, hint="add `interest` to the policy")


def _pair(document: Document, i: int, before: dict[str, Any], j: int, after: dict[str, Any]) -> Iterator[InputError]:
    other = document.place(("steps", i, "id"))
    where = f"'{before.get('id')}' (line {other.line})"
    this = f"'{after.get('id')}'"
    was, now = _whole(before.get("offset_days")), _whole(after.get("offset_days"))
    if _comparable(before, after) and was is not None and now is not None and now <= was:
        problem = f"steps out of order: {this} at {now:+d} comes after {where} at {was:+d}; offset_days must rise"
        yield document.error(Code.POLICY_ORDER, ("steps", j, "offset_days"), problem)
    if "level" not in after and after.keys() - Step.model_fields.keys():
        return  # a key that nobody knows is told already, and may be its level
    was, now = _whole(before.get("level", 0)), _whole(after.get("level", 0))
    if was is not None and now is not None and now < was:
        problem = f"steps out of order: {this} at level {now} comes after {where} at level {was}; level must not fall"
        yield document.error(Code.POLICY_ORDER, ("steps", j, "level"), problem)


def _comparable(before: dict[str, Any], after: dict[str, Any]) -> bool:
    """True when the days of both count from the same date of the invoice, with no condition beside them."""
    anchor = before.get("anchor", Anchor.DUE)
    same = anchor == after.get("anchor", Anchor.DUE) and anchor in (Anchor.DUE, Anchor.ISSUE)
    return same and not before.get("when") and not after.get("when")


def _whole(value: Any) -> int | None:
    return value if type(value) is int else None
