"""Notice records: every change is conditional on the state that core.delivery's table allows it from."""

import secrets
from collections.abc import Iterable
from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Any, Final

from core.delivery import NEXT, DeliveryEvent, NoticeState
from core.packing import pack
from core.values import dataclass
from functions.shared.store import keys, lost
from functions.shared.store.notice_looks import LOOK_SOON, SETTLE_AFTER, first_look, sooner, watch
from functions.shared.store.notice_rows import (
    Clearance,
    NoticeRecord,
    WaitsFor,
    body_of,
    look_at,
    record_of,
    row_of,
)
from functions.shared.store.table import Row, table

__all__ = ["Clearance", "NoticeRecord", "WaitsFor"]

LEASE: Final = timedelta(minutes=5)  # longer than the sender's time-out, shorter than its queue's visibility


def get(notice_id: str) -> NoticeRecord | None:
    """The notice, strongly read; None when there is none of that id."""
    row = table().get(keys.notice(notice_id))
    return record_of(row) if row else None


def state_of(notice_ids: Iterable[str]) -> dict[str, NoticeState]:
    """The states of those that exist, strongly read in as few requests as there can be."""
    wanted = [keys.notice(notice_id) for notice_id in notice_ids]
    if not wanted:
        return {}
    return {key.pk.partition("#")[2]: NoticeState(row["state"]) for key, row in table().batch_get(wanted).items()}


def put_planned(notice: NoticeRecord, now: datetime, *, bundled: bool = False) -> bool:
    """Create the notice, or overwrite it while it is PLANNED; False when it is in any other state, or decided later.

    Since when it waits for its turn is kept: deciding it anew does not send it to the end of the queue.
    Args: `bundled` a bundle that lists it has been put, and stands for it.
    """
    look, _ = first_look(notice, now)
    key, row = row_of(notice, "" if bundled else look_at(notice.id, look))
    body = row["body"]
    update = "SET " + ", ".join(f"#{name} = :{name}" for name in row) + ", #attempt = if_not_exists(#attempt, :none)"
    update += " REMOVE #att_sk" if bundled else ""
    values = {**row, "none": 0, "planned": NoticeState.PLANNED}
    free = "#state = :planned"
    if notice.put_to:  # a worker that slept since its commit takes nothing back of what a later one was put for
        free = f"({free} AND (attribute_not_exists(#put_to) OR #put_to <= :put_to))"

    def ours(there: Row) -> bool:
        return bool(there["state"] == NoticeState.PLANNED and there["body"] == body)

    if table().update_if(key, update, f"attribute_not_exists(#pk) OR {free}", values, mine=ours):
        return True
    lost.complete(notice, now)
    return False


def cancel(notice_id: str, reason: str, now: datetime) -> bool:
    """Cancel what is surely unsent; True when it is cancelled now, by whoever it was."""
    unsent = _from_states(DeliveryEvent.CANCEL)
    update = "SET #state = :to, #reason = :reason, #att_sk = :look REMOVE #waits_for, #waits_since"
    values = {
        "to": NoticeState.CANCELLED,
        "reason": reason,
        "look": look_at(notice_id, now + SETTLE_AFTER),
        **unsent.values,
    }
    return table().update_if(keys.notice(notice_id), update, unsent.condition, values, mine=_is(NoticeState.CANCELLED))


