"""Write to the account how its notice ended: raise what was accepted, forget the rest, and say when to look again."""

from datetime import date, datetime
from typing import Final

from core.calendar import local_date, night_to_run
from core.decide.account import next_check_on, survey
from core.decide.charges import interest_in
from core.decide.silence import confirmed
from core.decide.tasks import finished
from core.delivery import ACCEPTED, ENDED_UNSENT, IN_DOUBT, UNDER_WAY, NoticeState
from core.policy.step_facts import step_facts
from core.posting import item_of
from core.state import AccountState, StepFacts, Waiting
from core.values import dataclass, replace
from functions.shared import copies, letters, news, notes, refusals
from functions.shared.observability import LogEvent, log
from functions.shared.putting import put_with
from functions.shared.settings import Settings
from functions.shared.store import accounts, charges, notice_looks, notices
from functions.shared.store.accounts import AccountRecord
from functions.shared.store.config import Configuration
from functions.shared.store.notices import NoticeRecord
from functions.shared.store.tasks import Task

_ATTEMPTS: Final = 5
ENDED: Final = ACCEPTED | ENDED_UNSENT
BY_HAND: Final = "said by a person"  # in place of the provider's id of a message


class AccountBusyError(RuntimeError):
    """Other writers were always first; the message goes back to its queue."""


@dataclass(frozen=True, slots=True)
class Standing:
    """An account whose waiting notices have been looked at: none of them has ended without the account knowing."""

    record: AccountRecord
    in_doubt: frozenset[str]  # notices that may or may not have gone


def settle(
    notice: NoticeRecord,
    configuration: Configuration,
    now: datetime,
    *,
    looked_at: AccountRecord | None = None,
    heard: bool = True,
) -> None:
    """One write to the account: the waiting mark becomes the level, or goes. Twice is the same as once.

    A digest belongs to no account; of it nothing is written but that it has ended.
    Args: `looked_at` the account as the caller just saw it; `heard` False where an event is still to come of a mail:
    the write that it makes says as well that the account knows, and so spares one here.
    Raises: AccountBusyError when the write lost its race again and again.
    """
    if notice.state is NoticeState.FAILED:
        refusals.open_refusal(notice, configuration, now)
    if letters.is_off(notice):
        letters.withdraw(notice, now)
    if notice.kind == "customer":
        counts = _tell_account(notice, configuration, now, looked_at) and notice.retracted_at is None
        if notice.state in ACCEPTED and counts:
            _follow(notice, now)
    if not heard and _is_awaited(notice):
        return
    notice_looks.settled(notice, look=_unheard_at(notice, now) if _is_awaited(notice) else None)


def is_told(notice: NoticeRecord, now: datetime) -> bool:
    """Whether the account knows that this mail, of a moment ago, went; what follows from that is done then.

    False says nothing: `settle` finds out, at a higher price.
    """
    sent_at = notice.fenced_at
    fresh = sent_at is not None and now < sent_at + notice_looks.DOUBT_AFTER  # no doubt can be open yet
    if not fresh or notice.state is not NoticeState.ACCEPTED or notice.retracted_at:
        return False
    if notice.kind != "customer":
        return True
    # It waited for the mail from the version on with which that was planned, so what does not wait by then knows.
    state = accounts.state_of(notice.entity, notice.customer, since=notice.put_to)
    if state is None or _waits_for(state, notice):
        return False
    _follow(notice, now)
    return True


def _follow(notice: NoticeRecord, now: datetime) -> None:
    """What an accepted message brings along."""
    copies.plan(notice, now)
    news.tell_sent(notice, now)


def _is_awaited(notice: NoticeRecord) -> bool:
    """Whether a mail event must still come: of a letter, a text, or what a person vouches for there is none."""
    by_mail = notice.channel == "email" and notice.message_id != BY_HAND
    return by_mail and notice.state in UNDER_WAY


def _unheard_at(notice: NoticeRecord, now: datetime) -> datetime:
    """When to see whether anything was heard of it; an event that comes meanwhile puts it off no further."""
    since = notice.fenced_at if notice.settled else now
    return (since or now) + notice_looks.UNHEARD


