"""The ledgers that are replayed, read by the product's own readers, a day at a time."""

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any

from core.formats.changes import AccountChanges
from core.formats.csv_ledger import csv_ledger
from core.formats.errors import InputError
from core.formats.examination import LedgerFile
from core.formats.jsonl import Row
from core.formats.ledger_import import by_date, examine, jsonl_ledger
from core.formats.mapping import Mapping, load_mapping
from core.formats.records import InvoiceRecord, PaymentRecord
from tests.oracle.ibm import WITHHELD_DAYS, WITHHELD_EVERY, Mode
from tests.replay.night import ENTITY

Days = dict[date, list[AccountChanges]]

IBM = """
mapping: ibm-accounts-receivable
dates: D/M/Y
customer: { id: customerID }
invoice: { number: invoiceNumber, issued: InvoiceDate, due: DueDate, total: InvoiceAmount%s }
payment: { settled_on: SettledDate }
constants: { currency: USD }
"""


def ibm(path: Path, mode: Mode) -> Days:
    """The real ledger, the payment of every tenth invoice withheld; B knows which invoices are disputed, A does not."""
    mapping = load_mapping(IBM % (", disputed: Disputed" if mode == "B" else ""))
    assert isinstance(mapping, Mapping), mapping
    return _days(_withheld(csv_ledger(path, mapping, ENTITY)))


def native(records: list[dict[str, Any]], folder: Path) -> Days:
    """A ledger of native records, through a file."""
    path = folder / "ledger.jsonl"
    path.write_text("".join(json.dumps(record) + "\n" for record in records))
    return _days(jsonl_ledger(path, ENTITY))


def from_night(days: Days, first: date) -> Days:
    """The same ledger first heard of on a night: all that happened before comes at once, as it then stood."""
    before: dict[str, AccountChanges] = {}
    for day in sorted(day for day in days if day <= first):
        for change in days[day]:
            known = before.get(change.customer.id)
            before[change.customer.id] = _merged(known, change) if known else change
    open_only = [replace(c, items=tuple(i for i in c.items if i.item.open_minor)) for c in before.values()]
    return {first: open_only, **{day: changes for day, changes in days.items() if day > first}}


def _merged(known: AccountChanges, later: AccountChanges) -> AccountChanges:
    items = {change.item.id: change for change in (*known.items, *later.items)}
    return replace(later, items=tuple(items.values()))


def _days(ledger: LedgerFile) -> Days:
    report = examine(ledger)
    assert not report.errors, report.errors[:5]
    return {day: list(changes) for day, changes in by_date(ledger, report)}


def _withheld(ledger: LedgerFile) -> LedgerFile:
    def rows() -> Iterator[Row | InputError]:
        number, due = 0, date.min
        for row in ledger.rows():
            if isinstance(row, Row) and isinstance(row.record, InvoiceRecord):
                number, due = number + 1, row.record.due
            if isinstance(row, Row) and isinstance(row.record, PaymentRecord) and number % WITHHELD_EVERY == 0:
                late = due + timedelta(days=WITHHELD_DAYS)
                yield replace(row, record=row.record.model_copy(update={"date": late}))
            else:
                yield row

    return replace(ledger, rows=rows)
