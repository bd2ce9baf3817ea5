"""A bank's CSV through a layout: what is found out, what is refused and with which words."""

import json
from datetime import date
from typing import Any

import pytest

from core.bank import EntryStatus
from core.formats.bank import BankLayout, load_layout
from tests.core.bank_samples import entry, errors, others, read, statement, statements

HEADER = "Date;Amount;Name;Text"


def layout(*, columns: dict[str, Any] | None = None, **more: Any) -> BankLayout:
    plain = {"booked": "Date", "amount": "Amount", "payer": "Name", "text": "Text"}
    given = {"layout": "t", "account": "A1", "currency": "EUR", "columns": columns or plain, **more}
    found = load_layout(json.dumps({key: value for key, value in given.items() if value is not None}))
    assert isinstance(found, BankLayout), [str(one) for one in found]
    return found


def table(*rows: str, header: str = HEADER) -> str:
    return "\n".join([header, *rows]) + "\n"


def test_a_table() -> None:
    one = statement(table("31.01.2026;1.234,50;Meier;RE 1", "01.02.2026;-5,00;Bank;Gebühr"), layout())
    assert (one.account, one.currency, one.format) == ("A1", "EUR", "csv")
    assert (one.closing_on, one.closing_minor) == (date(2026, 2, 1), None)
    assert [(e.minor, e.payer_name, e.remittance.text, e.line) for e in one.entries] == [
        (123_450, "Meier", "RE 1", 2), (-500, "Bank", "Gebühr", 3),
    ]  # fmt: skip


def test_b05_headings_below_a_preamble_and_a_footer() -> None:
    preamble = ["Konto: DE02", "Zeitraum;01.01.2026", "", "Kontostand;1.000,00", "", "Export"]
    text = "\n".join([*preamble, table("31.01.2026;1,50;Meier;RE 1", "Summe;1,50;;", "Stand vom 31.01.2026;;;")])
    assert [e.line for e in statement(text, layout()).entries] == [8]
    assert others(read(text, layout())) == [("notice", "READ_AS"), ("notice", "FOOTER")]


def test_b05_rows_without_a_day_within_the_table_are_no_footer() -> None:
    text = table("31.01.2026;1,50;Meier;RE 1", "Summe;1,50;;", "31.01.2026;2,50;Meier;RE 2")
    assert errors(text, layout()) == [("BAD_DATE", 3, None)]
    assert errors(table("31.02.2026;1,50;Meier;RE 1"), layout()) == [("BAD_DATE", 2, "Date")]  # no footer either


def test_b05_debit_and_credit_columns() -> None:
    two = layout(columns={"booked": "Date", "credit": "In", "debit": "Out"})
    header = "Date;In;Out"
    rows = table("31.01.2026;1,50;", "31.01.2026;;2,50", "31.01.2026;;-3,00", "31.01.2026;0,00;4,00", header=header)
    assert [e.minor for e in statement(rows, two).entries] == [150, -250, -300, -400]
    assert errors(table("31.01.2026;1,50;2,50", header=header), two) == [("INCONSISTENT_AMOUNT", 2, "In")]
    assert errors(table("31.01.2026;;", header=header), two) == [("MISSING_FIELD", 2, "In")]
    assert errors(table("31.01.2026;-1,50;", header=header), two) == [("NEGATIVE_AMOUNT", 2, "In")]


def test_b05_a_word_for_the_way() -> None:
    worded = layout(columns={"booked": "Date", "amount": "Amount", "way": "S/H"})
    rows = table("31.01.2026;1,50;H", "31.01.2026;2,50;S", header="Date;Amount;S/H")
    assert [e.minor for e in statement(rows, worded).entries] == [150, -250]
    assert errors(table("31.01.2026;1,50;X", header="Date;Amount;S/H"), worded) == [("BAD_ENUM", 2, "S/H")]


BALANCED = {"booked": "Date", "amount": "Amount", "balance": "Saldo"}


