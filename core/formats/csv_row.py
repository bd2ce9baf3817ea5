"""One row of a CSV ledger as records of the native format."""

from datetime import date
from typing import Any, Final, TypeVar

from pydantic import BaseModel, ValidationError

from core.formats import diagnose
from core.formats.cells import CellError, bare, lost_digits, parse_amount, parse_date, parse_minor
from core.formats.changes import STATED
from core.formats.csv_plan import Plan
from core.formats.csv_table import Line
from core.formats.currencies import current as currencies
from core.formats.errors import Code, InputError, clip, did_you_mean, listing
from core.formats.mapping import Mapping
from core.formats.records import CreditNoteRecord, CustomerRecord, InvoiceRecord, PaymentRecord

CsvDocument = InvoiceRecord | CreditNoteRecord | PaymentRecord
_M = TypeVar("_M", bound=BaseModel)
# record field -> field of the mapping
_CUSTOMER: Final = {name: f"customer.{name}" for name in ("id", "name", "email", "lang", "country", "currency")}
_INVOICE: Final = {
    "id": "invoice.id",
    "customer": "customer.id",
    "entity": "invoice.entity",
    "number": "invoice.number",
    "issued": "invoice.issued",
    "date": "invoice.issued",
    "due": "invoice.due",
    "currency": "invoice.currency",
    "total": "invoice.total",
    "amount": "invoice.total",
    "disputed": "invoice.disputed",
    "department": "invoice.department",
    "pay_url": "invoice.pay_url",
}


