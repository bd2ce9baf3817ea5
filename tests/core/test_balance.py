"""What may be asked for: each line clamped to what the lines before it left, credit used once, nothing below zero."""

from collections import Counter
from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.balance import Netted, net, unapplied
from core.decide.model import Facts, Reason
from core.ledger import Credit, CreditKind, Dispute, Hold, Item, Promise
from core.state import AccountState, ItemState
from tests.builders import DUE, a_customer, a_policy, a_setting, an_item, facts, on

NO_HOLIDAYS: frozenset[date] = frozenset()


TODAY = on(10)
POLICY = a_policy()


def netted(about: Facts, as_of: date = TODAY, **policy: Any) -> list[Netted]:
    return net(about, a_setting(POLICY.model_copy(update=policy)), NO_HOLIDAYS, as_of)


def one(*, as_of: date = TODAY, item: dict[str, Any] | None = None, **about: Any) -> Netted:
    return netted(facts(an_item(**(item or {})), **about), as_of)[0]


def dispute(amount: int | None, item: str = "I1") -> Dispute:
    return Dispute(id=f"d{amount}", item=item, amount_minor=amount, opened_on=on(1))


def promise(amount: int | None, days: int = 20, item: str = "I1") -> Promise:
    return Promise(id=f"p{amount}", item=item, amount_minor=amount, promised_on=on(days), made_on=on(1))


def credit(minor: int, currency: str = "EUR", kind: CreditKind = CreditKind.CREDIT_NOTE, name: str = "c") -> Credit:
    return Credit(id=f"{name}{minor}", kind=kind, currency=currency, open_minor=minor, booked_on=on(1))


@pytest.mark.parametrize(
    ("disputes", "promises", "lines", "blocked"),
    [
        ((), (), (0, 0, 10_000), None),
        ((dispute(0),), (), (0, 0, 10_000), None),
        ((dispute(4_000),), (), (4_000, 0, 6_000), None),
        ((dispute(9_999),), (), (9_999, 0, 1), None),
        ((dispute(10_000),), (), (10_000, 0, 0), Reason.DISPUTED),
        ((dispute(50_000),), (), (10_000, 0, 0), Reason.DISPUTED),  # clamped to what is open
        ((dispute(None),), (), (10_000, 0, 0), Reason.DISPUTED),
        ((dispute(3_000), dispute(2_000)), (), (5_000, 0, 5_000), None),
        ((), (promise(2_500),), (0, 2_500, 7_500), None),
        ((), (promise(None),), (0, 10_000, 0), Reason.PROMISED),
        ((dispute(4_000),), (promise(None),), (4_000, 6_000, 0), Reason.PROMISED),  # the promise takes what is left
        ((dispute(4_000),), (promise(8_000),), (4_000, 6_000, 0), Reason.PROMISED),
        ((dispute(None),), (promise(8_000),), (10_000, 0, 0), Reason.DISPUTED),
        ((dispute(500, "other"),), (promise(500, item="other"),), (0, 0, 10_000), None),
    ],
)
def test_disputed_then_promised(
    disputes: tuple[Dispute, ...], promises: tuple[Promise, ...], lines: tuple[int, int, int], blocked: Reason | None
) -> None:
    row = one(disputes=disputes, promises=promises)
    assert ((row.disputed, row.promised, row.due), row.blocked) == (lines, blocked)


@pytest.mark.parametrize(
    ("item", "customer", "holds", "blocked"),
    [
        ({}, {}, (), None),
        ({"open_minor": 0}, {"insolvent": True}, (), Reason.SETTLED),  # a settled item needs no other reason
        ({"open_minor": -5}, {}, (), Reason.SETTLED),
        ({"policy": "none"}, {"insolvent": True}, (), Reason.INSOLVENT),
        ({"policy": "none"}, {}, (Hold(id="h"),), Reason.EXCLUDED),
        ({"disputed_all": True}, {}, (Hold(id="h"),), Reason.ON_HOLD),
        ({"disputed_all": True}, {}, (), Reason.DISPUTED),
        ({}, {}, (Hold(id="h", item="other"),), None),
        ({}, {}, (Hold(id="h", item="I1"),), Reason.ON_HOLD),
    ],
)
def test_what_blocks_an_item_altogether(
    item: dict[str, Any], customer: dict[str, Any], holds: tuple[Hold, ...], blocked: Reason | None
) -> None:
    row = one(item=item, customer=a_customer(**customer), holds=holds)
    assert row.blocked is blocked
    assert row.dunnable == (blocked is None)


@pytest.mark.parametrize(
    ("dpd", "blocked"),
    [
        (9, Reason.ON_HOLD),
        (10, Reason.ON_HOLD),  # the end date is part of the hold
        (12, Reason.ON_HOLD),
        (13, None),  # last blocked day + after_days
    ],
)
def test_a_hold_ends_and_dunning_resumes_later(dpd: int, blocked: Reason | None) -> None:
    assert one(as_of=on(dpd), holds=(Hold(id="h", until=on(10)),)).blocked is blocked


def test_the_longest_hold_counts_and_one_without_end_never_ends() -> None:
    both = (Hold(id="h1", until=on(1)), Hold(id="h2", item="I1", until=on(30)))
    assert one(as_of=on(20), holds=both).blocked is Reason.ON_HOLD
    assert one(as_of=on(9999), holds=(Hold(id="h"),)).blocked is Reason.ON_HOLD


