"""What may be asked for: open items less what is disputed, planned, promised, or covered by unlinked credit."""

from collections import defaultdict
from collections.abc import Iterable
from datetime import date, timedelta
from typing import Any

from core.blocks import Blocks, blocks_of, disputed_tonight, resume_after_plan
from core.decide.model import Facts, Reason, Setting
from core.ledger import Item, Promise, PromiseOutcome
from core.limits import limit_in
from core.on_account import Purse, counts, kept_promises
from core.plans import Running, Terms, cancelled, running_plans
from core.policy.schema import Policy
from core.values import dataclass


@dataclass(slots=True)
class Netted:
    """One open item and each amount that is taken off it, in minor units of its currency. Never below zero."""

    item: Item
    days_past_due: int
    level: int
    disputed: int
    planned: int
    promised: int
    credit: int
    due: int  # what is left to ask for
    blocked: Reason | None  # why nothing may be asked at all
    age: int = 0  # the days that steps count: past due, or since issue where the policy says so
    small: bool = False  # below minimum.item, and chased with the other small ones at level 1
    blocks: Blocks | None = None  # None: nothing was ever in the way

    @property
    def dunnable(self) -> bool:
        """True when something may be asked for this item tonight, by the ledger's facts alone."""
        return self.blocked is None and self.due > 0

    @property
    def withheld(self) -> int:
        """Open, and not asked for in this message: disputed, in a plan, or promised."""
        return self.disputed + self.planned + self.promised


def net(
    facts: Facts, setting: Setting, holidays: frozenset[date], as_of: date, plans: list[Running] | None = None
) -> list[Netted]:
    """Every open item with what may be asked for it, in the order of the ledger; instalments of plans come last.

    Each line is clamped to what the lines before it left: open, disputed, planned, promised; then unlinked credit per
    currency, each cent once, on overdue principal only; then the small ones are left out or set apart.
    Source: the decision semantics, "What is dunnable" and "Limits and tone".
    """
    policy = setting.policy
    if plans is None:
        plans = plans_of(facts, policy, holidays, as_of)
    looked = _Looked(facts, setting, holidays, as_of, plans)
    instalments = [part for running in plans if running.active for part in running.instalments]
    rows = [looked.row(item) for item in (*facts.items, *instalments)]
    _use_credits(rows, facts, policy)
    _set_small_apart(rows, facts, setting, as_of)
    return rows


def plans_of(facts: Facts, policy: Policy, holidays: frozenset[date], as_of: date) -> list[Running]:
    """The plans that stand between the items and their due dates tonight, broken ones included."""
    if not facts.plans:
        return []
    disputes = _by_item(facts.disputes)
    undisputed = [
        item.model_copy(
            update={"open_minor": item.open_minor - disputed_tonight(item, disputes.get(item.id, ()), policy, as_of)}
        )
        for item in facts.items
    ]  # an instalment asks for nothing that is disputed
    terms = Terms(policy.promise_grace_days, holidays, disputes, _by_item(facts.promises))
    return running_plans(facts.plans, undisputed, facts.state.done, terms, as_of, Purse(facts.credits, policy))


class _Looked:
    """One account's facts by item, so that an item about which nothing was said costs next to nothing."""

    def __init__(
        self, facts: Facts, setting: Setting, holidays: frozenset[date], as_of: date, plans: list[Running]
    ) -> None:
        self.facts, self.setting, self.holidays, self.as_of = facts, setting, holidays, as_of
        kept = kept_promises(facts, setting, as_of)
        promises = [_kept(one) if one.id in kept else one for one in facts.promises] if kept else facts.promises
        self.disputes, self.promises = _by_item(facts.disputes), _by_item(promises)
        self.holds = _by_item(facts.holds)
        self.cancelled = cancelled(facts.plans, facts.state.done, as_of) if facts.plans else {}
        said = facts.disputes or facts.promises or facts.holds or plans or self.cancelled
        self.silent = not said  # nothing was said about any item
        self.levels = facts.state.items
        self.planned: set[str] = set()
        self.missed: dict[str, date] = {}
        self.put_off = {part for running in plans for part in running.put_off}
        self.resting = {part for running in plans for part in running.resting}
        for running in plans:
            if running.missed_on is None:
                self.planned.update(running.plan.items)
            else:
                self.missed.update(dict.fromkeys(running.plan.items, running.missed_on))
            held = [hold for item in running.plan.items for hold in self.holds.get(item, ())]
            self.holds.update({part.id: held for part in running.instalments})

    def row(self, item: Item) -> Netted:
        """What may be asked for one item."""
        policy = self.setting.policies.get(item.policy, self.setting.policy) if item.policy else self.setting.policy
        days = age = (self.as_of - item.due_on).days
        if policy.age_basis == "issue":
            age = (self.as_of - item.issued_on).days
        state = self.levels.get(item.id)
        level, left, disputed = 0 if state is None else state.level, item.open_minor, 0
        if item.disputed_all:
            left, disputed = 0, left
        row = Netted(item, days, level, disputed, 0, 0, 0, left, None, age)
        if not self.silent:
            self._take_off(row, policy)
        row.blocked = self._reason(row)
        return row

    def _take_off(self, row: Netted, policy: Policy) -> None:
        """What was said about the item is not asked for, each line of what the lines before it left."""
        item, blocks = row.item, self._blocks(row.item, policy)
        if blocks is not None:
            row.blocks = blocks
            row.disputed += min(row.due, blocks.disputed)
            row.due = item.open_minor - row.disputed
        if item.id in self.planned:
            row.due, row.planned = 0, row.due
        if blocks is not None or item.id in self.put_off:
            row.promised = row.due if blocks is None or item.id in self.put_off else min(row.due, blocks.promised)
            row.due -= row.promised

    def _blocks(self, item: Item, policy: Policy) -> Blocks | None:
        key = item.id
        about = (self.disputes.get(key), self.promises.get(key), self.holds.get(key), self.holds.get(None))
        missed, cancelled_on = self.missed.get(key), self.cancelled.get(key)
        if missed is None and cancelled_on is None and not any(about):
            return None
        disputes, promises, held, held_all = (one or [] for one in about)
        found = blocks_of(item, policy, disputes, promises, [*held, *held_all], missed, self.holidays, self.as_of)
        if cancelled_on is not None:
            resume_after_plan(found, cancelled_on, policy, self.as_of)
        return found

    def _reason(self, row: Netted) -> Reason | None:
        item, blocks = row.item, row.blocks
        if item.open_minor <= 0:
            return Reason.SETTLED
        if not item.kind.principal:
            return Reason.CHARGE
        if self.facts.customer.insolvent:
            return Reason.INSOLVENT
        if item.policy == "none":
            return Reason.EXCLUDED
        if blocks is not None and blocks.held:
            return Reason.ON_HOLD
        if row.due <= 0:
            return Reason.PROMISED if row.promised else Reason.PLANNED if row.planned else Reason.DISPUTED
        if (blocks is not None and blocks.resuming) or item.id in self.resting:
            return Reason.RESUMING
        return None


