"""Which currencies are in use."""

from functools import cache

from babel.core import get_global


@cache
def current() -> frozenset[str]:
    """The codes that are money somewhere today; metals, funds, test codes and former currencies are not."""
    territories = get_global("territory_currencies")
    return frozenset(
        code for used in territories.values() for code, _, until, tender in used if until is None and tender
    )
