"""The statement line of MT940 and MT942, field 61: dates, sign, amount and references."""

import re
from datetime import date
from functools import cache
from typing import Final

from core.formats.errors import Code, clip
from core.minor_units import decimals
from core.values import dataclass

_AMOUNT: Final = re.compile(r"(\d{1,15})(?:,(\d*))?", re.ASCII)
_CENTURY: Final = (
    80  # a year of two digits from here on is one of the last century. Source: SWIFT, standards general information
)
_FEBRUARY: Final = 2


class FieldError(ValueError):
    """A value that cannot be read; its reader says where it stands."""

    def __init__(self, code: Code, problem: str, hint: str | None = None) -> None:
        super().__init__(problem)
        self.code, self.problem, self.hint = code, problem, hint


@cache
def _form() -> re.Pattern[str]:
    """The library's field, with the marks of expected entries (EC, ED) and references of any length before `//`."""
    from mt940.tags import Statement  # only here is it needed

    form = Statement.pattern
    for theirs, ours in (
        ("(?P<status>R?[DC])", "(?P<status>[RE]?[DC])"),
        ("((?!//)[^\\n]){0,16}", "[^\\n]{0,16}?(?=//|\\n|$)|[^\\n/]+(?=//)|[^\\n]{0,16}"),
        ("(\\n?(?P<extra_details>.*))?", "(\\n?(?P<extra_details>[\\s\\S]*))?"),
    ):
        form = form.replace(theirs, ours)
    return re.compile(form, Statement.RE_FLAGS)


@dataclass(frozen=True, slots=True)
class StatementLine:
    """Field 61 as values."""

    value_on: date
    booked_on: date
    minor: int  # positive: came in
    reversal: bool
    expected: bool  # announced by the bank, not booked
    kind: str | None
    customer_reference: str | None
    bank_reference: str | None
    more: str  # supplementary details
    moved: bool  # the value date was a day that February does not have


def read_line(text: str, currency: str) -> StatementLine:
    """Field 61. Raises: FieldError."""
    found = _form().match(text)
    if found is None:
        raise FieldError(
            Code.BAD_VALUE, f"'{clip(text)}' is not a statement line", "such as 2601310131C100,00NTRFNONREF"
        )
    value_on, moved = _value_date(found["year"], found["month"], found["day"])
    mark = found["status"].upper()
    credit = mark in {"C", "EC", "RD"}  # a taken back debit comes in
    minor = read_amount(found["amount"], currency)
    return StatementLine(
        value_on,
        _entry_date(value_on, found["entry_month"], found["entry_day"]),
        minor if credit else -minor,
        mark.startswith("R"),
        mark.startswith("E"),
        (found["id"] or "").strip() or None,
        (found["customer_reference"] or "").strip() or None,
        (found["bank_reference"] or "").strip() or None,
        (found["extra_details"] or "").strip(),
        moved,
    )


def read_amount(text: str, currency: str) -> int:
    """An amount with its decimal comma as minor units. Raises: FieldError."""
    found = _AMOUNT.fullmatch(text)
    if found is None:
        raise FieldError(Code.BAD_AMOUNT, f"'{clip(text)}' is not an amount", "digits and one comma")
    places = decimals(currency)
    fraction = found[2] or ""
    kept, beyond = fraction[:places], fraction[places:]
    if beyond.strip("0"):
        raise FieldError(Code.TOO_MANY_DECIMALS, f"'{clip(text)}' has more than the {places} decimals of {currency}")
    return int(found[1] + kept.ljust(places, "0"))


def read_date(text: str) -> date:
    """A date of six digits, YYMMDD. Raises: FieldError."""
    if not (len(text) == 6 and text.isascii() and text.isdigit()):
        raise FieldError(Code.BAD_DATE, f"'{clip(text)}' is not a date", "YYMMDD")
    return _date(full_year(int(text[:2])), int(text[2:4]), int(text[4:]), text)


def full_year(year: int) -> int:
    """The year that two digits stand for."""
    return year + (1900 if year >= _CENTURY else 2000)


def _value_date(year: str, month: str, day: str) -> tuple[date, bool]:
    """Where months have 30 days for interest, banks write the 30th of February and mean its last day."""
    y, m, d = full_year(int(year)), int(month), int(day)
    if m == _FEBRUARY and d in {29, 30}:
        last = 29 if y % 4 == 0 and (y % 100 != 0 or y % 400 == 0) else 28
        return date(y, m, min(d, last)), d > last
    return _date(y, m, d, year + month + day), False


def _entry_date(value_on: date, month: str | None, day: str | None) -> date:
    """The entry date has no year: that in which it lies nearest to the value date. Without one it is the value date."""
    if not (month and day and month.strip() and day.strip()):
        return value_on
    near = list[date]()
    for year in (value_on.year - 1, value_on.year, value_on.year + 1):
        try:
            near.append(date(year, int(month), int(day)))
        except ValueError:
            continue  # 29 February in a year without one
    if not near:
        raise FieldError(Code.BAD_DATE, f"entry date '{month}{day}': there is no such day")
    return min(near, key=lambda day: abs((day - value_on).days))


def _date(year: int, month: int, day: int, text: str) -> date:
    try:
        return date(year, month, day)
    except ValueError:
        raise FieldError(Code.BAD_DATE, f"'{clip(text)}': there is no such day") from None
