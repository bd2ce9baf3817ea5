"""Keys of bookings: the same in every file that tells of one, and two for two that are alike."""

from collections import Counter
from collections.abc import Callable
from datetime import date, timedelta
from itertools import groupby

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.core.bank_samples import Booking, as_camt, as_mt940, entry, statement, statements
from tests.core.test_bank_camt import details, payment, remitted

DAYS = st.integers(0, 6).map(lambda days: date(2025, 12, 29) + timedelta(days=days))
BOOKED = st.builds(
    Booking,
    DAYS,
    st.sampled_from([100, -100, 5_000]),  # few values, so that bookings are alike
    name=st.sampled_from(["Meier", "Schulz & Co"]),
    text=st.sampled_from(["RE 1", "RE 2 and a text that is so long that it does not fit into one line of a statement"]),
    reference=st.sampled_from([None, None, "B1", "B2"]),
    end_to_end=st.sampled_from(["NOTPROVIDED", "E1"]),
)
WEEK = st.lists(BOOKED, min_size=1, max_size=12).map(lambda told: sorted(told, key=lambda one: one.on))
FORMATS: dict[str, Callable[..., str]] = {"mt940": as_mt940, "camt": as_camt}
few = settings(max_examples=12, deadline=None)


def keys(text: str) -> list[str]:
    return [one.key for told in statements(text) for one in told.entries]


@pytest.mark.parametrize("write", FORMATS.values(), ids=FORMATS)
@given(week=WEEK)
@few
def test_a_week_has_the_keys_of_its_days(write: Callable[..., str], week: list[Booking]) -> None:
    daily, opening = list[str](), 0
    for number, (_, day) in enumerate(groupby(week, key=lambda one: one.on), start=1):
        told = list(day)
        daily += keys(write(*told, opening=opening, number=str(number)))
        opening += sum(one.minor for one in told)
    whole = keys(write(*week, opening=0))
    assert daily == whole
    assert len(set(whole)) == len(week)  # none is taken for another
    assert keys(write(*week, opening=0)) == whole


@given(week=WEEK)
@few
def test_reports_within_the_day_tell_what_the_statement_tells(week: list[Booking]) -> None:
    (day, *_) = [list(told) for _, told in groupby(week, key=lambda one: one.on)]
    whole = keys(as_camt(*day))
    for count in range(1, len(day) + 1):  # each report tells the day from its beginning
        assert keys(as_camt(*day[:count], kind="052")) == whole[:count]
        assert keys(as_camt(*day[:count], kind="054", version="001.02")) == whole[:count]


@given(week=WEEK)
@few
def test_another_order_of_the_day_gives_the_same_keys(week: list[Booking]) -> None:
    turned = [one for _, day in groupby(week, key=lambda one: one.on) for one in reversed(list(day))]
    assert Counter(keys(as_camt(*week))) == Counter(keys(as_camt(*turned)))


def test_statements_of_one_file_go_on_counting() -> None:
    one = Booking(date(2026, 1, 5), 100)
    text = as_mt940(one, number="1/1") + as_mt940(one, number="2/1", opening=100_100)
    first, second = keys(text)
    assert (first[:-1], first[-2:], second[-2:]) == (second[:-1], "-1", "-2")


def test_what_makes_a_key() -> None:
    one = Booking(date(2026, 1, 5), 100, reference="B1")
    same = [Booking(one.on, 100, name="X", text="Y", reference="B1", end_to_end="Z")]  # the bank's reference is enough
    other = [
        Booking(one.on, 101, reference="B1"),
        Booking(one.on, -100, reference="B1"),
        Booking(one.on, 100, reference="B2"),
        Booking(one.on + timedelta(days=1), 100, reference="B1"),
        Booking(one.on, 100),
    ]
    key = entry(as_camt(one)).key
    assert [entry(as_camt(told)).key == key for told in same] == [True]
    assert [entry(as_camt(told)).key == key for told in other] == [False] * 5
    assert entry(as_camt(one, account="DE89370400440532013000")).key != key
    assert "DE02" not in key  # it tells nothing of the account


def test_details_told_elsewhere_name_the_booking_that_they_are_of() -> None:
    """Whoever knows the whole knows that the money of its parts is counted, and the other way round."""
    paid = payment("60.00", "A", remitted("RE 1")) + payment("40.00", "B", remitted("RE 2"))
    split = statement(details(paid)).entries
    turned = statement(
        details(payment("40.00", "B", remitted("RE 2")) + payment("60.00", "A", remitted("RE 1")))
    ).entries
    whole = entry(details(""))
    stated = entry(as_camt(Booking(date(2026, 1, 5), 10_000, reference="B1")))
    assert {one.batch for one in split} == {whole.key} == {stated.key}
    assert {one.key for one in split} == {one.key for one in turned}


def test_two_payments_of_a_batch_that_are_alike_are_two() -> None:
    alike = payment("50.00", "A", remitted("RE 1")) * 2
    assert len({one.key for one in statement(details(alike)).entries}) == 2
