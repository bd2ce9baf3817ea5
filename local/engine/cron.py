"""When a schedule expression fires: rate(), cron() and at() of EventBridge Scheduler.

rate() is aligned to the epoch, so that it does not depend on when this process began.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from typing import Final
from zoneinfo import ZoneInfo

_UNITS: Final = {"minute": 60, "hour": 3600, "day": 86400}
_MONTHS: Final = ["JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC"]
_WEEKDAYS: Final = ["SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT"]
_SEARCH_DAYS: Final = 366 * 5
_RATE: Final = re.compile(r"rate\((\d+) (minute|hour|day)s?\)")
_AT: Final = re.compile(r"at\((\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)\)")
_CRON: Final = re.compile(r"cron\((\S+) (\S+) (\S+) (\S+) (\S+) (\S+)\)")


def next_fire(expression: str, timezone: str, after: datetime) -> datetime | None:
    """The first instant later than `after`; None when there is none (within five years).

    Raises: ValueError for an expression that AWS would refuse, or a form of cron (L, W, #) that is not known here.
    """
    if found := _RATE.fullmatch(expression):
        step = int(found[1]) * _UNITS[found[2]]
        return datetime.fromtimestamp((int(after.timestamp()) // step + 1) * step, UTC)
    if found := _AT.fullmatch(expression):
        once = datetime.fromisoformat(found[1]).replace(tzinfo=ZoneInfo(timezone)).astimezone(UTC)
        return once if once > after else None
    if not _CRON.fullmatch(expression):
        raise ValueError(f"not a schedule expression: {expression}")
    return _parse(expression).next(after, ZoneInfo(timezone))


@dataclass(frozen=True, slots=True)
class _Cron:
    minutes: tuple[int, ...]
    hours: tuple[int, ...]
    days: frozenset[int]
    months: frozenset[int]
    weekdays: frozenset[int]  # 1 = Sunday
    years: frozenset[int]

    def next(self, after: datetime, zone: ZoneInfo) -> datetime | None:
        local = after.astimezone(zone)
        for offset in range(_SEARCH_DAYS):
            day = local.date() + timedelta(days=offset)
            if self._matches(day):
                found = next((at for at in self._instants(day, zone) if at > after), None)
                if found is not None:
                    return found
        return None

    def _matches(self, day: date) -> bool:
        weekday = day.isoweekday() % 7 + 1
        return day.month in self.months and day.day in self.days and weekday in self.weekdays and day.year in self.years

    def _instants(self, day: date, zone: ZoneInfo) -> Iterable[datetime]:
        for hour in self.hours:
            for minute in self.minutes:
                wall = datetime(day.year, day.month, day.day, hour, minute, tzinfo=zone)
                instant = wall.astimezone(UTC)
                # A time that the spring change leaves out does not run that day; a repeated one runs once.
                if instant.astimezone(zone).replace(tzinfo=None) == wall.replace(tzinfo=None):
                    yield instant


@lru_cache(maxsize=64)
def _parse(expression: str) -> _Cron:
    found = _CRON.fullmatch(expression)
    assert found is not None
    minute, hour, day, month, weekday, year = found.groups()
    if (day == "?") == (weekday == "?"):
        raise ValueError(f"exactly one of day of month and day of week is ?: {expression}")
    return _Cron(
        minutes=tuple(sorted(_field(minute, 0, 59))),
        hours=tuple(sorted(_field(hour, 0, 23))),
        days=_field(day, 1, 31),
        months=_field(month, 1, 12, _MONTHS),
        weekdays=_field(weekday, 1, 7, _WEEKDAYS),
        years=_field(year, 1970, 2199),
    )


def _field(text: str, low: int, high: int, names: list[str] | None = None) -> frozenset[int]:
    values: set[int] = set()
    for part in text.upper().split(","):
        span, _, step = part.partition("/")
        if span in ("*", "?"):
            first, last = low, high
        else:
            start, _, end = span.partition("-")
            first = _number(start, low, names)
            last = _number(end, low, names) if end else (high if step else first)
        if not low <= first <= last <= high:
            raise ValueError(f"{part} is not within {low}-{high}")
        values.update(range(first, last + 1, int(step or 1)))
    return frozenset(values)


def _number(text: str, low: int, names: list[str] | None) -> int:
    if names and text in names:
        return names.index(text) + low
    return int(text)
