"""When somebody must look at a notice again, and that nobody has to any more."""

from datetime import datetime, timedelta
from typing import Final

from core.delivery import NoticeState
from functions.shared.store import keys
from functions.shared.store.notice_rows import NoticeRecord, look_at
from functions.shared.store.table import Row, table

DOUBT_AFTER: Final = timedelta(minutes=10)  # in SENDING
OFFER_AGAIN_AFTER: Final = timedelta(hours=1)  # past not_before without anybody having claimed it
SETTLE_AFTER: Final = timedelta(minutes=5)  # ended, and not yet written to its account
LOOK_SOON: Final = timedelta(minutes=5)  # at what a worker is at; the row's own times say whether it still may be
UNHEARD: Final = timedelta(hours=72)  # accepted, and no word whether it arrived


def first_look(notice: NoticeRecord, now: datetime) -> tuple[datetime, bool]:
    """When somebody looks at a notice that is planned now, and whether whoever plans it queues it at once."""
    queued = notice.not_before <= now and notice.clearance is None
    return (now + OFFER_AGAIN_AFTER if queued else max(now, notice.not_before)), queued


def watch(notice_id: str, at: datetime) -> bool:
    """Have a bundled notice looked at by itself; False when it is already, or nothing more is waited for."""
    bundled = "attribute_exists(#att_pk) AND attribute_not_exists(#att_sk)"
    return table().update_if(keys.notice(notice_id), "SET #att_sk = :look", bundled, {"look": look_at(notice_id, at)})


def sooner(there: NoticeRecord, now: datetime, values: Row) -> str:
    """Have it looked at soon, in an update; most often it is to be, and its place in the index costs two writes.

    Of a bundled one the queue's message says it when it comes again, within minutes, and its bundle within the hour.
    """
    if there.bundled or (there.look is not None and there.look <= now + LOOK_SOON):
        return ""
    values |= {"watch": keys.attention_pk(there.entity, there.shard), "look": look_at(there.id, now + LOOK_SOON)}
    return ", #att_pk = :watch, #att_sk = :look"


def is_under_way(notice: NoticeRecord, now: datetime) -> bool:
    """Whether a worker is still at it, for all that is known: until then the sweep leaves it alone."""
    if notice.state is NoticeState.CLAIMED:
        return notice.lease_until is not None and now <= notice.lease_until
    if notice.fenced_at is None or notice.settled:
        return False
    if notice.state is NoticeState.SENDING:
        return now < notice.fenced_at + DOUBT_AFTER
    return notice.state is NoticeState.ACCEPTED and now < notice.fenced_at + SETTLE_AFTER


def keep_waiting(notice: NoticeRecord, until: datetime, now: datetime) -> None:
    """It waits for a person to clear its run: look again after a while, and say since when."""
    values = {
        "for": "person",
        "since": keys.instant(notice.waits_since or now),
        "look": look_at(notice.id, until),
        "planned": NoticeState.PLANNED,
    }
    update = "SET #waits_for = :for, #waits_since = :since, #att_sk = :look"
    table().update_if(keys.notice(notice.id), update, "#state = :planned", values)


def settled(notice: NoticeRecord, *, look: datetime | None = None) -> None:
    """The account knows how it ended: nothing is left to do, it leaves the attention index.

    Args: `look` when to see whether anything was heard of it since; None: it is not waited for.
    """
    values: Row = {"yes": True, "state": notice.state}
    update = "SET #settled = :yes REMOVE #att_pk, #att_sk"
    if look is not None:
        update = "SET #settled = :yes, #att_pk = :watch, #att_sk = :look"
        values |= {"watch": keys.attention_pk(notice.entity, notice.shard), "look": look_at(notice.id, look)}
    table().update_if(keys.notice(notice.id), update, "#state = :state", values)
