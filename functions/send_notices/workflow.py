"""Send one notice. The order of effects is the design: claim, look, slot, look again, fence, send once, settle."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime, time, timedelta
from enum import StrEnum
from functools import partial
from typing import Any, Final

from core.calendar import local_date, next_send_instant, zone_of
from core.decide.account import decide, why_not
from core.decide.model import NoticePlan, Reason, Recipient, Setting
from core.keys import address_hash
from core.ledger import Person
from core.policy.steps import TEXTS
from core.state import Waiting
from functions.send_notices import compose
from functions.send_notices.answer_mail import answer_mail
from functions.send_notices.gate import SAFETY_MS, TRUSTED, Gate
from functions.send_notices.run_mail import run_mail
from functions.shared import (
    addresses,
    answers,
    clock,
    copies,
    documents,
    letters,
    mailer,
    restore,
    review,
    settle,
    texter,
)
from functions.shared.effects import needs_delivery
from functions.shared.observability import LogEvent, count, log
from functions.shared.settings import Settings
from functions.shared.store import accounts, config, notices, own_words, reach
from functions.shared.store.accounts import AccountRecord
from functions.shared.store.config import Configuration
from functions.shared.store.notices import NoticeRecord, WaitsFor
from functions.shared.store.reach import Slot
from functions.shared.store.runs import Clearance

LETTER: Final = letters.CHANNEL
PAUSE: Final = timedelta(minutes=10)  # before a paused or refused notice is offered again
_LOOKS: Final = 3  # the account may change between a look and the next
_NOT_TONIGHT: Final = frozenset({Reason.NO_SEND_DAY, Reason.TOO_SOON})


class Outcome(StrEnum):
    """How one attempt ended; also the name of its counter."""

    ACCEPTED = "accepted"
    DUPLICATE = "duplicate"  # somebody else has it, it has ended, or its time has not come
    CANCELLED = "cancelled"
    WAITS = "waits"
    FAILED = "failed"
    IN_DOUBT = "in_doubt"
    LOST = "lost"  # this attempt no longer owns the notice


class OutOfTimeError(RuntimeError):
    """Too little of the function's time is left to start a send; the message returns to its queue."""


@dataclass(frozen=True, slots=True)
class _Attempt:
    """One claimed notice and what it is judged by."""

    notice: NoticeRecord
    configuration: Configuration
    now: datetime
    remaining_ms: int = 0  # of the function's time, when the attempt began
    gate: Gate = field(default_factory=Gate)  # of its batch


def send_notice(notice_id: str, now: datetime, remaining_ms: int, gate: Gate | None = None) -> Outcome:
    """Send one queued notice. A crash in doubt leaves SENDING, never a second mail.

    Args: `gate` of the batch that the notice is of; a notice by itself has its own.
    Raises: OutOfTimeError before anything is touched; ReachBusyError or AccountBusyError when others kept writing.
    """
    gate = gate or Gate(1, lambda: remaining_ms)
    hold = gate.next(now)
    if hold is not None and notices.put_off(notice_id, until=hold.until, waits_for=hold.waits_for, now=now):
        return Outcome.WAITS
    if remaining_ms < SAFETY_MS:
        raise OutOfTimeError(f"{remaining_ms} ms left, a send needs {SAFETY_MS}")
    notice = notices.claim(notice_id, now)
    if notice is None:
        return Outcome.DUPLICATE
    attempt = _Attempt(notice, config.read(), now, remaining_ms, gate)
    if stopped := _stopped(attempt):
        return _wait(attempt, stopped, now + PAUSE)
    if notice.clearance is not None:
        said = review.clearance(notice, review.run_of(notice))
        if said is None:
            return _wait(attempt, "person", now + PAUSE)
        if said is Clearance.REJECTED:
            return _end(attempt, review.REJECTED)
    return _SENDERS.get(notice.kind, _send_to_customer)(attempt)


def _stopped(attempt: _Attempt) -> WaitsFor | None:
    """Why nothing leaves now, whatever it says; None: it may."""
    notice, configuration = attempt.notice, attempt.configuration
    if notice.entity not in configuration.entities or configuration.stopped(notice.entity, notice.policy):
        return "switch"
    return None if restore.may_send(configuration.permit, attempt.now) else "restore"


