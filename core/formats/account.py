"""One account as its documents build it up: what each invoice still owes, and what was left unlinked."""

from collections.abc import Callable, Iterator
from dataclasses import field
from datetime import date
from typing import Any

from core.formats.agreements import Agreements
from core.formats.changes import STATED, ItemChange
from core.formats.documents import Placed
from core.formats.errors import Code
from core.formats.fields import LATEST
from core.formats.records import (
    ApplicationRecord,
    CreditNoteRecord,
    InvoiceRecord,
    PaymentRecord,
    PaymentReversalRecord,
    WriteOffRecord,
)
from core.formats.references import RefusedError
from core.ledger import Credit, CreditKind, Item, PartPayment
from core.values import dataclass


@dataclass(slots=True)
class _Invoice:
    record: InvoiceRecord
    settled: dict[str, int] = field(default_factory=dict)
    reversed: list[str] = field(default_factory=list)
    paid_on: dict[str, date] = field(default_factory=dict)  # entries that are money or credit, not given up
    payments: set[str] = field(default_factory=set)  # entries that are money

    @property
    def open(self) -> int:
        return self.record.total - sum(self.settled.values())

    @property
    def last_payment(self) -> tuple[date | None, int]:
        """The day on which it was paid, and how much then: of one that is closed and of which nothing was given up."""
        if self.open or not self.payments or self.settled.keys() - self.paid_on.keys():
            return None, 0
        last = max(self.payments, key=lambda entry: (self.paid_on[entry], entry))
        return self.paid_on[last], self.settled[last]


@dataclass(slots=True)
class _Money:
    record: PaymentRecord | CreditNoteRecord
    rest: int  # linked to nothing
    unlinked: bool  # some of it was, at some time
    entries: list[tuple[str, str]] = field(default_factory=list)  # invoice, entry id
    reversed: bool = False


