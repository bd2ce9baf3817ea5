"""The routes that change something."""

from http import HTTPStatus

from functions.ingest_api import entries, ledger, models
from functions.ingest_api.answers import Mistake, RecordSaid, RecordsSaid, Stored
from functions.ingest_api.app import app, caller, described, here, problems, put, shown
from functions.ingest_api.convert import RefusedError
from functions.ingest_api.once import Answer, once
from functions.ingest_api.params import (
    ContactId,
    CustomerId,
    Entity,
    IdempotencyKey,
    IfMatch,
    IfNoneMatch,
    InvoiceId,
    RecordId,
)
from functions.ingest_api.place import Outcome
from functions.ingest_api.tags import Condition
from functions.shared.observability import count
from functions.shared.store.tokens import Scope

_CUSTOMER = "/v1/entities/<entity>/customers/<customer>"
_REFUSALS = (409, 412, 413, 415, 422)
_CREATED = {201: described(Stored, "stored; it was not there before", 201)[201]}
_STORED = {**described(Stored, "stored", 200, *_REFUSALS), **_CREATED}


@app.put(_CUSTOMER, responses=_STORED, tags=["customers"], operation_id="putCustomer")
def put_customer(
    entity: Entity,
    customer: CustomerId,
    body: models.CustomerIn,
    key: IdempotencyKey,
    if_match: IfMatch = None,
    if_none_match: IfNoneMatch = None,
) -> Answer:
    """Create or replace a customer. It is shared by the entities of the company at which it has an account."""
    return put(
        entity,
        Scope.CUSTOMERS_WRITE,
        key,
        lambda: models.CustomerRecord.model_construct(type="customer", id=customer, **dict(body)),
        if_match,
        if_none_match,
    )


@app.put(f"{_CUSTOMER}/contacts/<contact>", responses=_STORED, tags=["customers"], operation_id="putContact")
def put_contact(
    entity: Entity,
    customer: CustomerId,
    contact: ContactId,
    body: models.ContactIn,
    key: IdempotencyKey,
    if_match: IfMatch = None,
    if_none_match: IfNoneMatch = None,
) -> Answer:
    """Create or replace a contact of a customer."""
    return put(
        entity,
        Scope.CUSTOMERS_WRITE,
        key,
        lambda: models.ContactRecord.model_construct(type="contact", customer=customer, id=contact, **dict(body)),
        if_match,
        if_none_match,
    )


@app.put(f"{_CUSTOMER}/invoices/<invoice>", responses=_STORED, tags=["ledger"], operation_id="putInvoice")
def put_invoice(
    entity: Entity,
    customer: CustomerId,
    invoice: InvoiceId,
    body: models.InvoiceIn,
    key: IdempotencyKey,
    if_match: IfMatch = None,
    if_none_match: IfNoneMatch = None,
) -> Answer:
    """Create or replace an invoice; what was paid on it stays."""
    return put(
        entity,
        Scope.LEDGER_WRITE,
        key,
        lambda: models.InvoiceRecord.model_construct(type="invoice", customer=customer, id=invoice, **dict(body)),
        if_match,
        if_none_match,
    )


@app.put(f"{_CUSTOMER}/payments/<payment>", responses=_STORED, tags=["ledger"], operation_id="putPayment")
def put_payment(
    entity: Entity,
    customer: CustomerId,
    payment: RecordId,
    body: models.PaymentIn,
    key: IdempotencyKey,
    if_match: IfMatch = None,
    if_none_match: IfNoneMatch = None,
) -> Answer:
    """Book a payment, or apply a known one to further invoices. What is for no invoice stays on account."""
    return put(
        entity,
        Scope.LEDGER_WRITE,
        key,
        lambda: models.PaymentRecord.model_construct(type="payment", customer=customer, id=payment, **dict(body)),
        if_match,
        if_none_match,
    )


@app.put(f"{_CUSTOMER}/credit-notes/<credit_note>", responses=_STORED, tags=["ledger"], operation_id="putCreditNote")
def put_credit_note(
    entity: Entity,
    customer: CustomerId,
    credit_note: RecordId,
    body: models.CreditNoteIn,
    key: IdempotencyKey,
    if_match: IfMatch = None,
    if_none_match: IfNoneMatch = None,
) -> Answer:
    """Book a credit note, or apply a known one to further invoices."""
    return put(
        entity,
        Scope.LEDGER_WRITE,
        key,
        lambda: models.CreditNoteRecord.model_construct(
            type="credit_note", customer=customer, id=credit_note, **dict(body)
        ),
        if_match,
        if_none_match,
    )


@app.put(f"{_CUSTOMER}/write-offs/<write_off>", responses=_STORED, tags=["ledger"], operation_id="putWriteOff")
def put_write_off(
    entity: Entity,
    customer: CustomerId,
    write_off: RecordId,
    body: models.WriteOffIn,
    key: IdempotencyKey,
    if_match: IfMatch = None,
    if_none_match: IfNoneMatch = None,
) -> Answer:
    """Give up a part of an invoice."""
    return put(
        entity,
        Scope.LEDGER_WRITE,
        key,
        lambda: models.WriteOffRecord.model_construct(type="write_off", customer=customer, id=write_off, **dict(body)),
        if_match,
        if_none_match,
    )


