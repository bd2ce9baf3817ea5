"""Days on which reminders of one invoice are meant to go out."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.books.timetable import Again, Mark, Timetable, add_months

ISSUED, DUE = date(2026, 3, 2), date(2026, 4, 1)
MARKS = (Mark("late", "due", 3), Mark("early", "due", -5), Mark("first", "issue", 7))


def test_dates_decide_and_not_the_order_of_the_marks() -> None:
    days = list(Timetable(MARKS, ISSUED, DUE).days(ISSUED, DUE + timedelta(days=99), {}))
    assert days == [date(2026, 3, 9), date(2026, 3, 27), date(2026, 4, 4)]


def test_a_day_that_is_today_is_over() -> None:
    table = Timetable(MARKS, ISSUED, DUE)
    assert table.next_after(date(2026, 3, 8), {}) == ("first", date(2026, 3, 9))
    assert table.next_after(date(2026, 3, 9), {}) == ("early", date(2026, 3, 27))
    assert table.next_after(date(2026, 4, 4), {}) is None


def test_what_was_sent_is_not_sent_again() -> None:
    sent = {"first": date(2026, 3, 9), "early": date(2026, 3, 27)}
    assert Timetable(MARKS, ISSUED, DUE).next_after(ISSUED, sent) == ("late", date(2026, 4, 4))


def test_the_repeat_counts_from_the_last_one_sent_and_starts_after_all_marks() -> None:
    table = Timetable((Mark("a", "due", 1), Mark("b", "due", 2)), ISSUED, DUE, Again("again", every_days=10))
    assert table.next_after(DUE, {"a": DUE + timedelta(days=1)}) == ("b", DUE + timedelta(days=2))
    sent = {"a": DUE + timedelta(days=1), "b": DUE + timedelta(days=4)}  # b went out late
    assert table.next_after(DUE + timedelta(days=4), sent) == ("again", DUE + timedelta(days=14))
    sent["again"] = DUE + timedelta(days=15)
    assert table.next_after(DUE + timedelta(days=15), sent) == ("again", DUE + timedelta(days=25))


def test_two_marks_on_one_day_are_one_message_and_let_the_repeat_begin() -> None:
    table = Timetable((Mark("a", "due", 1), Mark("b", "issue", 31)), ISSUED, DUE, Again("again", every_days=7))
    assert list(table.days(DUE, DUE + timedelta(days=8), {})) == [DUE + timedelta(days=1), DUE + timedelta(days=8)]


def test_an_invoice_without_the_date_has_no_day() -> None:
    assert Timetable(MARKS, ISSUED, None).next_after(ISSUED, {}) == ("first", date(2026, 3, 9))


@pytest.mark.parametrize(
    ("day", "months", "overflow", "later"),
    [
        (date(2026, 1, 31), 1, False, date(2026, 2, 28)),
        (date(2028, 1, 31), 1, False, date(2028, 2, 29)),
        (date(2026, 1, 31), 1, True, date(2026, 3, 3)),
        (date(2026, 11, 30), 3, False, date(2027, 2, 28)),
        (date(2026, 12, 15), 1, False, date(2027, 1, 15)),
        (date(2028, 2, 29), 12, False, date(2029, 2, 28)),
    ],
)
def test_months(day: date, months: int, overflow: bool, later: date) -> None:
    assert add_months(day, months, overflow=overflow) == later


@given(day=st.dates(date(2000, 1, 1), date(2100, 1, 1)), months=st.integers(0, 40))
def test_a_later_month_is_never_skipped(day: date, months: int) -> None:
    later = add_months(day, months)
    assert later.year * 12 + later.month == day.year * 12 + day.month + months
