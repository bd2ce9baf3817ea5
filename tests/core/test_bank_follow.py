"""Statements that follow one another, and those that do not."""

from datetime import date

import pytest

from core.bank import BankStatement
from core.formats.bank import Last, follow, last_of


def told(
    number: int | None = 1, opening: int | None = 0, closing: int | None = 100, day: int = 1, **more: object
) -> BankStatement:
    given = {
        "account": "DE1", "currency": "EUR", "number": None if number is None else str(number), "sequence": number,
        "opening_minor": opening, "closing_minor": closing, "closing_on": date(2026, 1, day),
    }  # fmt: skip
    return BankStatement.model_validate(given | more)


LAST = {"DE1": Last("EUR", "1", 1, date(2026, 1, 1), 100, 0)}


@pytest.mark.parametrize(("one", "code"), [
    (told(2, 100, 250, 2), None),
    (told(5, 100, 250, 2), None),  # balances that lead on prove that nothing is missing
    (told(2, 120, 250, 2), "SEQUENCE_GAP"),
    (told(3, 120, 250, 3), "SEQUENCE_GAP"),
    (told(None, 120, 250, 2), "SEQUENCE_GAP"),
    (told(2, None, None, 2), None),
    (told(3, None, None, 3), "SEQUENCE_GAP"),
    (told(None, None, None, 3), None),  # nothing to tell it by
    (told(1, 0, 100, 1), "SEQUENCE_REPEAT"),
    (told(None, 0, 100, 1).model_copy(update={"number": "1"}), "SEQUENCE_REPEAT"),
    (told(None, 50, 100, 1), "SEQUENCE_GAP"),  # without numbers it may be another of that day
    (told(1, 0, 100, 1, closing_on=date(2025, 12, 31)), "SEQUENCE_REPEAT"),  # older than the last
    (told(2, 100, 250, 2, currency="USD"), "CURRENCY_MISMATCH"),
    (told(2, 120, 250, 2, interim=True), None),
    (told(2, 120, 250, 2, notification=True), None),
    (told(9, 7, 8, 9, account="DE2"), None),  # the first of its account
    (told(1, None, None, 1, closing_on=date(2027, 1, 4)), None),  # numbers begin anew with the year
    (told(1, 100, 100, 1).model_copy(update={"number": "1/2"}), None),  # the next page
])  # fmt: skip
def test_b02_gaps_repeats_and_other_currencies(one: BankStatement, code: str | None) -> None:
    assert [found.code for found in follow([one], LAST, "f")] == ([code] if code else [])


def test_b02_accounts_that_nobody_knows() -> None:
    (found,) = follow([told(1), told(2, 100, 200, 2, account="DE777788889999")], {}, "f", frozenset({"DE1"}))
    assert (found.code, found.severity) == ("UNKNOWN_ACCOUNT", "error")
    assert "9999" in str(found)
    assert "DE7777" not in str(found)


def test_b02_statements_of_one_file_follow_one_another() -> None:
    one, two, four = told(1), told(2, 100, 300, 2), told(4, 350, 400, 4)
    assert follow([one, two], {}, "f") == []
    (gap,) = follow([one, two, four], {}, "f")
    assert str(gap) == (
        "f  the last statement closed with 3.00 EUR, this one opens with 3.50 EUR (statements 2 and 4); "
        "ask the bank for what is missing"
    )
    assert last_of(four) == Last("EUR", "4", 4, date(2026, 1, 4), 400, 350)
