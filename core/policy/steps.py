"""One row of a policy: the day on which it is reached, whom it tells, and what it does."""

from datetime import timedelta
from enum import StrEnum
from functools import cached_property
from typing import Annotated, Final, Literal

from core.frozen import Frozen, Limit, field, rule
from core.policy.charges import Fee
from core.policy.conditions import When


class Effect(StrEnum):
    """What a step does when an item reaches it."""

    MESSAGE = "message"  # a mail or letter to the customer
    NOTIFY = "notify"  # a line in the digest of our own people, nothing else
    TASK = "task"  # work for one of our own people
    FEE = "fee"  # a fee posted without a message
    INTEREST = "interest"  # late interest posted without a message
    CREDIT_HOLD = "credit_hold"  # no new orders on credit
    STATUS = "status"  # a mark on the account
    PROPOSAL = "proposal"  # something harsh that a person decides


Channel = Literal["email", "letter", "sms", "whatsapp"]
TEXTS: Final = frozenset({"sms", "whatsapp"})  # reach a telephone, and only one whose owner has agreed
Paper = Literal["letter", "statement-pdf", "statement-csv"]  # files that go with a mail


class Scope(StrEnum):
    """Whether a step happens for each item, or once for the whole account."""

    ITEM = "item"
    ACCOUNT = "account"


class Anchor(StrEnum):
    """The day from which `offset_days` counts."""

    DUE = "due"
    ISSUE = "issue"
    PREVIOUS_NOTICE = "previous_notice"  # the day on which the last message about the item was accepted
    PREVIOUS_NOTICE_DEADLINE = "previous_notice_deadline"  # the day by which that message asked to pay
    OLDEST_UNPAID_DUE = "oldest_unpaid_due"  # of the whole account
    EVENT = "event"


class Event(StrEnum):
    """What may start a step besides a date."""

    NEW_INVOICE = "new_invoice"
    BALANCE_OVER_LIMIT = "balance_over_limit"  # when.account_balance names the limit
    PROMISE_BROKEN = "promise_broken"
    INSTALMENT_MISSED = "instalment_missed"
    PAYMENT_RECEIVED = "payment_received"  # a part payment


class Adverse(StrEnum):
    """Kinds of step that hurt the customer: each needs a delivered step before it."""

    FEE = "fee"
    CREDIT_HOLD = "credit_hold"
    FINAL_NOTICE = "final_notice"
    DEFAULT_NOTICE = "default_notice"
    LEGAL = "legal"
    AGENCY = "agency"
    DISCONNECT = "disconnect"


_BY_PERSON: Final = frozenset(
    {Adverse.CREDIT_HOLD, Adverse.LEGAL, Adverse.DISCONNECT, Adverse.AGENCY, Adverse.DEFAULT_NOTICE}
)
# Accepted and silent for three days is not enough for these: a real delivery, or a person's word.
REALLY_DELIVERED: Final = frozenset({Adverse.FINAL_NOTICE, Adverse.LEGAL, Adverse.AGENCY})


class Audience(Frozen):
    """Who hears of a step, by role; each side is empty when nobody there does."""

    customer: tuple[str, ...] = ()
    ours: tuple[str, ...] = ()
    copy_ours: bool = field(default=False, written="copy")  # our people stand in the mail itself, besides the digest


class Repeat(Frozen):
    """A step that comes again: occurrences lie on the grid start + k * every_days."""

    every_days: Annotated[int, Limit(ge=1)]
    until_dpd: int | None = None  # last day past due of the range, inclusive; None: until settled
    max: Annotated[int, Limit(ge=1)] | None = None  # most occurrences of one clock; None: no limit
    scope: Scope = Scope.ACCOUNT


