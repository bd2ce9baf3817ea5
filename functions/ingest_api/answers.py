"""What the API answers, as it is documented."""

from typing import Annotated, Final, Literal

from pydantic import BaseModel, ConfigDict, Field

_SAME: Final = "of a payment: the bank's entry of the same money; they count once"


class Said(BaseModel):
    """What every answer has in common: a later version may add fields, none goes away."""

    model_config = ConfigDict(frozen=True)


class Stored(Said):
    """What became of a record. The tag is for If-Match."""

    id: str
    status: Literal["created", "updated", "unchanged"]
    etag: str
    bank_entry: Annotated[str | None, Field(description=_SAME)] = None
    on_account: Annotated[str | None, Field(description="of money: what no invoice took")] = None


class Mistake(Said):
    """One mistake; `pointer` is a JSON pointer into the body."""

    pointer: str
    code: str
    detail: str
    found: str | None = None
    allowed: str | None = None
    hint: str | None = None


class Problem(Said):
    """Problem details, RFC 9457; `code` is for programs."""

    type: str
    title: str
    status: int
    code: str
    detail: str
    errors: list[Mistake] = []
    offset: Annotated[int | None, Field(description="of what is no JSON, in characters")] = None
    current: Annotated[str | None, Field(description="the tag of what is stored")] = None


class RecordSaid(Said):
    """What became of one record of a bulk."""

    type: str
    id: str
    status: Literal["created", "updated", "unchanged", "refused"]
    etag: str | None = None
    bank_entry: Annotated[str | None, Field(description=_SAME)] = None
    on_account: Annotated[str | None, Field(description="of money: what no invoice took")] = None
    error: Mistake | None = None


class RecordsSaid(Said):
    """Each record in the order given."""

    stored: int
    refused: int
    records: list[RecordSaid]


class ContactOut(Said):
    """A contact; `off` says why it is not written to any more."""

    id: str
    name: str | None
    email: str | None
    phone: str | None
    roles: list[str]
    texts: list[str]
    language: str | None
    zone: str | None
    off: str | None


class CustomerOut(Said):
    """A customer and its contacts."""

    id: str
    name: str
    email: str | None
    language: str | None
    country: str | None
    currency: str | None
    zone: str | None
    parent: str | None
    kind: str
    policy: str | None
    hardship: bool
    insolvent: bool
    address: list[str]
    segments: list[str]
    chase_at: str
    team: dict[str, str]
    contacts: list[ContactOut]


class InvoiceOut(Said):
    """An invoice as it stands. Amounts are decimal text of `currency`."""

    id: str
    number: str
    kind: str
    of: str | None
    issued_on: str
    due_on: str
    currency: str
    total: str
    open: str
    disputed: str
    promised: str
    planned: Annotated[str, Field(description="in a plan that runs: its instalments stand in for the due date")]
    days_past_due: int
    level: int
    last_notice_on: str | None
    department: str | None
    pay_url: str | None


class InvoicesOut(Said):
    """Open invoices, by due date; `next` opens the page after this one."""

    invoices: list[InvoiceOut]
    next: str | None


class PromiseOut(Said):
    """A promise to pay."""

    id: str
    invoice: str
    amount: str | None
    made_on: str
    promised_on: str
    outcome: str | None
    ended_on: str | None


class DisputeOut(Said):
    """A dispute."""

    id: str
    invoice: str
    amount: str | None
    opened_on: str
    closed_on: str | None
    by_customer: bool


class InstalmentOut(Said):
    """One part of a plan."""

    due_on: str
    amount: str


class PlanOut(Said):
    """Instalments in place of due dates."""

    id: str
    invoices: list[str]
    agreed_on: str
    instalments: list[InstalmentOut]
    ended_on: str | None


class WaiverOut(Said):
    """Charges that are not asked for."""

    id: str
    invoice: str
    waived_on: str
    step: str | None
    level: int | None


class HoldOut(Said):
    """A block of dunning."""

    id: str
    invoice: str | None
    placed_on: str | None
    until: str | None


class SumsOut(Said):
    """One currency of an account."""

    currency: str
    open: str
    overdue: str
    disputed: str
    promised: str
    planned: Annotated[str, Field(description="in a plan that runs: its instalments stand in for the due date")]
    on_account: str


class AccountOut(Said):
    """What a customer owes one entity, and how dunning stands."""

    entity: str
    customer: str
    as_of: str
    sums: list[SumsOut]
    open_invoices: int
    overdue_invoices: int
    oldest_due_on: str | None
    level: Annotated[int, Field(description="the highest level that was reached by an open invoice")]
    status: str | None
    credit_hold: bool
    hardship: bool
    insolvent: bool
    next_look_on: str | None
    promises: list[PromiseOut]
    disputes: list[DisputeOut]
    plans: list[PlanOut]
    waivers: list[WaiverOut]
    holds: list[HoldOut]


class CheckOut(Said):
    """One rule that was tried."""

    rule: str
    passed: bool
    fact: str


class WhyOut(Said):
    """Why an invoice gets, or does not get, something today."""

    invoice: str
    as_of: str
    reason: str
    step: str | None
    sentences: list[str]
    checks: list[CheckOut]


class PaymentOut(Said):
    """A payment or credit note, and what it was used on."""

    id: str
    kind: str
    booked_on: str
    currency: str
    amount: str
    applied: dict[str, str]
    reversed_on: str | None
    reference: str | None
    bank_entry: Annotated[str | None, Field(description=_SAME)]
