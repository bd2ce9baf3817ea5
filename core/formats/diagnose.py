"""From a failed validation to findings that a person can act on: real path, what was expected, did-you-mean."""

import re
from collections.abc import Iterator, Mapping
from typing import Any, Final, TypeAlias, get_args, get_type_hints

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from core.formats.errors import Code, clip, did_you_mean, listing, quote
from core.frozen import Frozen
from core.values import dataclass

Path = tuple[str | int, ...]
Model: TypeAlias = type[BaseModel] | type[Frozen]
_MONEY: Final = frozenset({"total", "amount", "open"})
_OPTION: Final = re.compile(r"'([^']*)'")
_EXPECTED: Final = {
    "int": "a whole number",
    "float": "a number",
    "string": "text",
    "bool": "true or false",
    "tuple": "a list",
    "list": "a list",
    "dict": "a mapping",
    "model": "a mapping",
    "none": "nothing",
    "date": "a date as YYYY-MM-DD",
}
_CUSTOM: Final = {
    "bad_date": Code.BAD_DATE,
    "bad_currency": Code.BAD_CURRENCY,
    "bad_zone": Code.BAD_ZONE,
    "bad_country": Code.BAD_VALUE,
    "bad_language": Code.BAD_VALUE,
}
_LIMIT: Final = {
    "greater_than_equal": ("ge", "at least"),
    "greater_than": ("gt", "more than"),
    "less_than_equal": ("le", "at most"),
    "less_than": ("lt", "less than"),
}


@dataclass(frozen=True, slots=True)
class Finding:
    """One mistake in a value, wherever that value stands."""

    code: Code
    path: Path
    problem: str
    found: str | None = None
    allowed: str | None = None
    hint: str | None = None

    @property
    def field(self) -> str:
        """The path as people write it: steps[1].level."""
        return dotted(self.path)


def dotted(path: Path) -> str:
    """A path as people write it: steps[1].level."""
    text = "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in path)
    return text.removeprefix(".")


def findings(failure: ValidationError, raw: Any, model: Model | None) -> Iterator[Finding]:
    """What is wrong with `raw`, one finding for each path, in order of appearance.

    Args: `model` that was asked for, to know its keys; None where the type of record itself is unknown.
    """
    seen: dict[Path, Finding] = {}
    for error in failure.errors(include_url=False):
        path, found = _walk(error, raw)
        finding = _finding(error, path, found, model)
        previous = seen.get(path)
        seen[path] = finding if previous is None else _either(previous, finding)
    yield from seen.values()


def _either(one: Finding, other: Finding) -> Finding:
    """A union refuses a value once for each of its branches; one finding names what any of them would have taken."""
    if one.allowed is None or other.allowed is None or one.code is Code.UNKNOWN_FIELD:
        return one
    allowed = f"{one.allowed} or {other.allowed}"
    return Finding(
        other.code, one.path, f"expected {allowed}, got {one.found}", one.found, allowed, one.hint or other.hint
    )


def _walk(error: ErrorDetails, raw: Any) -> tuple[Path, Any]:
    """The path through the data itself: the segments that pydantic adds for unions and tags are left out."""
    path, here = list[str | int](), raw
    tag = _tag(here)
    for part in error["loc"]:
        if part == tag:
            tag = None  # said once for each value that is told apart by its type; a key of that name comes after it
            continue
        if (isinstance(here, Mapping) and part in here) or (isinstance(here, list) and _is_index(part, here)):
            path.append(part)
            here = here[part]  # type: ignore[index]
            tag = _tag(here)
    if error["type"] == "missing":
        path.append(error["loc"][-1])
    return tuple(path), here


def _tag(value: Any) -> Any:
    return value.get("type") if isinstance(value, Mapping) else None


def _is_index(part: str | int, values: list[Any]) -> bool:
    return isinstance(part, int) and part < len(values)


def _finding(error: ErrorDetails, path: Path, found: Any, model: Model | None) -> Finding:
    kind, context = error["type"], error.get("ctx", {})
    name = str(path[-1]) if path else "value"
    if kind == "missing":
        return Finding(Code.MISSING_FIELD, path, "required, and missing")
    if kind == "extra_forbidden":
        keys = keys_at(model, path[:-1])
        return Finding(Code.UNKNOWN_FIELD, path, "unknown key", clip(name), listing(keys), did_you_mean(name, keys))
    if kind in {"union_tag_not_found", "union_tag_invalid"}:
        return _bad_tag(kind, (*path, "type"), context)
    if kind in {"enum", "literal_error"}:
        return _not_allowed(path, found, str(context.get("expected", "")))
    if kind in _CUSTOM:
        return _custom(_CUSTOM[kind], path, found, error["msg"])
    if kind in _LIMIT:
        return _out_of_range(path, found, kind, context)
    return _bad_value(error, path, found)


