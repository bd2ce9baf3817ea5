"""What each mail says, as values: money and dates are already written the way the reader writes them.

Templates see these fields and nothing else; day counts and numbers of invoices stay numbers, for plural forms.
"""

from enum import StrEnum
from typing import Final, Literal

from core.values import dataclass


class MailKind(StrEnum):
    """The messages: those that a policy names, answers to what a customer did, and those to our own people."""

    WELCOME_TERMS = "welcome-terms"
    STATEMENT = "statement"
    DONATION = "donation"
    FRIENDLY = "friendly"
    DUE_TODAY = "due-today"
    REMINDER = "reminder"
    SECOND_REMINDER = "second-reminder"
    THIRD_REMINDER = "third-reminder"
    WARNING = "warning"
    DELINQUENT = "delinquent"
    DAILY_REMINDER = "daily-reminder"
    FINAL_NOTICE = "final-notice"
    DEFAULT_NOTICE = "default-notice"
    PROMISE_BROKEN = "promise-broken"
    INSTALMENT_MISSED = "instalment-missed"
    BALANCE_OVER_LIMIT = "balance-over-limit"
    THANK_YOU = "thank-you"
    PROMISE_CONFIRMED = "promise-confirmed"
    PLAN_AGREED = "plan-agreed"
    DISPUTE_RECEIVED = "dispute-received"
    CORRECTION = "correction"
    RETRACTION = "retraction"
    DIGEST = "digest"
    CALL_TASK = "call-task"
    ALERT = "alert"
    APPROVAL = "approval"


ANSWERS: Final = (
    MailKind.THANK_YOU,
    MailKind.PROMISE_CONFIRMED,
    MailKind.PLAN_AGREED,
    MailKind.DISPUTE_RECEIVED,
    MailKind.CORRECTION,
    MailKind.RETRACTION,
)  # to what a customer did; they ask for nothing
INTERNAL: Final = (MailKind.DIGEST, MailKind.CALL_TASK, MailKind.ALERT, MailKind.APPROVAL)  # to our own people
OF_POLICIES: Final = tuple(kind for kind in MailKind if kind not in (*ANSWERS, *INTERNAL))  # templates of their steps


@dataclass(frozen=True, slots=True)
class Brand:
    """Who writes: name, colours, address and legal lines of the legal entity."""

    name: str
    color: str  # #rrggbb
    ink: str  # text colour that is readable on it
    logo_url: str | None
    address: tuple[str, ...]
    legal_lines: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ContactLine:
    """The human whom the reader can ask."""

    name: str
    email: str | None
    phone: str | None
    phone_digits: str | None  # for a tel: link


@dataclass(frozen=True, slots=True)
class BankLine:
    """One account to pay into."""

    holder: str
    bank: str | None
    iban: str | None  # in groups of four
    account: str | None
    bic: str | None
    currency: str | None
    reference: str | None = None  # a structured one for this account, as printed: "RF18 5390 0754 7034"


@dataclass(frozen=True, slots=True)
class PayWay:
    """A way to pay beside transfer and page, as the country uses it: UPI and the like."""

    name: str  # proper name, the same in every language
    value: str  # the address to pay to, in words
    url: str | None = None  # opens the payer's own program with everything filled in


@dataclass(frozen=True, slots=True)
class Action:
    """A signed link for one thing that the reader may want to do; opening it changes nothing yet."""

    what: Literal["pay", "promise", "plan", "dispute", "paid", "wrong-person"]
    url: str


@dataclass(frozen=True, slots=True)
class Note:
    """Words of one of our own people for this account, shown in a block of their own; plain text."""

    lines: tuple[str, ...]
    author: str


@dataclass(frozen=True, slots=True)
class Part:
    """One line of the sum that leads to what is asked for; deductions carry their minus sign."""

    what: Literal["invoiced", "paid", "open", "credit", "withheld"]
    amount: str


@dataclass(frozen=True, slots=True)
class Row:
    """One invoice in a table."""

    number: str
    debtor: str | None  # the company that owes it, where another one is written to
    due_on: str
    days: int  # overdue, or until due in a table of coming items
    parts: tuple[Part, ...]  # empty when the whole original amount is asked for
    due: str
    pay_url: str | None = None  # pays this one invoice


