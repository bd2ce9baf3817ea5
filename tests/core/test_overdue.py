"""Figures of a status page: overdue or not, the level by days, and what was said."""

from datetime import timedelta

import pytest

from core.books.overdue import NoticeRecord, Told, is_overdue, levels_reached, notice_record, overdue
from core.decide.account import survey
from core.ledger import Hold
from tests.builders import DUE, a_setting, an_item, facts, on


@pytest.mark.parametrize(("days", "late"), [(-1, False), (0, False), (1, True)])
def test_overdue_from_the_day_after_the_due_date(days: int, late: bool) -> None:
    assert is_overdue(an_item(), on(days)) is late


def test_a_settled_item_is_not_overdue() -> None:
    assert not is_overdue(an_item(open_minor=0), on(90))


def test_the_sum_keeps_currencies_apart_and_names_the_oldest() -> None:
    items = [
        an_item("A"),
        an_item("B", open_minor=5),
        an_item("C", due_on=on(-9), currency="JPY"),
        an_item("D", due_on=on(2)),
    ]
    found = overdue(items, on(1))
    assert (found.count, found.minor, found.oldest_due_on) == (3, {"EUR": 10_005, "JPY": 10_000}, on(-9))


def test_the_level_by_days_does_not_ask_what_was_sent() -> None:
    # machinery-manufacturer: a -7, b 7, c 14, e 60, f 91
    items = [an_item(str(days), due_on=DUE - timedelta(days=days)) for days in (6, 7, 14, 59, 60, 91)]
    night = survey(facts(*items), a_setting(), DUE)
    assert list(levels_reached(night).values()) == [0, 1, 2, 2, 3, 4]


def test_a_hold_does_not_hide_how_far_an_item_has_come() -> None:
    night = survey(facts(an_item(), holds=(Hold(id="h"),)), a_setting(), on(14))
    assert levels_reached(night) == {"I1": 2}


def test_only_what_was_said_counts() -> None:
    history = [
        Told("A", on(1), 1),
        Told("A", on(9), 2),
        Told("A", on(12), 3, counts=False),  # a draft
        Told("A", on(30), 3),  # later than asked for
        Told("B", on(11), 1),
    ]
    assert notice_record(history, "A", on(20)) == NoticeRecord(count=2, level=2, last_on=on(9), days_since=11)
    assert notice_record(history, "C", on(20)) == NoticeRecord(count=0, level=0, last_on=None, days_since=None)


def test_a_numbered_message_tells_how_many_there_were() -> None:
    history = [Told("A", on(1), number=1), Told("A", on(9), number=3)]
    assert notice_record(history, "A", on(20)).count == 3
