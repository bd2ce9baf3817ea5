"""Which currencies are in use, and how many decimals each one's minor unit has."""

from functools import cache
from typing import Final

from babel.core import get_global

# ISO 4217 where it is not 2. Not CLDR's digits, which are those of everyday prices: a ledger counts legal minor units.
_DECIMALS: Final = {
    **dict.fromkeys(
        (
            "BIF",
            "CLP",
            "DJF",
            "GNF",
            "ISK",
            "JPY",
            "KMF",
            "KRW",
            "PYG",
            "RWF",
            "UGX",
            "VND",
            "VUV",
            "XAF",
            "XOF",
            "XPF",
        ),
        0,
    ),
    **dict.fromkeys(("BHD", "IQD", "JOD", "KWD", "LYD", "OMR", "TND"), 3),
}


@cache
def current() -> frozenset[str]:
    """The codes that are money somewhere today; metals, funds, test codes and former currencies are not."""
    territories = get_global("territory_currencies")
    return frozenset(
        code for used in territories.values() for code, _, until, tender in used if until is None and tender
    )


def decimals(currency: str) -> int:
    """Decimals of the minor unit: 2 for EUR, 0 for JPY, 3 for KWD."""
    return _DECIMALS.get(currency, 2)
