"""Takes a run back, account by account: one commit each, its effects after it, and it may be stopped anywhere.

Whoever begins again finds what was committed and does the rest; the sweep finishes an account that was left half-way.
"""

from collections.abc import Iterable, Iterator, Mapping
from datetime import date, datetime, timedelta
from typing import Any, Final

from core.calendar import local_date, night_to_run
from core.decide.model import Charge
from core.delivery import ACCEPTED, IN_DOUBT, UNSENT, NoticeState
from core.keys import copy_id, digest_id, run_mail_id
from core.retract import Message, Undone, undo
from core.state import Retracted
from core.trace import Trace
from core.values import dataclass, replace
from functions.shared import notes, retraction, review, settle
from functions.shared.letters import CHANNEL
from functions.shared.putting import put_effects
from functions.shared.retraction import Order
from functions.shared.settings import Settings
from functions.shared.store import accounts, charges, history, notices, runs, tasks
from functions.shared.store.accounts import AccountRecord, LostRaceError
from functions.shared.store.config import Configuration
from functions.shared.store.history import VerdictRecord
from functions.shared.store.notices import NoticeRecord
from functions.shared.store.runs import LEASE, Run
from functions.shared.store.tasks import RETRACTED, TaskState

_ATTEMPTS: Final = 5
_ONE_DAY: Final = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Account:
    """What became, or would become, of one account."""

    customer: str
    undone: Undone
    before: bool = False  # it was taken back earlier; nothing is done again
    notes: tuple[str, ...] = ()  # to its readers, or to a subsidiary's
    letters: tuple[str, ...] = ()  # of what had gone: no note reaches their readers


# ---------- the run ----------
def stop(order: Order, configuration: Configuration, now: datetime) -> Run | None:
    """Nothing more of the run is decided, and its mails to our own people are off. None when there is no such run."""
    run = runs.retract(order.entity, order.on, by=order.by, why=order.why, now=now)
    if run is None:
        return None
    deployment, on = Settings.from_env().deployment, order.on.isoformat()
    for mail in (run_mail_id(deployment, order.entity, on), *(_digests(order, configuration, deployment))):
        if notices.cancel(mail, RETRACTED, now) and (cancelled := notices.get(mail)) is not None:
            settle.settle(cancelled, configuration, now)
    tasks.close(review.task_of(order.entity, order.on), RETRACTED, now)
    return run


def _digests(order: Order, configuration: Configuration, deployment: str) -> Iterator[str]:
    for person in configuration.people:
        yield digest_id(deployment, order.entity, order.on.isoformat(), person)


def is_quiet(run: Run, now: datetime) -> bool:
    """Whether surely nobody decides an account of it: a batch begun before it was stopped may go on a while."""
    if run.finished or (run.retraction is not None and now - run.retraction.at > LEASE):
        return True
    return run.batches is not None and len(runs.marks(run.entity, run.on)) >= run.batches


# ---------- its accounts ----------
def preview(order: Order, customers: Iterable[str]) -> Iterator[Account]:
    """What taking it back would do, account by account; those that it did nothing to are left out."""
    for customer_id in customers:
        found = _find(order, customer_id)
        if found is not None:
            undone = found.undo("silent")
            if found.said is not None or not undone.empty:
                yield Account(customer_id, undone, before=found.said is not None, letters=found.letters)


