"""What one night's deciding of one account looks at: its facts, its rows, and the sums over them."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date

from core.balance import Netted
from core.decide.model import Facts, Setting
from core.ledger import Item
from core.policy.schema import Policy
from core.state import RepeatClock


@dataclass(frozen=True, slots=True)
class Totals:
    """Sums over the account's principal, by currency in minor units."""

    open: Mapping[str, int] = field(default_factory=dict)  # everything open, due or not
    overdue: Mapping[str, int] = field(default_factory=dict)  # dunnable and past due
    unpaid: int = 0  # items that are due and not paid
    oldest_due_on: date | None = None  # of what is dunnable


@dataclass(frozen=True, slots=True)
class Night:
    """One account on one date. `rows` holds every open item; `clocks` the repeat clocks as they stand tonight."""

    facts: Facts
    setting: Setting
    as_of: date
    holidays: frozenset[date]
    rows: tuple[Netted, ...]
    totals: Totals
    clocks: Mapping[str, RepeatClock] = field(default_factory=dict)

    @property
    def policy(self) -> Policy:
        """The account's own policy; an item may name another one."""
        return self.setting.policy

    def policy_of(self, item: Item) -> Policy:
        """The nearest policy: the item's own where it names one that is known, else the account's."""
        return self.setting.policies.get(item.policy, self.setting.policy) if item.policy else self.setting.policy


def totals_of(rows: tuple[Netted, ...], as_of: date) -> Totals:
    """The sums that conditions and limits ask for: principal only, each currency apart."""
    opened, overdue = dict[str, int](), dict[str, int]()
    unpaid, oldest = 0, None
    for row in rows:
        item = row.item
        if not item.kind.principal or item.open_minor <= 0:
            continue
        opened[item.currency] = opened.get(item.currency, 0) + item.open_minor
        unpaid += item.due_on <= as_of
        if not row.dunnable:
            continue
        if oldest is None or item.due_on < oldest:
            oldest = item.due_on
        if row.days_past_due > 0:
            overdue[item.currency] = overdue.get(item.currency, 0) + row.due
    return Totals(opened, overdue, unpaid, oldest)
