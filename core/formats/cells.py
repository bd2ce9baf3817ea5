"""Reads dates and amounts as spreadsheets and ERP systems write them, and refuses to guess where two readings fit."""

import re
from collections.abc import Sequence
from dataclasses import field
from datetime import date
from functools import lru_cache
from typing import Final, Self

from core.formats.errors import Code, clip
from core.minor_units import LARGEST_MINOR, decimals
from core.values import dataclass

_DAY_MONTH: Final = re.compile(r"(\d{1,2})([./-])(\d{1,2})[./-](\d{4})")
_ISO: Final = re.compile(r"(\d{4})[-/](\d{1,2})[-/](\d{1,2})")
_MIDNIGHT: Final = re.compile(r"[ T]0{1,2}:00(:00(\.0+)?)?(Z|[+-]00:?00)?$")
_INSTANT: Final = re.compile(r"(\d{4}-\d{2}-\d{2})[ T]\d{1,2}:\d{2}(:\d{2}(\.\d+)?)?( ?UTC|Z|[+-]\d\d:?\d\d)?")
_SERIAL: Final = re.compile(r"[1-9]\d{4}(\.\d+)?")
_CLOCK: Final = re.compile(r"\d{1,2}:\d{2}(\.\d+)?")
_NUMBER: Final = re.compile(r"\d[\d.,' ]*")
_SCIENTIFIC: Final = re.compile(r"\d+([.,]\d+)?E\+?\d+", re.IGNORECASE)
_SPACES: Final = str.maketrans(dict.fromkeys("\u00a0\u2007\u202f\u2009", " ") | {"\u2019": "'", "\u2212": "-"})
_THOUSAND: Final = 3  # digits of a group
_DIGITS: Final = len(str(LARGEST_MINOR))
_ALIKE: Final = 4_096  # cells


class Typed(str):
    """A cell whose value its file knows: a date in ISO order, or a number with a point. `day` it stands for, if any."""

    __slots__ = ("day",)
    day: date | None

    def __new__(cls, text: str, day: date | None = None) -> Self:
        """A number may count days, as a spreadsheet does."""
        made = super().__new__(cls, text)
        made.day = day
        return made


def bare(cell: str) -> str:
    """A cell without the blanks at its ends; one whose type is known has none."""
    return cell if isinstance(cell, Typed) else cell.strip()


class CellError(ValueError):
    """A cell that cannot be read; its reader says where it stands."""

    def __init__(self, code: Code, problem: str, hint: str | None = None) -> None:
        super().__init__(problem)
        self.code, self.problem, self.hint = code, problem, hint


@dataclass(slots=True)
class Evidence:
    """What the cells of a file say about the two things that a single cell may leave open."""

    first: dict[str, tuple[int, str]] = field(default_factory=dict)  # reading -> line and cell that it rests on

    def date(self, line: int, cell: str) -> None:
        """Look at a date cell for the part that can only be the day."""
        if not isinstance(cell, Typed):
            self._note(_order_of(cell), line, cell)

    def amount(self, line: int, cell: str) -> None:
        """Look at an amount cell for the sign that can only be the decimal one."""
        if not isinstance(cell, Typed):
            self._note(_sign_of(cell), line, cell)

    def _note(self, reading: str | None, line: int, cell: str) -> None:
        if reading is not None and reading not in self.first:
            self.first[reading] = (line, cell)


# Cells of a column are alike: what was made of one is remembered for those that say the same.
@lru_cache(maxsize=_ALIKE)
def _order_of(cell: str) -> str | None:
    """What a date cell says of day and month; None: nothing."""
    found = _DAY_MONTH.fullmatch(_MIDNIGHT.sub("", cell))
    if found is None:
        return None
    one, separator, two = int(found[1]), found[2], int(found[3])
    if one > 12 or separator == ".":
        return "D/M"
    return "M/D" if two > 12 else "date?"


@lru_cache(maxsize=_ALIKE)
def _sign_of(cell: str) -> str | None:
    """The sign that an amount cell shows to be the decimal one; None: none."""
    text = bare_amount(cell)[0]
    signs = [char for char in text if char in ".,"]
    if not _NUMBER.fullmatch(text) or not signs:
        return None
    last = signs[-1]
    other = len(set(signs)) > 1
    if signs.count(last) > 1:  # twice the same: it parts the thousands
        return "," if last == "." else "."
    if other or len(text) - text.rindex(last) - 1 != _THOUSAND or text.startswith("0"):
        return last
    return "amount?"


def bare_amount(cell: str) -> tuple[str, bool]:
    """The digits and separators of an amount, and whether it is negative: -1, 1-, (1)."""
    text = cell.translate(_SPACES).strip()
    if text.startswith("(") and text.endswith(")"):
        return text[1:-1].strip(), True
    if text.endswith("-"):
        return text[:-1].strip(), True
    if text.startswith(("-", "+")):
        return text[1:].strip(), text[0] == "-"
    return text, False


def parse_minor(cell: str) -> int:
    """An amount that is written as minor units. Raises: CellError when it is no whole number."""
    text, negative = bare_amount(cell)
    if not (text.isascii() and text.isdigit()):
        raise CellError(Code.BAD_AMOUNT, f"'{clip(cell)}' is not a whole number of minor units")
    minor = _minor(text, cell)
    return -minor if negative else minor


