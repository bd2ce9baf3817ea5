"""Checks a customer's documents against what stands above them: invoice, money, promise, dispute, hold."""

from collections.abc import Callable
from datetime import date
from itertools import pairwise
from typing import Any, Final

from core.formats.changes import is_ours
from core.formats.errors import Code, clip, quote
from core.formats.fields import EARLIEST
from core.formats.records import (
    ApplicationRecord,
    ContactRecord,
    CreditNoteRecord,
    CustomerRecord,
    DisputeRecord,
    Document,
    HoldRecord,
    InvoiceRecord,
    PaymentRecord,
    PaymentReversalRecord,
    PlanRecord,
    PromiseRecord,
    WaiverRecord,
    WriteOffRecord,
)
from core.formats.references import MONEY, References, RefusedError
from core.formats.register import Known
from core.values import dataclass

_KEYS_OF_MONEY: Final = (MONEY, "invoice")  # what a table says was paid has its invoice's id
_FAR_DAYS: Final = 3660  # a due date ten years after the invoice is a slip of the keyboard


@dataclass(frozen=True, slots=True)
class Placed:
    """A record that holds against all above it, with what those say about it."""

    line: int
    record: CustomerRecord | ContactRecord | Document
    customer: str
    entity: str | None  # None: every account of the customer
    known_on: date  # the first day on which the ledger could have shown it
    body: bytes = b""  # the record as JSON, while it is on its way to the shelf


