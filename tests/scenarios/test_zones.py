"""Nights are the entity's, hours are the reader's: across the date line and over the changes of the clock."""

from collections import Counter
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest

from local.engine import Engine
from tests.builders import an_entity, an_item
from tests.scenarios.company import SENDER, Company, ap, invoice

AUCKLAND, LOS_ANGELES = ZoneInfo("Pacific/Auckland"), ZoneInfo("America/Los_Angeles")
FIRST = date(2026, 3, 9)


def starts(company: Company) -> Counter[str]:
    """How often a run of each night was begun, by the log."""
    return Counter(line.partition('"on":"')[2][:10] for line in company.engine.logs if '"PD1001"' in line)


def nights(first: date, count: int) -> list[str]:
    return [(first + timedelta(days=n)).isoformat() for n in range(count)]


def test_f42_an_entity_in_auckland_writes_to_a_reader_in_los_angeles_at_the_readers_hours(engine: Engine) -> None:
    """Due on the entity's calendar; sent in the reader's morning, once a day, though the dates differ."""
    begin = datetime.combine(FIRST, time(5), AUCKLAND)
    engine.reset(now=begin.astimezone(UTC))
    company = Company(engine, an_entity(sender=SENDER, zone="Pacific/Auckland"))
    reader = ap("C1", zone="America/Los_Angeles")
    company.knows(
        invoice("C1", an_item("I1", due_on=FIRST - timedelta(days=91)), contacts=[reader]),
        invoice("C2", an_item("I2", customer="C2", due_on=FIRST - timedelta(days=6))),
    )
    company.until((begin + timedelta(days=6)).astimezone(UTC))
    by_customer = {notice.id: notice.customer for notice in company.notices()}
    far = [mail.sent_at for mail in company.mails if by_customer[mail.tags["notice_id"]] == "C1"]
    near = [mail.sent_at for mail in company.mails if by_customer[mail.tags["notice_id"]] == "C2"]
    assert [sent.astimezone(AUCKLAND) for sent in near] == [datetime(2026, 3, 10, 8, tzinfo=AUCKLAND)]  # +7 there
    local = [sent.astimezone(LOS_ANGELES) for sent in far]
    assert all(time(8) <= sent.time() < time(18) for sent in local)
    assert len(far) == 6
    assert len({sent.date() for sent in local}) == 6  # one a day of the reader's
    assert starts(company) == Counter(nights(FIRST, 6))


@pytest.mark.parametrize("hours", [range(-2, 4), pytest.param(range(-4, 6), marks=pytest.mark.heavy)], ids=len)
@pytest.mark.parametrize(("zone", "run_hour", "first"), [
    ("Europe/Berlin", 2, date(2026, 3, 28)),  # 02:00 to 03:00 is skipped on the 29th
    ("Europe/Berlin", 2, date(2026, 10, 24)),  # 02:00 to 03:00 comes twice on the 25th
    ("Pacific/Auckland", 2, date(2026, 4, 4)),
    ("Pacific/Auckland", 2, date(2026, 9, 26)),
    ("America/Sao_Paulo", 0, date(2026, 2, 28)),
    ("Asia/Kathmandu", 23, date(2026, 12, 30)),  # 05:45 off, and over New Year
    ("Pacific/Kiritimati", 23, date(2028, 2, 28)),  # 14 hours ahead, and a leap day
])  # fmt: skip
def test_f41_f43_exactly_one_run_a_night_whatever_the_clock_does(
    engine: Engine, zone: str, run_hour: int, first: date, hours: range
) -> None:
    """With every hourly tick fired from some hours before each run to some after it."""
    where = ZoneInfo(zone)
    begin = datetime.combine(first, time(run_hour), where).astimezone(UTC)
    engine.reset(now=begin - timedelta(minutes=10))
    company = Company(engine, an_entity(sender=SENDER, zone=zone, run_hour=run_hour))
    company.knows(invoice("C1", an_item("I1", due_on=first - timedelta(days=91))))
    end = datetime.combine(first + timedelta(days=3), time(run_hour), where).astimezone(UTC)
    runs = [datetime.combine(first + timedelta(days=n), time(run_hour), where).astimezone(UTC) for n in range(4)]
    ticks = [run.replace(minute=0) + timedelta(hours=n) for run in runs for n in hours]
    pumped = engine.run_until(end - timedelta(minutes=5), quiet=lambda: ticks)
    assert pumped.errors == []
    assert starts(company) == Counter(nights(first, 3))
    assert company.runs() == dict.fromkeys(nights(first, 3), "complete")
    local = [mail.sent_at.astimezone(where) for mail in company.mails]
    assert all(time(8) <= sent.time() < time(18) for sent in local)
    assert [sent.date() for sent in local] == sorted({sent.date() for sent in local})
    assert len(local) >= 2


def test_f42_days_past_due_are_counted_on_the_entitys_calendar(engine: Engine) -> None:
    """The same due date, the same instant: one entity is already in the next day."""
    engine.reset(now=datetime(2026, 3, 8, 12, tzinfo=UTC))
    ahead = an_entity(id="NZ", name="Ahead", sender=SENDER, zone="Pacific/Auckland")
    behind = an_entity(id="US", name="Behind", sender=SENDER, zone="America/Los_Angeles")
    company = Company(engine, ahead, behind)
    due = date(2026, 3, 2)
    company.knows(
        invoice("C1", an_item("I1", due_on=due), contacts=[ap("C1")], entity="NZ"),
        invoice("C2", an_item("I2", customer="C2", due_on=due), contacts=[ap("C2")], entity="US"),
    )
    company.until(datetime(2026, 3, 10, 12, tzinfo=UTC))
    sent = {notice.entity: notice.accepted_on for notice in company.notices()}
    assert sent == {"NZ": date(2026, 3, 9), "US": date(2026, 3, 9)}
    first, second = sorted(mail.sent_at for mail in company.mails)
    assert (second - first) == timedelta(hours=20)  # the same morning, one zone after the other


def test_a_daily_reminder_of_an_evenings_night_leaves_every_morning(engine: Engine) -> None:
    company = Company(engine, an_entity(sender=SENDER, run_hour=20))
    company.knows(invoice("C1", an_item("I1", due_on=FIRST - timedelta(days=91))))
    company.until(datetime.combine(FIRST + timedelta(days=3), time(12), UTC))
    assert [mail.sent_at.date() for mail in company.mails] == [FIRST + timedelta(days=n) for n in (1, 2, 3)]