def _bad_tag(kind: str, path: Path, context: Mapping[str, Any]) -> Finding:
    if kind == "union_tag_not_found":
        return Finding(Code.MISSING_FIELD, path, "required, and missing")
    return _not_allowed(path, context.get("tag"), str(context.get("expected_tags", "")))


def _bad_value(error: ErrorDetails, path: Path, found: Any) -> Finding:
    kind, context = error["type"], error.get("ctx", {})
    if kind == "value_error":
        return Finding(Code.RULE, path, str(context.get("error", error["msg"])))
    if kind.startswith("string_") and isinstance(found, str):
        return _bad_text(path, found, kind, context)
    if kind == "too_short":
        return Finding(Code.BAD_VALUE, path, "needs at least one entry")
    return _wrong_type(kind, path, found)


def _not_allowed(path: Path, found: Any, expected: str) -> Finding:
    options = _OPTION.findall(expected) or [expected]
    name = next((str(part) for part in reversed(path) if isinstance(part, str)), "value")
    hint = did_you_mean(found, options) if isinstance(found, str) else None
    allowed = listing(options)
    problem = f"{quote(found)} is not a value of {name} ({allowed})"
    return Finding(Code.BAD_ENUM, path, problem, clip(found), allowed, hint)


def _custom(code: Code, path: Path, found: Any, message: str) -> Finding:
    if message.startswith("is "):
        return Finding(code, path, f"{quote(found)} {message}", clip(found))
    return Finding(code, path, f"{message}, got {quote(found)}", clip(found), "YYYY-MM-DD")


def _out_of_range(path: Path, found: Any, kind: str, context: Mapping[str, Any]) -> Finding:
    key, words = _LIMIT[kind]
    money = bool(path) and path[-1] in _MONEY
    code = Code.BAD_VALUE
    if money:
        code = Code.AMOUNT_RANGE if key in {"le", "lt"} else Code.NEGATIVE_AMOUNT
    allowed = f"{words} {context.get(key)}"
    hint = "a credit is a credit_note line" if code is Code.NEGATIVE_AMOUNT else None
    return Finding(code, path, f"expected {allowed}, got {clip(found)}", clip(found), allowed, hint)


def _bad_text(path: Path, found: str, kind: str, context: Mapping[str, Any]) -> Finding:
    if kind == "string_too_long":
        problem = f"{len(found)} characters, at most {context.get('max_length')} are allowed"
        return Finding(Code.TOO_LONG, path, problem, clip(found))
    if any(ord(char) < 32 or 127 <= ord(char) < 160 for char in found):
        what = "a line break" if "\n" in found or "\r" in found else "a control character"
        return Finding(Code.CONTROL_CHARACTER, path, f"holds {what}, and must be one line of text", clip(found))
    if not found.strip():
        return Finding(Code.BAD_VALUE, path, "is empty", clip(found))
    hint = "no # and no space at either end" if "#" in found or found != found.strip() else None
    allowed = None if hint else f"the pattern {context.get('pattern')}"
    problem = f"{quote(found)} is not allowed here" + (f", it must match {context.get('pattern')}" if allowed else "")
    return Finding(Code.BAD_VALUE, path, problem, clip(found), allowed, hint)


def _wrong_type(kind: str, path: Path, found: Any) -> Finding:
    name = path[-1] if path else None
    expected = _EXPECTED.get(kind.partition("_")[0], "another type")
    if name in _MONEY and expected == "a whole number":
        hint = "12.50 EUR is written 1250" if isinstance(found, float | str) else None
        return Finding(
            Code.BAD_AMOUNT,
            path,
            f"expected whole minor units, got {quote(found)}",
            clip(found),
            "a whole number",
            hint,
        )
    hint = "put it in quotes" if expected == "text" and isinstance(found, int | float) else None
    return Finding(Code.BAD_TYPE, path, f"expected {expected}, got {quote(found)}", clip(found), expected, hint)


def keys_at(model: Model | None, path: Path) -> list[str]:
    """The keys that the mapping at `path` may have; empty where any key is allowed."""
    models = [] if model is None else [model]
    for part in path:
        if isinstance(part, str):
            types = [get_type_hints(one)[part] for one in models if part in one.model_fields]
            models = [found for annotation in types for found in _models_in(annotation)]
    return list(dict.fromkeys(key for one in models for key in one.model_fields))


def _models_in(annotation: Any) -> list[Model]:
    """The models that a value of this type may be; several where it is told apart by its type."""
    if isinstance(annotation, type) and issubclass(annotation, (BaseModel, Frozen)):
        return [annotation]
    return [found for arg in get_args(annotation) for found in _models_in(arg)]
