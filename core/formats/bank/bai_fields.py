"""Amounts, dates and availability as BAI2 writes them."""

import re
from datetime import date
from typing import Final

from core.formats.errors import Code, clip

_AMOUNT: Final = re.compile(r"[+-]?\d{1,18}")
_DAY: Final = re.compile(r"\d{6}|\d{8}")


class FieldWrongError(ValueError):
    """A field that cannot be read."""

    def __init__(self, code: Code, field: str, problem: str, line: int = 0) -> None:
        super().__init__(problem)
        self.code, self.field, self.problem, self.line = code, field, problem, line


def amount(text: str, field: str, line: int) -> int | None:
    """An amount in minor units, without a decimal sign; None where none is written. Raises: FieldWrongError."""
    bare = text.strip()
    if not bare:
        return None
    if not (bare.isascii() and _AMOUNT.fullmatch(bare)):
        raise FieldWrongError(Code.BAD_AMOUNT, field, f"'{clip(bare)}' is not a whole number", line)
    return int(bare)


def day(text: str, field: str, line: int) -> date | None:
    """A date, YYMMDD, by some banks YYYYMMDD; None where none is written. Raises: FieldWrongError."""
    bare = text.strip()
    if not bare:
        return None
    try:
        if bare.isascii() and _DAY.fullmatch(bare):
            return date(int(bare[:-4]) + (2000 if len(bare) == 6 else 0), int(bare[-4:-2]), int(bare[-2:]))
    except ValueError:
        pass
    raise FieldWrongError(Code.BAD_DATE, field, f"'{clip(bare)}' is not a date", line)


def needed_day(text: str, field: str, line: int) -> date:
    """A date that must be there. Raises: FieldWrongError."""
    on = day(text, field, line)
    if on is None:
        raise FieldWrongError(Code.MISSING_FIELD, field, "required, and missing", line)
    return on


def availability(fields: list[str], line: int) -> tuple[date | None, list[str]]:
    """The value date that a funds type tells, and the fields after it. Args: `fields` from the funds type on."""
    kind, rest = (fields[0].strip().upper(), fields[1:]) if fields else ("", [])
    match kind:
        case "S":
            return None, rest[3:]
        case "V":
            return day(rest[0], "value date", line) if rest else None, rest[2:]
        case "D":
            pairs = amount(rest[0], "number of days", line) if rest else None
            return None, rest[1 + 2 * max(0, min(pairs or 0, len(rest))) :]
        case _:
            return None, rest


def summaries(fields: list[str], line: int) -> list[tuple[str, int | None]]:
    """The balances and sums of an account: type code and amount. Args: `fields` after account and currency."""
    found, rest = list[tuple[str, int | None]](), fields
    while rest and any(part.strip() for part in rest):
        code = rest[0].strip()
        said = amount(rest[1], f"amount of {clip(code)}", line) if len(rest) > 1 else None
        _, rest = availability(rest[3:], line)
        found.append((code, said))
    return found
