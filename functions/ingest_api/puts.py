"""The routes that create or replace one record of a customer: a row each."""

import re
from collections.abc import Callable
from inspect import Parameter, Signature
from typing import Any, Final, get_args

from core.values import dataclass
from functions.ingest_api import ledger, models
from functions.ingest_api.answers import Stored
from functions.ingest_api.app import app, caller, described, here, stored
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
from functions.ingest_api.tags import Condition
from functions.shared.store.tokens import Scope

_REFUSALS: Final = (409, 412, 413, 415, 422)
_CREATED: Final = {201: described(Stored, "stored; it was not there before", 201)[201]}
_STORED: Final = {**described(Stored, "stored", 200, *_REFUSALS), **_CREATED}
_ASKS: Final = {"customers": Scope.CUSTOMERS_WRITE, "ledger": Scope.LEDGER_WRITE, "agreements": Scope.AGREEMENTS_WRITE}


@dataclass(frozen=True, slots=True)
class _Put:
    operation: str
    tag: str  # in the document; it also says which scope is asked for
    path: str  # below an entity's customers; the last variable of it is the record's id
    id: Any  # how that id is read
    body: type[models.Body]
    record: type[models.AnyRecord]  # the body and whose it is, as it stands in a bulk
    says: str
    conditional: bool = True  # it may name the state that it replaces

    @property
    def variable(self) -> str:
        return str(re.findall(r"<(\w+)>", self.path)[-1])

    @property
    def type(self) -> str:
        """What the record is called in a bulk."""
        (name,) = get_args(self.record.model_fields["type"].annotation)
        return str(name)


_PUTS: Final = (
    _Put("putCustomer", "customers", "<customer>", CustomerId, models.CustomerIn, models.CustomerRecord,
         "Create or replace a customer. It is shared by the entities of the company at which it has an account."),
    _Put("putContact", "customers", "<customer>/contacts/<contact>", ContactId, models.ContactIn, models.ContactRecord,
         "Create or replace a contact of a customer."),
    _Put("putInvoice", "ledger", "<customer>/invoices/<invoice>", InvoiceId, models.InvoiceIn, models.InvoiceRecord,
         "Create or replace an invoice; what was paid on it stays."),
    _Put("putPayment", "ledger", "<customer>/payments/<payment>", RecordId, models.PaymentIn, models.PaymentRecord,
         "Book a payment, or apply a known one to further invoices. What is for no invoice stays on account."),
    _Put("putCreditNote", "ledger", "<customer>/credit-notes/<credit_note>", RecordId, models.CreditNoteIn,
         models.CreditNoteRecord, "Book a credit note, or apply a known one to further invoices."),
    _Put("putWriteOff", "ledger", "<customer>/write-offs/<write_off>", RecordId, models.WriteOffIn,
         models.WriteOffRecord, "Give up a part of an invoice."),
    _Put("putDispute", "agreements", "<customer>/disputes/<dispute>", RecordId, models.DisputeIn, models.DisputeRecord,
         "Open, change or, by `closed_on`, close a dispute."),
    _Put("putPromise", "agreements", "<customer>/promises/<promise>", RecordId, models.PromiseIn, models.PromiseRecord,
         "Note a promise to pay, or how it ended."),
    _Put("putPlan", "agreements", "<customer>/plans/<plan>", RecordId, models.PlanIn, models.PlanRecord,
         "Agree on instalments in place of due dates, change them or, by `ended_on`, cancel them."),
    _Put("putWaiver", "agreements", "<customer>/waivers/<waiver>", RecordId, models.WaiverIn, models.WaiverRecord,
         "Charges for an invoice are not asked for. One that is posted already is given up by a write-off of it."),
    _Put("putHold", "agreements", "<customer>/holds/<hold>", RecordId, models.HoldIn, models.HoldRecord,
         "Block dunning of a customer or an invoice."),
    _Put("reversePayment", "ledger", "<customer>/payments/<payment>/reversal", RecordId, models.ReversalIn,
         models.ReversalRecord, "The payment came back: what it had settled is open again, and its id settles nothing "
         "any more.", conditional=False),
)  # fmt: skip
SCOPES: Final = {row.type: _ASKS[row.tag] for row in _PUTS}  # what a token needs to store a record of a type


def _answers(row: _Put) -> Callable[..., Answer]:
    """What answers the route. Powertools reads from its signature what it takes."""

    def put(
        *, entity: str, body: models.Body, key: str, if_match: str | None = None, if_none_match: str | None = None,
        **ids: str,
    ) -> Answer:  # fmt: skip
        own = ids.pop(row.variable)  # what is left says whose it is
        fields: dict[str, Any] = {"type": row.type, "id": own, **ids, **dict(body)}

        def work() -> Answer:
            at, record = here(entity, SCOPES[row.type]), row.record.model_construct(**fields)
            return stored(own, ledger.store_one(at, record, Condition(if_match, if_none_match)))

        return once(caller().token.id, key, app.current_event.raw_event, app.context["now"], work)

    put.__doc__ = row.says
    put.__signature__ = _signature(row)  # type: ignore[attr-defined]  # inspect reads it, mypy does not know it
    return put


def _signature(row: _Put) -> Signature:
    needed = {"entity": Entity, "customer": CustomerId, row.variable: row.id, "body": row.body, "key": IdempotencyKey}
    may = {"if_match": IfMatch, "if_none_match": IfNoneMatch} if row.conditional else {}
    return Signature(
        [
            *(Parameter(name, Parameter.KEYWORD_ONLY, annotation=kind) for name, kind in needed.items()),
            *(Parameter(name, Parameter.KEYWORD_ONLY, annotation=kind, default=None) for name, kind in may.items()),
        ],
        return_annotation=Answer,
    )


for _row in _PUTS:
    _path = f"/v1/entities/<entity>/customers/{_row.path}"
    app.put(_path, responses=_STORED, tags=[_row.tag], operation_id=_row.operation)(_answers(_row))