def _send_to_customer(attempt: _Attempt) -> Outcome:
    for _ in range(_LOOKS):
        looked = _look(attempt)
        if looked is None:
            return _cancel(attempt, Reason.SETTLED)
        record, setting, plan = looked
        if isinstance(plan, Reason):
            return _not_wanted(attempt, setting, record, plan)
        _free_earlier_slots(attempt, plan)
        if plan.channel == LETTER or plan.not_before > attempt.now:
            return _not_now(attempt, plan)
        taken = _take_slots(attempt, setting, plan)
        if not _leave(attempt, taken.dead):
            if not taken.readers:
                return _no_reader(attempt, setting, plan, taken)
            outcome = _write_and_send(attempt, record, setting, replace(plan, recipients=taken.readers), taken.slots)
            if outcome is not None:
                return outcome
        _free_slots(attempt.notice, taken.slots)  # the account changed since it was read: look again
    return _wait(attempt, "window", attempt.now + PAUSE)


def _not_now(attempt: _Attempt, plan: NoticePlan) -> Outcome:
    """A letter waits for the person who posts it, a mail for its reader's hours."""
    if plan.channel != LETTER:
        return _wait(attempt, "window", plan.not_before)
    letters.ask(attempt.notice, attempt.configuration, attempt.now)
    return _wait(attempt, "person", attempt.now + letters.LOOK_AGAIN)


def post_letter(notice_id: str, now: datetime) -> Outcome:
    """A person says that a letter was posted: it counts as accepted today, if it is still wanted."""
    notice = notices.claim(notice_id, now, early=True)
    if notice is None:
        return Outcome.DUPLICATE
    attempt = _Attempt(replace(notice, channel=LETTER), config.read(), now)
    looked = _look(attempt)
    if looked is None:
        return _cancel(attempt, Reason.SETTLED)
    record, setting, plan = looked
    if isinstance(plan, Reason):
        return _not_wanted(attempt, setting, record, plan)
    attempt = replace(attempt, notice=_as_it_goes(attempt, record, setting, replace(plan, channel=LETTER), ()))
    if not notices.fence(attempt.notice, now):
        return Outcome.LOST
    today = local_date(now, setting.entity.zone)
    posted = notices.accept(attempt.notice, LETTER, today, now, delivered_on=today + letters.ON_ITS_WAY)
    settle.settle(posted, attempt.configuration, now)
    return Outcome.ACCEPTED


def letter_of(notice_id: str, now: datetime) -> str | None:
    """The words of a letter as they are now, below its address; None where it is not wanted any more."""
    writing = _written_now(notice_id, now)
    if writing is None:
        return None
    customer = writing.facts.customer
    return "\n".join((customer.name, *customer.address, "", compose.customer_mail(writing).text))


def letter_paper_of(notice_id: str, now: datetime) -> dict[str, Any] | None:
    """The same letter for core.render.paper to print, with its whole list."""
    writing = _written_now(notice_id, now)
    return None if writing is None else compose.letter_paper(writing)


def _written_now(notice_id: str, now: datetime) -> compose.Writing | None:
    notice = notices.get(notice_id)
    if notice is None:
        return None
    attempt = _Attempt(notice, config.read(), now)
    looked = _look(attempt)
    if looked is None:
        return None
    record, setting, plan = looked
    return None if isinstance(plan, Reason) else _writing(attempt, record, setting, plan)


def _look(attempt: _Attempt) -> tuple[AccountRecord, Setting, NoticePlan | Reason] | None:
    """The notice as the ledger wants it this moment: what of it is left, or why nothing is.

    The policy is the one that decided; paid, disputed, promised, held or switched off since then wins.
    """
    notice = attempt.notice
    if notice.kind == "copy":
        return copies.look(notice, attempt.configuration, attempt.now)
    record = accounts.read(notice.entity, notice.customer)
    if record is None:
        return None
    waiting = record.facts.state.waiting.get(notice.group)
    setting = attempt.configuration.setting(
        notice.entity, notice.policy, notice.policy_version, deployment=Settings.from_env().deployment
    )
    if waiting is None or waiting.notice_id != notice.id:
        return record, setting, Reason.SETTLED
    if waiting.retracted:
        return record, setting, Reason.RETRACTED
    today = local_date(attempt.now, setting.entity.zone)
    if notice.channel != LETTER:
        return record, setting, _wanted(record, setting, waiting, notice.group, today, attempt.now)
    plan = _wanted(record, setting, waiting, notice.group, today)  # a person posts at any hour of the day
    if isinstance(plan, Reason) and plan in _NOT_TONIGHT:  # on any day: as the night that asked for it saw it
        plan = _wanted(record, setting, waiting, notice.group, notice.as_of)
    return record, setting, plan


