"""Local dates, business days and the hours in which a reader may be written to. Pure: every instant comes in."""

from collections.abc import Iterable, Sequence
from collections.abc import Set as AbstractSet
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from typing import Final, Literal
from zoneinfo import ZoneInfo

from core.ledger import SendHours

SendDays = Literal["business_days", "all"]
ONE_DAY: Final = timedelta(days=1)
_WEEKEND: Final = 5  # Monday is 0
_MOST_TURNS: Final = 12  # openings that are looked at: readers who meet on some day of the week have met by then
_NONE: Final[frozenset[date]] = frozenset()


@lru_cache(maxsize=512)
def zone_of(name: str) -> ZoneInfo:
    """The IANA zone. Raises ZoneInfoNotFoundError for a name that is none."""
    return ZoneInfo(name)


def local_date(instant: datetime, zone: str) -> date:
    """The calendar date that people in `zone` have at an aware instant."""
    return instant.astimezone(zone_of(zone)).date()


@lru_cache(maxsize=512)
def run_instant(as_of: date, zone: str, run_hour: int) -> datetime:
    """When the night of `as_of` may run: the entity's local run hour, in UTC. A skipped spring hour starts after it."""
    return datetime.combine(as_of, time(run_hour), zone_of(zone)).astimezone(UTC)


def is_business_day(day: date, holidays: AbstractSet[date] = _NONE) -> bool:
    """Monday to Friday and no holiday."""
    return day.weekday() < _WEEKEND and day not in holidays


def business_day_on_or_before(day: date, holidays: AbstractSet[date] = _NONE) -> date:
    """The day itself, or the last business day before it."""
    while not is_business_day(day, holidays):
        day -= ONE_DAY
    return day


def business_day_on_or_after(day: date, holidays: AbstractSet[date] = _NONE) -> date:
    """The day itself, or the first business day after it."""
    while not is_business_day(day, holidays):
        day += ONE_DAY
    return day


def add_business_days(day: date, count: int, holidays: AbstractSet[date] = _NONE) -> date:
    """The date `count` business days after `day`; count 0 is the day itself."""
    for _ in range(count):
        day = business_day_on_or_after(day + ONE_DAY, holidays)
    return day


def night_to_run(now: datetime, zone: str, run_hour: int) -> date:
    """The latest local date whose run hour has passed; a missed night is caught up by the same test."""
    today = local_date(now, zone)
    return today if now >= run_instant(today, zone, run_hour) else today - ONE_DAY


def next_send_instant(
    after: datetime, zone: str, hours: SendHours, send_days: SendDays, holidays: Iterable[date] = ()
) -> datetime:
    """The earliest instant at or after `after` inside the reader's hours of a send day, in UTC.

    Args: `zone` the reader's; `hours` from <= local time < until, on one day (not over midnight).
    """
    return _next_send_instant(after, zone, hours.start, hours.until, send_days, frozenset(holidays))


def open_to_all(
    after: datetime, zones: Sequence[str], hours: SendHours, send_days: SendDays, holidays: Iterable[date] = ()
) -> datetime:
    """The same for one message to several readers: inside the hours of all; where these never meet, of the first one.

    Args: `zones` of the readers, at least one.
    """
    first, *others = dict.fromkeys(zones)
    if not others:
        return next_send_instant(after, first, hours, send_days, holidays)
    closed, begins = frozenset(holidays), after
    for _ in range(_MOST_TURNS):
        following = max(next_send_instant(begins, zone, hours, send_days, closed) for zone in (first, *others))
        if following == begins:
            return begins.astimezone(UTC)
        begins = following
    return next_send_instant(after, first, hours, send_days, closed)


@lru_cache(maxsize=512)  # accounts that are decided together share the instant, and most of them the zone
def _next_send_instant(
    after: datetime, zone: str, start: str, until: str, send_days: SendDays, closed: frozenset[date]
) -> datetime:
    where, opens, closes = zone_of(zone), time.fromisoformat(start), time.fromisoformat(until)
    local = after.astimezone(where)
    day = local.date()
    if local.time() >= closes:
        day += ONE_DAY
    while send_days == "business_days" and not is_business_day(day, closed):
        day += ONE_DAY
    if day == local.date() and local.time() >= opens:
        return after.astimezone(UTC)
    return datetime.combine(day, opens, where).astimezone(UTC)
