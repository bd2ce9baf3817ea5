"""What may be asked for: open items less what is disputed, promised, or covered by unlinked credit. Line by line."""

from dataclasses import dataclass
from datetime import date

from core.calendar import add_business_days
from core.decide.model import Facts, Reason
from core.ledger import Hold, Item, Promise
from core.policy.schema import Policy


@dataclass(slots=True)
class Netted:
    """One open item and each amount that is taken off it, in minor units of its currency. Never below zero."""

    item: Item
    days_past_due: int
    level: int
    disputed: int
    promised: int
    credit: int
    due: int  # what is left to ask for
    blocked: Reason | None  # why nothing may be asked at all

    @property
    def dunnable(self) -> bool:
        """True when something may be asked for this item tonight, by the ledger's facts alone."""
        return self.blocked is None and self.due > 0


def net(facts: Facts, policy: Policy, holidays: frozenset[date], as_of: date) -> list[Netted]:
    """Every open item with what may be asked for it, in the order of the ledger.

    Each line is clamped to what the lines before it left: open, disputed, promised; then unlinked credit per currency,
    each cent once, on overdue items only. Source: the decision semantics, "What is dunnable".
    """
    disputed = _disputed_by_item(facts)
    promised = _promised_by_item(facts.promises, policy, holidays, as_of)
    held_all, held_items = _holds(facts.holds, policy, as_of)
    rows = []
    for item in facts.items:
        contested = item.open_minor if item.disputed_all else min(item.open_minor, disputed.get(item.id, 0))
        left = item.open_minor - contested
        pledged = min(left, promised.get(item.id, 0))
        left -= pledged
        held = held_all or item.id in held_items
        blocked = _blocked(facts, item, held=held, left=left, pledged=pledged)
        days = (as_of - item.due_on).days
        rows.append(Netted(item, days, facts.state.item(item.id).level, contested, pledged, 0, left, blocked))
    _use_credits(rows, facts, policy)
    return rows


def _blocked(facts: Facts, item: Item, *, held: bool, left: int, pledged: int) -> Reason | None:
    if item.open_minor <= 0:
        return Reason.SETTLED
    if facts.customer.insolvent:
        return Reason.INSOLVENT
    if item.policy == "none":
        return Reason.EXCLUDED
    if held:
        return Reason.ON_HOLD
    if left <= 0:
        return Reason.PROMISED if pledged else Reason.DISPUTED
    return None


def unapplied(facts: Facts) -> dict[str, int]:
    """Unlinked credit by currency, in minor units."""
    sums: dict[str, int] = {}
    for credit in facts.credits:
        if credit.open_minor > 0:
            sums[credit.currency] = sums.get(credit.currency, 0) + credit.open_minor
    return sums


def promise_ends_on(promise: Promise, policy: Policy, holidays: frozenset[date]) -> date:
    """The last day on which the promised amount is left alone: its date + grace in business days."""
    return add_business_days(promise.promised_on, policy.promise_grace_days, holidays)


def _disputed_by_item(facts: Facts) -> dict[str, int]:
    whole = {item.id: item.open_minor for item in facts.items}
    sums: dict[str, int] = {}
    for dispute in facts.disputes:
        amount = whole.get(dispute.item, 0) if dispute.amount_minor is None else dispute.amount_minor
        sums[dispute.item] = sums.get(dispute.item, 0) + amount
    return sums


def _promised_by_item(
    promises: tuple[Promise, ...], policy: Policy, holidays: frozenset[date], as_of: date
) -> dict[str, int]:
    sums: dict[str, int] = {}
    for promise in promises:
        if as_of <= promise_ends_on(promise, policy, holidays):
            amount = _EVERYTHING if promise.amount_minor is None else promise.amount_minor
            sums[promise.item] = sums.get(promise.item, 0) + amount
    return sums


_EVERYTHING = 2**62  # clamped to what is open


def first_free_day(hold: Hold, policy: Policy) -> date | None:
    """The first day after a hold on which dunning goes on; None while it has no end."""
    if hold.until is None:
        return None
    return date.fromordinal(hold.until.toordinal() + policy.resume.after_days)


def _holds(holds: tuple[Hold, ...], policy: Policy, as_of: date) -> tuple[bool, set[str]]:
    everything, items = False, set[str]()
    for hold in holds:
        free = first_free_day(hold, policy)
        if free is not None and as_of >= free:
            continue
        if hold.item is None:
            everything = True
        else:
            items.add(hold.item)
    return everything, items


def _use_credits(rows: list[Netted], facts: Facts, policy: Policy) -> None:
    left = unapplied(facts)
    if not left:
        return
    overdue = [row for row in rows if row.dunnable and row.days_past_due > 0]
    if policy.unapplied == "highest_level_first":
        overdue.sort(key=lambda row: (-row.level, row.item.due_on, row.item.id))
    else:
        overdue.sort(key=lambda row: (row.item.due_on, row.item.id))
    for row in overdue:
        used = min(row.due, left.get(row.item.currency, 0))
        if used:
            left[row.item.currency] -= used
            row.credit, row.due = used, row.due - used
            if row.due == 0:
                row.blocked = Reason.PAID_BY_CREDIT
