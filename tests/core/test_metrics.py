"""Measures of collecting against published worked cases, and their edges."""

from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.books.metrics import (
    average_days_delinquent,
    best_possible_dso_days,
    collection_effectiveness_index,
    dso_days,
    mean_days_late,
    ratio_percent,
    rounded,
)


def test_effectiveness_is_what_was_collected_of_what_could_be() -> None:
    found = collection_effectiveness_index(
        opening_minor=800_00, sales_minor=1_200_00, closing_minor=900_00, closing_current_minor=400_00
    )
    assert found == Fraction(1_100, 1_600) * 100


def test_nothing_collectable_is_no_figure() -> None:
    assert (
        collection_effectiveness_index(opening_minor=0, sales_minor=500, closing_minor=500, closing_current_minor=500)
        is None
    )
    assert dso_days(receivables_minor=5, sales_minor=0, period_days=30) is None
    assert mean_days_late([]) is None
    assert ratio_percent(1, 0) is None


def test_more_current_than_open_is_an_error() -> None:
    with pytest.raises(ValueError, match="501"):
        collection_effectiveness_index(opening_minor=0, sales_minor=500, closing_minor=500, closing_current_minor=501)


def test_delinquent_days_are_dso_less_the_best_possible() -> None:
    # worked case of the Credit Research Foundation's formula: 45 - 12 = 33
    figures = {"sales_minor": 10_000_00, "period_days": 30}
    dso = dso_days(receivables_minor=15_000_00, **figures)
    best = best_possible_dso_days(current_minor=4_000_00, **figures)
    add = average_days_delinquent(receivables_minor=15_000_00, current_minor=4_000_00, **figures)
    assert (dso, best, add) == (45, 12, 33)


@pytest.mark.parametrize(
    ("value", "places", "rounding", "shown"),
    [
        (Fraction(5, 2), 0, "half_away_from_zero", "3"),
        (Fraction(-5, 2), 0, "half_away_from_zero", "-3"),
        (Fraction(5, 2), 0, "half_even", "2"),
        (Fraction(7, 2), 0, "half_even", "4"),
        (Fraction(-5, 2), 0, "half_even", "-2"),
        (Fraction(2, 3), 2, "half_away_from_zero", "0.67"),
        (Fraction(1, 3), 2, "half_away_from_zero", "0.33"),
        (Fraction(10_499_999, 10_000_000), 1, "half_away_from_zero", "1.0"),  # once, from the exact value
        (Fraction(27), 1, "half_away_from_zero", "27.0"),
    ],
)
def test_rounding(value: Fraction, places: int, rounding: str, shown: str) -> None:
    assert str(rounded(value, places, rounding)) == shown  # type: ignore[arg-type]


@given(st.lists(st.integers(-400, 400), min_size=1))
def test_the_mean_lies_between_the_extremes(days: list[int]) -> None:
    mean = mean_days_late(days)
    assert mean is not None
    assert min(days) <= rounded(mean) <= max(days)
    assert abs(Fraction(rounded(mean)) - mean) <= Fraction(1, 2)


def test_exact_is_not_cut() -> None:
    assert Decimal("33.33") == rounded(ratio_percent(1, 3) or Fraction(0), 2)
