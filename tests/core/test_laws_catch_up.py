"""Nights that did not run: what they would have done is done by the next one, in one message, and never too fast."""

from collections.abc import Callable
from dataclasses import replace
from itertools import pairwise
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from core.policy.schema import Policy
from core.state import AccountState
from tests.builders import a_setting
from tests.core.policies_drawn import OFFSETS, chance
from tests.core.worlds import FIRST_DAYS, ZONES, Night, World, any_items, lived, worth

LATE = [offset for offset in OFFSETS if offset > 0]


@st.composite
def _when(draw: st.DrawFn) -> dict[str, Any]:
    """Days and amounts that, once they hold, go on holding while nothing is paid."""
    return draw(
        st.sampled_from(
            [
                {},
                {"dpd": {"at_least": 12}},
                {"item_open": {"EUR": {"at_least": 2_500}, "JPY": {"below": 900}}},
                {"overdue_total": {"EUR": {"above": 10_000}}},
                {"percent_open": {"at_least": 50}},
                {"any_of": [{"dpd": {"above": 20}}, {"account_balance": {"EUR": {"at_least": 20_000}}}]},
            ]
        )
    )


@st.composite
def catching_up(draw: st.DrawFn, *, one_item: bool = False, **changes: Any) -> World:
    """Steps after the due or issue date, none that comes again, and a ledger that only grows older and longer."""
    offsets = sorted(draw(st.sets(st.sampled_from(LATE), min_size=1, max_size=5)))
    level, steps = 0, list[dict[str, Any]]()
    for number, offset in enumerate(offsets):
        level += draw(st.sampled_from([1, 1, 0, 2]))
        steps.append(
            {
                "id": f"m{number}",
                "offset_days": offset,
                "anchor": draw(st.sampled_from(["due", "due", "issue"])),
                "op": draw(st.sampled_from([">=", ">="])),
                "level": level,
                "template": "reminder",
                "audience": {"customer": ["ap_contact"]},
                "when": draw(_when()) if chance(draw, 3) else {},
            }
        )
    for number in range(draw(st.integers(0, 3))):
        effect = draw(st.sampled_from([{"effect": "task", "task": "call"}, {"effect": "notify"}, {"effect": "fee"}]))
        more = {"fee": {"type": "flat", "flat": {"EUR": 500}}} if effect["effect"] == "fee" else {}
        offset = draw(st.sampled_from(LATE))
        ours = {"ours": ["accounting"]}
        wide = effect["effect"] != "fee" and chance(
            draw, 3
        )  # an account's fee is for those that are there on its night
        scope = "account" if wide else "item"
        when = draw(_when()) if chance(draw, 3) else {}
        step = {"id": f"x{number}", "offset_days": offset, "audience": ours, "scope": scope, "when": when}
        steps.append({**step, **effect, **more})
    policy: dict[str, Any] = {
        "policy": "drawn",
        "version": 1,
        "steps": steps,
        "send_days": "all",
        "due_rolls": draw(st.sampled_from(["off", "next_business_day"])),
        "group_by": draw(st.sampled_from(["account", "account", "account_currency", "department", "item"])),
        "max_jump": "any",
        "min_gap_days": draw(st.sampled_from([0, 1])),
        "materiality_percent": 0,
        "after_last_step": "nothing",
    }
    first = draw(st.sampled_from(FIRST_DAYS))
    items = draw(any_items(first, 1 if one_item else draw(st.integers(1, 4))))
    setting = a_setting(Policy.model_validate({**policy, **changes}), zone=draw(st.sampled_from(ZONES)), country="DE")
    return World(setting, items, (), (("deliver", 0),), first, 80)


def missing(first: int, count: int) -> Callable[[int], bool]:
    return lambda night: first <= night < first + count


def standing(state: AccountState) -> dict[str, Any]:
    """The last step done of each track, by item and for the account."""
    items = {key: (one.step, one.level, sorted(one.effects)) for key, one in state.items.items()}
    return {**items, "account": sorted(state.done)}


@given(world=catching_up(), first=st.integers(0, 60), count=st.integers(1, 60))
@worth(30)
def test_missed_nights_are_made_up_for_in_one_message(world: World, first: int, count: int) -> None:
    run = {night.day: night for night in lived(world, skip_idle=False)}
    for night in lived(world, skip_idle=False, missed=missing(first, count)):
        whole = run[night.day]
        assert standing(night.after) == standing(whole.after), night.day
        groups = [plan.group for plan in night.decision.notices]
        assert len(groups) == len(set(groups))


def _days_of_messages(nights: list[Night]) -> list[Any]:
    return [night.day for night in nights if night.accepted]


@given(
    world=catching_up(one_item=True, max_jump=1, min_gap_days=3, group_by="account"),
    first=st.integers(0, 60),
    count=st.integers(1, 40),
)
@worth(30)
def test_with_one_level_at_a_time_missed_nights_never_make_it_faster(world: World, first: int, count: int) -> None:
    """Of one item: the gap ties the items of an account together, and who missed a night waits for another one."""
    run = {night.day: night for night in lived(world, skip_idle=False)}
    broken = list(lived(world, skip_idle=False, missed=missing(first, count)))
    for night in broken:
        for key, item in night.after.items.items():
            assert item.level <= run[night.day].after.item(key).level, night.day
    _gap(world, broken)


@given(world=catching_up(max_jump=1, group_by="account"), first=st.integers(0, 60), count=st.integers(1, 40))
@worth(20)
def test_without_a_gap_no_item_of_many_gets_ahead(world: World, first: int, count: int) -> None:
    run = {night.day: night for night in lived(world, skip_idle=False)}
    for night in lived(world, skip_idle=False, missed=missing(first, count)):
        for key, item in night.after.items.items():
            assert item.level <= run[night.day].after.item(key).level, night.day


@given(
    world=catching_up(max_jump=1, min_gap_days=3, group_by="account"),
    first=st.integers(0, 60),
    count=st.integers(1, 40),
)
@worth(20)
def test_one_message_an_account_and_gap(world: World, first: int, count: int) -> None:
    _gap(world, list(lived(world, skip_idle=False, missed=missing(first, count))))


def _gap(world: World, nights: list[Night]) -> None:
    days = _days_of_messages(nights)
    gaps = [(later - sooner).days for sooner, later in pairwise(days)]
    assert min(gaps, default=99) >= world.setting.policy.min_gap_days


@given(world=catching_up(), every=st.integers(2, 9))
@worth(15)
def test_who_runs_now_and_then_arrives_where_who_runs_each_night_does(world: World, every: int) -> None:
    """Whatever the gap: once nothing is left to do both have done the same."""
    policy = world.setting.policy.model_copy(update={"min_gap_days": 3})
    world = replace(world, setting=replace(world.setting, policy=policy), nights=170)
    *_, whole = lived(world, skip_idle=False)
    *_, seldom = lived(world, skip_idle=False, missed=lambda night: night % every != 0 and night < 160)
    assert standing(seldom.after) == standing(whole.after)