class RowCells:
    """The cells of one row; what is wrong with them gathers in `errors`."""

    def __init__(self, file: str, mapping: Mapping, plan: Plan, line: Line) -> None:
        self.errors = list[InputError]()
        self._file, self._mapping, self._plan, self._line = file, mapping, plan, line
        self._cells = {name: bare(line.cells[place]) or None for name, place in plan.columns.items()}

    def customer(self) -> CustomerRecord | None:
        """The customer of the row; None when it cannot be read."""
        values = {field: self._cell(name) for field, name in _CUSTOMER.items()}
        constants = self._mapping.constants
        values["name"] = values["name"] or values["id"]
        values["country"] = values["country"] or constants.country
        values["lang"] = values["lang"] or constants.lang
        self._refuse_lost_digits("customer.id")
        return None if self.errors else self._record(CustomerRecord, {"t": "customer", **values}, _CUSTOMER)

    @property
    def is_nameless(self) -> bool:
        """There is a column for the customer's name, and this row has none in it."""
        return "customer.name" in self._plan.columns and self._cell("customer.name") is None

    def documents(self) -> list[CsvDocument]:
        """The invoice and its payment, or the credit note that a negative total is; empty when there are errors."""
        self._refuse_lost_digits("invoice.number")
        self._refuse_lost_digits("invoice.id")
        number = self._cell("invoice.number")
        if number is None:
            self._wrong("invoice.number", Code.MISSING_FIELD, "required, and empty")
        currency = self._currency()
        issued, due = self._date("invoice.issued"), self._date("invoice.due")
        settled_on = self._date("payment.settled_on", needed=False)
        disputed = self._disputed()
        total = self._amount("invoice.total", currency)
        left = self._amount("invoice.open", currency) if self._cell("invoice.open") else None
        if self.errors or total is None:
            return []
        values = {
            "id": self._cell("invoice.id") or number,
            "customer": self._cell("customer.id"),
            "entity": self._cell("invoice.entity"),
            "currency": currency,
        }
        if total < 0 and self._mapping.negative == "credit_note":
            credit = {"t": "credit_note", **values, "date": issued, "amount": self._unused(-total, settled_on, left)}
            note = None if self.errors else self._record(CreditNoteRecord, credit, _INVOICE)
            return [] if note is None else [note]
        more = {"number": number, "issued": issued, "due": due, "total": total, "disputed": disputed}
        more |= {"department": self._cell("invoice.department"), "pay_url": self._cell("invoice.pay_url")}
        invoice = self._record(InvoiceRecord, {"t": "invoice", **values, **more}, _INVOICE)
        return [] if invoice is None else [invoice, *self._payment(invoice, settled_on, left)]

    def _unused(self, total: int, settled_on: date | None, left: int | None) -> int:
        """What is left of a credit note, whichever sign a table gives it: what was used already covers nothing else."""
        unused = total if left is None else abs(left)
        if unused > total:
            problem = f"{unused} minor units are left of a credit note of {total}"
            self._wrong("invoice.open", Code.INCONSISTENT_AMOUNT, problem)
        elif settled_on is not None and left:
            self._settled_and_open(settled_on, left)
        return 0 if settled_on is not None else unused

    def _payment(self, invoice: InvoiceRecord, settled_on: date | None, left: int | None) -> list[PaymentRecord]:
        """What was paid: all of it when the row has a date of settlement, else total - open, dated as the invoice."""
        if left is not None and not 0 <= left <= invoice.total:
            problem = f"{left} minor units are open of a total of {invoice.total}"
            self._wrong("invoice.open", Code.INCONSISTENT_AMOUNT, problem)
            return []
        if settled_on is not None and left:
            self._settled_and_open(settled_on, left)
            return []
        paid = invoice.total if settled_on is not None else invoice.total - (invoice.total if left is None else left)
        if not paid:
            return []
        values = {
            "t": "payment",
            "id": invoice.id + STATED,
            "customer": invoice.customer,
            "invoice": invoice.id,
            "date": settled_on or invoice.issued,
            "currency": invoice.currency,
            "amount": paid,
        }
        payment = self._record(PaymentRecord, values, {**_INVOICE, "date": "payment.settled_on"})
        return [] if payment is None else [payment]

    def _settled_and_open(self, settled_on: date, left: int) -> None:
        problem = f"settled on {settled_on}, and {left} minor units open"
        self._wrong("invoice.open", Code.INCONSISTENT_AMOUNT, problem)

    # ---------- cells ----------

    def _cell(self, name: str) -> str | None:
        """What the row says of a field; None when it says nothing, or no column feeds it."""
        return self._cells.get(name)

    def _wrong(self, name: str, code: Code, problem: str, hint: str | None = None, **more: Any) -> None:
        index = self._plan.columns.get(name)
        column = None if index is None else self._line.column(index)
        shown = self._plan.heading(name)
        error = InputError(code, self._file, self._line.number, problem, column=column, field=shown, hint=hint, **more)
        self.errors.append(error)

    def _refuse_lost_digits(self, name: str) -> None:
        cell = self._cell(name)
        if cell is not None and lost_digits(cell):
            problem = f"'{clip(cell)}' lost its digits to a spreadsheet"
            self._wrong(name, Code.SCIENTIFIC_ID, problem, "give the column the text format before saving")

    def _date(self, name: str, *, needed: bool = True) -> date | None:
        cell = self._cell(name)
        if cell is None:
            if needed:
                self._wrong(name, Code.MISSING_FIELD, "required, and empty")
            return None
        try:
            return parse_date(cell, self._plan.dates)
        except CellError as wrong:
            self._wrong(name, wrong.code, wrong.problem, wrong.hint, found=clip(cell), allowed=self._plan.dates)
            return None

    def _currency(self) -> str | None:
        cell = self._cell("invoice.currency") or self._mapping.constants.currency
        if cell is None:
            self._wrong("invoice.currency", Code.BAD_CURRENCY, "required, and empty")
        elif cell.upper() not in currencies():
            self._wrong("invoice.currency", Code.BAD_CURRENCY, f"'{clip(cell)}' is not a currency in use (ISO 4217)")
        else:
            return cell.upper()
        return None

    def _amount(self, name: str, currency: str | None) -> int | None:
        cell = self._cell(name)
        if cell is None:
            self._wrong(name, Code.MISSING_FIELD, "required, and empty")
        elif currency is not None:
            try:
                if self._mapping.minor_units:
                    return parse_minor(cell)
                return parse_amount(cell, currency, self._plan.decimal, self._mapping.thousands)
            except CellError as wrong:
                self._wrong(name, wrong.code, wrong.problem, wrong.hint, found=clip(cell))
        return None

    def _disputed(self) -> bool:
        if "invoice.disputed" not in self._plan.columns:
            return False
        cell = (self._cell("invoice.disputed") or "").casefold()
        yes, no = ({word.casefold() for word in words} for words in (self._mapping.yes, self._mapping.no))
        if cell in yes:
            return True
        if cell not in no:
            allowed = listing(word for word in (*self._mapping.yes, *self._mapping.no) if word)
            problem = f"'{clip(cell)}' is neither yes nor no ({allowed})"
            hint = did_you_mean(cell, {*yes, *no}) or "name the word in `yes` or `no` of the mapping"
            self._wrong("invoice.disputed", Code.BAD_ENUM, problem, hint, found=clip(cell), allowed=allowed)
        return False

    def _record(self, model: type[_M], values: dict[str, Any], names: dict[str, str]) -> _M | None:
        try:
            return model.model_validate(values)
        except ValidationError as failure:
            for found in diagnose.findings(failure, values, model):
                name = names.get(str(found.path[0]) if found.path else "", "invoice.number")
                code = Code.MISSING_FIELD if found.found == "null" else found.code
                problem = "required, and empty" if found.found == "null" else found.problem
                hint = found.hint
                if found.code is Code.NEGATIVE_AMOUNT:
                    hint = "set `negative: credit_note` in the mapping if it is one"
                self._wrong(name, code, problem, hint, found=found.found, allowed=found.allowed)
            return None
