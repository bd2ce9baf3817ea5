"""Ledgers as CSV: what is found out, what is refused and with which words, and that no file breaks the reader."""

import csv
import io
import os
from collections import Counter
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.formats import csv_table
from core.formats.cells import CellError, parse_amount, parse_date
from core.formats.csv_ledger import csv_ledger, read_csv
from core.formats.errors import InputError, Severity
from core.formats.examination import LedgerFile
from core.formats.jsonl import Row
from core.formats.ledger_import import by_date, changes, examine
from core.formats.mapping import Mapping, load_mapping
from core.formats.records import CreditNoteRecord, CustomerRecord, InvoiceRecord, PaymentRecord
from tests.core.ledgers import said

SHARED = Path(os.environ.get("SHARED_DIR", Path(__file__).parents[3] / "shared"))
IBM_FILE = SHARED / "data/ar-ledger/ibm/accounts-receivable.dmy.csv"
# the layout of IBM's sample of accounts receivable; its countries are no ISO codes, so they feed nothing
IBM = """
mapping: ibm-accounts-receivable
dates: D/M/Y
customer: { id: customerID }
invoice: { number: invoiceNumber, issued: InvoiceDate, due: DueDate, total: InvoiceAmount, disputed: Disputed }
payment: { settled_on: SettledDate }
constants: { currency: USD }
"""
IBM_HEADER = (
    "countrycode,customerID,PaperlessDate,invoiceNumber,InvoiceDate,DueDate,InvoiceAmount,Disputed,SettledDate,"
    "PaperlessBill,DaysToSettle,DaysLate"
)


def a_mapping(text: str = IBM, **changes: Any) -> Mapping:
    mapping = load_mapping(text)
    assert isinstance(mapping, Mapping), [str(error) for error in mapping]
    return Mapping.model_validate({**mapping.model_dump(), **changes})


PLAIN = a_mapping("""
mapping: plain
customer: { id: Customer, name: [Name, Customer Name], email: Mail }
invoice: { number: No, issued: Issued, due: Due, total: Total, currency: Cur, disputed: Disputed, open: Open }
""")
HEADER = "Customer,Name,Mail,No,Issued,Due,Total,Cur,Disputed,Open"
ROW = {
    "Customer": "C1", "Name": "Acme", "Mail": "ap@acme.example", "No": "N1", "Issued": "2026-01-15",
    "Due": "2026-02-14", "Total": "1234.50", "Cur": "EUR", "Disputed": "no", "Open": "",
}  # fmt: skip


def row(**cells: str) -> str:
    return ",".join(f'"{cell}"' if any(c in cell for c in ',"\n') else cell for cell in {**ROW, **cells}.values())


def read(
    *lines: str, mapping: Mapping = PLAIN, encoding: str = "utf-8", newline: str = "\r\n"
) -> list[Row | InputError]:
    raw = newline.join(lines).encode(encoding)
    return list(read_csv(lambda: io.BytesIO(raw), "f.csv", mapping))


def wrong(*lines: str, mapping: Mapping = PLAIN) -> list[tuple[str, int, str | None]]:
    found = read(*lines, mapping=mapping)
    return said(f for f in found if isinstance(f, InputError) and f.severity is Severity.ERROR)


def records(*lines: str, mapping: Mapping = PLAIN, **how: str) -> list[Any]:
    found = read(*lines, mapping=mapping, **how)
    errors = [f for f in found if isinstance(f, InputError) and f.severity is Severity.ERROR]
    assert errors == []
    return [f.record for f in found if isinstance(f, Row)]


# ---------- rows ----------


def test_a_row_is_a_customer_an_invoice_and_its_payment() -> None:
    customer, invoice, payment = records(HEADER, row(Open="234.50", Disputed="YES"))
    assert isinstance(customer, CustomerRecord)
    assert (customer.id, customer.name, customer.email) == ("C1", "Acme", "ap@acme.example")
    assert isinstance(invoice, InvoiceRecord)
    assert (invoice.id, invoice.number, invoice.total, invoice.currency) == ("N1", "N1", 123_450, "EUR")
    assert (invoice.issued, invoice.due, invoice.disputed) == (date(2026, 1, 15), date(2026, 2, 14), True)
    assert isinstance(payment, PaymentRecord)
    assert (payment.id, payment.invoice, payment.amount, payment.date) == ("N1:paid", "N1", 100_000, date(2026, 1, 15))


