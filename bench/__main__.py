"""`python -m bench [SECTION ...]`: one JSON object to standard output, tables to standard error; it asserts nothing."""

import argparse
import json
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

from bench import decide, night
from bench.figures import Measured, machine, plain, say, table


@dataclass(frozen=True, slots=True)
class Sizes:
    """How much is measured."""

    open_invoices: int
    due: int
    runs: int


SECTIONS: Final[dict[str, Callable[[Sizes], Measured]]] = {
    "decide": lambda sizes: decide.measure(sizes.open_invoices, sizes.runs),
    "night": lambda sizes: night.measure(sizes.open_invoices, sizes.due),
}


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("sections", nargs="*", metavar="SECTION", help=f"of {', '.join(SECTIONS)}; all without one")
    parser.add_argument("--open", type=int, default=100_000, help="open invoices of the large ledger")
    parser.add_argument("--due", type=int, default=50, help="accounts due on the measured night")
    parser.add_argument("--runs", type=int, default=3, help="how often each thing is measured")
    given = parser.parse_args(arguments)
    unknown = [name for name in given.sections if name not in SECTIONS]
    if unknown:
        parser.error(f"there is no section {unknown[0]!r}; sections: {', '.join(SECTIONS)}")
    sizes = Sizes(given.open, given.due, given.runs)
    found: dict[str, Any] = {}
    report = {"format_version": 1, "machine": machine(), "sections": found}
    for name in given.sections or SECTIONS:
        began = time.perf_counter()
        measured = SECTIONS[name](sizes)
        found[name] = plain(measured) | {"took_seconds": round(time.perf_counter() - began, 1)}
        say(table(name, measured) + "\n")
    print(json.dumps(report, indent=2, ensure_ascii=False))
    return 0


if __name__ == "__main__":
    sys.exit(main())
