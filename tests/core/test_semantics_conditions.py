"""Conditions of a step beside its day: below, at and above each bound, and what each of them looks at."""

from typing import Any

import pytest

from core.decide.account import decide
from core.ledger import ClosedItem, Credit, CreditKind, Dispute
from core.state import AccountState, ItemState
from tests.builders import RUNGS, a_customer, a_ladder, a_setting, an_item, facts, on


def holds(when: dict[str, Any], *others: Any, item: dict[str, Any] | None = None, **about: Any) -> bool:
    """Whether a step at +7 with these conditions is due for an item of 100.00 EUR."""
    state = AccountState(items={"I1": ItemState(attempts=2)}, paid=about.pop("paid", ()))
    known = facts(an_item(**(item or {})), *others, state=state, **about)
    setting = a_setting(
        a_ladder(rungs=({**RUNGS[0], "when": when},)), currency="EUR", rates={"USD": "0.8", "CZK": "0.04"}
    )
    return decide(known, setting, on(7)).verdicts[0].step == "l1"


@pytest.mark.parametrize(("bound", "passes"), [
    ({"at_least": 10_000}, True), ({"at_least": 10_001}, False),
    ({"above": 9_999}, True), ({"above": 10_000}, False),
    ({"at_most": 10_000}, True), ({"at_most": 9_999}, False),
    ({"below": 10_001}, True), ({"below": 10_000}, False),
    ({"at_least": 10_000, "below": 10_001}, True),
])  # fmt: skip
def test_the_edges_of_a_bound(bound: dict[str, int], passes: bool) -> None:
    assert holds({"item_open": {"EUR": bound}}) == passes


@pytest.mark.parametrize(("open_minor", "bound", "passes"), [
    (4_999, {"at_least": 50}, False), (5_000, {"at_least": 50}, True), (5_099, {"at_most": 50}, False),
    (5_000, {"at_most": 50}, True), (5_000, {"above": 50}, False), (5_001, {"above": 50}, True),
    (4_999, {"below": 50}, True), (5_000, {"below": 50}, False),
])  # fmt: skip
def test_a_share_is_not_rounded(open_minor: int, bound: dict[str, int], passes: bool) -> None:
    assert holds({"percent_open": bound}, item={"open_minor": open_minor, "original_minor": 10_000}) == passes


def test_nothing_is_asked_of_a_share_of_nothing() -> None:
    item = {"open_minor": 10_000, "original_minor": 0}
    assert [holds({"percent_open": {"at_least": least}}, item=item) for least in (100, 101)] == [True, False]


AHEAD = an_item("ahead", due_on=on(60), open_minor=500)
OLD = an_item("old", due_on=on(-30), open_minor=70)
DISPUTED = Dispute(id="d", item="old", opened_on=on(1))
NOTE = Credit(id="c", kind=CreditKind.CREDIT_NOTE, currency="EUR", open_minor=70, booked_on=on(-30))


@pytest.mark.parametrize(
    ("name", "about", "value"),
    [
        ("item_open", {}, 10_000),  # its own, whatever else is open
        ("account_balance", {}, 10_570),  # due or not
        ("account_balance", {"disputes": (DISPUTED,)}, 10_570),  # disputed or not
        ("overdue_total", {}, 10_070),  # past due
        ("overdue_total", {"disputes": (DISPUTED,)}, 10_000),  # and what may be asked for
        ("overdue_total", {"credits": (NOTE,)}, 10_000),
        ("unpaid_total", {"disputes": (DISPUTED,)}, 10_070),
        ("unpaid_total", {"credits": (NOTE,)}, 10_000),
    ],
)
def test_what_an_amount_adds_up(name: str, about: dict[str, Any], value: int) -> None:
    found = [holds({name: {"EUR": {"at_least": value + more}}}, AHEAD, OLD, **about) for more in (0, 1)]
    assert found == [True, False]


@pytest.mark.parametrize(
    ("about", "count"),
    [({}, 2), ({"disputes": (DISPUTED,)}, 2), ({"credits": (NOTE,)}, 1)],  # the credit pays the older one
)
def test_how_many_are_due_and_unpaid(about: dict[str, Any], count: int) -> None:
    assert [holds({"unpaid_count": {"at_least": count + n}}, AHEAD, OLD, **about) for n in (0, 1)] == [True, False]


