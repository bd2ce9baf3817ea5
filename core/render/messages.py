"""What each mail says, as values: money and dates are already written the way the reader writes them.

Templates see these fields and nothing else; day counts and numbers of invoices stay numbers, for plural forms.
"""

from dataclasses import dataclass
from enum import StrEnum
from typing import Literal


class MailKind(StrEnum):
    """The messages; a policy names the first five as the template of a step."""

    FRIENDLY = "friendly"
    REMINDER = "reminder"
    WARNING = "warning"
    DELINQUENT = "delinquent"
    DAILY_REMINDER = "daily-reminder"
    DIGEST = "digest"


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


@dataclass(frozen=True, slots=True)
class CurrencyTable:
    """Invoices of one currency; amounts of two currencies are never added."""

    currency: str
    rows: tuple[Row, ...]
    more: int  # invoices beyond the rows ...
    more_due: str  # ... and what is asked for them; "" where all are shown
    parts: tuple[Part, ...]  # the same sum for the whole table
    total: str


@dataclass(frozen=True, slots=True)
class CustomerMail:
    """A message to a customer about invoices past due or about to fall due."""

    kind: MailKind  # chooses the words; friendly in hardship, and while nothing is overdue
    language: str
    direction: Literal["ltr", "rtl"]
    brand: Brand
    reader: str | None  # whom the mail greets
    customer: str
    customer_id: str
    as_of: str
    overdue: tuple[CurrencyTable, ...]
    overdue_count: int
    overdue_total: str  # one amount a currency, in words: "10 € and 5 $"
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


@dataclass(frozen=True, slots=True)
class DigestRow:
    """One invoice in our own people's digest."""

    number: str
    days: int  # past due; negative before
    open: str


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

    effect: str  # message | task | status | notify
    what: str  # template, kind of task or status; the step's id where unknown
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
