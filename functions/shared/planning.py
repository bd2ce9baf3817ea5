"""Walks the due index of one entity for one night and queues whoever is due, in numbered batches.

Every step is written down before it is made: a worker that dies leaves a run that any other worker goes on with, and a
batch that is queued twice is decided once.
"""

import secrets
from collections.abc import Callable
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Final

from core.calendar import night_to_run
from core.ledger import Entity
from functions.shared import queues
from functions.shared.completion import complete_if_done
from functions.shared.observability import LogEvent, count, log
from functions.shared.settings import Settings
from functions.shared.store import inbox, runs
from functions.shared.store.config import Configuration
from functions.shared.store.runs import LEASE, Retraction, Run, RunState
from functions.shared.walk import Walk

BATCH: Final = 25  # accounts in one message
PAGE: Final = 10 * BATCH  # accounts written down at a time
RESERVE: Final = 60_000  # milliseconds that are kept for ending in order
REPLAN_AFTER: Final = timedelta(hours=3)  # longer than a message can be tried; then it is lost, not late
_MOST_MISSED: Final = 7  # nights whose digest lines are still told
ONE_DAY: Final = timedelta(days=1)

Remaining = Callable[[], int]  # milliseconds until the time-out


class Outcome(StrEnum):
    """What became of a run in this invocation; also the name of its counter."""

    RUN_COMPLETED = "run_completed"
    RUN_PLANNED = "run_planned"  # all queued, not all decided
    RUN_PAUSED = "run_paused"  # the next invocation goes on
    RUN_WAITS = "run_waits_for_files"  # the sweep looks again
    RUN_BUSY = "run_busy"  # another worker has it
    RUN_DONE_BEFORE = "run_done_before"


def plan_night(entity: Entity, configuration: Configuration, now: datetime, remaining: Remaining) -> Outcome:
    """Run the latest night whose run hour has passed, unless it ran; a missed night is caught up by the same test.

    Older missed nights are not run: what they would have found is still due, and is decided by its present age.
    """
    on = night_to_run(now, entity.zone, entity.run_hour)
    run = runs.read(entity.id, on)
    if run is not None:
        return _resume(run, configuration, now, remaining)
    owner = secrets.token_hex(8)
    run = runs.start(entity.id, on, owner=owner, missed=_missed(entity.id, on), now=now)
    if run is None:
        count("run_duplicate")
        return Outcome.RUN_BUSY
    log(LogEvent.RUN_STARTED, entity=entity.id, on=on.isoformat())
    return _walk(run, configuration, now, remaining)


def resume(entity: str, on: date, configuration: Configuration, now: datetime, remaining: Remaining) -> Outcome:
    """Go on with a run wherever it stands: what the sweep does with a run that has no end.

    Raises: LookupError when there is no such run.
    """
    run = runs.read(entity, on)
    if run is None:
        raise LookupError(f"no run of {entity} on {on}")
    return _resume(run, configuration, now, remaining)


def _resume(run: Run, configuration: Configuration, now: datetime, remaining: Remaining) -> Outcome:
    match run.state:
        case RunState.COMPLETE:
            return Outcome.RUN_DONE_BEFORE
        case _ if run.retraction is not None:
            return _end_retracted(run, run.retraction, configuration, now)
        case RunState.PLANNING:
            mine = runs.take_over(run, owner=secrets.token_hex(8), now=now)
            if mine is None:
                log(LogEvent.RUN_BUSY, entity=run.entity, on=run.on.isoformat())
                return Outcome.RUN_BUSY
            log(LogEvent.RUN_RESUMED, entity=run.entity, on=run.on.isoformat(), next_batch=run.next_batch)
            _queue(mine, now)  # stored before they were sent, so perhaps not sent
            return _walk(mine, configuration, now, remaining)
        case _:
            return _end(run, configuration, now, remaining)


def _end(run: Run, configuration: Configuration, now: datetime, remaining: Remaining) -> Outcome:
    if complete_if_done(run, configuration, now):
        return Outcome.RUN_COMPLETED
    if run.state is RunState.PLANNED and run.planned_at is not None and now - run.planned_at > REPLAN_AFTER:
        return _plan_again(run, configuration, now, remaining)
    if run.state is RunState.PLANNED:
        runs.look_later(run, now=now)
    return Outcome.RUN_PLANNED


