"""The policy language: declarative fields only, unknown keys refused, checks across fields with the values shown."""

from enum import StrEnum
from itertools import pairwise
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from core.frozen import Frozen


class Effect(StrEnum):
    """What a step does when an item reaches it."""

    MESSAGE = "message"  # a mail to the customer
    TASK = "task"  # work for one of our own people
    STATUS = "status"  # a mark on the account
    NOTIFY = "notify"  # a line in the digest of our own people, nothing else


class Scope(StrEnum):
    """Whether a step happens for each item, or once for the whole account."""

    ITEM = "item"
    ACCOUNT = "account"


class Audience(Frozen):
    """Who hears of a step, by role; each side is empty when nobody there does."""

    customer: tuple[str, ...] = ()
    ours: tuple[str, ...] = ()


class Repeat(Frozen):
    """A step that comes again: occurrences lie on the grid start + k * every_days."""

    every_days: Annotated[int, Field(ge=1)]
    until_dpd: int | None = None  # last day past due of the range, inclusive; None: until settled
    max: int | None = None  # most occurrences of one clock; None: no limit
    scope: Scope = Scope.ACCOUNT


class When(Frozen):
    """Conditions beside the day; all that are given must hold."""

    occurrences_of: str | None = None  # a repeating message step of this policy ...
    at_least: Annotated[int, Field(ge=1)] | None = None  # ... that was accepted this often in its current clock

    @model_validator(mode="after")
    def _in_pairs(self) -> Self:
        if (self.occurrences_of is None) != (self.at_least is None):
            raise ValueError("occurrences_of and at_least go together")
        return self


class Step(Frozen):
    """One row of the policy: the day past due from which it is reached, whom it tells, what it does."""

    id: Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9-]{0,15}$")]
    offset_days: int  # days past due at or past which an item has reached the step; negative before the due date
    effect: Effect = Effect.MESSAGE
    level: Annotated[int, Field(ge=0, le=9)] = 0
    template: str | None = None  # which message; needed by a message step
    audience: Audience = Audience()
    repeat: Repeat | None = None
    valid_until_dpd: int | None = None  # last day on which an early step still makes sense; default 0 for offset <= 0
    min_days_after_issue: Annotated[int, Field(ge=0)] = 5  # early steps only: too soon after the invoice itself
    when: When = When()
    scope: Scope = Scope.ITEM
    task: str | None = None  # kind of work, for a task step
    status: str | None = None  # the mark, for a status step

    @property
    def early(self) -> bool:
        """True for a step before or on the due date."""
        return self.offset_days <= 0

    @property
    def last_valid_dpd(self) -> int | None:
        """Last day past due on which the step may still go out; None when it never lapses."""
        if self.valid_until_dpd is not None:
            return self.valid_until_dpd
        return 0 if self.early else None

    @model_validator(mode="after")
    def _complete(self) -> Self:
        if self.effect is Effect.MESSAGE and not self.template:
            raise ValueError(f"step {self.id!r}: a message step needs a template")
        if self.effect is Effect.MESSAGE and not self.audience.customer:
            raise ValueError(f"step {self.id!r}: a message step needs audience.customer")
        if self.effect is Effect.TASK and not (self.task and self.audience.ours):
            raise ValueError(f"step {self.id!r}: a task step needs task and audience.ours, the first of whom owns it")
        if self.effect is Effect.STATUS and not self.status:
            raise ValueError(f"step {self.id!r}: a status step needs status")
        if self.repeat is not None and (self.effect is not Effect.MESSAGE or self.early):
            raise ValueError(f"step {self.id!r}: only a message step after the due date can repeat")
        if self.repeat is not None and self.repeat.scope is not Scope.ACCOUNT:
            raise ValueError(f"step {self.id!r}: a repeat has scope account")
        return self


class Minimum(Frozen):
    """Amounts below which nothing goes out, in minor units by currency; a currency not named has no limit."""

    account: dict[str, Annotated[int, Field(ge=0)]] = Field(default_factory=dict)


class Budget(Frozen):
    """How often one person may be written to, over all accounts. 0 is allowed and means never."""

    per_day: Annotated[int, Field(ge=0)] = 1
    per_seven_days: Annotated[int, Field(ge=0)] = 3


class Resume(Frozen):
    """How dunning goes on after a hold."""

    after_days: Annotated[int, Field(ge=1)] = 3  # first day = last blocked day + this


class Policy(Frozen):
    """A whole dunning policy, versioned; every decision stores the version that made it."""

    policy: Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9-]*$")]
    version: Annotated[int, Field(ge=1)]
    description: str = ""
    send_days: Literal["business_days", "all"] = "business_days"
    due_rolls: Literal["next_business_day", "off"] = "next_business_day"
    min_gap_days: Annotated[int, Field(ge=0)] = 3
    max_jump: Annotated[int, Field(ge=1)] | Literal["any"] = 1
    minimum: Minimum = Minimum()
    materiality_percent: Annotated[int, Field(ge=0, le=100)] = 10
    audience_of: Literal["tone", "highest_step"] = "tone"  # whose readers a merged message has
    budget: Budget = Budget()
    hold_after_payment_days: Annotated[int, Field(ge=0)] = 3  # no higher level so soon after a real part payment
    resume: Resume = Resume()
    promise_grace_days: Annotated[int, Field(ge=0)] = 2  # business days
    unapplied: Literal["highest_level_first", "oldest_first"] = "highest_level_first"
    steps: Annotated[tuple[Step, ...], Field(min_length=1)]

    @property
    def messages(self) -> tuple[Step, ...]:
        """The message track, in the order in which an item climbs it."""
        return tuple(step for step in self.steps if step.effect is Effect.MESSAGE)

    @property
    def effects(self) -> tuple[Step, ...]:
        """Every step that is no message; each is a track of its own."""
        return tuple(step for step in self.steps if step.effect is not Effect.MESSAGE)

    def step(self, step_id: str) -> Step | None:
        """The step of that id, or None where this version has none."""
        return next((step for step in self.steps if step.id == step_id), None)

    @model_validator(mode="after")
    def _ladder(self) -> Self:
        ids = [step.id for step in self.steps]
        twice = sorted({i for i in ids if ids.count(i) > 1})
        if twice:
            raise ValueError(f"step ids must differ, found twice: {', '.join(twice)}")
        for before, after in pairwise(self.messages):
            if after.offset_days <= before.offset_days:
                raise ValueError(
                    f"steps out of order: message {after.id!r} at {after.offset_days:+d} comes after "
                    f"{before.id!r} at {before.offset_days:+d}; offset_days must rise"
                )
            if after.level < before.level:
                raise ValueError(
                    f"steps out of order: level {after.level} of {after.id!r} is below "
                    f"level {before.level} of {before.id!r}"
                )
            if before.repeat is not None:
                raise ValueError(f"steps out of order: {after.id!r} comes after the repeating step {before.id!r}")
        for step in self.steps:
            named = step.when.occurrences_of
            of = self.step(named) if named else None
            if named and (of is None or of.repeat is None):
                raise ValueError(f"step {step.id!r}: when.occurrences_of names {named!r}, which is no repeating step")
        return self
