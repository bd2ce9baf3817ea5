"""The account of a conformance run: by source file how many passed, were refused and failed, and why."""

from collections import Counter
from collections.abc import Iterator
from typing import Any

import pytest


def _outcomes(reporter: pytest.TerminalReporter) -> Iterator[list[Any]]:
    for reports in reporter.stats.values():
        for report in reports:
            for key, value in getattr(report, "user_properties", ()):
                if key == "conformance" and getattr(report, "when", "") == "call":
                    yield value


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """A line a source file; below it each case that did not simply pass."""
    outcomes = sorted(_outcomes(terminalreporter))
    if not outcomes:
        return
    terminalreporter.section("conformance")
    for source in dict.fromkeys(row[0] for row in outcomes):
        rows = [row for row in outcomes if row[0] == source]
        counts = Counter(row[3] for row in rows if not row[2])
        terminalreporter.write_line(
            f"{source:<24} {counts['passed']:>4} passed {counts['refused']:>4} refused {counts['failed']:>4} failed"
            + (f"  + {len(peculiar)} peculiar" if (peculiar := [row for row in rows if row[2]]) else "")
        )
        for _, name, _, how, why, _ in (row for row in rows if not row[2] and row[3] != "passed"):
            terminalreporter.write_line(f"    {how} {name}: {why}")
        for _, name, _, how, why, _ in peculiar:
            said = "agrees" if how == "passed" else f"differs on purpose: {why}"
            terminalreporter.write_line(f"    peculiar {name}: {said}")
        for _, name, _, _, _, unread in (row for row in rows if row[5]):
            terminalreporter.write_line(f"    not read in {name}: {', '.join(unread)}")
    total = Counter(row[3] for row in outcomes if not row[2])
    terminalreporter.write_line(
        f"{'all':<24} {total['passed']:>4} passed {total['refused']:>4} refused {total['failed']:>4} failed"
    )
