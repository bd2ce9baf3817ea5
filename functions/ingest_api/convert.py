"""What the API takes, as the values of the ledger; what only a look at other values can refuse is refused here."""

from collections.abc import Collection
from datetime import date
from http import HTTPStatus
from itertools import pairwise
from typing import Final

from core.amounts import AmountError, to_minor
from core.formats.addresses import InjectionError, addresses
from core.formats.errors import Code, clip, quote
from core.formats.places import zone_of_country
from core.ledger import (
    ChaseAt,
    Contact,
    Customer,
    CustomerKind,
    Dispute,
    Hold,
    Instalment,
    Item,
    ItemKind,
    Plan,
    Promise,
    PromiseOutcome,
    Waiver,
)
from functions.ingest_api.models import (
    ContactRecord,
    CustomerRecord,
    DisputeRecord,
    HoldRecord,
    InvoiceRecord,
    PlanRecord,
    PromiseRecord,
    WaiverRecord,
)
from functions.ingest_api.problems import Mistake

_AT_A_FIELD: Final = HTTPStatus.UNPROCESSABLE_ENTITY


class RefusedError(Exception):
    """Ends the work on one record."""

    def __init__(
        self, field: str, code: Code | str, detail: str, *, found: str | None = None, status: HTTPStatus = _AT_A_FIELD
    ) -> None:
        super().__init__(str(code))
        self.field, self.code, self.detail, self.found, self.status = field, str(code), detail, found, status

    def mistake(self, place: str = "") -> Mistake:
        """As the answer shows it. Args: `place` of the record in the body."""
        return Mistake(f"{place}/{self.field}" if self.field else place, self.code, self.detail, self.found)


def conflict(field: str, code: str, detail: str) -> RefusedError:
    """The record is well, and does not go with what is stored."""
    return RefusedError(field, code, detail, status=HTTPStatus.CONFLICT)


def minor(field: str, text: str, currency: str, *, least: int = 1) -> int:
    """An amount in minor units; raises RefusedError."""
    try:
        found = to_minor(text, currency)
    except AmountError as wrong:
        raise RefusedError(field, Code.BAD_AMOUNT, str(wrong), found=clip(text)) from None
    if found < least:
        raise RefusedError(field, Code.AMOUNT_RANGE, "expected more than nothing", found=clip(text))
    return found


def customer(record: CustomerRecord, policies: Collection[str], people: Collection[str]) -> Customer:
    """The customer as it is stored."""
    if record.policy not in {None, *policies}:
        raise RefusedError("policy", Code.UNKNOWN_REF, f"there is no policy {quote(record.policy)}")
    for role, person in record.team.items():
        if person not in people:
            raise RefusedError(f"team/{_escaped(role)}", Code.UNKNOWN_REF, f"there is no person {quote(person)}")
    return Customer(
        id=record.id,
        name=record.name,
        email=_address(record.email),
        language=record.language,
        country=record.country,
        currency=record.currency,
        zone=record.zone or zone_of_country(record.country),
        parent=record.parent,
        kind=CustomerKind(record.kind),
        policy=record.policy,
        hardship=record.hardship,
        insolvent=record.insolvent,
        segments=tuple(record.segments),
        chase_at=ChaseAt(record.chase_at),
        team=dict(record.team),
        address=tuple(record.address),
    )


def contact(record: ContactRecord) -> Contact:
    """The contact as it is stored."""
    return Contact(
        id=record.id,
        customer=record.customer,
        name=record.name,
        email=_address(record.email),
        phone=record.phone,
        texts=tuple(record.texts),
        roles=tuple(record.roles),
        language=record.language,
        zone=record.zone,
    )


