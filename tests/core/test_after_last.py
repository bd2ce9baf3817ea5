"""When a ladder is used up: after its last step and the policy's own harsh ones; by level where a step is unknown."""

from typing import Any

import pytest

from core.decide.account import decide
from core.decide.model import Setting
from core.ledger import Hold
from core.state import AccountState, ItemState
from tests.builders import AP, DUE, RUNGS, a_customer, a_ladder, a_policy, a_setting, an_item, facts, on
from tests.core.harsh import HOLD, LEGAL, MARK, WARNED, harsh_setting, warned
from tests.core.night import nights


def first_task(setting: Setting, state: AccountState, last: int = 100, **about: Any) -> int | None:
    """The day past due on which a person is asked what follows."""
    known = facts(an_item(), **about)
    found = nights(setting, on(15), on(last), lambda _: known, state=state)
    days = (night.as_of for night in found for task in night.tasks if task.step == "decide-next")
    return next(((day - on(0)).days for day in days), None)


@pytest.mark.parametrize(
    ("steps", "customer", "first"),
    [
        ((), {}, 15),
        ((LEGAL,), {}, 91),
        ((HOLD, LEGAL), {}, 91),
        ((HOLD,), {}, 61),
        ((MARK,), {}, 15),  # asks nobody
        (({**LEGAL, "anchor": "issue"},), {}, 15),
        ((LEGAL,), {"hardship": True}, 15),  # it will not come
    ],
)
def test_nobody_is_asked_before_the_policys_own_last_step(
    steps: tuple[dict[str, Any], ...], customer: dict[str, Any], first: int
) -> None:
    setting = harsh_setting(*steps, after_last_step="task")
    assert first_task(setting, warned(), customer=a_customer(**customer)) == first


@pytest.mark.parametrize(
    ("changes", "had", "first"),
    [
        ({}, ItemState(1, "warn", 1, last_on=on(14)), 15),
        ({}, ItemState(1, "of another policy", 1, last_on=on(14)), 15),
        ({}, ItemState(2, None, 1, last_on=on(14)), 15),  # imported
    ],
)
def test_an_unknown_step_counts_by_its_level(changes: dict[str, Any], had: ItemState, first: int) -> None:
    setting = harsh_setting(after_last_step="task", **changes)
    assert first_task(setting, AccountState(items={"I1": had}), last=20) == first


FIRST, SECOND = RUNGS[0], {**RUNGS[1], "level": 1, "offset_days": 30}
WORD = {"id": "word", "offset_days": 7, "level": 0, "template": "reminder", "audience": AP}


@pytest.mark.parametrize(
    ("rungs", "changes", "had", "first"),
    [
        ((FIRST, SECOND), {}, ItemState(1, "l1", 1, last_on=on(14)), 31),  # its level is not the last step
        (RUNGS, {"highest_level": 1}, ItemState(1, "l1", 1, last_on=on(14)), 15),
        (RUNGS, {}, ItemState(1, "l1", 1, last_on=on(14)), 61),
        ((WORD,), {}, ItemState(0, "of another policy", 1, last_on=on(14)), 16),  # without a level it was not had
        ((WORD,), {}, ItemState(0, "word", 1, last_on=on(14)), 15),
        (({**FIRST, "repeat": {"every_days": 7}},), {}, ItemState(1, "l1", 1, last_on=on(14)), None),  # no end
    ],
)
def test_the_end_of_a_ladder(rungs: Any, changes: dict[str, Any], had: ItemState, first: int | None) -> None:
    setting = a_setting(a_ladder(rungs=rungs, after_last_step="task", **changes))
    assert first_task(setting, AccountState(items={"I1": had})) == first


def test_what_is_used_up_says_so_at_its_last_message() -> None:
    setting = harsh_setting(after_last_step="task", min_gap_days=5)
    state = AccountState(items={"I1": WARNED})
    assert decide(facts(an_item(), state=state), setting, on(15)).next_check_on == on(19)


@pytest.mark.parametrize("rungs", [(), (WORD,)])
def test_without_a_ladder_nothing_follows_it(rungs: tuple[dict[str, Any], ...]) -> None:
    """What was imported may have been written to elsewhere."""
    setting = a_setting(a_ladder(MARK, rungs=rungs, after_last_step="task", highest_level=1 if rungs else None))
    state = AccountState(items={"I1": ItemState(0, None, 1, last_on=on(14))})
    assert decide(facts(an_item(), state=state), setting, on(60)).tasks == ()


