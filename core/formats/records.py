"""The native ledger format: one model for each type of line. Strict: no coercion, no unknown key, no float.

Money is a whole number of minor units. Dates are the entity's local dates, written YYYY-MM-DD.
"""

from typing import Annotated, Any, Final, Literal

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationInfo, field_validator
from pydantic_core import PydanticKnownError

from core.formats.fields import (
    Address,
    Country,
    Currency,
    Day,
    Id,
    Key,
    Language,
    Minor,
    MinorOrNone,
    Name,
    Note,
    Rate,
    WebAddress,
    Zone,
)
from core.ledger import ChaseAt, CustomerKind, Entity, ItemKind, Person, PromiseOutcome


class Record(BaseModel):
    """What every type of line has in common."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)


class HeaderRecord(Record):
    """Where the file comes from. First line, if there is one."""

    t: Literal["header"]
    version: Literal[1]
    source: Note | None = None  # the system that wrote it
    as_of: Day | None = None  # the day whose state the file shows
    bank_as_of: Day | None = None  # the day up to which the bank's data are in it
    exponents: dict[str, int] | None = (
        None  # decimals of the minor units by currency; refused where they differ from ISO 4217
    )
    base_currency: Currency | None = None
    rates: dict[Currency, Rate] | None = None  # of this month: one unit in the base currency, as decimal text
    seed: int | None = None  # of a generated file
    mode: str | None = None
    invoices: int | None = None
    levels: tuple[int, ...] | None = None


class EntityRecord(Entity):
    """A legal entity of ours. Stands above every customer."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    t: Literal["entity"]
    id: Key
    name: Name
    zone: Zone = "UTC"
    live: Literal[False] = False  # a file never starts the sending


class PersonRecord(Person):
    """One of our own people."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    t: Literal["person"]
    id: Key
    name: Name


class CustomerRecord(Record):
    """Who buys and owes; what belongs to a customer stands below it."""

    t: Literal["customer"]
    id: Key
    name: Name
    email: Address | None = None  # becomes the AP contact when no contact line names one
    lang: Language | None = None
    country: Country | None = None
    currency: Currency | None = None
    hold: bool = False  # true: dunning is blocked until a later file says false
    zone: Zone | None = None  # None: that of the country, where it has one
    parent: Key | None = None  # another customer of the file, above or below
    kind: CustomerKind = CustomerKind.BUSINESS
    policy: str | None = None
    hardship: bool = False
    insolvent: bool = False
    address: Annotated[tuple[Name, ...], Field(max_length=8)] = ()  # postal, line by line, without the name
    segments: tuple[str, ...] = ()
    chase_at: ChaseAt = ChaseAt.SELF  # parent: its invoices are asked for at the parent
    team: dict[str, str] = Field(default_factory=dict)  # our role -> person id


class ContactRecord(Record):
    """A person or mailbox on the customer's side."""

    t: Literal["contact"]
    id: Key
    customer: Key
    name: Name | None = None
    email: Address | None = None
    phone: Name | None = None
    texts: tuple[Literal["sms", "whatsapp"], ...] = ()  # text messages that the person has agreed to get on the phone
    roles: Annotated[tuple[str, ...], Field(min_length=1)] = ("ap_contact",)
    lang: Language | None = None
    zone: Zone | None = None


class _Document(Record):
    id: Id
    customer: Key


class InvoiceRecord(_Document):
    """An invoice, instalment or charge with its full amount; what was paid follows in lines of its own."""

    t: Literal["invoice"]
    entity: Key | None = None  # None: the only one
    number: Id
    issued: Day
    due: Day
    currency: Currency
    total: MinorOrNone
    disputed: bool = False  # true: whatever is open of it
    level: Annotated[int, Field(ge=0, le=9)] = 0  # dunning level that an older system reached
    last_notice: Day | None = None  # when that system last wrote about it
    department: Name | None = None
    policy: str | None = None  # "none" leaves the invoice out of dunning
    kind: ItemKind = ItemKind.INVOICE
    of: Id | None = None  # of a fee, interest or compensation: the invoice that it was charged for
    rate: Rate | None = None  # one unit of its currency in the entity's own; the first one that is named is kept
    pay_url: WebAddress | None = None  # where this one invoice can be paid


class _Money(_Document):
    entity: Key | None = None
    invoice: Id | None = None
    date: Day
    currency: Currency
    amount: MinorOrNone  # 0 only where nothing is left of what an earlier file told of, linked to no invoice

    @field_validator("amount")
    @classmethod
    def _some(cls, amount: int, info: ValidationInfo) -> int:
        if not amount and info.data.get("invoice") is not None:
            raise PydanticKnownError("greater_than_equal", {"ge": 1})
        return amount


