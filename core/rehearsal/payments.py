"""When customers would pay if they went on paying as they did: no guess about anybody without a record."""

from collections.abc import Iterable, Sequence
from datetime import date, timedelta
from statistics import median_low

from core.decide.model import Facts
from core.ledger import ClosedItem, Item


def lateness(paid: Iterable[ClosedItem]) -> tuple[int, ...]:
    """Days from the due date to the payment of each closed item, sorted; early payments count below zero."""
    return tuple(sorted((item.paid_on - item.due_on).days for item in paid))


def payments(facts: Facts, habits: Sequence[int], first: date) -> dict[date, tuple[str, ...]]:
    """Which open items would be paid on which day.

    Args: `habits` the lateness of all customers of the entity, used where the customer has no record of its own;
    `first` the day from which on payments are still to come.
    """
    own = lateness(facts.state.paid) or tuple(sorted(habits))
    coming: dict[date, tuple[str, ...]] = {}
    for item in facts.items:
        day = _pays_on(item, own, facts, first)
        if day is not None:
            coming[day] = (*coming.get(day, ()), item.id)
    return coming


def _pays_on(item: Item, habits: Sequence[int], facts: Facts, first: date) -> date | None:
    """The due date and the usual lateness; of an item that is later than usual, the usual of those that were later.

    None when nobody on record ever paid so late, and for what is disputed or part of a plan. A promise is not paid
    before its day.
    """
    if not item.kind.principal or _contested(item, facts):
        return None
    ahead = [days for days in habits if item.due_on + timedelta(days=days) >= first]
    if not ahead:
        return None
    usual = median_low(habits)
    days = usual if item.due_on + timedelta(days=usual) >= first else median_low(ahead)
    promised = [promise.promised_on for promise in facts.promises if promise.item == item.id and not promise.outcome]
    return max([item.due_on + timedelta(days=days), *promised])


def _contested(item: Item, facts: Facts) -> bool:
    disputed = any(dispute.item == item.id and dispute.closed_on is None for dispute in facts.disputes)
    planned = any(item.id in plan.items and plan.ended_on is None for plan in facts.plans)
    return item.disputed_all or disputed or planned
