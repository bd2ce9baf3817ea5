"""The parts of a policy beside its steps: limits, budget, brakes, and how dunning goes on or begins."""

from typing import Annotated, Literal

from core.frozen import Frozen, Limit, field
from core.policy.conditions import Currency

Minor = Annotated[int, Limit(ge=0)]
Percent = Annotated[int, Limit(ge=0, le=100)]


class MinimumItem(Frozen):
    """Below either, an item is small; equal is enough to pass."""

    amount: dict[Currency, Minor] = field(default_factory=dict)  # minor units
    percent: Percent = 0  # of the item's own original amount


class Minimum(Frozen):
    """Amounts below which nothing goes out, in minor units by currency; a currency not named has no limit."""

    account: dict[Currency, Minor] = field(default_factory=dict)
    item: MinimumItem = MinimumItem()
    of: Literal["listed", "due"] = "listed"  # what minimum.account adds up: all that is listed, or what has a step due


class Budget(Frozen):
    """How often one person may be written to, over all accounts. 0 is allowed and means never."""

    per_day: Annotated[int, Limit(ge=0)] = 1
    per_seven_days: Annotated[int, Limit(ge=0)] = 3


class Resume(Frozen):
    """How dunning goes on after a hold, a dispute, a broken promise or a missed instalment."""

    after_days: Annotated[int, Limit(ge=1)] = 3  # first day = last blocked day + this
    max_jump: Annotated[int, Limit(ge=1)] | Literal["any"] = 1  # levels above the last delivered one, once


class Punctual(Frozen):
    """A usually punctual payer hears the friendly message first."""

    template: str = "friendly"
    of_last: Annotated[int, Limit(ge=1)] = 10  # closed items looked at
    at_least: Annotated[int, Limit(ge=1)] = 5  # fewer closed items say nothing
    percent: Percent = 90  # of them paid in time
    within_days: Annotated[int, Limit(ge=0)] = 3  # past due, and still in time
    until_dpd: Annotated[int, Limit(ge=1)] = 30  # before it, the first message of an item is the friendly one


class Brakes(Frozen):
    """What holds a run, or the adverse steps in it, for a person."""

    ledger_days: Annotated[int, Limit(ge=1)] | None = None  # an older ledger holds adverse steps
    bank_days: Annotated[int, Limit(ge=1)] | None = None  # so do older bank data
    volume_percent: Annotated[int, Limit(ge=100)] | None = None  # messages or amount, of the recent nights' usual
    most_messages: Annotated[int, Limit(ge=1)] | None = None  # of one run


class Activation(Frozen):
    """How an old ledger is taken up at go-live."""

    statement: str = "statement"  # template of the neutral first message
    wait_days: Annotated[int, Limit(ge=0)] = 14  # from the statement to level 1
    older_than_days: Annotated[int, Limit(ge=1)] = 365  # older items go to a person
    first_quota: Annotated[int, Limit(ge=1)] = 50  # accounts released on the first day
    ramp_percent: Annotated[int, Limit(ge=0)] = 50  # more on each following day
    first: Literal["largest", "oldest"] = "largest"  # debts that are taken up before the others
