"""Days past due and the buckets they fall into."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.books.aging import (
    STANDARD,
    AgingBucket,
    CalendarBucket,
    aged_balance,
    days_past_due,
)
from tests.builders import DUE, on


@pytest.mark.parametrize(
    ("days", "label"),
    [
        (-400, "current"), (-1, "current"), (0, "current"),  # nothing is late on the due date
        (1, "1-30"), (30, "1-30"), (31, "31-60"), (60, "31-60"), (61, "61-90"), (90, "61-90"), (91, "91+"),
        (4000, "91+"),
    ],
)  # fmt: skip
def test_bucket_edges(days: int, label: str) -> None:
    row = aged_balance([(DUE, "EUR", 1)], on(days))["EUR"]
    assert [name for name, minor in row.items() if minor] == [label]


@given(days=st.integers(-1000, 1000))
def test_every_day_lies_in_exactly_one_bucket(days: int) -> None:
    assert sum(bucket.holds(days) for bucket in STANDARD) == 1


def test_days_are_calendar_days_over_a_leap_day() -> None:
    assert days_past_due(date(2028, 2, 28), date(2028, 3, 1)) == 2


def test_a_gap_between_buckets_is_an_error() -> None:
    with pytest.raises(ValueError, match=DUE.isoformat()):
        aged_balance([(DUE, "EUR", 1)], on(5), (AgingBucket("early", None, 4), AgingBucket("late", 6, None)))


def test_balances_stay_apart_by_currency_and_name_every_bucket() -> None:
    amounts = [(on(-1), "EUR", 100), (on(-45), "EUR", 20), (on(-46), "EUR", 3), (on(5), "JPY", 7)]
    assert aged_balance(amounts, DUE) == {
        "EUR": {"current": 0, "1-30": 100, "31-60": 23, "61-90": 0, "91+": 0},
        "JPY": {"current": 7, "1-30": 0, "31-60": 0, "61-90": 0, "91+": 0},
    }


def test_buckets_of_dates_hold_their_edges_whatever_the_day_of_asking() -> None:
    march = CalendarBucket("march", date(2026, 3, 1), date(2026, 3, 31))
    buckets = (
        CalendarBucket("before", None, date(2026, 2, 28)),
        march,
        CalendarBucket("after", date(2026, 4, 1), None),
    )
    days = [date(2026, 2, 28), date(2026, 3, 1), date(2026, 3, 31), date(2026, 4, 1)]
    amounts = [(day, "EUR", 10**n) for n, day in enumerate(days)]
    for as_of in (date(2025, 1, 1), date(2027, 1, 1)):
        assert aged_balance(amounts, as_of, buckets) == {"EUR": {"before": 1, "march": 110, "after": 1000}}


def test_an_amount_without_a_day_lies_in_the_bucket_named_for_it() -> None:
    assert aged_balance([(None, "EUR", 7)], DUE)["EUR"]["current"] == 7
    assert aged_balance([(None, "EUR", 7)], DUE, undated="91+")["EUR"]["91+"] == 7


def test_credits_lower_their_bucket() -> None:
    assert aged_balance([(on(-5), "EUR", 70), (on(-9), "EUR", -100)], DUE)["EUR"]["1-30"] == -30


def test_a_gap_between_dates_is_an_error() -> None:
    with pytest.raises(ValueError, match="2026-03-02"):
        aged_balance([(DUE, "EUR", 1)], DUE, (CalendarBucket("old", None, date(2026, 3, 1)),))
