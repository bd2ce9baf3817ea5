"""What taking a run back does to one account, as effects: carried out by whoever empties the account's outbox."""

from collections.abc import Iterator, Mapping
from datetime import date, datetime
from typing import Any, Final

from core.retract import Undone
from core.values import dataclass
from functions.shared import news
from functions.shared.store import charges, history, keys, notices
from functions.shared.store.accounts import AccountRecord
from functions.shared.store.history import Activity
from functions.shared.store.tasks import RETRACTED

KIND: Final = "retraction"  # of the record that an account keeps


@dataclass(frozen=True, slots=True)
class Order:
    """Which run is taken back, who says so, and why."""

    entity: str
    on: date
    by: str  # Person id
    why: str
    told: bool = False  # whoever got a message of it hears of it


def effects_of(undone: Undone, order: Order, today: date, now: datetime) -> dict[str, Any]:
    """The effects by key. Each is safe to carry out twice."""
    at = keys.instant(now)
    said = {"kind": KIND, "on": order.on.isoformat(), "at": at, "body": body_of(undone, order)}
    effects: dict[str, Any] = {KIND: said}
    for notice_id in undone.cancelled:
        effects[f"cancel.{notice_id}"] = {"kind": "cancel", "id": notice_id, "reason": RETRACTED}
    for notice_id in (*undone.sent, *undone.doubtful):
        effects[f"retract.{notice_id}"] = {"kind": "retract", "id": notice_id, "at": at}
    for posted in undone.charges:
        effects[f"reverse.{posted.charge.id}"] = {
            "kind": "reverse",
            "charge": charges.pack(posted.charge),
            "source": posted.source,
            "on": today.isoformat(),
            "at": at,
        }
    for task_id in undone.tasks:
        effects[f"close_task.{task_id}"] = {"kind": "close_task", "id": task_id, "reason": RETRACTED}
    for n, (what, body) in enumerate(_announcements(undone)):
        effects[f"announcement.{n}"] = {"kind": "announcement", "what": what, "body": body, "at": at}
    return effects


def _announcements(undone: Undone) -> Iterator[tuple[str, dict[str, str]]]:
    """What other systems hear, at the same door as when a cause ends."""
    for step in undone.lifted:
        yield "credit_hold_lifted", {"step": step, "value": ""}
    if undone.status is not None:
        yield "status", {"step": "", "value": undone.status}


def body_of(undone: Undone, order: Order) -> dict[str, Any]:
    """What the account remembers of it: ids and figures, who said so and why."""
    return {
        "by": order.by,
        "why": order.why,
        "cancelled": undone.cancelled,
        "sent": undone.sent,
        "doubtful": undone.doubtful,
        "charges": [charges.pack(posted.charge) for posted in undone.charges],
        "tasks": undone.tasks,
        "kept_tasks": undone.kept_tasks,
        "lifted": undone.lifted,
        "levels": undone.levels,
        "kept_levels": undone.kept_levels,
    }


def put(effect: Mapping[str, Any], record: AccountRecord, now: datetime) -> bool:
    """Carry out one of those that nothing else has; False for any other."""
    match effect["kind"]:
        case "reverse":
            _reverse(effect, record, now)
        case "retract":
            notices.retract(effect["id"], datetime.fromisoformat(effect["at"]))
        case "retraction":
            said = Activity(datetime.fromisoformat(effect["at"]), KIND, effect["on"], effect["body"])
            history.note(record.entity, record.customer_id, said)
        case _:
            return False
    return True


def _reverse(effect: Mapping[str, Any], record: AccountRecord, now: datetime) -> None:
    """Told also where an attempt before this one did the rest: telling twice is telling once."""
    charge, source = charges.unpack(effect["charge"]), effect["source"]
    at = datetime.fromisoformat(effect["at"])
    on = date.fromisoformat(effect["on"])
    charges.reverse(record.entity, record.customer_id, charge, source=source, on=on, at=at)
    news.tell_charge(record.entity, record.customer_id, charge, source, at, now, taken_back=True)
