"""What happened that order and billing systems may want to hear of: events of ids and amounts, no name, no address.

Each has an id that follows from what happened, so told twice it is one. They are derived from what is written anyway.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import field
from datetime import date
from enum import StrEnum
from typing import Any, Final

from core.amounts import to_text
from core.balance import net
from core.blocks import outstanding
from core.calendar import add_business_days
from core.decide.model import Charge, Facts, Setting
from core.keys import stable_id
from core.ledger import Dispute, Item, Promise, PromiseOutcome
from core.values import dataclass

_GRACE_DAYS: Final = 2  # business days that most policies give a promise


class Kind(StrEnum):
    """The types of event."""

    NOTICE_SENT = "notice.sent"
    NOTICE_DELIVERED = "notice.delivered"
    NOTICE_BOUNCED = "notice.bounced"
    PROMISE_MADE = "promise.made"
    PROMISE_KEPT = "promise.kept"
    PROMISE_BROKEN = "promise.broken"
    DISPUTE_OPENED = "dispute.opened"
    DISPUTE_CLOSED = "dispute.closed"
    CREDIT_HOLD_SET = "credit_hold.set"
    CREDIT_HOLD_LIFTED = "credit_hold.lifted"
    STATUS_CHANGED = "status.changed"
    CHARGE_POSTED = "charge.posted"
    CHARGE_TAKEN_BACK = "charge.taken_back"
    PING = "ping"  # a test of an endpoint


@dataclass(frozen=True, slots=True)
class Happening:
    """One event on one account. `about` is part of its id: the same thing a second time needs another one."""

    kind: Kind
    about: tuple[str, ...]
    data: Mapping[str, Any] = field(default_factory=dict)

    def id(self, deployment: str, entity: str, customer: str) -> str:
        """The same for every telling."""
        return "evt_" + stable_id("event", deployment, entity, customer, self.kind, *self.about)


def of_charge(charge: Charge, about: str, *, taken_back: bool = False) -> Happening:
    """A fee, interest or compensation was posted, or nobody has to pay it.

    Args: `about` tells its several postings apart: the notice with it, or the instant of the decision.
    """
    kind = Kind.CHARGE_TAKEN_BACK if taken_back else Kind.CHARGE_POSTED
    return Happening(
        kind,
        (charge.id, about),
        {
            "charge": charge.id,
            "invoice": charge.item,
            "kind": charge.kind.value,
            "amount": to_text(charge.minor, charge.currency),
            "currency": charge.currency,
        },
    )


def of_notice(kind: Kind, notice: str, about: str, data: Mapping[str, Any]) -> Happening:
    """What became of a message to a customer. Args: `about` tells its several bounces apart."""
    return Happening(kind, (notice, about), {"notice": notice, **data})


def of_announcement(what: str, step: str, value: str, about: str) -> Happening | None:
    """A change of the account that a decision announced; None for one that is nobody else's business."""
    match what:
        case "credit_hold_set":
            return Happening(Kind.CREDIT_HOLD_SET, (about,), {"step": step})
        case "credit_hold_lifted":
            return Happening(Kind.CREDIT_HOLD_LIFTED, (about,), {"step": step})
        case "status":
            return Happening(Kind.STATUS_CHANGED, (about,), {"status": value or None, "step": step})
    return None


def of_promises(was: Mapping[str, Promise], now: Iterable[Promise], items: Mapping[str, Item]) -> Iterator[Happening]:
    """What a ledger, a portal or a person said newly about promises. Args: `was` by id."""
    for promise in now:
        before = was.get(promise.id)
        if before is None:
            yield _promise(Kind.PROMISE_MADE, promise, items)
        if promise.outcome is not None and (before is None or before.outcome != promise.outcome):
            kept = promise.outcome is PromiseOutcome.KEPT
            broken = promise.outcome in (PromiseOutcome.BROKEN, PromiseOutcome.PARTLY_KEPT)
            if kept or broken:
                yield _promise(Kind.PROMISE_KEPT if kept else Kind.PROMISE_BROKEN, promise, items)


def of_disputes(was: Mapping[str, Dispute], now: Iterable[Dispute], items: Mapping[str, Item]) -> Iterator[Happening]:
    """What was said newly about disputes. Args: `was` by id."""
    for dispute in now:
        before = was.get(dispute.id)
        if before is None:
            yield _dispute(Kind.DISPUTE_OPENED, dispute, items)
        if dispute.closed_on is not None and (before is None or before.closed_on is None):
            yield _dispute(Kind.DISPUTE_CLOSED, dispute, items)


def of_payments(
    promises: Iterable[Promise], was: Mapping[str, Item], now: Mapping[str, Item], today: date
) -> Iterator[Happening]:
    """Promises that were kept by what came in: something was outstanding, nothing is.

    Args: `was` and `now` the items that changed; where it is not known how one stood, it is told perhaps again.
    """
    promises = tuple(promises)
    for promise in promises:
        before, after = was.get(promise.item), now.get(promise.item)
        if after is None or promise.outcome is not None or promise.ended_on is not None:
            continue
        stood = before is None or outstanding(promise, before, promises, _about_over) > 0
        if stood and outstanding(promise, after, promises, _about_over) == 0:
            kept = _promise(Kind.PROMISE_KEPT, promise, now)
            yield Happening(kept.kind, kept.about, {**kept.data, "on_time": today <= promise.promised_on})


def _about_over(promise: Promise) -> date:
    """When its days are over, about: whoever stores a payment knows no policy."""
    return add_business_days(promise.promised_on, _GRACE_DAYS)


def of_time(facts: Facts, setting: Setting, as_of: date) -> Iterator[Happening]:
    """Promises that are broken tonight, and of which nobody else says how they ended."""
    items = {item.id: item for item in facts.items}
    for row in net(facts, setting, setting.holidays, as_of) if facts.promises else ():
        for promise in row.blocks.broken if row.blocks is not None else ():
            if promise.outcome is None and promise.ended_on is None:
                yield _promise(Kind.PROMISE_BROKEN, promise, items)


def _promise(kind: Kind, promise: Promise, items: Mapping[str, Item]) -> Happening:
    return Happening(
        kind,
        (promise.id,),
        {"promise": promise.id, "promised_on": promise.promised_on.isoformat()}
        | _amount(promise.item, promise.amount_minor, items),
    )


def _dispute(kind: Kind, dispute: Dispute, items: Mapping[str, Item]) -> Happening:
    data = {"dispute": dispute.id} | _amount(dispute.item, dispute.amount_minor, items)
    return Happening(kind, (dispute.id,), data)


def _amount(item_id: str, minor: int | None, items: Mapping[str, Item]) -> dict[str, Any]:
    """The invoice, and the amount that is meant: None for whatever is open."""
    item = items.get(item_id)
    if item is None:
        return {"invoice": item_id}
    amount = None if minor is None else to_text(minor, item.currency)
    return {"invoice": item_id, "amount": amount, "currency": item.currency}