def claim(notice_id: str, now: datetime, *, early: bool = False) -> NoticeRecord | None:
    """Take the notice for one attempt, when its time has come and nobody else has it. Exactly one claimer wins.

    Args: `early` does not wait for its time: a person has acted.
    Returns: the notice as claimed, with the owner token that every later write of this attempt carries; None otherwise.
    """
    owner, lease_until = secrets.token_hex(8), now + LEASE
    at_once = None if early else _claim_unread(notice_id, owner, lease_until, now)
    if at_once is not None:
        return at_once
    found = get(notice_id)
    if found is not None and found.state is NoticeState.CLAIMED and found.owner == owner:
        return found  # the SDK repeated its own success
    if found is None or not _claimable(found, max(now, found.not_before) if early else now):
        if found is not None and found.bundled and found.state is not NoticeState.PLANNED:
            watch(notice_id, now + LOOK_SOON)  # this message may have come again because a worker died
        return None
    values = {
        "to": NoticeState.CLAIMED,
        "was": found.state,
        "old": found.attempt,
        "attempt": found.attempt + 1,
        "owner": owner,
        "lease": keys.instant(lease_until),
        **({"now": keys.instant(now)} if found.state is NoticeState.CLAIMED else {}),  # no value may be left unused
    }
    update = "SET #state = :to, #attempt = :attempt, #owner = :owner, #lease_until = :lease"
    update += sooner(found, now, values) + " REMOVE #waits_for"
    free = "(attribute_not_exists(#lease_until) OR #lease_until < :now)" if found.state is NoticeState.CLAIMED else ""
    condition = "#state = :was AND #attempt = :old" + (f" AND {free}" if free else "")
    won = table().update_if(
        keys.notice(notice_id), update, condition, values, mine=lambda there: bool(there.get("owner") == owner)
    )
    if not won:
        return None
    return replace(
        found,
        state=NoticeState.CLAIMED,
        attempt=found.attempt + 1,
        owner=owner,
        lease_until=lease_until,
        look=None if found.bundled else min(found.look or now + LOOK_SOON, now + LOOK_SOON),
    )


def _claim_unread(notice_id: str, owner: str, lease_until: datetime, now: datetime) -> NoticeRecord | None:
    """As most claims go: it is planned, its time has come, and the sweep will look at it; nothing read before."""
    values = {
        "to": NoticeState.CLAIMED,
        "owner": owner,
        "lease": keys.instant(lease_until),
        "one": 1,
        "planned": NoticeState.PLANNED,
        "now": keys.instant(now),
        "soon": look_at(notice_id, now + LOOK_SOON),
    }
    update = "SET #state = :to, #attempt = #attempt + :one, #owner = :owner, #lease_until = :lease REMOVE #waits_for"
    watched = "(#att_sk <= :soon OR (attribute_exists(#att_pk) AND attribute_not_exists(#att_sk)))"
    condition = f"#state = :planned AND #not_before <= :now AND {watched}"
    row = table().update_seen(keys.notice(notice_id), update, condition, values)
    return record_of(row) if row else None


def fence(notice: NoticeRecord, now: datetime) -> bool:
    """Write down, just before the call, exactly what is about to be sent; from here on it may have been sent.

    Args: the notice with the steps, totals, level, slots and earlier memory of the message as it now is.
    Returns: False when this attempt no longer owns the notice; nothing may be sent then.
    """
    values = {
        "to": NoticeState.SENDING,
        "body": body_of(notice),
        "at": keys.instant(now),
        "slots": [list(slot) for slot in notice.slots],
        **({"before": pack(notice.was)} if notice.was else {}),
        **_mine_now(notice),
    }
    update = "SET #state = :to, #body = :body, #slots = :slots, #fenced_at = :at"
    update += (", #before = :before" if notice.was else "") + " REMOVE #lease_until"
    key = keys.notice(notice.id)
    return table().update_if(key, update, _OWNED, values, mine=_is(NoticeState.SENDING, notice))


def accept(
    notice: NoticeRecord, message_id: str, on: date, now: datetime, *, delivered_on: date | None = None
) -> NoticeRecord:
    """Write down the provider's answer; where an event came first its state stays and only the message id is added.

    Args: `delivered_on` where that is known already, of a letter.
    """
    values = {
        "to": NoticeState.ACCEPTED,
        "id": message_id,
        "on": on.isoformat(),
        "sending": NoticeState.SENDING,
        "unknown": NoticeState.UNKNOWN,
    }
    update = "SET #state = :to, #message_id = :id, #accepted_on = :on" + sooner(notice, now, values)
    if delivered_on is not None:
        update, values = update + ", #delivered_on = :there", {**values, "there": delivered_on.isoformat()}
    key = keys.notice(notice.id)
    if table().update_if(key, update, "#state IN (:sending, :unknown)", values):
        return replace(
            notice, state=NoticeState.ACCEPTED, message_id=message_id, accepted_on=on, delivered_on=delivered_on
        )
    table().update_if(
        key,
        "SET #message_id = :id",
        "attribute_not_exists(#message_id) AND attribute_exists(#pk)",
        {"id": message_id},
    )
    return get(notice.id) or notice


