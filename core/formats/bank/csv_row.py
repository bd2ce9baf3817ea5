"""One row of a bank's CSV as the values of an entry."""

from datetime import date

from core.formats.bank.csv_cells import bare, numbered
from core.formats.bank.csv_plan import Plan
from core.formats.bank.findings import Findings
from core.formats.bank.layout import BankLayout
from core.formats.cells import CellError, parse_amount, parse_date
from core.formats.csv_table import Line
from core.formats.currencies import current
from core.formats.errors import Code, clip
from core.values import dataclass


@dataclass(slots=True)
class Row:
    """What a row says."""

    line: int
    booked_on: date | None  # None: announced
    value_on: date | None
    minor: int
    currency: str
    account: str
    balance: int | None
    texts: list[str]
    payer: str | None
    payer_account: str | None
    references: list[str]
    end_to_end: str | None
    bank_reference: str | None
    kind: str | None


class RowReader:
    """Reads the rows of one file; what is wrong with them goes to its findings."""

    def __init__(self, layout: BankLayout, plan: Plan, found: Findings) -> None:
        self._layout, self._plan, self._found = layout, plan, found
        self._pending = {word.casefold() for word in layout.pending}
        self._in = {word.casefold() for word in layout.came_in}
        self._out = {word.casefold() for word in layout.went_out}

    def cell(self, row: Line, name: str) -> str:
        """What the row says of a field; empty when it says nothing, or no column feeds it."""
        return " ".join(text for place in self._plan.columns.get(name, ()) if (text := self._at(row, place)))

    def is_whole(self, row: Line) -> bool:
        """True when the row has all columns that the layout reads, and at least one amount or day."""
        return len(row.cells) >= self._plan.width

    def says_money(self, row: Line) -> bool:
        """True when an amount stands in the row."""
        return any(self.cell(row, name) for name in ("amount", "credit", "debit"))

    def has_day(self, row: Line) -> bool:
        """True when the day of booking is a date, or the word for there being none yet."""
        cell = self.cell(row, "booked")
        if cell.casefold() in self._pending:
            return True
        try:
            parse_date(numbered(cell), self._plan.dates)
        except CellError:
            return False
        return True

    def read(self, row: Line) -> Row | None:
        """The values of a row; None when one of them cannot be read."""
        currency = self._currency(row)
        booked = self.cell(row, "booked")
        announced = booked.casefold() in self._pending
        booked_on = None if announced else self._day(row, "booked")
        minor = self._money(row, currency) if currency else None
        account = self.cell(row, "account") or self._layout.account or ""
        if not account:
            self._wrong(row, "account", Code.MISSING_FIELD, "required, and empty")
        if minor is None or not account or not currency or (booked_on is None and not announced):
            return None
        return Row(
            row.number,
            booked_on,
            self._day(row, "value") if self.cell(row, "value") else None,
            minor,
            currency,
            account,
            self._amount(row, "balance", currency) if self.cell(row, "balance") else None,
            [self.cell(row, "text")],
            self.cell(row, "payer") or None,
            self.cell(row, "payer_account") or None,
            [text for place in self._plan.columns.get("reference", ()) if (text := self._at(row, place))],
            self.cell(row, "end_to_end") or None,
            self.cell(row, "bank_reference") or None,
            self.cell(row, "kind") or None,
        )

    # ---------- cells ----------

    @staticmethod
    def _at(row: Line, place: int) -> str:
        return " ".join(row.cells[place].split()) if place < len(row.cells) else ""

    def _wrong(self, row: Line, name: str, code: Code, problem: str, hint: str | None = None) -> None:
        places = self._plan.columns.get(name, ())
        column = row.column(places[0]) if places and places[0] < len(row.cells) else None
        shown = self._plan.headings.get(name, name)
        self._found.error(code, row.number, problem, column=column, field=shown, hint=hint)

    def _currency(self, row: Line) -> str | None:
        currency = (self.cell(row, "currency") or self._layout.currency or "").upper()
        if currency in current():
            return currency
        self._wrong(row, "currency", Code.BAD_CURRENCY, f"'{clip(currency)}' is not a currency in use (ISO 4217)")
        return None

    def _day(self, row: Line, name: str) -> date | None:
        try:
            return parse_date(numbered(self.cell(row, name)), self._plan.dates)
        except CellError as wrong:
            hint = wrong.hint or (
                "name the order in `dates` of the layout, such as D.M.y" if not self._plan.dates else None
            )
            self._wrong(row, name, wrong.code, wrong.problem, hint)
            return None

    def _amount(self, row: Line, name: str, currency: str) -> int | None:
        cell = bare(self.cell(row, name), self._layout.signs)
        try:
            return parse_amount(cell, currency, self._plan.decimal, self._layout.thousands)
        except CellError as wrong:
            self._wrong(row, name, wrong.code, wrong.problem, wrong.hint)
            return None

    def _money(self, row: Line, currency: str) -> int | None:
        """What came in, positive, or went out, negative."""
        if self._layout.columns.amount is None:
            minor = self._two_columns(row, currency)
        elif not self.cell(row, "amount"):
            self._wrong(row, "amount", Code.MISSING_FIELD, "required, and empty")
            return None
        else:
            minor = self._amount(row, "amount", currency)
            if minor is not None and self._layout.columns.way is not None:
                minor = self._by_word(row, minor)
        return -minor if minor is not None and self._layout.inverted else minor

    def _by_word(self, row: Line, minor: int) -> int | None:
        word = self.cell(row, "way").casefold()
        if word in self._in:
            return abs(minor)
        if word in self._out:
            return -abs(minor)
        allowed = "came_in and went_out of the layout"
        self._wrong(row, "way", Code.BAD_ENUM, f"'{clip(word)}' is none of the words for in and out", f"see {allowed}")
        return None

    def _two_columns(self, row: Line, currency: str) -> int | None:
        sides = [self._amount(row, name, currency) if self.cell(row, name) else 0 for name in ("credit", "debit")]
        credit, debit = sides
        if credit is None or debit is None:
            return None
        if credit and debit:
            self._wrong(row, "credit", Code.INCONSISTENT_AMOUNT, "an amount came in and another went out in one row")
            return None
        if not self.says_money(row):
            self._wrong(row, "credit", Code.MISSING_FIELD, "neither came in nor went out anything")
            return None
        if credit < 0:
            self._wrong(row, "credit", Code.NEGATIVE_AMOUNT, "what came in is negative")
            return None
        return credit - abs(debit)  # some banks write what went out with a sign all the same
