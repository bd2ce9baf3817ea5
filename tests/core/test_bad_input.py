"""Bad files of ledgers, row by row of what goes wrong: what is said, where, and that nothing else is done."""

import gzip
import io
import zipfile
from pathlib import Path
from typing import Any

import pytest

from core.formats import archive, csv_ledger, csv_table
from core.formats.changes import AccountChanges
from core.formats.errors import InputError
from core.formats.examination import Report
from core.formats.ledger_files import open_ledger
from core.formats.ledger_import import changes, examine
from core.formats.mapping import Mapping
from core.render.statement_csv import safe_text
from tests.workbooks import workbook

MAPPING: dict[str, Any] = {
    "mapping": "books",
    "customer": {"id": "Customer", "name": "Name", "email": "E-mail"},
    "invoice": {
        "number": "No",
        "issued": "Date",
        "due": "Due",
        "total": "Total",
        "open": "Open",
        "currency": "Cur",
        "disputed": "Disputed",
        "entity": "Company",
    },
    "payment": {"settled_on": "Paid on"},
}
HEAD = "Customer;Name;E-mail;No;Date;Due;Total;Open;Cur;Disputed;Paid on;Company"
ROW = {
    "customer": "C1", "name": "Firm", "email": "ap@firm.example", "no": "1001", "date": "2026-02-01",
    "due": "2026-03-02", "total": "100.00", "open": "", "cur": "EUR", "disputed": "", "paid": "", "company": "",
}  # fmt: skip


def row(**changed: str) -> str:
    return ";".join({**ROW, **changed}.values())


def table(*rows: str, head: str = HEAD) -> bytes:
    return "\n".join([head, *rows, ""]).encode()


def read(path: Path, content: bytes, name: str = "l.csv", *, only: bool = False, **mapping: Any) -> Report | InputError:
    (path / name).write_bytes(content)
    ledger = open_ledger(path / name, Mapping.model_validate({**MAPPING, **mapping}), "main", only=only)
    return ledger if isinstance(ledger, InputError) else examine(ledger)


def taken(path: Path, content: bytes, **how: Any) -> list[AccountChanges]:
    (path / "l.csv").write_bytes(content)
    ledger = open_ledger(path / "l.csv", Mapping.model_validate({**MAPPING, **how}), "main")
    assert not isinstance(ledger, InputError), ledger
    return list(changes(ledger, examine(ledger)))


def errors(path: Path, content: bytes, name: str = "l.csv", **how: Any) -> list[tuple[str, int]]:
    """Code and line of every error; a warning with a star."""
    found = read(path, content, name, **how)
    if isinstance(found, InputError):
        return [(found.code.value, found.line)]
    said = [(error.code.value, error.line) for error in found.errors]
    return said + [(f"{each.code.value}*", each.line) for each in found.remarks if each.severity == "warning"]


def notices(path: Path, content: bytes, **how: Any) -> list[str]:
    found = read(path, content, **how)
    assert isinstance(found, Report), found
    assert found.errors == ()
    return [each.code.value for each in found.remarks]


def test_c01_an_empty_file_and_a_heading_alone(tmp_path: Path) -> None:
    for content in (b"", b"\n \n", table()):
        said = read(tmp_path, content)
        error = said if isinstance(said, InputError) else said.errors[0]
        assert error.code == "EMPTY_FILE"
        assert ("0 rows" in error.problem or "0 records" in error.problem, error.hint) == (True, "nothing was changed")


def test_c02_encodings(tmp_path: Path) -> None:
    text = table(row(name="Müller & Söhne €"), row(no="1002", name="Müller & Söhne €")).decode()
    for encoding in ("utf-8", "utf-8-sig", "utf-16", "windows-1252"):
        (account,) = taken(tmp_path, text.encode(encoding))
        assert account.customer.name == "Müller & Söhne €", encoding
    polish = table(row(name="Spółka Łódź ąęśćż")).decode()
    assert taken(tmp_path, polish.encode("cp1250"), encoding="cp1250")[0].customer.name == "Spółka Łódź ąęśćż"
    broken = text.encode()[:-3] + b"\xff\xfe\x00\n"
    (error,) = (read(tmp_path, broken, encoding="utf-8"),)
    assert isinstance(error, Report)
    assert error.errors[0].code == "ENCODING"
    assert "byte " in error.errors[0].problem  # and where