@app.put(f"{_CUSTOMER}/disputes/<dispute>", responses=_STORED, tags=["agreements"], operation_id="putDispute")
def put_dispute(
    entity: Entity,
    customer: CustomerId,
    dispute: RecordId,
    body: models.DisputeIn,
    key: IdempotencyKey,
    if_match: IfMatch = None,
    if_none_match: IfNoneMatch = None,
) -> Answer:
    """Open, change or, by `closed_on`, close a dispute."""
    return put(
        entity,
        Scope.AGREEMENTS_WRITE,
        key,
        lambda: models.DisputeRecord.model_construct(type="dispute", customer=customer, id=dispute, **dict(body)),
        if_match,
        if_none_match,
    )


@app.put(f"{_CUSTOMER}/promises/<promise>", responses=_STORED, tags=["agreements"], operation_id="putPromise")
def put_promise(
    entity: Entity,
    customer: CustomerId,
    promise: RecordId,
    body: models.PromiseIn,
    key: IdempotencyKey,
    if_match: IfMatch = None,
    if_none_match: IfNoneMatch = None,
) -> Answer:
    """Note a promise to pay, or how it ended."""
    return put(
        entity,
        Scope.AGREEMENTS_WRITE,
        key,
        lambda: models.PromiseRecord.model_construct(type="promise", customer=customer, id=promise, **dict(body)),
        if_match,
        if_none_match,
    )


@app.put(f"{_CUSTOMER}/holds/<hold>", responses=_STORED, tags=["agreements"], operation_id="putHold")
def put_hold(
    entity: Entity,
    customer: CustomerId,
    hold: RecordId,
    body: models.HoldIn,
    key: IdempotencyKey,
    if_match: IfMatch = None,
    if_none_match: IfNoneMatch = None,
) -> Answer:
    """Block dunning of a customer or an invoice."""
    return put(
        entity,
        Scope.AGREEMENTS_WRITE,
        key,
        lambda: models.HoldRecord.model_construct(type="hold", customer=customer, id=hold, **dict(body)),
        if_match,
        if_none_match,
    )


@app.put(f"{_CUSTOMER}/payments/<payment>/reversal", responses=_STORED, tags=["ledger"], operation_id="reversePayment")
def reverse_payment(
    entity: Entity, customer: CustomerId, payment: RecordId, body: models.ReversalIn, key: IdempotencyKey
) -> Answer:
    """The payment came back: what it had settled is open again, and its id settles nothing any more."""
    return put(
        entity,
        Scope.LEDGER_WRITE,
        key,
        lambda: models.ReversalRecord.model_construct(type="reversal", customer=customer, id=payment, **dict(body)),
        None,
        None,
    )


@app.delete(
    f"{_CUSTOMER}/holds/<hold>",
    responses={204: {"description": "ended"}, **problems(409, 412)},
    tags=["agreements"],
    operation_id="endHold",
)
def end_hold(
    entity: Entity, customer: CustomerId, hold: RecordId, key: IdempotencyKey, if_match: IfMatch = None
) -> Answer:
    """End a hold: yesterday was its last day."""

    def work() -> Answer:
        entries.end_hold(here(entity, Scope.AGREEMENTS_WRITE), customer, hold, Condition(if_match))
        return Answer(int(HTTPStatus.NO_CONTENT), body="", headers={})

    return once(caller().token.id, key, app.current_event.raw_event, app.context["now"], work)


@app.post(
    "/v1/entities/<entity>/records",
    responses={
        **described(RecordsSaid, "each was stored", 200, 409, 413, 415, 422),
        207: described(RecordsSaid, "some were refused; the others were stored", 207)[207],
    },
    tags=["bulk"],
    operation_id="putRecords",
)
def put_records(entity: Entity, body: models.RecordsIn, key: IdempotencyKey) -> Answer:
    """Up to 200 records of any customers. They are checked as a whole, then stored customer by customer."""

    def work() -> Answer:
        for scope in sorted({_SCOPES.get(record.type, Scope.LEDGER_WRITE) for record in body.records}):
            caller().may(scope)
        at = here(entity, min(_SCOPES.get(record.type, Scope.LEDGER_WRITE) for record in body.records))
        said = ledger.store(at, body.records)
        told = [_told(n, record, one) for n, (record, one) in enumerate(zip(body.records, said, strict=True))]
        refused = sum(one.status == "refused" for one in told)
        count("api_bulk_stored", len(told) - refused)
        count("api_bulk_refused", refused)
        status = HTTPStatus.MULTI_STATUS if refused else HTTPStatus.OK
        return shown(RecordsSaid(stored=len(told) - refused, refused=refused, records=told), status=int(status))

    return once(caller().token.id, key, app.current_event.raw_event, app.context["now"], work)


_SCOPES = {
    "customer": Scope.CUSTOMERS_WRITE,
    "contact": Scope.CUSTOMERS_WRITE,
    "dispute": Scope.AGREEMENTS_WRITE,
    "promise": Scope.AGREEMENTS_WRITE,
    "hold": Scope.AGREEMENTS_WRITE,
}


def _told(n: int, record: models.AnyRecord, said: Outcome | RefusedError) -> RecordSaid:
    if isinstance(said, RefusedError):
        mistake = Mistake(**said.mistake(f"/records/{n}").data())
        return RecordSaid(type=record.type, id=record.id, status="refused", error=mistake)
    return RecordSaid(type=record.type, id=record.id, status=said.status, etag=said.tag)
