"""Which currencies are in use."""

from functools import cache


@cache
def current() -> frozenset[str]:
    """The codes that are money somewhere today; metals, funds, test codes and former currencies are not."""
    from babel.core import get_global  # what is read from the table was checked before

    territories = get_global("territory_currencies")
    return frozenset(
        code for used in territories.values() for code, _, until, tender in used if until is None and tender
    )
