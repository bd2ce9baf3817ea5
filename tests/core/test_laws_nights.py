"""The laws of whole nights, over random ledgers: what is skipped was idle, nothing is said twice, nothing too early."""

from collections import Counter
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import given

from core.decide.account import decide
from core.decide.model import Line, Reason
from core.ledger import Item
from core.policy.schema import Scope, Step
from core.state import DueStep
from tests.builders import a_policy, a_setting, an_item, facts, on
from tests.core.laws import skipping_changes_nothing
from tests.core.night import accept, nights
from tests.core.worlds import World, lived, worlds, worth

FEW = worth(12)  # for what any ledger would show; a whole life is a hundred decisions


@given(world=worlds())
@worth(30)
def test_an_account_skipped_until_its_next_look_is_decided_the_same(world: World) -> None:
    skipping_changes_nothing(world)


@given(world=worlds())
@FEW
def test_an_open_item_always_has_a_next_look(world: World) -> None:
    for night in lived(world, skip_idle=False):
        check_on = night.decision.next_check_on
        assert (check_on is None) <= (not night.facts.items and not night.decision.state.waiting)
        assert check_on is None or check_on > night.day


@given(world=worlds())
@FEW
def test_no_step_is_ever_taken_twice(world: World) -> None:
    taken, done, opened = Counter[Any](), Counter[Any](), dict[str, list[DueStep]]()
    for night in lived(world, skip_idle=False):
        taken.update(night.accepted)
        once = {step.id for step in world.setting.policy.effects if step.scope is Scope.ITEM}
        for task in night.decision.closed_tasks:  # nobody did it: it comes again
            done.subtract(opened.pop(task, ()))
        opened |= {task.id: [DueStep(item, task.step) for item in task.items] for task in night.decision.tasks}
        done.update(due for due in night.decision.done if due.step in once)
        assert len(night.decision.notices) <= 1
    assert [due for due, times in (taken + done).items() if times > 1] == []


@given(world=worlds())
@FEW
def test_a_level_never_falls_while_the_item_is_open(world: World) -> None:
    levels: dict[str, int] = {}
    for night in lived(world, skip_idle=False):
        state = night.decision.state
        now = {item.id: state.item(item.id).level for item in night.facts.items}
        assert {i: (levels[i], level) for i, level in now.items() if level < levels.get(i, 0)} == {}
        levels = now


@given(world=worlds())
@FEW
def test_deciding_again_before_anything_was_sent_adds_nothing(world: World) -> None:
    for night in lived(world, skip_idle=False):
        first = night.decision
        again = decide(replace(night.facts, state=first.state), world.setting, night.day)
        if not night.facts.in_doubt:
            assert [(plan.id, plan.steps) for plan in again.notices] == [
                (plan.id, plan.steps) for plan in first.notices
            ]
            assert (again.tasks, again.digest, again.done, again.closed_tasks) == ((), (), (), ())
            assert again.state == first.state


@given(world=worlds())
@FEW
def test_looking_again_before_sending_never_grows_the_message(world: World) -> None:
    for night in lived(world, skip_idle=False):
        for plan in night.decision.notices:
            only = frozenset((due.item, due.step) for due in plan.steps[1:])
            told = replace(night.facts, state=night.decision.state)
            again = decide(told, world.setting, night.day, only=only)
            # without the first, what is only coming due may be too little to write about
            light = {verdict.item for verdict in again.verdicts if verdict.reason is Reason.BELOW_MINIMUM}
            left = [due for due in plan.steps[1:] if due.item not in light]
            assert [due for p in again.notices for due in p.steps] == left
            assert all(p.id == plan.id for p in again.notices)


def test_what_is_left_of_a_message_may_be_too_little_to_write_about() -> None:
    policy = a_policy("machinery-manufacturer")
    minimum = policy.minimum.model_copy(update={"account": {"EUR": 2_500}})
    setting = a_setting(policy.model_copy(update={"minimum": minimum}))
    known = facts(an_item("I1", open_minor=10_000), an_item("I2", open_minor=100))
    (plan,) = decide(known, setting, on(-7)).notices
    assert [due.item for due in plan.steps] == ["I1", "I2"]
    again = decide(known, setting, on(-7), only=frozenset({("I2", plan.steps[1].step)}))
    assert (again.notices, again.verdicts[1].reason) == ((), Reason.BELOW_MINIMUM)


