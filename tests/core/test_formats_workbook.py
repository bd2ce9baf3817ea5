"""Spreadsheets: typed cells, serial days, titles above the heading, the right sheet of several, and what is refused."""

from datetime import date
from pathlib import Path
from typing import Any

import pytest

from core.formats.errors import InputError
from core.formats.jsonl import Row
from core.formats.ledger_files import open_ledger
from core.formats.ledger_import import changes, examine, rejected_lines
from core.formats.mapping import Mapping
from tests.workbooks import Serial, workbook

MAPPING: dict[str, Any] = {
    "mapping": "books",
    "customer": {"id": "Customer", "name": "Name"},
    "invoice": {"number": "No", "issued": "Date", "due": "Due", "total": "Total", "currency": "Cur"},
}
HEAD = ("Customer", "Name", "No", "Date", "Due", "Total", "Cur")
ISSUED, DUE = date(2026, 2, 1), date(2026, 3, 2)


def row(
    number: Any = "1001", total: Any = 100.5, issued: Any = ISSUED, due: Any = DUE, customer: Any = "C1"
) -> list[Any]:
    return [customer, "Firm", number, issued, due, total, "EUR"]


def read(path: Path, content: bytes, name: str = "l.xlsx", **mapping: Any) -> list[Any]:
    """The invoices of a file as tuples, and its errors as codes."""
    (path / name).write_bytes(content)
    ledger = open_ledger(path / name, Mapping.model_validate({**MAPPING, **mapping}), "main")
    if isinstance(ledger, InputError):
        return [ledger.code.value]
    report = examine(ledger)
    if report.errors:
        return [error.code.value for error in report.errors]
    items = [change.item for account in changes(ledger, report) for change in account.items]
    return [(item.number, item.issued_on, item.due_on, item.original_minor) for item in items]


def one(number: str = "1001", minor: int = 10_050) -> tuple[Any, ...]:
    return number, ISSUED, DUE, minor


def test_dates_and_numbers_have_their_types(tmp_path: Path) -> None:
    rows = [
        row(),
        row(1002, 1234.567 - 0.007),  # a number that is an id, and one that is not exact
        row("0000611365", 0.1 + 0.2),
        row(1.93e9, 12),
        row("1005", "1.234,50", "01.02.2026", "02.03.2026"),  # text among the types is read as text
    ]
    assert read(tmp_path, workbook({"Open": [HEAD, *rows]}), decimal=",", dates="D.M.Y") == [
        one(),
        one("1002", 123_456),
        one("0000611365", 30),
        one("1930000000", 1_200),
        one("1005", 123_450),
    ]


@pytest.mark.parametrize("from_1904", [False, True])
def test_a_day_may_be_a_bare_number(tmp_path: Path, from_1904: bool) -> None:
    epoch = date(1904, 1, 1) if from_1904 else date(1899, 12, 30)
    serials = [Serial((day - epoch).days) for day in (ISSUED, DUE)]
    content = workbook({"Open": [HEAD, row("1001", 100.5, *serials), row("1002")]}, from_1904=from_1904)
    assert read(tmp_path, content) == [one(), one("1002")]


def test_titles_above_and_a_sum_below_are_no_rows(tmp_path: Path) -> None:
    title = ["Open items of March", None, None, None, None, None, None]
    total = ["Total", None, None, None, None, 201, None]
    content = workbook({"Open": [title, [], HEAD, row(), row("1002"), total]}, merged="A1:G1")
    assert read(tmp_path, content) == [one(), one("1002")]


def test_the_sheet_with_the_headings_is_read(tmp_path: Path) -> None:
    cover = [["Printed on", ISSUED]]
    sheets: dict[str, Any] = {"Cover": cover, "Open": [HEAD, row()], "Old": [HEAD, row("7")]}
    assert read(tmp_path, workbook(sheets, hidden=frozenset({"Old"}))) == [one()]
    assert read(tmp_path, workbook(sheets)) == ["AMBIGUOUS_SHEET"]
    assert read(tmp_path, workbook(sheets), sheet="Open") == [one()]
    assert read(tmp_path, workbook(sheets), sheet="None") == ["MISSING_COLUMN"]
    assert read(tmp_path, workbook({"Cover": cover, "Notes": [["x"]]})) == ["MISSING_COLUMN"]


@pytest.mark.parametrize(
    ("changed", "code"),
    [
        ({"number": 1.93e16}, "SCIENTIFIC_ID"),
        ({"due": "soon"}, "BAD_DATE"),
        ({"due": 3}, "BAD_DATE"),
        ({"total": 12.345}, "TOO_MANY_DECIMALS"),
        ({"total": None}, "MISSING_FIELD"),
        ({"customer": None}, "MISSING_FIELD"),
    ],
)
def test_a_bad_cell_has_its_row(tmp_path: Path, changed: dict[str, Any], code: str) -> None:
    path = tmp_path / "l.xlsx"
    path.write_bytes(workbook({"Open": [HEAD, row("1002"), row(**changed)]}))
    ledger = open_ledger(path, Mapping.model_validate(MAPPING), "main")
    assert not isinstance(ledger, InputError)
    report = examine(ledger)
    assert [(error.code.value, error.line) for error in report.errors] == [(code, 3)]
    assert [number for number, _ in rejected_lines(ledger, report)] == [3]


def test_what_is_no_spreadsheet_after_all(tmp_path: Path) -> None:
    whole = workbook({"Open": [HEAD, row()]})
    assert read(tmp_path, whole, "l.csv") == ["NOT_CSV"]
    assert read(tmp_path, whole[: len(whole) // 2]) == ["ARCHIVE_REFUSED"]
    assert read(tmp_path, b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600)) == ["NOT_CSV"]
    broken = whole.replace(b"PK\x01\x02", b"PK\x01\x02", 1)
    assert read(tmp_path, broken) == [one()]


def test_rows_come_from_the_start_each_time(tmp_path: Path) -> None:
    path = tmp_path / "l.xlsx"
    path.write_bytes(workbook({"Open": [HEAD, row(), row("1002")]}))
    ledger = open_ledger(path, Mapping.model_validate(MAPPING), "main")
    assert not isinstance(ledger, InputError)
    first, second = ([each for each in ledger.rows() if isinstance(each, Row)] for _ in range(2))
    assert first == second
    assert len(first) == 3
