"""The policy language: declarative fields only, unknown keys refused, checks across fields with the values shown."""

from collections.abc import Mapping
from functools import cached_property
from itertools import pairwise
from typing import Annotated, Final, Literal

from core.frozen import Frozen, Limit, field, rule
from core.ledger import Customer, CustomerKind
from core.memo import Memo
from core.policy.charges import Compensation, InterestTerms
from core.policy.conditions import Bound, Currency, When
from core.policy.parts import Activation, Brakes, Budget, Minimum, MinimumItem, Percent, Punctual, Resume
from core.policy.steps import REALLY_DELIVERED, Adverse, Anchor, Audience, Effect, Event, Repeat, Scope, Step

__all__ = [
    "NOT_KEPT",
    "Activation",
    "Adverse",
    "Anchor",
    "Audience",
    "Bound",
    "Brakes",
    "Budget",
    "Currency",
    "Effect",
    "Event",
    "Minimum",
    "MinimumItem",
    "Policy",
    "Punctual",
    "Repeat",
    "Resume",
    "Scope",
    "Step",
    "When",
]

PUNCTUAL: Final = "punctual"  # the friendly word to a usually punctual payer: a step of no ladder
STATEMENT: Final = "statement"  # the neutral first message of an old ledger
NOT_KEPT: Final = (Event.PROMISE_BROKEN, Event.INSTALMENT_MISSED)
_STAND_INS: Final[Mapping[str, tuple[str, ...]]] = {"ap_contact": ("main_contact", "account")}


