"""Lines of a ledger file made of what a validation case gives: the import reads them, or says what is wrong."""

import json
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final

from core.formats.ledger_import import examine, jsonl_ledger
from tests.conformance.case import Body

# One customer with one open invoice of 100.00, due in January.
LEDGER: Final[tuple[dict[str, Any], ...]] = (
    {"t": "header", "version": 1},
    {"t": "entity", "id": "E", "name": "Seller"},
    {"t": "customer", "id": "C", "name": "Customer"},
    {
        "t": "invoice", "id": "I", "customer": "C", "number": "I", "issued": "2024-01-01", "due": "2024-01-31",
        "currency": "EUR", "total": 10_000,
    },
)  # fmt: skip
_ON_IT: Final = {"customer": "C", "invoice": "I"}

# What a case gives, and the line that it becomes; a word in angle brackets is the value given.
LINES: Final[dict[frozenset[str], dict[str, Any]]] = {
    frozenset({"promise_minor"}): {
        "t": "promise", "id": "P", **_ON_IT, "made": "2024-02-01", "promised": "2024-02-10",
        "amount": "<promise_minor>",
    },
    frozenset({"promised_on", "made_on"}): {
        "t": "promise", "id": "P", **_ON_IT, "made": "<made_on>", "promised": "<promised_on>",
    },
    frozenset({"payment_minor"}): {
        "t": "payment", "id": "P", **_ON_IT, "date": "2024-02-01", "currency": "EUR", "amount": "<payment_minor>",
    },
    frozenset({"credit_minor"}): {
        "t": "credit_note", "id": "N", **_ON_IT, "date": "2024-02-01", "currency": "EUR", "amount": "<credit_minor>",
    },
    frozenset({"write_off_minor"}): {
        "t": "write_off", "id": "W", **_ON_IT, "date": "2024-02-01", "amount": "<write_off_minor>",
    },
    frozenset({"invoice_currency"}): {**LEDGER[-1], "id": "J", "number": "J", "currency": "<invoice_currency>"},
}  # fmt: skip


def line_rules() -> list[tuple[frozenset[str], Callable[[Body], str]]]:
    """By the words of a case the rule that reads its line."""
    return [(words, _reader(line)) for words, line in LINES.items()]


def _reader(line: dict[str, Any]) -> Callable[[Body], str]:
    def read(given: Body) -> str:
        return read_line({key: _filled(value, given) for key, value in line.items()})

    return read


def _filled(value: Any, given: Body) -> Any:
    return given[value[1:-1]] if isinstance(value, str) and value.startswith("<") else value


def read_line(line: dict[str, Any]) -> str:
    """What the import says to a line that follows one open invoice."""
    text = "".join(json.dumps(row) + "\n" for row in (*LEDGER, line))
    with TemporaryDirectory() as folder:
        path = Path(folder) / "ledger.jsonl"
        path.write_text(text, encoding="utf-8")
        report = examine(jsonl_ledger(path, "E"))
    return "refused" if report.errors else "allowed"