def unapplied(facts: Facts, policy: Policy | None = None) -> dict[str, int]:
    """Unlinked credit by currency, in minor units; with no `policy` those that wait for approval too."""
    sums: dict[str, int] = {}
    for credit in facts.credits:
        if credit.open_minor > 0 and (policy is None or counts(credit, policy)):
            sums[credit.currency] = sums.get(credit.currency, 0) + credit.open_minor
    return sums


def _kept(promise: Promise) -> Promise:
    return promise.model_copy(update={"outcome": PromiseOutcome.KEPT})


def _by_item(facts: Iterable[Any]) -> dict[str | None, list[Any]]:
    found: dict[str | None, list[Any]] = {}
    for one in facts:
        found.setdefault(one.item, []).append(one)
    return found


def _use_credits(rows: list[Netted], facts: Facts, policy: Policy) -> None:
    if not facts.credits or policy.unapplied == "ignore":
        return
    left = unapplied(facts, policy)
    overdue = [row for row in rows if row.dunnable and row.days_past_due > 0]
    if policy.unapplied == "gate":
        _gate(overdue, left)
        return
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


def _gate(overdue: list[Netted], left: dict[str, int]) -> None:
    """Nothing is taken off an item; a currency whose credit covers what is overdue is not chased at all."""
    sums = defaultdict[str, int](int)
    for row in overdue:
        sums[row.item.currency] += row.due
    for row in overdue:
        if sums[row.item.currency] <= left.get(row.item.currency, 0):
            row.blocked = Reason.COVERED


def _set_small_apart(rows: list[Netted], facts: Facts, setting: Setting, as_of: date) -> None:
    """Items below minimum.item: left out while their sum is below minimum.account, else chased as a group.

    What a payment or credit of the last days made small does not count for the others yet, as if it had not been made.
    """
    if not setting.policy.leaves_small and not any(policy.leaves_small for policy in setting.policies.values()):
        return
    sums = defaultdict[str, int](int)
    small = [row for row in rows if row.dunnable and _is_small(row, setting)]
    since = as_of - timedelta(days=setting.policy.hold_after_payment_days)
    for row in small:
        if row.days_past_due > 0 and _is_small(row, setting, _paid_since(since, row, facts)):
            sums[row.item.currency] += row.due
    for row in small:
        row.small = True
        limit = limit_in(setting.policy.minimum.account, row.item.currency, setting.entity)
        if row.days_past_due <= 0 or sums[row.item.currency] < limit:
            row.blocked = Reason.SMALL


def _is_small(row: Netted, setting: Setting, more: int = 0) -> bool:
    """By the item's own policy, where it names one. Args: `more` that it owes besides."""
    limits = setting.policies.get(row.item.policy or "", setting.policy).minimum.item
    amount = limit_in(limits.amount, row.item.currency, setting.entity)
    due = row.due + more
    return due < amount or due * 100 < limits.percent * row.item.original_minor


def _paid_since(since: date, row: Netted, facts: Facts) -> int:
    """What was recorded after that day and came off the item."""
    item = row.item
    unlinked = (c.open_minor for c in facts.credits if c.currency == item.currency and c.recorded_on > since)
    payments = (payment.minor for payment in item.part_payments if payment.recorded_on > since)
    return sum(payments) + (min(row.credit, sum(unlinked)) if row.credit else 0)
