"""Acts that are refused, each for one reason."""

from datetime import date, timedelta
from typing import Any

import pytest

from core.books.guards import (
    MOST_TRIES,
    FeeLine,
    Issued,
    Refusal,
    level_without,
    refuse_fee,
    refuse_line,
    refuse_retraction,
    refuse_run,
    tries_again,
)

DAY = date(2026, 3, 2)


@pytest.mark.parametrize(("offset", "refusal"), [(-1, Refusal.LATER_RUN), (0, None), (1, None)])
def test_a_run_before_another_one_is_refused_and_the_same_day_again_is_not(
    offset: int, refusal: Refusal | None
) -> None:
    assert refuse_run(DAY + timedelta(days=offset), [DAY - timedelta(days=30), DAY]) is refusal


@pytest.mark.parametrize(
    ("level", "notices", "refusal"),
    [
        (1, [Issued(1), Issued(2)], Refusal.HIGHER_NOTICE),
        (2, [Issued(1), Issued(2)], None),
        (1, [Issued(1), Issued(2, cancelled=True)], None),  # what stands above it was taken back
        (1, [Issued(1, cancelled=True)], Refusal.CANCELLED_BEFORE),
        (3, [Issued(1)], Refusal.NOT_ISSUED),
        (1, [Issued(1, fee_paid_minor=1)], Refusal.FEE_PAID),
    ],
)
def test_taking_a_notice_back(level: int, notices: list[Issued], refusal: Refusal | None) -> None:
    assert refuse_retraction(level, notices) is refusal


def test_the_level_falls_to_what_still_stands() -> None:
    assert level_without(3, [Issued(1), Issued(2, cancelled=True), Issued(3)]) == 1
    assert level_without(1, [Issued(1)]) == 0


@pytest.mark.parametrize(
    ("changes", "refusal"),
    [
        ({}, None),
        ({"minor": 0}, Refusal.NO_AMOUNT),
        ({"minor": -1}, Refusal.NO_AMOUNT),
        ({"charged_levels": frozenset({1})}, None),
        ({"charged_levels": frozenset({1, 2})}, Refusal.CHARGED_BEFORE),
        ({"overdue": False}, Refusal.NOT_OVERDUE),
        ({"same_customer": False}, Refusal.OTHER_CUSTOMER),
        ({"lines_for_item": 2}, Refusal.CHARGED_TWICE),
    ],
)
def test_a_fee_line(changes: dict[str, Any], refusal: Refusal | None) -> None:
    assert refuse_fee(FeeLine(**{"minor": 500, "level": 2, **changes})) is refusal


def test_a_notice_lists_open_items_of_its_own_currency() -> None:
    assert refuse_line("EUR", "EUR") is None
    assert refuse_line("EUR", "USD") is Refusal.OTHER_CURRENCY
    assert refuse_line("EUR", "EUR", open_minor=0) is Refusal.NOTHING_OPEN


def test_a_failed_send_is_tried_so_often() -> None:
    assert [tries_again(failed) for failed in (1, MOST_TRIES - 1, MOST_TRIES)] == [True, True, False]
