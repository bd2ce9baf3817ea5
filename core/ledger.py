"""What is stored about a company, its customers and what they owe. Values only; no rule lives here.

Money is whole minor units beside an ISO 4217 code; dates are the entity's local dates.
"""

from datetime import date
from enum import StrEnum
from functools import cached_property
from typing import Annotated, Literal

from core.cash.rules import CashRules
from core.frozen import Frozen, Limit, field
from core.warm_up import LIMITS


class CustomerKind(StrEnum):
    """Whose debt it is; consumers get no business compensation and nothing harsh without a person."""

    BUSINESS = "business"
    CONSUMER = "consumer"
    PUBLIC = "public"


class ChaseAt(StrEnum):
    """Whose account the items of a subsidiary are chased on."""

    SELF = "self"
    PARENT = "parent"
    BOTH = "both"  # the parent's message counts; the subsidiary gets a copy of what is its own


class ItemKind(StrEnum):
    """What an open item is; limits, levels and tone look at principal only."""

    INVOICE = "invoice"
    INSTALMENT = "instalment"  # of an agreed plan, or of the invoice's own terms
    FEE = "fee"
    INTEREST = "interest"
    COMPENSATION = "compensation"

    def __init__(self, name: str) -> None:
        #: True for what was sold; false for what was charged for being late.
        self.principal = name in ("invoice", "instalment")


class BankAccount(Frozen):
    """Where customers pay to, printed in every message."""

    holder: str
    iban: str | None = None
    bic: str | None = None
    account: str | None = None  # outside IBAN countries
    bank: str | None = None
    currency: str | None = None  # None: for every currency
    reference: Literal["rf", "swiss", "belgian"] | None = None  # what a payer is given to quote; None: numbers alone


class Person(Frozen):
    """One of our own people, found by role; an entity or a customer may name who fills a role for them."""

    id: str
    name: str
    email: str | None = None
    phone: str | None = None
    language: str | None = None
    roles: tuple[str, ...] = ()
    entities: tuple[str, ...] = ()  # empty: every entity


class SendHours(Frozen):
    """The reader's local hours in which a message may leave: from <= time < until."""

    start: str = "08:00"
    until: str = "18:00"


class Entity(Frozen):
    """A legal entity that sells and is owed (NetSuite: subsidiary)."""

    id: str
    name: str
    zone: str = "UTC"  # IANA name; the entity's day counts days past due
    run_hour: Annotated[int, Limit(ge=0, le=23)] = 6  # local hour from which the night may run
    country: str | None = None
    language: str = "en"
    policy: str = "machinery-manufacturer"
    sender: str = ""  # From address, on the verified domain
    contact_person: str = ""  # Person id: the named human whom customers can reach, and Reply-To
    brand_color: str = "#1f4e79"
    logo_url: str | None = None
    address: tuple[str, ...] = ()
    legal_lines: tuple[str, ...] = ()
    bank_accounts: tuple[BankAccount, ...] = ()
    pay_invoice_url: str | None = None  # https address that pays one invoice, with {number}, {item} and {customer}
    pay_account_url: str | None = None  # the same for all that a customer owes, with {customer}
    pay_addresses: dict[str, str] = field(default_factory=dict)  # local way to pay, such as upi -> our address there
    mail_qr: bool = False  # a mail shows the transfer as a code to scan
    send_hours: SendHours = SendHours()
    warm_up: tuple[Annotated[int, Limit(ge=1)], ...] = LIMITS  # mails on a new sender's first days; empty: no limit
    holidays: tuple[date, ...] = ()  # beside Saturday and Sunday; none said: those of the country
    page_url: str | None = None
    reply_domain: str | None = None
    sms_sender: str | None = None  # whom text messages come from, at AWS End User Messaging; None: none go out
    whatsapp_sender: str | None = None  # the same for WhatsApp: the id of the phone number
    live: bool = False  # nothing is sent before go-live
    currency: str | None = None  # in which amounts of a currency without a limit of its own are compared
    rates: dict[str, str] = field(default_factory=dict)  # of this month: one unit of a currency in the entity's own
    cash: CashRules = CashRules()  # what of the bank's entries is applied without a person
    ledger_as_of: date | None = None  # the day up to which the ledger is known to be complete; None: not watched
    bank_as_of: date | None = None  # the same of the bank's data

    @cached_property
    def closed_days(self) -> frozenset[date]:
        """The holidays, to look one up in."""
        return frozenset(self.holidays)

    @property
    def runs_after_hours(self) -> bool:
        """True when a night runs so late that what it decides leaves on the day after."""
        return f"{self.run_hour:02}:00" >= self.send_hours.until


class Customer(Frozen):
    """Who buys and owes; with an entity it forms an account."""

    id: str
    name: str
    email: str | None = None
    language: str | None = None
    country: str | None = None
    currency: str | None = None
    zone: str | None = None
    parent: str | None = None
    kind: CustomerKind = CustomerKind.BUSINESS
    policy: str | None = None
    hardship: bool = False
    insolvent: bool = False
    segments: tuple[str, ...] = ()
    chase_at: ChaseAt = ChaseAt.SELF
    team: dict[str, str] = field(default_factory=dict)  # our role -> Person id, nearest wins over Person.roles
    address: tuple[str, ...] = ()  # postal, line by line as an envelope shows it below the name; empty: not known