class Policy(Frozen):
    """A whole dunning policy, versioned; every decision stores the version that made it."""

    policy: Annotated[str, Limit(pattern=r"^[a-z0-9][a-z0-9-]*$")]
    version: Annotated[int, Limit(ge=1)]
    description: str = ""
    advance: Literal["latest", "next", "state", "repeat", "none"] = "latest"
    falls: bool = True  # advance state: status and level fall again when what raised them has gone
    clear_stage: str | None = None  # advance state: the status of an account on which no step holds
    treat_as: CustomerKind | None = None  # every customer is treated as one of this kind, whatever the ledger says
    group_by: Literal["account", "account_currency", "department", "level", "item"] = "account"
    age_basis: Literal["due", "issue"] = "due"  # what "days past due" counts from
    send_days: Literal["business_days", "all"] = "business_days"
    due_rolls: Literal["next_business_day", "off"] = "next_business_day"
    min_gap_days: Annotated[int, Limit(ge=0)] = 3
    min_gap_op: Literal[">=", ">"] = ">="
    min_gap_scope: Literal["group", "account"] = "account"
    keep_threshold_gap: bool = False  # after a late message keep the distance between the two steps' offsets
    wait_for_notice_deadline: bool = False  # not before the day after the deadline that the last message named
    same_day_advance: bool = False  # advance next: a second run of the day may raise the level again
    max_jump: Annotated[int, Limit(ge=1)] | Literal["any"] = 1
    max_attempts: Annotated[int, Limit(ge=1)] | None = None  # messages about one item; advance repeat: of one group
    max_notices: Annotated[int, Limit(ge=1)] | None = None  # messages to one group until it owes nothing overdue
    highest_level: Annotated[int, Limit(ge=0, le=9)] | None = None  # no item rises above it
    after_last_step: Literal["task", "nothing", "final", "repeat"] = "task"
    after_last_owner: str = "accounting"  # our role that decides what follows
    after_last_days: Annotated[int, Limit(ge=1)] = 30  # the task comes again
    minimum: Minimum = Minimum()
    materiality_percent: Percent = 10
    materiality_of: Literal["all", "wording"] = "all"  # wording: effects beside the message are not tested
    audience_of: Literal["tone", "highest_step"] = "tone"  # whose readers a merged message has
    # Who stands in where a role is not filled, on either side; "account" is the customer's own address.
    fallbacks: dict[str, tuple[str, ...]] = field(default_factory=lambda: dict(_STAND_INS))
    budget: Budget = Budget()
    hold_after_payment_days: Annotated[int, Limit(ge=0)] = 3  # no higher level so soon after a real part payment
    resume: Resume = Resume()
    promise_grace_days: Annotated[int, Limit(ge=0)] = 2  # business days
    unapplied: Literal["highest_level_first", "oldest_first", "gate", "ignore"] = "highest_level_first"
    credit_notes: Literal["at_once", "when_approved"] = "at_once"
    punctual: Punctual | None = None
    interest: InterestTerms | None = None  # for steps that charge it
    compensation: Compensation | None = None
    heard_by: str = "sales_rep"  # hears of an approved adverse step two business days before
    acknowledge: tuple[Literal["promise", "plan", "dispute"], ...] = ()  # what a customer did and hears back about
    runs: Literal["automatic", "reviewed"] = "automatic"  # reviewed: nothing leaves before a person approves the run
    brakes: Brakes = Brakes()
    activation: Activation = Activation()
    steps: tuple[Step, ...] = ()

    @cached_property
    def messages(self) -> tuple[Step, ...]:
        """The message track, in the order in which an item climbs it."""
        return tuple(s for s in self.steps if s.effect is Effect.MESSAGE and s.anchor is not Anchor.EVENT and not s.off)

    @cached_property
    def last_message(self) -> Step | None:
        """The top of the ladder, as far as items may rise; None where the policy climbs none."""
        if self.advance not in ("latest", "next"):
            return None
        most = self.highest_level
        ladder = [step for step in self.messages if most is None or step.level <= most]
        return ladder[-1] if ladder else None

    @cached_property
    def most_notices(self) -> int | None:
        """How many messages a group gets until it owes nothing overdue; None: as many as its items have steps."""
        campaign = self.max_attempts if self.advance == "repeat" else None
        return campaign if self.max_notices is None else self.max_notices

    @cached_property
    def asking_beside(self) -> tuple[Step, ...]:
        """What asks a person for something harsh beside the ladder, by the due date."""
        asking = (Effect.PROPOSAL, Effect.CREDIT_HOLD)
        return tuple(step for step in self.effects if step.effect in asking and step.anchor is Anchor.DUE)

    @cached_property
    def event_messages(self) -> tuple[Step, ...]:
        """Messages that an event starts, beside the ladder."""
        return tuple(s for s in self.steps if s.effect is Effect.MESSAGE and s.anchor is Anchor.EVENT and not s.off)

    @cached_property
    def words_first(self) -> tuple[Step, ...]:
        """Those of them that are said before anything else: something that was agreed was not kept."""
        return tuple(step for step in self.event_messages if step.event in NOT_KEPT)

    @cached_property
    def words_beside(self) -> tuple[Step, ...]:
        """The others, which are said where the ladder says nothing."""
        return tuple(step for step in self.event_messages if step.event not in NOT_KEPT)

    @cached_property
    def effects(self) -> tuple[Step, ...]:
        """Every step that is no message; each is a track of its own."""
        return tuple(step for step in self.steps if step.effect is not Effect.MESSAGE and not step.off)

    @cached_property
    def by_days(self) -> frozenset[str]:
        """The ids of the effects that an item reaches by its days past due alone; what else they ask comes after."""
        by_due = (step for step in self.effects if step.anchor is Anchor.DUE and self.age_basis == "due")
        late = (step for step in by_due if step.offset_days > 0 and step.op == ">=" and not step.end_of_month)
        return frozenset(step.id for step in late)

    @cached_property
    def asking(self) -> tuple[Step, ...]:
        """The messages that a person may have to agree to first."""
        told = (*self.messages, *self.event_messages)
        return tuple(step for step in told if step.adverse or step.needs_approval)

    @cached_property
    def repeating(self) -> tuple[Step, ...]:
        """Every step that comes again on a grid, message or not."""
        return tuple(step for step in self.steps if step.repeat is not None and not step.off)

    @cached_property
    def marks(self) -> bool:
        """True when a step of it marks an account."""
        return any(step.effect is Effect.STATUS for step in self.effects)

    @cached_property
    def tells_us(self) -> bool:
        """True when our own people hear of a step."""
        return any(step.audience.ours for step in self.steps)

    @cached_property
    def weighing(self) -> tuple[Step, ...]:
        """Every step that asks how large an item is."""
        return tuple(step for step in self.steps if step.when.weighs_item and not step.off)

    @cached_property
    def requiring(self) -> tuple[Step, ...]:
        """Steps that wait for the delivery of another one."""
        return tuple(step for step in self.steps if step.requires_step and not step.off)

    @cached_property
    def insisting(self) -> tuple[Step, ...]:
        """Every step that waits until another one has really arrived."""
        return tuple(
            step for step in self.steps if step.requires_step and step.adverse in REALLY_DELIVERED and not step.off
        )

    @cached_property
    def climbs_by_dates(self) -> bool:
        """True when its dates and its memory alone say where an item stands on the ladder."""
        return all(step.by_memory for step in self.messages)

    @cached_property
    def counts_from_issue(self) -> bool:
        """True when the ladder looks at the day of the invoice itself."""
        return self.age_basis == "issue" or any(step.early or step.anchor is Anchor.ISSUE for step in self.messages)

    @cached_property
    def by_night(self) -> Memo:
        """What was worked out for nights under it and is the same for many items, of whatever account."""
        return Memo()

    @cached_property
    def leaves_small(self) -> bool:
        """True when small items are left out or set apart."""
        return bool(self.minimum.item.amount or self.minimum.item.percent)

    @cached_property
    def ranks(self) -> dict[int, int]:
        """By level: how many levels above zero lie at or below it. A jump counts these, not numbers between."""
        levels = sorted({step.level for step in self.messages if step.level > 0})
        return {0: 0, **{level: rank for rank, level in enumerate(levels, start=1)}}

    @cached_property
    def by_id(self) -> dict[str, Step]:
        """Every step, and the two words that belong to no ladder: to a punctual payer, and on an old ledger."""
        words = {PUNCTUAL: self.punctual.template if self.punctual else None, STATEMENT: self.activation.statement}
        told = self.messages[0].audience.customer if self.messages else ("ap_contact",)
        beside = {
            key: Step(id=key, offset_days=1, template=template, audience=Audience(customer=told))
            for key, template in words.items()
            if template
        }
        return {**beside, **{step.id: step for step in self.steps}}

    def treated(self, customer: Customer) -> Customer:
        """The customer as this policy sees it."""
        kind = self.treat_as or customer.kind
        return customer if customer.kind is kind else customer.model_copy(update={"kind": kind})

    def step(self, step_id: str) -> Step | None:
        """The step of that id, or None where this version has none."""
        return self.by_id.get(step_id)

    @rule
    def _ladder(self) -> None:
        ids = [PUNCTUAL, STATEMENT, *(step.id for step in self.steps)]
        twice = sorted({i for i in ids if ids.count(i) > 1})
        if twice:
            raise ValueError(f"step ids must differ, found twice: {', '.join(twice)}")
        first = self.messages[0] if self.messages and not self.event_messages else None
        if first is not None and first.anchor in (Anchor.PREVIOUS_NOTICE, Anchor.PREVIOUS_NOTICE_DEADLINE):
            raise ValueError(f"step {first.id!r} is the first message and counts from the one before it")
        for before, after in pairwise(self.messages):
            self._in_order(before, after)
        for step in self.steps:
            self._known(step)
        if self.interest is None and any(step.charge_interest or step.effect is Effect.INTEREST for step in self.steps):
            raise ValueError("a step charges interest, and the policy has no interest terms")
        if self.compensation is None and any(step.charge_compensation for step in self.steps):
            raise ValueError("a step charges compensation, and the policy has no compensation terms")

    def _in_order(self, before: Step, after: Step) -> None:
        """Rules between two neighbours on the message track."""
        if self.advance in ("state", "repeat"):
            return
        comparable = before.anchor is after.anchor and before.by_date and before.when.empty and after.when.empty
        if comparable and after.offset_days <= before.offset_days:
            raise ValueError(
                f"steps out of order: message {after.id!r} at {after.offset_days:+d} comes after "
                f"{before.id!r} at {before.offset_days:+d}; offset_days must rise"
            )
        if after.level < before.level:
            raise ValueError(
                f"steps out of order: level {after.level} of {after.id!r} "
                f"is below level {before.level} of {before.id!r}"
            )

    def _known(self, step: Step) -> None:
        """Each step that another one names exists and is of the right kind."""
        named = step.when.occurrences_of
        of = self.step(named) if named else None
        if named and (of is None or of.repeat is None):
            raise ValueError(f"step {step.id!r}: when.occurrences_of names {named!r}, which is no repeating step")
        for required in step.requires_step:
            other = self.step(required)
            if other is None or other.effect is not Effect.MESSAGE or other.id == step.id:
                raise ValueError(f"step {step.id!r}: requires_step names {required!r}, which is no other message step")
