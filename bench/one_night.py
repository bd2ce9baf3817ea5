"""Requests, rows and units of one night, with ten times the open invoices, and with twice the accounts due."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime, time, timedelta
from typing import Final
from unittest.mock import patch

from bench import company
from bench.figures import Figure, Measured
from bench.filling import fill
from bench.generate import AS_OF, Ledger
from functions.shared.store import config
from local import nights
from local.counting import Counts, Meter
from local.engine import Engine
from local.engine.aws import CREDENTIALS

_BEFORE: Final = AS_OF - timedelta(days=1)
_IMPORTED_AT: Final = datetime.combine(_BEFORE, time(20), UTC)
FUNCTIONS: Final = ("PlanRun", "DecideAccounts", "SendNotices", "RecordFeedback", "SweepStuck")


@dataclass(frozen=True, slots=True)
class Night:
    """One night that was lived on the local engine."""

    open_invoices: int
    due: int
    counts: Counts
    idle_tick: int  # requests of a tick on which nothing is to be done
    idle_sweep: int


def measure(open_invoices: int, due: int) -> Measured:
    """Three nights: few invoices, ten times as many with the same accounts due, few with twice the accounts due."""
    few = max(1, open_invoices // 10)
    with Engine(start=_IMPORTED_AT, parameters={"SenderDomain": company.DOMAIN}) as engine:
        small, large, twice = (
            live(engine, Ledger(*size)) for size in ((few, due), (open_invoices, due), (few, 2 * due))
        )
    return Measured(
        what=f"one night by the real handlers on the local engine, {large.open_invoices:,} open invoices",
        beside=f"{small.open_invoices:,} open",
        given={
            "accounts_due": large.due,
            "open_invoices": [small.open_invoices, large.open_invoices],
            "flat": _asked(small.counts) == _asked(large.counts),
            "units": "by record sizes and DynamoDB's published rules, index writes included",
        },
        figures=tuple(_figures(small, large, twice)),
    )


def live(engine: Engine, ledger: Ledger) -> Night:
    """The night of a ledger on an empty stack, each record written as the night before left it."""
    engine.reset(now=_IMPORTED_AT)
    setting = company.setting()
    with as_function(engine), company.generated(ledger) as found:
        config.put_policy(setting.policy, was=0)
        config.put_entity(setting.entity, was=0)
        for person in setting.people:
            config.put_person(person, was=0)
        due = fill(engine, found, setting, _BEFORE, _IMPORTED_AT)
    meter = engine.count()
    meter.taken()
    nights.play(engine, AS_OF, [setting.entity])
    counts = meter.taken()
    tick, sweep = (_idle(engine, meter, kind) for kind in ("tick", "sweep"))
    return Night(ledger.open_invoices, due, counts, tick, sweep)


def _asked(counts: Counts) -> Counts:
    """What was asked for; what is stored grows with the ledger."""
    return replace(counts, stored_bytes=0)


@contextmanager
def as_function(engine: Engine) -> Iterator[None]:
    """The environment that the functions have together, for the writers of configuration and facts."""
    variables = {name: value for f in engine.stack.functions.values() for name, value in f.environment.items()}
    with patch.dict(os.environ, CREDENTIALS | variables):
        yield


def _idle(engine: Engine, meter: Meter, kind: str) -> int:
    """The requests of one more firing of a schedule, with nothing left to do."""
    for schedule in engine.stack.schedules:
        if schedule.input.get("kind") == kind:
            engine.invoke(schedule.function, schedule.input)
    return meter.taken().requests.total()


def _figures(small: Night, large: Night, twice: Night) -> Iterator[Figure]:
    here, there, more = large.counts, small.counts, twice.counts
    for name in FUNCTIONS:
        yield Figure(f"{name}_requests", here.of(f"{name}Function"), "requests", there.of(f"{name}Function"))
    yield Figure("requests", here.requests.total(), "requests", there.requests.total())
    yield Figure("rows_read", here.rows_read, "rows", there.rows_read)
    yield Figure("rows_written", here.rows_written, "rows", there.rows_written)
    yield Figure("writes_refused", here.refused, "requests", there.refused)
    yield Figure("read_units", here.read_units, "read units", there.read_units)
    yield Figure("write_units", here.write_units, "write units", there.write_units)
    yield Figure("messages_queued", here.queued.total(), "messages", there.queued.total())
    yield Figure("mails", here.mails, "mails", there.mails)
    # what an account more costs: the base of a night, and of its digests, is in neither
    more_due = twice.due - small.due
    for name, unit in (
        ("rows_read", "rows"),
        ("rows_written", "rows"),
        ("read_units", "read units"),
        ("write_units", "write units"),
    ):
        slope = (getattr(more, name) - getattr(there, name)) / more_due
        yield Figure(f"{name}_per_further_account_due", slope, unit)
    slope = (more.requests.total() - there.requests.total()) / more_due
    yield Figure("requests_per_further_account_due", slope, "requests")
    yield Figure("idle_tick_requests", large.idle_tick, "requests", small.idle_tick)
    yield Figure("idle_sweep_requests", large.idle_sweep, "requests", small.idle_sweep)