class Step(Frozen):
    """One row of the policy."""

    id: Annotated[str, Limit(pattern=r"^[a-z0-9][a-z0-9-]{0,15}$")]
    offset_days: int  # days after the anchor (before it: negative) at or past which an item has reached the step
    anchor: Anchor = Anchor.DUE
    event: Event | None = None  # with anchor event: which one
    op: Literal[">=", ">"] = ">="  # ">" is reached one day later: strictly more days
    end_of_month: bool = False  # after the offset: the last day of that month
    effect: Effect = Effect.MESSAGE
    level: Annotated[int, Limit(ge=0, le=9)] = 0
    template: str | None = None  # which message; needed by a message step
    channel: Channel = "email"  # a text message becomes a mail where no reader has agreed to texts
    attach: tuple[Paper, ...] = ()  # to the mail: itself as a letter, its whole list; a list cut short brings its own
    archive: bool = False  # the mail is kept as a letter (PDF)
    sender: str | None = None  # our role in whose name it goes out; None: the entity's contact person
    audience: Audience = Audience()
    repeat: Repeat | None = None
    valid_until_dpd: int | None = None  # last day on which an early step still makes sense; default 0 for offset <= 0
    min_days_after_issue: Annotated[int, Limit(ge=0)] = 5  # early steps only: too soon after the invoice itself
    when: When = When()
    scope: Scope = Scope.ITEM
    task: str | None = None  # kind of work, for a task step
    status: str | None = None  # the mark, for a status step
    proposal: str | None = None  # what a person is asked to decide, for a proposal step
    notice_due_days: Annotated[int, Limit(ge=0)] | None = None  # the message asks to pay this many days later
    fee: Fee | None = None  # for each item that the step raises
    document_fee: Fee | None = None  # once for the message, that of its highest level
    charge_interest: bool = False  # late interest up to the day of the message, by the policy's terms
    charge_compensation: bool = False  # the fixed sum of the law, once an invoice, ever
    adverse: Adverse | None = None
    needs_approval: bool | None = None  # None: true for what a person must decide, by `adverse`
    requires_step: tuple[str, ...] = ()  # one of them delivered before this one
    requires_days: Annotated[int, Limit(ge=0)] = 3  # ... at least this long ago
    off: bool = False  # shipped switched off: kept for the reader, never reached

    @cached_property
    def offset(self) -> timedelta:
        """The days of the offset, as dates count them."""
        return timedelta(days=self.offset_days)

    @cached_property
    def asks_nothing(self) -> bool:
        """True for a step that is done for whatever has reached it, once."""
        return self.when.empty and self.repeat is None and self.valid_until_dpd is None

    @cached_property
    def lasts(self) -> bool:
        """True for a step that holds whatever has reached it for good: no conditions, no last day, no repeats."""
        return self.when.empty and self.repeat is None and self.last_valid_dpd is None

    @cached_property
    def day_moves(self) -> bool:
        """True when its day is not just the offset from its anchor."""
        return self.end_of_month or self.op == ">" or (self.early and self.effect is Effect.MESSAGE)

    @cached_property
    def by_date(self) -> bool:
        """True for a step that counts from a date of the item itself, before or after it."""
        return self.anchor in (Anchor.DUE, Anchor.ISSUE)

    @cached_property
    def by_memory(self) -> bool:
        """True when nothing but an item's own dates and memory says whether a message may go, clocks aside."""
        free = not self.requires_step and self.adverse is None and self.needs_approval is None
        return free and self.when.empty and self.anchor not in (Anchor.OLDEST_UNPAID_DUE, Anchor.EVENT)

    @cached_property
    def early(self) -> bool:
        """True for a step before or on the due date."""
        return self.anchor is Anchor.DUE and self.offset_days <= 0 and self.op == ">=" and not self.end_of_month

    @cached_property
    def last_valid_dpd(self) -> int | None:
        """Last day past due on which the step may still go out; None when it never lapses."""
        if self.valid_until_dpd is not None:
            return self.valid_until_dpd
        return 0 if self.early else None

    @cached_property
    def charges(self) -> bool:
        """True for a step that makes being late cost something."""
        return (self.fee, self.document_fee) != (None, None) or self.charge_interest or self.charge_compensation

    @cached_property
    def approval(self) -> bool:
        """True when a person must agree first."""
        return self.adverse in _BY_PERSON if self.needs_approval is None else self.needs_approval

    @rule
    def _complete(self) -> None:
        for what, missing in self._gaps():
            if missing:
                raise ValueError(f"step {self.id!r}: {what}")

    def _gaps(self) -> tuple[tuple[str, bool], ...]:
        """Each rule within one step, and whether it is broken."""
        message, ours = self.effect is Effect.MESSAGE, bool(self.audience.ours)
        repeat = self.repeat
        fees = self.charges
        return (
            ("a message step needs a template", message and not self.template),
            ("a message step needs audience.customer", message and not self.audience.customer),
            (
                "a task step needs task and audience.ours, the first of whom owns it",
                self.effect is Effect.TASK and not (self.task and ours),
            ),
            ("a status step needs status", self.effect is Effect.STATUS and not self.status),
            (
                "a proposal step needs proposal and audience.ours, the first of whom decides",
                self.effect is Effect.PROPOSAL and not (self.proposal and ours),
            ),
            (
                "a step that needs approval needs audience.ours, the first of whom decides",
                self.approval and not ours,
            ),
            ("anchor event and event go together", (self.anchor is Anchor.EVENT) != (self.event is not None)),
            (
                "balance_over_limit needs when.account_balance, the limit",
                self.event is Event.BALANCE_OVER_LIMIT and not self.when.account_balance,
            ),
            ("a fee step needs fee", self.effect is Effect.FEE and self.fee is None),
            (
                "a credit hold is adverse: credit_hold",
                self.effect is Effect.CREDIT_HOLD and self.adverse is not Adverse.CREDIT_HOLD,
            ),
            ("an adverse step names the requires_step before it", self.adverse is not None and not self.requires_step),
            (
                "only a message or a task after the due date can repeat",
                repeat is not None and (self.effect not in (Effect.MESSAGE, Effect.TASK) or self.early),
            ),
            (
                "fees and interest belong to message, fee and interest steps",
                fees and self.effect not in (Effect.MESSAGE, Effect.FEE, Effect.INTEREST),
            ),
            (
                "attach and archive belong to a message by mail",
                bool(self.attach or self.archive) and (not message or self.channel != "email"),
            ),
            (
                "a text message says nothing adverse and charges nothing: it has no room to explain, and no receipt",
                self.channel in TEXTS and (self.adverse is not None or fees),
            ),
            ("a level belongs to a message step", self.level > 0 and self.effect is not Effect.MESSAGE),
        )