def test_the_question_stays_open_for_the_invoice_that_is_left() -> None:
    """Asked when the first of two was used up; that one is paid in the meantime."""
    setting, had = harsh_setting(after_last_step="task"), warned().item("I1")
    state = AccountState(items={"I1": had, "I2": had})
    first = decide(facts(an_item(), an_item("I2", disputed_all=True), state=state), setting, on(20))
    assert [task.items for task in first.tasks if task.step == "decide-next"] == [("I1",)]
    later = decide(facts(an_item("I2"), state=first.state), setting, on(22))
    assert (later.tasks, later.closed_tasks) == ((), ())
    assert decide(facts(state=later.state), setting, on(23)).closed_tasks == (*first.state.tasks,)


def test_what_no_message_may_follow_is_asked_for_an_invoice_that_came_later_too() -> None:
    """The account had its two messages: the ladder stood still for good, and nobody was asked."""
    setting = a_setting(a_ladder(after_last_step="task", max_notices=2))
    known = facts(an_item("A"), an_item("B", due_on=on(20)))
    found = nights(setting, on(1), on(80), lambda _: known, skip_idle=True)
    asked = [((night.as_of - DUE).days, task.items) for night in found for task in night.tasks]
    assert asked == [(15, ("A",)), (45, ("A", "B")), (75, ("A", "B"))]
    paid = nights(setting, on(1), on(60), lambda day: known if day < on(30) else facts(an_item("C", due_on=on(50))))
    steps = [((night.as_of - DUE).days, due.step) for night in paid for plan in night.notices for due in plan.steps]
    assert steps == [(7, "l1"), (14, "l2"), (57, "l1")]  # nothing overdue in between: the next invoice counts anew


UPPER = {**SECOND, "level": 2}
KEY_ONLY = {**UPPER, "when": {"segment": ["key"]}}
UNTIL_40 = {**UPPER, "valid_until_dpd": 40}
HARSH = {**UPPER, "adverse": "final_notice", "requires_step": ["l1"], "needs_approval": False}


@pytest.mark.parametrize(
    ("second", "about", "first"),
    [
        (KEY_ONLY, {}, 31),  # it is for others, and the day after it would have gone to them
        (KEY_ONLY, {"customer": a_customer(segments=("key",))}, 31),
        (UNTIL_40, {"holds": (Hold(id="h", until=on(41), placed_on=on(20)),)}, 44),  # its days went by in a hold
        (HARSH, {"customer": a_customer(hardship=True)}, 31),
    ],
)
def test_a_person_is_asked_where_the_last_step_never_comes(
    second: dict[str, Any], about: dict[str, Any], first: int
) -> None:
    """Nothing followed, and nobody was asked."""
    setting = a_setting(a_ladder(rungs=(FIRST, second), after_last_step="task"))
    had = ItemState(1, "l1", 1, last_on=on(14), climbed_on=on(14))
    assert first_task(setting, AccountState(items={"I1": had}), **about) == first


def test_many_small_invoices_are_put_to_a_person_when_the_ladder_is_over() -> None:
    """They are chased once, as a group at level 1: fifty of 20.00 were left alone after that."""
    setting = a_setting(a_policy("customer-friendly-three-levels"))
    known = facts(*(an_item(f"S{n}", open_minor=2_000) for n in range(50)))
    found = nights(setting, on(1), on(60), lambda _: known, skip_idle=True)
    asked = [((night.as_of - DUE).days, task.kind, len(task.items)) for night in found for task in night.tasks]
    assert asked == [(52, "decide-next", 50)]  # the default notice would have been proposed at +49


CALL = {"id": "call", "offset_days": 25, "effect": "task", "task": "call", "audience": {"ours": ["accounting"]}}


@pytest.mark.parametrize(("changes", "rungs"), [({}, (FIRST, KEY_ONLY)), ({"max_notices": 1}, (FIRST, UPPER))])
def test_nothing_that_stands_beside_the_ladder_is_lost_by_an_early_hand_over(changes: Any, rungs: Any) -> None:
    setting = a_setting(a_ladder(CALL, rungs=rungs, after_last_step="final", **changes))
    known = facts(an_item())
    found = nights(setting, on(1), on(60), lambda _: known, skip_idle=True)
    asked = [((night.as_of - DUE).days, task.kind) for night in found for task in night.tasks]
    assert asked == [(25, "call"), (31, "hand-over")]
