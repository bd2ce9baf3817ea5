"""Cells of a bank's CSV made plain: month names as numbers, amounts without currency signs."""

import re
from typing import Final

_MONTHS: Final = ("JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC")
_MONTH: Final = re.compile(r"(?<![A-Za-z])(" + "|".join(_MONTHS) + r")[a-z]*(?![A-Za-z])", re.IGNORECASE)
_CODE: Final = re.compile(r"^[A-Z]{3}(?=[\s\d+-])|(?<=[\s\d])[A-Z]{3}$")


def numbered(cell: str) -> str:
    """A date cell with the month as a number: 12-Dec-2019 as 12-12-2019."""
    return _MONTH.sub(lambda found: f"{_MONTHS.index(found[1].upper()) + 1:02}", cell.strip())


def bare(cell: str, signs: tuple[str, ...]) -> str:
    """An amount cell without the currency's sign or code beside it."""
    text = cell.strip()
    for sign in signs:
        text = text.replace(sign, "")
    return _CODE.sub("", text.strip()).strip()
