"""A file dropped in the bucket of the second emulator: notification, queue, packaged function, layer."""

import time
from datetime import timedelta
from pathlib import Path

import pytest

from core.source import Source
from functions.shared.store import sources
from tests.e2e.company import ENTITY
from tests.e2e.night import Deployed, Night
from tests.e2e.test_operation import _pastdue
from tests.workbooks import workbook

pytestmark = pytest.mark.e2e
_SECONDS = 60
_HEAD = ["Customer", "No", "Date", "Due", "Total", "Cur"]
BOOKS = Source.model_validate(
    {
        "id": "books",
        "entity": ENTITY,
        "kind": "ledger",
        "mapping": {
            "mapping": "books",
            "customer": {"id": "Customer"},
            "invoice": {"number": "No", "issued": "Date", "due": "Due", "total": "Total", "currency": "Cur"},
        },
    }
)


def test_a_spreadsheet_that_is_dropped_is_taken(deployed: Deployed, found: Night, tmp_path: Path) -> None:
    assert sources.put(BOOKS, was=0)
    today = deployed.stack.now.date()
    rows = [[f"X{n}", f"X-{n}", today, today + timedelta(days=40), 100.5, "EUR"] for n in range(3)]
    path = tmp_path / "Offene Posten + März.xlsx"
    path.write_bytes(workbook({"Open": [_HEAD, *rows]}))
    _pastdue(deployed, "inbox", "put", str(path), "--source", "books")
    until = time.monotonic() + _SECONDS
    while not (files := _pastdue(deployed, "inbox", "list")["files"]) or files[0]["state"] in ("received", "taking"):
        assert time.monotonic() < until, files
        time.sleep(0.5)
    assert [(file["state"], file["counts"]["opened"]) for file in files] == [("taken", 3)]
