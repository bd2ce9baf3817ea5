"""One item among others: what one of them lacks is no reason to pass by the next."""

from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from core.decide.account import decide
from core.ledger import Instalment, Plan
from core.state import AccountState, ItemState, OpenTask
from tests.builders import RUNGS, a_ladder, a_setting, an_item, facts, on
from tests.core.harsh import WARNED, harsh_setting, warned

CALL = {"id": "call", "offset_days": 10, "effect": "task", "task": "call", "audience": {"ours": ["accounting"]}}
NEW = ItemState()
HEARD = ItemState(0, None, 1, last_on=on(5))


@pytest.mark.parametrize(
    ("first", "changes"), [(NEW, {}), (HEARD, {}), (WARNED, {"disputed_all": True}), (NEW, {"due_on": on(40)})]
)
def test_what_follows_a_ladder_is_asked_for_each_item_that_has_had_it(
    first: ItemState, changes: dict[str, Any]
) -> None:
    setting = harsh_setting(after_last_step="task", min_gap_days=1, advance="next")
    state = AccountState(items={"A": first, "B": WARNED})
    decision = decide(facts(an_item("A", **changes), an_item("B"), state=state), setting, on(15))
    assert [task.items for task in decision.tasks if task.step == "decide-next"] == [("B",)]


def test_the_next_question_comes_thirty_days_later() -> None:
    decision = decide(facts(an_item(), state=warned()), harsh_setting(after_last_step="task"), on(15))
    assert decision.next_check_on == on(45)


@pytest.mark.parametrize(
    ("tasks", "closed"),
    [
        ({"t": OpenTask("call", ("B",))}, ()),
        ({"t": OpenTask("call", ("A",))}, ("t",)),  # another item passes the step
        ({"t": OpenTask("own:call", ("B",))}, ("t",)),  # of a policy that no item names any more
        ({"s": OpenTask("of-no-step", ("B",)), "t": OpenTask("call", ("A",))}, ("t",)),
    ],
)
def test_a_task_ends_with_its_own_items(tasks: dict[str, OpenTask], closed: tuple[str, ...]) -> None:
    state = replace(warned("A", "B"), tasks=tasks)
    known = facts(an_item("A", disputed_all=True), an_item("B"), state=state)
    assert decide(known, harsh_setting(CALL), on(20)).closed_tasks == closed


def test_a_message_remembers_what_it_lists_beside_what_it_raises() -> None:
    decision = decide(facts(an_item("A"), an_item("B", due_on=on(3))), a_setting(a_ladder()), on(7))
    assert [waiting.listed for waiting in decision.state.waiting.values()] == [("B",)]


def test_a_plan_that_was_missed_stays_broken() -> None:
    plan = Plan(id="P", items=("I1",), agreed_on=on(1), instalments=(Instalment(due_on=on(5), minor=10_000),))
    decision = decide(facts(an_item(), plans=(plan,)), a_setting(a_ladder()), on(20))
    assert len(decision.state.done) == 1


FAR = date(2040, 1, 2)
RATES = {"interest": {"statutory": "EU"}}
FIRST = {**RUNGS[0], "offset_days": 1, "charge_interest": True}


@pytest.mark.parametrize(
    ("first", "asked"),
    [({}, 1), ({"disputed_all": True}, 0), ({"due_on": date(2040, 1, 3)}, 0)],
)
def test_a_rate_is_looked_for_from_the_first_day_on(first: dict[str, Any], asked: int) -> None:
    item = an_item(**{"due_on": FAR, "issued_on": date(2039, 12, 1), **first})
    setting = a_setting(a_ladder(rungs=(FIRST,), **RATES))
    alone = decide(facts(item), setting, date(2040, 1, 3)).tasks
    beside = decide(
        facts(item, an_item("I2", due_on=FAR, issued_on=date(2039, 12, 1))), setting, date(2040, 1, 3)
    ).tasks
    assert ([task.kind for task in alone], [task.kind for task in beside]) == (
        ["rate-missing"] * asked,
        ["rate-missing"],
    )


def test_what_has_no_department_is_a_group_of_its_own() -> None:
    decision = decide(facts(an_item()), a_setting(a_ladder(group_by="department")), on(7))
    assert [plan.group for plan in decision.notices] == ["department."]
