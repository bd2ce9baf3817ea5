"""What the API takes. Strict: no coercion, no unknown field; amounts are decimal text, dates are YYYY-MM-DD."""

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from core.amounts import DECIMAL
from core.formats.fields import (
    Address,
    Country,
    Currency,
    Day,
    Id,
    Key,
    Language,
    Name,
    Note,
    Rate,
    WebAddress,
    Zone,
)

Amount = Annotated[str, Field(pattern=DECIMAL, examples=["119.00"])]
MOST_RECORDS = 200
_MOST_USES = 100


class Body(BaseModel):
    """What every body has in common."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)


class CustomerIn(Body):
    """Who buys and owes. A field that is left out has no value: the customer is replaced as a whole."""

    name: Name
    email: Address | None = None
    language: Language | None = None
    country: Country | None = None
    currency: Currency | None = None
    zone: Zone | None = None
    parent: Key | None = None
    kind: Literal["business", "consumer", "public"] = "business"
    policy: Annotated[str, Field(max_length=128)] | None = None
    hardship: bool = False
    insolvent: bool = False
    address: Annotated[list[Name], Field(max_length=8)] = []
    segments: Annotated[list[Name], Field(max_length=50)] = []
    chase_at: Literal["self", "parent", "both"] = "self"
    team: Annotated[dict[str, Key], Field(max_length=20)] = {}


class ContactIn(Body):
    """A person or mailbox on the customer's side."""

    name: Name | None = None
    email: Address | None = None
    phone: Name | None = None
    texts: Annotated[list[Literal["sms", "whatsapp"]], Field(max_length=2)] = []
    roles: Annotated[list[Name], Field(min_length=1, max_length=20)] = ["ap_contact"]
    language: Language | None = None
    zone: Zone | None = None


class InvoiceIn(Body):
    """An invoice with its full amount; what was paid comes as payments."""

    number: Id
    issued_on: Day
    due_on: Day
    currency: Currency
    total: Amount
    disputed: bool = False
    department: Name | None = None
    policy: Annotated[str, Field(max_length=128)] | None = None
    kind: Literal["invoice", "instalment", "fee", "interest", "compensation"] = "invoice"
    of: Id | None = None
    rate: Rate | None = None
    pay_url: WebAddress | None = None


class UseIn(Body):
    """What of the money is for one invoice."""

    invoice: Id
    amount: Amount


class _MoneyIn(Body):
    booked_on: Day
    currency: Currency
    amount: Amount
    applied: Annotated[list[UseIn], Field(max_length=_MOST_USES)] = []


class PaymentIn(_MoneyIn):
    """Money that came in. What is for no invoice stays on account. Told again, it may be used on further invoices.

    `reference` is its key as the bank tells it too, end to end or the bank's own: so both are known to be one.
    """

    reference: Annotated[Name, Field(max_length=140)] | None = None


class CreditNoteIn(_MoneyIn):
    """A credit note, used as a payment is."""


class ReversalIn(Body):
    """The payment came back: everything it had settled is open again."""

    reversed_on: Day
    reason: Note = ""


class WriteOffIn(Body):
    """An amount that is given up; never more than is open."""

    invoice: Id
    written_off_on: Day
    amount: Amount
    reason: Note = ""


class DisputeIn(Body):
    """The customer contests an amount of one invoice; without `amount` whatever is open."""

    invoice: Id
    opened_on: Day
    amount: Amount | None = None
    reason: Note = ""
    owner: Key | None = None
    answer_by: Day | None = None
    by_customer: bool = False
    closed_on: Day | None = None


class PromiseIn(Body):
    """The customer said that an amount will be paid on a date; without `amount` whatever is open."""

    invoice: Id
    made_on: Day
    promised_on: Day
    amount: Amount | None = None
    outcome: Literal["kept", "partly_kept", "broken", "cancelled"] | None = None
    ended_on: Day | None = None


class InstalmentIn(Body):
    """One part of a plan."""

    due_on: Day
    amount: Amount


class PlanIn(Body):
    """Agreed instalments in place of the due dates of invoices of one currency; their days rise.

    They are paid in their order, by whatever is paid on the invoices. One that is missed brings the invoices' own dates
    back for good; what is agreed anew has an id of its own. `ended_on`: cancelled on that day.
    """

    invoices: Annotated[list[Id], Field(min_length=1, max_length=_MOST_USES)]
    agreed_on: Day
    instalments: Annotated[list[InstalmentIn], Field(min_length=1, max_length=_MOST_USES)]
    ended_on: Day | None = None


class WaiverIn(Body):
    """Charges for one invoice that are not asked for: those of one step or level of the policy, or of all."""

    invoice: Id
    waived_on: Day
    step: Name | None = None
    level: Annotated[int, Field(ge=0, le=9)] | None = None
    reason: Note = ""


class HoldIn(Body):
    """Dunning is blocked on the customer, or on one invoice, up to and including `until`."""

    invoice: Id | None = None
    placed_on: Day | None = None
    until: Day | None = None
    reason: Note = ""
    owner: Key | None = None


class CustomerRecord(CustomerIn):
    """One of a bulk."""

    type: Literal["customer"]
    id: Key


class _Of(Body):
    customer: Key
    id: Id


class ContactRecord(_Of, ContactIn):
    """One of a bulk."""

    type: Literal["contact"]


class InvoiceRecord(_Of, InvoiceIn):
    """One of a bulk."""

    type: Literal["invoice"]


class PaymentRecord(_Of, PaymentIn):
    """One of a bulk."""

    type: Literal["payment"]


class CreditNoteRecord(_Of, CreditNoteIn):
    """One of a bulk."""

    type: Literal["credit_note"]


class ReversalRecord(_Of, ReversalIn):
    """One of a bulk; `id` is the payment's."""

    type: Literal["reversal"]


class WriteOffRecord(_Of, WriteOffIn):
    """One of a bulk."""

    type: Literal["write_off"]


class DisputeRecord(_Of, DisputeIn):
    """One of a bulk."""

    type: Literal["dispute"]


class PromiseRecord(_Of, PromiseIn):
    """One of a bulk."""

    type: Literal["promise"]


class PlanRecord(_Of, PlanIn):
    """One of a bulk."""

    type: Literal["plan"]


class WaiverRecord(_Of, WaiverIn):
    """One of a bulk."""

    type: Literal["waiver"]


class HoldRecord(_Of, HoldIn):
    """One of a bulk."""

    type: Literal["hold"]


AnyRecord = (
    CustomerRecord
    | ContactRecord
    | InvoiceRecord
    | PaymentRecord
    | CreditNoteRecord
    | ReversalRecord
    | WriteOffRecord
    | DisputeRecord
    | PromiseRecord
    | PlanRecord
    | WaiverRecord
    | HoldRecord
)


class RecordsIn(Body):
    """Many at once, of any customers: checked as a whole, then stored customer by customer."""

    records: Annotated[
        list[Annotated[AnyRecord, Field(discriminator="type")]], Field(min_length=1, max_length=MOST_RECORDS)
    ]
