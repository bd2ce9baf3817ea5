"""Send one notice. The order of effects is the design: claim, look, slot, look again, fence, send once, settle."""

from collections.abc import Callable, Mapping
from datetime import datetime, time, timedelta
from functools import partial
from typing import Final

from core.calendar import local_date, open_to_all, zone_of
from core.decide.message import MAIL
from core.decide.model import NoticePlan, Reason, Setting
from core.keys import address_hash
from core.ledger import Person
from core.policy.steps import TEXTS
from core.values import replace
from functions.send_notices import compose, leaving, look, slots
from functions.send_notices.answer_mail import answer_mail
from functions.send_notices.attempt import PAUSE, Attempt, Outcome
from functions.send_notices.gate import SAFETY_MS, Gate
from functions.send_notices.run_mail import run_mail
from functions.shared import answers, documents, letters, mailer, restore, review, stops, texter
from functions.shared.observability import LogEvent, count, log
from functions.shared.store import notices, own_words, reach
from functions.shared.store.accounts import AccountRecord
from functions.shared.store.notices import WaitsFor
from functions.shared.store.runs import Clearance

_LOOKS: Final = 3  # the account may change between a look and the next


class OutOfTimeError(RuntimeError):
    """Too little of the function's time is left to start a send; the message returns to its queue."""


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
    attempt = Attempt(notice, gate.configuration(), now, remaining_ms, gate)
    if stopped := _stopped(attempt):
        return attempt.wait(stopped, now + PAUSE)
    if notice.clearance is not None:
        said = review.clearance(notice, review.run_of(notice))
        if said is None:
            return attempt.wait("person", now + PAUSE)
        if said is Clearance.REJECTED:
            return attempt.end(review.REJECTED)
    return _SENDERS.get(notice.kind, _send_to_customer)(attempt)


def _stopped(attempt: Attempt) -> WaitsFor | None:
    """Why nothing leaves now, whatever it says; None: it may."""
    notice, configuration = attempt.notice, attempt.configuration
    if notice.entity not in configuration.entities or configuration.stopped(notice.entity, notice.policy):
        return "switch"
    entity = configuration.entity(notice.entity)
    if not entity.sender and notice.channel == MAIL:  # a configuration without one came after go-live
        stops.stop(entity, "sender", "it has no sender address any more", configuration, attempt.now)
        return "switch"
    return None if restore.may_send(configuration.permit, attempt.now) else "restore"


def _send_to_customer(attempt: Attempt) -> Outcome:
    if attempt.gate.lies_unread(attempt.notice.entity, attempt.now):  # it may say that this was paid
        return attempt.wait("files", attempt.now + PAUSE)
    return _send_what_is_owed(attempt)


def _send_what_is_owed(attempt: Attempt) -> Outcome:
    for _ in range(_LOOKS):
        looked = look.look(attempt)
        if looked is None:
            return attempt.cancel(Reason.SETTLED)
        record, setting, plan = looked
        if isinstance(plan, Reason):
            return look.not_wanted(attempt, setting, record, plan)
        slots.free_earlier(attempt, plan)
        if plan.channel == letters.CHANNEL or plan.not_before > attempt.now:
            return _not_now(attempt, plan)
        taken = slots.take(attempt, setting, plan)
        if not slots.leave(attempt, taken.dead):
            if not taken.readers:
                return _no_reader(attempt, setting, plan, taken)
            outcome = _write_and_send(attempt, record, setting, plan, taken)
            if outcome is not None:
                return outcome
        attempt.free(taken.slots)  # the account changed since it was read: look again
    return attempt.wait("window", attempt.now + PAUSE)


def _not_now(attempt: Attempt, plan: NoticePlan) -> Outcome:
    """A letter waits for the person who posts it, a mail for its reader's hours."""
    if plan.channel != letters.CHANNEL:
        return attempt.wait("window", plan.not_before)
    letters.ask(attempt.notice, attempt.configuration, attempt.now)
    return attempt.wait("person", attempt.now + letters.LOOK_AGAIN)


def _no_reader(attempt: Attempt, setting: Setting, plan: NoticePlan, taken: slots.Taken) -> Outcome:
    """Nobody may be written to now: the budget is used up until the next day, a person is asked, or all are off."""
    if len(taken.dead) == len(plan.recipients):
        return attempt.cancel(Reason.NO_ADDRESS)
    zone = plan.recipients[0].zone
    midnight = datetime.combine(local_date(attempt.now, zone) + timedelta(days=1), time(), zone_of(zone))
    return attempt.wait("person" if taken.asked else "budget", look.opens(midnight, setting, zone))


