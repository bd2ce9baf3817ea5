"""What one night's deciding of one account looks at: its facts, its rows, and the sums over them."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property

from core.balance import Netted
from core.decide.model import Facts, Setting
from core.ledger import Item
from core.plans import Running
from core.policy.schema import PUNCTUAL, STATEMENT, Policy, Step
from core.state import ItemState, RepeatClock


@dataclass(frozen=True, slots=True)
class Totals:
    """Sums over the account's principal, by currency in minor units."""

    open: Mapping[str, int] = field(default_factory=dict)  # everything open, due or not
    unpaid: int = 0  # items that are due and not paid, nor covered by unlinked credit
    unpaid_total: Mapping[str, int] = field(default_factory=dict)  # what is open of these, less that credit
    oldest_due_on: date | None = None  # of what is dunnable; of what is small only where nothing else is


@dataclass(frozen=True)  # no slots: the sums are kept once they were asked for
class Night:
    """One account on one date. `rows` holds every open item; `facts.state.repeats` is wound to tonight."""

    facts: Facts
    setting: Setting
    as_of: date
    holidays: frozenset[date]
    rows: tuple[Netted, ...]
    plans: tuple[Running, ...] = ()

    @cached_property
    def totals(self) -> Totals:
        """The sums over the rows; most nights of most accounts ask for none."""
        return totals_of(self.rows, self.as_of)

    @cached_property
    def overdue(self) -> Mapping[str, int]:
        """What may be asked for and is past due, by currency in minor units; a charge is never asked for by itself."""
        sums: dict[str, int] = {}
        for row in self.rows:
            if row.days_past_due > 0 and row.dunnable:
                currency = row.item.currency
                sums[currency] = sums.get(currency, 0) + row.due
        return sums

    @cached_property
    def marks(self) -> frozenset[str]:
        """The steps beside the ladder that were done for any item, with their occurrences."""
        return frozenset([mark for state in self.facts.state.items.values() for mark in state.effects])

    @property
    def policy(self) -> Policy:
        """The account's own policy; an item may name another one."""
        return self.setting.policy

    @property
    def clocks(self) -> Mapping[str, RepeatClock]:
        """The repeat clocks as they stand tonight, by step key or step key@item."""
        return self.facts.state.repeats

    def policy_of(self, item: Item) -> Policy:
        """The nearest policy: the item's own where it names one that is known, else the account's."""
        return self.setting.policies.get(item.policy, self.setting.policy) if item.policy else self.setting.policy

    def key(self, step: Step, item: Item) -> str:
        """How the step is known in the account's memory: by its id, with its policy where that is another one."""
        if not item.policy:
            return step.id
        policy = self.policy_of(item)
        own = policy is self.setting.policy or step.id in (PUNCTUAL, STATEMENT)
        return step.id if own else f"{policy.policy}:{step.id}"

    def step(self, key: str) -> Step | None:
        """The step of a key; None where no policy of this account has it."""
        name, _, step_id = key.rpartition(":")
        policy = self.setting.policies.get(name) if name else self.setting.policy
        return None if policy is None else policy.step(step_id)

    def state(self, row: Netted) -> ItemState:
        """How far the row's item has climbed."""
        return self.facts.state.item(row.item.id)


def totals_of(rows: tuple[Netted, ...], as_of: date) -> Totals:
    """The sums that conditions and limits ask for: principal only, each currency apart."""
    opened: dict[str, int] = {}
    unpaid_total: dict[str, int] = {}
    unpaid, oldest, small = 0, date.max, date.max
    for row in rows:
        item = row.item
        if not item.kind.principal or item.open_minor <= 0 or row.planned:
            continue
        opened[item.currency] = opened.get(item.currency, 0) + item.open_minor
        if item.due_on <= as_of and item.open_minor > row.credit:
            unpaid += 1
            unpaid_total[item.currency] = unpaid_total.get(item.currency, 0) + item.open_minor - row.credit
        if not row.dunnable:
            continue
        if row.small:
            small = min(small, item.due_on)
        elif item.due_on < oldest:
            oldest = item.due_on
    return Totals(opened, unpaid, unpaid_total, _known(oldest) or _known(small))


def _known(day: date) -> date | None:
    return None if day == date.max else day
