"""Events on their way: one record an endpoint, in the attention index until it has arrived or was given up."""

import secrets
from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, Final

from core.packing import deflate, inflate
from core.values import dataclass
from functions.shared.store import keys
from functions.shared.store.keys import Key
from functions.shared.store.table import Row, table

KIND: Final = "HOOK"  # in the attention index
KEPT: Final = timedelta(days=40)
LEASE: Final = timedelta(minutes=15)  # of whoever was queued to send it


class DeliveryState(StrEnum):
    PENDING = "PENDING"
    DELIVERED = "DELIVERED"
    DEAD = "DEAD"  # given up; a person may send it again


@dataclass(frozen=True, slots=True)
class Delivery:
    """One event for one endpoint."""

    entity: str
    endpoint: str
    event: str
    type: str
    body: Mapping[str, Any]
    state: DeliveryState = DeliveryState.PENDING
    attempts: int = 0
    next_at: datetime | None = None  # not to be sent before
    last: str = ""  # what came of the last attempt: a status, or what went wrong
    owner: str = ""

    @property
    def key(self) -> Key:
        return keys.delivery(self.entity, self.endpoint, self.event)


def put(delivery: Delivery, now: datetime) -> bool:
    """Keep a new one, due at once; False where it is there, whatever became of it."""
    row: Row = {
        **delivery.key._asdict(),
        "entity": delivery.entity,
        "endpoint": delivery.endpoint,
        "event": delivery.event,
        "type": delivery.type,
        "body": deflate(dict(delivery.body)),
        "state": delivery.state,
        "attempts": 0,
        "next_at": keys.instant(now),
        "att_pk": _watch(delivery),
        "att_sk": _look(delivery, now),
        "expires_at": int((now + KEPT).timestamp()),
    }
    return table().put_if(row, "attribute_not_exists(#pk)")


def read(entity: str, endpoint: str, event: str) -> Delivery | None:
    """One delivery, strongly read."""
    row = table().get(keys.delivery(entity, endpoint, event))
    return _of(row) if row else None


def listed(entity: str, endpoint: str) -> Iterator[Delivery]:
    """Every delivery to an endpoint."""
    return (_of(row) for row in table().query(keys.delivery_pk(entity, endpoint)))


def offered(delivery: Delivery, now: datetime) -> None:
    """It was queued: look again only when whoever takes it must have stopped."""
    values = {"look": _look(delivery, now + LEASE), "pending": DeliveryState.PENDING}
    table().update_if(delivery.key, "SET #att_sk = :look", "#state = :pending", values)


def claim(delivery: Delivery, now: datetime) -> Delivery | None:
    """Take it for one attempt, where it is due and nobody else has taken that attempt."""
    owner = secrets.token_hex(8)
    values = {
        "owner": owner,
        "next": keys.instant(now + LEASE),
        "look": _look(delivery, now + LEASE),
        "pending": DeliveryState.PENDING,
        "now": keys.instant(now),
    }
    update = "SET #owner = :owner, #next_at = :next, #att_sk = :look, #attempts = #attempts + :one"
    condition = "#state = :pending AND #next_at <= :now"
    won = table().update_if(
        delivery.key, update, condition, {**values, "one": 1}, mine=lambda there: there.get("owner") == owner
    )
    return read(delivery.entity, delivery.endpoint, delivery.event) if won else None


def delivered(delivery: Delivery, last: str) -> None:
    """It arrived."""
    _end(delivery, DeliveryState.DELIVERED, last)


def give_up(delivery: Delivery, last: str) -> None:
    """It did not arrive on any attempt, or nobody wants it any more."""
    _end(delivery, DeliveryState.DEAD, last)


def again(delivery: Delivery, at: datetime, last: str) -> None:
    """It did not arrive; try again at an instant."""
    values = {"at": keys.instant(at), "look": _look(delivery, at), "last": last, "owner": delivery.owner}
    table().update_if(delivery.key, "SET #next_at = :at, #att_sk = :look, #last = :last", "#owner = :owner", values)


def redrive(delivery: Delivery, now: datetime) -> bool:
    """Send one again that was given up, from the first attempt on."""
    values = {
        "pending": DeliveryState.PENDING,
        "dead": DeliveryState.DEAD,
        "none": 0,
        "now": keys.instant(now),
        "watch": _watch(delivery),
        "look": _look(delivery, now),
        "kept": int((now + KEPT).timestamp()),
    }
    update = (
        "SET #state = :pending, #attempts = :none, #next_at = :now, #att_pk = :watch, #att_sk = :look,"
        " #expires_at = :kept"
    )
    return table().update_if(delivery.key, update, "#state = :dead", values)


def of_attention(entity: str, what: str) -> tuple[str, str, str]:
    """Entity, endpoint and event that a place in the attention index names."""
    endpoint, _, event = what.rpartition("/")
    return entity, endpoint, event


def _end(delivery: Delivery, state: DeliveryState, last: str) -> None:
    values = {"state": state, "last": last, "owner": delivery.owner}
    update = "SET #state = :state, #last = :last REMOVE #att_pk, #att_sk"
    table().update_if(delivery.key, update, "#owner = :owner OR attribute_not_exists(#owner)", values)


def _watch(delivery: Delivery) -> str:
    return keys.attention_pk(delivery.entity, keys.shard_of(delivery.event))


def _look(delivery: Delivery, at: datetime) -> str:
    return keys.attention_sk(at, KIND, f"{delivery.endpoint}/{delivery.event}")


def _of(row: Row) -> Delivery:
    return Delivery(
        entity=row["entity"],
        endpoint=row["endpoint"],
        event=row["event"],
        type=row["type"],
        body=inflate(row["body"]),
        state=DeliveryState(row["state"]),
        attempts=row["attempts"],
        next_at=datetime.fromisoformat(row["next_at"]),
        last=row.get("last", ""),
        owner=row.get("owner", ""),
    )