def _minor(digits: str, cell: str) -> int:
    """Raises: CellError for more digits than any amount has; of many thousand no integer can be made."""
    short = digits.lstrip("0")
    if len(short) > _DIGITS:
        raise CellError(Code.AMOUNT_RANGE, f"'{clip(cell)}' is larger than any amount that is kept")
    return int(short or "0")


def parse_amount(cell: str, currency: str, decimal: str, thousands: str | None) -> int:
    """An amount as minor units. Args: `decimal` sign; `thousands` sign, None: whichever the decimal sign leaves.

    Raises: CellError when it is no plain number, or has more decimals than the currency.
    """
    if isinstance(cell, Typed):
        return _amount(str(cell), currency, ".", "")
    return _amount(cell, currency, decimal, thousands)


@lru_cache(maxsize=_ALIKE)
def _amount(cell: str, currency: str, decimal: str, thousands: str | None) -> int:
    text, negative = bare_amount(cell)
    if _SCIENTIFIC.fullmatch(text):
        raise CellError(Code.BAD_AMOUNT, f"'{clip(cell)}' lost its digits to a spreadsheet")
    if not _NUMBER.fullmatch(text):
        raise CellError(
            Code.BAD_AMOUNT, f"'{clip(cell)}' is not an amount", "digits only, the currency has its own column"
        )
    whole, _, fraction = text.partition(decimal)
    digits = _without_groups(whole, thousands, decimal, cell)
    places = decimals(currency)
    kept, beyond = fraction[:places], fraction[places:]
    if not (fraction == "" or fraction.isdigit()):
        raise CellError(Code.BAD_AMOUNT, f"'{clip(cell)}' does not have '{decimal}' as its decimal sign")
    if beyond.strip("0"):
        raise CellError(Code.TOO_MANY_DECIMALS, f"'{clip(cell)}' has more than the {places} decimals of {currency}")
    minor = _minor(digits + kept.ljust(places, "0"), cell)
    return -minor if negative else minor


def _without_groups(whole: str, thousands: str | None, decimal: str, cell: str) -> str:
    if whole.isdigit():
        return whole
    signs = {char for char in whole if not char.isdigit()}
    groups = re.split(r"[^\d]", whole)
    allowed = {thousands} if thousands is not None else {"." if decimal == "," else ",", " ", "'"}
    if len(signs) > 1 or not signs <= allowed:
        raise CellError(Code.BAD_AMOUNT, f"'{clip(cell)}' does not have '{decimal}' as its decimal sign")
    if not 1 <= len(groups[0]) <= _THOUSAND or any(len(group) != _THOUSAND for group in groups[1:]):
        raise CellError(Code.BAD_AMOUNT, f"'{clip(cell)}' has groups of digits that are not thousands")
    return "".join(groups)


def parse_date(cell: str, pattern: str | None) -> date:
    """A date. Args: `pattern` such as D/M/Y (y: two digits); None: ISO order only.

    Raises: CellError when there is no such day, or the cell is no date of that pattern.
    """
    if isinstance(cell, Typed):
        return cell.day if cell.day is not None else _date(str(cell), None)
    return _date(cell, pattern)


@lru_cache(maxsize=_ALIKE)
def _date(cell: str, pattern: str | None) -> date:
    text = _MIDNIGHT.sub("", cell.strip())
    instant = _INSTANT.fullmatch(text)
    if instant is not None:  # its day as it is written: which zone's it is, no table says
        pattern, text = None, instant[1]
    order, form = ("YMD", _ISO) if pattern is None else _form(pattern)
    found = form.fullmatch(text)
    if found is None:
        raise CellError(
            Code.BAD_DATE, f"'{clip(cell)}' is not a date as {pattern or 'YYYY-MM-DD'}", _what_it_may_be(text)
        )
    parts = dict(zip(order, map(int, found.groups()), strict=True))
    try:
        return date(parts["Y"] if "Y" in parts else 2000 + parts["y"], parts["M"], parts["D"])
    except ValueError:
        raise CellError(Code.BAD_DATE, f"'{clip(cell)}': there is no such day") from None


def _what_it_may_be(text: str) -> str | None:
    if _SERIAL.fullmatch(text):
        return "a spreadsheet's day number? Give the column a date format before saving"
    if _CLOCK.fullmatch(text):
        return "a spreadsheet has shown it as a time of day; the date is lost"
    return None


@lru_cache(maxsize=32)
def _form(pattern: str) -> tuple[Sequence[str], re.Pattern[str]]:
    """The order of the parts, and what a date of the pattern looks like; D, DD, M, Y, YYYY and y are understood."""
    parts = re.findall(r"D+|M+|Y+|y+|[^DMYy]", pattern)
    digits = {"D": r"(\d{1,2})", "M": r"(\d{1,2})", "Y": r"(\d{4})", "y": r"(\d{2})"}
    packed = not any(part[0] not in digits for part in parts)  # without separators every part has its full width
    text = "".join(
        (digits[part[0]].replace("{1,2}", "{2}") if packed else digits[part[0]])
        if part[0] in digits
        else re.escape(part)
        for part in parts
    )
    return [part[0] for part in parts if part[0] in digits], re.compile(text)


def is_pattern(pattern: str) -> bool:
    """True when a pattern names day, month and year once each."""
    return sorted(part.replace("y", "Y") for part in _form(pattern)[0]) == ["D", "M", "Y"]


def lost_digits(text: str) -> bool:
    """True for an id that a spreadsheet turned into a power of ten."""
    return "E" in text.upper() and _SCIENTIFIC.fullmatch(text) is not None
