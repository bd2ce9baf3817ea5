"""Statements of a file that follow one another, and those that do not."""

from datetime import date
from typing import Any

import pytest

from core.bank import BankStatement
from core.formats.bank.follow import follow
from tests.core.bank_samples import Booking, as_mt940, others, read


def told(sequence: int | None, opening: int | None, closing: int | None, day: int = 1, **more: Any) -> BankStatement:
    number = None if sequence is None else str(sequence)
    given = {
        "account": "DE1",
        "currency": "EUR",
        "number": number,
        "sequence": sequence,
        "opening_minor": opening,
        "closing_minor": closing,
        "closing_on": date(2026, 1, day),
    }
    return BankStatement.model_validate(given | more)


FIRST = told(1, 0, 100)
UNPROVED = told(1, None, None)


@pytest.mark.parametrize(("first", "second", "code"), [
    (FIRST, told(2, 100, 250, 2), None),
    (FIRST, told(5, 100, 250, 2), None),  # balances that lead on prove that nothing is missing
    (FIRST, told(2, 120, 250, 2), "SEQUENCE_GAP"),
    (FIRST, told(3, 120, 250, 3), "SEQUENCE_GAP"),
    (FIRST, told(None, 120, 250, 2), "SEQUENCE_GAP"),
    (UNPROVED, told(2, None, None, 2), None),
    (UNPROVED, told(3, None, None, 3), "SEQUENCE_GAP"),
    (UNPROVED, told(None, None, None, 3), None),  # nothing to tell it by
    (UNPROVED, told(1, None, None, closing_on=date(2027, 1, 4)), None),  # numbers begin anew with the year
    (FIRST, told(1, 0, 100), "SEQUENCE_REPEAT"),
    (FIRST, told(1, 0, 90), "SEQUENCE_REPEAT"),
    (FIRST, told(1, 100, 100, number="1/2"), None),  # the next page
    (told(2, 100, 250, 2), FIRST, None),  # the newest first
    (FIRST, told(2, 120, 250, 2, interim=True), None),
    (FIRST, told(2, 120, 250, 2, notification=True), None),
    (FIRST, told(9, 7, 8, 9, account="DE2"), None),
    (FIRST, told(9, 7, 8, 9, currency="USD"), None),
])  # fmt: skip
def test_b02_gaps_and_repeats(first: BankStatement, second: BankStatement, code: str | None) -> None:
    assert [(found.code, found.severity) for found in follow([first, second], "f")] == (
        [(code, "warning")] if code else []
    )


def test_b02_a_gap_within_a_file_is_said_and_keeps_nothing_back() -> None:
    one, two = Booking(date(2026, 1, 5), 100), Booking(date(2026, 1, 6), 100)
    text = as_mt940(one) + as_mt940(two, opening=100_200, number="3/1")
    found = read(text)
    assert [len(one.entries) for one in found if hasattr(one, "entries")] == [1, 1]
    assert others(found) == [("warning", "SEQUENCE_GAP")]
    assert str(found[-1]) == (
        "f:14  the statement before closed with 1001.00 EUR, this one opens with 1002.00 EUR (statements 1/1 and 3/1); "
        "ask the bank for what is missing"
    )
    assert others(read(as_mt940(one) + as_mt940(two, opening=100_100, number="2/1"))) == []
