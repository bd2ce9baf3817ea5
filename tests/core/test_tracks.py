"""Steps beside the messages: when an item passes them, looked at only on the nights that the last look named."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest

from core.decide.account import decide
from core.decide.model import Decision, Facts, Setting
from tests.builders import DUE, a_customer, a_policy, a_setting, an_item, facts, on
from tests.core.harsh import HOLD, LEGAL, MARK, harsh_setting, warned
from tests.core.night import nights

TASK = {"id": "step", "effect": "task", "task": "phone-call", "audience": {"ours": ["accounting"]}}
NOTE = {"id": "step", "effect": "notify", "audience": {"ours": ["accounting"]}}


def looked(known: Facts, setting: Setting, first: int, last: int) -> Iterator[tuple[int, Decision]]:
    """The decisions of the nights that each look names, from the first one on."""
    day = on(first)
    while day <= on(last):
        decision = decide(known, setting, day)
        known = replace(known, state=decision.state)
        yield (day - DUE).days, decision
        day = decision.next_check_on or on(last + 1)


@pytest.mark.parametrize(
    ("step", "policy", "dpd"),
    [
        ({"offset_days": 30}, {}, 30),
        ({"offset_days": 30, "op": ">"}, {}, 31),
        ({"offset_days": 30, "end_of_month": True}, {}, 59),  # 1 April, and so 30 April
        ({"offset_days": 40, "anchor": "issue"}, {}, 10),
        ({"offset_days": 35}, {"age_basis": "issue"}, 5),
        ({"offset_days": 20, "anchor": "oldest_unpaid_due"}, {}, 20),
        ({"offset_days": 20, "anchor": "previous_notice"}, {}, 34),  # warned at +14
        ({"offset_days": 30, "when": {"dpd": {"at_least": 33}}}, {}, 33),
        ({"offset_days": 30, "when": {"dpd": {"at_most": 29}}}, {}, None),
        ({"offset_days": 30, "valid_until_dpd": 29}, {}, None),
        ({"offset_days": 30, "valid_until_dpd": 30}, {}, 30),
        ({"offset_days": 0}, {}, 0),
        ({"offset_days": -3}, {}, -3),
        ({"offset_days": -29}, {}, -25),  # five days after the invoice
        ({"offset_days": -29, "min_days_after_issue": 1}, {}, -29),
        ({"offset_days": -3, "min_days_after_issue": 31}, {}, None),  # too late to make sense
        ({"offset_days": -3, "min_days_after_issue": 31, "valid_until_dpd": 1}, {}, 1),
        ({"offset_days": 30, "off": True}, {}, None),
    ],
)
@pytest.mark.parametrize("kind", [TASK, NOTE])
def test_the_night_on_which_a_step_is_done(
    kind: dict[str, Any], step: dict[str, Any], policy: dict[str, Any], dpd: int | None
) -> None:
    setting = harsh_setting({**kind, **step}, **policy)
    nights = looked(facts(an_item(), state=warned()), setting, -30, 100)
    assert [day for day, decision in nights if decision.done] == ([] if dpd is None else [dpd])


@pytest.mark.parametrize(("first", "done"), [(-1, True), (0, True), (1, False)])
def test_an_early_step_is_late_until_the_due_date_and_no_longer(first: int, done: bool) -> None:
    decision = decide(facts(an_item()), harsh_setting({**NOTE, "offset_days": -3}), on(first))
    assert bool(decision.done) is done


@pytest.mark.parametrize(
    ("changes", "days"),
    [
        ({"valid_until_dpd": 40}, (30, 41)),
        ({"when": {"dpd": {"below": 40}}}, (30, 40)),
        ({"when": {"dpd": {"above": 35}}}, (36, None)),
        ({}, (30, None)),
    ],
)
def test_a_mark_stands_while_its_range_holds(changes: dict[str, Any], days: tuple[int, int | None]) -> None:
    nights = looked(facts(an_item(), state=warned()), harsh_setting({**MARK, **changes}), 20, 60)
    changed = [day for day, decision in nights if decision.announcements]
    assert changed == [day for day in days if day is not None]


def test_a_task_whose_range_is_over_is_closed_and_an_old_one_is_not_opened() -> None:
    setting = harsh_setting({**TASK, "offset_days": 30, "when": {"dpd": {"at_most": 50}}})
    nights = list(looked(facts(an_item(), state=warned()), setting, 20, 60))
    assert [day for day, decision in nights if decision.closed_tasks] == [51]
    assert decide(facts(an_item(), state=warned()), setting, on(51)).tasks == ()


def test_a_task_that_has_begun_outlives_the_days_in_which_it_may_begin() -> None:
    setting = harsh_setting({**TASK, "offset_days": 30, "valid_until_dpd": 31})
    nights = list(looked(facts(an_item(), state=warned()), setting, 20, 60))
    assert [decision.closed_tasks for _, decision in nights if decision.closed_tasks] == []
    assert len(nights[-1][1].state.tasks) == 1


def test_small_items_are_worth_a_call_and_no_mark() -> None:
    known = facts(*(an_item(str(n), open_minor=900) for n in range(4)), state=warned(*"0123"))
    limits = {"item": {"amount": {"EUR": 1_000}}, "account": {"EUR": 2_000}}
    setting = harsh_setting(MARK, {**TASK, "offset_days": 30}, minimum=limits)
    decision = decide(known, setting, on(30))
    assert ([task.kind for task in decision.tasks], decision.state.status) == (["phone-call"], None)


def test_what_a_hardship_forbids_is_looked_at_again_when_it_is_reached() -> None:
    known = facts(an_item(), state=warned(), customer=a_customer(hardship=True))
    nights = list(looked(known, harsh_setting(HOLD, LEGAL), 50, 120))
    assert [(day, [held.step for held in decision.held]) for day, decision in nights] == [
        (50, []),
        (60, ["hold"]),
        (90, ["hold", "legal"]),
    ]


def test_an_issue_date_in_the_future_of_the_step_changes_nothing() -> None:
    late = an_item(issued_on=DUE + timedelta(days=10))
    decision = decide(facts(late, state=warned()), harsh_setting({**TASK, "offset_days": 30}), on(30))
    assert [task.items for task in decision.tasks] == [("I1",)]


# ---------- several items, several steps ----------

CALL = {**TASK, "offset_days": 10}


@pytest.mark.parametrize(
    ("step", "done"),
    [
        ({"when": {"currency": ["EUR"]}}, ["old"]),  # the young one has not reached it
        ({"anchor": "previous_notice", "offset_days": 0}, ["old"]),  # of the young one there is none
    ],
)
def test_an_item_before_its_step_hides_none_behind_it(step: dict[str, Any], done: list[str]) -> None:
    known = facts(an_item("young", due_on=on(9)), an_item("old"), state=warned("old"))
    decision = decide(known, harsh_setting({**CALL, **step}), on(15))
    assert [task.items for task in decision.tasks] == [tuple(done)]


@pytest.mark.parametrize(("dpd", "status"), [(29, None), (30, "late"), (40, "late"), (41, None)])
def test_a_mark_ends_with_the_last_day_of_its_range(dpd: int, status: str | None) -> None:
    known = facts(an_item(), state=replace(warned(), status="late" if dpd == 41 else None))
    assert decide(known, harsh_setting({**MARK, "valid_until_dpd": 40}), on(dpd)).state.status == status


def test_a_mark_of_the_account_lasts_as_long_as_its_cause() -> None:
    setting, known, blocked = (
        harsh_setting({**MARK, "scope": "account"}),
        facts(an_item()),
        facts(an_item(disputed_all=True)),
    )
    found, state = [], warned()
    for day, now in ((29, known), (30, known), (31, known), (32, blocked), (33, known)):
        state = decide(replace(now, state=state), setting, on(day)).state
        found.append(state.status)
    assert found == [None, "late", "late", None, "late"]


def test_a_harsh_mark_of_the_account_that_waits_is_not_set() -> None:
    mark = {**MARK, "scope": "account", "adverse": "agency", "requires_step": ["warn"], "needs_approval": False}
    decision = decide(facts(an_item()), harsh_setting(mark), on(30))
    assert ([held.step for held in decision.held], decision.state.status) == (["mark"], None)


def test_a_task_of_the_account_whose_cause_comes_anew_is_another_task() -> None:
    setting, state, ids = harsh_setting({**CALL, "scope": "account"}), warned(), list[str]()
    for day, blocked in ((10, False), (11, True), (12, False)):
        known = facts(an_item(disputed_all=blocked), state=state)
        decision = decide(known, setting, on(day))
        ids, state = [*ids, *(task.id for task in decision.tasks)], decision.state
    assert len(ids) == len(set(ids)) == 2


TERMS = {"interest": {"rates": [{"annual_percent": "3.65"}]}}
FEES = [
    {"id": name, "offset_days": 30, "effect": "fee", "fee": {"type": "flat", "flat": {"EUR": minor}}}
    for name, minor in (("first", 100), ("second", 200))
]
INTEREST = [{"id": name, "offset_days": 30, "effect": "interest"} for name in ("i1", "i2")]


@pytest.mark.parametrize(
    ("steps", "minor"), [(FEES, [100, 200]), ([*FEES, *INTEREST], [100, 200, 30]), ([*INTEREST, *FEES], [30, 100, 200])]
)
def test_two_charges_of_one_night_are_both_posted_and_no_interest_twice(steps: Any, minor: list[int]) -> None:
    decision = decide(facts(an_item(), state=warned()), harsh_setting(*steps, **TERMS), on(30))
    assert [charge.minor for charge in decision.charges] == minor


@pytest.mark.parametrize("own", [True, False])
def test_what_counts_occurrences_counts_anew_for_the_next_invoice(own: bool) -> None:
    """After ten mails somebody looks: once for each time that the mails begin again; also by an item's own policy."""
    r0 = a_policy()
    setting = a_setting(r0) if own else harsh_setting()
    setting = replace(setting, policies={"own": r0.model_copy(update={"policy": "own"})})

    def ledger(day: date) -> Facts:
        old = an_item("A", policy=None if own else "own")
        young = an_item("B", policy=None if own else "own", due_on=on(30))
        return facts(*([old] if day < on(105) else []), young)

    found = nights(setting, on(91), on(135), ledger)
    assert [(night.as_of - DUE).days for night in found for task in night.tasks if task.kind == "review"] == [101, 131]
