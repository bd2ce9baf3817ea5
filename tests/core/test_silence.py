"""A final step waits for a real delivery: where no event says so, a person is asked, and their word is enough."""

from dataclasses import replace
from typing import Any

import pytest

from core.decide.account import decide, survey
from core.decide.model import Decision, Setting
from core.decide.silence import confirmed
from core.state import AccountState, ItemState, OpenTask, Sent
from tests.builders import a_customer, an_item, facts, on
from tests.core.harsh import HOLD, LEGAL, WARNED, harsh_setting

FINAL: dict[str, Any] = {
    "id": "final", "offset_days": 30, "level": 2, "template": "final-notice", "adverse": "final_notice",
    "requires_step": ["warn"], "audience": {"customer": ["ap_contact"]},
}  # fmt: skip
KIND = "confirm-delivery"


def silent(sent: Sent | None = None, **changes: Any) -> AccountState:
    """The warning was accepted at +14, and that is all that is known; without `sent` nobody required it then."""
    memory = ItemState(1, "warn", 1, last_on=on(14), climbed_on=on(14), sent={"warn": sent} if sent else {})
    return AccountState(items={"I1": memory}, **changes)


def night(day: int, state: AccountState, setting: Setting, **about: Any) -> Decision:
    return decide(facts(an_item(), state=state, **about), setting, on(day))


def asked(decision: Decision) -> list[tuple[str, ...]]:
    return [task.items for task in decision.tasks if task.kind == KIND]


@pytest.mark.parametrize("step", [FINAL, {**LEGAL, "offset_days": 30}])
@pytest.mark.parametrize("sent", [Sent(on(14)), None])
def test_a_person_is_asked_when_the_step_is_reached_and_again_when_nobody_answered(
    step: Any, sent: Sent | None
) -> None:
    setting = harsh_setting(step, hold_after_payment_days=0)
    assert asked(night(29, silent(sent), setting)) == []
    first = night(30, silent(sent), setting)
    assert asked(first) == [("I1",)]
    assert asked(night(31, first.state, setting)) == []  # once


def test_three_days_must_have_passed_since_it_went_out() -> None:
    late = replace(silent(Sent(on(28))).item("I1"), last_on=on(28), climbed_on=on(28))
    setting, state = harsh_setting(FINAL), AccountState(items={"I1": late})
    before = night(30, state, setting)
    assert (asked(before), before.next_check_on) == ([], on(31))
    assert asked(night(31, state, setting)) == [("I1",)]


@pytest.mark.parametrize(("step", "memory"), [
    (HOLD, silent(Sent(on(14)))),  # silence is enough for a credit hold
    (FINAL, AccountState(items={"I1": WARNED})),  # it arrived
    (FINAL, AccountState()),  # nothing went out
    (FINAL, AccountState(items={"I1": replace(silent(Sent(on(14))).item("I1"), level=2, step="final")})),  # done
])  # fmt: skip
def test_where_nothing_waits_for_it_nobody_is_asked(step: Any, memory: AccountState) -> None:
    assert asked(night(60, memory, harsh_setting(step))) == []


def test_an_event_or_the_end_of_the_debt_closes_the_task() -> None:
    setting = harsh_setting(FINAL)
    first = night(30, silent(Sent(on(14))), setting)
    (task,) = [task.id for task in first.tasks if task.kind == KIND]
    memory = replace(first.state.item("I1"), sent={"warn": Sent(on(14), on(31))})
    heard = night(31, replace(first.state, items={"I1": memory}), setting)
    assert heard.closed_tasks == (task,)
    assert decide(facts(state=first.state), setting, on(31)).closed_tasks == (task,)


@pytest.mark.parametrize("sent", [Sent(on(14)), None])
def test_a_persons_word_lets_the_step_go_when_its_days_have_passed(sent: Sent | None) -> None:
    setting, said_on = harsh_setting(FINAL), on(32)
    first = night(30, silent(sent), setting)
    state = confirmed(survey(facts(an_item(), state=first.state), setting, said_on), ("I1",), said_on)
    assert state.item("I1").sent["warn"] == Sent(on(14), said_on)
    steps = {day: [due.step for plan in night(day, state, setting).notices for due in plan.steps] for day in (34, 35)}
    assert steps == {34: [], 35: ["final"]}