TextChannel = Literal["sms", "whatsapp"]


class Contact(Frozen):
    """A person or mailbox on the customer's side, found by role."""

    id: str
    customer: str
    name: str | None = None
    email: str | None = None
    phone: str | None = None
    roles: tuple[str, ...] = ("ap_contact",)
    language: str | None = None
    zone: str | None = None
    off: str | None = None  # why this address is not written to any more; None: it may be
    texts: tuple[TextChannel, ...] = ()  # text messages that the person has agreed to get on the phone


class PartPayment(Frozen):
    """A payment or credit that left an item open, by the day it was recorded (not its value date)."""

    id: str
    recorded_on: date
    minor: int


class Item(Frozen):
    """An open invoice or instalment. `open_minor` already has payments and linked credits off."""

    id: str
    customer: str
    number: str
    issued_on: date
    due_on: date
    currency: str
    original_minor: int
    open_minor: int
    part_payments: tuple[PartPayment, ...] = ()  # those already off `open_minor`, of this cycle
    disputed_all: bool = False  # the ledger says "disputed" without an amount
    department: str | None = None
    policy: str | None = None  # "none" excludes the item
    debtor: str | None = None  # the company that owes it, where a parent is chased
    owed_by: str | None = None  # id of that company's customer record
    cycle: int = 0
    kind: ItemKind = ItemKind.INVOICE
    of: str | None = None  # the item that a fee or interest was charged for
    rate: str | None = None  # one unit of its currency in the entity's own, as the ledger names it
    pay_url: str | None = None  # where the seller's own system lets this one invoice be paid
    paid_days: dict[str, date] | None = None  # of part payments heard of later: the day on which they came


class CreditKind(StrEnum):
    """Money of the customer that is linked to no item."""

    PAYMENT = "payment"
    CREDIT_NOTE = "credit_note"


class Credit(Frozen):
    """An unlinked credit note or unapplied cash; `open_minor` is what is left of it."""

    id: str
    kind: CreditKind
    currency: str
    open_minor: int
    booked_on: date
    approved: bool = True  # a credit note that waits for its approval counts by the policy's `credit_notes`
    heard_on: date | None = None  # where that was later than it was booked

    @property
    def recorded_on(self) -> date:
        """The day from which it counts as news; what it is worth counts from the other one."""
        return self.heard_on or self.booked_on


class Dispute(Frozen):
    """The customer contests an amount of one item; None contests whatever is open."""

    id: str
    item: str
    amount_minor: int | None = None
    credited_minor: int = 0  # a credit linked to the dispute lowers it before anything else
    opened_on: date
    reason: str = ""
    owner: str | None = None  # Person id
    answer_by: date | None = None  # after it the owner's manager hears; dunning does not resume by itself
    by_customer: bool = False  # a second one of the same item needs a person
    closed_on: date | None = None  # the first day on which the amount is free again


class PromiseOutcome(StrEnum):
    """How a promise ended."""

    KEPT = "kept"
    PARTLY_KEPT = "partly_kept"
    BROKEN = "broken"
    CANCELLED = "cancelled"


class Promise(Frozen):
    """The customer said that an amount will be paid on a date; None promises whatever is open."""

    id: str
    item: str
    amount_minor: int | None = None
    promised_on: date
    made_on: date
    outcome: PromiseOutcome | None = None  # said by a person or the ledger; None: the payments say it
    ended_on: date | None = None


class Instalment(Frozen):
    """One part of a plan."""

    due_on: date
    minor: int


class Plan(Frozen):
    """Agreed instalments in place of the due dates of some items, all of one currency."""

    id: str
    items: tuple[str, ...]
    agreed_on: date
    instalments: tuple[Instalment, ...]
    ended_on: date | None = None  # cancelled by a person: the items' own dates hold again


class Hold(Frozen):
    """A dunning block on the customer (item None) or on one item. Not a credit hold."""

    id: str
    item: str | None = None
    until: date | None = None  # inclusive; None: until released
    reason: str = ""
    owner: str | None = None  # Person id
    placed_on: date | None = None  # None: from the start


class Waiver(Frozen):
    """Charges that are not asked for: of one item, and of one step or level where that is named."""

    id: str
    item: str
    waived_on: date
    step: str | None = None
    level: int | None = None


class Approval(Frozen):
    """What a person decided about a proposal of ours."""

    proposal: str  # its id
    granted: bool
    decided_on: date
    by: str  # Person id


class ClosedItem(Frozen):
    """One paid item of the customer's record."""

    issued_on: date
    due_on: date
    paid_on: date
    currency: str = ""
    minor: int = 0  # what its last payment or credit cleared; 0: not known
    heard_on: date | None = None  # of that, where it was later than paid

    @property
    def recorded_on(self) -> date:
        """The day from which its payment counts as news."""
        return self.heard_on or self.paid_on
