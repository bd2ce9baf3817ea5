"""Stores records customer by customer: who it is first, then what is owed and agreed, then what was paid."""

from collections.abc import Sequence
from http import HTTPStatus

from core.formats.changes import STATED, is_ours
from core.formats.errors import Code
from functions.ingest_api import entries, payments, profiles
from functions.ingest_api.convert import RefusedError
from functions.ingest_api.models import (
    AnyRecord,
    ContactRecord,
    CreditNoteRecord,
    CustomerRecord,
    InvoiceRecord,
    PaymentRecord,
    ReversalRecord,
    WriteOffRecord,
)
from functions.ingest_api.place import Outcome, Place
from functions.ingest_api.problems import ProblemError
from functions.ingest_api.tags import Condition
from functions.shared import starts

Said = Outcome | RefusedError
_PROFILE = CustomerRecord | ContactRecord
_MONEY = PaymentRecord | CreditNoteRecord | ReversalRecord
_KEYED = InvoiceRecord | WriteOffRecord | PaymentRecord | CreditNoteRecord  # a reversal may be of the bank's payment
_OURS = RefusedError("id", Code.BAD_VALUE, "an id as this system makes them for payments of a bank or a table")


def store(place: Place, records: Sequence[AnyRecord]) -> list[Said]:
    """Store each record that goes with what is stored; what became of it, in the order given."""
    by_customer: dict[str, list[int]] = {}
    for n, record in enumerate(records):
        by_customer.setdefault(customer_of(record), []).append(n)
    said: dict[int, Said] = {}
    for customer_id, numbers in by_customer.items():
        try:
            _store(place, customer_id, {n: records[n] for n in numbers}, Condition(), said)
        except ProblemError as problem:  # not this caller's customer
            refused = RefusedError("customer", problem.code, problem.detail, status=problem.status)
            said |= {n: refused for n in numbers if n not in said}
    _start(place, {customer_of(records[n]) for n, one in said.items() if _changed(one)})
    return [said[n] for n in range(len(records))]


def store_one(place: Place, record: AnyRecord, condition: Condition) -> Outcome:
    """Store one record. Raises ProblemError for one that is refused, with its place in the body."""
    said: dict[int, Said] = {}
    _store(place, customer_of(record), {0: record}, condition, said)
    if isinstance(said[0], RefusedError):
        refused = said[0]
        detail = "the record was refused; nothing was written"
        raise ProblemError(
            refused.status,
            refused.code if refused.status is HTTPStatus.CONFLICT else "UNFIT",
            detail,
            [refused.mistake()],
        )
    if _changed(said[0]):
        _start(place, {customer_of(record)})
    return said[0]


def _is_ours(key: str) -> bool:
    return is_ours(key) or key.endswith(STATED)


def _changed(said: Said) -> bool:
    return isinstance(said, Outcome) and said.status != "unchanged"


def _start(place: Place, customers: set[str]) -> None:
    """Have accounts decided at once whose policy does not wait for the night."""
    starts.start(place.entity.id, sorted(customers), place.now, place.configuration)


def customer_of(record: AnyRecord) -> str:
    """Whose record it is."""
    return record.id if isinstance(record, CustomerRecord) else record.customer


def _store(
    place: Place, customer_id: str, records: dict[int, AnyRecord], condition: Condition, said: dict[int, Said]
) -> None:
    said |= {n: _OURS for n, record in records.items() if isinstance(record, _KEYED) and _is_ours(record.id)}
    records = {n: record for n, record in records.items() if n not in said}
    about = {n: record for n, record in records.items() if isinstance(record, _PROFILE)}
    if about:
        said |= dict(zip(about, profiles.store(place, customer_id, list(about.values()), condition), strict=True))
    rest = {n: record for n, record in records.items() if not isinstance(record, _PROFILE | _MONEY)}
    if rest:
        said |= dict(zip(rest, entries.store(place, customer_id, list(rest.values()), condition), strict=True))
    for n, record in records.items():
        if isinstance(record, _MONEY):
            try:
                said[n] = payments.store(place, customer_id, record, condition)
            except RefusedError as refused:
                said[n] = refused
