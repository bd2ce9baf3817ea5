"""How long tables of invoices take to be checked, read and stored, and how much memory, each way in its own process."""

import csv
import json
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any, Final, TextIO

from bench import company
from bench.apart import ran
from bench.figures import Figure, Measured
from bench.memory import now_kb, peak_kb
from core.formats.csv_ledger import csv_ledger
from core.formats.examination import Examination, LedgerFile
from core.formats.ledger_import import jsonl_ledger
from core.formats.mapping import Mapping
from core.formats.notebook import Notebook

_OF_ONE: Final = 10  # invoices of a customer
_DAY: Final = date(2026, 3, 2)
_MAPPING: Final = Mapping.model_validate(
    {
        "mapping": "bench",
        "customer": {"id": "Customer", "name": "Name", "email": "Mail"},
        "invoice": {
            "number": "No",
            "issued": "Date",
            "due": "Due",
            "total": "Total",
            "open": "Open",
            "currency": "Currency",
        },
    }
)


def measure(rows: int, stored: int) -> Measured:
    """Each way with a tenth of the rows and with all: seconds should grow tenfold, memory hardly."""
    figures = list[Figure]()
    with tempfile.TemporaryDirectory() as folder:
        for count in (max(1, rows // 10), rows):
            for name, (write, _) in _KINDS.items():
                path = Path(folder) / f"{name}-{count}"
                with path.open("w", encoding="utf-8", newline="") as out:
                    write(out, count)
                figures += _figures(
                    name, count, ran("bench.ingest", "read", name, path), ran("bench.ingest", "naive", name, path)
                )
                path.unlink()
        path = Path(folder) / "stored"
        with path.open("w", encoding="utf-8", newline="") as out:
            _csv(out, stored)
        found = ran("bench.ingest", "store", "csv", path)
        figures.append(Figure(f"stored_{stored}", stored / found["seconds"], "rows/s"))
        figures.append(Figure(f"stored_{stored}_requests", int(found["requests"]), "requests"))
    return Measured(
        what="a table checked whole and read into account changes; then stored, in a table that is memory",
        beside="csv.DictReader or json.loads: nothing checked, all in memory",
        given={"rows": rows, "rows_stored": stored, "clock": "process CPU time, one run"},
        figures=tuple(figures),
    )


def _figures(name: str, count: int, ours: dict[str, float], naive: dict[str, float]) -> Iterator[Figure]:
    yield Figure(f"{name}_{count}", count / ours["seconds"], "rows/s", count / naive["seconds"])
    yield Figure(f"{name}_{count}_check", ours["check"], "s")
    yield Figure(f"{name}_{count}_peak_memory", ours["peak_kb"] / 1024, "MB", naive["peak_kb"] / 1024)
    yield Figure(f"{name}_{count}_memory_before", ours["before_kb"] / 1024, "MB", naive["before_kb"] / 1024)
    yield Figure(f"{name}_{count}_notebook", ours["notebook"] / 1e6, "MB")


# ---------- files ----------
def _invoices(count: int) -> Iterator[tuple[str, str, int, int]]:
    """Customer, number, total and what is open, in the order of the customers."""
    for n in range(count):
        yield f"C{n // _OF_ONE:07d}", f"INV-{n:08d}", 10_000 + n % 977, 10_000 + n % 977 if n % 3 else 5_000


def _csv(out: TextIO, count: int, *, apart: bool = False) -> None:
    out.write("Customer,Name,Mail,No,Date,Due,Total,Open,Currency\n")
    for customer, number, total, left in _in_order(count, apart=apart):
        out.write(f"{customer},Firm {customer},ap@{customer.lower()}.example,{number},2026-01-31,2026-03-02,")
        out.write(f"{total / 100:.2f},{left / 100:.2f},EUR\n")


def _csv_apart(out: TextIO, count: int) -> None:
    _csv(out, count, apart=True)


def _in_order(count: int, *, apart: bool) -> Iterator[tuple[str, str, int, int]]:
    """As they come; or by number within each round, so that no customer's invoices stand together."""
    if not apart:
        yield from _invoices(count)
        return
    customers = max(1, count // _OF_ONE)
    for n in range(count):
        yield f"C{n % customers:07d}", f"INV-{n:08d}", 10_000 + n % 977, 10_000 + n % 977 if n % 3 else 5_000


def _jsonl_apart(out: TextIO, count: int) -> None:
    for n in range(max(1, count // _OF_ONE)):
        customer = {"t": "customer", "id": f"C{n:07d}", "name": f"Firm {n}", "email": f"ap@c{n}.example"}
        out.write(json.dumps(customer) + "\n")
    for customer_id, number, total, _ in _in_order(count, apart=True):
        invoice = {"t": "invoice", "id": number, "customer": customer_id, "number": number, "total": total}
        out.write(json.dumps(invoice | {"issued": "2026-01-31", "due": "2026-03-02", "currency": "EUR"}) + "\n")


def _table(path: Path) -> LedgerFile:
    return csv_ledger(path, _MAPPING, company.ENTITY)


def _native(path: Path) -> LedgerFile:
    return jsonl_ledger(path, company.ENTITY)


_KINDS: Final[dict[str, tuple[Callable[[TextIO, int], None], Callable[[Path], LedgerFile]]]] = {
    "csv": (_csv, _table),
    "csv_apart": (_csv_apart, _table),
    "jsonl_apart": (_jsonl_apart, _native),
}


# ---------- processes ----------
def _read(name: str, path: Path) -> dict[str, float]:
    before, began = now_kb(), time.process_time()
    kept = path.with_suffix(".notebook")
    with Notebook(kept) as notebook:
        examination = Examination(_KINDS[name][1](path), notebook)
        report = examination.report()
        assert not report.errors, report.errors[:3]
        check = time.process_time() - began
        accounts = sum(1 for _ in examination.accounts())
        seconds = time.process_time() - began
        size = examination.save().stat().st_size
    kept.unlink()
    return {"seconds": seconds, "check": check, "accounts": accounts, "before_kb": before, "notebook": size}


def _naive(name: str, path: Path) -> dict[str, float]:
    """What one writes first: each line as values, in lists by customer."""
    before, began = now_kb(), time.process_time()
    by_customer = dict[str, list[tuple[object, ...]]]()
    with path.open(encoding="utf-8", newline="") as stream:
        for customer, *invoice in (_of_json if name.startswith("jsonl") else _of_csv)(stream):
            by_customer.setdefault(customer, []).append(tuple(invoice))
    return {"seconds": time.process_time() - began, "accounts": len(by_customer), "before_kb": before}


def _of_csv(stream: TextIO) -> Iterator[tuple[Any, ...]]:
    for row in csv.DictReader(stream):
        days = date.fromisoformat(row["Date"]), date.fromisoformat(row["Due"])
        yield row["Customer"], row["No"], *days, Decimal(row["Total"]), Decimal(row["Open"]), row["Currency"]


def _of_json(stream: TextIO) -> Iterator[tuple[Any, ...]]:
    for record in map(json.loads, stream):
        if record["t"] == "invoice":
            days = date.fromisoformat(record["issued"]), date.fromisoformat(record["due"])
            yield record["customer"], record["number"], *days, record["total"], record["currency"]


def _store(name: str, path: Path) -> dict[str, float]:
    from bench.stand_in import standing_in
    from functions.shared.store import facts

    with Notebook() as notebook, standing_in(None) as stack:
        examination = Examination(_KINDS[name][1](path), notebook)
        examination.read()
        began, now = time.process_time(), datetime(2026, 3, 2, 9, tzinfo=UTC)
        for _ in facts.apply_accounts(examination.accounts(), today={company.ENTITY: _DAY}, now=now):
            pass
        seconds = time.process_time() - began
        return {"seconds": seconds, "requests": stack.rows.counted.requests.total(), "before_kb": 0}


_WAYS: Final[dict[str, Callable[[str, Path], dict[str, Any]]]] = {"read": _read, "naive": _naive, "store": _store}

if __name__ == "__main__":
    print(json.dumps(_WAYS[sys.argv[1]](sys.argv[2], Path(sys.argv[3])) | {"peak_kb": peak_kb()}))
