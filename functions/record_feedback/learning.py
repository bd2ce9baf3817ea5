"""An event of a mail of ours that the table does not know: it was restored to a moment before that mail was sent."""

from datetime import datetime
from typing import Final

from core.delivery import DeliveryEvent
from functions.record_feedback.events import MailEvent
from functions.shared.observability import LogEvent, log
from functions.shared.store import lost, notice_events, notices, reach

TURNS_OFF: Final = {DeliveryEvent.HARD_BOUNCE: "hard bounce", DeliveryEvent.COMPLAINT: "complaint"}


def learn(notice_id: str, event: MailEvent, kind: DeliveryEvent, now: datetime) -> None:
    """Keep the id as sent, the readers' slots as used, and dead addresses as dead. Twice is the same as once."""
    sent_at = event.sent_at or now
    notice = lost.keep(notice_id, sent_at)
    notice_events.hear(notices.get(notice_id) or notice, kind, event.message_id, sent_at.date(), now)
    use_slots(notice_id, event, sent_at)
    if kind in TURNS_OFF:
        for address in event.addresses:
            reach.switch_off(address, TURNS_OFF[kind])
    log(LogEvent.MAIL_EVENT_LEARNT, notice_id=notice_id, kind=kind.value)


def use_slots(notice_id: str, event: MailEvent, sent_at: datetime) -> None:
    """The readers of a mail that went have been written to on that day, whatever the budget says of it."""
    for address in event.readers:
        reach.use(address, notice_id, sent_at.date())
