"""Ledgers that real systems wrote: what is taken adds up to what the table says, and everything else is refused."""

import csv
import os
from collections import Counter
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from core.formats.any_table import propose_for
from core.formats.errors import InputError
from core.formats.ledger_files import open_ledger
from core.formats.ledger_import import changes, examine
from core.formats.mapping import Mapping, load_mapping

DATA = Path(os.environ.get("SHARED_DATA_DIR", Path(__file__).parents[3] / "shared" / "data"))
pytestmark = pytest.mark.skipif(not DATA.is_dir(), reason=f"no ledgers of other systems at {DATA}")

XERO = "ar-ledger/xero/xero_invoice_data.csv"
QUICKBOOKS = "ar-ledger/quickbooks/invoice_data.csv"
IBM = "ar-ledger/ibm/accounts-receivable.dmy.csv"
STRIPE = "ar-ledger/stripe/invoice_data.csv"
NETSUITE = "erp-samples/netsuite-tables/netsuite2_transaction_data.csv"

MAPPINGS: dict[str, dict[str, Any]] = {
    XERO: {
        "mapping": "xero",
        "only": {"type": "ACCREC", "status": ["AUTHORISED", "PAID"]},
        "customer": {"id": "contact_id"},
        "invoice": {
            "id": "invoice_id",
            "number": "invoice_number",
            "issued": "date",
            "due": "due_date",
            "total": "total",
            "open": "amount_due",
            "currency": "currency_code",
        },
    },
    QUICKBOOKS: {
        "mapping": "quickbooks",
        "only": {"_fivetran_deleted": "FALSE"},
        "customer": {"id": "customer_id"},
        "invoice": {
            "number": "id",
            "issued": "transaction_date",
            "due": "due_date",
            "total": "total_amount",
            "open": "balance",
            "currency": "currency_id",
        },
    },
    STRIPE: {
        "mapping": "stripe",
        "minor_units": True,
        "customer": {"id": "customer_id"},
        "invoice": {
            "number": "number",
            "issued": "period_start",
            "due": "due_date",
            "total": "total",
            "open": "amount_remaining",
            "currency": "currency",
        },
    },
    NETSUITE: {
        "mapping": "netsuite",
        "only": {"type": "CustInvc"},
        "customer": {"id": "entity"},
        "invoice": {
            "number": "transactionnumber",
            "issued": "trandate",
            "due": "duedate",
            "total": "foreigntotal",
            "open": "foreignamountunpaid",
            "currency": "currency",
        },
    },
}


def table(name: str) -> list[dict[str, str]]:
    """An independent reading."""
    with (DATA / name).open(newline="", encoding="utf-8") as stream:
        return list(csv.DictReader(stream))


def minor(amount: str) -> int:
    return int(Decimal(amount or "0") * 100)


def expected(rows: list[dict[str, str]], total: str, left: str, currency: str, due: str) -> dict[str, Any]:
    """Sums and counts of the rows that are to be taken."""
    sums: Counter[str] = Counter()
    open_sums: Counter[str] = Counter()
    for each in rows:
        sums[each.get(currency, currency)] += minor(each[total])
        open_sums[each.get(currency, currency)] += minor(each[left]) if left else 0
    return {
        "invoices": len(rows),
        "totals": {code: minor for code, minor in sums.items() if minor},
        "open": {code: minor for code, minor in open_sums.items() if minor},
        "due": Counter(each[due] for each in rows),
    }


def read(name: str, mapping: dict[str, Any]) -> dict[str, Any] | list[str]:
    """The same of what was read; the codes of the errors where there are any."""
    ledger = open_ledger(DATA / name, Mapping.model_validate(mapping), "main")
    if isinstance(ledger, InputError):
        return [ledger.code.value]
    report = examine(ledger)
    if report.errors:
        return sorted({error.code.value for error in report.errors})
    items = [change.item for account in changes(ledger, report) for change in account.items]
    sums: Counter[str] = Counter()
    open_sums: Counter[str] = Counter()
    for item in items:
        sums[item.currency] += item.original_minor
        open_sums[item.currency] += item.open_minor
    return {
        "invoices": len(items),
        "totals": dict(sums),
        "open": {code: minor for code, minor in open_sums.items() if minor},
        "due": Counter(item.due_on for item in items),
    }