def test_a_customer_is_said_once() -> None:
    found = records(HEADER, row(), row(No="N2"), row(No="N3", Customer="C2"))
    assert [type(r).__name__ for r in found] == [
        "CustomerRecord", "InvoiceRecord", "InvoiceRecord", "CustomerRecord", "InvoiceRecord",
    ]  # fmt: skip


def test_ids_and_numbers_are_text() -> None:
    _, invoice = records(HEADER, row(No="0000611365"))
    assert invoice.number == "0000611365"


def test_the_ibm_layout() -> None:
    lines = [
        IBM_HEADER,
        "391,0187-ERLSR,06/04/2013,611365,02/01/2013,01/02/2013,55.94,No,15/01/2013,Paper,13,0",
        "406,0379-NEVHP,08/01/2013,7900770,26/01/2013,25/02/2013,61.74,Yes,03/03/2013,Electronic,36,6",
    ]
    found = records(*lines, mapping=a_mapping())
    assert [(r.number, r.issued, r.due, r.total, r.disputed) for r in found if isinstance(r, InvoiceRecord)] == [
        ("611365", date(2013, 1, 2), date(2013, 2, 1), 5_594, False),
        ("7900770", date(2013, 1, 26), date(2013, 2, 25), 6_174, True),
    ]
    assert [(r.date, r.amount) for r in found if isinstance(r, PaymentRecord)] == [
        (date(2013, 1, 15), 5_594), (date(2013, 3, 3), 6_174),
    ]  # fmt: skip


@pytest.mark.parametrize(("cells", "code", "field"), [
    ({"Due": "2026-02-30"}, "BAD_DATE", "Due"),
    ({"Due": "45000"}, "BAD_DATE", "Due"),
    ({"Due": "05:23.4"}, "BAD_DATE", "Due"),
    ({"Due": "0026-02-01"}, "BAD_DATE", "Due"),
    ({"Due": ""}, "MISSING_FIELD", "Due"),
    ({"Total": "1e5"}, "BAD_AMOUNT", "Total"),
    ({"Total": "NaN"}, "BAD_AMOUNT", "Total"),
    ({"Total": "EUR 100"}, "BAD_AMOUNT", "Total"),
    ({"Total": "12.345"}, "AMBIGUOUS_AMOUNT", None),  # the only amount of the file
    ({"Total": "100.5", "Cur": "JPY"}, "TOO_MANY_DECIMALS", "Total"),
    ({"Total": "-5.00"}, "NEGATIVE_AMOUNT", "Total"),
    ({"Total": "5.00-"}, "NEGATIVE_AMOUNT", "Total"),
    ({"Total": "(5.00)"}, "NEGATIVE_AMOUNT", "Total"),
    ({"Total": "99999999999999.00"}, "AMOUNT_RANGE", "Total"),
    ({"Total": ""}, "MISSING_FIELD", "Total"),
    ({"Cur": ""}, "BAD_CURRENCY", "Cur"),
    ({"Cur": "Euro"}, "BAD_CURRENCY", "Cur"),
    ({"Cur": "XXX"}, "BAD_CURRENCY", "Cur"),
    ({"No": "1.93E+09"}, "SCIENTIFIC_ID", "No"),
    ({"No": ""}, "MISSING_FIELD", "No"),
    ({"Customer": "2E5"}, "SCIENTIFIC_ID", "Customer"),
    ({"Customer": ""}, "MISSING_FIELD", "Customer"),
    ({"Customer": "C#1"}, "BAD_VALUE", "Customer"),
    ({"Name": "a\x00b"}, "ENCODING", None),
    ({"Name": "a\x07b"}, "CONTROL_CHARACTER", "Name"),
    ({"Disputed": "maybe"}, "BAD_ENUM", "Disputed"),
    ({"Open": "2000.00"}, "INCONSISTENT_AMOUNT", "Open"),
])  # fmt: skip
def test_a_bad_cell_is_said_with_line_and_heading(cells: dict[str, str], code: str, field: str | None) -> None:
    line = 0 if code == "ENCODING" else 2
    assert wrong(HEADER, row(**cells)) == [(code, line, field)]


