"""An account's memory: packed and read back, raised by acceptance alone, freed by an end."""

from base64 import b64decode
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.packing import deflate, inflate, pack, pack_steps, unpack, unpack_steps
from core.state import AccountState, DueStep, ItemState, OpenTask, RepeatClock, StepFacts, Waiting
from tests.builders import DUE

WORDS = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=12)
DAYS = st.dates(date(2000, 1, 1), date(2100, 1, 1))
COUNTS = st.integers(0, 10**6)
STEPS = st.lists(st.builds(DueStep, WORDS, WORDS, COUNTS), max_size=4).map(tuple)
STATES = st.builds(
    AccountState,
    items=st.dictionaries(
        WORDS,
        st.builds(
            ItemState, st.integers(0, 9), st.none() | WORDS, COUNTS, st.lists(WORDS, max_size=3).map(tuple),
            last_on=st.none() | DAYS, climbed_on=st.none() | DAYS, pay_by=st.none() | DAYS,
        ),
        max_size=5,
    ),
    repeats=st.dictionaries(
        WORDS, st.builds(RepeatClock, st.none() | DAYS, st.integers(-1, 99), COUNTS, COUNTS), max_size=2
    ),
    done=st.lists(WORDS, max_size=3).map(tuple),
    tasks=st.dictionaries(WORDS, st.builds(OpenTask, WORDS, st.lists(WORDS, max_size=3).map(tuple)), max_size=3),
    status=st.none() | WORDS,
    waiting=st.dictionaries(WORDS, st.builds(Waiting, WORDS, STEPS, pay_by=st.none() | DAYS), max_size=2),
    seq=st.dictionaries(WORDS, COUNTS, max_size=2),
    last_accepted_on=st.dictionaries(WORDS, DAYS, max_size=2),
)  # fmt: skip


@given(state=STATES)
def test_packing_loses_nothing(state: AccountState) -> None:
    assert unpack(pack(state)) == state


@given(steps=STEPS)
def test_packing_steps_loses_nothing(steps: tuple[DueStep, ...]) -> None:
    assert unpack_steps(pack_steps(steps)) == steps


@pytest.mark.parametrize("size", [0, 10, 1000, 1020, 1030, 5000])
def test_short_and_long_records_read_alike(size: int) -> None:
    assert inflate(deflate({"x": "y" * size})) == {"x": "y" * size}
    assert inflate(deflate(["y" * size])) == ["y" * size]


PACKED_BEFORE = (  # there was a dictionary
    "eJwNyrEKgCAUBdB/uXOBBi3uDS0NQS3iYGYkmYq9hoj+PdfDeXG4sEIgRHLGokKK3pmnyKnN7oLNT33qcG/a0J1tLoMiaX9BvOimEYI3LWPsq3CR"
    "TYWlRD/MNS9zgVLfD4YWH9A="
)
PACKED_1 = "eLtKpUpnwyyQ4QVHLjA5AMv9okrd3MS80jSgC0qLQBGFVIiBiy9DI1NICYYo70CliSG00KsFAIYWH9A="  # with the first one


@pytest.mark.parametrize("kept", [PACKED_BEFORE, PACKED_1])
def test_what_a_table_has_held_for_years_is_read(kept: str) -> None:
    """These bytes never change: neither may a dictionary with which anything was ever packed."""
    steps = [["INV-1", "b"]]
    wanted = {"kind": "notice", "policy": "machinery-manufacturer", "totals": {"EUR": 125_000}, "steps": steps}
    assert inflate(b64decode(kept)) == wanted


def test_five_thousand_touched_items_stay_small() -> None:
    items = {f"INV-{n:06d}": ItemState(n % 5, "bcef"[n % 4], n % 7, ("d",)) for n in range(5000)}
    assert len(pack(AccountState(items=items))) < 5000 * 40


def test_a_memory_of_the_future_is_not_guessed() -> None:
    with pytest.raises(ValueError, match="version 99"):
        unpack(deflate({"v": 99}))


