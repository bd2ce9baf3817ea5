"""Runs that a person looks at before anything leaves: stopped by a brake, or reviewed because the policy says so.

A notice that must wait says which run it is of and what that run must have. Nobody looks for the others.
"""

from collections.abc import Iterable, Iterator, Mapping
from datetime import date, datetime
from itertools import islice
from typing import Final

from core.brakes import Stopped
from core.decide.model import NoticePlan
from core.delivery import UNSENT
from core.keys import run_mail_id, task_id
from core.policy.schema import Policy
from core.state import AccountState, DueStep
from functions.shared import brakes, settle
from functions.shared.observability import LogEvent, count, log
from functions.shared.putting import queue_notices
from functions.shared.settings import Settings
from functions.shared.store import attention, bundles, notice_glances, notices, runs, tasks
from functions.shared.store.attention import Due
from functions.shared.store.config import Configuration
from functions.shared.store.notice_rows import NoticeRecord, record_of
from functions.shared.store.runs import Clearance, Run
from functions.shared.store.table import Row
from functions.shared.store.tasks import Task

KIND: Final = "approve-run"
MANAGER: Final = "ar_manager"  # who looks at runs ...
OWNER: Final = "accounting"  # ... where nobody has that role
REJECTED: Final = "run_rejected"
TAKEN_OVER: Final = "taken_over"  # why the task about a run was closed: a later run decided it all anew
_AT_ONCE: Final = 100  # notices read by one request


def brake_of(run: Run, counts: dict[str, int], configuration: Configuration) -> str:
    """Why this run waits for a person; empty when it does not."""
    if counts.get(brakes.REVIEWED, 0):
        return "a person reviews every run"
    return str(unusual(run, counts, configuration) or "")


def unusual(run: Run, counts: Mapping[str, int], configuration: Configuration) -> Stopped | None:
    """What about a run is so unlike the nights before it that it waits; None where nothing is, or nobody looks."""
    policy = configuration.policies.get(configuration.entity(run.entity).policy)
    if policy is None or (policy.brakes.volume_percent, policy.brakes.most_messages) == (None, None):
        return None
    return brakes.unusual(counts, runs.recent(run.entity, run.on, brakes.NIGHTS), policy.brakes)


def decider(configuration: Configuration, entity: str) -> tuple[str, str | None]:
    """The role that decides about runs, and the Person id of who has it."""
    manager = configuration.holder(MANAGER, entity)
    return (MANAGER, manager) if manager else (OWNER, configuration.holder(OWNER, entity))


def hold_run(run: Run, brake: str, configuration: Configuration, now: datetime) -> None:
    """Ask a person to look at a run that stopped: a task, and a mail that says so. Twice is the same as once."""
    role, person = decider(configuration, run.entity)
    log(LogEvent.RUN_HELD, entity=run.entity, on=run.on.isoformat())
    count("runs_held")
    tasks.put(
        Task(
            id=task_of(run.entity, run.on),
            entity=run.entity,
            customer="",
            kind=KIND,
            owner=person,
            owner_role=role,
            due_on=run.on,
            note=f"{run.on}: {brake}",
            created_on=run.on,
        )
    )
    if person is not None and configuration.people[person].email:
        _write_to(person, run, now)


def _write_to(person: str, run: Run, now: datetime) -> None:
    notice = NoticeRecord(
        id=run_mail_id(Settings.from_env().deployment, run.entity, run.on.isoformat()),
        kind="run",
        entity=run.entity,
        person=person,
        as_of=run.on,
        not_before=now,
        readers=1,
        run_on=run.on,
    )
    if notices.put_planned(notice, now):
        queue_notices([notice.id])


def approve_run(entity: str, on: date, *, by: str, now: datetime) -> bool:
    """Let the notices of a run go that were decided by now; the next sweep offers them. False when it has not ended."""
    return _answer(entity, on, Clearance.PERSON, by, now)


def reject_run(entity: str, on: date, *, by: str, now: datetime) -> bool:
    """Nothing of a run shall go; the next sweep cancels its notices, and the next night decides anew."""
    return _answer(entity, on, Clearance.REJECTED, by, now)


def waiting_notices(entity: str, on: date) -> Iterator[NoticeRecord]:
    """The unsent notices that wait for a run."""
    return (record_of(row) for row in _waiting(entity) if row.get("run_on") == on.isoformat())


def _waiting(entity: str) -> Iterator[Row]:
    """The unsent notices that wait for any run, each once: bundles of two nights may stand for the same."""
    ids = dict.fromkeys(each for due in attention.watched(entity) for each in _listed(due))
    left = iter(ids)
    while some := list(islice(left, _AT_ONCE)):
        rows = notice_glances.strongly(some).values()
        yield from (row for row in rows if row["state"] in UNSENT and row.get("clearance"))


