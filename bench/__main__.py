"""`python -m bench [SECTION ...]`: one JSON object to standard output, tables to standard error; it asserts nothing."""

import argparse
import json
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

from bench import (
    bank,
    cold,
    cost,
    decide,
    first_run,
    goals,
    heat,
    ingest,
    letters,
    one_night,
    reading,
    render,
    scale,
    sending,
    sizes,
)
from bench.figures import Measured, machine, plain, say, table


@dataclass(frozen=True, slots=True)
class Given:
    """How much is measured."""

    decided: int  # open invoices that the core decides
    open: int  # invoices of the other sections' large ledger
    due: int  # accounts due on the measured night
    sizes: tuple[int, ...]  # open invoices of the ledgers that a night grows over
    first: int  # open invoices of the smaller old ledger
    warm: int  # accounts due on the night whose keys are watched
    mails: int  # that are rendered
    entries: int  # of the larger bank statements
    rows: int  # invoices of the largest table that is read
    runs: int  # how often each thing is measured


WHOLE: Final = Given(1_000_000, 100_000, 50, (10_000, 100_000, 1_000_000), 2_000, 2_000, 500, 100_000, 1_000_000, 3)
QUICK: Final = Given(30_000, 10_000, 20, (1_000, 10_000, 100_000), 500, 300, 200, 5_000, 20_000, 1)

SECTIONS: Final[dict[str, Callable[[Given], Measured]]] = {
    "decide": lambda given: decide.measure(given.decided),
    "night": lambda given: one_night.measure(given.open, given.due),
    "scale": lambda given: scale.measure(given.sizes, given.runs),
    "first": lambda given: first_run.measure(given.first),
    "heat": lambda given: heat.measure(given.warm),
    "cost": lambda given: cost.measure(2 * given.due),  # full batches, as on a large night
    "import": lambda given: reading.measure(given.open),
    "ingest": lambda given: ingest.measure(given.rows, given.rows // 10),
    "bank": lambda given: bank.measure(given.entries),
    "render": lambda given: render.measure(given.mails, given.runs),
    "sending": lambda given: sending.measure(5 * given.mails),
    "letters": lambda given: letters.measure(given.mails, given.runs),
    "cold": lambda given: cold.measure(given.runs),
    "sizes": lambda _: sizes.measure(cold.BUILD),
}
_SIZES: Final = ("decided", "open", "due", "first", "warm", "mails", "entries", "rows")  # each an option


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("sections", nargs="*", metavar="SECTION", help=f"of {', '.join(SECTIONS)}; all without one")
    parser.add_argument("--quick", action="store_true", help="small ledgers, each thing once: some minutes")
    parser.add_argument("--runs", type=int, help="how often each thing is measured; the median counts")
    parser.add_argument("--into", type=Path, help="a folder for bench.json and bench.txt, beside what is printed")
    for name in _SIZES:
        parser.add_argument(f"--{name}", type=int, help=f"instead of {getattr(WHOLE, name):,}")
    given = parser.parse_args(arguments)
    unknown = [name for name in given.sections if name not in SECTIONS]
    if unknown:
        parser.error(f"there is no section {unknown[0]!r}; sections: {', '.join(SECTIONS)}")
    own = {name: value for name in (*_SIZES, "runs") if (value := getattr(given, name)) is not None}
    report, told = _measured(given.sections or list(SECTIONS), replace(QUICK if given.quick else WHOLE, **own))
    text = json.dumps(report, indent=2, ensure_ascii=False)
    if given.into is not None:
        given.into.mkdir(parents=True, exist_ok=True)
        (given.into / "bench.json").write_text(text + "\n", encoding="utf-8")
        (given.into / "bench.txt").write_text("\n\n".join(told) + "\n", encoding="utf-8")
    print(text)
    return 0


def _measured(sections: list[str], asked: Given) -> tuple[dict[str, Any], list[str]]:
    """The report, and the same for readers; each section is said as soon as it is there."""
    found: dict[str, Any] = {}
    told = list[str]()
    ran_on = machine()
    for name in sections:
        began = time.perf_counter()
        measured = SECTIONS[name](asked)
        took = round(time.perf_counter() - began, 1)
        found[name] = plain(measured) | {"took_seconds": took}
        told.append(f"{table(name, measured)}\n  took {took} s")
        say(told[-1] + "\n")
    reached = list(goals.rows(found))
    told.append(goals.table(reached))
    say(told[-1])
    return {"format_version": 1, "machine": ran_on, "goals": goals.plain(reached), "sections": found}, told


if __name__ == "__main__":
    sys.exit(main())
