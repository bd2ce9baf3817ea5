"""The customer's record: who usually pays in time hears the friendly word first."""

from core.ledger import ClosedItem, Item
from core.policy.schema import Punctual
from core.state import ItemState

_USUAL = Punctual()


def is_punctual(paid: tuple[ClosedItem, ...], rule: Punctual | None) -> bool:
    """True when enough of the last closed items were paid in time.

    Of the last 10 (at least 5) closed items, 90 % paid within 3 days of their due date. Source: the decision
    semantics, "Usually punctual payer".
    """
    rule = rule or _USUAL
    last = sorted(paid, key=lambda item: item.paid_on)[-rule.of_last :]
    if len(last) < rule.at_least:
        return False
    in_time = sum((item.paid_on - item.due_on).days <= rule.within_days for item in last)
    return in_time * 100 >= rule.percent * len(last)


def hears_friendly_first(
    item: Item, state: ItemState, age: int, paid: tuple[ClosedItem, ...], rule: Punctual | None
) -> bool:
    """True when the first message about this item is the friendly one: a punctual payer skipped it and paid a later."""
    if rule is None or state.attempts or age >= rule.until_dpd:
        return False
    return is_punctual(paid, rule) and any(closed.issued_on > item.issued_on for closed in paid)