def _wanted(
    record: AccountRecord, setting: Setting, waiting: Waiting, group: str, on: date, moment: datetime | None = None
) -> NoticePlan | Reason:
    only = frozenset((due.item, due.step) for due in waiting.steps)
    decision = decide(record.facts, setting, on, at=moment, only=only)
    plan = next((plan for plan in decision.notices if plan.group == group), None)
    return plan or why_not(waiting.steps, decision.verdicts)


def _not_wanted(attempt: _Attempt, setting: Setting, record: AccountRecord, reason: Reason) -> Outcome:
    if reason in _NOT_TONIGHT:  # still wanted; the night decides it again
        return _wait(attempt, "window", _opens(attempt.now + PAUSE, setting, record.facts.customer.zone))
    return _cancel(attempt, reason)


@dataclass(frozen=True, slots=True)
class _Taken:
    """What asking the contact budget gave."""

    readers: tuple[Recipient, ...]  # who may be written to
    slots: tuple[tuple[str, str], ...]  # of those: address hash, their local day
    dead: tuple[str, ...]  # hashes of addresses that are switched off


def _take_slots(attempt: _Attempt, setting: Setting, plan: NoticePlan) -> _Taken:
    """One slot of the contact budget per recipient; who has none is left out."""
    readers, slots, dead = list[Recipient](), list[tuple[str, str]](), list[str]()
    for recipient in plan.recipients:
        address, day = address_hash(recipient.reached_at), local_date(attempt.now, recipient.zone)
        match reach.take(address, attempt.notice.id, day, setting.policy.budget):
            case Slot.TAKEN:
                readers.append(recipient)
                slots.append((address, day.isoformat()))
            case Slot.OFF:
                dead.append(address)
    return _Taken(tuple(readers), tuple(slots), tuple(dead))


def _leave(attempt: _Attempt, dead: tuple[str, ...]) -> bool:
    """Another account's mail found these addresses dead: this one turns to its next contact. True when it has to."""
    left = False
    for address in dead:
        reason = reach.read(address).off or ""
        left |= addresses.leave(attempt.notice, address, reason, attempt.configuration, attempt.now)
    return left


def _free_slots(notice: NoticeRecord, slots: tuple[tuple[str, str], ...]) -> None:
    for address, _ in slots:
        reach.free(address, notice.id)


def _free_earlier_slots(attempt: _Attempt, plan: NoticePlan) -> None:
    """An attempt that stopped half-way may have left slots under this notice's id; the notice starts without any."""
    if attempt.notice.attempt > 1:
        _free_slots(attempt.notice, tuple((address_hash(r.reached_at), "") for r in plan.recipients))


def _opens(after: datetime, setting: Setting, zone: str | None) -> datetime:
    where = zone or setting.entity.zone
    return next_send_instant(after, where, setting.entity.send_hours, setting.policy.send_days, setting.entity.holidays)


def _no_reader(attempt: _Attempt, setting: Setting, plan: NoticePlan, taken: _Taken) -> Outcome:
    """Nobody may be written to now: the budget is used up until the next day, or every address is switched off."""
    if len(taken.dead) == len(plan.recipients):
        return _cancel(attempt, Reason.NO_ADDRESS)
    zone = plan.recipients[0].zone
    midnight = datetime.combine(local_date(attempt.now, zone) + timedelta(days=1), time(), zone_of(zone))
    return _wait(attempt, "budget", _opens(midnight, setting, zone))