@pytest.mark.parametrize("turned", [False, True])
def test_b05_balances_prove_that_nothing_is_missing(turned: bool) -> None:
    rows = ["30.01.2026;10,00;110,00", "30.01.2026;-5,00;", "31.01.2026;1,00;106,00"]
    text = table(*(rows[::-1] if turned else rows), header="Date;Amount;Saldo")
    one = statement(text, layout(columns=BALANCED))
    assert (one.opening_minor, one.closing_minor) == (10_000, 10_600)
    missing = table(rows[0], rows[2], header="Date;Amount;Saldo")
    assert errors(missing, layout(columns=BALANCED)) == [("CONTROL_TOTAL", 3, "balance")]


def test_b05_inverted_signs_are_found_out_by_the_balances() -> None:
    text = table("30.01.2026;-10,00;110,00", "31.01.2026;5,00;105,00", header="Date;Amount;Saldo")
    wrong = read(text, layout(columns=BALANCED))[1]
    assert "set `inverted`" in str(wrong)
    one = statement(text, layout(columns=BALANCED, inverted=True))
    assert ([e.minor for e in one.entries], one.opening_minor, one.closing_minor) == ([1_000, -500], 10_000, 10_500)


@pytest.mark.parametrize(("cell", "more", "minor"), [
    ("1.234,56", {}, 123_456), ("1,234.56", {}, 123_456), ("1 234,56", {}, 123_456), ("1'234.56", {}, 123_456),
    ("(12.50)", {}, -1_250), ("12,50-", {}, -1_250), ("+12,50", {}, 1_250), ("EUR 12,50", {}, 1_250),
    ("12,50 EUR", {}, 1_250), ("£12.50", {"signs": ["£"]}, 1_250), ("1.234", {"decimal": ","}, 123_400),
    ("1.234", {"decimal": ".", "currency": "KWD"}, 1_234), ("100", {"currency": "JPY"}, 100),
])  # fmt: skip
def test_b05_amounts(cell: str, more: dict[str, Any], minor: int) -> None:
    assert entry(table(f"31.01.2026;{cell};;"), layout(**more)).minor == minor


@pytest.mark.parametrize(("rows", "more", "expected"), [
    (["03/04/2026;1,50;;"], {}, [("AMBIGUOUS_DATE", 2, None)]),
    (["31/01/2026;1,50;;", "01/31/2026;1,50;;"], {}, [("AMBIGUOUS_DATE", 2, None)]),
    (["31.01.2026;1.234;;"], {}, [("AMBIGUOUS_AMOUNT", 2, None)]),
    (["31.01.2026;1,50;;", "31.01.2026;1.50;;"], {}, [("AMBIGUOUS_AMOUNT", 3, None)]),
    (["31.01.26;1,50;;"], {}, [("BAD_DATE", 2, "Date")]),  # two digits need an order in the layout
    (["45000;1,50;;"], {}, [("BAD_DATE", 2, "Date")]),
    (["31.01.2026;1e5;;"], {"decimal": "."}, [("BAD_AMOUNT", 2, "Amount")]),
    (["31.01.2026;;;"], {}, [("MISSING_FIELD", 2, "Amount")]),
    (["31.01.2026;12,345;;"], {"decimal": ","}, [("TOO_MANY_DECIMALS", 2, "Amount")]),
    (["31.01.2026;1,50"], {}, [("RAGGED_ROW", 2, None)]),
    (['31.01.2026;1,50;"open;'], {}, [("UNCLOSED_QUOTE", 2, None)]),
    ([], {"currency": "EURO"}, [("BAD_CURRENCY", 0, "currency")]),
    (["31.01.2026;1,50;;"], {"columns": {"booked": "Datum", "amount": "Amount"}}, [("MISSING_COLUMN", 1, "booked")]),
    (["31.01.2026;1,50;;"], {"decimal": ",", "thousands": ","}, [("BAD_AMOUNT", 0, "thousands")]),
    (["31.01.2026;1,50;;"], {"dates": "D/D/Y"}, [("BAD_DATE", 0, "dates")]),
])  # fmt: skip
def test_b05_what_is_refused(
    rows: list[str], more: dict[str, Any], expected: list[tuple[str, int, str | None]]
) -> None:
    assert errors(table(*rows), layout(**more)) == expected


