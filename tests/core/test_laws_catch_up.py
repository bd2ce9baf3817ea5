"""Nights that did not run: what they would have done is done by the next one, in one message, and never too fast.

Where a law says less than one may expect, a small counterexample stands below it: docs/decisions/0023.
"""

from collections.abc import Callable, Iterator
from dataclasses import replace
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.decide.model import Reason
from core.policy.schema import Policy, Step
from core.state import AccountState
from tests.builders import AP, DUE, RUNGS, a_ladder, a_setting, an_item, on
from tests.core.policies_drawn import OFFSETS, chance
from tests.core.worlds import FIRST_DAYS, ZONES, Night, World, any_items, lived, worth

_HIGHEST = 9  # level that a step may have
LATE = [offset for offset in OFFSETS if offset > 0]
GAPS = st.sampled_from([0, 1, 3, 10])
SEND_DAYS = st.sampled_from(["all", "business_days"])
OF_ITEM: list[dict[str, Any]] = [
    {},
    {"dpd": {"at_least": 12}},
    {"item_open": {"EUR": {"at_least": 2_500}, "JPY": {"below": 900}}},
    {"percent_open": {"at_least": 50}},
]
LASTING: list[dict[str, Any]] = [  # days and amounts that, once they hold, go on holding while nothing is paid
    *OF_ITEM,
    {"overdue_total": {"EUR": {"above": 10_000}}},
    {"any_of": [{"dpd": {"above": 20}}, {"account_balance": {"EUR": {"at_least": 20_000}}}]},
]


def _ending(offset: int) -> list[dict[str, Any]]:
    """Conditions that end by themselves: with the days, or with what becomes due beside the item."""
    return [
        *({"dpd": {"at_most": offset + more}} for more in (0, 1, 6, 30)),
        {"dpd": {"at_least": offset + 2, "below": offset + 9}},
        {"overdue_total": {"EUR": {"at_most": 10_000}}},
        {"account_balance": {"EUR": {"below": 20_000}, "JPY": {"at_least": 1}}},
        {"any_of": [{"dpd": {"at_most": offset + 3}}, {"unpaid_count": {"at_most": 1}}]},
    ]


@st.composite
def catching_up(
    draw: st.DrawFn, *, one_item: bool = False, rising: bool = False, alone: bool = False, ends: bool = False,
    **changes: Any,
) -> World:  # fmt: skip
    """Steps after the due or issue date, none that comes again, and a ledger that only grows older and longer.

    Args: `rising` one step a level; `alone` no condition looks at other items; `ends` conditions may end again.
    """

    def when(offset: int) -> dict[str, Any]:
        found = OF_ITEM if alone else LASTING
        return draw(st.sampled_from([*found, *_ending(offset)] if ends else found)) if chance(draw, 3) else {}

    offsets = sorted(draw(st.sets(st.sampled_from(LATE), min_size=1, max_size=5)))
    level, steps = 0, list[dict[str, Any]]()
    for number, offset in enumerate(offsets):
        level += draw(st.sampled_from([1, 1, 2] if rising else [1, 1, 0, 2]))
        level = min(level, _HIGHEST - (len(offsets) - number - 1))  # so that one each is left for those that follow
        steps.append(
            {
                "id": f"m{number}",
                "offset_days": offset,
                "anchor": draw(st.sampled_from(["due", "due", "issue"])),
                "op": draw(st.sampled_from([">=", ">="])),
                "level": level,
                "template": "reminder",
                "audience": AP,
                "when": when(offset),
            }
        )
    for number in range(draw(st.integers(0, 3))):
        effect = draw(st.sampled_from([{"effect": "task", "task": "call"}, {"effect": "notify"}, {"effect": "fee"}]))
        more = {"fee": {"type": "flat", "flat": {"EUR": 500}}} if effect["effect"] == "fee" else {}
        offset = draw(st.sampled_from(LATE))
        # an account's fee is for those that are there on its night; a cause that ended and came anew is one if missed
        wide = effect["effect"] != "fee" and not ends and chance(draw, 3)
        step = {"id": f"x{number}", "offset_days": offset, "audience": {"ours": ["accounting"]}, "when": when(offset)}
        steps.append({**step, "scope": "account" if wide else "item", **effect, **more})
    policy: dict[str, Any] = {
        "policy": "drawn",
        "version": 1,
        "steps": steps,
        "send_days": draw(SEND_DAYS),
        "due_rolls": draw(st.sampled_from(["off", "next_business_day"])),
        "group_by": draw(st.sampled_from(["account", "account", "account_currency", "department", "item"])),
        "max_jump": "any",
        "min_gap_days": draw(GAPS),
        "materiality_percent": 0,
        "after_last_step": "nothing",
    }
    first = draw(st.sampled_from(FIRST_DAYS))
    items = draw(any_items(first, 1 if one_item else draw(st.integers(1, 4))))
    setting = a_setting(Policy.model_validate({**policy, **changes}), zone=draw(st.sampled_from(ZONES)), country="DE")
    return World(setting, items, (), (("deliver", 0),), first, 80)


