"""A mapping is proposed from headings and values, in the languages of the people who export tables."""

from datetime import date
from pathlib import Path

import pytest

from core.formats.any_table import propose_for
from core.formats.errors import InputError
from core.formats.ledger_files import open_ledger
from core.formats.ledger_import import examine
from core.formats.mapping import Mapping, load_mapping
from tests.workbooks import workbook

ROWS = ["4711;Müller GmbH;ap@mueller.example;R-1;{0};{1};1.190,00;EUR", "4712;Söhne;;R-2;{0};{1};80,50;EUR"]
FIELDS = ["customer.id", "customer.name", "customer.email", "invoice.number", "invoice.issued", "invoice.due"]
FIELDS += ["invoice.total", "invoice.currency"]


def proposed(path: Path, heading: str, *rows: str, name: str = "t.csv") -> tuple[dict[str, str], str]:
    path = path / name
    path.write_text("\n".join([heading, *rows, ""]), encoding="utf-8")
    found = propose_for(path)
    assert not isinstance(found, InputError), found
    return {field: column.name for field, column in found.columns.items()}, found.text("ours")


@pytest.mark.parametrize(
    "heading",
    [
        "Kundennummer;Kundenname;E-Mail;Rechnungsnummer;Rechnungsdatum;Fällig am;Betrag;Währung",
        "Customer No.;Customer Name;Email;Invoice #;Invoice Date;Due Date;Amount;Currency".replace("#", "No."),
        "Code client;Raison sociale;Courriel;N° facture;Date facture;Date d'échéance;Montant TTC;Devise",
        "Código cliente;Razón social;Correo;Número de factura;Fecha factura;Fecha de vencimiento;Importe total;Moneda",
        "Codice cliente;Ragione sociale;Email;Numero fattura;Data fattura;Data scadenza;Importo totale;Valuta",
        "Klantnummer;Klantnaam;E-mail;Factuurnummer;Factuurdatum;Vervaldatum;Totaalbedrag;Valuta",
        "Numer klienta;Nazwa klienta;Email;Numer faktury;Data wystawienia;Termin płatności;Kwota brutto;Waluta",
        "Kd.-Nr.;Firma;Mailadresse;Beleg;Belegdatum;Fällig zum;Brutto;WKZ",
        "CUSTOMER_ID;CustomerName;customer email;INVOICE_NO;invoiceDate;due_date;GrossAmount;CURRENCY_CODE",
    ],
)
def test_headings_of_many_languages(tmp_path: Path, heading: str) -> None:
    columns, text = proposed(tmp_path, heading, *(row.format("13.01.2026", "12.02.2026") for row in ROWS))
    assert columns == dict(zip(FIELDS, heading.split(";"), strict=True))
    mapping = load_mapping(text)
    assert isinstance(mapping, Mapping), (mapping, text)
    assert "???" not in text


@pytest.mark.parametrize("total", ["Betrag EUR", "Betrag (EUR)", "Betrag in EUR"])
def test_the_heading_of_the_total_may_say_the_currency(tmp_path: Path, total: str) -> None:
    heading = f"Kundennummer;Rechnungsnummer;Rechnungsdatum;Fällig am;{total}"
    columns, text = proposed(tmp_path, heading, "4711;R-1;13.01.2026;12.02.2026;1.190,00")
    assert columns["invoice.total"] == total
    assert "constants:\n  currency: EUR  # as the heading of the total says\n" in text
    assert isinstance(load_mapping(text), Mapping)


def test_what_no_column_says_is_left_to_a_person(tmp_path: Path) -> None:
    columns, text = proposed(tmp_path, "Customer,No,Date,Total", 'C1,1,01/02/2026,"1,234"', 'C2,2,03/04/2026,"5,678"')
    assert "invoice.due" not in columns
    assert "  due: ???  # no column looks like it" in text
    assert "dates: ???  # D/M/Y or M/D/Y? '01/02/2026' may be both" in text
    assert 'decimal: ???  # "." or ","? \'1,234\' may be both' in text
    assert "constants:\n  currency: ???" in text


def test_values_outweigh_headings(tmp_path: Path) -> None:
    """A column that is called as a date and holds none is not taken for one."""
    columns, text = proposed(
        tmp_path,
        "Open items,,,,,,\nCustomer,Date,Due Date,Posting Date,No,Total,Status",
        "C1,overdue,2026-03-02,2026-02-01,1,5.00,open",
        "C2,overdue,2026-03-02,2026-02-01,2,6.00,closed",
    )
    assert columns["invoice.issued"] == "Posting Date"
    assert "header_line: 2\n" in text
    assert "# only: { Status: [...] }  # rows differ: open, closed" in text


