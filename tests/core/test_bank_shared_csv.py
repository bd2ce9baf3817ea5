"""Real CSV files of banks: each is taken with the amounts of its cells, or refused with the right error."""

import csv
import io
import re
from decimal import Decimal
from typing import Any

import pytest

from core.formats.bank import BankLayout, load_layout
from tests.core.bank_layouts import LAYOUTS, REFUSED
from tests.core.test_bank_shared_files import FILES, needs_files, taken


@needs_files
@pytest.mark.parametrize("name", LAYOUTS)
def test_csv(name: str) -> None:
    layout = load_layout(f"layout: sample\n{LAYOUTS[name]}")
    assert isinstance(layout, BankLayout), [str(one) for one in layout]
    found, wrong = taken(FILES / "csv/bank2ynab" / name, layout)
    assert wrong == REFUSED.get(name, set())
    if not wrong:
        assert sorted(entry.minor for one in found for entry in one.entries) == sorted(cells(name, layout))


def cells(name: str, layout: BankLayout) -> list[int]:
    """The amounts as the cells have them, read by nothing but the standard reader."""
    raw = (FILES / "csv/bank2ynab" / name).read_bytes()
    text = raw.decode(layout.encoding or ("cp1252" if name.startswith("umsatz") else "utf-8-sig"))
    delimiter = layout.delimiter or max(";,", key=text.splitlines()[0].count if name != _OCBC else ",".count)
    rows = list(csv.reader(io.StringIO(text), delimiter=delimiter))
    columns, found = layout.columns, list[int]()
    start = next(i for i, row in enumerate(rows) if not layout.headings or columns.booked in row)
    head = rows[start]
    for row in rows[start + 1 :]:
        amount = _cell(head, row, columns.amount)
        credit, debit = _cell(head, row, columns.credit), _cell(head, row, columns.debit)
        value = _decimal(amount or credit or debit)
        if value is None:
            continue
        way = _cell(head, row, columns.way) if columns.way else None
        out = way in {"", "outflow"} or (columns.credit is not None and not credit)
        places = 100
        found.append(int((-abs(value) if out else abs(value) if way else value) * places))
    return found


_OCBC = "TransactionHistory_20180418043121.csv"


def _cell(head: list[str], row: list[str], column: Any) -> str:
    place = column - 1 if isinstance(column, int) else head.index(column) if column in head else None
    return row[place].strip() if place is not None and place < len(row) else ""


def _decimal(text: str) -> Decimal | None:
    bare = re.sub(r"[^\d,.-]", "", text)
    if not bare:
        return None
    if bare.rfind(",") > bare.rfind("."):
        bare = bare.replace(".", "").replace(",", ".")
    return Decimal(bare.replace(",", ""))
