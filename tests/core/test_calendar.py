"""Local dates, business days and send hours: weekends, holidays, days without or with a second hour, far zones."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.calendar import (
    SendDays,
    add_business_days,
    business_day_on_or_after,
    business_day_on_or_before,
    is_business_day,
    local_date,
    next_send_instant,
    night_to_run,
    open_to_all,
    run_instant,
    zone_of,
)
from core.ledger import SendHours
from tests.builders import an_entity

FRIDAY, SATURDAY, SUNDAY, MONDAY = (date(2026, 3, day) for day in (6, 7, 8, 9))
ZONES = [
    "UTC", "Europe/Berlin", "America/New_York", "America/Santiago", "Asia/Kolkata", "Pacific/Auckland",
    "Pacific/Kiritimati", "Pacific/Pago_Pago", "Africa/Cairo",
]  # fmt: skip
INSTANTS = st.datetimes(datetime(2024, 1, 1), datetime(2028, 1, 1), timezones=st.just(UTC))


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    ("day", "before", "after"),
    [
        (FRIDAY, FRIDAY, FRIDAY),
        (SATURDAY, FRIDAY, MONDAY),
        (SUNDAY, FRIDAY, MONDAY),
        (MONDAY, MONDAY, MONDAY),
    ],
)
def test_a_weekend_moves_to_the_day_before_or_after(day: date, before: date, after: date) -> None:
    assert (business_day_on_or_before(day), business_day_on_or_after(day)) == (before, after)


def test_holidays_join_the_weekend() -> None:
    easter = frozenset({date(2026, 4, 3), date(2026, 4, 6)})  # Good Friday and Easter Monday
    assert not is_business_day(date(2026, 4, 3), easter)
    assert business_day_on_or_before(date(2026, 4, 6), easter) == date(2026, 4, 2)
    assert business_day_on_or_after(date(2026, 4, 3), easter) == date(2026, 4, 7)


@pytest.mark.parametrize(
    ("day", "count", "to"),
    [
        (FRIDAY, 0, FRIDAY),
        (SATURDAY, 0, SATURDAY),  # no grace is the day itself
        (FRIDAY, 1, MONDAY),
        (SATURDAY, 1, MONDAY),
        (FRIDAY, 2, date(2026, 3, 10)),
        (MONDAY, 5, date(2026, 3, 16)),
    ],
)
def test_business_days_are_counted_after_the_day(day: date, count: int, to: date) -> None:
    assert add_business_days(day, count) == to


@pytest.mark.parametrize(
    ("instant", "zone", "day"),
    [
        ("2026-03-09T23:59", "UTC", MONDAY),
        ("2026-03-09T23:00", "Europe/Berlin", date(2026, 3, 10)),  # midnight there
        ("2026-03-09T10:59", "Pacific/Auckland", MONDAY),
        ("2026-03-09T11:00", "Pacific/Auckland", date(2026, 3, 10)),
        ("2026-03-09T03:59", "America/New_York", SUNDAY),
        ("2026-03-09T04:00", "America/New_York", MONDAY),
    ],
)
def test_local_date(instant: str, zone: str, day: date) -> None:
    assert local_date(utc(instant), zone) == day


def test_a_zone_that_is_none_is_an_error() -> None:
    with pytest.raises(ZoneInfoNotFoundError):
        zone_of("Europe/Atlantis")


@pytest.mark.parametrize(
    ("day", "zone", "hour", "instant"),
    [
        (date(2026, 3, 28), "Europe/Berlin", 6, "2026-03-28T05:00"),
        (date(2026, 3, 29), "Europe/Berlin", 6, "2026-03-29T04:00"),  # summer time began in the night
        (date(2026, 3, 29), "Europe/Berlin", 2, "2026-03-29T01:00"),  # 02:00 does not exist: 03:00
        (date(2026, 10, 25), "Europe/Berlin", 2, "2026-10-25T00:00"),  # 02:00 comes twice: the first
        (date(2026, 10, 25), "Europe/Berlin", 3, "2026-10-25T02:00"),
        (date(2026, 4, 24), "Africa/Cairo", 0, "2026-04-23T22:00"),  # midnight does not exist: 01:00
        (date(2026, 3, 9), "Pacific/Auckland", 6, "2026-03-08T17:00"),
        (date(2026, 3, 9), "America/New_York", 6, "2026-03-09T10:00"),
    ],
)
def test_run_instant(day: date, zone: str, hour: int, instant: str) -> None:
    found = run_instant(day, zone, hour)
    assert found == utc(instant)
    assert local_date(found, zone) == day


@pytest.mark.parametrize(
    ("now", "night"),
    [
        ("2026-03-09T04:59", SUNDAY),  # 05:59 in Berlin
        ("2026-03-09T05:00", MONDAY),
        ("2026-03-09T22:59", MONDAY),
        ("2026-03-09T23:00", MONDAY),  # Tuesday there, and its run hour has not come
        ("2026-03-10T05:00", date(2026, 3, 10)),
    ],
)
def test_the_night_to_run_is_the_last_whose_hour_has_passed(now: str, night: date) -> None:
    assert night_to_run(utc(now), "Europe/Berlin", 6) == night


@given(zone=st.sampled_from(ZONES), hour=st.integers(0, 23), now=INSTANTS)
def test_every_night_is_run_once_and_in_order(zone: str, hour: int, now: datetime) -> None:
    night = night_to_run(now, zone, hour)
    assert run_instant(night, zone, hour) <= now
    assert run_instant(night + timedelta(days=1), zone, hour) > now
    assert night_to_run(run_instant(night, zone, hour), zone, hour) == night


@pytest.mark.parametrize(
    ("after", "zone", "days", "at"),
    [
        ("2026-03-09T06:59", "Europe/Berlin", "business_days", "2026-03-09T07:00"),  # 07:59: opens at 08:00
        ("2026-03-09T07:00", "Europe/Berlin", "business_days", "2026-03-09T07:00"),
        ("2026-03-09T16:59", "Europe/Berlin", "business_days", "2026-03-09T16:59"),
        ("2026-03-09T17:00", "Europe/Berlin", "business_days", "2026-03-10T07:00"),  # 18:00 is closed
        ("2026-03-06T17:00", "Europe/Berlin", "business_days", "2026-03-09T07:00"),  # Friday evening
        ("2026-03-06T17:00", "Europe/Berlin", "all", "2026-03-07T07:00"),
        ("2026-03-07T12:00", "Europe/Berlin", "business_days", "2026-03-09T07:00"),
        ("2026-03-07T12:00", "Europe/Berlin", "all", "2026-03-07T12:00"),
        ("2026-03-08T20:00", "Pacific/Auckland", "business_days", "2026-03-08T20:00"),  # their Monday, 09:00
        ("2026-03-06T05:00", "Pacific/Auckland", "business_days", "2026-03-08T19:00"),  # their Friday, 18:00
        ("2026-03-28T12:00", "Europe/Berlin", "all", "2026-03-28T12:00"),
        ("2026-03-28T18:00", "Europe/Berlin", "all", "2026-03-29T06:00"),  # 08:00 in summer time
        ("2026-10-24T18:00", "Europe/Berlin", "all", "2026-10-25T07:00"),
    ],
)
def test_the_readers_window(after: str, zone: str, days: SendDays, at: str) -> None:
    assert next_send_instant(utc(after), zone, SendHours(), days) == utc(at)


def test_a_holiday_is_no_send_day_unless_every_day_is_one() -> None:
    after, closed = utc("2026-03-09T10:00"), [MONDAY]
    assert next_send_instant(after, "UTC", SendHours(), "business_days", closed) == utc("2026-03-10T08:00")
    assert next_send_instant(after, "UTC", SendHours(), "all", closed) == after


def test_hours_to_the_minute() -> None:
    hours = SendHours(start="09:30", until="09:31")
    found = [
        next_send_instant(utc(f"2026-03-09T{at}"), "UTC", hours, "all").strftime("%dT%H:%M")
        for at in ("09:29", "09:30", "09:31")
    ]
    assert found == ["09T09:30", "09T09:30", "10T09:30"]


@given(zone=st.sampled_from(ZONES), after=INSTANTS, days=st.sampled_from(["all", "business_days"]))
def test_a_send_instant_is_inside_the_window_and_stays_put(zone: str, after: datetime, days: SendDays) -> None:
    at = next_send_instant(after, zone, SendHours(), days)
    local = at.astimezone(ZoneInfo(zone))
    assert after <= at <= after + timedelta(days=4)
    assert 8 <= local.hour < 18
    assert days == "all" or is_business_day(local.date())
    assert next_send_instant(at, zone, SendHours(), days) == at


@pytest.mark.parametrize(
    ("zones", "after", "opens"),
    [
        (["Europe/Berlin", "America/Los_Angeles"], (9, 6), (9, 15)),  # they share one hour a day, or two
        (["Europe/Berlin", "America/New_York"], (6, 20), (9, 12)),  # Friday evening
        (["America/New_York", "Asia/Manila"], (9, 6), (9, 12)),  # never both: in the hours of the first
        (["Asia/Manila", "America/New_York"], (9, 6), (9, 6)),
        (["Asia/Manila", "America/New_York"], (9, 11), (10, 0)),
    ],
)
def test_a_message_to_several_is_sent_in_the_hours_of_all(
    zones: list[str], after: tuple[int, int], opens: tuple[int, int]
) -> None:
    found = open_to_all(datetime(2026, 3, *after, tzinfo=UTC), zones, SendHours(), "business_days")
    assert found == datetime(2026, 3, *opens, tzinfo=UTC)
    assert open_to_all(found, zones, SendHours(), "business_days") == found


def test_a_copied_entity_closes_on_its_own_holidays() -> None:
    first = an_entity(holidays=(date(2026, 5, 1),))
    assert first.closed_days == {date(2026, 5, 1)}
    assert first.model_copy(update={"holidays": ()}).closed_days == frozenset()
