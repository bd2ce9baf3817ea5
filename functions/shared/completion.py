"""The end of a run: when a mark of every batch is there, our own people get their digests and the run is complete."""

from collections import Counter
from collections.abc import Iterable, Mapping
from datetime import date, datetime
from typing import Final

from core.keys import digest_id, task_id
from functions.shared import review
from functions.shared.brakes import told
from functions.shared.observability import LogEvent, count, log
from functions.shared.putting import queue_notices
from functions.shared.settings import Settings
from functions.shared.store import digests, notices, runs, tasks
from functions.shared.store.config import Configuration
from functions.shared.store.notices import NoticeRecord
from functions.shared.store.runs import Run, RunState
from functions.shared.store.tasks import Task

_QUALITY_OWNER: Final = "accounting"  # who mends our own data


def complete_if_done(run: Run, configuration: Configuration, now: datetime) -> bool:
    """Complete a run whose batches are all done; whoever sees that does it, and doing it twice is doing it once.

    Counting marks needs no counter that two workers could both raise. Returns whether the run is complete now.
    """
    if run.finished:
        return True
    if run.state is RunState.PLANNING or run.batches is None:
        return False
    marks = runs.marks(run.entity, run.on) if run.batches else {}
    if len(marks) < run.batches:
        return False
    closing = run if run.state is RunState.CLOSING else runs.close(run)
    if closing is None:  # somebody else is closing it
        return False
    if configuration.entity(run.entity).live and run.retraction is None:
        _put_digests(closing, configuration, now)
    return _complete(closing, marks.values(), configuration, now)


def _complete(run: Run, marks: Iterable[Mapping[str, int]], configuration: Configuration, now: datetime) -> bool:
    """Say how the run ended, and ask a person first where it is unusual or reviewed."""
    counts: Counter[str] = Counter()
    for counted in marks:
        counts.update(counted)
    brake = "" if run.retraction else review.brake_of(run, counts, configuration)
    if brake:
        review.hold_run(run, brake, configuration, now)
    watched = run.retraction is None and review.may_take_over(run, configuration)
    if runs.complete(run, counts, now=now, brake=brake, watched=watched) is None:
        return False
    log(LogEvent.RUN_COMPLETED, entity=run.entity, on=run.on.isoformat(), batches=run.batches, **told(counts))
    count("runs_completed")
    return True


def _put_digests(run: Run, configuration: Configuration, now: datetime) -> None:
    """One notice a person who has lines; lines of nights that had no run are told in this one."""
    for night in run.missed:
        digests.carry_over(run.entity, night, run.on, now)
    due = []
    deployment = Settings.from_env().deployment
    for person in sorted(digests.people(run.entity, run.on)):
        known = configuration.people.get(person)
        if known is None or not known.email:
            _ask_for_address(run.entity, person, run.on, deployment)
            continue
        notice = NoticeRecord(
            id=digest_id(deployment, run.entity, run.on.isoformat(), person),
            kind="digest",
            entity=run.entity,
            person=person,
            as_of=run.on,
            not_before=now,
            readers=1,
        )
        if notices.put_planned(notice, now):
            due.append(notice.id)
    queue_notices(due)


def _ask_for_address(entity: str, person: str, on: date, deployment: str) -> None:
    tasks.put(
        Task(
            id=task_id(deployment, entity, "", "find-address", person),
            entity=entity,
            customer="",
            kind="find-address",
            owner_role=_QUALITY_OWNER,
            due_on=on,
            note=f"person {person} has no e-mail address for the digest",
            created_on=on,
        )
    )
