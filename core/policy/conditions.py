"""Conditions of a step beside its day: declarative bounds and lists, no expressions."""

from fractions import Fraction
from functools import cached_property
from typing import Annotated, Literal

from core.frozen import Frozen, Limit, field, rule
from core.ledger import CustomerKind

Currency = Annotated[str, Limit(pattern=r"^[A-Z]{3}$")]


class Bound(Frozen):
    """Limits on one number; all that are given must hold."""

    at_least: int | None = None
    above: int | None = None
    at_most: int | None = None
    below: int | None = None

    def holds(self, value: int | Fraction) -> bool:
        """True when the value lies within every limit given."""
        return (
            (self.at_least is None or value >= self.at_least)
            and (self.above is None or value > self.above)
            and (self.at_most is None or value <= self.at_most)
            and (self.below is None or value < self.below)
        )

    @rule
    def _possible(self) -> None:
        if not self.model_fields_set:
            raise ValueError("a bound needs at_least, above, at_most or below")
        low = max(
            (v for v in (self.at_least, None if self.above is None else self.above + 1) if v is not None), default=None
        )
        high = min(
            (v for v in (self.at_most, None if self.below is None else self.below - 1) if v is not None), default=None
        )
        if low is not None and high is not None and low > high:
            raise ValueError(f"no number lies in this bound: at least {low} and at most {high}")


class When(Frozen):
    """Conditions beside the day; all that are given must hold, and one of `any_of` where it is given.

    Amounts are principal in minor units by currency. An amount in a currency that is not named is compared in the
    entity's currency at the pinned rate; without a rate the condition does not hold.
    """

    dpd: Bound | None = None  # days past due
    item_open: dict[Currency, Bound] = field(default_factory=dict)  # what is open of the item
    account_balance: dict[Currency, Bound] = field(default_factory=dict)  # open on the account, due or not
    overdue_total: dict[Currency, Bound] = field(default_factory=dict)  # dunnable and overdue on the account
    unpaid_count: Bound | None = None  # items of the account that are due and not paid
    unpaid_total: dict[Currency, Bound] = field(default_factory=dict)  # what is open of these, less unlinked credit
    percent_open: Bound | None = None  # open in percent of the item's own original amount
    attempts: Bound | None = None  # accepted customer messages listing the item in this cycle
    segment: tuple[str, ...] = ()  # the customer is in one of them
    currency: tuple[Currency, ...] = ()
    department: tuple[str, ...] = ()
    customer_kind: tuple[CustomerKind, ...] = ()
    payer: Literal["punctual", "late"] | None = None  # the customer's record of paid items
    occurrences_of: str | None = None  # a repeating message step of this policy ...
    at_least: Annotated[int, Limit(ge=1)] | None = None  # ... that was accepted this often in its current clock
    any_of: tuple["When", ...] = ()

    @rule
    def _in_pairs(self) -> None:
        if (self.occurrences_of is None) != (self.at_least is None):
            raise ValueError("occurrences_of and at_least go together")

    @cached_property
    def asked(self) -> frozenset[str]:
        """The conditions that are given. A stored policy spells out the empty ones too: they ask nothing."""
        return frozenset(name for name, value in self if value not in (None, (), {}))

    @cached_property
    def edges(self) -> tuple[int, ...]:
        """The day counts with which the answer may change although nothing happens: those of its ranges of days."""
        limits: list[tuple[int | None, int]] = []
        if self.dpd is not None:
            limits = [(self.dpd.at_least, 0), (self.dpd.above, 1), (self.dpd.at_most, 1), (self.dpd.below, 0)]
        own = {limit + after for limit, after in limits if limit is not None}
        return tuple(sorted(own.union(*(other.edges for other in self.any_of))))

    @cached_property
    def tested(self) -> tuple[str, ...]:
        """The conditions that are given, in their order."""
        return tuple(name for name in self.model_fields if name in self.asked and name != "at_least")

    def weighs(self, currency: str, base: str) -> bool:
        """True when it compares an item of this currency in another one, the entity's `base`."""
        own = currency not in self.item_open and base in self.item_open
        return own or any(one.weighs(currency, base) for one in self.any_of)

    @cached_property
    def weighs_item(self) -> bool:
        """True when it asks how large an item is."""
        return bool(self.item_open) or any(one.weighs_item for one in self.any_of)

    @cached_property
    def empty(self) -> bool:
        """True when nothing is asked."""
        return not self.asked
