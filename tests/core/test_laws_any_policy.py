"""The laws of whole nights under any policy of the language, in any zone: skipping and repeating change nothing."""

from dataclasses import replace
from typing import Any

from hypothesis import given

from core.decide.account import decide
from core.decide.model import Decision, NoticePlan
from tests.core.laws import LAWS
from tests.core.worlds import World, any_worlds, lived, worth


def doings(decision: Decision) -> dict[str, Any]:
    """Everything that a night does to the world outside; empty when it does nothing."""
    names = (
        "notices",
        "cancels",
        "tasks",
        "closed_tasks",
        "digest",
        "done",
        "charges",
        "proposals",
        "withdrawn",
        "announcements",
    )
    found = {name: getattr(decision, name) for name in names}
    return {name: value for name, value in found.items() if value}


def outcomes(decision: Decision) -> list[Any]:
    verdicts = [(v.item, v.reason, v.step, v.superseded, v.dunnable_minor) for v in decision.verdicts]
    return [decision.state.status, decision.state.credit_hold, *verdicts]


def by_group(decision: Decision) -> dict[str, NoticePlan]:
    return {plan.group: plan for plan in decision.notices}


@given(world=any_worlds())
@worth(50)
def test_an_account_skipped_until_its_next_look_is_decided_the_same(world: World) -> None:
    looked = {night.day: night for night in lived(world, skip_idle=True)}
    same: list[Any] | None = None  # what every night says until the next look; None: not yet said
    for night in lived(world, skip_idle=False):
        look = looked.get(night.day)
        assert doings(night.decision) == (doings(look.decision) if look else {}), night.day
        if same is None or look:
            same = outcomes(night.decision)
        assert (outcomes(look.decision) if look else same) == outcomes(night.decision), night.day
        if night.ended:
            same = None  # the memory has changed since the look


@given(world=any_worlds(nights=70))
@worth(40)
def test_every_night_keeps_every_law(world: World) -> None:
    for night in lived(world, skip_idle=False):
        for law in LAWS:
            law(world, night)


@given(world=any_worlds(nights=60))
@worth(15)
def test_a_rerun_adds_nothing(world: World) -> None:
    """Before anything was sent, and after all of it was accepted."""
    for night in lived(world, skip_idle=False):
        first = night.decision
        again = decide(replace(night.facts, state=first.state), world.setting, night.day)
        if not night.facts.in_doubt:
            assert by_group(again) == by_group(first), night.day
        extra = doings(again)
        extra.pop("notices", None)
        extra.pop("cancels", None)
        assert extra == {}, night.day
        assert again.state == first.state, night.day


@given(world=any_worlds(nights=60))
@worth(15)
def test_after_acceptance_the_same_night_says_nothing_again(world: World) -> None:
    """No step twice; and where the policy keeps a gap, nothing more to a group that was written to."""
    for night in lived(world, skip_idle=False):
        again = decide(replace(night.facts, state=night.after, in_doubt=frozenset()), world.setting, night.day)
        taken = set(night.accepted)
        assert not taken & {due for plan in again.notices for due in plan.steps}, night.day
        if world.setting.policy.min_gap_days > 0:
            written = {plan.group for plan in night.decision.notices if taken.intersection(plan.steps)}
            assert not written & {plan.group for plan in again.notices}, night.day
