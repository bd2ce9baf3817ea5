"""Apply one mail event: to the notice it names by our own tag, to its account, and to the health of the address."""

from contextlib import suppress
from datetime import datetime
from enum import StrEnum
from typing import Final

from core.calendar import local_date
from core.delivery import ACCEPTED, UNSENT, DeliveryEvent, NoticeState
from core.values import replace
from functions.record_feedback import learning
from functions.record_feedback.events import MailEvent
from functions.record_feedback.learning import TURNS_OFF
from functions.shared import addresses, doubts, health, news, refusals, settle
from functions.shared.observability import LogEvent, count, log, together
from functions.shared.settings import Settings
from functions.shared.store import config, feedback, lost, notice_events, notice_glances, notices, reach, zones
from functions.shared.store.notice_events import MovedOnError
from functions.shared.store.notices import NoticeRecord
from functions.shared.store.reach import Reach

_SOFT: Final = "repeated soft bounces"
_DEAD: Final = frozenset({"hard bounce", _SOFT})  # who complained has read it
_USUAL: Final = frozenset({DeliveryEvent.ACCEPT, DeliveryEvent.DELIVERY})  # of a mail whose sender said that it went
_ARRIVED: Final = frozenset({NoticeState.DELIVERED, NoticeState.COMPLAINED})


class Heard(StrEnum):
    """What an event came to."""

    APPLIED = "applied"
    NOTHING_NEW = "nothing_new"  # late, repeated, or of a kind without consequence
    LEARNT = "learnt"  # of a notice that a restored table has forgotten
    FOREIGN = "foreign"  # not about a mail of this stack


def record_event(event: MailEvent, now: datetime) -> Heard:
    """One event, whenever and however often it comes. It may overtake our own note that the mail was accepted."""
    if event.notice_id is None or event.deployment != Settings.from_env().deployment:
        log(LogEvent.MAIL_EVENT_FOREIGN, message_id=event.message_id)
        return Heard.FOREIGN
    if event.kind is None:
        return Heard.NOTHING_NEW
    glance = notice_glances.was_accepted(event.notice_id) if event.kind in _USUAL else None
    if glance is not None:
        with suppress(MovedOnError):
            return _apply(glance, event, event.kind, now, glanced=True)
    notice = notices.get(event.notice_id)
    if notice is None or notice.kind == lost.KIND:
        learning.learn(event.notice_id, event, event.kind, now)
        return Heard.LEARNT
    return _apply(notice, event, event.kind, now)


def _apply(
    notice: NoticeRecord, event: MailEvent, kind: DeliveryEvent, now: datetime, *, glanced: bool = False
) -> Heard:
    """Args: `glanced` the notice is as it was a moment ago. Raises: MovedOnError when that was too long ago."""
    after = _hear(notice, event, kind, now, glanced=glanced)
    _note_when(notice, event, now)
    # What follows is done also when the state says so already: an earlier attempt may have stopped half-way.
    if kind in TURNS_OFF:
        _switch_off(notice, event.addresses, TURNS_OFF[kind], now)
    if kind in health.KINDS and not event.held_back:
        health.note(after or notice, kind, config.read(), now)
    _note_health(notice, after or notice, event, now)
    if _reached_nobody(after or notice, kind):
        _take_back(after or notice, "rejected" if kind is DeliveryEvent.REJECT else event.not_liked, now)
    news.tell_heard(after or notice, kind, now)
    return Heard.APPLIED if after else Heard.NOTHING_NEW


