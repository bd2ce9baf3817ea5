"""A foreign item is weighed at the rate of the day on which it reached the step, whatever the rate does afterwards."""

from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from core.decide.account import decide
from core.decide.model import Decision, Setting
from core.ledger import Dispute, Item
from core.packing import pack, unpack
from core.state import AccountState
from tests.builders import RUNGS, a_ladder, a_setting, an_item, facts, on
from tests.core.night import accept

LARGE = {"item_open": {"EUR": {"at_least": 8_000}}}  # of 100.00 USD: from a rate of 0.8 on
DOLLARS: dict[str, Any] = {"currency": "USD"}


def setting(rate: str, *, when: dict[str, Any] = LARGE, **entity: Any) -> Setting:
    ladder = a_ladder(rungs=({**RUNGS[0], "when": when}, {**RUNGS[1], "when": when}))
    return a_setting(ladder, **{"currency": "EUR", "rates": {"USD": rate}, **entity})


def night(rate: str, day: date, state: AccountState | None = None, item: Item | None = None, **about: Any) -> Decision:
    known = facts(item or an_item(**DOLLARS), state=unpack(pack(state)) if state else None, **about)
    return decide(known, setting(rate), day)


def step(decision: Decision) -> str | None:
    return decision.verdicts[0].step


@pytest.mark.parametrize(("then", "now", "due"), [("0.8", "0.7", "l1"), ("0.79", "0.9", None)])
def test_the_rate_of_the_day_it_was_reached_holds(then: str, now: str, due: str | None) -> None:
    first = night(then, on(7))
    assert first.state.item("I1").rates == {"l1": then}
    assert [step(first), step(night(now, on(8), first.state))] == [due, due]


def test_each_step_has_the_rate_of_its_own_day() -> None:
    first = night("0.8", on(7))
    later = night("0.7", on(14), accept(first, setting("0.8")))
    assert later.state.item("I1").rates == {"l1": "0.8", "l2": "0.7"}
    assert step(later) is None


def test_before_the_step_is_reached_nothing_is_kept() -> None:
    assert night("0.8", on(6)).state.item("I1").rates == {}


def test_without_a_rate_that_day_the_first_one_after_it_counts() -> None:
    bare = decide(facts(an_item(**DOLLARS)), setting("", rates={}), on(7))
    assert (step(bare), bare.state.items) == (None, {})
    assert night("0.8", on(9), bare.state).state.item("I1").rates == {"l1": "0.8"}


@pytest.mark.parametrize(("item", "entity"), [
    ({}, {}),  # its own currency
    ({**DOLLARS, "rate": "0.9"}, {}),  # the ledger names a rate: it comes first
    (DOLLARS, {"currency": None}),
    (DOLLARS, {"when": {"item_open": {"USD": {"at_least": 1}, "EUR": {"at_least": 1}}}}),  # named: nothing to convert
    (DOLLARS, {"when": {"overdue_total": {"EUR": {"at_least": 1}}}}),  # a sum goes by the month's rate
])  # fmt: skip
def test_where_nothing_is_converted_nothing_is_kept(item: dict[str, Any], entity: dict[str, Any]) -> None:
    decision = decide(facts(an_item(**item)), setting("0.7", **entity), on(7))
    assert decision.state.item("I1").rates == {}


def test_within_any_of_it_is_the_same() -> None:
    within = {"any_of": [{"dpd": {"at_least": 99}}, LARGE]}
    first = decide(facts(an_item(**DOLLARS)), setting("0.8", when=within), on(7))
    later = decide(facts(an_item(**DOLLARS), state=first.state), setting("0.7", when=within), on(8))
    assert [step(first), step(later)] == ["l1", "l1"]


def test_a_disputed_item_is_weighed_when_it_is_free_again() -> None:
    held = night("0.8", on(7), disputes=(Dispute(id="d", item="I1", opened_on=on(1)),))
    assert held.state.items == {}
    assert night("0.7", on(30), held.state).state.item("I1").rates["l1"] == "0.7"


def test_a_message_that_reached_nobody_takes_no_rate_back() -> None:
    first = night("0.8", on(7))
    (plan,) = first.notices
    sent = accept(first, setting("0.8"))
    pinned = replace(sent, items={"I1": replace(sent.item("I1"), rates={"l1": "0.8", "l2": "0.7"})})
    back = pinned.take_back(plan.group, plan.steps, first.state.before(plan.group, plan.steps), on(7))
    assert (back.item("I1").level, back.item("I1").rates) == (0, {"l1": "0.8", "l2": "0.7"})


def test_a_task_is_weighed_by_the_day_it_was_reached() -> None:
    call = {"id": "call", "offset_days": 10, "effect": "task", "task": "phone", "audience": {"ours": ["accounting"]}}
    steps = a_ladder({**call, "when": LARGE}, rungs=())
    known, rated = facts(an_item(**DOLLARS)), {"currency": "EUR", "rates": {"USD": "0.7"}}
    first = decide(known, a_setting(steps, **rated), on(10))
    risen = decide(replace(known, state=first.state), a_setting(steps, **{**rated, "rates": {"USD": "0.9"}}), on(11))
    assert (first.tasks, risen.tasks, risen.state.item("I1").rates) == ((), (), {"call": "0.7"})