LEVELS = {step: StepFacts(level) for step, level in (("b", 1), ("c", 2), ("f", 4))}


def test_acceptance_raises_exactly_the_steps_of_the_notice() -> None:
    was = AccountState(
        items={"A": ItemState(1, "b", 1, ("d",)), "B": ItemState(2, "c", 2)},
        waiting={"account": Waiting("n1", ()), "other": Waiting("n2", ())},
        seq={"account": 3},
    )
    state = was.accept("account", (DueStep("A", "c"), DueStep("C", "b")), LEVELS, DUE)
    assert state.items == {
        "A": ItemState(2, "c", 2, ("d",), DUE, climbed_on=DUE), "B": ItemState(2, "c", 2),
        "C": ItemState(1, "b", 1, last_on=DUE, climbed_on=DUE),
    }  # fmt: skip
    assert (state.seq, state.last_accepted_on) == ({"account": 4}, {"account": DUE})
    assert set(state.waiting) == {"other"}


def test_a_level_never_falls_though_the_step_is_a_lower_one() -> None:
    was = AccountState(items={"A": ItemState(3, "old-policy", 5)})
    now = was.accept("account", (DueStep("A", "b"),), LEVELS, DUE).item("A")
    assert now == ItemState(3, "b", 6, last_on=DUE, climbed_on=DUE)
    assert was.accept("account", (DueStep("A", "unknown"),), LEVELS, DUE).item("A").level == 3


def test_one_deadline_holds_for_every_item_of_a_message() -> None:
    facts = {"b": StepFacts(1, notice_due_days=7), "c": StepFacts(2, notice_due_days=14)}
    steps = (DueStep("A", "b"), DueStep("B", "c"))
    letter_says = DUE + timedelta(days=14)
    was = AccountState(waiting={"account": Waiting("n1", steps, 2, pay_by=letter_says)})
    state = was.accept("account", steps, facts, DUE + timedelta(days=1))
    assert {item.pay_by for item in state.items.values()} == {letter_says}


def test_an_end_without_acceptance_only_takes_the_next_number() -> None:
    was = AccountState(items={"A": ItemState(1, "b", 1)}, waiting={"account": Waiting("n1", (DueStep("A", "c"),))})
    state = was.end("account")
    assert (state.items, state.waiting, state.seq, state.last_accepted_on) == (was.items, {}, {"account": 1}, {})


def test_one_notice_is_one_occurrence_whatever_it_lists() -> None:
    was = AccountState(repeats={"f": RepeatClock(DUE, last=1, count=2, base=5)})
    steps = (DueStep("A", "f", 9), DueStep("B", "f", 9), DueStep("C", "c"))
    state = was.accept("account", steps, LEVELS, DUE + timedelta(days=1))
    assert state.repeats == {"f": RepeatClock(DUE, last=3, count=3, base=5)}  # 9 = base 5 + k 3 + 1


def test_an_occurrence_accepted_late_never_moves_the_clock_back() -> None:
    was = AccountState(repeats={"f": RepeatClock(DUE, last=6, count=7)})
    assert was.accept("account", (DueStep("A", "f", 3),), LEVELS, DUE).repeats["f"].last == 6


def test_an_item_that_was_only_listed_has_heard_of_it_and_not_climbed() -> None:
    waiting = {"account": Waiting("n1", (DueStep("A", "b"),), listed=("B",))}
    was = unpack(pack(AccountState(waiting=waiting)))
    state = was.accept("account", (DueStep("A", "b"),), LEVELS, DUE)
    assert [(state.item(i).heard, state.item(i).attempts, state.item(i).level) for i in "AB"] == [(1, 1, 1), (1, 0, 0)]
    back = unpack(pack(state)).take_back(
        "account", (DueStep("A", "b"),), was.before("account", waiting["account"].steps), DUE
    )
    assert [back.item(i).heard for i in "AB"] == [0, 0]
