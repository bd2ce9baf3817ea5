"""`python -m bench [SECTION ...]`: one JSON object to standard output, tables to standard error; it asserts nothing."""

import argparse
import json
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

from bench import bank, cold, decide, ingest, letters, one_night, reading, render, sizes
from bench.figures import Measured, machine, plain, say, table


@dataclass(frozen=True, slots=True)
class Given:
    """How much is measured."""

    decided: int
    open_invoices: int
    due: int
    mails: int
    runs: int
    entries: int
    rows: int


SECTIONS: Final[dict[str, Callable[[Given], Measured]]] = {
    "decide": lambda given: decide.measure(given.decided),
    "night": lambda given: one_night.measure(given.open_invoices, given.due),
    "import": lambda given: reading.measure(given.open_invoices),
    "ingest": lambda given: ingest.measure(given.rows, given.rows // 10),
    "bank": lambda given: bank.measure(given.entries),
    "render": lambda given: render.measure(given.mails, given.runs),
    "letters": lambda given: letters.measure(given.mails, given.runs),
    "cold": lambda given: cold.measure(given.runs),
    "sizes": lambda _: sizes.measure(cold.BUILD),
}


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("sections", nargs="*", metavar="SECTION", help=f"of {', '.join(SECTIONS)}; all without one")
    parser.add_argument("--decided", type=int, default=1_000_000, help="open invoices that the core decides")
    parser.add_argument("--open", type=int, default=100_000, help="open invoices of the other sections' large ledger")
    parser.add_argument("--due", type=int, default=50, help="accounts due on the measured night")
    parser.add_argument("--mails", type=int, default=500, help="mails that are rendered")
    parser.add_argument("--entries", type=int, default=100_000, help="entries of the larger bank statements")
    parser.add_argument("--rows", type=int, default=1_000_000, help="invoices of the largest table that is read")
    parser.add_argument("--runs", type=int, default=3, help="how often each thing is measured")
    given = parser.parse_args(arguments)
    unknown = [name for name in given.sections if name not in SECTIONS]
    if unknown:
        parser.error(f"there is no section {unknown[0]!r}; sections: {', '.join(SECTIONS)}")
    asked = Given(given.decided, given.open, given.due, given.mails, given.runs, given.entries, given.rows)
    found: dict[str, Any] = {}
    report = {"format_version": 1, "machine": machine(), "sections": found}
    for name in given.sections or SECTIONS:
        began = time.perf_counter()
        measured = SECTIONS[name](asked)
        found[name] = plain(measured) | {"took_seconds": round(time.perf_counter() - began, 1)}
        say(table(name, measured) + "\n")
    print(json.dumps(report, indent=2, ensure_ascii=False))
    return 0


if __name__ == "__main__":
    sys.exit(main())