def _tell_account(
    notice: NoticeRecord, configuration: Configuration, now: datetime, looked_at: AccountRecord | None
) -> bool:
    """Whether the notice counts: False for one whose run was taken back before the account heard of it."""
    for _ in range(_ATTEMPTS):
        record, looked_at = looked_at or accounts.read(notice.entity, notice.customer), None
        if record is None or not _waits_for(record.facts.state, notice):
            return True
        retracted = record.facts.state.waiting[notice.group].retracted
        if retracted == "told" and notice.state in ACCEPTED:  # first: the account is told once
            notes.plan_late(notice, configuration, now)
        if _write(record, notice, configuration, now):
            return not retracted
        log(LogEvent.RACE_LOST, entity=notice.entity, customer=notice.customer, notice_id=notice.id)
    raise AccountBusyError(f"account {notice.entity}/{notice.customer} kept changing")


def deliver(notice: NoticeRecord, configuration: Configuration, now: datetime) -> None:
    """What other steps wait for has arrived: the account hears of it, once; of anything else it need not hear.

    Raises: AccountBusyError when the write lost its race again and again.
    """
    on = notice.delivered_on
    if notice.kind != "customer" or not notice.required or on is None or notice.retracted_at:
        return
    for _ in range(_ATTEMPTS):
        record = accounts.read(notice.entity, notice.customer)
        if record is None:
            return
        state = record.facts.state.deliver(notice.steps, on)
        if state == record.facts.state or _commit(record, state, configuration, now):
            return
        log(LogEvent.RACE_LOST, entity=notice.entity, customer=notice.customer, notice_id=notice.id)
    raise AccountBusyError(f"account {notice.entity}/{notice.customer} kept changing")


def confirm(entity: str, customer: str, items: tuple[str, ...], configuration: Configuration, now: datetime) -> None:
    """A person says that what these items wait for has arrived. Raises: AccountBusyError as `deliver`."""
    today = local_date(now, configuration.entity(entity).zone)
    for _ in range(_ATTEMPTS):
        record = accounts.read(entity, customer)
        if record is None:
            return
        setting = configuration.setting_for(entity, record.facts.customer, deployment=Settings.from_env().deployment)
        state = confirmed(survey(record.facts, setting, today), items, today)
        if state == record.facts.state or _commit(record, state, configuration, now):
            return
    raise AccountBusyError(f"account {entity}/{customer} kept changing")


def finish(task: Task, configuration: Configuration, now: datetime) -> None:
    """A person did a task: whatever closes it later, it does not come again. Raises: AccountBusyError as `deliver`."""
    for _ in range(_ATTEMPTS):
        record = accounts.read(task.entity, task.customer)
        if record is None:
            return
        state = finished(record.facts.state, task.id)
        if state == record.facts.state or _commit(record, state, configuration, now):
            return
    raise AccountBusyError(f"account {task.entity}/{task.customer} kept changing")


def take_back(notice: NoticeRecord, configuration: Configuration, now: datetime) -> None:
    """An accepted notice reached nobody: its items are where they were, its charges gone, and its step is due again.

    Raises: AccountBusyError when the write lost its race again and again.
    """
    if notice.kind != "customer" or notice.was is None or notice.accepted_on is None or notice.retracted_at:
        return
    for charge in notice.charges:
        if charges.take_back(notice.entity, notice.customer, charge, source=notice.id, at=notice.fenced_at or now):
            news.tell_charge(notice.entity, notice.customer, charge, notice.id, now, now, taken_back=True)
    for _ in range(_ATTEMPTS):
        record = accounts.read(notice.entity, notice.customer)
        if record is None:
            return
        was = as_sent(notice.was, notice)
        state = record.facts.state.take_back(notice.group, notice.steps, was, notice.accepted_on)
        if state == record.facts.state or _commit(record, state, configuration, now):
            return
        log(LogEvent.RACE_LOST, entity=notice.entity, customer=notice.customer, notice_id=notice.id)
    raise AccountBusyError(f"account {notice.entity}/{notice.customer} kept changing")


