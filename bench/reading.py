"""How long a ledger file takes to be examined and read, and how much memory, each way in a process of its own."""

import json
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

from bench import company
from bench.apart import ran
from bench.figures import Figure, Measured
from bench.generate import Ledger, write
from bench.memory import now_kb, peak_kb
from core.formats.examination import Examination
from core.formats.notebook import Notebook

_MB: Final = 1_000_000


def measure(open_invoices: int) -> Measured:
    """Nothing is stored: what storing costs is DynamoDB's, one batch write for 25 rows."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "ledger.jsonl"
        with path.open("w", encoding="utf-8") as out:
            write(Ledger(open_invoices), out)
        ours, bare = ran("bench.reading", "read", path), ran("bench.reading", "parse", path)
        megabytes = path.stat().st_size / _MB
    rates = [ours["lines"] / seconds for seconds in (ours["examine"] + ours["changes"], bare["examine"])]
    return Measured(
        what="a ledger file checked whole, then read into account changes",
        beside="json.loads alone",
        given={
            "open_invoices": open_invoices,
            "lines": int(ours["lines"]),
            "megabytes": round(megabytes, 1),
            "clock": "process CPU time, one run",
        },
        figures=(
            Figure("examine", ours["examine"], "s CPU", bare["examine"]),
            Figure("changes", ours["changes"], "s CPU"),
            Figure("both", rates[0], "lines/s", rates[1]),
            Figure("accounts", int(ours["accounts"]), "accounts"),
            Figure("peak_memory", ours["peak_kb"] / 1024, "MB", bare["peak_kb"] / 1024),
            Figure("memory_before", ours["before_kb"] / 1024, "MB", bare["before_kb"] / 1024),
        ),
    )


def _read(path: Path) -> dict[str, float]:
    ledger, before, began = company.ledger_file(path), now_kb(), time.process_time()
    with Notebook() as notebook:
        examination = Examination(ledger, notebook)
        report = examination.report()
        examined = time.process_time()
        accounts = sum(1 for _ in examination.accounts())
    done = time.process_time()
    return {
        "examine": examined - began,
        "changes": done - examined,
        "lines": sum(report.counts.values()),
        "accounts": accounts,
        "before_kb": before,
    }


def _parse(path: Path) -> dict[str, float]:
    before, began, lines = now_kb(), time.process_time(), 0
    with path.open(encoding="utf-8") as stream:
        for line in stream:
            json.loads(line)
            lines += 1
    return {"examine": time.process_time() - began, "lines": lines, "before_kb": before}


_WAYS: Final[dict[str, Callable[[Path], dict[str, Any]]]] = {"read": _read, "parse": _parse}

if __name__ == "__main__":
    print(json.dumps(_WAYS[sys.argv[1]](Path(sys.argv[2])) | {"peak_kb": peak_kb()}))
