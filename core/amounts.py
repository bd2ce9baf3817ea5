"""Amounts as other programs write them: decimal text in major units, exact both ways."""

import re
from typing import Final

from core.minor_units import LARGEST_MINOR, decimals

DECIMAL: Final = r"^[0-9]{1,15}(\.[0-9]{1,3})?$"
_DECIMAL: Final = re.compile(DECIMAL)


class AmountError(ValueError):
    """Text that is no amount of its currency."""


def to_minor(text: str, currency: str) -> int:
    """Whole minor units: "12.5" EUR is 1250. Raises AmountError for too many decimals, too large, or no number."""
    if _DECIMAL.fullmatch(text) is None:
        raise AmountError('expected a decimal number as text, such as "119.00"')
    whole, _, part = text.partition(".")
    digits: int = decimals(currency)
    if len(part.rstrip("0")) > digits:
        raise AmountError(f"{currency} has {digits} decimals")
    minor = int(whole + (part + "000")[:digits])
    if minor > LARGEST_MINOR:
        raise AmountError("is larger than any amount that is kept")
    return minor


def to_text(minor: int, currency: str) -> str:
    """The amount with every decimal of its currency: 1250 EUR is "12.50"."""
    digits = decimals(currency)
    sign, whole = ("-", -minor) if minor < 0 else ("", minor)
    if not digits:
        return f"{sign}{whole}"
    return f"{sign}{whole // 10**digits}.{whole % 10**digits:0{digits}d}"