def with_policy(world: World, **changes: Any) -> World:
    policy = world.setting.policy.model_copy(update=changes)
    return replace(world, setting=replace(world.setting, policy=policy))


Missed = Callable[[int], bool]


def missing(first: int, count: int) -> Missed:
    return lambda night: first <= night < first + count


def standing(state: AccountState) -> dict[str, Any]:
    """The last step done of each track, by item and for the account."""
    items = {key: (one.step, one.level, sorted(one.effects)) for key, one in state.items.items()}
    items = {key: track for key, track in items.items() if track != (None, 0, [])}  # it was only listed
    return {**items, "account": sorted(state.done)}


def waits(night: Night) -> bool:
    """True when a step is due and the contact clock alone keeps it back."""
    return any(one.reason in (Reason.TOO_SOON, Reason.NO_SEND_DAY) for one in night.decision.verdicts)


def side_by_side(world: World, missed: Missed) -> Iterator[tuple[Night, Night]]:
    """Each night that the broken run looks at, and the same night of the unbroken one."""
    run = {night.day: night for night in lived(world, skip_idle=False)}
    return ((night, run[night.day]) for night in lived(world, skip_idle=False, missed=missed))


# ---------- any jump: all is made up for at once ----------


@given(world=catching_up(), first=st.integers(0, 60), count=st.integers(1, 60))
@worth(30)
def test_missed_nights_are_made_up_for_in_one_message(world: World, first: int, count: int) -> None:
    """Whatever the gap and the send days, once neither run waits for them."""
    policy = world.setting.policy
    for night, whole in side_by_side(world, missing(first, count)):
        groups = [plan.group for plan in night.decision.notices]
        assert len(groups) == len(set(groups))
        waiting = waits(night) or waits(whole)
        assert not waiting or policy.min_gap_days > 1 or policy.send_days == "business_days"
        assert waiting or standing(night.after) == standing(whole.after), night.day


@given(
    world=catching_up(ends=True, send_days="all", min_gap_days=1), first=st.integers(0, 60), count=st.integers(1, 60)
)
@worth(20)
def test_what_ends_by_itself_is_made_up_for_while_it_lasts(world: World, first: int, count: int) -> None:
    """Conditions with an upper limit, where the nights before one of them closes are not among the missed ones."""
    closing, among = set(closing_nights(world)), missing(first, count)
    for night, whole in side_by_side(world, lambda number: among(number) and number not in closing):
        assert standing(night.after) == standing(whole.after), night.day


def closing_nights(world: World) -> Iterator[int]:
    """The nights after which a limit on days is passed, or on whose morrow a sum of the account grows."""
    for item in world.items:
        yield (item.issued_on - world.day_one).days - 1
        for late in (-1, 0, *(last for step in world.setting.policy.steps for last in _last_days(step))):
            yield (item.due_on - world.day_one).days + late


def _last_days(step: Step) -> Iterator[int]:
    for when in (step.when, *step.when.any_of):
        if when.dpd is not None:
            yield from (day for day in (when.dpd.at_most,) if day is not None)
            yield from (day - 1 for day in (when.dpd.below,) if day is not None)


@pytest.mark.parametrize(("missed", "steps"), [((14, 19), ["l2", "mid"]), ((14, 20), ["l1"])])
def test_a_range_of_days_that_closed_meanwhile_is_lost(missed: tuple[int, int], steps: list[str]) -> None:
    """+14 to +20 only: what is not looked at before it ends is not done late, as the policy asks."""
    first, second, *_ = RUNGS
    range_of = {"offset_days": 14, "when": {"dpd": {"at_most": 20}}}
    call = {"id": "mid", "effect": "notify", "audience": {"ours": ["accounting"]}, **range_of}
    world = story(a_ladder(call, rungs=(first, {**second, **range_of})))
    *_, last = lived(world, skip_idle=False, missed=lambda night: missed[0] <= night <= missed[1])
    memory = last.after.item("I1")
    assert [memory.step, *memory.effects] == steps


