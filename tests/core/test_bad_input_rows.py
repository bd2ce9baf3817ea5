"""Each row of what goes wrong with input has a test of its own, by its name."""

import re
from pathlib import Path
from typing import Final

TESTS: Final = Path(__file__).parents[1]
ROWS: Final = {"c": 23, "j": 9, "a": 2, "b": 7}  # tables, requests, what other systems send, banks


def test_every_row_has_its_test() -> None:
    named = {
        (letter, int(number))
        for path in TESTS.rglob("test_*.py")
        for letter, number in re.findall(r"(?m)^def test_([cjab])(\d\d)_", path.read_text(encoding="utf-8"))
    }
    assert named == {(letter, number) for letter, last in ROWS.items() for number in range(1, last + 1)}