def test_all_bad_cells_of_a_row_are_said() -> None:
    assert wrong(HEADER, row(Due="soon", Total="much", Disputed="?")) == [
        ("BAD_DATE", 2, "Due"), ("BAD_ENUM", 2, "Disputed"), ("BAD_AMOUNT", 2, "Total"),
    ]  # fmt: skip


def test_an_error_has_the_column_where_quotes_leave_it_clear() -> None:
    (error,) = (f for f in read(HEADER, row(Due="2026-02-30")) if isinstance(f, InputError) and f.code == "BAD_DATE")
    assert error.column == row(Due="2026-02-30").index("2026-02-30") + 1
    (quoted,) = (
        f for f in read(HEADER, row(Name="A, B", Due="x")) if isinstance(f, InputError) and f.code == "BAD_DATE"
    )
    assert quoted.column is None


def test_a_settled_row_has_nothing_open() -> None:
    mapping = a_mapping(invoice={**a_mapping().invoice.model_dump(), "open": "DaysLate"})
    line = "1,C1,,N1,02/01/2013,13/02/2013,55.94,No,15/01/2013,Paper,13,5.00"
    assert wrong(IBM_HEADER, line, mapping=mapping) == [("INCONSISTENT_AMOUNT", 2, "DaysLate")]


def test_a_negative_total_may_be_a_credit_note() -> None:
    mapping = PLAIN.model_copy(update={"negative": "credit_note"})
    _, credit = records(HEADER, row(Total="-12.00"), mapping=mapping)
    assert isinstance(credit, CreditNoteRecord)
    assert (credit.id, credit.invoice, credit.amount, credit.date) == ("N1", None, 1_200, date(2026, 1, 15))


@pytest.mark.parametrize(("left", "unused"), [("", 1_200), ("-3.00", 300), ("3.00", 300), ("0.00", 0)])
def test_a_credit_note_counts_for_what_is_left_of_it(left: str, unused: int) -> None:
    """What was used already would keep another invoice from ever being asked for."""
    mapping = PLAIN.model_copy(update={"negative": "credit_note"})
    _, credit = records(HEADER, row(Total="-12.00", Open=left), mapping=mapping)
    assert isinstance(credit, CreditNoteRecord)
    assert credit.amount == unused


def test_a_credit_note_of_which_more_is_left_than_it_was_is_refused() -> None:
    mapping = PLAIN.model_copy(update={"negative": "credit_note"})
    assert wrong(HEADER, row(Total="-12.00", Open="-12.01"), mapping=mapping) == [("INCONSISTENT_AMOUNT", 2, "Open")]


def test_two_names_of_one_customer_are_not_merged() -> None:
    assert wrong(HEADER, row(), row(No="N2", Name="Other")) == [("CONFLICT", 3, "Customer")]
    assert wrong(HEADER, row(), row(No="N2", Name="Other", Total="12x")) == [
        ("CONFLICT", 3, "Customer"), ("BAD_AMOUNT", 3, "Total"),
    ]  # fmt: skip


def test_a_customer_that_cannot_be_read_hides_nothing_of_its_row() -> None:
    assert wrong(HEADER, row(Customer="", Due="soon")) == [("MISSING_FIELD", 2, "Customer"), ("BAD_DATE", 2, "Due")]


def test_a_customer_without_a_name_is_told_once() -> None:
    rows = read(HEADER, row(Name=""), row(Name="", No="N2"))
    (said,) = (one for one in rows if isinstance(one, InputError) and one.severity is Severity.WARNING)
    assert str(said) == "f.csv:2  Name  empty: messages call the customer 'C1'"
    assert not wrong(HEADER, row(Name=""))


def test_formulas_and_phones_are_text(tmp_path: Path) -> None:
    customer, _ = records(HEADER, row(Name="=HYPERLINK(1)"))
    assert customer.name == "=HYPERLINK(1)"


# ---------- the file ----------


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_the_delimiter_is_found(delimiter: str) -> None:
    lines = [line.replace(",", delimiter) for line in (HEADER, row(), row(No="N2"))]
    assert len(records(*lines)) == 3


