"""What keeps an item from being chased, and from when on it is chased again: holds, disputes, promises, missed plans.

Source: the decision semantics, "What is dunnable" and "Resume".
"""

from collections.abc import Callable, Iterable
from dataclasses import field
from datetime import date, timedelta
from typing import Final

from core.calendar import add_business_days
from core.ledger import Dispute, Hold, Item, Promise, PromiseOutcome
from core.policy.schema import Event, Policy
from core.values import dataclass

ONE_DAY: Final = timedelta(days=1)


@dataclass(slots=True)
class Blocks:
    """Of one item: the amounts left alone tonight, and when what blocked the whole of it ended."""

    disputed: int = 0
    promised: int = 0
    held: bool = False
    resuming: bool = False  # ended, and the days after it are not over
    free_on: date | None = None  # the latest first day after a block of the whole item; may lie ahead
    broken_on: date | None = None  # the first day after the grace of a promise that was not kept
    broken: list[Promise] = field(default_factory=list)  # those that were not kept
    changes: list[date] = field(default_factory=list)  # on which any of this changes by itself


def promise_ends_on(promise: Promise, policy: Policy, holidays: frozenset[date]) -> date:
    """The last day on which the promised amount is left alone: its date + grace in business days."""
    return add_business_days(promise.promised_on, policy.promise_grace_days, holidays)


def first_free_day(hold: Hold, policy: Policy) -> date | None:
    """The first day after a hold on which dunning goes on; None while it has no end."""
    return None if hold.until is None else hold.until + timedelta(days=policy.resume.after_days)


def ended_early(promise: Promise) -> bool:
    """True for one that was ended before its day: no money is waited for."""
    return promise.ended_on is not None and promise.ended_on < promise.promised_on


def outstanding(
    promise: Promise, item: Item, promises: Iterable[Promise] = (), ends_on: Callable[[Promise], date] | None = None
) -> int:
    """What is left of a promise: payments recorded since it was made are taken off, never below zero.

    Args: `promises` of the account: a cent counts once, for the one that falls due first and whose days are not over
    (`ends_on`; its own date). So two parts of one invoice are two promises, and a day that is put off is one.
    """
    if promise.amount_minor is None:
        return item.open_minor
    before = [one for one in promises if one.item == promise.item and _goes_before(one, promise)]
    queue = [(one.made_on, _last_day(one, ends_on)) for one in sorted(before, key=_falls_due)]
    left = [one.amount_minor or 0 for one in sorted(before, key=_falls_due)] + [promise.amount_minor]
    for payment in sorted(item.part_payments, key=lambda one: (one.recorded_on, one.id)):
        minor = payment.minor
        for n, (first, last) in enumerate([*queue, (promise.made_on, date.max)]):
            if first <= payment.recorded_on <= last:
                taken = min(minor, left[n])
                left[n], minor = left[n] - taken, minor - taken
    return min(item.open_minor, left[-1])


def _goes_before(one: Promise, other: Promise) -> bool:
    said = one.amount_minor is not None and one.outcome is not PromiseOutcome.CANCELLED
    return said and _falls_due(one) < _falls_due(other)


def _falls_due(promise: Promise) -> tuple[date, str]:
    return promise.promised_on, promise.id


def _last_day(promise: Promise, ends_on: Callable[[Promise], date] | None) -> date:
    last = promise.promised_on if ends_on is None else ends_on(promise)
    return last if promise.ended_on is None else min(last, promise.ended_on)


def disputed_tonight(item: Item, disputes: Iterable[Dispute], policy: Policy, as_of: date) -> int:
    """What of an item is disputed, at most all that is open."""
    found = Blocks(disputed=item.open_minor if item.disputed_all else 0)
    for dispute in disputes:
        _dispute(found, dispute, item, policy, as_of)
    return min(item.open_minor, found.disputed)


def tells_broken(policy: Policy, event: Event) -> bool:
    """True when the policy has a message of its own for a promise or plan that was not kept."""
    return any(step.event is event for step in policy.event_messages)


def blocks_of(
    item: Item,
    policy: Policy,
    disputes: Iterable[Dispute],
    promises: Iterable[Promise],
    holds: Iterable[Hold],
    missed_on: date | None,
    holidays: frozenset[date],
    as_of: date,
) -> Blocks:
    """Everything that blocks one item. Args: those about this item or its account; `missed_on` of its broken plan."""
    found = Blocks()
    for hold in holds:
        _hold(found, hold, policy, as_of)
    contested, said = tuple(disputes), tuple(promises)
    for dispute in contested:
        _dispute(found, dispute, item, policy, as_of)
    for promise in said:
        left = outstanding(promise, item, said, lambda one: promise_ends_on(one, policy, holidays))
        if promise.outcome is None and _is_contested(item, contested, promise_ends_on(promise, policy, holidays)):
            left = 0  # nobody breaks a promise to pay what was wrong
        _promise(found, promise, item, left, policy, holidays, as_of)
    if missed_on is not None:
        found.broken_on = missed_on
        _ended(found, _after_broken(missed_on, policy, Event.INSTALMENT_MISSED), as_of)
    return found