def test_a_sheet_with_a_ledger_is_found(tmp_path: Path) -> None:
    head = ["Customer", "No", "Date", "Due Date", "Total", "Currency"]
    rows = [["C1", "1", date(2026, 2, 1), date(2026, 3, 2), 100.5, "EUR"]]
    (tmp_path / "t.xlsx").write_bytes(
        workbook({"Notes": [["Printed", "today"]], "Open": [["Open items"], head, *rows]})
    )
    found = propose_for(tmp_path / "t.xlsx")
    assert not isinstance(found, InputError)
    assert [column.name for column in found.columns.values()] == head


@pytest.mark.parametrize(
    ("content", "code"),
    [(b"", "EMPTY_FILE"), (b'{"t":"header"}\n', "NOT_CSV"), (b"%PDF-1", "NOT_CSV"), (b"1;2\n3;4\n", "EMPTY_FILE")],
)
def test_what_has_no_heading_gets_no_mapping(tmp_path: Path, content: bytes, code: str) -> None:
    (tmp_path / "t.csv").write_bytes(content)
    found = propose_for(tmp_path / "t.csv")
    assert isinstance(found, InputError)
    assert found.code == code


def test_a_number_and_a_name_of_the_customer_stand_apart(tmp_path: Path) -> None:
    columns, _ = proposed(
        tmp_path, "Kundennr;Kunde;Rechnungsnr;Datum;Fällig am;Betrag;Offen", "1;Firm;7;13.01.2026;12.02.2026;5,00;5,00"
    )
    assert (columns["customer.id"], columns["customer.name"]) == ("Kundennr", "Kunde")
    assert (columns["invoice.total"], columns["invoice.open"]) == ("Betrag", "Offen")


def test_a_column_with_some_odd_cells_is_proposed_and_its_cells_are_refused_with_reasons(tmp_path: Path) -> None:
    head = "Customer,Num,Date,Due Date,Amount,Currency"
    rows = ["C1,1,2026-01-05,2026-02-04,1.00,EUR", "C1,2,2026-01-05,2026-02-04,$2.00,EUR"]
    _, text = proposed(tmp_path, head, *rows)
    (error,) = found_with(tmp_path / "t.csv", text)
    assert (error.code, error.line, error.found) == ("BAD_AMOUNT", 3, "$2.00")
    assert error.hint == "digits only, the currency has its own column"
    _, text = proposed(tmp_path, head, "61 days past due,,,,,", *rows[:1])
    assert "issued: Date" in text


def test_what_a_proposal_left_open_is_said_where_it_is_used(tmp_path: Path) -> None:
    _, text = proposed(tmp_path, "Customer,No,Date,Total,Currency", "C1,1,2026-01-05,5.00,EUR")
    (error,) = found_with(tmp_path / "t.csv", text)
    assert (error.code, error.field, error.problem) == ("MISSING_COLUMN", "invoice.due", "the mapping still says ???")


def test_days_that_a_spreadsheet_counts_are_days(tmp_path: Path) -> None:
    head = ["Customer", "No", "Date", "Due Date", "Total", "Currency"]
    path = tmp_path / "t.xlsx"
    path.write_bytes(workbook({"A": [head, ["C1", 1, 46027, date(2026, 2, 4), 5, "EUR"]]}))
    found = propose_for(path)
    assert not isinstance(found, InputError)
    assert found.columns["invoice.issued"].name == "Date"
    assert found_with(path, found.text("ours")) == ()


def found_with(path: Path, text: str) -> tuple[InputError, ...]:
    """What is wrong with a file, read by a proposal as it is."""
    mapping = load_mapping(text)
    assert isinstance(mapping, Mapping)
    ledger = open_ledger(path, mapping, "main")
    assert not isinstance(ledger, InputError)
    return examine(ledger).errors


def test_a_line_break_in_a_cell_is_shown_as_a_space(tmp_path: Path) -> None:
    row = '4711;"Müller\nGmbH";R-1;13.01.2026;12.02.2026;1.190,00;EUR'
    _, text = proposed(tmp_path, "Customer No.;Customer Name;Invoice No.;Invoice Date;Due Date;Amount;Currency", row)
    assert "# Müller GmbH\n" in text