@pytest.mark.parametrize(("encoding", "shown"), [
    ("utf-8", "utf-8"), ("utf-8-sig", "utf-8-sig"), ("utf-16", "utf-16"), ("windows-1252", "cp1252"),
])  # fmt: skip
def test_the_encoding_is_found(encoding: str, shown: str) -> None:
    lines = HEADER, row(Name="Müller & Söhne Größe"), row(No="N2", Customer="C2", Name="Café Crème, 5 €")
    found = read(*lines, encoding=encoding)
    assert f"read as {shown}," in str(found[0])
    names = [f.record.name for f in found if isinstance(f, Row) and isinstance(f.record, CustomerRecord)]
    assert names == ["Müller & Söhne Größe", "Café Crème, 5 €"]


def test_a_wrong_encoding_has_its_byte() -> None:
    mapping = PLAIN.model_copy(update={"encoding": "utf-8"})
    (error,) = read(HEADER, row(Name="Müller"), mapping=mapping, encoding="latin-1")
    assert isinstance(error, InputError)
    byte = len(HEADER) + 2 + row(Name="Müller").index("ü") + 1
    assert (error.code, error.problem) == ("ENCODING", f"byte {byte} is not utf-8")


@pytest.mark.parametrize(("raw", "code"), [
    (b"", "EMPTY_FILE"),
    (b"\r\n\r\n", "EMPTY_FILE"),
    (b"PK\x03\x04\x14\x00", "NOT_CSV"),
    (b"%PDF-1.4", "NOT_CSV"),
    (b"<!DOCTYPE html><title>Log in</title>", "NOT_CSV"),
])  # fmt: skip
def test_another_kind_of_file_is_one_error(raw: bytes, code: str) -> None:
    (error,) = read_csv(lambda: io.BytesIO(raw), "f.csv", PLAIN)
    assert isinstance(error, InputError)
    assert error.code == code


def test_a_file_that_is_too_large_is_not_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(csv_table, "LARGEST_FILE", 10_000)
    assert wrong(HEADER, *[row(No=f"N{n}") for n in range(1000)]) == [("FILE_TOO_LARGE", 0, None)]


def test_a_heading_alone_changes_nothing(tmp_path: Path) -> None:
    path = tmp_path / "f.csv"
    path.write_text(HEADER + "\n")
    assert said(examine(csv_ledger(path, PLAIN, "main")).errors) == [("EMPTY_FILE", 0, None)]


def test_rows_have_their_own_line_numbers() -> None:
    lines = [HEADER, row(Mail="a@b.example;\nc@d.example"), row(No="N2", Due="x"), "", row(No="N3", Due="x")]
    assert wrong(*lines) == [
        ("CONFLICT", 4, "Customer"), ("BAD_DATE", 4, "Due"), ("CONFLICT", 6, "Customer"), ("BAD_DATE", 6, "Due"),
    ]  # fmt: skip
    lines[1] = row(Name="Two\nlines")
    assert wrong(*lines) == [("CONTROL_CHARACTER", 2, "Name"), ("BAD_DATE", 4, "Due"), ("BAD_DATE", 6, "Due")]


@pytest.mark.parametrize(("lines", "expected"), [
    ([row().rsplit(",", 3)[0]], [("RAGGED_ROW", 2, None)]),
    ([row() + ",spare"], [("RAGGED_ROW", 2, None)]),
    ([row() + ",,"], []),
    ([row(), row(No="N2").replace("Acme", '"Acme'), row(No="N3")], [("UNCLOSED_QUOTE", 3, None)]),
    ([row().replace("Acme", '"Ac"me')], [("UNCLOSED_QUOTE", 2, None)]),
    ([row(Name="x" * 200_000)], [("CELL_TOO_LARGE", 2, None)]),
])  # fmt: skip
def test_a_broken_row_is_said_with_its_line(lines: list[str], expected: list[Any]) -> None:
    assert wrong(HEADER, *lines) == expected


def test_what_cannot_be_read_to_the_end_is_not_imported_in_part(tmp_path: Path) -> None:
    path = tmp_path / "f.csv"
    path.write_text("\n".join([HEADER, row(), row(No="N2").replace("Acme", '"Acme'), row(No="N3")]))
    file = csv_ledger(path, PLAIN, "main")
    report = examine(file)
    assert not report.complete
    with pytest.raises(ValueError, match="not read to its end"):
        next(changes(file, report, skip_bad=True))