@given(world=worlds())
@FEW
def test_the_id_of_a_notice_does_not_depend_on_the_invoices(world: World) -> None:
    for night in lived(world, skip_idle=False):
        for plan in night.decision.notices:
            fewer = tuple(item for item in night.facts.items if item.id != plan.steps[0].item)
            other = decide(replace(night.facts, items=fewer), world.setting, night.day)
            assert {p.id for p in other.notices} <= {plan.id}


@given(world=worlds())
@FEW
def test_every_message_adds_up_and_lists_only_what_may_be_asked_for(world: World) -> None:
    for night in lived(world, skip_idle=False):
        items = {item.id: item for item in night.facts.items}
        credit = Counter[str]()
        for given_credit in night.facts.credits:
            credit[given_credit.currency] += given_credit.open_minor
        for plan in night.decision.notices:
            for line in (*plan.overdue, *plan.coming_due):
                _adds_up(line, items[line.item])
            used = Counter[str]()
            for line in plan.overdue:
                used[line.currency] += line.credit_minor
            assert +used == Counter(plan.credits)
            assert used <= credit
            assert {line.item for line in plan.overdue} | {line.item for line in plan.coming_due} >= {
                due.item for due in plan.steps
            }
            assert not night.facts.customer.insolvent
            placed = [h for h in night.facts.holds if h.placed_on is None or h.placed_on <= night.day]
            held = [h for h in placed if h.until is None or night.day < h.until + timedelta(days=3)]
            assert not {h.item for h in held} & {None, *(line.item for line in (*plan.overdue, *plan.coming_due))}


def _adds_up(line: Line, item: Item) -> None:
    assert line.due_minor > 0
    assert min(line.withheld_minor, line.credit_minor) >= 0
    assert line.due_minor + line.withheld_minor + line.credit_minor == line.open_minor == item.open_minor


@given(world=worlds())
@FEW
def test_nothing_goes_out_before_its_day(world: World) -> None:
    steps = {step.id: step for step in world.setting.policy.steps}
    for night in lived(world, skip_idle=False):
        items = {item.id: item for item in night.facts.items}
        for due in (*night.decision.done, *(due for plan in night.decision.notices for due in plan.steps)):
            assert night.day >= _earliest(steps[due.step], items[due.item], world), due


def _earliest(step: Step, item: Item, world: World) -> date:
    day = item.due_on + timedelta(days=step.offset_days)
    if step.offset_days > 0:
        return day
    while world.setting.policy.send_days == "business_days" and (
        day.weekday() >= 5 or day in world.setting.entity.holidays
    ):
        day -= timedelta(days=1)
    return max(day, item.issued_on + timedelta(days=5))


@pytest.mark.parametrize(
    ("last_run", "fourth", "step", "superseded"),
    [
        (-9, -5, "a", ()),  # -8, -7 and -6 were missed
        (4, 8, "b", ()),
        (12, 16, "c", ()),
        (57, 61, "e", ()),
        (89, 93, "f", ()),  # the occurrences of 91 and 92 lapse
        (-30, 95, "f", ("b", "c", "e")),
    ],
)
def test_three_missed_nights_and_the_fourth_sends_one_message(
    last_run: int, fourth: int, step: str, superseded: tuple[str, ...]
) -> None:
    setting, known = a_setting(), facts(an_item())
    *_, before = nights(setting, on(-31), on(last_run), lambda _: known)
    memory = accept(before, setting)
    decision = decide(replace(known, state=memory), setting, on(fourth))
    assert [[due.step for due in plan.steps] for plan in decision.notices] == [[step]]
    assert decision.verdicts[0].superseded == superseded
    assert decide(replace(known, state=accept(decision, setting)), setting, on(fourth)).notices == ()
