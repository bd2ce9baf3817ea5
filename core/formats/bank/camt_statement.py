"""One statement, report or notification of a camt message, on its way to a value."""

from datetime import date
from typing import Any, Final

from pydantic import ValidationError
from pydantic_xml import ParsingError

from core.bank import BankEntry, BankStatement
from core.formats.bank import totals
from core.formats.bank.camt_entry import Of, entries
from core.formats.bank.camt_schema import Balance, Entry, Head, Sum
from core.formats.bank.camt_values import ValueWrongError, day, day_of, money, number, sign
from core.formats.bank.findings import Findings
from core.formats.bank.keys import Keys, account_of
from core.formats.bank.mt940 import sequence_of
from core.formats.bank.totals import Told
from core.formats.errors import Code

_OPENING: Final = ("OPBD", "PRCD")  # a statement may name the closing balance of the one before it instead
_CLOSING: Final = ("CLBD",)
_PAGES: Final = ("StmtPgntn", "RptPgntn", "NtfctnPgntn")


class Statement:
    """Takes the entries one by one; its head is read when the first begins."""

    def __init__(self, element: Any, file: str, keys: Keys, kind: str, version: str) -> None:
        self.element, self.count = element, 0
        self._found = Findings(file)
        self._keys, self._kind, self._version = keys, kind, version
        self._head: Head | None = None
        self._of: Of | None = None
        self._entries = list[BankEntry]()
        self._told = Told()

    @property
    def _line(self) -> int:
        return int(self.element.sourceline)

    def begin_entry(self) -> None:
        """An entry begins: what stands before the first is the head."""
        if self._head is None:
            self._read_head()

    def entry(self, element: Any) -> None:
        """Take a whole entry."""
        self.count += 1
        line = element.sourceline
        try:
            entry = Entry.from_xml_tree(element)
            minor = self._tell(entry)
            if self._of is not None and minor is not None:
                self._entries += entries(entry, self._of, self._keys, self._found, line)
        except ValueWrongError as wrong:
            self._found.error(wrong.code, line, wrong.problem, field=f"Ntry/{wrong.field}")
        except (ValidationError, ParsingError):
            self._found.error(Code.BAD_VALUE, line, "an entry that does not have the form of one", field="Ntry")

    def finish(self) -> list[BankStatement | Any]:
        """The statement and what is to be said of it."""
        self.begin_entry()
        head, of = self._head, self._of
        statement = None
        if head is not None and of is not None:
            try:
                statement = self._statement(head, of)
            except ValueWrongError as wrong:
                self._found.error(wrong.code, self._line, wrong.problem, field=wrong.field)
        return self._found.settle(statement, self._line, self.count)

    # ---------- the head ----------

    def _read_head(self) -> None:
        for child in self.element:
            if child.tag in _PAGES:
                child.tag = "Page"
        name, self.element.tag = self.element.tag, "Statement"
        try:
            self._head = head = Head.from_xml_tree(self.element)
        except (ValidationError, ParsingError):
            self._head = head = Head()
            self._found.error(Code.BAD_VALUE, self._line, "a statement that does not have the form of one", field=name)
        self.element.tag = name
        account = account_of(head.account.number) if head.account else ""
        if not account:
            self._found.error(Code.MISSING_FIELD, self._line, "no account is named", field="Acct/Id")
            return
        currency = self._currency(head)
        try:
            told_on = day_of(head.created_at, "CreDtTm") if head.created_at else None
        except ValueWrongError:
            told_on = None  # it is only the last resort of entries without a day
        self._keys.begin(account, interim=self._kind == "camt.052")
        self._of = Of(account, currency, told_on) if currency else None

    def _currency(self, head: Head) -> str:
        """That of the account, of a booked balance, or of the first entry."""
        named = head.account.currency.strip() if head.account and head.account.currency else ""
        booked = (b.amount.currency for b in head.balances if b.amount and b.code in (*_OPENING, *_CLOSING))
        return named or next(booked, "")

    def _tell(self, entry: Entry) -> int | None:
        """Count an entry for the bank's sums; learn the currency from the first where nothing else names it."""
        minor = sign(entry.side, "CdtDbtInd") * money(entry.amount, "Amt")
        head = self._head
        if self._of is None and head is not None and head.account and head.account.number and entry.amount:
            told_on = day_of(head.created_at, "CreDtTm") if head.created_at else None
            self._of = Of(account_of(head.account.number), entry.amount.currency, told_on)
        self._told.add(minor)
        return minor

    # ---------- the statement ----------

    def _statement(self, head: Head, of: Of) -> BankStatement:
        opening = self._balance(head, _OPENING, of, first=True)
        closing = self._balance(head, _CLOSING, of, first=False)
        found_on = closing[0] if closing else of.told_on
        if opening and closing and not self._found.refused:
            totals.prove_balances(
                self._found, self._line, "Bal/CLBD", opening[1], self._entries, closing[1], of.currency
            )
        elif self._kind == "camt.053" and not self._found.refused:
            problem = "opening or closing balance (OPBD, CLBD) is missing: nothing proves its entries"
            self._found.warning(Code.MISSING_FIELD, self._line, problem, field="Bal")
        self._prove_summary(head, of.currency)
        number_ = head.number or head.legal_number
        page = head.pages.number if head.pages and head.pages.number else None
        return BankStatement(
            account=of.account,
            currency=of.currency,
            number=f"{number_}/{page}" if number_ and page else number_,
            sequence=sequence_of(number_),
            identification=head.id,
            opening_minor=opening[1] if opening else None,
            closing_on=found_on,
            closing_minor=closing[1] if closing else None,
            interim=self._kind == "camt.052",
            notification=self._kind == "camt.054",
            entries=tuple(self._entries),
            format=self._kind,
            version=self._version,
        )

    def _balance(self, head: Head, codes: tuple[str, ...], of: Of, *, first: bool) -> tuple[date, int] | None:
        """The earliest or latest of the balances with one of the codes: a statement of several days has one a day."""
        there = list[tuple[date, int]]()
        for balance in head.balances:
            if (balance.code or "").strip() in codes:
                there.append(self._one_balance(balance, of))
        there.sort(key=lambda one: one[0])
        return (there[0] if first else there[-1]) if there else None

    def _one_balance(self, balance: Balance, of: Of) -> tuple[date, int]:
        field = f"Bal/{(balance.code or '').strip()}"
        on = day(balance.day, f"{field}/Dt")
        if on is None:
            raise ValueWrongError(Code.MISSING_FIELD, f"{field}/Dt", "required, and missing")
        return on, sign(balance.side, f"{field}/CdtDbtInd") * money(balance.amount, f"{field}/Amt", of.currency)

    def _prove_summary(self, head: Head, currency: str) -> None:
        summary = head.summary
        if summary is None or self._found.refused:
            return
        told = self._told
        self._prove_sum("TtlNtries", summary.all, told.credits + told.debits, told.came_in + told.went_out, currency)
        self._prove_sum("TtlCdtNtries", summary.credits, told.credits, told.came_in, currency)
        self._prove_sum("TtlDbtNtries", summary.debits, told.debits, told.went_out, currency)

    def _prove_sum(self, name: str, said: Sum | None, count: int, total: int, currency: str) -> None:
        if said is None:
            return
        field = f"TxsSummry/{name}"
        if said.count and said.count.strip():
            totals.prove(
                self._found, self._line, field, "number of entries", said.count.strip().lstrip("0") or "0", str(count)
            )
        if said.sum and said.sum.strip():
            minor = number(said.sum, f"{field}/Sum", currency)
            totals.prove(
                self._found, self._line, field, "sum", totals.shown(minor, currency), totals.shown(total, currency)
            )