@pytest.mark.parametrize("footer", [
    ",,,,,,9999.00,,,", "Total,,,,,,9999.00,,,", "Grand Total: 3,,,,,,9999.00,,,", "Summe,,,,,,9,,,", "TOTAL,9999.00",
])  # fmt: skip
def test_a_footer_is_left_out_and_said(footer: str) -> None:
    found = read(HEADER, row(), footer)
    if footer.startswith(","):  # nothing says that this is one
        assert wrong(HEADER, row(), footer) != []
    else:
        assert [(f.code, f.line) for f in found if isinstance(f, InputError)][-1] == ("FOOTER", 3)
        assert wrong(HEADER, row(), footer) == []


def test_a_customer_whose_name_begins_with_total_is_no_footer() -> None:
    assert len(records(HEADER, row(Customer="Total Energies"))) == 2


@pytest.mark.parametrize(("header", "expected"), [
    (HEADER.replace("Due", "Due on"), [("MISSING_COLUMN", 1, "invoice.due")]),
    (HEADER.replace("Name", "Title"), [("MISSING_COLUMN", 1, "customer.name")]),
    (HEADER.replace("Due", "No"), [("MISSING_COLUMN", 1, "invoice.due"), ("DUPLICATE_COLUMN", 1, "invoice.number")]),
    (HEADER.replace("Name", "Customer Name"), []),  # the second name that is tried
    (HEADER.upper().replace("NO,", " no ,"), []),
])  # fmt: skip
def test_headings_are_held_against_the_mapping(header: str, expected: list[Any]) -> None:
    assert sorted(wrong(header, row())) == sorted(expected)


def test_a_missing_heading_names_what_was_tried() -> None:
    (error,) = (f for f in read(HEADER.replace("Name", "Naem"), row()) if isinstance(f, InputError))
    assert str(error) == "f.csv:1  customer.name  there is no column 'Name', 'Customer Name'; did you mean 'Naem'?"


def test_a_column_that_feeds_another_field_is_not_what_was_meant() -> None:
    (error,) = (f for f in read(HEADER.replace("Total", "Notal").replace("No,", "Nr,"), row()) if "'No'" in str(f))
    assert isinstance(error, InputError)
    assert error.hint == "the file has Customer, Name, Mail, Nr, Issued, Due, Notal, Cur, Disputed, Open"
    (error,) = (f for f in read(HEADER.replace("Due", "Betrag"), row()) if isinstance(f, InputError))
    assert error.hint is not None
    assert error.hint.startswith("the file has Customer, Name, ")


def test_spare_columns_are_said() -> None:
    found = read(HEADER + ",Region", row() + ",North")
    assert any("does not use: Region" in str(f) for f in found)


def test_text_above_the_heading_is_skipped_on_request() -> None:
    mapping = PLAIN.model_copy(update={"header_line": 3})
    assert len(records("Report of Monday", "for you,and you", HEADER, row(), mapping=mapping)) == 2


# ---------- dates and amounts ----------


@pytest.mark.parametrize(("issued", "due", "expected"), [
    ("03/04/2026", "25/04/2026", date(2026, 4, 3)),  # the 25th can only be a day
    ("03/04/2026", "04/25/2026", date(2026, 3, 4)),
    ("03.04.2026", "04.05.2026", date(2026, 4, 3)),  # dots: the day comes first everywhere
    ("2026-04-03", "2026-05-03", date(2026, 4, 3)),
    ("2026-04-03 00:00:00", "2026-05-03T00:00:00Z", date(2026, 4, 3)),
])  # fmt: skip
def test_the_order_of_a_date_is_found_where_a_cell_tells(issued: str, due: str, expected: date) -> None:
    _, invoice = records(HEADER, row(Issued=issued, Due=due))
    assert invoice.issued == expected


def test_a_date_that_may_be_two_days_is_refused() -> None:
    assert wrong(HEADER, row(Issued="03/04/2026", Due="05/04/2026")) == [("AMBIGUOUS_DATE", 2, None)]
    assert wrong(HEADER, row(Issued="25/04/2026", Due="05/05/2026"), row(No="N2", Issued="04/25/2026")) == [
        ("AMBIGUOUS_DATE", 2, None)
    ]
    _, invoice = records(
        HEADER, row(Issued="03/04/2026", Due="05/04/2026"), mapping=PLAIN.model_copy(update={"dates": "D/M/Y"})
    )
    assert invoice.due == date(2026, 4, 5)