@given(world=catching_up(), every=st.integers(2, 9))
@worth(15)
def test_who_runs_now_and_then_arrives_where_who_runs_each_night_does(world: World, every: int) -> None:
    """Whatever the gap: once nothing is left to do both have done the same."""
    world = replace(world, nights=170)
    *_, whole = lived(world, skip_idle=False)
    *_, seldom = lived(world, skip_idle=False, missed=lambda night: night % every != 0 and night < 150)
    assert standing(seldom.after) == standing(whole.after)


# ---------- one level at a time: never faster ----------


def no_item_is_ahead(world: World, missed: Missed) -> None:
    for night, whole in side_by_side(world, missed):
        for key, item in night.after.items.items():
            assert item.level <= whole.after.item(key).level, (night.day, key)


@given(
    world=catching_up(max_jump=1),
    gap=st.integers(0, 1),
    first=st.integers(0, 60),
    count=st.integers(1, 40),
)
@worth(20)
def test_no_item_of_many_gets_ahead_where_every_night_may_send(world: World, gap: int, first: int, count: int) -> None:
    no_item_is_ahead(with_policy(world, min_gap_days=gap), missing(first, count))


@given(world=catching_up(one_item=True, rising=True, max_jump=1), first=st.integers(0, 60), count=st.integers(1, 40))
@worth(30)
def test_one_item_never_gets_ahead_whatever_the_gap(world: World, first: int, count: int) -> None:
    no_item_is_ahead(world, missing(first, count))


@given(world=catching_up(rising=True, alone=True, max_jump=1), first=st.integers(0, 60), count=st.integers(1, 40))
@worth(15)
def test_no_item_of_many_gets_ahead_of_itself_alone(world: World, first: int, count: int) -> None:
    """Whatever the gap: the others may hold an item up, and never push it on."""
    runs = {
        item.id: {night.day: night for night in lived(replace(world, items=(item,)), skip_idle=False)}
        for item in world.items
    }
    for night in lived(world, skip_idle=False, missed=missing(first, count)):
        for key, item in night.after.items.items():
            assert item.level <= runs[key][night.day].after.item(key).level, (night.day, key)


@given(world=catching_up(max_jump=1), first=st.integers(0, 60), count=st.integers(1, 40))
@worth(20)
def test_one_message_an_account_and_gap(world: World, first: int, count: int) -> None:
    days = [night.day for night in lived(world, skip_idle=False, missed=missing(first, count)) if night.accepted]
    gaps = [(later - sooner).days for sooner, later in pairwise(days)]
    assert min(gaps, default=99) >= world.setting.policy.min_gap_days


def story(policy: Policy, *due: int) -> World:
    """Items due so many days after the first, under a policy, for forty nights."""
    items = tuple(an_item(f"I{n}", due_on=on(day)) for n, day in enumerate(due or (0,), start=1))
    return World(a_setting(policy), items, (), (("deliver", 0),), DUE, 40)


def days_of_level(world: World, level: int, item: str, missed: Missed) -> int:
    nights = lived(world, skip_idle=False, missed=missed)
    return next((night.day - DUE).days for night in nights if night.after.item(item).level >= level)


@pytest.mark.parametrize(
    ("level", "item", "due", "steps", "whole", "broken"),
    [
        (1, "I2", (0, 1), ((7, 1),), 10, 8),  # I1's reminder of +7 was not sent, so I2's of +8 need not wait for +10
        (2, "I1", (0,), ((7, 1), (8, 1), (12, 2)), 13, 12),  # of two steps of a level the later one comes alone
    ],
)
def test_who_was_not_written_to_need_not_wait_for_the_gap(
    level: int, item: str, due: tuple[int, ...], steps: tuple[tuple[int, int], ...], whole: int, broken: int
) -> None:
    """A gap of three days ties messages together: one that was missed leaves room for the next."""
    rungs = tuple(
        {
            "id": f"s{day}",
            "offset_days": day,
            "level": level,
            "template": "reminder",
            "audience": AP,
        }
        for day, level in steps
    )
    world = story(a_ladder(rungs=rungs, max_jump=1, min_gap_days=3), *due)
    assert [days_of_level(world, level, item, missed) for missed in (missing(0, 0), missing(7, 1))] == [whole, broken]
