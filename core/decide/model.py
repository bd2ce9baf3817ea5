"""What goes into a decision and what comes out of it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum

from core.ledger import Contact, Credit, Customer, Dispute, Entity, Hold, Item, Person, Promise
from core.policy.schema import Policy
from core.state import AccountState, DueStep


@dataclass(frozen=True, slots=True)
class Facts:
    """Everything about one account that a decision reads, as of one moment."""

    customer: Customer
    state: AccountState = field(default_factory=AccountState)
    contacts: tuple[Contact, ...] = ()
    items: tuple[Item, ...] = ()  # open ones
    credits: tuple[Credit, ...] = ()
    disputes: tuple[Dispute, ...] = ()
    promises: tuple[Promise, ...] = ()
    holds: tuple[Hold, ...] = ()
    in_doubt: frozenset[str] = frozenset()  # notice ids that are SENDING or UNKNOWN


@dataclass(frozen=True, slots=True)
class Setting:
    """What an account shares with all others of its entity: configuration, versioned as a whole."""

    entity: Entity
    policy: Policy
    people: tuple[Person, ...] = ()
    deployment: str = "local"  # part of every id, so that two stacks never share one


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
    NO_SEND_DAY = "no_send_day"  # the reader's window opens only after the next night
    NO_ADDRESS = "no_address"
    BELOW_MINIMUM = "below_minimum"
    NOT_LIVE = "not_live"


@dataclass(frozen=True, slots=True)
class Check:
    """One rule that was tried on an item."""

    rule: str
    passed: bool
    fact: str  # the figures used, in a few words; no personal data


@dataclass(frozen=True, slots=True)
class Verdict:
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


@dataclass(frozen=True, slots=True)
class Line:
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


@dataclass(frozen=True, slots=True)
class Recipient:
    """One customer-side reader of a message."""

    contact: str  # Contact id, or "" for the customer's own address
    role: str
    name: str | None
    email: str
    language: str
    zone: str


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

    @property
    def totals(self) -> dict[str, int]:
        """What is asked for, in minor units by currency; coming-due items are not part of it."""
        sums: dict[str, int] = {}
        for line in self.overdue:
            sums[line.currency] = sums.get(line.currency, 0) + line.due_minor
        return sums


@dataclass(frozen=True, slots=True)
class NoticeCancel:
    """An unsent notice that is not wanted any more."""

    id: str
    group: str
    reason: Reason


@dataclass(frozen=True, slots=True)
class TaskPlan:
    """Work for one of our own people, one per account and step, with the items that caused it."""

    id: str
    kind: str
    step: str
    items: tuple[str, ...]
    owner_role: str
    owner: str | None  # Person id; None: nobody has the role
    due_on: date
    note: str = ""


@dataclass(frozen=True, slots=True)
class DigestLine:
    """One line of tonight's digest for one of our own people."""

    key: str  # item + step + occurrence + role: the same line is never told twice
    person: str
    role: str
    step: str
    item: str
    number: str
    days_past_due: int
    currency: str
    open_minor: int
    kind: str  # message | task | status | notify


@dataclass(frozen=True, slots=True)
class Decision:
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