@pytest.mark.parametrize(
    ("promised_on", "holidays", "last"),
    [
        (date(2026, 3, 9), (), date(2026, 3, 11)),  # Monday + 2 business days
        (date(2026, 3, 12), (), date(2026, 3, 16)),  # Thursday: over the weekend
        (date(2026, 3, 14), (), date(2026, 3, 17)),  # promised for a Saturday
        (date(2026, 3, 12), (date(2026, 3, 13),), date(2026, 3, 17)),  # and a holiday
    ],
)
def test_a_promise_has_grace_in_business_days(promised_on: date, holidays: tuple[date, ...], last: date) -> None:
    about = facts(an_item(), promises=(Promise(id="p", item="I1", promised_on=promised_on, made_on=DUE),))
    found = [
        net(about, a_setting(POLICY), frozenset(holidays), last + timedelta(days=days))[0].blocked
        for days in ((promised_on - last).days, 0, 1, 2, 3)
    ]
    assert found == [Reason.PROMISED, Reason.PROMISED, Reason.RESUMING, Reason.RESUMING, None]


@pytest.mark.parametrize(
    ("notes", "used", "blocked"),
    [
        ((), (0, 0), (None, None)),
        ((credit(100),), (0, 100), (None, None)),  # the higher level first
        ((credit(500),), (0, 500), (None, Reason.PAID_BY_CREDIT)),
        ((credit(501),), (1, 500), (None, Reason.PAID_BY_CREDIT)),
        ((credit(499), credit(1)), (0, 500), (None, Reason.PAID_BY_CREDIT)),
        ((credit(99_999),), (10_000, 500), (Reason.PAID_BY_CREDIT, Reason.PAID_BY_CREDIT)),
        ((credit(99_999, "USD"),), (0, 0), (None, None)),  # never across currencies
        ((credit(-100),), (0, 0), (None, None)),
    ],
)
def test_unlinked_credit_is_used_once_highest_level_first(
    notes: tuple[Credit, ...], used: tuple[int, int], blocked: tuple[Reason | None, Reason | None]
) -> None:
    old, high = an_item("old", due_on=on(-50)), an_item("high", due_on=on(-20), open_minor=500)
    about = facts(old, high, credits=notes, state=AccountState(items={"high": ItemState(2, "c")}))
    rows = netted(about, DUE)
    assert (tuple(row.credit for row in rows), tuple(row.blocked for row in rows)) == (used, blocked)


@pytest.mark.parametrize(
    ("unapplied_rule", "first"), [("highest_level_first", "high"), ("oldest_first", "old")]
)  # fmt: skip
def test_whose_turn_it_is(unapplied_rule: str, first: str) -> None:
    old, high = an_item("old", due_on=on(-50)), an_item("high", due_on=on(-20))
    about = facts(high, old, credits=(credit(1),), state=AccountState(items={"high": ItemState(2, "c")}))
    assert [row.item.id for row in netted(about, DUE, unapplied=unapplied_rule) if row.credit] == [first]


def test_ties_go_to_the_oldest_and_then_to_the_smaller_id() -> None:
    items = (an_item("b", due_on=on(-20)), an_item("a", due_on=on(-20)), an_item("c", due_on=on(-19)))
    assert [row.item.id for row in netted(facts(*items, credits=(credit(1),)), DUE) if row.credit] == ["a"]


@pytest.mark.parametrize(("dpd", "used"), [(0, 0), (1, 100)])
def test_credit_reduces_only_what_is_overdue(dpd: int, used: int) -> None:
    assert one(as_of=on(dpd), credits=(credit(100),)).credit == used


def test_blocked_items_take_no_credit() -> None:
    items = (an_item("held", due_on=on(-50)), an_item("free", due_on=on(-5)))
    rows = netted(facts(*items, credits=(credit(100),), holds=(Hold(id="h", item="held"),)), DUE)
    assert {row.item.id: row.credit for row in rows} == {"held": 0, "free": 100}


@st.composite
def accounts(draw: st.DrawFn) -> Facts:
    amounts = st.integers(0, 20_000)
    items = draw(
        st.lists(
            st.builds(
                lambda minor, days, currency: (minor, days, currency),
                amounts, st.integers(-60, 10), st.sampled_from(["EUR", "USD"]),
            ),
            max_size=6,
        )
    )  # fmt: skip
    named: list[Item] = [
        an_item(f"I{n}", due_on=on(days), open_minor=minor, currency=currency)
        for n, (minor, days, currency) in enumerate(items)
    ]
    ids = st.sampled_from([f"I{n}" for n in range(7)])
    return facts(
        *named,
        disputes=tuple(dispute(a, i) for a, i in draw(st.lists(st.tuples(st.none() | amounts, ids), max_size=4))),
        promises=tuple(
            promise(a, d, i)
            for a, d, i in draw(st.lists(st.tuples(st.none() | amounts, st.integers(-9, 9), ids), max_size=4))
        ),
        credits=tuple(
            credit(a, c) for a, c in draw(st.lists(st.tuples(amounts, st.sampled_from(["EUR", "USD"])), max_size=3))
        ),
        state=AccountState(items={f"I{n}": ItemState(level) for n, level in enumerate(draw(LEVELS))}),
    )


LEVELS = st.lists(st.integers(0, 4), max_size=6)


@given(about=accounts(), rule=st.sampled_from(["highest_level_first", "oldest_first"]))
def test_the_lines_add_up_and_no_cent_is_used_twice(about: Facts, rule: str) -> None:
    rows = netted(about, DUE, unapplied=rule)
    used = Counter[str]()
    for row in rows:
        assert row.disputed + row.promised + row.credit + row.due == row.item.open_minor
        assert min(row.disputed, row.promised, row.credit, row.due) >= 0
        assert row.dunnable == (row.due > 0 and row.blocked is None)
        used[row.item.currency] += row.credit
    available = unapplied(about)
    for currency, minor in used.items():
        wanted = sum(row.credit + row.due for row in rows if row.item.currency == currency and row.days_past_due > 0)
        assert minor == min(available.get(currency, 0), wanted)
