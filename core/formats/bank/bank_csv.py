"""Reads a bank's CSV through a saved layout: one statement for each account and currency in it."""

from collections.abc import Iterator
from datetime import date
from io import BytesIO
from typing import BinaryIO, Final

from core.bank import BankEntry, BankStatement, EntryStatus, Remittance
from core.formats.bank import totals
from core.formats.bank.csv_plan import make_plan, table_rows
from core.formats.bank.csv_row import Row, RowReader
from core.formats.bank.findings import Findings
from core.formats.bank.keys import Keys, account_of, reference_of
from core.formats.bank.layout import BankLayout
from core.formats.bank.references import found_in, unique
from core.formats.bank.swift_details import tidy
from core.formats.csv_table import Line
from core.formats.errors import Code, InputError, clip

_SHOWN: Final = 3  # rows of a footer that are named


def read_csv(content: bytes, file: str, layout: BankLayout) -> Iterator[BankStatement | InputError]:
    """The statements of a file, and all that is to be said of it."""

    def open_file() -> BinaryIO:
        return BytesIO(content)

    plan = make_plan(open_file, file, layout)
    if isinstance(plan, list):
        yield from plan
        return
    yield from plan.notices
    found = Findings(file)
    table = _Table(RowReader(layout, plan, found), layout, found)
    for row in table_rows(open_file, file, plan):
        if isinstance(row, Line):
            table.take(row)
        else:
            found.error(row.code, row.line, row.problem, hint=row.hint)
    table.end()
    if found.refused:
        yield from found.settle(None, plan.before + 1, table.count)
        return
    yield from found.errors
    yield from _statements(table.rows, file)
    if not table.rows:
        yield InputError(Code.EMPTY_FILE, file, plan.before, "0 rows", hint="nothing was changed")


class _Table:
    """Takes the rows; those that are no entries are held back until it is known whether they are a footer."""

    def __init__(self, reader: RowReader, layout: BankLayout, found: Findings) -> None:
        self.rows, self.count = list[Row](), 0
        self._reader, self._layout, self._found = reader, layout, found
        self._held = list[Line]()

    def take(self, row: Line) -> None:
        """One row: an entry, a line that goes on with the one above, or perhaps the footer's."""
        reader = self._reader
        if self._layout.goes_on and self.rows and not reader.cell(row, "booked") and not reader.says_money(row):
            self.rows[-1].texts.append(tidy(" ".join(row.cells)))
            return
        if not reader.has_day(row) and _is_words(reader.cell(row, "booked")):
            self._held.append(row)
            return
        self._release()
        self.count += 1
        if not reader.is_whole(row):
            self._found.error(Code.RAGGED_ROW, row.number, f"{len(row.cells)} fields, fewer than the layout reads")
            return
        read = reader.read(row)
        if read is not None:
            self.rows.append(read)

    def end(self) -> None:
        """The file is through: what is held now is its footer."""
        if self._held:
            first = self._held[0]
            words = ", ".join(f"'{clip(_first(row))}'" for row in self._held[:_SHOWN])
            problem = f"{len(self._held)} rows without a day at the end are a footer and are left out: {words}"
            self._found.notice(Code.FOOTER, first.number, problem, found=str(len(self._held)))

    def _release(self) -> None:
        """An entry below rows without a day: they are no footer."""
        for row in self._held:
            self.count += 1
            self._found.error(Code.BAD_DATE, row.number, f"'{clip(_first(row))}': a row without a day of booking")
        self._held.clear()


def _is_words(cell: str) -> bool:
    """True for a cell that does not try to be a date: empty, or with words in it."""
    return sum(char.isalpha() for char in cell) >= 3 or not cell


def _first(row: Line) -> str:
    return next((cell.strip() for cell in row.cells if cell.strip()), "")


def _statements(rows: list[Row], file: str) -> Iterator[BankStatement | InputError]:
    by_account = dict[tuple[str, str], list[Row]]()
    for row in rows:
        by_account.setdefault((account_of(row.account), row.currency), []).append(row)
    keys = Keys()
    for (account, currency), own in by_account.items():
        found = Findings(file)
        keys.begin(account, interim=False)
        statement = _statement(account, currency, own, keys, found)
        yield from found.settle(statement, own[0].line, len(own))


def _statement(account: str, currency: str, rows: list[Row], keys: Keys, found: Findings) -> BankStatement | None:
    days = [row.booked_on for row in rows if row.booked_on] or [row.value_on for row in rows if row.value_on]
    if not days:
        found.error(Code.BAD_DATE, rows[0].line, "all entries are announced, and none has a day")
        return None
    last = max(days)
    entries = tuple(_entry(row, last, keys) for row in rows)
    opening, closing = _balances(rows, currency, found)
    return BankStatement(
        account=account,
        currency=currency,
        opening_minor=opening,
        closing_on=last,
        closing_minor=closing,
        entries=entries,
        format="csv",
    )


def _entry(row: Row, last: date, keys: Keys) -> BankEntry:
    text = tidy(" ".join(row.texts))
    on = row.booked_on or row.value_on or last
    status = EntryStatus.BOOKED if row.booked_on else EntryStatus.PENDING
    reference = reference_of(row.bank_reference)
    return BankEntry(
        key=keys.key(on, row.minor, row.currency, reference, row.end_to_end, row.payer, text),
        booked_on=on,
        value_on=row.value_on,
        minor=row.minor,
        currency=row.currency,
        status=status if row.minor else EntryStatus.INFORMATION,
        payer_name=row.payer,
        payer_account=account_of(row.payer_account) if row.payer_account else None,
        remittance=Remittance(
            text=text, references=unique([*row.references, *found_in(text)]), end_to_end=reference_of(row.end_to_end)
        ),
        bank_reference=reference,
        kind=row.kind,
        line=row.line,
    )


def _balances(rows: list[Row], currency: str, found: Findings) -> tuple[int | None, int | None]:
    """Opening and closing balance by the column that tells the balance after each entry, which must lead on.

    Banks write the newest entry first or last; whichever order leads on is the order of the file.
    """
    booked = [row for row in rows if row.booked_on]
    if sum(1 for row in booked if row.balance is not None) < 1:
        return None, None
    down, up = _break(booked), _break(booked[::-1])
    if down is not None and up is not None:
        line, expected, written = down
        problem = (
            f"the balance is {totals.shown(written, currency)}, entries lead to {totals.shown(expected, currency)}"
        )
        turned = _break(booked, sign=-1) is None or _break(booked[::-1], sign=-1) is None
        hint = "the balances fit with the signs turned: set `inverted`" if turned else "is an entry missing?"
        found.error(Code.CONTROL_TOTAL, line, problem, field="balance", hint=hint)
        return None, None
    ordered = booked if down is None else booked[::-1]
    return _ends(ordered)


def _break(rows: list[Row], sign: int = 1) -> tuple[int, int, int] | None:
    """Line, expected and written balance where they first part; None when all balances lead on."""
    running: int | None = None
    for row in rows:
        running = running + sign * row.minor if running is not None else None
        if row.balance is not None:
            if running is not None and running != row.balance:
                return row.line, running, row.balance
            running = row.balance
    return None


def _ends(rows: list[Row]) -> tuple[int | None, int | None]:
    before, opening, running = 0, None, None
    for row in rows:
        before += row.minor
        running = running + row.minor if running is not None else None
        if row.balance is not None:
            opening = row.balance - before if opening is None else opening
            running = row.balance
    return opening, running
