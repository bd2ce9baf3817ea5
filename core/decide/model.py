"""What goes into a decision and what comes out of it."""

from collections.abc import Mapping
from dataclasses import field
from datetime import date, datetime
from enum import StrEnum
from typing import NamedTuple

from core.decide.our_side import Announcement, DigestLine, ProposalPlan, TaskPlan
from core.ledger import (
    Approval,
    Contact,
    Credit,
    Customer,
    Dispute,
    Entity,
    Hold,
    Item,
    ItemKind,
    Person,
    Plan,
    Promise,
    Waiver,
)
from core.policy.schema import Policy
from core.policy.steps import Paper
from core.remark import Remark
from core.state import AccountState, DueStep
from core.values import dataclass


@dataclass(frozen=True, slots=True)
class Facts:
    """Everything about one account that a decision reads, as of one moment."""

    customer: Customer
    state: AccountState = field(default_factory=AccountState)
    contacts: tuple[Contact, ...] = ()
    items: tuple[Item, ...] = ()  # open ones
    credits: tuple[Credit, ...] = ()
    disputes: tuple[Dispute, ...] = ()  # closed ones too, while their items are open: `resume` counts from their end
    promises: tuple[Promise, ...] = ()  # ended ones too
    holds: tuple[Hold, ...] = ()  # ended ones too
    plans: tuple[Plan, ...] = ()
    waivers: tuple[Waiver, ...] = ()
    approvals: tuple[Approval, ...] = ()
    remarks: tuple[Remark, ...] = ()  # for messages; they decide nothing
    in_doubt: frozenset[str] = frozenset()  # notice ids that are SENDING or UNKNOWN


@dataclass(frozen=True, slots=True)
class Setting:
    """What an account shares with all others of its entity: configuration, versioned as a whole."""

    entity: Entity
    policy: Policy
    people: tuple[Person, ...] = ()
    deployment: str = "local"  # part of every id, so that two stacks never share one
    policies: Mapping[str, Policy] = field(default_factory=dict)  # those that items name, by name

    @property
    def holidays(self) -> frozenset[date]:
        """Days beside Saturday and Sunday on which nobody works."""
        return self.entity.closed_days


class Reason(StrEnum):
    """Why an item got, or did not get, something tonight. Each has a sentence in core.decide.explain."""

    STEP_DUE = "step_due"
    NOT_YET = "not_yet"  # the next step lies ahead
    SETTLED = "settled"  # not open any more
    UP_TO_DATE = "up_to_date"  # every reached step is done, none lies ahead
    LAPSED = "lapsed"  # an early step's days are over
    TOO_SOON_AFTER_ISSUE = "too_soon_after_issue"
    PAID_BY_CREDIT = "paid_by_credit"  # unlinked credit covers it
    DISPUTED = "disputed"
    PROMISED = "promised"
    ON_HOLD = "on_hold"
    INSOLVENT = "insolvent"
    EXCLUDED = "excluded"  # policy: none
    IN_DOUBT = "in_doubt"  # an earlier notice about it may or may not have gone
    PART_PAID = "part_paid"  # a real part payment a few days ago: no higher level yet
    TOO_SOON = "too_soon"  # min_gap_days since the last message
    TOO_CLOSE = "too_close"  # the next step keeps its distance to the last message, by the policy's options
    NO_SEND_DAY = "no_send_day"  # the reader's window opens only after the next night
    NO_ADDRESS = "no_address"
    BELOW_MINIMUM = "below_minimum"
    NOT_LIVE = "not_live"
    PLANNED = "planned"  # part of an agreed plan of instalments
    SMALL = "small"  # below minimum.item, and the small ones together below minimum.account
    RESUMING = "resuming"  # the days after a hold, dispute or promise that ended
    CHARGE = "charge"  # a fee or interest: never the reason to write
    NO_LADDER = "no_ladder"  # advance: none
    COVERED = "gate"  # unapplied credit outweighs what is due
    NOT_DELIVERED = "not_delivered"  # a required step has not arrived, or too recently
    NOT_APPROVED = "not_approved"  # waits for a person
    STALE = "stale"  # ledger or bank data are too old for an adverse step
    MOST_ATTEMPTS = "most_attempts"  # max_attempts, max_notices
    TOO_OLD = "too_old"  # an old ledger: so old that a person decides
    NOT_RELEASED = "not_released"  # an old ledger: its day in the ramp has not come
    IMMATERIAL = "immaterial"  # too small a part of what is overdue for an adverse step
    HARDSHIP = "hardship"  # no fees, no credit hold, no threats
    RETRACTED = "retracted"  # the run that wanted it was taken back


class Check(NamedTuple):
    """One rule that was tried on an item."""

    rule: str
    passed: bool
    fact: str  # the figures used, in a few words; no personal data


class Verdict(NamedTuple):  # made for every item: a frozen dataclass takes three times as long to make
    """What was decided for one item, and why."""

    item: str
    number: str
    days_past_due: int
    dunnable_minor: int
    currency: str
    reason: Reason
    step: str | None = None  # the message step due tonight
    superseded: tuple[str, ...] = ()  # earlier message steps that will now never go out
    next_check_on: date | None = None
    checks: tuple[Check, ...] = ()