def test_a_word_about_another_item_changes_nothing() -> None:
    setting, state = harsh_setting(FINAL), silent(Sent(on(14)))
    assert confirmed(survey(facts(an_item(), state=state), setting, on(32)), ("I2",), on(32)) == state
    assert confirmed(survey(facts(an_item(), state=state), setting, on(29)), ("I1",), on(29)) == state  # nothing waits


def test_a_task_of_an_item_that_left_is_closed() -> None:
    state = replace(silent(Sent(on(14))), tasks={"t": OpenTask(KIND, ("gone",))})
    assert night(29, state, harsh_setting(FINAL)).closed_tasks == ("t",)


# ---------- what can no longer go out ----------
FIRM: dict[str, Any] = {
    "id": "firm", "offset_days": 20, "level": 2, "template": "warning", "audience": {"customer": ["ap_contact"]},
}  # fmt: skip


def above(**changes: Any) -> AccountState:
    """It is at `firm`; `warn` never went out: a newer policy put it below, or the item began above."""
    return AccountState(items={"I1": ItemState(2, "firm", 1, last_on=on(20), climbed_on=on(20))}, **changes)


@pytest.mark.parametrize("step", [{**FINAL, "level": 3}, HOLD, LEGAL])
def test_what_lies_behind_the_item_is_not_waited_for_without_a_word(step: Any) -> None:
    setting, day = harsh_setting(FIRM, step), step["offset_days"]
    assert asked(night(day - 1, above(), setting)) == []
    first = night(day, above(), setting)
    assert asked(first) == [("I1",)]
    state = confirmed(survey(facts(an_item(), state=first.state), setting, on(day + 1)), ("I1",), on(day + 1))
    early, late = night(day + 3, state, setting), night(day + 4, state, setting)
    assert (early.notices, early.proposals, early.state.credit_hold, asked(early)) == ((), (), False, [])
    assert late.notices or late.proposals or late.state.credit_hold


@pytest.mark.parametrize(("memory", "about"), [
    (above(), {"customer": a_customer(hardship=True)}),  # it will never be done
    (replace(above(), items={"I1": ItemState(0, None, 0)}), {}),  # it may still come
    (above(), {"items": (an_item(open_minor=0),)}),
])  # fmt: skip
def test_where_nothing_is_waited_for_in_vain_nobody_is_asked(memory: AccountState, about: Any) -> None:
    known = facts(*about.pop("items", (an_item(),)), state=memory, **about)
    assert asked(decide(known, harsh_setting(FIRM, HOLD), on(60))) == []


@pytest.mark.parametrize("range_", [
    {"valid_until_dpd": 40}, {"when": {"dpd": {"at_most": 40}}}, {"repeat": {"every_days": 7, "until_dpd": 40}},
])  # fmt: skip
@pytest.mark.parametrize(
    "memory", [AccountState(), AccountState(items={"I1": ItemState(1, "warn", 1, last_on=on(14))})]
)
def test_a_required_message_whose_days_are_over_is_put_to_a_person(
    range_: dict[str, Any], memory: AccountState
) -> None:
    """A hold, or an old invoice that came late: the harsh step waited for a mail that never goes, and nobody knew."""
    setting = harsh_setting({**FIRM, **range_}, {**HOLD, "requires_step": ["firm"], "offset_days": 35})
    known = facts(an_item(), state=memory)
    assert [asked(decide(known, setting, on(day))) for day in (34, 40, 41)] == [[], [], [("I1",)]]
    first = decide(known, setting, on(41))
    state = confirmed(survey(replace(known, state=first.state), setting, on(42)), ("I1",), on(42))
    assert night(45, state, setting).proposals


def test_another_item_that_waits_too_is_asked_about_once_the_first_is_answered() -> None:
    setting, both = harsh_setting(FIRM, HOLD), (an_item(), an_item("I2", due_on=on(10)))
    states = AccountState(items={key: above().item("I1") for key in ("I1", "I2")})
    first = decide(facts(*both, state=states), setting, on(60))
    assert asked(first) == [("I1",)]
    second = decide(facts(*both, state=first.state), setting, on(70))
    assert asked(second) == []  # one at a time
    state = confirmed(survey(facts(*both, state=second.state), setting, on(71)), ("I1",), on(71))
    assert asked(decide(facts(*both, state=state), setting, on(72))) == [("I2",)]


def test_what_is_handed_over_tonight_is_not_asked_about() -> None:
    setting = harsh_setting(FINAL, after_last_step="final", max_attempts=1)
    decision = night(30, silent(Sent(on(14))), setting)
    assert [task.kind for task in decision.tasks] == ["hand-over"]