def test_c03_something_else_under_the_name_of_a_table(tmp_path: Path) -> None:
    for content, what in (
        (workbook({"A": [["x"]]}), "XLSX"),
        (b"%PDF-1.7 ...", "PDF"),
        (b"<!DOCTYPE html><html><body>Sign in", "HTML"),
    ):
        found = read(tmp_path, content)
        assert isinstance(found, InputError)
        assert (found.code, what in found.problem) == ("NOT_CSV", True)


def test_c04_delimiters_and_line_breaks_in_cells(tmp_path: Path) -> None:
    for delimiter in ",;\t|":
        content = table(row(name='"Firm\nof ""two"" lines"')).decode().replace(";", delimiter).encode()
        (account,) = taken(tmp_path, content.replace(b"Firm\nof", b"Firm of"))
        assert account.customer.name == 'Firm of "two" lines'
        assert "READ_AS" in notices(tmp_path, content.replace(b"Firm\nof", b"Firm of"))
    found = read(tmp_path, table(row(name='"Firm\nof two lines"')))
    assert isinstance(found, Report)
    (error,) = found.errors
    assert (error.code, error.line, error.problem) == (
        "CONTROL_CHARACTER",
        2,
        "holds a line break, and must be one line of text",
    )
    memo = table(row() + ';"two\nlines"', row(no="1002") + ";", head=HEAD + ";Memo")
    assert [len(account.items) for account in taken(tmp_path, memo)] == [2]


def test_c05_ragged_rows_and_quotes_that_stay_open(tmp_path: Path) -> None:
    ragged = table(row(), "C1;Firm;ap@firm.example;1002;2026-02-01;2026-03-02;100.00;;EUR")
    assert errors(tmp_path, ragged) == [("RAGGED_ROW", 3)]
    found = read(tmp_path, ragged)
    assert isinstance(found, Report)
    assert found.errors[0].problem == "9 of 12 fields"
    assert errors(tmp_path, table(row(), row(no='"1002'), row(no="1003"))) == [("UNCLOSED_QUOTE", 3)]
    trailing = table(row(), row(no="1002") + ";;", head=HEAD + ";;")  # a spreadsheet's empty columns
    assert [len(account.items) for account in taken(tmp_path, trailing)] == [2]
    assert errors(tmp_path, table(row() + ";;x", head=HEAD + ";")) == [("RAGGED_ROW", 2)]


def test_c06_headings(tmp_path: Path) -> None:
    assert errors(tmp_path, table(row(), head=HEAD.replace("Due", "Date"))) == [
        ("DUPLICATE_COLUMN", 1),
        ("MISSING_COLUMN", 1),
    ]
    found = read(tmp_path, table(row(), head=HEAD.replace("Due", "Due by")))
    assert isinstance(found, Report)
    assert (found.errors[0].code, "'Due'" in found.errors[0].problem) == ("MISSING_COLUMN", True)
    assert "IGNORED_COLUMN" in notices(tmp_path, table(row() + ";x", head=HEAD + ";Colour"))


def test_c07_a_date_that_may_be_two_days(tmp_path: Path) -> None:
    either = row(date="01/02/2026", due="03/04/2026")
    assert errors(tmp_path, table(either)) == [("AMBIGUOUS_DATE", 2)]
    (account,) = taken(tmp_path, table(either), dates="D/M/Y")
    assert account.items[0].item.due_on.isoformat() == "2026-04-03"
    mixed = read(
        tmp_path, table(row(date="13/02/2026", due="13/03/2026"), row(no="2", date="02/14/2026", due="1/2/2027"))
    )
    assert isinstance(mixed, Report)
    assert (mixed.errors[0].code, "line 3" in mixed.errors[0].problem, mixed.errors[0].line) == (
        "AMBIGUOUS_DATE",
        True,
        2,
    )