def same_days(found: dict[str, Any], day: Callable[[Any], str]) -> dict[str, Any]:
    return {**found, "due": Counter({day(due): count for due, count in found["due"].items()})}


@pytest.mark.parametrize(
    ("name", "taken", "columns", "day"),
    [
        (
            XERO,
            lambda row: row["type"] == "ACCREC" and row["status"] in ("AUTHORISED", "PAID"),
            ("total", "amount_due", "currency_code", "due_date"),
            lambda due: due.isoformat(),
        ),
        (
            QUICKBOOKS,
            lambda row: row["_fivetran_deleted"] == "FALSE",
            ("total_amount", "balance", "currency_id", "due_date"),
            lambda due: due.isoformat(),
        ),
    ],
)
def test_what_is_taken_adds_up_to_what_the_table_says(name: str, taken: Any, columns: Any, day: Any) -> None:
    rows = [row for row in table(name) if taken(row)]
    found = read(name, MAPPINGS[name])
    assert isinstance(found, dict), found
    assert same_days(found, day) == expected(rows, *columns)
    assert len(rows) > 4


def test_a_row_that_is_not_asked_for_is_told() -> None:
    ledger = open_ledger(DATA / XERO, Mapping.model_validate(MAPPINGS[XERO]), "main")
    assert not isinstance(ledger, InputError)
    report = examine(ledger)
    left_out = sum(remark.code == "LEFT_OUT" for remark in report.remarks)
    assert left_out + report.counts["invoice"] == len(table(XERO))


@pytest.mark.parametrize(
    ("name", "codes"),
    [
        (STRIPE, ["MISSING_FIELD"]),  # invoices that are charged at once have no due date
        (NETSUITE, ["MISSING_COLUMN"]),  # amounts stand in another table: they come by SuiteQL
    ],
)
def test_a_table_that_holds_no_receivables_is_refused(name: str, codes: list[str]) -> None:
    assert read(name, MAPPINGS[name]) == codes


OTHERS = sorted(
    path.relative_to(DATA).as_posix()
    for folder in ("ar-ledger", "erp-samples")
    for path in (DATA / folder).rglob("*")
    if path.suffix in (".csv", ".json", ".xml") and path.relative_to(DATA).as_posix() not in (*MAPPINGS, IBM)
)


@pytest.mark.parametrize("name", OTHERS)
def test_what_is_no_table_of_invoices_is_refused(name: str) -> None:
    """Customers, payments, lines, answers of an API: none of them is taken for a ledger."""
    found = read(name, MAPPINGS[QUICKBOOKS])
    assert isinstance(found, list), found
    wanted = {"MISSING_COLUMN", "NOT_CSV", "NOT_JSON", "UNKNOWN_TYPE", "MISSING_FIELD", "EMPTY_FILE"}
    assert set(found) & wanted, found
    assert not isinstance(propose_for(DATA / name), Exception)


@pytest.mark.parametrize(
    ("name", "columns"),
    [
        (XERO, "contact_id invoice_number date due_date total amount_due currency_code fully_paid_on_date"),
        (QUICKBOOKS, "customer_id doc_number transaction_date due_date total_amount balance currency_id"),
        (IBM, "customerID invoiceNumber InvoiceDate DueDate InvoiceAmount Disputed SettledDate"),
    ],
)
def test_a_mapping_is_proposed_that_reads_the_file(name: str, columns: str) -> None:
    proposal = propose_for(DATA / name)
    assert not isinstance(proposal, InputError)
    assert [column.name for column in proposal.columns.values()] == columns.split()
    if name == IBM:  # which is read to its end elsewhere
        return
    text = proposal.text("proposed").replace("currency: ???", "currency: USD")
    mapping = load_mapping(text)
    assert isinstance(mapping, Mapping), mapping
    given = {**mapping.model_dump(exclude_none=True), "only": MAPPINGS[name].get("only", {})}
    if name == QUICKBOOKS:
        given["invoice"]["number"] = "id"  # two of its invoices have no number of their own
    proposed, ours = read(name, given), read(name, MAPPINGS[name])
    assert proposed == ours