def retract_account(order: Order, customer_id: str, configuration: Configuration, now: datetime) -> Account | None:
    """Take the run back on one account; None where it did nothing. Twice is the same as once.

    The account is decided again on the next night, not today: by then what was wrong can be put right.
    Raises: LostRaceError when other writers were first on every attempt.
    """
    entity = configuration.entity(order.entity)
    today, tonight = local_date(now, entity.zone), night_to_run(now, entity.zone, entity.run_hour)
    for _ in range(_ATTEMPTS):
        found = _find(order, customer_id)
        if found is None:
            return None
        if found.said is not None:
            return _again(found, order, configuration, now)
        undone = found.undo("told" if order.told else "silent")
        undone.cancelled += [copy.id for copy in found.copies if copy.state in UNSENT]
        if undone.empty:
            return None
        after = accounts.commit(
            found.record,
            state=undone.state,
            next_check_on=tonight + _ONE_DAY,
            now=now,
            add=retraction.effects_of(undone, order, today, now),
        )
        if after is not None:
            _carry_out(after, undone, configuration, now)
            told = _tell(found, undone.sent, [one.charge for one in undone.charges], order, configuration, now)
            return Account(customer_id, undone, notes=told, letters=found.letters)
    raise LostRaceError(f"account {order.entity}/{customer_id} changed on each of {_ATTEMPTS} attempts")


def _carry_out(after: AccountRecord, undone: Undone, configuration: Configuration, now: datetime) -> None:
    put_effects(after, now)
    for notice_id in (*undone.cancelled, *undone.sent, *undone.doubtful):
        notice = notices.get(notice_id)
        if notice is not None and notice.state in settle.ENDED and not notice.settled:
            settle.settle(notice, configuration, now)


def _again(found: "_Found", order: Order, configuration: Configuration, now: datetime) -> Account:
    """It was taken back before: what was left half-way is finished, and whoever is to hear of it now does."""
    said = found.said or {}
    undone = Undone(found.record.facts.state)
    if found.record.outbox:
        put_effects(found.record, now)
    if not order.told:
        return Account(found.record.customer_id, undone, before=True)
    late = [notice for notice in map(notices.get, said["doubtful"]) if notice is not None]
    told = _tell(found, said["sent"], map(charges.unpack, said["charges"]), order, configuration, now)
    told += tuple(notes.plan_late(one, configuration, now) for one in late if one.state in ACCEPTED)
    _promise_to_tell(found, [one.id for one in late if one.state in IN_DOUBT], now)
    return Account(found.record.customer_id, undone, before=True, notes=told)


def _promise_to_tell(found: "_Found", doubtful: list[str], now: datetime) -> None:
    """Whoever turns out to have got one that is still in doubt hears of it then."""
    for _ in range(_ATTEMPTS):
        record = accounts.read(found.record.entity, found.record.customer_id)
        if record is None:
            return
        state = record.facts.state
        waiting = {
            group: replace(one, retracted="told") if one.retracted and one.notice_id in doubtful else one
            for group, one in state.waiting.items()
        }
        if waiting == state.waiting:
            return
        after = replace(state, waiting=waiting)
        if accounts.commit(record, state=after, next_check_on=record.next_check_on, now=now) is not None:
            return
    raise LostRaceError(f"account {found.record.entity}/{found.record.customer_id} kept changing")


def _tell(
    found: "_Found",
    sent: Iterable[str],
    reversed_: Iterable[Charge],
    order: Order,
    configuration: Configuration,
    now: datetime,
) -> tuple[str, ...]:
    """One note to the account, and one to each subsidiary that got a copy; none where nobody is to be told."""
    if not order.told:
        return ()
    told = [notice for notice in map(notices.get, sent) if notice is not None and notice.channel != CHANNEL]
    note = notes.plan(told, reversed_, order.on, configuration, now)
    copied = (notes.plan_late(copy, configuration, now) for copy in found.copies if copy.state in ACCEPTED)
    return (*((note,) if note else ()), *copied)


# ---------- what there is to take back ----------
@dataclass(frozen=True, slots=True)
class _Found:
    """One account, and what the run did to it."""

    record: AccountRecord
    traces: tuple[Trace, ...]
    messages: tuple[Message, ...]
    copies: tuple[NoticeRecord, ...]
    finished: frozenset[str]
    said: Mapping[str, Any] | None  # what was written down when the run was taken back on it
    letters: tuple[str, ...] = ()

    def undo(self, told: Retracted) -> Undone:
        return undo(self.record.facts.state, self.traces, self.messages, finished=self.finished, told=told)


