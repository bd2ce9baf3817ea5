"""What an answer to a customer says, as values: a payment, promise, plan or dispute has arrived, or we were wrong.

An answer asks for nothing. Money and dates are written the way the reader writes them, as in core.render.messages.
"""

from typing import Literal

from core.render.messages import Brand, ContactLine, MailKind
from core.values import dataclass


@dataclass(frozen=True, slots=True)
class AnswerRow:
    """One invoice that the answer is about."""

    number: str
    amount: str  # received, promised, in the plan, disputed; of a correction: open now
    rest: str  # what else is open of it


@dataclass(frozen=True, slots=True)
class InstalmentRow:
    """One part of a payment plan."""

    place: int  # 1 is the first
    due_on: str
    amount: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What all answers share."""

    kind: MailKind
    language: str
    direction: Literal["ltr", "rtl"]
    brand: Brand
    reader: str | None  # whom the mail greets
    customer: str
    customer_id: str
    as_of: str
    amounts: tuple[str, ...]  # the sums that the answer is about, one a currency; a correction may have none
    amount: str  # the same in words
    count: int  # invoices that it is about
    rows: tuple[AnswerRow, ...]
    more: int  # invoices beyond the rows ...
    more_amount: str  # ... and their sum; "" where all are shown
    contact: ContactLine
    page_url: str | None
    page_host: str | None
    consumer: bool
    preferences_url: str | None = None  # where the reader says whom to write to, and how; only with a page


@dataclass(frozen=True, slots=True, kw_only=True)
class ThankYouMail(Answer):
    """A payment has arrived."""

    received_on: str
    remains: str  # still open of the invoices that it paid; "" where nothing is


@dataclass(frozen=True, slots=True, kw_only=True)
class PromiseConfirmedMail(Answer):
    """The customer has said when something will be paid."""

    promised_on: str
    paused_until: str  # the last day without reminders about it


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanAgreedMail(Answer):
    """Instalments have taken the place of due dates."""

    agreed_on: str
    instalments: tuple[InstalmentRow, ...]
    instalment_count: int
    more_instalments: int
    more_instalments_amount: str  # "" where all are shown
    first_on: str
    last_on: str
    outside: str  # of the same invoices, in no instalment and due with the last one; "" where all is


@dataclass(frozen=True, slots=True, kw_only=True)
class DisputeReceivedMail(Answer):
    """The customer does not agree with an amount; the contact is the person who looks at it."""

    opened_on: str
    answer_by: str  # "" where no day is set
    rest: str  # of the same invoices, not disputed; "" where all is


@dataclass(frozen=True, slots=True, kw_only=True)
class CorrectionMail(Answer):
    """An earlier message is not to be followed."""

    sent_on: str  # that message
    why: Literal["wrong", "overtaken"]


@dataclass(frozen=True, slots=True)
class TakenBackRow:
    """One charge that is owed no more."""

    number: str  # of its invoice
    amount: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RetractionMail(Answer):
    """Messages that should not have gone out; the rows are their invoices, the amounts what is taken back."""

    sent_on: str
    messages: int
    charges: tuple[TakenBackRow, ...]
    more_charges: int  # beyond those listed ...
    more_charges_amount: str  # ... and their sum; "" where all are listed


AnswerMail = (
    ThankYouMail | PromiseConfirmedMail | PlanAgreedMail | DisputeReceivedMail | CorrectionMail | RetractionMail
)