def finish_ended(record: AccountRecord, configuration: Configuration, now: datetime) -> Standing:
    """Before deciding: each notice that the account waits for is read strongly; an ended one is written down first."""
    states = notices.state_of(waiting.notice_id for waiting in record.facts.state.waiting.values())
    ended = [notice_id for notice_id, state in states.items() if state in ENDED]
    for notice_id in ended:
        notice = notices.get(notice_id)
        if notice is not None:
            settle(notice, configuration, now)
    if ended:  # what was put stays put, whoever wrote since
        record = replace(accounts.read(record.entity, record.customer_id) or record, put=record.put)
    in_doubt = frozenset(notice_id for notice_id, state in states.items() if state in IN_DOUBT)
    return Standing(replace(record, facts=replace(record.facts, in_doubt=in_doubt)), in_doubt)


def _waits_for(state: AccountState, notice: NoticeRecord) -> bool:
    waiting = state.waiting.get(notice.group)
    return waiting is not None and waiting.notice_id == notice.id


def _write(record: AccountRecord, notice: NoticeRecord, configuration: Configuration, now: datetime) -> bool:
    state = record.facts.state
    record = replace(record, put=put_with(record, notice))  # taken out by the same write
    on = notice.accepted_on or local_date(now, configuration.entity(notice.entity).zone)
    if state.waiting[notice.group].retracted:
        _let_go(notice, on, now)
    if notice.state not in ACCEPTED or state.waiting[notice.group].retracted:
        return _commit(record, state.end(notice.group), configuration, now)
    invoices = {item.id: item for item in record.facts.items}
    for charge in notice.charges:  # rows first, then the account
        item = item_of(charge, invoices.get(charge.item), notice.customer, on)
        charges.post(notice.entity, item, source=notice.id, at=notice.fenced_at or now)
        news.tell_charge(notice.entity, notice.customer, charge, notice.id, notice.fenced_at or now, now)
    after = as_sent(state, notice).accept(notice.group, notice.steps, _facts(configuration, notice), on)
    if notice.delivered_on is not None:
        after = after.deliver(notice.steps, notice.delivered_on)
    return _commit(record, after, configuration, now)


def _let_go(notice: NoticeRecord, on: date, now: datetime) -> None:
    """Its run was taken back while its charges were being posted: whoever did that could not see them yet."""
    at = notice.fenced_at or now
    for charge in notice.charges if notice.state in ACCEPTED else ():
        if charges.reverse(notice.entity, notice.customer, charge, source=notice.id, on=on, at=at):
            news.tell_charge(notice.entity, notice.customer, charge, notice.id, at, now, taken_back=True)


def as_sent(state: AccountState, notice: NoticeRecord) -> AccountState:
    """The memory with the interest that the message really asked for, in place of what was planned."""
    waiting = state.waiting.get(notice.group) or Waiting(notice.id, notice.steps)
    sent = replace(waiting, interest=interest_in(notice.charges))
    return state if sent == waiting else replace(state, waiting={**state.waiting, notice.group: sent})


def _commit(record: AccountRecord, state: AccountState, configuration: Configuration, now: datetime) -> bool:
    setting = configuration.setting_for(record.entity, record.facts.customer, deployment=Settings.from_env().deployment)
    today = night_to_run(now, setting.entity.zone, setting.entity.run_hour)
    check_on = next_check_on(replace(record.facts, state=state), setting, today)
    return accounts.commit(record, state=state, next_check_on=check_on, now=now) is not None


def _facts(configuration: Configuration, notice: NoticeRecord) -> dict[str, StepFacts]:
    """The steps of the policy that decided the notice, though a newer one may be current."""
    names = {name for due in notice.steps if (name := due.step.rpartition(":")[0])}
    others = {name: configuration.policies[name] for name in names if name in configuration.policies}
    return step_facts(configuration.policy(notice.policy, notice.policy_version), others)
