"""The list of faults against the tests that there are: none missing, none left over."""

import re

from functions.shared.observability import LogEvent
from tests.faults.matrix import PAGE, ROOT, ROWS, shown, written


def test_every_fault_is_shown_by_a_test_or_says_what_stands_in_for_it() -> None:
    assert [f"F{n:02}" for n in range(1, 64)] == list(ROWS)
    tests = shown()
    assert set(tests) <= set(ROWS)
    assert [number for number, row in ROWS.items() if number not in tests and not row.instead] == []
    assert [number for number, row in ROWS.items() if number in tests and row.instead] == []


def test_what_is_to_say_so_exists() -> None:
    """Each alarm is one of the template's, each number a log event's, each counter one of the page of metrics."""
    template, metrics = ((ROOT / name).read_text() for name in ("template.yaml", "docs/reference/events.md"))
    codes = {event.code for event in LogEvent}
    for number, row in ROWS.items():
        for name in re.findall(r"`(\w+)`", row.told):
            is_alarm = f"\n  {name}:\n    Type: AWS::CloudWatch::Alarm" in template
            assert name in codes or is_alarm or f"`{name}`" in metrics, (number, name)


def test_the_page_names_them_as_they_are() -> None:
    text = PAGE.read_text(encoding="utf-8")
    assert written(text) == text, "run: python -m tests.faults.matrix"