class DocumentCheck:
    """Places documents; the caller has seen to it that their customer stands above."""

    def __init__(self, references: References, entity_of: Callable[[str | None], str]) -> None:
        """Args: `entity_of` gives the entity of a document that names this one, or None."""
        self.currencies = set[str]()
        self._references, self._entity_of = references, entity_of
        self._numbers = dict[str, tuple[int, str]]()  # of the current customer: normal form -> line, as written
        self._by_type: Final[dict[type[Any], Callable[[int, Any], Placed | None]]] = {
            InvoiceRecord: self._invoice,
            PaymentRecord: self._money,
            CreditNoteRecord: self._money,
            PaymentReversalRecord: self._reversal,
            ApplicationRecord: self._application,
            WriteOffRecord: self._write_off,
            WaiverRecord: self._waiver,
            PromiseRecord: self._promise,
            PlanRecord: self._plan,
            DisputeRecord: self._dispute,
            HoldRecord: self._hold,
        }

    def next_customer(self) -> None:
        """Another customer's documents follow."""
        self._numbers.clear()

    def saved(self) -> dict[str, Any]:
        """What was learned so far, as JSON has it."""
        return {"currencies": sorted(self.currencies), "numbers": self._numbers}

    def restore(self, saved: dict[str, Any]) -> None:
        """Go on where another reading of the same file stopped."""
        self.currencies.update(saved["currencies"])
        self._numbers = {number: (line, written) for number, (line, written) in saved["numbers"].items()}

    def place(self, line: int, record: Document) -> Placed | None:
        """The document in its place; None when the same one stood above. Raises RefusedError when it does not hold."""
        return self._by_type[type(record)](line, record)

    def _invoice(self, line: int, record: InvoiceRecord) -> Placed | None:
        entity = self._entity_of(record.entity)
        self.currencies.add(record.currency)
        self._charge(record, entity)
        placed = self._claimed("invoice", line, record, entity, record.currency, record.issued)
        if placed is not None:
            self._odd_dates(line, record)
            self._near_duplicate(line, record.number)
        return placed

    def _charge(self, record: InvoiceRecord, entity: str) -> None:
        """A charge belongs to an invoice of the same account and currency; nothing else does."""
        if record.of is None:
            return
        if record.kind.principal:
            raise RefusedError(Code.CONFLICT, f"'of' belongs to a charge, this is of kind '{record.kind}'", "of")
        invoice = self._references.of("invoice", "of", record.of, record.customer)
        if (invoice.entity, invoice.currency) != (entity, record.currency):
            has, needs = f"{record.currency} at '{entity}'", f"{invoice.currency} at '{invoice.entity}'"
            raise RefusedError(Code.CURRENCY_MISMATCH, f"a charge in {has} for an invoice in {needs}", "currency")

    def _odd_dates(self, line: int, record: InvoiceRecord) -> None:
        if record.due < record.issued:
            problem = f"due {record.due}, before it was issued {record.issued}"
            self._references.remark(line, Code.DATE_ORDER, problem, "due")
        elif (record.due - record.issued).days > _FAR_DAYS:
            problem = f"due {record.due}, more than ten years after {record.issued}"
            self._references.remark(line, Code.DATE_ORDER, problem, "due")

    def _near_duplicate(self, line: int, number: str) -> None:
        other_line, other = self._numbers.setdefault(number.strip().lstrip("0").casefold(), (line, number))
        if other != number:
            problem = f"{quote(number)} looks like {quote(other)} of line {other_line}"
            self._references.remark(line, Code.NEAR_DUPLICATE, problem, "number", found=clip(number))

    def _money(self, line: int, record: PaymentRecord | CreditNoteRecord) -> Placed | None:
        self.currencies.add(record.currency)
        if record.invoice is None:
            entity = self._entity_of(record.entity)
            return self._claimed(MONEY, line, record, entity, record.currency, record.date)
        invoice = self._references.invoice(record.invoice, record.customer)
        if record.entity not in {None, invoice.entity}:
            problem = f"invoice {quote(record.invoice)} is one of entity '{invoice.entity}'"
            raise RefusedError(Code.CONFLICT, problem, "entity", found=record.entity)
        if invoice.currency != record.currency:
            problem = f"{record.currency} on an invoice in {invoice.currency}"
            hint = "amounts are never added across currencies"
            raise RefusedError(Code.CURRENCY_MISMATCH, problem, "currency", found=record.currency, hint=hint)
        if record.date < invoice.known_on:
            problem = f"{record.date} is before the invoice was issued, {invoice.known_on}"
            self._references.remark(line, Code.DATE_ORDER, problem, "date")
        if isinstance(record, CreditNoteRecord) and record.dispute is not None:
            self._references.of("dispute", "dispute", record.dispute, record.customer)
        return self._on_invoice(MONEY, line, record, invoice, record.date)

    def _reversal(self, line: int, record: PaymentReversalRecord) -> Placed | None:
        payment = self._references.of(MONEY, "payment", record.payment, record.customer)
        return self._on_invoice(MONEY, line, record, payment, record.date)

    def _application(self, line: int, record: ApplicationRecord) -> Placed | None:
        invoice = self._references.invoice(record.invoice, record.customer)
        credit = self._references.of(MONEY, "credit", record.credit, record.customer)
        if (credit.entity, credit.currency) != (invoice.entity, invoice.currency):
            has, needs = f"{credit.currency} at '{credit.entity}'", f"{invoice.currency} at '{invoice.entity}'"
            raise RefusedError(Code.CURRENCY_MISMATCH, f"credit in {has} on an invoice in {needs}", "credit")
        return self._on_invoice(MONEY, line, record, invoice, max(record.date, credit.known_on))

    def _write_off(self, line: int, record: WriteOffRecord) -> Placed | None:
        invoice = self._references.invoice(record.invoice, record.customer)
        return self._on_invoice(MONEY, line, record, invoice, record.date)

    def _waiver(self, line: int, record: WaiverRecord) -> Placed | None:
        invoice = self._references.invoice(record.invoice, record.customer)
        return self._on_invoice("waiver", line, record, invoice, record.date)

    def _plan(self, line: int, record: PlanRecord) -> Placed | None:
        _in_order("ended", record.ended, "agreed", record.agreed)
        for before, after in pairwise(instalment.due for instalment in record.instalments):
            if after <= before:
                problem = f"{after} comes after {before}; instalments stand in the order of their days"
                raise RefusedError(Code.DATE_ORDER, problem, "instalments", found=str(after))
        first, *others = [self._references.invoice(key, record.customer) for key in record.invoices]
        for other in others:
            if (other.entity, other.currency) != (first.entity, first.currency):
                problem = f"{first.currency} at '{first.entity}' and {other.currency} at '{other.entity}' in one plan"
                raise RefusedError(Code.CURRENCY_MISMATCH, problem, "invoices")
        return self._on_invoice(
            "plan", line, record, first, max(record.agreed, *(o.known_on for o in (first, *others)))
        )

    def _promise(self, line: int, record: PromiseRecord) -> Placed | None:
        _in_order("promised", record.promised, "made", record.made)
        _in_order("ended", record.ended, "made", record.made)
        if record.outcome is not None and record.ended is None:
            raise RefusedError(Code.MISSING_FIELD, f"required where the outcome is known: {record.outcome}", "ended")
        invoice = self._references.invoice(record.invoice, record.customer)
        return self._on_invoice("promise", line, record, invoice, record.made)

    def _dispute(self, line: int, record: DisputeRecord) -> Placed | None:
        _in_order("ended", record.ended, "opened", record.opened)
        invoice = self._references.invoice(record.invoice, record.customer)
        return self._on_invoice("dispute", line, record, invoice, record.opened)

    def _hold(self, line: int, record: HoldRecord) -> Placed | None:
        _in_order("until", record.until, "placed", record.placed)
        placed_on = record.placed or EARLIEST
        if record.invoice is not None:
            invoice = self._references.invoice(record.invoice, record.customer)
            return self._on_invoice("hold", line, record, invoice, placed_on)
        body = self._references.claim("hold", record.id, line, record, record.customer)
        return None if body is None else Placed(line, record, record.customer, None, placed_on, body)

    def _on_invoice(self, kind: str, line: int, record: Document, what: Known, on: date) -> Placed | None:
        """Something about a document that stood above: it can be known no earlier than that one."""
        return self._claimed(kind, line, record, what.entity, what.currency, max(on, what.known_on))

    def _claimed(
        self, kind: str, line: int, record: Document, entity: str, currency: str, known_on: date
    ) -> Placed | None:
        if kind in _KEYS_OF_MONEY and is_ours(record.id):
            problem = f"{quote(record.id)} is an id as this system makes them for a bank's payments"
            hint = f"put something before it, such as erp-{clip(record.id)}"
            raise RefusedError(Code.BAD_VALUE, problem, "id", found=clip(record.id), hint=hint)
        body = self._references.claim(kind, record.id, line, record, record.customer, entity, currency, known_on)
        return None if body is None else Placed(line, record, record.customer, entity, known_on, body)


def _in_order(field: str, later: date | None, since: str, earlier: date | None) -> None:
    if later is not None and earlier is not None and later < earlier:
        raise RefusedError(Code.DATE_ORDER, f"{later} is before '{since}', {earlier}", field, found=str(later))
