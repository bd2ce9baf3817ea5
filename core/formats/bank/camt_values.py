"""Amounts and dates as XML writes them."""

import re
from datetime import date
from typing import Final

from core.formats.bank.camt_schema import Amount, Day
from core.formats.currencies import current
from core.formats.errors import Code, clip
from core.minor_units import decimals

_AMOUNT: Final = re.compile(r"\+?(\d{0,15})(?:\.(\d*))?")


class ValueWrongError(ValueError):
    """A value that cannot be read; its reader says where it stands."""

    def __init__(self, code: Code, field: str, problem: str) -> None:
        super().__init__(problem)
        self.code, self.field, self.problem = code, field, problem


def money(amount: Amount | None, field: str, currency: str | None = None) -> int:
    """An amount as minor units. Args: `currency` that it must have. Raises: ValueWrongError."""
    if amount is None:
        raise ValueWrongError(Code.MISSING_FIELD, field, "required, and missing")
    if amount.currency not in current():
        raise ValueWrongError(
            Code.BAD_CURRENCY, f"{field}/@Ccy", f"'{clip(amount.currency)}' is not a currency in use (ISO 4217)"
        )
    if currency is not None and amount.currency != currency:
        problem = f"{amount.currency} in an account of {currency}"
        raise ValueWrongError(Code.CURRENCY_MISMATCH, f"{field}/@Ccy", problem)
    return number(amount.value, field, amount.currency)


def number(text: str, field: str, currency: str) -> int:
    """A decimal number as minor units. Raises: ValueWrongError."""
    found = _AMOUNT.fullmatch(text.strip())
    if found is None or not (found[1] or found[2]) or not text.isascii():
        raise ValueWrongError(Code.BAD_AMOUNT, field, f"'{clip(text)}' is not an amount")
    places, fraction = decimals(currency), found[2] or ""
    if fraction[places:].strip("0"):
        problem = f"'{clip(text)}' has more than the {places} decimals of {currency}"
        raise ValueWrongError(Code.TOO_MANY_DECIMALS, field, problem)
    return int(found[1] + fraction[:places].ljust(places, "0") or "0")


def sign(side: str | None, field: str) -> int:
    """1 for what comes in, -1 for what goes out. Raises: ValueWrongError."""
    match (side or "").strip():
        case "CRDT":
            return 1
        case "DBIT":
            return -1
        case other:
            raise ValueWrongError(Code.BAD_ENUM, field, f"'{clip(other)}' is neither CRDT nor DBIT")


def day(value: Day | None, field: str) -> date | None:
    """The day that the bank wrote, whatever its time and zone; None where it wrote none. Raises: ValueWrongError."""
    return day_of(value.text, field) if value is not None and value.text else None


def day_of(text: str, field: str) -> date:
    """The day of a date or of a date with time. Raises: ValueWrongError."""
    head, after = text.strip()[:10], text.strip()[10:11]
    try:
        on = date.fromisoformat(head)
    except ValueError:
        on = None
    if on is None or after not in {"", "T", "Z", "+", "-"}:
        raise ValueWrongError(Code.BAD_DATE, field, f"'{clip(text)}' is not a date")
    return on