@pytest.mark.parametrize(("cell", "pattern", "expected"), [
    ("3/4/2026", "D/M/Y", date(2026, 4, 3)),
    ("04/03/2026", "M/D/Y", date(2026, 4, 3)),
    ("03.04.26", "D.M.y", date(2026, 4, 3)),
    ("20260403", "YMD", date(2026, 4, 3)),
    ("2026-04-03", "Y-M-D", date(2026, 4, 3)),
    ("2026-04-03", "D/M/Y", None),
    ("31/04/2026", "D/M/Y", None),
    ("2026/4/3", None, date(2026, 4, 3)),
])  # fmt: skip
def test_a_date_is_read_by_its_pattern_alone(cell: str, pattern: str | None, expected: date | None) -> None:
    if expected is None:
        with pytest.raises(CellError):
            parse_date(cell, pattern)
    else:
        assert parse_date(cell, pattern) == expected


@pytest.mark.parametrize("pattern", ["D/D/Y", "M/Y", "D/M", "D/M/y/Y"])
def test_a_pattern_names_day_month_and_year(pattern: str) -> None:
    mapping = load_mapping(IBM.replace("D/M/Y", pattern))
    if isinstance(mapping, Mapping):
        assert [code for code, _, _ in wrong(IBM_HEADER, "1", mapping=mapping)] == ["BAD_DATE"]
    else:
        assert [error.field for error in mapping] == ["dates"]


@pytest.mark.parametrize(("totals", "expected"), [
    (["1.234,56"], 123_456),
    (["1,234.56"], 123_456),
    (["1234,5"], 123_450),
    (["1'234.56"], 123_456),
    (["1 234,56"], 123_456),
    (["1\u202f234,56"], 123_456),
    (["1,234", "97.6"], 123_400),  # the second settles it for the file
    (["1,234", "97,6"], None),  # and here the first has too many decimals
    (["1234"], 123_400),
    (["1.234.567"], 123_456_700),
    (["12,34,567.00"], None),  # groups that are not thousands
    (["1,234.56", "1.234,56"], None),
    (["1,234"], None),
])  # fmt: skip
def test_the_decimal_sign_is_found_where_an_amount_tells(totals: list[str], expected: int | None) -> None:
    lines = [row(No=f"N{n}", Total=total) for n, total in enumerate(totals)]
    if expected is None:
        assert wrong(HEADER, *lines) != []
    else:
        assert next(r for r in records(HEADER, *lines) if isinstance(r, InvoiceRecord)).total == expected


@given(
    minor=st.integers(0, 10**12),
    style=st.sampled_from([(".", ","), (",", "."), (".", ""), (",", " "), (".", "'")]),
    currency=st.sampled_from(["EUR", "JPY", "KWD"]),
    negative=st.sampled_from(["{}", "-{}", "{}-", "({})"]),
)
def test_an_amount_that_is_written_is_read_back(
    minor: int, style: tuple[str, str], currency: str, negative: str
) -> None:
    decimal, thousands = style
    places = {"EUR": 2, "JPY": 0, "KWD": 3}[currency]
    written = f"{Decimal(minor).scaleb(-places):,.{places}f}".replace(",", "\0").replace(".", decimal)
    text = negative.format(written.replace("\0", thousands))
    assert parse_amount(text, currency, decimal, thousands) == (minor if negative == "{}" else -minor)


# ---------- mappings ----------


@pytest.mark.parametrize(("change", "field", "line"), [
    (("customer:", "custommer:"), "custommer", 4),
    (("dates: D/M/Y", "dates: 5"), "dates", 3),
    (("customerID", "[]"), "customer.id", 4),
    (("settled_on", "setled_on"), "payment.setled_on", 6),
])  # fmt: skip
def test_a_bad_mapping_has_a_place(change: tuple[str, str], field: str, line: int) -> None:
    errors = load_mapping(IBM.replace(*change))
    assert isinstance(errors, list)
    assert (field, line) in [(error.field, error.line) for error in errors]


def test_a_mapping_without_currency_is_refused() -> None:
    assert wrong(IBM_HEADER, "1", mapping=a_mapping(constants={})) == [("BAD_CURRENCY", 0, None)]
    assert wrong(IBM_HEADER, "1", mapping=a_mapping(constants={"currency": "XXX"})) == [
        ("BAD_CURRENCY", 0, "constants.currency")
    ]


