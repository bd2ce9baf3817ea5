"""What is open after payments, credits, reversals and write-offs."""

from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.books.position import Entry, EntryKind, Outlook, Receivable, position_on

DAY = date(2026, 3, 2)
K = EntryKind


def owes(item: str = "A", minor: int = 100, due: int = 0, **changes: Any) -> Receivable:
    return Receivable(item, "EUR", minor, DAY + timedelta(days=due), **changes)


def happens(kind: EntryKind, name: str = "E", minor: int | None = None, day: int = 0, **changes: Any) -> Entry:
    return Entry(name, kind, DAY + timedelta(days=day), minor, **changes)


def balances(debts: list[Receivable], *entries: Entry, as_of: date = DAY) -> dict[str, int]:
    return position_on(debts, entries, as_of)[0].balances()


def test_a_document_is_paid_from_its_earliest_instalment_whatever_the_order_of_the_list() -> None:
    debts = [owes("A/2", 100, due=30, document="A"), owes("A/1", 60, document="A"), owes("B", 50)]
    assert balances(debts, happens(K.PAYMENT, minor=90, document="A")) == {"A/2": 70, "B": 50}


def test_what_is_paid_too_much_stands_on_account() -> None:
    assert balances([owes()], happens(K.PAYMENT, "P", 130, item="A")) == {"P": -30}


def test_a_credit_note_on_account_touches_no_item_until_it_is_applied() -> None:
    note = happens(K.CREDIT_NOTE, "N", 70)
    assert balances([owes()], note) == {"A": 100, "N": -70}
    used = happens(K.APPLY_CREDIT, "U", 50, item="A", credit="N")
    assert balances([owes()], note, used) == {"A": 50, "N": -20}


def test_an_application_that_names_no_credit_takes_the_oldest() -> None:
    notes = [happens(K.CREDIT_NOTE, "new", 40, day=-1), happens(K.CREDIT_NOTE, "old", 40, day=-5)]
    assert balances([owes()], *notes, happens(K.APPLY_CREDIT, "U", 60, item="A")) == {"A": 40, "new": -20}


def test_an_application_uses_no_more_than_is_open_or_left() -> None:
    note = happens(K.CREDIT_NOTE, "N", 300)
    assert balances([owes()], note, happens(K.APPLY_CREDIT, "U", 500, item="A")) == {"N": -200}


def test_a_reversed_payment_is_open_again_and_a_credit_is_not() -> None:
    booked = [happens(K.CREDIT_NOTE, "N", 30, item="A"), happens(K.PAYMENT, "P", 70, item="A")]
    assert balances([owes()], *booked) == {}
    assert balances([owes()], *booked, happens(K.PAYMENT_REVERSED, "R", None, item="A")) == {"A": 70}
    assert balances([owes()], *booked, happens(K.PAYMENT_REVERSED, "R", 25, item="A")) == {"A": 25}


def test_a_reversal_names_the_payment_over_all_its_items() -> None:
    debts = [owes("A/1", 60, document="A"), owes("A/2", 60, due=9, document="A")]
    paid = [happens(K.PAYMENT, "P", 80, document="A"), happens(K.PAYMENT, "Q", 20, item="A/2", day=1)]
    back = happens(K.PAYMENT_REVERSED, "R", None, day=2, credit="P")
    assert balances(debts, *paid, back, as_of=DAY + timedelta(days=2)) == {"A/1": 60, "A/2": 40}


def test_a_payment_on_account_can_be_reversed() -> None:
    assert balances([owes()], happens(K.PAYMENT, "P", 80), happens(K.PAYMENT_REVERSED, "R", 30)) == {"A": 100, "P": -50}


def test_a_credit_on_account_can_be_paid_out() -> None:
    note = happens(K.CREDIT_NOTE, "N", 80)
    assert balances([owes()], note, happens(K.PAYMENT, "P", 30, item="N")) == {"A": 100, "N": -50}
    assert balances([owes()], note, happens(K.PAYMENT, "P", None, item="N")) == {"A": 100}


def test_a_write_off_and_its_undoing_leave_payments_alone() -> None:
    booked = [happens(K.PAYMENT, "P", 30, item="A"), happens(K.WRITE_OFF, "W", None, item="A")]
    assert balances([owes()], *booked) == {}
    assert balances([owes()], *booked, happens(K.WRITE_OFF_UNDONE, "U", None, item="A")) == {"A": 70}


def test_a_write_off_of_the_customer_takes_the_oldest_first() -> None:
    debts = [owes("B", 50, due=9), owes("A", 60)]
    assert balances(debts, happens(K.WRITE_OFF, "W", 80)) == {"B": 30}
    assert balances(debts, happens(K.WRITE_OFF, "W", 80), happens(K.WRITE_OFF_UNDONE, "U", None)) == {"B": 50, "A": 60}


def test_later_entries_do_not_count_and_show_what_they_will_change() -> None:
    paid = happens(K.PAYMENT, "P", 40, day=1, item="A")
    now, outlook = position_on([owes(), owes("B")], [paid], DAY)
    assert now.balances() == {"A": 100, "B": 100}
    assert outlook == {"A": Outlook(40, 60)}


def test_an_entry_about_nothing_known_is_an_error() -> None:
    with pytest.raises(KeyError):
        balances([owes()], happens(K.PAYMENT, "P", 1, item="Z"))


kinds = st.sampled_from([K.PAYMENT, K.CREDIT_NOTE, K.APPLY_CREDIT, K.PAYMENT_REVERSED, K.WRITE_OFF, K.WRITE_OFF_UNDONE])
entries = st.lists(
    st.builds(
        happens, kinds, st.just("E"), st.integers(0, 150), st.integers(-9, 9),
        item=st.sampled_from([None, "A", "B"]),
    ),
    max_size=12,
)  # fmt: skip


@given(entries)
def test_nothing_is_lost_and_nothing_falls_below_zero(booked: list[Entry]) -> None:
    numbered = [Entry(f"{n}", e.kind, e.on, e.minor, e.item) for n, e in enumerate(booked)]
    position, _ = position_on([owes("A"), owes("B")], numbered, DAY + timedelta(days=9))
    for item in ("A", "B"):
        assert 0 <= position.open(item) <= 100
    received = sum(e.minor or 0 for e in numbered if e.kind in (K.PAYMENT, K.CREDIT_NOTE))
    settled = sum(p.minor for parts in position.settled.values() for p in parts if p.kind is not K.WRITE_OFF)
    on_account = sum(account.minor for account in position.accounts.values())
    assert settled + on_account <= received
    if not any(e.kind is K.PAYMENT_REVERSED for e in numbered):
        assert settled + on_account == received
