"""The laws of whole nights under any policy of the language, in any zone: skipping and repeating change nothing."""

from dataclasses import replace

from hypothesis import given

from core.decide.account import decide
from core.decide.model import Decision, NoticePlan
from tests.core.laws import LAWS, doings, skipping_changes_nothing
from tests.core.worlds import World, any_worlds, lived, worth


def by_group(decision: Decision) -> dict[str, NoticePlan]:
    return {plan.group: plan for plan in decision.notices}


@given(world=any_worlds())
@worth(50)
def test_an_account_skipped_until_its_next_look_is_decided_the_same(world: World) -> None:
    skipping_changes_nothing(world)


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
