"""The virtual clock jumps from one thing that can happen to the next, and leaves out nothing."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from local.engine import Engine
from local.engine.cron import next_fire
from tests.local.toys import QUIET, client, queue_notice

START = datetime(2026, 1, 8, 5, 30, tzinfo=UTC)
SEEN: list[tuple[str, datetime]] = []
ENGINE: list[Engine] = []


def note(event: Any, _context: Any) -> None:
    SEEN.append((event["kind"], ENGINE[0].now))


@pytest.fixture(scope="module")
def opened() -> Iterator[Engine]:
    handlers = {**QUIET, "PlanRunFunction": note, "SweepStuckFunction": note}
    with Engine(start=START, handlers=handlers) as engine:
        ENGINE[:] = [engine]
        yield engine


@pytest.fixture
def engine(opened: Engine) -> Engine:
    SEEN.clear()
    opened.reset(now=START)
    opened._handlers |= {"PlanRunFunction": note, "SweepStuckFunction": note}
    return opened


def times(kind: str) -> list[str]:
    return [f"{at:%d %H:%M}" for seen, at in SEEN if seen == kind]


def attend(engine: Engine, name: str, at: datetime) -> None:
    """Put something in front of the sweep."""
    item = {"pk": name, "sk": "A", "att_pk": "ATT#E#0", "att_sk": f"{at:%Y-%m-%dT%H:%M:%SZ}#ACCT#{name}"}
    values = {key: {"S": value} for key, value in item.items()}
    engine.client("dynamodb").put_item(TableName=engine.stack.table_name, Item=values)


def test_every_tick_and_every_sweep_fires(engine: Engine) -> None:
    engine.run_until(START + timedelta(hours=3))
    assert times("tick") == ["08 06:00", "08 07:00", "08 08:00"]
    assert len(times("sweep")) == 18
    assert times("sweep")[:2] == ["08 05:40", "08 05:50"]
    assert engine.now == START + timedelta(hours=3)


def test_going_on_fires_nothing_twice(engine: Engine) -> None:
    for hours in (1, 2, 3):
        engine.run_until(START.replace(minute=0) + timedelta(hours=hours))
    assert times("tick") == ["08 06:00", "08 07:00", "08 08:00"]


def test_quiet_fires_what_can_do_something(engine: Engine) -> None:
    run_hours = [START + timedelta(hours=1, minutes=10), START + timedelta(days=1)]
    attend(engine, "C1", START + timedelta(hours=5, minutes=1))

    def sweep(event: Any, context: Any) -> None:
        note(event, context)
        client("dynamodb").update_item(
            TableName=engine.stack.table_name,
            Key={"pk": {"S": "C1"}, "sk": {"S": "A"}},
            UpdateExpression="REMOVE att_pk, att_sk",
        )

    engine._handlers["SweepStuckFunction"] = sweep
    engine.run_until(START + timedelta(days=3), quiet=lambda: run_hours)
    assert times("tick") == ["08 07:00", "09 06:00"]  # the first tick at or after each
    assert times("sweep") == ["08 10:40"]


def test_quiet_does_not_sweep_for_ever_what_a_sweep_leaves(engine: Engine) -> None:
    attend(engine, "C1", START - timedelta(days=1))
    engine.run_until(START + timedelta(days=1), quiet=list)
    assert times("sweep") == ["08 05:40"]
    attend(engine, "C2", START + timedelta(days=1, hours=1))
    engine.run_until(START + timedelta(days=2), quiet=list)
    assert times("sweep") == ["08 05:40", "09 05:40", "09 06:30"]  # a new look by a new run, then for the new entry


def test_an_instant_that_cannot_be_read_is_due(engine: Engine) -> None:
    item = {"pk": "X", "sk": "A", "att_pk": "ATT#E#0", "att_sk": "soon"}
    values = {key: {"S": value} for key, value in item.items()}
    engine.client("dynamodb").put_item(TableName=engine.stack.table_name, Item=values)
    engine.run_until(START + timedelta(hours=1), quiet=list)
    assert times("sweep") == ["08 05:40"]


def test_a_failed_tick_is_tried_again_and_given_up_as_declared(engine: Engine) -> None:
    def fail(event: Any, context: Any) -> None:
        note(event, context)
        raise RuntimeError("boom")

    engine._handlers["PlanRunFunction"] = fail
    pumped = engine.run_until(START + timedelta(minutes=45))
    assert times("tick") == ["08 06:00", "08 06:01"]  # MaximumRetryAttempts is 1
    assert [function for function, _ in pumped.errors] == ["PlanRunFunction"] * 2
    assert len(engine.messages("ScheduleDeadLetters")) == 1


def test_the_clock_does_not_go_back(engine: Engine) -> None:
    with pytest.raises(ValueError, match="does not go back"):
        engine.move_to(START - timedelta(seconds=1))


def test_a_story_begins_where_it_is_told_until_something_happened(engine: Engine) -> None:
    engine.begin_at(START - timedelta(days=30))
    assert engine.now == START - timedelta(days=30)
    queue_notice("N1", engine.stack.outputs["NoticesQueueUrl"])
    with pytest.raises(ValueError, match="has begun"):
        engine.begin_at(START)


def test_the_clock_needs_a_zone() -> None:
    with pytest.raises(ValueError, match="no time zone"):
        Engine(start=datetime(2026, 1, 8))


BERLIN = "Europe/Berlin"


@pytest.mark.parametrize(
    ("expression", "zone", "after", "fires"),
    [
        ("rate(10 minutes)", "UTC", "2026-01-08T05:30:00", "2026-01-08T05:40:00"),
        ("rate(10 minutes)", "UTC", "2026-01-08T05:39:59.999999", "2026-01-08T05:40:00"),
        ("rate(1 hour)", "UTC", "2026-01-08T05:30:00", "2026-01-08T06:00:00"),
        ("cron(0 * * * ? *)", "UTC", "2026-01-08T05:00:00", "2026-01-08T06:00:00"),
        ("cron(0 * * * ? *)", "UTC", "2026-12-31T23:30:00", "2027-01-01T00:00:00"),
        ("cron(15,45 8-10/2 ? * MON-FRI *)", "UTC", "2026-01-09T10:45:00", "2026-01-12T08:15:00"),
        ("cron(0 7 1 * ? *)", BERLIN, "2026-07-02T00:00:00", "2026-08-01T05:00:00"),
        ("cron(30 2 * * ? *)", BERLIN, "2026-03-28T12:00:00", "2026-03-30T00:30:00"),  # no 02:30 on the 29th
        ("cron(30 2 * * ? *)", BERLIN, "2026-10-24T12:00:00", "2026-10-25T00:30:00"),  # the first of two
        ("cron(30 2 * * ? *)", BERLIN, "2026-10-25T00:30:00", "2026-10-26T01:30:00"),
        ("at(2026-01-08T06:00:00)", "UTC", "2026-01-08T05:00:00", "2026-01-08T06:00:00"),
        ("at(2026-01-08T06:00:00)", "UTC", "2026-01-08T06:00:00", None),
        ("cron(0 0 31 2 ? *)", "UTC", "2026-01-08T06:00:00", None),
    ],
)
def test_schedule_expressions(expression: str, zone: str, after: str, fires: str | None) -> None:
    found = next_fire(expression, zone, datetime.fromisoformat(after).replace(tzinfo=UTC))
    assert found == (None if fires is None else datetime.fromisoformat(fires).replace(tzinfo=UTC))


@pytest.mark.parametrize("expression", ["every hour", "cron(0 * * * * *)", "cron(61 * * * ? *)", "cron(0 0 L * ? *)"])
def test_expressions_that_are_refused(expression: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        next_fire(expression, "UTC", START)