class Account:
    """The documents of one customer at one entity, taken in the order in which they became known."""

    def __init__(self) -> None:
        self.touched = dict[tuple[str, str], None]()  # what changed since it was last shown, in order
        self._invoices = dict[str, _Invoice]()
        self._moneys = dict[str, _Money]()
        self.agreements = Agreements()
        self._today = LATEST  # when the document that is being booked became known
        self._by_type: dict[type[Any], Callable[[Any], str | None]] = {
            InvoiceRecord: self._take_invoice,
            PaymentRecord: self._take_money,
            CreditNoteRecord: self._take_money,
            PaymentReversalRecord: self._reverse,
            ApplicationRecord: self._apply,
            WriteOffRecord: self._write_off,
        }

    def invoices(self) -> Iterator[tuple[str, int]]:
        """Each invoice, and what is open of it."""
        return ((key, invoice.open) for key, invoice in self._invoices.items())

    def payments(self) -> Iterator[tuple[str, str]]:
        """Each payment of an invoice that is told by itself: invoice, entry."""
        for key, invoice in self._invoices.items():
            yield from ((key, entry) for entry in invoice.payments if not entry.endswith(STATED))

    def take(self, placed: Placed) -> str | None:
        """Book one document. Returns: a remark, where money was left over. Raises RefusedError for too much of it."""
        self._today = placed.known_on
        take = self._by_type.get(type(placed.record))
        if take is not None:
            return take(placed.record)
        self.agreements.take(placed.record)
        return None

    # ---------- booking ----------

    def _touch(self, kind: str, key: str) -> None:
        self.touched[kind, key] = None

    def _take_invoice(self, record: InvoiceRecord) -> None:
        self._invoices[record.id] = _Invoice(record)
        self._touch("item", record.id)

    def _take_money(self, record: PaymentRecord | CreditNoteRecord) -> str | None:
        money = self._moneys[record.id] = _Money(record, record.amount, unlinked=record.invoice is None)
        if record.invoice is not None:
            self._settle(record.invoice, record.id, min(record.amount, self._open(record.invoice)), money)
            self._answer(record, record.amount - money.rest)
        if money.rest or record.invoice is None:
            money.unlinked = True
            self._touch("credit", record.id)
        if record.invoice is None or not money.rest:
            return None
        return f"{money.rest} of {record.amount} minor units are more than was open; kept as credit on account"

    def _answer(self, record: PaymentRecord | CreditNoteRecord, minor: int) -> None:
        """A credit note for a dispute lowers that before anything else of the invoice."""
        dispute = record.dispute if isinstance(record, CreditNoteRecord) else None
        if dispute is not None:
            self.agreements.credit(dispute, minor)

    def _open(self, invoice: str) -> int:
        found = self._invoices.get(invoice)
        return 0 if found is None else found.open  # an invoice that was itself refused

    def _settle(self, invoice: str, entry: str, minor: int, money: _Money | None) -> None:
        if not minor:
            return
        self._invoices[invoice].settled[entry] = minor
        self._touch("item", invoice)
        if money is not None:
            self._invoices[invoice].paid_on[entry] = self._today
            if isinstance(money.record, PaymentRecord):
                self._invoices[invoice].payments.add(entry)
            money.entries.append((invoice, entry))
            money.rest -= minor
            if money.unlinked:
                self._touch("credit", money.record.id)

    def _apply(self, record: ApplicationRecord) -> None:
        money = self._moneys.get(record.credit)
        if money is None:
            raise RefusedError(Code.UNKNOWN_REF, f"'{record.credit}' is no payment or credit note", "credit")
        if record.amount > money.rest:
            raise _too_much(record.amount, money.rest, f"is left of '{record.credit}'")
        if record.amount > self._open(record.invoice):
            raise _too_much(record.amount, self._open(record.invoice), f"is open of '{record.invoice}'")
        self._settle(record.invoice, record.id, record.amount, money)

    def _write_off(self, record: WriteOffRecord) -> None:
        if record.amount > self._open(record.invoice):
            raise _too_much(record.amount, self._open(record.invoice), f"is open of '{record.invoice}'")
        self._settle(record.invoice, record.id, record.amount, None)

    def _reverse(self, record: PaymentReversalRecord) -> None:
        money = self._moneys.get(record.payment)
        if money is None or not isinstance(money.record, PaymentRecord):
            raise RefusedError(Code.UNKNOWN_REF, f"'{record.payment}' is no payment", "payment")
        if money.reversed:
            raise RefusedError(Code.CONFLICT, f"payment '{record.payment}' was reversed before", "payment")
        for invoice, entry in money.entries:
            self._invoices[invoice].settled.pop(entry)
            self._invoices[invoice].paid_on.pop(entry)
            self._invoices[invoice].payments.discard(entry)
            self._invoices[invoice].reversed.append(entry)
            self._touch("item", invoice)
        money.entries.clear()
        money.rest, money.reversed = 0, True
        if money.unlinked:
            self._touch("credit", record.payment)

    # ---------- showing ----------

    def items(self, until: date) -> tuple[ItemChange, ...]:
        """The touched invoices as they stand; dunning history of after `until` is left out."""
        return tuple(self._item(self._invoices[key], until) for kind, key in self.touched if kind == "item")

    def _item(self, invoice: _Invoice, until: date) -> ItemChange:
        record = invoice.record
        item = Item(
            id=record.id,
            customer=record.customer,
            number=record.number,
            issued_on=record.issued,
            due_on=record.due,
            currency=record.currency,
            original_minor=record.total,
            open_minor=invoice.open,
            part_payments=tuple(
                PartPayment(id=entry, recorded_on=on, minor=invoice.settled[entry])
                for entry, on in invoice.paid_on.items()
                if invoice.open
            ),
            disputed_all=record.disputed,
            department=record.department,
            policy=record.policy,
            kind=record.kind,
            of=record.of,
            rate=record.rate,
            pay_url=record.pay_url,
        )
        told = record.last_notice is None or record.last_notice <= until
        return ItemChange(
            item,
            dict(invoice.settled),
            tuple(invoice.reversed),
            record.level if told else 0,
            record.last_notice if told else None,
            *invoice.last_payment,
            not_money=frozenset(invoice.settled.keys() - invoice.payments),
        )

    def credits(self) -> tuple[Credit, ...]:
        """The touched payments and credit notes of which something is, or was, unlinked."""
        moneys = (self._moneys[key] for kind, key in self.touched if kind == "credit")
        return tuple(
            Credit(
                id=money.record.id,
                kind=CreditKind(money.record.t),
                currency=money.record.currency,
                open_minor=money.rest,
                booked_on=money.record.date,
                approved=not isinstance(money.record, CreditNoteRecord) or money.record.approved,
            )
            for money in moneys
        )


def _too_much(amount: int, most: int, what: str) -> RefusedError:
    problem = f"{amount} minor units, but {most} {what}"
    return RefusedError(Code.INCONSISTENT_AMOUNT, problem, "amount", found=str(amount), allowed=f"at most {most}")