# ---------- a real file, and any file ----------


def test_the_real_ledger_adds_up() -> None:
    if not IBM_FILE.exists():
        pytest.skip(f"no ledger at {IBM_FILE}")
    with IBM_FILE.open(newline="", encoding="ascii") as stream:
        rows = list(csv.DictReader(stream))
    total = int(sum(Decimal(r["InvoiceAmount"]) for r in rows) * 100)
    file = csv_ledger(IBM_FILE, a_mapping(), "main")
    report = examine(file)
    assert report.errors == ()
    assert report.counts == {
        "customer": len({r["customerID"] for r in rows}),
        "invoice": len(rows),
        "payment": len(rows),
    }
    items = [i for a in changes(file, report) for i in a.items]
    assert sum(i.item.original_minor for i in items) == total
    assert sum(sum(i.settled.values()) for i in items) == total
    assert all(i.item.open_minor == 0 for i in items)
    assert sum(i.item.disputed_all for i in items) == sum(r["Disputed"] == "Yes" for r in rows)
    assert Counter(i.item.customer for i in items) == Counter(r["customerID"] for r in rows)
    found_out = csv_ledger(IBM_FILE, a_mapping().model_copy(update={"dates": None}), "main")
    assert list(changes(found_out, examine(found_out))) == list(changes(file, report))


def test_the_real_ledger_day_by_day() -> None:
    if not IBM_FILE.exists():
        pytest.skip(f"no ledger at {IBM_FILE}")
    file = csv_ledger(IBM_FILE, a_mapping(), "main")
    opened, closed = Counter[date](), Counter[date]()
    for day, accounts in by_date(file, examine(file)):
        for item in (i for a in accounts for i in a.items):
            if item.item.issued_on == day:
                opened[day] += 1
            if item.item.open_minor == 0:
                closed[day] += 1
    with IBM_FILE.open(newline="", encoding="ascii") as stream:
        rows = list(csv.DictReader(stream))

    def of(text: str) -> date:
        day, month, year = map(int, text.split("/"))
        return date(year, month, day)

    assert opened == Counter(of(r["InvoiceDate"]) for r in rows)
    assert closed == Counter(of(r["SettledDate"]) for r in rows)


cells = st.one_of(
    st.sampled_from(
        [*ROW.values(), "", "Total", "1.93E+09", "1,234", "1.234,5", "25/12/2026", "12/25/2026", "no", "XXX"]
    ),
    st.text(max_size=12),
)


@given(st.lists(st.lists(cells, min_size=1, max_size=12), max_size=6), st.sampled_from(["\n", "\r\n", "\r"]))
def test_every_row_gives_records_or_a_word(table: list[list[str]], newline: str) -> None:
    out = io.StringIO()
    csv.writer(out, lineterminator=newline).writerows([HEADER.split(","), row().split(","), *table])
    raw = out.getvalue().encode("utf-8", "replace")
    found = list(read_csv(lambda: io.BytesIO(raw), "f.csv", PLAIN))
    errors = [f for f in found if isinstance(f, InputError) and f.severity is Severity.ERROR]
    whole_file = any(e.line == 0 or e.code in {"AMBIGUOUS_DATE", "AMBIGUOUS_AMOUNT"} for e in errors)
    if whole_file:
        return
    lines = Counter(f.line for f in found if f.line > 1)
    reader = csv.reader(io.StringIO(raw.decode(), newline=""), strict=True)
    starts, before = [], 0
    for cells_ in reader:
        if any(cell.strip() for cell in cells_):
            starts.append(before + 1)
        before = reader.line_num
    assert set(lines) == set(starts[1:])


@given(st.binary(max_size=300))
def test_no_file_breaks_the_reader(raw: bytes) -> None:
    for found in read_csv(lambda: io.BytesIO(HEADER.encode() + b"\n" + raw), "f.csv", PLAIN):
        assert isinstance(found, Row) or str(found)
    file = LedgerFile("x", lambda: read_csv(lambda: io.BytesIO(raw), "x", PLAIN), lambda: io.BytesIO(raw), "main")
    assert examine(file).errors  # without headings nothing can be taken