def _listed(due: Due) -> Iterable[str]:
    """The notices for which one entry of the attention index stands, or stood."""
    if due.kind == bundles.KIND:
        return bundles.listed(due.what)
    return (due.what,) if due.kind == "NOTICE" else ()


def close_taken_over(run: Run, now: datetime) -> None:
    """Nobody is asked any more about an earlier run of which nothing waits: what it had planned was decided anew."""
    asked = {one.on.isoformat() for one in runs.recent(run.entity, run.on, brakes.NIGHTS) if _is_asked(one)}
    if asked:
        for on in asked - {row.get("run_on") for row in _waiting(run.entity)}:
            tasks.close(task_of(run.entity, date.fromisoformat(on)), TAKEN_OVER, now)


def may_take_over(run: Run, configuration: Configuration) -> bool:
    """Whether somebody may still be asked about a run before this one."""
    if any(is_looked_at(policy) for policy in configuration.policies.values()):
        return True
    before = runs.date_before(run.entity, run.on)
    return before is not None and _is_asked(runs.read(run.entity, before))


def is_looked_at(policy: Policy) -> bool:
    """Whether nothing of a run goes before a person or the limits have let it."""
    return policy.runs == "reviewed" or (policy.brakes.volume_percent, policy.brakes.most_messages) != (None, None)


def _is_asked(run: Run | None) -> bool:
    return run is not None and run.brake != "" and run.clearance is None


def clearance(notice: NoticeRecord, run: Run | None) -> Clearance | None:
    """What the run of a notice says of it: it may go, it shall not, or (None) nobody has said yet."""
    if run is None or run.clearance is None:
        return None
    if run.clearance is Clearance.REJECTED:
        return Clearance.REJECTED
    if notice.clearance == "limits":
        return run.clearance
    seen = run.cleared_at is not None and notice.planned_at is not None and notice.planned_at <= run.cleared_at
    return Clearance.PERSON if run.clearance is Clearance.PERSON and seen else None


def approved(planned: Iterable[NoticePlan], state: AccountState) -> dict[str, NoticeRecord]:
    """Those of tonight's messages that a person let go in an earlier run and that have not left since, by id.

    Its word holds for the same steps and words, and for no more money: an evening's answer is for the next morning,
    and the run in between asks nothing again.
    """
    found = dict[str, NoticeRecord]()
    for plan in planned:
        before = state.waiting.get(plan.group)
        if before is None or before.notice_id != plan.id or _asked_for(before.steps) != _asked_for(plan.steps):
            continue
        notice = notices.get(plan.id)
        if notice is not None and notice.state in UNSENT and _is_no_more(plan, notice) and _is_let_go(notice):
            found[plan.id] = notice
    return found


def _is_let_go(notice: NoticeRecord) -> bool:
    """By the answer to its run; or by an approved plan, and then its run has nothing more to say of it."""
    if notice.clearance is None:
        return notice.run_on is not None
    return clearance(notice, run_of(notice)) is Clearance.PERSON


def _asked_for(steps: Iterable[DueStep]) -> list[tuple[str, str]]:
    """What it is about, whichever time it comes by now: a daily reminder of yesterday is the next one this morning."""
    return [(due.item, due.step) for due in steps]


def _is_no_more(plan: NoticePlan, notice: NoticeRecord) -> bool:
    same = (plan.level, plan.template, plan.step) == (notice.level, notice.template, notice.step)
    return same and all(minor <= notice.totals.get(currency, 0) for currency, minor in plan.totals.items())


def run_of(notice: NoticeRecord) -> Run | None:
    """The run that a notice waits for, strongly read."""
    return runs.read(notice.entity, notice.run_on) if notice.run_on else None


def drop(notice: NoticeRecord, configuration: Configuration, now: datetime) -> bool:
    """Cancel a notice of a rejected run; False when it has gone, or ended already."""
    if not notices.cancel(notice.id, REJECTED, now):
        return False
    cancelled = notices.get(notice.id)
    if cancelled is not None:
        settle.settle(cancelled, configuration, now)
    return True


def _answer(entity: str, on: date, said: Clearance, by: str, now: datetime) -> bool:
    if not runs.clear(entity, on, said, by=by, now=now):
        return False
    tasks.finish(task_of(entity, on), f"{said.value} by {by}", now)
    log(LogEvent.RUN_ANSWERED, entity=entity, on=on.isoformat(), answer=said.value)
    return True


def task_of(entity: str, on: date) -> str:
    """The id of the task to look at a run."""
    return task_id(Settings.from_env().deployment, entity, "", KIND, on.isoformat())