def item(record: InvoiceRecord, policies: Collection[str]) -> Item:
    """The invoice as it is stored, with nothing paid."""
    total = minor("total", record.total, record.currency, least=0)
    kind = ItemKind(record.kind)
    if record.of is not None and kind.principal:
        raise RefusedError("of", Code.CONFLICT, f"belongs to a charge, this is of kind '{kind}'")
    if record.policy not in {None, "none", *policies}:
        raise RefusedError("policy", Code.UNKNOWN_REF, f"there is no policy {quote(record.policy)}")
    _in_order("due_on", record.due_on, "issued_on", record.issued_on)
    return Item(
        id=record.id,
        customer=record.customer,
        number=record.number,
        issued_on=record.issued_on,
        due_on=record.due_on,
        currency=record.currency,
        original_minor=total,
        open_minor=total,
        disputed_all=record.disputed,
        department=record.department,
        policy=record.policy,
        kind=kind,
        of=record.of,
        rate=record.rate,
        pay_url=record.pay_url,
    )


def dispute(record: DisputeRecord, currency: str) -> Dispute:
    """The dispute as it is stored. Args: `currency` of its invoice."""
    _in_order("closed_on", record.closed_on, "opened_on", record.opened_on)
    return Dispute(
        id=record.id,
        item=record.invoice,
        amount_minor=None if record.amount is None else minor("amount", record.amount, currency),
        opened_on=record.opened_on,
        reason=record.reason,
        owner=record.owner,
        answer_by=record.answer_by,
        by_customer=record.by_customer,
        closed_on=record.closed_on,
    )


def promise(record: PromiseRecord, currency: str) -> Promise:
    """The promise as it is stored. Args: `currency` of its invoice."""
    _in_order("promised_on", record.promised_on, "made_on", record.made_on)
    _in_order("ended_on", record.ended_on, "made_on", record.made_on)
    if record.outcome is not None and record.ended_on is None:
        raise RefusedError("ended_on", Code.MISSING_FIELD, "required where the outcome is known")
    return Promise(
        id=record.id,
        item=record.invoice,
        amount_minor=None if record.amount is None else minor("amount", record.amount, currency),
        made_on=record.made_on,
        promised_on=record.promised_on,
        outcome=PromiseOutcome(record.outcome) if record.outcome else None,
        ended_on=record.ended_on,
    )


def plan(record: PlanRecord, currency: str) -> Plan:
    """The plan as it is stored. Args: `currency` of its invoices."""
    _in_order("ended_on", record.ended_on, "agreed_on", record.agreed_on)
    for n, (before, after) in enumerate(pairwise(record.instalments), start=1):
        if after.due_on <= before.due_on:
            detail = f"comes after {before.due_on}; instalments stand in the order of their days"
            raise RefusedError(f"instalments/{n}/due_on", Code.DATE_ORDER, detail, found=str(after.due_on))
    return Plan(
        id=record.id,
        items=tuple(dict.fromkeys(record.invoices)),
        agreed_on=record.agreed_on,
        instalments=tuple(
            Instalment(due_on=part.due_on, minor=minor(f"instalments/{n}/amount", part.amount, currency))
            for n, part in enumerate(record.instalments)
        ),
        ended_on=record.ended_on,
    )


def waiver(record: WaiverRecord) -> Waiver:
    """The waiver as it is stored."""
    return Waiver(
        id=record.id, item=record.invoice, waived_on=record.waived_on, step=record.step, level=record.level
    )  # fmt: skip


def hold(record: HoldRecord) -> Hold:
    """The hold as it is stored."""
    _in_order("until", record.until, "placed_on", record.placed_on)
    return Hold(
        id=record.id,
        item=record.invoice,
        until=record.until,
        reason=record.reason,
        owner=record.owner,
        placed_on=record.placed_on,
    )


def _address(text: str | None) -> str | None:
    """The one address that the field holds."""
    if text is None:
        return None
    try:
        good, bad = addresses(text)
    except InjectionError:
        raise RefusedError("email", Code.HEADER_INJECTION, "an address holds a line break") from None
    if bad or len(good) != 1:
        raise RefusedError("email", Code.BAD_EMAIL, "expected one address that is read by somebody", found=clip(text))
    return good[0]


def _in_order(field: str, later: date | None, since: str, earlier: date | None) -> None:
    if later is not None and earlier is not None and later < earlier:
        raise RefusedError(field, Code.DATE_ORDER, f"is before {since}, {earlier}", found=str(later))


def _escaped(part: str) -> str:
    """A key as a part of a JSON pointer. Source: RFC 6901, section 3."""
    return part.replace("~", "~0").replace("/", "~1")
