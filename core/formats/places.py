"""Countries, languages and time zones: which exist, and the zone that a country implies."""

from datetime import datetime
from functools import cache
from typing import Final
from zoneinfo import ZoneInfo, available_timezones

from babel import Locale, UnknownLocaleError
from babel.core import get_global

_MONTHS: Final = [datetime(2026, month, day) for month in range(1, 13) for day in (1, 15)]  # noqa: DTZ001  wall clock


_all_zones: Final = cache(available_timezones)  # looks through a folder of hundreds of files


@cache
def zones() -> frozenset[str]:
    """Every IANA zone with a place in its name, and UTC; abbreviations such as CET are not offered."""
    return frozenset(
        name for name in _all_zones() if "/" in name and not name.startswith(("Etc/", "posix/", "right/"))
    ) | {"UTC"}


@cache
def is_country(code: str) -> bool:
    """True for an ISO 3166 alpha-2 code."""
    return code in get_global("territory_zones") and code not in {"ZZ", "001"}


@cache
def is_language(tag: str) -> bool:
    """True for a language that can be formatted: `de`, `pt-BR`."""
    try:
        Locale.parse(tag, sep="-")
    except (UnknownLocaleError, ValueError, TypeError):
        return False
    return True


@cache
def zone_of_country(country: str | None) -> str | None:
    """The zone of a country whose clocks all agree; None where they differ, or for an unknown country."""
    known = [name for name in get_global("territory_zones").get(country or "", ()) if name in _all_zones()]
    clocks = {tuple(day.replace(tzinfo=ZoneInfo(name)).utcoffset() for day in _MONTHS) for name in known}
    return known[0] if len(clocks) == 1 else None