def _write_and_send(
    attempt: _Attempt, record: AccountRecord, setting: Setting, plan: NoticePlan, slots: tuple[tuple[str, str], ...]
) -> Outcome | None:
    """None when the account has changed since it was read."""
    attempt = replace(attempt, notice=_as_it_goes(attempt, record, setting, plan, slots))
    try:
        mail = _mail(attempt, record, setting, plan)
    except compose.OwnWordsError as error:
        return _wait_for_words(attempt, error)
    except documents.NotMadeError as error:
        log(LogEvent.PAPERS_MISSING, notice_id=attempt.notice.id, reason=str(error))
        count("papers_missing")
        return _wait(attempt, "documents", attempt.now + PAUSE)
    entered = _enter(attempt, mail)
    if isinstance(entered, Outcome):
        return entered
    closed = any(_opens(entered.now, setting, one.zone) > entered.now for one in plan.recipients)
    if closed or not _is_as_read(record) or _has_lost_one(slots, entered.now - attempt.now):
        entered.gate.leave(entered.notice, mail, entered.configuration, entered.now)
        return None
    return _send(entered, mail, local_date(entered.now, setting.entity.zone))


def _enter(attempt: _Attempt, message: mailer.Mail | texter.Text) -> _Attempt | Outcome:
    """Wait for the turn of a message that is ready; what is looked at afterwards is looked at last."""
    hold = attempt.gate.enter(attempt.notice, message, attempt.configuration, attempt.now)
    return _wait(attempt, hold.waits_for, hold.until) if hold else replace(attempt, now=clock.now())


def _has_lost_one(slots: tuple[tuple[str, str], ...], waited: timedelta) -> bool:
    """An address was switched off, by another account's mail, while this one waited for its turn."""
    return waited > TRUSTED and any(reach.read(address).off for address, _ in slots)


def _is_as_read(record: AccountRecord) -> bool:
    """Nothing about the account has changed since."""
    return accounts.version_of(record.entity, record.customer_id) == record.version


def _mail(attempt: _Attempt, record: AccountRecord, setting: Setting, plan: NoticePlan) -> mailer.Mail | texter.Text:
    """The mail with its papers. They are made before the last look at the account, so that it stays the last."""
    writing = _writing(attempt, record, setting, plan)
    if plan.channel in TEXTS:
        return compose.text_message(writing)
    mail, papers = compose.customer_mail(writing), compose.customer_papers(writing)
    if papers is None:
        return mail
    if attempt.remaining_ms < SAFETY_MS + documents.TIMEOUT_SECONDS * 1000:
        raise documents.NotMadeError("out of time")  # in ten minutes it has more
    made = documents.make(attempt.notice.id, papers, f"{record.customer_id}-{plan.as_of}")
    return replace(mail, attachments=mail.attachments + made)


def _writing(attempt: _Attempt, record: AccountRecord, setting: Setting, plan: NoticePlan) -> compose.Writing:
    words = partial(own_words.for_message, attempt.configuration, record.entity)
    return compose.Writing(plan, setting, record.facts, words)


def _as_it_goes(
    attempt: _Attempt, record: AccountRecord, setting: Setting, plan: NoticePlan, slots: tuple[tuple[str, str], ...]
) -> NoticeRecord:
    """The notice as the fence writes it down: exactly what is about to leave."""
    return replace(
        attempt.notice,
        steps=plan.steps,
        totals=plan.totals,
        level=plan.level,
        template=plan.template,
        step=plan.step,
        readers=len(plan.recipients),
        channel=plan.channel,
        subsidiaries=plan.of_subsidiaries if plan.copy_of is None else attempt.notice.subsidiaries,
        charges=tuple(charge for charge in plan.charges if charge.new),
        required=needs_delivery(plan.steps, setting),
        slots=slots,
        was=record.facts.state.before(plan.group, plan.steps),
    )


def _send_answer(attempt: _Attempt) -> Outcome:
    """It takes no slot of the contact budget: that is for what we write of ourselves."""
    looked = answers.look(attempt.notice, attempt.configuration, attempt.now)
    if looked is None:
        return _cancel(attempt, Reason.SETTLED)
    record, setting, answer = looked
    if answer.not_before > attempt.now:
        return _wait(attempt, "window", answer.not_before)
    readers = tuple(one for one in answer.recipients if reach.read(address_hash(one.email)).off is None)
    if not readers:
        return _cancel(attempt, Reason.NO_ADDRESS)
    today = local_date(attempt.now, setting.entity.zone)
    words = partial(own_words.for_message, attempt.configuration, record.entity)
    try:
        mail = answer_mail(replace(answer, recipients=readers, as_of=today), setting, record.facts.customer, words)
    except compose.OwnWordsError as error:
        return _wait_for_words(attempt, error)
    entered = _enter(attempt, mail)
    if isinstance(entered, Outcome):
        return entered
    if not _is_as_read(record):
        entered.gate.leave(entered.notice, mail, entered.configuration, entered.now)
        return _wait(entered, "window", entered.now + PAUSE)
    return _send(entered, mail, today)


