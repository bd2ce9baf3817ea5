"""The command line as tests call it: in a folder of their own, with no terminal, and with a small company."""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from typer import testing
from typer.testing import CliRunner

from local.cli.main import app

# The commands, made anew for each call, cost as much as a short one of them does.
testing._get_command = cache(testing._get_command)  # type: ignore[attr-defined]

AS_OF = "2026-03-02"  # a Monday; the ledger's header says so
ENTITY = """\
id: acme
name: Acme Machines
zone: UTC
sender: ar@mail.acme.example
contact_person: ann
bank_accounts: [{ holder: Acme Machines, iban: DE89370400440532013000 }]
"""
ROLES = (
    "accounting, customer_service_manager, customer_service_rep, sales_rep, sales_manager, sales_rep_supervisor, ceo"
)
PEOPLE = (
    f"people:\n  - {{ id: ann, name: Ann Ledger, email: ann@acme.example, phone: '+1 555 0100', roles: [{ROLES}] }}\n"
)
LEDGER: list[dict[str, Any]] = [
    {"t": "header", "version": 1, "as_of": AS_OF},
    {"t": "customer", "id": "C1", "name": "Cole & Sons", "email": "ap@cole.example", "lang": "en"},
    {"t": "invoice", "id": "I1", "customer": "C1", "number": "INV-1", "issued": "2026-01-24", "due": "2026-02-23",
     "currency": "EUR", "total": 120_000},
    {"t": "invoice", "id": "I2", "customer": "C1", "number": "INV-2", "issued": "2026-02-20", "due": "2026-03-22",
     "currency": "EUR", "total": 5_000},
    {"t": "customer", "id": "C2", "name": "Dunn Ltd", "email": "ap@dunn.example", "lang": "en"},
    {"t": "invoice", "id": "I3", "customer": "C2", "number": "INV-3", "issued": "2025-12-30", "due": "2026-01-29",
     "currency": "GBP", "total": 99_900, "level": 2, "last_notice": "2026-02-12"},
    {"t": "invoice", "id": "I4", "customer": "C2", "number": "INV-4", "issued": "2026-01-05", "due": "2026-02-04",
     "currency": "GBP", "total": 10_000},
    {"t": "payment", "id": "P1", "customer": "C2", "invoice": "I4", "date": "2026-02-20", "currency": "GBP",
     "amount": 10_000},
]  # fmt: skip


@dataclass(frozen=True, slots=True)
class Said:
    """What a command printed, and its exit code."""

    code: int
    out: str
    err: str

    @property
    def data(self) -> Any:
        return json.loads(self.out)


def pastdue(*arguments: str | Path) -> Said:
    """Run the command line. Raises what it raises beyond an exit code: no test may overlook a traceback."""
    result = CliRunner().invoke(app, [str(argument) for argument in arguments], prog_name="pastdue")
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        raise result.exception
    return Said(result.exit_code, result.stdout, result.stderr)


def write_config(folder: Path, entity: str = ENTITY, people: str = PEOPLE) -> Path:
    """A folder of configuration."""
    (folder / "entities").mkdir(parents=True, exist_ok=True)
    (folder / "entities" / "acme.yaml").write_text(entity, encoding="utf-8")
    (folder / "people.yaml").write_text(people, encoding="utf-8")
    return folder


def write_ledger(path: Path, records: Iterable[dict[str, Any] | str] = LEDGER) -> Path:
    """A ledger file; a record given as text is written as it is."""
    lines = [record if isinstance(record, str) else json.dumps(record) for record in records]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path