@pytest.mark.parametrize(
    ("cell", "hint"),
    [("2026-02-30", ""), ("31/04/2026", ""), ("0026-01-01", ""), ("45000", "day number"), ("05:23.4", "time of day")],
)
def test_c08_days_that_there_are_not(tmp_path: Path, cell: str, hint: str) -> None:
    found = read(tmp_path, table(row(due=cell)), **({"dates": "D/M/Y"} if "/" in cell else {}))
    assert isinstance(found, Report)
    error = next(each for each in found.errors if each.found == cell or cell in each.problem)
    assert (error.code, error.line, hint in (error.hint or "")) == ("BAD_DATE", 2, True)


@pytest.mark.parametrize(
    ("total", "how", "expected"),
    [
        ("1.234,56", {"decimal": ","}, 123_456),
        ("1,234.56", {"decimal": "."}, 123_456),
        ("1,234", {}, "AMBIGUOUS_AMOUNT"),
        ("(100.00)", {"negative": "credit_note"}, "credit"),
        ("100-", {"negative": "credit_note"}, "credit"),
        ("EUR 100", {}, "BAD_AMOUNT"),
        ("1e5", {}, "BAD_AMOUNT"),
        ("NaN", {}, "BAD_AMOUNT"),
        ("12.345", {"decimal": "."}, "TOO_MANY_DECIMALS"),
    ],
)
def test_c09_amounts(tmp_path: Path, total: str, how: dict[str, Any], expected: Any) -> None:
    content = table(row(total=total))
    if isinstance(expected, int):
        assert taken(tmp_path, content, **how)[0].items[0].item.original_minor == expected
    elif expected == "credit":
        assert [credit.open_minor for credit in taken(tmp_path, content, **how)[0].credits] == [10_000]
    else:
        assert errors(tmp_path, content, **how) == [(expected, 2)]


def test_c09_a_currency_without_cents(tmp_path: Path) -> None:
    assert errors(tmp_path, table(row(total="100.5", cur="JPY"))) == [("TOO_MANY_DECIMALS", 2)]
    assert taken(tmp_path, table(row(total="100", cur="JPY")))[0].items[0].item.original_minor == 100


def test_c10_negative_nothing_and_too_much(tmp_path: Path) -> None:
    assert errors(tmp_path, table(row(total="-5.00"))) == [("NEGATIVE_AMOUNT", 2)]
    for much in ("10000000000000.00", "9" * 5_000, "1" * 100_000 + ".00"):  # no integer is made of so many digits
        assert errors(tmp_path, table(row(total=much))) == [("AMOUNT_RANGE", 2)]
    assert taken(tmp_path, table(row(total="0" * 5_000 + "1.00")))[0].items[0].item.original_minor == 100
    (change,) = taken(tmp_path, table(row(total="0.00")))[0].items
    assert change.item.open_minor == 0  # nothing is asked for


def test_c11_currencies(tmp_path: Path) -> None:
    for cell in ("", "Euro", "XXX"):
        assert errors(tmp_path, table(row(cur=cell))) == [("BAD_CURRENCY", 2)]
    (account,) = taken(tmp_path, table(row(), row(no="1002", cur="USD")))
    assert [(each.item.currency, each.item.open_minor) for each in account.items] == [("EUR", 10_000), ("USD", 10_000)]


def test_c12_numbers_of_invoices_are_text(tmp_path: Path) -> None:
    both = table(row(no="0000611365"), row(no="611365"))
    assert errors(tmp_path, both) == [("NEAR_DUPLICATE*", 3)]
    assert [each.item.number for each in taken(tmp_path, both)[0].items] == ["0000611365", "611365"]
    assert taken(tmp_path, table(row(no=" INV-1 ")))[0].items[0].item.number == "INV-1"
    assert errors(tmp_path, table(row(no="1.93E+09"))) == [("SCIENTIFIC_ID", 2)]


