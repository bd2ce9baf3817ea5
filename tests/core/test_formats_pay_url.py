"""Where an invoice is paid: the ledger's own link comes through from each format, and only an https address does."""

import io
from datetime import date
from pathlib import Path

import pytest

from core.formats.csv_ledger import read_csv
from core.formats.errors import InputError, Severity
from core.formats.ledger_import import changes, examine
from core.formats.mapping import Mapping, load_mapping
from core.formats.records import InvoiceRecord
from tests.core.ledgers import ledger, rec

LINK = "https://pay.example/i/INV-1?t=a%20b&x=1"
MAPPING = """
mapping: plain
customer: { id: Customer }
invoice: { number: No, issued: Issued, due: Due, total: Total, pay_url: Link }
constants: { currency: EUR }
"""
BAD = ["http://pay.example/1", "javascript:alert(1)", "https://pay.example/a b", 'https://pay.example/"x', "https://"]


def said(cell: str) -> list[object]:
    mapping = load_mapping(MAPPING)
    assert isinstance(mapping, Mapping)
    raw = f'Customer,No,Issued,Due,Total,Link\nC1,INV-1,2026-01-15,2026-02-14,100.00,"{cell}"\n'.encode()
    found = list(read_csv(lambda: io.BytesIO(raw), "f.csv", mapping))
    errors = [str(one) for one in found if isinstance(one, InputError) and one.severity is Severity.ERROR]
    rows = [
        one.record.pay_url for one in found if not isinstance(one, InputError) and isinstance(one.record, InvoiceRecord)
    ]
    return errors or rows


def test_the_native_format_carries_it_into_the_item(tmp_path: Path) -> None:
    source = ledger(tmp_path, rec("customer"), rec("invoice", pay_url=LINK))
    (account,) = changes(source, examine(source), until=date(2026, 12, 31))
    assert [change.item.pay_url for change in account.items] == [LINK]


def test_a_column_of_a_csv_file_carries_it() -> None:
    assert said(LINK) == [LINK]
    assert said("") == [None]


@pytest.mark.parametrize("url", BAD)
def test_what_is_no_https_address_is_an_error_of_its_row(url: str) -> None:
    (error,) = said(url.replace('"', '""'))
    assert "Link" in str(error)
