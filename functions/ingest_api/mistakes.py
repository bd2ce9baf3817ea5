"""What a failed validation found, each at its place in the body, in our words."""

from collections.abc import Iterator, Sequence
from typing import Any, Final

from core.formats.errors import clip
from functions.ingest_api.problems import Mistake


def mistakes(errors: Sequence[dict[str, Any]], body: Any) -> Iterator[Mistake]:
    """Each mistake once, the first that was found at its place."""
    seen = set[str]()
    for error in errors:
        pointer, found = _pointer(error, body)
        if pointer not in seen:
            seen.add(pointer)
            code, detail = _said(error)
            missing = error["type"] in ("missing", "union_tag_not_found")
            yield Mistake(pointer, code, detail, None if missing else clip(found))


def _pointer(error: dict[str, Any], body: Any) -> tuple[str, Any]:
    """The path through the body itself; what pydantic adds for kinds of record is left out."""
    parts, at = list[str](), body
    loc = list(error["loc"][1:])
    for n, part in enumerate(loc):
        inside = (isinstance(at, dict) and part in at) or (
            isinstance(at, list) and isinstance(part, int) and part < len(at)
        )
        if inside:
            at = at[part]
            parts.append(str(part))
        elif n == len(loc) - 1 and error["type"] == "missing":
            parts.append(str(part))
    return "".join("/" + part.replace("~", "~0").replace("/", "~1") for part in parts), at


_CODES: Final = {
    "missing": ("MISSING_FIELD", "required, and missing"),
    "extra_forbidden": ("UNKNOWN_FIELD", "there is no such field"),
    "string_type": ("BAD_TYPE", "expected text"),
    "bool_type": ("BAD_TYPE", "expected true or false"),
    "list_type": ("BAD_TYPE", "expected a list"),
    "dict_type": ("BAD_TYPE", "expected an object"),
    "model_type": ("BAD_TYPE", "expected an object"),
    "model_attributes_type": ("BAD_TYPE", "expected an object"),
    "string_too_long": ("TOO_LONG", "too long"),
    "too_long": ("TOO_LONG", "too many entries"),
    "too_short": ("BAD_VALUE", "too few entries"),
    "string_pattern_mismatch": ("BAD_VALUE", "is not written as it must be"),
    "bad_date": ("BAD_DATE", "expected a date as YYYY-MM-DD, from 1990 to 2149"),
    "bad_currency": ("BAD_CURRENCY", "is not a currency in use (ISO 4217)"),
    "bad_zone": ("BAD_ZONE", "is not a time zone (IANA)"),
    "bad_country": ("BAD_VALUE", "is not a country (ISO 3166, two letters)"),
    "bad_language": ("BAD_VALUE", "is not a language (BCP 47)"),
    "union_tag_not_found": ("MISSING_FIELD", "`type` is missing"),
    "union_tag_invalid": ("BAD_ENUM", "`type` is none of the kinds of record"),
}


def _said(error: dict[str, Any]) -> tuple[str, str]:
    kind = error["type"]
    if kind == "literal_error":
        return "BAD_ENUM", f"expected {error.get('ctx', {}).get('expected', 'another value')}"
    if kind == "string_pattern_mismatch" and str(error.get("ctx", {}).get("pattern", "")).startswith("^[0-9]{1,15}"):
        return "BAD_AMOUNT", 'expected a decimal number as text, such as "119.00"'
    return _CODES.get(kind, ("BAD_VALUE", "is not allowed here"))
