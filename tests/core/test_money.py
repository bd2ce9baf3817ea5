"""Money is exact, of one currency, and splits without a rest."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from core.money import Money, allocate

MINOR = st.integers(-(10**15), 10**15)


def euro(minor: int) -> Money:
    return Money(minor=minor, currency="EUR")


@given(a=MINOR, b=MINOR)
def test_what_is_added_can_be_taken_away(a: int, b: int) -> None:
    assert euro(a) + euro(b) - euro(b) == euro(a)


def test_two_currencies_are_never_combined() -> None:
    dollar = Money(minor=1, currency="USD")
    with pytest.raises(ValueError, match="EUR with USD"):
        euro(1) + dollar
    with pytest.raises(ValueError, match="EUR with USD"):
        euro(1) - dollar


@pytest.mark.parametrize("minor", [1.0, 1.5, "1", True, None])
def test_only_a_whole_number_is_an_amount(minor: object) -> None:
    with pytest.raises(ValidationError):
        Money.model_validate({"minor": minor, "currency": "EUR"})


@pytest.mark.parametrize(
    ("minor", "weights", "parts"),
    [
        (100, [1, 1, 1], (34, 33, 33)),  # the rest goes to the earlier part
        (-100, [1, 1, 1], (-34, -33, -33)),
        (5, [0, 1], (0, 5)),
        (1, [1, 2], (0, 1)),  # largest remainder first
        (0, [3, 4], (0, 0)),
        (7, [1], (7,)),
    ],
)
def test_allocate(minor: int, weights: list[int], parts: tuple[int, ...]) -> None:
    assert allocate(minor, weights) == parts


@given(minor=MINOR, weights=st.lists(st.integers(0, 10**9), min_size=1, max_size=12).filter(any))
def test_the_parts_sum_to_the_whole_and_none_is_a_unit_off(minor: int, weights: list[int]) -> None:
    parts = allocate(minor, weights)
    assert sum(parts) == minor
    assert all(
        abs(part * sum(weights) - minor * weight) < sum(weights) for part, weight in zip(parts, weights, strict=True)
    )


@pytest.mark.parametrize("weights", [[], [0], [0, 0], [2, -1]])
def test_there_must_be_a_weight(weights: list[int]) -> None:
    with pytest.raises(ValueError, match="weights"):
        allocate(1, weights)