def _wait_for_words(attempt: _Attempt, error: compose.OwnWordsError) -> Outcome:
    log(LogEvent.WORDS_FAILED, notice_id=attempt.notice.id, reason=str(error))
    count("words_failed")
    return _wait(attempt, "words", attempt.now + PAUSE)


def _send_to_person(attempt: _Attempt) -> Outcome:
    notice = attempt.notice
    person: Person | None = attempt.configuration.people.get(notice.person)
    entity = attempt.configuration.entity(notice.entity)
    if person is None or not person.email:
        return _cancel(attempt, Reason.NO_ADDRESS)
    written = run_mail if notice.kind == "run" else compose.digest_mail
    mail = written(notice, entity, person, attempt.configuration)
    if mail is None:
        return _cancel(attempt, Reason.SETTLED)
    entered = _enter(attempt, mail)
    return entered if isinstance(entered, Outcome) else _send(entered, mail, local_date(attempt.now, entity.zone))


def _send(attempt: _Attempt, mail: mailer.Mail | texter.Text, today: date) -> Outcome:
    """Fence, call once, and write down what the answer means. Nothing is rendered after the fence."""
    notice, now = attempt.notice, attempt.now
    if not notices.fence(notice, now):
        return Outcome.LOST
    answer = texter.send(notice.id, mail) if isinstance(mail, texter.Text) else mailer.send(notice.id, mail)
    heard = partial(attempt.gate.heard, answer, notice, mail, attempt.configuration)
    match answer:
        case mailer.Accepted(message_id):
            settle.settle(notices.accept(notice, message_id, today, now), attempt.configuration, now)
            heard()
            return Outcome.ACCEPTED
        case mailer.RefusedForNow(reason):
            log(LogEvent.NOTICE_REFUSED, notice_id=notice.id, reason=reason)
            hold = heard()
            _free_slots(notice, notice.slots)
            notices.release(notice, until=hold.until, waits_for=hold.waits_for, now=now)
            return Outcome.WAITS
        case mailer.RefusedForever(reason):
            log(LogEvent.NOTICE_REFUSED, notice_id=notice.id, reason=reason)
            notices.fail(notice, reason, now)
            if isinstance(mail, texter.Text):  # the number takes no texts: from the next night on the reader gets mails
                addresses.leave(notice, address_hash(mail.to), reason, attempt.configuration, now)
            _ended(attempt)
            heard()
            return Outcome.FAILED
        case mailer.InDoubt():
            heard()
            return Outcome.IN_DOUBT  # stays SENDING; the provider's events or the sweep settle it


def _wait(attempt: _Attempt, waits_for: WaitsFor, until: datetime) -> Outcome:
    _free_slots(attempt.notice, attempt.notice.slots)
    released = notices.release(attempt.notice, until=until, waits_for=waits_for, now=attempt.now)
    return Outcome.WAITS if released else Outcome.LOST


def _cancel(attempt: _Attempt, reason: Reason) -> Outcome:
    return _end(attempt, reason.value)


def _end(attempt: _Attempt, reason: str) -> Outcome:
    notices.cancel(attempt.notice.id, reason, attempt.now)
    _ended(attempt)
    return Outcome.CANCELLED


def _ended(attempt: _Attempt) -> None:
    """Give the slots back and tell the account that its notice ended unsent."""
    _free_slots(attempt.notice, attempt.notice.slots)
    there = notices.get(attempt.notice.id)
    if there is not None and there.state in settle.ENDED:
        settle.settle(there, attempt.configuration, attempt.now)


_SENDERS: Final[Mapping[str, Callable[[_Attempt], Outcome]]] = {
    "answer": _send_answer,
    "digest": _send_to_person,
    "run": _send_to_person,
}  # by the notice's kind; any other goes to a customer