class Line(NamedTuple):
    """One item as a message shows it; netting lines kept apart so that the reader can follow the sum."""

    item: str
    number: str
    issued_on: date
    due_on: date
    days_past_due: int
    currency: str
    original_minor: int
    open_minor: int  # what the ledger says is open
    withheld_minor: int  # disputed or promised, not asked for here
    credit_minor: int  # unlinked credit used on it
    due_minor: int  # what is asked for: open - withheld - credit
    debtor: str | None = None  # the company that owes it, where a parent is written to
    pay_url: str | None = None  # where the seller's own system lets it be paid
    owed_by: str | None = None  # id of that company's customer record


@dataclass(frozen=True, slots=True)
class Charge:
    """A fee, late interest or compensation on one invoice."""

    id: str  # the item under which it is posted: the same cause gives the same id
    item: str  # the invoice
    number: str  # of the invoice
    kind: ItemKind
    currency: str
    minor: int
    step: str = ""  # that charges it; empty for one that stands on the account already
    new: bool = False  # posted by this very message when it is accepted, or by this decision
    of_message: bool = False  # once for the whole message, though it stands on one invoice


@dataclass(frozen=True, slots=True)
class Occasion:
    """What a message is about that no date set off: a broken promise, a missed instalment, a balance over its limit."""

    currency: str
    minor: int  # promised, missed, or open on the account
    on: date | None = None  # the day that was promised or agreed
    limit_minor: int | None = None  # the agreed limit of a balance


@dataclass(frozen=True, slots=True)
class Recipient:
    """One customer-side reader of a message."""

    contact: str  # Contact id, or "" for the customer's own address
    role: str
    name: str | None
    email: str
    language: str
    zone: str
    phone: str = ""  # of a text message, which needs no address

    @property
    def reached_at(self) -> str:
        """What the contact budget and the health of an address count by."""
        return self.phone or self.email


@dataclass(frozen=True, slots=True)
class NoticePlan:
    """One message to one account, ready to be written down: nothing in it is formatted yet."""

    id: str
    group: str
    level: int  # the tone, by materiality
    template: str  # of that tone
    step: str  # the highest step due tonight: its audience receives
    steps: tuple[DueStep, ...]
    overdue: tuple[Line, ...]  # every overdue dunnable item of the group, oldest first
    coming_due: tuple[Line, ...]  # not yet due, with a step tonight
    credits: Mapping[str, int]  # unlinked credit that was used, by currency
    recipients: tuple[Recipient, ...]
    not_before: datetime  # UTC; inside the reader's hours
    as_of: date
    charges: tuple[Charge, ...] = ()  # on the invoices listed: those that stand, and those that come with the message
    pay_by: date | None = None  # the deadline that the message names
    occasion: Occasion | None = None  # of an event step: names it in the message; None: said in general words
    channel: str = "email"
    sender: str | None = None  # our role in whose name it goes out
    copies: tuple[str, ...] = ()  # addresses of our own people who stand in the mail itself
    attach: tuple[Paper, ...] = ()  # files that the policy wants with the mail
    archive: bool = False  # the mail is kept as a letter
    copy_of: str | None = None  # the parent who was written to, where this is the subsidiary's copy

    @property
    def by_post(self) -> bool:
        """True where nobody can be reached at a distance: a letter to the company stands in for the mail."""
        return not any(reader.reached_at for reader in self.recipients)

    @property
    def of_subsidiaries(self) -> dict[str, tuple[str, ...]]:
        """The listed items that another company owes, by the id of that customer."""
        found: dict[str, tuple[str, ...]] = {}
        for line in (*self.overdue, *self.coming_due):
            if line.owed_by is not None:
                found[line.owed_by] = (*found.get(line.owed_by, ()), line.item)
        return found

    @property
    def totals(self) -> dict[str, int]:
        """What is asked for, in minor units by currency, charges included; coming-due items are not part of it."""
        sums: dict[str, int] = {}
        for line in self.overdue:
            sums[line.currency] = sums.get(line.currency, 0) + line.due_minor
        for charge in self.charges:
            sums[charge.currency] = sums.get(charge.currency, 0) + charge.minor
        return sums


@dataclass(frozen=True, slots=True)
class NoticeCancel:
    """An unsent notice that is not wanted any more."""

    id: str
    group: str
    reason: Reason


@dataclass(frozen=True, slots=True)
class Held:
    """A reached step without message that was not done tonight, for `why`."""

    item: str
    step: str
    reason: Reason
    again_on: date | None  # None: only an event changes it


class Decision(NamedTuple):
    """Everything that tonight means for one account."""

    as_of: date
    policy: str
    policy_version: int
    state: AccountState  # the memory to commit
    verdicts: tuple[Verdict, ...]
    next_check_on: date | None
    done: tuple[DueStep, ...] = ()  # steps without message that were done tonight
    notices: tuple[NoticePlan, ...] = ()
    cancels: tuple[NoticeCancel, ...] = ()
    tasks: tuple[TaskPlan, ...] = ()
    closed_tasks: tuple[str, ...] = ()
    digest: tuple[DigestLine, ...] = ()
    charges: tuple[Charge, ...] = ()  # posted by this decision, not by a message
    proposals: tuple[ProposalPlan, ...] = ()
    withdrawn: tuple[str, ...] = ()  # proposals whose cause has gone
    announcements: tuple[Announcement, ...] = ()
    held: tuple[Held, ...] = ()
