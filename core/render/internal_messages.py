"""What the mails to our own people say beside the digest, as values in the reader's own format."""

from typing import Literal

from core.render.messages import Brand, ContactLine, MailKind
from core.values import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Internal:
    """What they all share."""

    kind: MailKind
    language: str
    direction: Literal["ltr", "rtl"]
    brand: Brand
    reader: str | None
    as_of: str


@dataclass(frozen=True, slots=True)
class CallRow:
    """One open invoice to speak about."""

    number: str
    due_on: str
    days: int  # past due; negative before
    open: str


@dataclass(frozen=True, slots=True)
class SentRow:
    """One message that the customer has had."""

    on: str
    template: str


@dataclass(frozen=True, slots=True)
class PromiseRow:
    """One promise that the customer has made."""

    number: str
    promised_on: str
    amount: str
    outcome: Literal["open", "passed", "kept", "partly_kept", "broken", "cancelled"]


@dataclass(frozen=True, slots=True, kw_only=True)
class CallTaskMail(Internal):
    """Call a customer: who, why, about what, and what was said before."""

    task_kind: str  # chooses the words of why
    note: str  # "" where there is none
    due_on: str
    customer: str
    customer_id: str
    callees: tuple[ContactLine, ...]  # the best first
    count: int  # open invoices
    total: str  # that is open, one amount a currency, in words
    overdue: str  # of it overdue; "" for nothing
    oldest_days: int
    rows: tuple[CallRow, ...]
    more: int
    more_open: str
    sent: tuple[SentRow, ...]  # the latest first
    promises: tuple[PromiseRow, ...]  # the latest first
    disputed: str  # that is not asked for; "" for nothing
    hardship: bool
    done_command: str


@dataclass(frozen=True, slots=True)
class RunRow:
    """What a run would send in one kind of message."""

    level: int
    template: str
    messages: int
    total: str  # what they ask for


@dataclass(frozen=True, slots=True, kw_only=True)
class AlertMail(Internal):
    """A run that a brake has stopped: that of `as_of`."""

    reason: Literal["most-messages", "more-messages", "more-money", "unusual"]
    found: str  # messages or money of this run; "" where the reason names none
    limit: str  # what is allowed, or usual
    messages: int
    customers: int
    total: str  # what the messages ask for
    rows: tuple[RunRow, ...]  # the loudest first
    show_command: str
    approve_command: str
    reject_command: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ApprovalMail(Internal):
    """A run that is always looked at, that of `as_of`; or something harsh that a person decides."""

    proposal: str  # what is proposed; "" where a run waits
    customer: str  # of a proposal; "" for a run
    customer_id: str
    messages: int  # of a run; 0 for a proposal
    customers: int
    total: str
    rows: tuple[RunRow, ...]  # of a run, the loudest first
    show_command: str
    approve_command: str
    reject_command: str


InternalMail = CallTaskMail | AlertMail | ApprovalMail