def _write_and_send(
    attempt: Attempt, record: AccountRecord, setting: Setting, plan: NoticePlan, taken: slots.Taken
) -> Outcome | None:
    """None when the account has changed since it was read."""
    zones, entity = [one.zone for one in plan.recipients], setting.entity
    plan = replace(plan, recipients=taken.readers)
    attempt = replace(attempt, notice=look.as_it_goes(attempt, record, setting, plan, taken.slots))
    try:
        mail = _mail(attempt, record, setting, plan)
    except compose.OwnWordsError as error:
        return _wait_for_words(attempt, error)
    except documents.NotMadeError as error:
        log(LogEvent.PAPERS_MISSING, notice_id=attempt.notice.id, reason=str(error))
        count("papers_missing")
        return attempt.wait("documents", attempt.now + PAUSE)
    entered = leaving.enter(attempt, mail)
    if isinstance(entered, Outcome):
        return entered
    opens = open_to_all(entered.now, zones, entity.send_hours, setting.policy.send_days, entity.closed_days)
    if opens > entered.now or not look.is_as_read(record) or slots.has_lost_one(taken.slots, entered.now - attempt.now):
        entered.gate.leave(entered.notice, mail, entered.configuration, entered.now)
        return None
    return leaving.send(entered, mail, local_date(entered.now, entity.zone), record)


def _mail(attempt: Attempt, record: AccountRecord, setting: Setting, plan: NoticePlan) -> mailer.Mail | texter.Text:
    """The mail with its papers. They are made before the last look at the account, so that it stays the last."""
    writing = compose.writing_of(plan, setting, record, attempt.configuration)
    if plan.channel in TEXTS:
        return compose.text_message(writing)
    mail, papers = compose.customer_mail(writing), compose.customer_papers(writing)
    if papers is None:
        return mail
    if attempt.remaining_ms < SAFETY_MS + documents.TIMEOUT_SECONDS * 1000:
        raise documents.NotMadeError("out of time")  # in ten minutes it has more
    made = documents.make(attempt.notice.id, papers, f"{record.customer_id}-{plan.as_of}")
    return replace(mail, attachments=mail.attachments + made)


def _send_answer(attempt: Attempt) -> Outcome:
    """It takes no slot of the contact budget: that is for what we write of ourselves."""
    looked = answers.look(attempt.notice, attempt.configuration, attempt.now)
    if looked is None:
        return attempt.cancel(Reason.SETTLED)
    record, setting, answer = looked
    if answer.not_before > attempt.now:
        return attempt.wait("window", answer.not_before)
    readers = tuple(one for one in answer.recipients if reach.read(address_hash(one.email)).off is None)
    if not readers:
        return attempt.cancel(Reason.NO_ADDRESS)
    today = local_date(attempt.now, setting.entity.zone)
    words = partial(own_words.for_message, attempt.configuration, record.entity)
    try:
        mail = answer_mail(replace(answer, recipients=readers, as_of=today), setting, record.facts.customer, words)
    except compose.OwnWordsError as error:
        return _wait_for_words(attempt, error)
    entered = leaving.enter(attempt, mail)
    if isinstance(entered, Outcome):
        return entered
    if not look.is_as_read(record):
        entered.gate.leave(entered.notice, mail, entered.configuration, entered.now)
        return entered.wait("window", entered.now + PAUSE)
    return leaving.send(entered, mail, today)


def _wait_for_words(attempt: Attempt, error: compose.OwnWordsError) -> Outcome:
    log(LogEvent.WORDS_FAILED, notice_id=attempt.notice.id, reason=str(error))
    count("words_failed")
    return attempt.wait("words", attempt.now + PAUSE)


def _send_to_person(attempt: Attempt) -> Outcome:
    notice = attempt.notice
    person: Person | None = attempt.configuration.people.get(notice.person)
    entity = attempt.configuration.entity(notice.entity)
    if person is None or not person.email or reach.read(address_hash(person.email)).off is not None:
        return attempt.cancel(Reason.NO_ADDRESS)
    written = run_mail if notice.kind == "run" else compose.digest_mail
    mail = written(notice, entity, person, attempt.configuration)
    if mail is None:
        return attempt.cancel(Reason.SETTLED)
    entered = leaving.enter(attempt, mail)
    if isinstance(entered, Outcome):
        return entered
    return leaving.send(entered, mail, local_date(attempt.now, entity.zone))


_SENDERS: Final[Mapping[str, Callable[[Attempt], Outcome]]] = {
    "answer": _send_answer,
    "digest": _send_to_person,
    "run": _send_to_person,
}  # by the notice's kind; any other goes to a customer