def resume_after_plan(found: Blocks, cancelled_on: date, policy: Policy, as_of: date) -> None:
    """A person cancelled the plan of the item: nobody broke it."""
    _ended(found, cancelled_on - ONE_DAY + timedelta(days=policy.resume.after_days), as_of)


def _hold(found: Blocks, hold: Hold, policy: Policy, as_of: date) -> None:
    if hold.placed_on is not None and as_of < hold.placed_on:
        found.changes.append(hold.placed_on)
        return
    free = first_free_day(hold, policy)
    if free is None or as_of < free:
        found.held = True
    if free is not None:
        _later(found, free)
        found.changes.append(free)


def _dispute(found: Blocks, dispute: Dispute, item: Item, policy: Policy, as_of: date) -> None:
    amount = _amount_of(dispute, item)
    if dispute.closed_on is not None and as_of >= dispute.closed_on:
        if amount >= item.open_minor:
            _ended(found, dispute.closed_on - ONE_DAY + timedelta(days=policy.resume.after_days), as_of)
        return
    found.disputed += amount
    if dispute.closed_on is not None:
        found.changes.append(dispute.closed_on)
    if dispute.answer_by is not None:
        found.changes.append(dispute.answer_by + ONE_DAY)


def _amount_of(dispute: Dispute, item: Item) -> int:
    return item.open_minor if dispute.amount_minor is None else max(0, dispute.amount_minor - dispute.credited_minor)


def contested_minor(item: Item, disputes: Iterable[Dispute], on: date) -> int:
    """What of the item was disputed on a day, at most all that is open."""
    standing = [d for d in disputes if d.opened_on <= on and (d.closed_on is None or on < d.closed_on)]
    return min(item.open_minor, sum(_amount_of(one, item) for one in standing)) if standing else 0


def _is_contested(item: Item, disputes: Iterable[Dispute], on: date) -> bool:
    """Whether all of the item was disputed on a day."""
    return 0 < item.open_minor <= contested_minor(item, disputes, on)


def _promise(
    found: Blocks, promise: Promise, item: Item, left: int, policy: Policy, holidays: frozenset[date], as_of: date
) -> None:
    ends_on = promise_ends_on(promise, policy, holidays)
    whole = promise.amount_minor is None or promise.amount_minor >= item.open_minor
    outcome = promise.outcome
    if outcome is None and promise.ended_on is not None and ended_early(promise):
        ends_on, outcome = promise.ended_on - ONE_DAY, _taken_back(promise, left, as_of)
    if outcome is None and as_of <= ends_on:
        found.promised += left
        found.changes.append(ends_on + ONE_DAY)
        return
    settled = left <= 0 and (outcome in (None, PromiseOutcome.PARTLY_KEPT) or _paid_late(promise, item))
    if outcome is PromiseOutcome.KEPT or settled:
        return
    over = promise.ended_on if promise.ended_on is not None and outcome else ends_on + ONE_DAY
    if outcome is PromiseOutcome.CANCELLED:
        if whole:
            _ended(found, over - ONE_DAY + timedelta(days=policy.resume.after_days), as_of)
        return
    found.broken_on = max(found.broken_on or over, over)
    found.broken.append(promise)
    if whole:
        _ended(found, _after_broken(over, policy, Event.PROMISE_BROKEN), as_of)


def _taken_back(promise: Promise, left: int, as_of: date) -> PromiseOutcome | None:
    """What became of a promise that was ended before its day by whoever said no more: nobody has broken it."""
    if promise.ended_on is None or as_of < promise.ended_on:
        return None
    return PromiseOutcome.CANCELLED if left > 0 else PromiseOutcome.KEPT


def _paid_late(promise: Promise, item: Item) -> bool:
    """True where money came since somebody said that the promise was broken."""
    said_on = promise.ended_on if promise.outcome is PromiseOutcome.BROKEN else None
    return said_on is not None and any(payment.recorded_on >= said_on for payment in item.part_payments)


def _after_broken(over: date, policy: Policy, event: Event) -> date:
    """With a message of its own the day after the grace, else after the days of `resume`."""
    if tells_broken(policy, event):
        return over
    return over - ONE_DAY + timedelta(days=policy.resume.after_days)


def _ended(found: Blocks, free: date, as_of: date) -> None:
    """A block of the whole item ended; dunning goes on from `free`."""
    _later(found, free)
    if as_of < free:
        found.resuming = True
        found.changes.append(free)


def _later(found: Blocks, free: date) -> None:
    found.free_on = free if found.free_on is None else max(found.free_on, free)