def test_c13_the_same_invoice_twice(tmp_path: Path) -> None:
    (account,) = taken(tmp_path, table(row(), row()))
    assert len(account.items) == 1
    found = read(tmp_path, table(row(), row(no="1002"), row(total="99.00")))
    assert isinstance(found, Report)
    assert [(each.code, each.line, "line 2" in str(each)) for each in found.errors] == [("DUPLICATE_KEY", 4, True)]


def test_c14_days_in_the_wrong_order(tmp_path: Path) -> None:
    for changed in ({"due": "2026-01-01"}, {"due": "2099-01-01"}, {"paid": "2026-01-15"}):
        assert errors(tmp_path, table(row(**changed))) == [("DATE_ORDER*", 2)], changed


def test_c15_amounts_and_words_that_contradict(tmp_path: Path) -> None:
    assert errors(tmp_path, table(row(open="100.01"))) == [("INCONSISTENT_AMOUNT", 2)]
    assert errors(tmp_path, table(row(open="10.00", paid="2026-02-10"))) == [("INCONSISTENT_AMOUNT", 2)]
    found = read(tmp_path, table(row(disputed="maybe")))
    assert isinstance(found, Report)
    assert (found.errors[0].code, "yes" in (found.errors[0].allowed or "")) == ("BAD_ENUM", True)


@pytest.mark.parametrize(
    ("cell", "said", "written_to"),
    [
        ("", [], []),  # the night asks a person for an address
        ("a@b", ["BAD_EMAIL*"], []),
        ("a@b.example, d@e.example", [], ["a@b.example", "d@e.example"]),
        ("Ann <ann@firm.example>", [], ["ann@firm.example"]),
        ("no-reply@firm.example", ["BAD_EMAIL*"], []),
        ("ap@müller.example", [], ["ap@xn--mller-kva.example"]),
        ("x" * 70 + "@firm.example", ["BAD_EMAIL*"], []),
        ('"a@b.example\r\nBcc: all@firm.example"', ["HEADER_INJECTION"], []),
    ],
)
def test_c16_addresses(tmp_path: Path, cell: str, said: list[str], written_to: list[str]) -> None:
    content = table(row(email=cell))
    found = [code for code, _ in errors(tmp_path, content)]
    assert found[:1] == said  # what belongs to a customer that was refused is refused too
    if "HEADER_INJECTION" not in said:
        (account,) = taken(tmp_path, content)
        assert [contact.email for contact in account.contacts] == written_to


def test_c17_formulas_stay_text_and_do_nothing_when_they_leave(tmp_path: Path) -> None:
    for cell in ('=HYPERLINK("http://evil.example")', "+49 30 1234", "@sum"):
        quoted = '"' + cell.replace('"', '""') + '"'
        (account,) = taken(tmp_path, table(row(name=quoted)))
        assert account.customer.name == cell
        assert safe_text(cell) == f"'{cell}"


def test_c18_names_that_do_harm(tmp_path: Path) -> None:
    assert taken(tmp_path, table(row(name="Firm 🚀")))[0].customer.name == "Firm 🚀"
    assert taken(tmp_path, table(row(name="Firm \u202eexe")))[0].customer.name == "Firm \u202eexe"  # stripped in mails
    assert errors(tmp_path, table(row(name="Firm \x07"))) == [("CONTROL_CHARACTER", 2)]
    assert errors(tmp_path, table(row(name="Firm \x00"))) == [("ENCODING", 0)]
    assert errors(tmp_path, table(row(name="F" * 10_000))) == [("TOO_LONG", 2)]


