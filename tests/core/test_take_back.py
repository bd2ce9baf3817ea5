"""An acceptance that reached nobody is taken back: the memory is as before it, but for what happened since."""

from datetime import date, timedelta

from hypothesis import given
from hypothesis import strategies as st

from core.decide.account import GROUP
from core.packing import pack, unpack
from core.state import AccountState, DueStep, ItemState, RepeatClock, StepFacts, Waiting

LEVELS = {step: StepFacts(level) for step, level in (("b", 1), ("c", 2), ("f", 4))}
DAY = date(2026, 3, 9)


@st.composite
def standings(draw: st.DrawFn) -> tuple[AccountState, tuple[DueStep, ...]]:
    """A memory, and the steps of a notice that is about to be accepted."""
    ids = [f"I{n}" for n in range(draw(st.integers(1, 4)))]
    known = draw(st.lists(st.sampled_from(ids), unique=True))
    item = st.builds(
        ItemState, st.integers(0, 2), st.sampled_from([None, "b", "f"]), st.integers(0, 3), st.just(("d",))
    )
    done = draw(st.integers(0, 3))
    repeats = {"f": RepeatClock(DAY - timedelta(days=9), done - 1, done)} if draw(st.booleans()) else {}
    last = {GROUP: DAY - timedelta(days=draw(st.integers(1, 9)))} if draw(st.booleans()) else {}
    steps = tuple(
        DueStep(i, draw(st.sampled_from(sorted(LEVELS)))) for i in draw(st.sets(st.sampled_from(ids), min_size=1))
    )
    steps = tuple(DueStep(d.item, d.step, done + 1) if d.step == "f" and repeats else d for d in steps)
    items = {name: draw(item) for name in known}
    state = AccountState(items, repeats, waiting={GROUP: Waiting("n", steps)}, last_accepted_on=last)
    return state, steps


@given(standings())
def test_taken_back_it_is_as_if_it_had_ended_unsent(standing: tuple[AccountState, tuple[DueStep, ...]]) -> None:
    state, steps = standing
    was = unpack(pack(state.before(GROUP, steps)))
    accepted = state.accept(GROUP, steps, LEVELS, DAY)
    back = accepted.take_back(GROUP, steps, was, DAY)
    unsent = state.end(GROUP)
    assert {name: back.item(name) for name in back.items} == {name: unsent.item(name) for name in back.items}
    assert (back.repeats, back.last_accepted_on, back.seq) == (unsent.repeats, unsent.last_accepted_on, unsent.seq)
    assert back.take_back(GROUP, steps, was, DAY) == back


@given(standings())
def test_what_was_accepted_since_stays(standing: tuple[AccountState, tuple[DueStep, ...]]) -> None:
    state, steps = standing
    was = state.before(GROUP, steps)
    later = state.accept(GROUP, steps, LEVELS, DAY).accept(GROUP, steps, LEVELS, DAY + timedelta(days=1))
    assert later.take_back(GROUP, steps, was, DAY) == later


def test_an_item_that_was_paid_since_is_not_brought_back() -> None:
    steps = (DueStep("I1", "b"),)
    was = AccountState().before(GROUP, steps)
    assert AccountState().take_back(GROUP, steps, was, DAY) == AccountState()
