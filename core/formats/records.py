"""The native ledger format: one model for each type of line. Strict: no coercion, no unknown key, no float.

Money is a whole number of minor units. Dates are the entity's local dates, written YYYY-MM-DD.
"""

import re
from datetime import date
from typing import Annotated, Any, Final, Literal

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, TypeAdapter
from pydantic_core import PydanticCustomError

from core.formats import currencies, places
from core.ledger import CustomerKind, Entity, Person

LARGEST_MINOR: Final = 10**15 - 1
EARLIEST: Final = date(1990, 1, 1)
LATEST: Final = date(2149, 12, 31)
_PRINTABLE: Final = r"^[^\x00-\x1f\x7f-\x9f]+$"
_NO_CONTROLS: Final = r"^[^\x00-\x08\x0b-\x1f\x7f-\x9f]*$"  # line feed and tab are text
_KEY: Final = r"^[^\x00-\x20#\x7f-\x9f]([^\x00-\x1f#\x7f-\x9f]*[^\x00-\x20#\x7f-\x9f])?$"
_ISO_DATE: Final = re.compile(r"\d{4}-\d{2}-\d{2}")


def _day(found: Any) -> date:
    if type(found) is date:
        return _in_range(found)
    if not isinstance(found, str):
        raise PydanticCustomError("bad_date", "expected a date as text, YYYY-MM-DD")
    if not _ISO_DATE.fullmatch(found):
        raise PydanticCustomError("bad_date", "expected a date as YYYY-MM-DD")
    try:
        return _in_range(date.fromisoformat(found))
    except ValueError:
        raise PydanticCustomError("bad_date", "there is no such day") from None


def _in_range(day: date) -> date:
    if not EARLIEST <= day <= LATEST:
        raise PydanticCustomError("bad_date", "expected a year from 1990 to 2149")
    return day


def _currency(code: str) -> str:
    if code not in currencies.current():
        raise PydanticCustomError("bad_currency", "is not a currency in use (ISO 4217)")
    return code


def _country(code: str) -> str:
    if not places.is_country(code):
        raise PydanticCustomError("bad_country", "is not a country (ISO 3166, two letters)")
    return code


def _language(tag: str) -> str:
    if not places.is_language(tag):
        raise PydanticCustomError("bad_language", "is not a language (BCP 47, such as de or pt-BR)")
    return tag


def _zone(name: str) -> str:
    if name not in places.zones():
        raise PydanticCustomError("bad_zone", "is not a time zone (IANA, such as Europe/Berlin)")
    return name


Day = Annotated[date, BeforeValidator(_day, json_schema_input_type=date)]
Minor = Annotated[int, Field(ge=1, le=LARGEST_MINOR)]
MinorOrNone = Annotated[int, Field(ge=0, le=LARGEST_MINOR)]
Currency = Annotated[str, Field(json_schema_extra={"pattern": "^[A-Z]{3}$"}), AfterValidator(_currency)]
Country = Annotated[str, Field(json_schema_extra={"pattern": "^[A-Z]{2}$"}), AfterValidator(_country)]
Language = Annotated[str, Field(max_length=35), AfterValidator(_language)]
Zone = Annotated[str, Field(max_length=64), AfterValidator(_zone)]
Key = Annotated[str, Field(max_length=128, pattern=_KEY)]  # part of a stored key, so no #
Id = Annotated[str, Field(max_length=128, pattern=_PRINTABLE)]
Name = Annotated[str, Field(max_length=300, pattern=_PRINTABLE)]
Note = Annotated[str, Field(max_length=2000, pattern=_NO_CONTROLS)]
Address = Annotated[str, Field(max_length=1000)]  # taken apart, and checked, when it is folded into contacts


class Record(BaseModel):
    """What every type of line has in common."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)


class HeaderRecord(Record):
    """Where the file comes from. First line, if there is one."""

    t: Literal["header"]
    version: Literal[1]
    source: Note | None = None  # the system that wrote it
    as_of: Day | None = None  # the day whose state the file shows
    exponents: dict[str, int] | None = (
        None  # decimals of the minor units by currency; refused where they differ from ISO 4217
    )
    base_currency: Currency | None = None
    rates: dict[str, str] | None = None  # one unit in the base currency, as decimal text; not used to decide
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
    team: dict[str, str] = Field(default_factory=dict)  # our role -> person id


class ContactRecord(Record):
    """A person or mailbox on the customer's side."""

    t: Literal["contact"]
    id: Key
    customer: Key
    name: Name | None = None
    email: Address | None = None
    phone: Name | None = None
    roles: Annotated[tuple[str, ...], Field(min_length=1)] = ("ap_contact",)
    lang: Language | None = None
    zone: Zone | None = None


class _Document(Record):
    id: Id
    customer: Key


class InvoiceRecord(_Document):
    """An invoice or instalment with its full amount; what was paid follows in lines of its own."""

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


class PaymentRecord(_Document):
    """Money received; `invoice` null: on account, linked to nothing."""

    t: Literal["payment"]
    entity: Key | None = None
    invoice: Id | None = None
    date: Day
    currency: Currency
    amount: Minor


class PaymentReversalRecord(_Document):
    """A payment that came back; everything it had settled is open again."""

    t: Literal["payment_reversal"]
    payment: Id
    date: Day
    reason: Note = ""


class CreditNoteRecord(_Document):
    """A credit note; `invoice` null: linked to nothing."""

    t: Literal["credit_note"]
    entity: Key | None = None
    invoice: Id | None = None
    date: Day
    currency: Currency
    amount: Minor


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
    """Fees or interest that are not asked for. Read, not yet supported."""

    t: Literal["waiver"]
    invoice: Id
    date: Day
    amount: Minor
    reason: Note = ""


class PromiseRecord(_Document):
    """The customer said that an amount will be paid on a date; `amount` null: whatever is open."""

    t: Literal["promise"]
    invoice: Id
    made: Day
    promised: Day
    amount: Minor | None = None
    ended: Day | None = None  # kept, broken or cancelled on that day


class Instalment(Record):
    """One part of a plan."""

    due: Day
    amount: Minor


class PlanRecord(_Document):
    """An agreed plan of instalments. Read, not yet supported."""

    t: Literal["plan"]
    invoices: Annotated[tuple[Id, ...], Field(min_length=1)]
    agreed: Day
    instalments: Annotated[tuple[Instalment, ...], Field(min_length=1)]


class DisputeRecord(_Document):
    """The customer contests an amount of one invoice; `amount` null: whatever is open."""

    t: Literal["dispute"]
    invoice: Id
    opened: Day
    amount: Minor | None = None
    reason: Note = ""
    ended: Day | None = None


class HoldRecord(_Document):
    """Dunning is blocked on the customer (`invoice` null) or one invoice, up to and including `until`."""

    t: Literal["hold"]
    invoice: Id | None = None
    placed: Day | None = None  # null: from the start
    until: Day | None = None  # null: until released
    reason: Note = ""


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
UNSUPPORTED: Final = (WaiverRecord, PlanRecord)

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
