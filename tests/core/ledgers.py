"""Small ledgers as tests write them: records with defaults, and a file of them."""

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from core.formats.errors import InputError
from core.formats.examination import LedgerFile
from core.formats.ledger_import import jsonl_ledger

RECORDS: dict[str, dict[str, Any]] = {
    "customer": {"id": "C1", "name": "Acme"},
    "contact": {"id": "K1", "customer": "C1"},
    "invoice": {
        "id": "I1", "customer": "C1", "number": "N1", "issued": "2026-01-01", "due": "2026-01-31", "currency": "EUR",
        "total": 10_000,
    },
    "payment": {
        "id": "P1", "customer": "C1", "invoice": "I1", "date": "2026-02-10", "currency": "EUR", "amount": 4_000,
    },
    "credit_note": {
        "id": "N1", "customer": "C1", "invoice": "I1", "date": "2026-02-11", "currency": "EUR", "amount": 100,
    },
    "payment_reversal": {"id": "R1", "customer": "C1", "payment": "P1", "date": "2026-02-15"},
    "application": {"id": "A1", "customer": "C1", "credit": "P1", "invoice": "I1", "date": "2026-02-20", "amount": 500},
    "write_off": {"id": "W1", "customer": "C1", "invoice": "I1", "date": "2026-02-21", "amount": 50},
    "promise": {"id": "M1", "customer": "C1", "invoice": "I1", "made": "2026-02-12", "promised": "2026-02-26"},
    "dispute": {"id": "D1", "customer": "C1", "invoice": "I1", "opened": "2026-02-12"},
    "waiver": {"id": "WV1", "customer": "C1", "invoice": "I1", "date": "2026-02-12"},
    "plan": {
        "id": "PL1", "customer": "C1", "invoices": ["I1"], "agreed": "2026-02-12",
        "instalments": [{"due": "2026-03-01", "amount": 5_000}, {"due": "2026-04-01", "amount": 5_000}],
    },
    "hold": {"id": "H1", "customer": "C1"},
}  # fmt: skip


def rec(t: str, **changes: Any) -> dict[str, Any]:
    """A valid record of a type, with some keys changed; a key set to ... is left out."""
    record = {"t": t, **RECORDS.get(t, {}), **changes}
    return {key: value for key, value in record.items() if value is not ...}


def text(records: Iterable[dict[str, Any] | str]) -> str:
    """Records, or lines as they are, as the text of a file."""
    return "".join(f"{r if isinstance(r, str) else json.dumps(r, ensure_ascii=False)}\n" for r in records)


def ledger(folder: Path, *records: dict[str, Any] | str, entity: str = "main") -> LedgerFile:
    """A file of these records in a folder."""
    path = folder / "ledger.jsonl"
    path.write_text(text(records), encoding="utf-8")
    return jsonl_ledger(path, entity)


def said(errors: Iterable[InputError]) -> list[tuple[str, int, str | None]]:
    """Errors as code, line and field."""
    return [(error.code.value, error.line, error.field) for error in errors]