def test_b05_what_was_found_out_is_said_before_anything_is_taken() -> None:
    said = next(str(one) for one in read(table("31.01.2026;1,50;;"), layout()) if not hasattr(one, "entries"))
    assert said == "f:1  read as utf-8, delimiter ;, table below line 1, dates D.M.Y, decimal sign ,"


def test_a_file_without_a_layout_or_without_rows() -> None:
    assert errors(table("31.01.2026;1,50;;")) == [("UNKNOWN_FORMAT", 0, None)]
    assert errors(table(), layout()) == [("EMPTY_FILE", 1, None)]
    assert errors("", layout()) == [("EMPTY_FILE", 0, None)]
    assert errors(b"%PDF-1.7", layout()) == [("UNKNOWN_FORMAT", 0, None)]
    assert errors("<!DOCTYPE html><html>", layout()) == [("XML_FORBIDDEN", 1, None)]


def test_several_accounts_and_currencies_are_several_statements() -> None:
    columns = {"booked": "Date", "amount": "Amount", "account": "Name", "currency": "Text"}
    text = table("31.01.2026;1,50;K1;EUR", "31.01.2026;2,50;K2;EUR", "31.01.2026;3,50;K1;USD", "31.01.2026;4,50;K1;EUR")
    found = statements(text, layout(columns=columns, account=None, currency=None))
    assert [(s.account, s.currency, [e.minor for e in s.entries]) for s in found] == [
        ("K1", "EUR", [150, 450]), ("K2", "EUR", [250]), ("K1", "USD", [350]),
    ]  # fmt: skip


def test_rows_that_go_on_months_by_name_and_what_is_announced() -> None:
    text = table("Pending;1.50;;a", "12-Dec-2025;2.50;;RE 1", ";;;and RE 2", "13-Dec-2025;3.50;;c")
    one = statement(text, layout(dates="D-M-Y", goes_on=True))
    assert [(e.minor, e.status, e.remittance.text) for e in one.entries] == [
        (150, EntryStatus.PENDING, "a"), (250, EntryStatus.BOOKED, "RE 1 and RE 2"), (350, EntryStatus.BOOKED, "c"),
    ]  # fmt: skip


def test_columns_by_number() -> None:
    text = "x\n20260131|1.50|a|b\n"
    by_number = layout(
        headings=False, header_line=2, dates="YMD", delimiter="|", columns={"booked": 1, "amount": 2, "text": [3, 4]}
    )
    assert entry(text, by_number).remittance.text == "a b"


@pytest.mark.parametrize(("changes", "field"), [
    ({"columns": {"booked": "D"}}, "columns"),
    ({"columns": {"booked": "D", "amount": "A", "credit": "C", "debit": "D"}}, "columns"),
    ({"columns": {"booked": "D", "credit": "C"}}, "columns"),
    ({"columns": {"booked": "D", "credit": "C", "debit": "E", "way": "W"}}, "columns"),
    ({"account": ...}, None),
    ({"currency": ...}, None),
    ({"colums": {}}, "colums"),
])  # fmt: skip
def test_layouts_that_cannot_be_meant(changes: dict[str, Any], field: str | None) -> None:
    given = {"layout": "t", "account": "A", "currency": "EUR", "columns": {"booked": "D", "amount": "A"}} | changes
    found = load_layout(json.dumps({key: value for key, value in given.items() if value is not ...}))
    assert isinstance(found, list)
    assert field in {one.field for one in found}