@dataclass(frozen=True, slots=True)
class ChargeRow:
    """A fee, late interest or a fixed compensation."""

    what: Literal["fee", "interest", "compensation"]
    number: str  # of the invoice; "" where it belongs to no single one
    amount: str
    new: bool  # charged by this very message; else it stood on the account before


@dataclass(frozen=True, slots=True)
class CurrencyTable:
    """Invoices of one currency; amounts of two currencies are never added."""

    currency: str
    rows: tuple[Row, ...]
    more: int  # invoices beyond the rows ...
    more_due: str  # ... and what is asked for them; "" where all are shown
    parts: tuple[Part, ...]  # the same sum for the whole table
    principal: str  # what is asked for the invoices
    charges: tuple[ChargeRow, ...]  # the new ones first
    more_charges: int  # charges beyond those ...
    more_charges_due: str  # ... and their sum; "" where all are shown
    charges_total: str  # "" where nothing was charged
    total: str  # invoices and charges


@dataclass(frozen=True, slots=True)
class CustomerMail:
    """A message to a customer about invoices past due or about to fall due."""

    kind: MailKind  # chooses the words: those of the template, or softer ones
    language: str
    direction: Literal["ltr", "rtl"]
    brand: Brand
    reader: str | None  # whom the mail greets
    customer: str
    customer_id: str
    as_of: str
    asked: tuple[str, ...]  # the sums that the message is about, one a currency
    asked_total: str  # the same in words
    pay_by: str  # the deadline, or "" where none is set
    occasion_on: str  # the promised or agreed day, ...
    occasion_amount: str  # ... the amount promised, missed or open on the account, ...
    occasion_limit: str  # ... and the agreed limit of the balance; each "" where it is not known
    terms_days: int  # from invoice to due date, where that is the same for all coming items; else 0
    overdue: tuple[CurrencyTable, ...]
    overdue_count: int
    overdue_total: str  # one amount a currency, in words: "10 € and 5 $"
    charges_total: str  # the fees and interest within the overdue total, or ""
    charged_now: str  # those of them that come with this message, or ""
    oldest_days: int
    coming: tuple[CurrencyTable, ...]
    coming_count: int
    coming_total: str
    coming_on: str  # the first due date among them, or "" where there is none
    reference: str  # what to quote with a payment
    bank: tuple[BankLine, ...]
    contact: ContactLine
    page_url: str | None
    page_host: str | None
    hardship: bool
    consumer: bool
    actions: tuple[Action, ...] = ()  # empty while the entity has no page: then a reply or a call does it
    preferences_url: str | None = None  # where the reader says whom to write to, and how
    ways: tuple[PayWay, ...] = ()
    qr: str | None = None  # content id of the transfer code that comes with the mail
    note: Note | None = None
    attached: tuple[Literal["letter", "statement-pdf", "statement-csv"], ...] = ()
    recorded: bool = True  # the policy marks accounts; else no words say that this one is marked
    copy_of: str = ""  # who was sent this message, where the reader gets a copy of its own part; else ""


@dataclass(frozen=True, slots=True)
class DigestRow:
    """One invoice in our own people's digest."""

    number: str
    days: int  # past due; negative before
    to_pay: str  # what the customer is asked for
    open: str  # empty where that is the same


@dataclass(frozen=True, slots=True)
class DigestCustomer:
    """One customer within a step."""

    name: str
    id: str
    total: str
    rows: tuple[DigestRow, ...]


@dataclass(frozen=True, slots=True)
class DigestSection:
    """Everything that one step did tonight."""

    effect: str  # of the step: message, task, status ...
    what: str  # template, kind of task, status or proposal; the step's id where unknown
    customers: tuple[DigestCustomer, ...]
    customer_count: int
    count: int  # invoices
    total: str
    more: int  # invoices that are not listed
    more_total: str


@dataclass(frozen=True, slots=True)
class DigestMail:
    """What the night decided, for one of our own people."""

    kind: MailKind
    language: str
    direction: Literal["ltr", "rtl"]
    brand: Brand
    reader: str | None
    as_of: str
    roles: tuple[str, ...]
    customer_count: int
    count: int
    total: str
    tasks: int  # customers for whom there is work to do
    sections: tuple[DigestSection, ...]
