"""What taking a run back does to one account's memory: all that the decision added goes, all else stays."""

import json
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import given

from core.decide.account import GROUP
from core.decide.model import Charge
from core.delivery import IN_DOUBT, UNSENT, NoticeState
from core.ledger import ItemKind
from core.retract import Message, Undone, undo
from core.state import AccountState, DueStep, ItemState, OpenEffect, OpenTask, RepeatClock, StepFacts, Waiting
from core.trace import NOTHING, Trace, pack_trace, trace_of, unpack_trace
from tests.core.worlds import World, lived, worlds, worth

DAY = date(2026, 3, 9)
STEPS = (DueStep("I1", "b"),)
FACTS = {"b": StepFacts(1), "c": StepFacts(2)}
FEE = Charge("fee", "I1", "INV-1", ItemKind.FEE, "EUR", 500, "b", new=True)
INTEREST = Charge("int", "I1", "INV-1", ItemKind.INTEREST, "EUR", 70, "b", new=True)
HELD = OpenEffect("hold", ("I1",), DAY, active=True, hold=True)
ASKED = OpenEffect("legal", ("I1",), DAY)


@given(world=worlds())
@worth(8)
def test_whatever_a_night_adds_goes_and_nothing_else(world: World) -> None:
    for night in lived(world, skip_idle=False):
        before, after = night.facts.state, night.decision.state
        trace = unpack_trace(json.loads(json.dumps(pack_trace(trace_of(before, night.decision)))))
        back = undo(after, [trace], []).state
        for item, now in back.items.items():
            was = before.item(item)
            assert (set(now.effects) <= set(was.effects), now.interest_minor) == (True, was.interest_minor)
            assert replace(now, effects=(), interest_minor=0) == replace(after.item(item), effects=(), interest_minor=0)
        assert set(back.done) <= set(before.done)
        assert set(before.done) & set(after.done) <= set(back.done)
        assert back.repeats == {key: clock for key, clock in before.repeats.items() if key in after.repeats}
        assert back.open_effects == {key: one for key, one in before.open_effects.items() if key in after.open_effects}
        assert back.tasks == {key: task for key, task in before.tasks.items() if key in after.tasks}
        assert (back.status, back.waiting, back.seq) == (before.status, after.waiting, after.seq)
        assert undo(back, [trace], []).state == back  # twice is the same as once


def accepted() -> tuple[AccountState, Message]:
    """An account whose message was accepted on the day, and that message."""
    waits = AccountState(waiting={GROUP: Waiting("n", STEPS, interest={"I1": 70})})
    message = Message(
        "n", GROUP, NoticeState.DELIVERED, STEPS, charges=(FEE, INTEREST), was=waits.before(GROUP, STEPS),
        accepted_on=DAY,
    )  # fmt: skip
    return waits.accept(GROUP, STEPS, FACTS, DAY), message


def test_a_message_that_has_gone_raises_nothing_any_more() -> None:
    state, message = accepted()
    undone = undo(state, [], [message])
    assert (undone.sent, undone.levels, undone.kept_levels) == (["n"], ["I1"], [])
    assert undone.state.item("I1") == ItemState()
    assert [(one.charge.id, one.source) for one in undone.charges] == [("fee", "n"), ("int", "n")]


def test_a_level_over_which_a_later_message_went_stays_but_its_interest_is_owed_again() -> None:
    state, message = accepted()
    later = replace(state, waiting={GROUP: Waiting("m", (DueStep("I1", "c"),))})
    undone = undo(later.accept(GROUP, (DueStep("I1", "c"),), FACTS, DAY + timedelta(days=1)), [], [message])
    assert (undone.levels, undone.kept_levels, undone.state.item("I1").level) == ([], ["I1"], 2)
    assert undone.state.item("I1").interest_minor == 0  # what was posted is reversed


@pytest.mark.parametrize("state", list(NoticeState))
def test_what_becomes_of_a_message_by_its_state(state: NoticeState) -> None:
    waits = AccountState(waiting={GROUP: Waiting("n", STEPS)})
    undone = undo(waits, [], [Message("n", GROUP, state, STEPS)], told="told")
    assert undone.state.waiting[GROUP].retracted == "told"
    assert (undone.cancelled == ["n"], undone.doubtful == ["n"]) == (state in UNSENT, state in IN_DOUBT)
    nobody = {NoticeState.HARD_BOUNCED, NoticeState.REJECTED, NoticeState.CANCELLED, NoticeState.FAILED}
    assert (undone.sent == ["n"]) is (state not in UNSENT | IN_DOUBT | nobody)


def test_one_of_several_readers_may_have_got_what_bounced() -> None:
    both = Message("n", GROUP, NoticeState.HARD_BOUNCED, STEPS, readers=2)
    assert undo(AccountState(), [], [both]).sent == ["n"]


def standing(**changes: Any) -> AccountState:
    return replace(
        AccountState(
            items={"I1": ItemState(effects=("call", "hold", "legal"), interest_minor=90)},
            tasks={"t": OpenTask("call", ("I1",))},
            open_effects={"h": HELD, "p": ASKED},
            repeats={"weekly": RepeatClock(DAY, 1, 2)},
            done=("wide#0",),
            status="watch",
        ),
        **changes,
    )


TRACE = Trace(
    tasks=("t",),
    marks={"I1": ("call", "hold", "legal")},
    interest={"I1": 40},
    done=("wide#0",),
    clocks={"weekly": (RepeatClock(DAY, 0, 1), RepeatClock(DAY, 1, 2))},
    stages={"h": (None, HELD), "p": (None, ASKED)},
    status=(None, "watch"),
    charges=(FEE,),
)


def test_holds_tasks_marks_and_clocks_go_back() -> None:
    undone = undo(standing(), [TRACE], [])
    assert undone.state == AccountState(
        items={"I1": ItemState(interest_minor=50)}, repeats={"weekly": RepeatClock(DAY, 0, 1)}
    )
    assert (undone.tasks, undone.lifted, undone.status) == (["t", "p"], ["hold"], "")
    assert [(one.charge, one.source) for one in undone.charges] == [(FEE, "")]


def test_what_somebody_made_of_it_since_stays() -> None:
    granted = replace(ASKED, active=True)
    moved = RepeatClock(DAY, 2, 3)
    state = standing(open_effects={"h": HELD, "p": granted}, repeats={"weekly": moved}, status="legal")
    undone = undo(state, [TRACE], [], finished=frozenset({"t", "p"}))
    assert (undone.kept_tasks, undone.tasks, undone.lifted) == (["t", "p"], [], ["hold"])
    assert undone.state.items["I1"].effects == ("call", "legal")  # done, and decided: not due again
    assert undone.state.open_effects == {"p": granted}
    assert (undone.state.repeats, undone.state.status, undone.status) == ({"weekly": moved}, "legal", None)
    assert undone.state.tasks == state.tasks


def test_a_hold_goes_back_to_the_stage_in_which_the_run_found_it() -> None:
    heard = OpenEffect("hold", ("I1",), DAY - timedelta(days=4), hold=True, heard_on=DAY - timedelta(days=2))
    carried_out = replace(heard, active=True, since=DAY)
    undone = undo(AccountState(open_effects={"h": carried_out}), [Trace(stages={"h": (heard, carried_out)})], [])
    assert (undone.state.open_effects, undone.lifted, undone.tasks) == ({"h": heard}, ["hold"], [])


def test_a_run_that_did_nothing_leaves_nothing_to_take_back() -> None:
    assert not NOTHING
    assert undo(standing(), [NOTHING], []).empty
    assert Undone(AccountState()).empty