class PaymentRecord(_Money):
    """Money received; `invoice` null: on account, linked to nothing."""

    t: Literal["payment"]


class PaymentReversalRecord(_Document):
    """A payment that came back; everything it had settled is open again."""

    t: Literal["payment_reversal"]
    payment: Id
    date: Day
    reason: Note = ""


class CreditNoteRecord(_Money):
    """A credit note; `invoice` null: linked to nothing."""

    t: Literal["credit_note"]
    dispute: Id | None = None  # the dispute that it answers, which it lowers before anything else
    approved: bool = True


class ApplicationRecord(_Document):
    """Part of an unlinked payment or credit note, used on an invoice."""

    t: Literal["application"]
    credit: Id  # id of the payment or credit note
    invoice: Id
    date: Day
    amount: Minor


class WriteOffRecord(_Document):
    """An amount that is given up; never more than is open."""

    t: Literal["write_off"]
    invoice: Id
    date: Day
    amount: Minor
    reason: Note = ""


class WaiverRecord(_Document):
    """Charges for an invoice that are not asked for: of one step or level where that is named, else all."""

    t: Literal["waiver"]
    invoice: Id
    date: Day
    step: Name | None = None
    level: Annotated[int, Field(ge=0, le=9)] | None = None
    reason: Note = ""


class PromiseRecord(_Document):
    """The customer said that an amount will be paid on a date; `amount` null: whatever is open."""

    t: Literal["promise"]
    invoice: Id
    made: Day
    promised: Day
    amount: Minor | None = None
    ended: Day | None = None  # kept, broken or cancelled on that day
    outcome: PromiseOutcome | None = None  # null: the payments say it


class Instalment(Record):
    """One part of a plan."""

    due: Day
    amount: Minor


class PlanRecord(_Document):
    """Agreed instalments in place of the due dates of invoices of one currency."""

    t: Literal["plan"]
    invoices: Annotated[tuple[Id, ...], Field(min_length=1)]
    agreed: Day
    instalments: Annotated[tuple[Instalment, ...], Field(min_length=1)]
    ended: Day | None = None  # cancelled on that day: the invoices' own dates hold again


class DisputeRecord(_Document):
    """The customer contests an amount of one invoice; `amount` null: whatever is open."""

    t: Literal["dispute"]
    invoice: Id
    opened: Day
    amount: Minor | None = None
    reason: Note = ""
    owner: Key | None = None  # person id
    answer_by: Day | None = None  # after it the owner's manager hears
    by_customer: bool = False  # said by the customer alone; a second one of the same invoice needs a person
    ended: Day | None = None  # the first day on which the amount is free again


class HoldRecord(_Document):
    """Dunning is blocked on the customer (`invoice` null) or one invoice, up to and including `until`."""

    t: Literal["hold"]
    invoice: Id | None = None
    placed: Day | None = None  # null: from the start
    until: Day | None = None  # null: until released
    reason: Note = ""
    owner: Key | None = None  # person id


class EndRecord(Record):
    """What the file holds, counted by its writer. Last line."""

    t: Literal["end"]
    customers: int | None = None
    invoices: int | None = None
    payments: int | None = None
    credit_notes: int | None = None
    open_invoices: int | None = None
    actionable: int | None = None  # what a generator expects to be due; not checked here


type_of: Final[dict[str, type[Any]]] = {
    "header": HeaderRecord,
    "entity": EntityRecord,
    "person": PersonRecord,
    "customer": CustomerRecord,
    "contact": ContactRecord,
    "invoice": InvoiceRecord,
    "payment": PaymentRecord,
    "payment_reversal": PaymentReversalRecord,
    "application": ApplicationRecord,
    "credit_note": CreditNoteRecord,
    "write_off": WriteOffRecord,
    "waiver": WaiverRecord,
    "promise": PromiseRecord,
    "plan": PlanRecord,
    "dispute": DisputeRecord,
    "hold": HoldRecord,
    "end": EndRecord,
}

Document = (
    InvoiceRecord
    | PaymentRecord
    | PaymentReversalRecord
    | ApplicationRecord
    | CreditNoteRecord
    | WriteOffRecord
    | WaiverRecord
    | PromiseRecord
    | PlanRecord
    | DisputeRecord
    | HoldRecord
)
AnyRecord = HeaderRecord | EntityRecord | PersonRecord | CustomerRecord | ContactRecord | Document | EndRecord
RECORD: Final[TypeAdapter[AnyRecord]] = TypeAdapter(Annotated[AnyRecord, Field(discriminator="t")])
