"""Steps beside the messages: when an item passes them, looked at only on the nights that the last look named."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from core.decide.account import decide
from core.decide.model import Decision, Facts, Setting
from tests.builders import DUE, a_customer, an_item, facts, on
from tests.core.harsh import HOLD, LEGAL, MARK, harsh_setting, warned

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