def _hear(
    notice: NoticeRecord, event: MailEvent, kind: DeliveryEvent, now: datetime, *, glanced: bool
) -> NoticeRecord | None:
    """The notice after the event; None when it says nothing new."""
    if kind is DeliveryEvent.ACCEPT and notice.state is NoticeState.ACCEPTED:
        return None  # the sender said so itself and is telling the account; if it died, the sweep does
    told = not notice.settled and settle.is_told(notice, now)
    # The event may be the first to say that the mail went, or tell what a later step waits for.
    configuration = None if (notice.settled or told) and not notice.required else config.read()
    zone = zones.of(notice.entity, now)
    sent_at = notice.fenced_at or event.sent_at or now
    if notice.state in UNSENT:  # it went after all: before the table was restored, or though nobody could tell
        learning.use_slots(notice.id, event, sent_at)
    on = local_date(sent_at, zone)
    after = notice_events.hear(notice, kind, event.message_id, on, now, zone=zone, told=told, glanced=glanced)
    there = after or notice
    if configuration and not told and there.state in ACCEPTED:  # said now, or by one that stopped half-way
        doubts.close_doubt(there, now)
        settle.settle(there, configuration, now)
    if configuration and kind is DeliveryEvent.DELIVERY:
        settle.deliver(there, configuration, now)
    together(LogEvent.MAIL_EVENT, notice.id, kind=kind.value, state=there.state.value)
    return after


def _reached_nobody(notice: NoticeRecord, kind: DeliveryEvent) -> bool:
    """Whether the event shows that not one reader of the mail has it; each of several may bounce on its own."""
    if kind is DeliveryEvent.REJECT:
        return notice.state is NoticeState.REJECTED
    soft = kind is DeliveryEvent.SOFT_BOUNCE and notice.state is NoticeState.SOFT_BOUNCED
    if not notice.slots or not (soft or kind is DeliveryEvent.HARD_BOUNCE):
        return False
    return all(_came_back(reach.read(address), notice) for address, _ in notice.slots)


def _came_back(mailbox: Reach, notice: NoticeRecord) -> bool:
    """A dead mailbox; one that never takes this very mail; one that sent back what a harsh step waits for.

    Of the last silence says no more: the provider tells of its last try only. Source: the decision semantics, what
    "delivered" means.
    """
    if mailbox.off in _DEAD or mailbox.does_not_like(notice.id):
        return True
    return notice.required and mailbox.sent_back(notice.id)


def _take_back(notice: NoticeRecord, refused_for: str | None, now: datetime) -> None:
    """The step is due again: for the next contact, or once a person has seen to what was refused."""
    configuration = config.read()
    if refused_for is not None:
        refusals.open_refusal(replace(notice, reason=refused_for), configuration, now)
    settle.take_back(notice, configuration, now)


def _note_when(notice: NoticeRecord, event: MailEvent, now: datetime) -> None:
    """What comes late says that silence says nothing now; what comes in time, up to which mail anything was heard.

    Of that only events speak that come as those do which a doubt waits for, by files: a bounce comes by another way.
    """
    if not feedback.in_time(event.happened_at, now):
        count("mail_events_late")
        feedback.heard_late(now)
    elif notice.fenced_at is not None and event.kind in _USUAL:
        feedback.heard_of(notice.fenced_at)


def _note_health(notice: NoticeRecord, after: NoticeRecord, event: MailEvent, now: datetime) -> None:
    """A mailbox that sends back mail after mail is as good as none; one that took a mail is well again.

    What may be an automatic answer counts only where nothing says that the mail arrived, whichever came first.
    """
    for address in event.reached:
        reach.arrived(address)
    if event.kind is DeliveryEvent.DELIVERY and notice.state is NoticeState.SOFT_BOUNCED:
        for address, _ in notice.slots:
            reach.forgive(address, notice.id)
    if event.kind is not DeliveryEvent.SOFT_BOUNCE:
        return
    if event.may_be_reply and after.state in _ARRIVED:
        return
    if event.replayed and event.not_liked is None and not notice.required:
        return  # files come again in any order: whether another one has arrived since, nobody can say
    today = now.date()
    sure, liked = not event.may_be_reply, event.not_liked is None
    returned = {a: reach.sent_back(a, notice.id, today, sure=sure, liked=liked) for a in event.addresses}
    dead = tuple(address for address, times in returned.items() if times >= reach.MOST_SOFT)
    if dead:
        _switch_off(notice, dead, _SOFT, now)


def _switch_off(notice: NoticeRecord, dead: tuple[str, ...], reason: str, now: datetime) -> None:
    """The address is off everywhere, the account looks for its next contact, and somebody is asked for a better one."""
    configuration = config.read()
    for address in dead:
        reach.switch_off(address, reason)
        addresses.leave(notice, address, reason, configuration, now)
