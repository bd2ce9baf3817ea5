"""Too many of an entity's mails of one day bounce, or bring complaints: then it stops before the provider does."""

from datetime import datetime
from typing import Final

from core.calendar import local_date
from core.delivery import DeliveryEvent
from functions.shared import stops
from functions.shared.store import sent
from functions.shared.store.config import Configuration
from functions.shared.store.notices import NoticeRecord
from functions.shared.store.sent import Kind

# The provider reviews an account at 5 % bounces and 0.1 % complaints. Source: Amazon SES developer guide.
MOST_BOUNCES: Final = 300  # of ten thousand mails
MOST_COMPLAINTS: Final = 8
FEWEST_MAILS: Final = 50  # that say something
FEWEST_EVENTS: Final = 2  # one is a reader, two are a pattern
KINDS: Final[dict[DeliveryEvent, Kind]] = {DeliveryEvent.HARD_BOUNCE: "bounce", DeliveryEvent.COMPLAINT: "complaint"}
_MOST: Final[dict[Kind, int]] = {"bounce": MOST_BOUNCES, "complaint": MOST_COMPLAINTS}


def note(notice: NoticeRecord, event: DeliveryEvent, configuration: Configuration, now: datetime) -> None:
    """An event about a mail to a customer: counted once, however often it is heard; the entity may stop by it."""
    kind = KINDS.get(event)
    entity = configuration.entities.get(notice.entity)
    if kind is None or entity is None or notice.kind in ("digest", "run"):
        return
    at = notice.fenced_at or now
    on = local_date(at, entity.zone)  # the day on which it was sent
    day = sent.read(entity.id, on)
    if day.stopped_at is not None and at <= day.stopped_at:  # of those that a brake has stopped for: told already
        return
    sent.mark(entity.id, on, kind, day.since, notice.id, now)
    events, mails = sent.marked(entity.id, on, kind, day.since), day.sent - day.stopped_at_sent
    if not too_many(kind, events, mails):
        return
    reason = f"{events} of {mails} mails of {on} {'bounced' if kind == 'bounce' else 'brought complaints'}"
    stops.stop(entity, kind, reason, configuration, now)
    sent.stopped(entity.id, on, day.sent, now)


def too_many(kind: Kind, events: int, mails: int) -> bool:
    """Whether so many bounces or complaints of so many mails are too many."""
    return mails >= FEWEST_MAILS and events >= FEWEST_EVENTS and events * 10_000 > mails * _MOST[kind]
