"""When customers would pay if they went on paying as they did: no guess about anybody without a record."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date, timedelta
from statistics import median_low

from core.decide.model import Facts
from core.ledger import ClosedItem, Item, Plan
from core.plans import paid_into
from core.values import dataclass


@dataclass(frozen=True, slots=True)
class Payment:
    """So much of one item, in minor units of its currency."""

    item: str
    minor: int


def lateness(paid: Iterable[ClosedItem]) -> tuple[int, ...]:
    """Days from the due date to the payment of each closed item, sorted; early payments count below zero."""
    return tuple(sorted((item.paid_on - item.due_on).days for item in paid))


def payments(facts: Facts, habits: Sequence[int], first: date) -> Mapping[date, tuple[Payment, ...]]:
    """What would be paid on which day: invoices whole, by the record; instalments as they were agreed.

    Args: `habits` the lateness of all customers of the entity, used where the customer has no record of its own;
    `first` the day from which on payments are still to come.
    """
    own = lateness(facts.state.paid) or tuple(sorted(habits))
    plans = [plan for plan in facts.plans if plan.ended_on is None]
    planned = {item for plan in plans for item in plan.items}
    coming: dict[date, tuple[Payment, ...]] = {}
    for item in facts.items:
        day = None if item.id in planned else _pays_on(item, own, facts, first)
        if day is not None:
            coming[day] = (*coming.get(day, ()), Payment(item.id, item.open_minor))
    for plan in plans:
        for day, payment in _as_agreed(plan, facts, first):
            coming[day] = (*coming.get(day, ()), payment)
    return coming


def _pays_on(item: Item, habits: Sequence[int], facts: Facts, first: date) -> date | None:
    """The due date and the usual lateness; of an item that is later than usual, the usual of those that were later.

    None when nobody on record ever paid so late, and for what is disputed. A promise is not paid before its day.
    """
    disputed = any(dispute.item == item.id and dispute.closed_on is None for dispute in facts.disputes)
    if not item.kind.principal or item.disputed_all or disputed:
        return None
    ahead = [days for days in habits if item.due_on + timedelta(days=days) >= first]
    if not ahead:
        return None
    usual = median_low(habits)
    days = usual if item.due_on + timedelta(days=usual) >= first else median_low(ahead)
    promised = [promise.promised_on for promise in facts.promises if promise.item == item.id and not promise.outcome]
    return max([item.due_on + timedelta(days=days), *promised])


def _as_agreed(plan: Plan, facts: Facts, first: date) -> Iterator[tuple[date, Payment]]:
    """Each instalment on its day, until nothing is left; nothing more where one was missed already."""
    owed = [item for item in facts.items if item.id in plan.items]
    left = {item.id: item.open_minor for item in owed}
    paid = paid_into(plan, owed, facts.state.done)
    for part in sorted(plan.instalments, key=lambda part: part.due_on):
        due, paid = part.minor - min(part.minor, max(0, paid)), paid - part.minor
        if due and part.due_on < first:
            return
        for item, minor in left.items():
            share = min(minor, due)
            if share:
                left[item], due = minor - share, due - share
                yield part.due_on, Payment(item, share)
