"""What the provider says of a notice after it was sent: late, twice, in any order."""

from datetime import date, datetime

from core.calendar import local_date
from core.delivery import UNDER_WAY, DeliveryEvent, apply_event
from core.values import replace
from functions.shared.store import keys, notices
from functions.shared.store.notice_looks import UNHEARD, sooner
from functions.shared.store.notice_rows import NoticeRecord, look_at
from functions.shared.store.table import Row, table


class MovedOnError(RuntimeError):
    """A notice is no longer what a glance showed."""


def hear(
    notice: NoticeRecord,
    event: DeliveryEvent,
    message_id: str,
    on: date,
    now: datetime,
    *,
    zone: str = "UTC",
    told: bool = False,
    glanced: bool = False,
) -> NoticeRecord | None:
    """Apply one provider event; None when it changes nothing. Lost races are read again and judged again.

    Args: `on` the entity-local day of the send, `zone` the entity's; `told` the account knows that it went; `glanced`
    the notice is as it was a moment ago.
    Raises: MovedOnError where that was another state than it has now; nothing is written then.
    """
    there: NoticeRecord | None = notice
    while there is not None:
        to = apply_event(there.state, event)
        if to is there.state:
            return None
        after = replace(
            there,
            state=to,
            message_id=there.message_id or message_id,
            delivered_on=local_date(now, zone) if event is DeliveryEvent.DELIVERY else there.delivered_on,
            accepted_on=there.accepted_on or on,
            settled=there.settled or told,
        )
        update, values = _heard(there, after, now)
        if table().update_if(keys.notice(there.id), update, "#state = :was", values):
            return after
        if glanced:
            raise MovedOnError(there.id)
        there = notices.get(there.id)
    return None


def _heard(there: NoticeRecord, after: NoticeRecord, now: datetime) -> tuple[str, Row]:
    """The update that one event makes."""
    values: Row = {"to": after.state, "was": there.state, "id": after.message_id}
    update = "SET #state = :to, #message_id = if_not_exists(#message_id, :id)"
    for name, on in (("delivered_on", after.delivered_on), ("accepted_on", after.accepted_on)):
        if on is not None and on != getattr(there, name):
            update += f", #{name} = :{name}"
            values[name] = on.isoformat()
    if not after.settled:
        return update + sooner(there, now, values), values
    if not there.settled:
        update, values = update + ", #settled = :yes", {**values, "yes": True}
    if after.state not in UNDER_WAY:
        return update + " REMOVE #att_pk, #att_sk", values  # nothing more is waited for
    if not there.settled:  # a delay, a soft bounce: more is to come
        update, values = update + ", #att_sk = :look", {**values, "look": look_at(there.id, now + UNHEARD)}
    return update, values