def _end_retracted(run: Run, said: Retraction, configuration: Configuration, now: datetime) -> Outcome:
    """What was queued is marked by whoever receives it; what nobody received is lost, and nobody misses it."""
    if now - said.at > LEASE:
        for n in sorted(set(range(run.batches or 0)) - set(runs.marks(run.entity, run.on))):
            runs.mark(run.entity, run.on, n, {"lost": 1}, now)
    if complete_if_done(run, configuration, now):
        return Outcome.RUN_COMPLETED
    runs.look_later(run, now=now)
    return Outcome.RUN_PLANNED


def _plan_again(run: Run, configuration: Configuration, now: datetime, remaining: Remaining) -> Outcome:
    """Batches were lost. Whoever was in them is still due: they get new numbers, and the lost numbers are marked."""
    missing = set(range(run.batches or 0)) - set(runs.marks(run.entity, run.on))
    mine = runs.plan_again(run, owner=secrets.token_hex(8), now=now)
    if mine is None:
        return Outcome.RUN_BUSY
    for n in sorted(missing):
        runs.mark(run.entity, run.on, n, {"lost": 1}, now)
    log(LogEvent.RUN_REPLANNED, entity=run.entity, on=run.on.isoformat(), lost=len(missing))
    count("batches_lost", len(missing))
    return _walk(mine, configuration, now, remaining)


def _walk(run: Run, configuration: Configuration, now: datetime, remaining: Remaining) -> Outcome:
    walk = Walk(run.entity, run.on, run.cursor)
    while True:
        if remaining() < RESERVE:
            runs.release(run, now=now)
            log(LogEvent.RUN_PAUSED, entity=run.entity, on=run.on.isoformat(), next_batch=run.next_batch)
            return Outcome.RUN_PAUSED
        if _files_first(run, now):
            runs.release(run, now=now)
            return Outcome.RUN_WAITS
        customers, cursor = walk.page(PAGE)
        if not customers:
            break
        chunks = [tuple(customers[start : start + BATCH]) for start in range(0, len(customers), BATCH)]
        stored = runs.store_page(run, dict(enumerate(chunks, start=run.next_batch)), cursor)
        if stored is None:  # our lease ended and somebody else went on
            return Outcome.RUN_BUSY
        run = stored
        _queue(run, now)
        count("accounts_queued", len(customers))
    planned = runs.end_planning(run, now=now)
    if planned is None:
        return Outcome.RUN_BUSY
    log(LogEvent.RUN_PLANNED, entity=run.entity, on=run.on.isoformat(), batches=planned.batches)
    return Outcome.RUN_COMPLETED if complete_if_done(planned, configuration, now) else Outcome.RUN_PLANNED


def _files_first(run: Run, now: datetime) -> bool:
    """Whether nobody is decided yet: a file may say what was paid, and one that is half written says half of it."""
    if not inbox.is_waiting(run.entity):
        return False
    if now - run.started_at < inbox.WAITED_FOR:  # after it the brakes on old data must do
        log(LogEvent.RUN_WAITS_FOR_FILES, entity=run.entity, on=run.on.isoformat())
        return True
    if run.next_batch == 0:
        log(LogEvent.RUN_WITHOUT_FILES, entity=run.entity, on=run.on.isoformat())
        count("runs_without_files")
    return False


def _queue(run: Run, now: datetime) -> None:
    runs.list_page(run, now)
    on = run.on.isoformat()
    bodies = [
        {"v": 1, "entity": run.entity, "date": on, "n": n, "customers": list(customers)}
        for n, customers in run.page.items()
    ]
    if bodies:
        queues.send(Settings.from_env().accounts_queue_url, bodies)


def _missed(entity: str, on: date) -> tuple[date, ...]:
    """The nights between the run before this one and tonight: nobody told the lines that were kept for them."""
    before = runs.date_before(entity, on)
    first = on - ONE_DAY if before is None else max(before + ONE_DAY, on - _MOST_MISSED * ONE_DAY)
    return tuple(first + n * ONE_DAY for n in range((on - first).days))