def test_one_currency_that_passes_is_enough_and_sums_are_never_added() -> None:
    dollars = an_item("D", currency="USD", open_minor=9_000, due_on=on(-1))
    assert [holds({"overdue_total": {"EUR": {"at_least": least}}}, dollars) for least in (10_000, 10_001)] == [
        True,
        False,
    ]


@pytest.mark.parametrize(
    ("item", "passes"),
    [
        ({"currency": "USD"}, True),  # 80.00 EUR
        ({"currency": "USD", "open_minor": 9_999}, False),
        ({"currency": "USD", "rate": "0.7"}, False),  # the rate pinned on the item comes first
        ({"currency": "GBP"}, False),  # without a rate it does not hold
    ],
)
def test_a_foreign_amount_is_compared_at_its_pinned_rate(item: dict[str, Any], passes: bool) -> None:
    assert holds({"item_open": {"EUR": {"at_least": 8_000}}}, item=item) == passes


@pytest.mark.parametrize(
    ("currency", "least", "passes"),
    [("USD", 8_000, True), ("USD", 8_001, False), ("GBP", 1, False)],  # without a rate it does not hold
)
@pytest.mark.parametrize("name", ["account_balance", "overdue_total", "unpaid_total"])
def test_a_sum_of_another_currency_is_compared_at_the_months_rate(
    name: str, currency: str, least: int, passes: bool
) -> None:
    assert holds({name: {"EUR": {"at_least": least}}}, item={"currency": currency}) == passes


def paid(*late: int) -> tuple[ClosedItem, ...]:
    return tuple(
        ClosedItem(issued_on=on(-90), due_on=on(-60 + n), paid_on=on(-60 + n + days)) for n, days in enumerate(late)
    )


@pytest.mark.parametrize(
    ("when", "passes"),
    [
        ({"dpd": {"at_most": 7}}, True),
        ({"dpd": {"at_most": 6}}, False),
        ({"dpd": {"at_least": 7, "below": 8}}, True),
        ({"attempts": {"at_least": 2}}, True),
        ({"attempts": {"at_least": 3}}, False),
        ({"segment": ["key", "other"]}, True),
        ({"segment": ["other"]}, False),
        ({"currency": ["USD", "EUR"]}, True),
        ({"currency": ["USD"]}, False),
        ({"department": ["north"]}, True),
        ({"department": ["south"]}, False),
        ({"customer_kind": ["business"]}, True),
        ({"customer_kind": ["consumer"]}, False),
        ({"payer": "punctual"}, True),
        ({"payer": "late"}, False),
        ({"any_of": [{"dpd": {"at_least": 99}}, {"attempts": {"at_least": 2}}]}, True),
        ({"any_of": [{"dpd": {"at_least": 99}}, {"attempts": {"at_least": 3}}]}, False),
        ({"any_of": [{"attempts": {"at_least": 2}}], "currency": ["USD"]}, False),  # all that are given must hold
        ({}, True),
    ],
)
def test_each_condition(when: dict[str, Any], passes: bool) -> None:
    customer = a_customer(segments=("key",))
    assert holds(when, item={"department": "north"}, customer=customer, paid=paid(0, 0, 0, 0, 0)) == passes


@pytest.mark.parametrize(("at_least", "passes"), [(1, True), (2, False)])
def test_the_record_is_judged_by_the_policys_own_rule(at_least: int, passes: bool) -> None:
    rungs = ({**RUNGS[0], "when": {"payer": "punctual"}},)
    policy = a_ladder(rungs=rungs, punctual={"at_least": at_least})
    known = facts(an_item(), state=AccountState(paid=paid(0)))
    assert (decide(known, a_setting(policy), on(7)).verdicts[0].step == "l1") == passes


LARGE = {"item_open": {"EUR": {"at_least": 99_999}}}


@pytest.mark.parametrize(
    ("when", "step"),
    [
        (LARGE, None),  # it may still grow
        ({"dpd": {"at_most": 14}, **LARGE}, None),
        ({"dpd": {"at_most": 13}, **LARGE}, "l2"),  # its days are over
        ({"dpd": {"below": 15}, **LARGE}, None),
        ({"dpd": {"below": 14}, **LARGE}, "l2"),
        ({"currency": ["USD"]}, "l2"),  # it was never meant
    ],
)
def test_a_level_that_can_never_come_is_passed_by_and_another_is_waited_for(
    when: dict[str, Any], step: str | None
) -> None:
    policy = a_ladder(rungs=({**RUNGS[0], "when": when}, RUNGS[1]), advance="next")
    assert decide(facts(an_item()), a_setting(policy), on(14)).verdicts[0].step == step
