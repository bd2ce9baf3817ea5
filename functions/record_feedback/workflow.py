"""Apply one mail event: to the notice it names by our own tag, to its account, and to the health of the address."""

from datetime import datetime
from enum import StrEnum
from typing import Final

from core.calendar import local_date, night_to_run
from core.delivery import ACCEPTED, IN_DOUBT, DeliveryEvent, NoticeState
from core.keys import task_id
from functions.record_feedback.events import MailEvent
from functions.shared import doubts, settle
from functions.shared.observability import LogEvent, log
from functions.shared.settings import Settings
from functions.shared.store import accounts, config, customers, notices, reach, tasks
from functions.shared.store.notices import NoticeRecord
from functions.shared.store.tasks import Task

_TURNS_OFF: Final = {DeliveryEvent.HARD_BOUNCE: "hard bounce", DeliveryEvent.COMPLAINT: "complaint"}
FIX_ADDRESS: Final = "fix-address"
OWNER: Final = "accounting"  # who mends addresses


class Heard(StrEnum):
    """What an event came to."""

    APPLIED = "applied"
    NOTHING_NEW = "nothing_new"  # late, repeated, or of a kind without consequence
    FOREIGN = "foreign"  # not about a notice of this stack


def record_event(event: MailEvent, now: datetime) -> Heard:
    """One event, whenever and however often it comes. It may overtake our own note that the mail was accepted."""
    ours = event.deployment == Settings.from_env().deployment and event.notice_id is not None
    notice = notices.get(event.notice_id) if ours and event.notice_id else None
    if notice is None:
        log(LogEvent.MAIL_EVENT_FOREIGN, message_id=event.message_id)
        return Heard.FOREIGN
    if event.kind is None:
        return Heard.NOTHING_NEW
    changed = _hear(notice, event, event.kind, now)
    if event.kind in _TURNS_OFF:  # also when the state says so already: an earlier attempt may have stopped half-way
        _switch_off(notice, event, _TURNS_OFF[event.kind], now)
    return Heard.APPLIED if changed else Heard.NOTHING_NEW


def _hear(notice: NoticeRecord, event: MailEvent, kind: DeliveryEvent, now: datetime) -> bool:
    first_word = notice.state in IN_DOUBT  # the event is the first to say that the mail went
    configuration = config.read() if first_word else None
    zone = configuration.entity(notice.entity).zone if configuration else "UTC"
    after = notices.hear(notice, kind, event.message_id, local_date(notice.fenced_at or now, zone), now)
    if configuration and after and after.state in ACCEPTED:
        if after.kind == "customer":
            settle.settle(after, configuration, now)
        if notice.state is NoticeState.UNKNOWN:
            doubts.close_doubt(after, now)
    log(LogEvent.MAIL_EVENT, notice_id=notice.id, kind=kind.value, state=(after or notice).state.value)
    return after is not None


def _switch_off(notice: NoticeRecord, event: MailEvent, reason: str, now: datetime) -> None:
    """The address is off everywhere, the account looks for its next contact, and somebody is asked for a better one."""
    configuration = config.read()
    entity = configuration.entity(notice.entity)
    today = night_to_run(now, entity.zone, entity.run_hour)
    for address in event.addresses:
        reach.switch_off(address, reason)
        log(LogEvent.ADDRESS_OFF, notice_id=notice.id, reason=reason)
        if notice.kind == "customer" and customers.switch_off(notice.customer, address, reason):
            accounts.wake(notice.entity, notice.customer, today)
        cause = task_id(Settings.from_env().deployment, notice.entity, notice.customer, FIX_ADDRESS, address)
        tasks.put(
            Task(
                id=cause,
                entity=notice.entity,
                customer=notice.customer,
                kind=FIX_ADDRESS,
                owner=configuration.holder(OWNER, notice.entity),
                owner_role=OWNER,
                due_on=today,
                created_on=today,
                note=reason,
            )
        )