def test_c19_too_large_is_said_before_memory_grows(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert errors(tmp_path, table(row(name="F" * 1_000_000))) == [("CELL_TOO_LARGE", 2)]
    monkeypatch.setattr(csv_ledger, "MOST_ROWS", 2)
    assert errors(tmp_path, table(*(row(no=str(n)) for n in range(5)))) == [("FILE_TOO_LARGE", 4)]
    monkeypatch.setattr(csv_table, "LARGEST_FILE", 5_000)
    assert errors(tmp_path, table(*[row()] * 100)) == [("FILE_TOO_LARGE", 0)]


def packed(*names: str, content: bytes = b"x") -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as made:
        for name in names:
            made.writestr(name, content)
    return out.getvalue()


def locked() -> bytes:
    """A ZIP that says that its file needs a password."""
    content = bytearray(packed("l.csv"))
    content[6] |= 1
    content[content.index(b"PK\x01\x02") + 8] |= 1
    return bytes(content)


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (gzip.compress(bytes(1_000_000)), "packed with gzip"),
        (packed("../l.csv"), "leads out of it"),
        (packed("l.zip", content=packed("l.csv")), "an archive itself"),
        (locked(), "needs a password"),
        (packed("l.csv", content=bytes(5_000_000)), "more than 100 times"),
        (packed(*(f"{n}.csv" for n in range(21))), "21 files in it"),
        (packed("l.csv"), "dropped as it is"),
    ],
)
def test_c20_archives_are_not_unpacked(tmp_path: Path, content: bytes, reason: str) -> None:
    found = read(tmp_path, content, "l.csv.gz")
    assert isinstance(found, InputError)
    assert (found.code, reason in found.problem) == ("ARCHIVE_REFUSED", True), found.problem


def test_c20_a_workbook_that_is_a_bomb(tmp_path: Path) -> None:
    out = io.BytesIO(workbook({"A": [["x"]]}))
    with zipfile.ZipFile(out, "a", zipfile.ZIP_DEFLATED) as made:
        made.writestr("xl/media/image.bin", bytes(5_000_000))
    assert errors(tmp_path, out.getvalue(), "l.xlsx") == [("ARCHIVE_REFUSED", 0)]
    (tmp_path / "z").write_bytes(packed("a", content=bytes(900_000)))
    assert archive.check(tmp_path / "z", "z") is None  # so little can do no harm, whatever the ratio


def test_c21_sums_below_the_table(tmp_path: Path) -> None:
    for footer in ("Total;;;;;;100.00;;;;;", ";;;Overall Total;;;100.00;;;;;", "Gesamtsumme;;;;;;100.00;;;;;"):
        content = table(row(), footer)
        assert "FOOTER" in notices(tmp_path, content)
        assert sum(len(account.items) for account in taken(tmp_path, content)) == 1


def test_c22_one_customer_under_two_names(tmp_path: Path) -> None:
    found = read(tmp_path, table(row(), row(no="1002", name="Another firm")))
    assert isinstance(found, Report)
    (error,) = found.errors
    assert (error.code, error.line, "line 2" in error.problem, error.hint) == (
        "CONFLICT",
        3,
        True,
        "they are not merged",
    )


def test_c23_a_file_for_one_company_speaks_of_another(tmp_path: Path) -> None:
    content = table(row(company="main"), row(no="1002", company="other"))
    assert errors(tmp_path, content, only=True) == [("TENANT_MISMATCH", 3)]
    native = (
        b'{"t":"entity","id":"other","name":"Other","sender":"a@b.example"}\n{"t":"customer","id":"C1","name":"F"}\n'
    )
    assert errors(tmp_path, native, "l.jsonl", only=True) == [("TENANT_MISMATCH", 1)]


def test_a01_a_saved_search_with_flags_offsets_and_group_rows(tmp_path: Path) -> None:
    """NetSuite's own words: T and F, instants with an offset, rows that only sum up, an id beside the number."""
    content = table(
        row(no="INV-7", disputed="T", date="2026-02-01T00:00:00-08:00", due="2026-03-02 00:00:00", open="40.00"),
        "Total;;;;;;100.00;;;;;",
        row(no="INV-8", customer="C2", name="Firm 2", disputed="F"),
        "Overall Total;;;;;;200.00;;;;;",
    )
    first, second = taken(tmp_path, content, yes=["T"], no=["F", ""])
    (change,) = first.items
    assert (change.item.number, change.item.open_minor, change.item.disputed_all) == ("INV-7", 4_000, True)
    assert (change.item.issued_on.isoformat(), change.item.due_on.isoformat()) == ("2026-02-01", "2026-03-02")
    assert not second.items[0].item.disputed_all
    assert notices(tmp_path, content, yes=["T"], no=["F", ""]).count("FOOTER") == 2