def _find(order: Order, customer_id: str) -> _Found | None:
    record = accounts.read(order.entity, customer_id)
    if record is None:
        return None
    decisions = list(_decisions(record, order.on))
    if not decisions:
        return None
    traces = tuple(_standing(decision.trace, record) for decision in decisions)
    as_of = max(decision.as_of for decision in decisions)
    ids = dict.fromkeys(notice_id for trace in traces for notice_id in trace.notices)
    stored = [notice for notice in map(notices.get, ids) if notice is not None]
    ours = [notice for notice in stored if notice.as_of <= as_of]  # else a later run decided it anew
    return _Found(
        record,
        traces,
        (*map(_message, ours), *_not_put(record, set(ids) - {notice.id for notice in stored})),
        tuple(_copies(ours)),
        frozenset(key for trace in traces for key in _tasks_of(trace) if _is_done(key)),
        _said(record, order.on),
        tuple(notice.id for notice in ours if notice.channel == CHANNEL and notice.state in ACCEPTED),
    )


def _decisions(record: AccountRecord, on: date) -> Iterator[VerdictRecord]:
    """The run's decisions about the account, the latest first; one may not have left the outbox yet."""
    waiting = [history.unpack_verdicts(effect) for effect in record.outbox.values() if effect["kind"] == "verdict"]
    untold = {said.at for said in waiting}  # put by now, and still in the outbox: one decision
    kept = (said for said in history.verdicts(record.entity, record.customer_id) if said.at not in untold)
    for said in (*reversed(waiting), *kept):
        if said.run_on == on:
            yield said
        elif said.as_of < on:
            return


def _said(record: AccountRecord, on: date) -> Mapping[str, Any] | None:
    for effect in record.outbox.values():
        if effect["kind"] == retraction.KIND and effect["on"] == on.isoformat():
            return dict(effect["body"])
    for activity in history.activities(record.entity, record.customer_id):
        if activity.kind == retraction.KIND and activity.what == on.isoformat():
            return activity.body
        if activity.at.date() < on - _ONE_DAY:
            return None
    return None


def _standing(trace: Trace, record: AccountRecord) -> Trace:
    """With those of its charges that are posted, or about to be, and not taken back."""
    coming = {effect["charge"][0] for effect in record.outbox.values() if effect["kind"] == "charge"}
    kept = (
        charge
        for charge in trace.charges
        if charge.id in coming or charges.stands(record.entity, record.customer_id, charge, "")
    )
    return replace(trace, charges=tuple(kept))


def _message(notice: NoticeRecord) -> Message:
    return Message(
        id=notice.id,
        group=notice.group,
        state=notice.state,
        steps=notice.steps,
        readers=notice.readers,
        charges=tuple(
            charge
            for charge in notice.charges
            if notice.state in ACCEPTED and charges.stands(notice.entity, notice.customer, charge, notice.id)
        ),
        was=settle.as_sent(notice.was, notice) if notice.was is not None else None,
        accepted_on=notice.accepted_on,
    )


def _not_put(record: AccountRecord, missing: set[str]) -> Iterator[Message]:
    """Planned, and still in the outbox: put by then, it is cancelled right after."""
    for effect in record.outbox.values():
        if effect["kind"] == "notice" and effect["id"] in missing:
            yield Message(effect["id"], effect["group"], NoticeState.PLANNED)


def _copies(sent: Iterable[NoticeRecord]) -> Iterator[NoticeRecord]:
    for notice in sent:
        for customer_id in notice.subsidiaries if notice.state in ACCEPTED else ():
            copy = notices.get(copy_id(notice.id, customer_id))
            if copy is not None:
                yield copy


def _tasks_of(trace: Trace) -> Iterator[str]:
    yield from trace.tasks
    yield from (key for key, (was, now) in trace.stages.items() if was is None and not now.active)


def _is_done(task_id: str) -> bool:
    task = tasks.read(task_id)
    return task is not None and task.state is TaskState.DONE