def release(notice: NoticeRecord, *, until: datetime, waits_for: WaitsFor, now: datetime) -> bool:
    """Put a surely unsent notice back to PLANNED until an instant; its slots must have been freed before."""
    values = {
        "to": NoticeState.PLANNED,
        "until": keys.instant(until),
        "for": waits_for,
        "since": keys.instant(notice.waits_since or now),
        "look": look_at(notice.id, until),
        "claimed": NoticeState.CLAIMED,
        "sending": NoticeState.SENDING,
        "owner": notice.owner,
    }
    update = (
        "SET #state = :to, #not_before = :until, #waits_for = :for, #waits_since = :since, #att_sk = :look "
        "REMOVE #lease_until, #owner, #slots, #fenced_at"
    )
    condition = "#state IN (:claimed, :sending) AND #owner = :owner"
    return table().update_if(keys.notice(notice.id), update, condition, values)


def put_off(notice_id: str, *, until: datetime, waits_for: WaitsFor, now: datetime) -> bool:
    """Let a mail wait without taking it up: no attempt is counted. False when it is not PLANNED, or no mail."""
    found = get(notice_id)
    if found is None or found.channel != "email" or found.not_before > now:
        return False
    values = {
        "until": keys.instant(until),
        "for": waits_for,
        "since": keys.instant(found.waits_since or now),
        "look": look_at(notice_id, until),
        "planned": NoticeState.PLANNED,
    }
    update = "SET #not_before = :until, #waits_for = :for, #waits_since = :since, #att_sk = :look"
    return table().update_if(keys.notice(notice_id), update, "#state = :planned", values)


def fail(notice: NoticeRecord, reason: str, now: datetime) -> bool:
    """The provider will never take it."""
    can_fail = _from_states(DeliveryEvent.FAIL)
    values = {
        "to": NoticeState.FAILED,
        "reason": reason,
        "look": look_at(notice.id, now + SETTLE_AFTER),
        **can_fail.values,
    }
    update = "SET #state = :to, #reason = :reason, #att_sk = :look REMOVE #lease_until"
    key = keys.notice(notice.id)
    return table().update_if(key, update, can_fail.condition, values, mine=_is(NoticeState.FAILED))


def retract(notice_id: str, at: datetime) -> None:
    """Its run was taken back, whatever has become of it; it stays in the history as what it is."""
    update = "SET #retracted_at = if_not_exists(#retracted_at, :at)"
    table().update_if(keys.notice(notice_id), update, "attribute_exists(#pk)", {"at": keys.instant(at)})


@dataclass(frozen=True, slots=True)
class _From:
    condition: str
    values: Row


def _from_states(event: DeliveryEvent) -> _From:
    """The condition that holds in exactly the states which the table lets `event` leave."""
    states = [state for state, moves in NEXT.items() if event in moves]
    names = [f"s{n}" for n in range(len(states))]
    listed = ", ".join(f":{name}" for name in names)
    return _From(f"#state IN ({listed})", dict(zip(names, states, strict=True)))


_OWNED: Final = "#state = :claimed AND #owner = :owner AND #attempt = :mine"


def _mine_now(notice: NoticeRecord) -> Row:
    return {"claimed": NoticeState.CLAIMED, "owner": notice.owner, "mine": notice.attempt}


def _claimable(notice: NoticeRecord, now: datetime) -> bool:
    return notice.state in (NoticeState.PLANNED, NoticeState.CLAIMED) and notice.not_before <= now


def _is(state: NoticeState, notice: NoticeRecord | None = None) -> Any:
    def check(there: Row) -> bool:
        return bool(there["state"] == state and (notice is None or there.get("owner") == notice.owner))

    return check
