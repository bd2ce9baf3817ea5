"""The laws of whole nights, over random ledgers: what is skipped was idle, nothing is said twice, nothing too early."""

from typing import Any

from hypothesis import given

from core.decide.model import Decision, Reason
from tests.core.worlds import World, lived, worlds


def doings(decision: Decision) -> dict[str, Any]:
    """Everything that a night does to the world outside; empty when it does nothing."""
    found = {
        "notices": decision.notices,
        "cancels": decision.cancels,
        "tasks": decision.tasks,
        "closed": decision.closed_tasks,
        "digest": decision.digest,
        "done": decision.done,
    }
    return {key: value for key, value in found.items() if value}


def outcomes(decision: Decision) -> list[tuple[str, Reason, str | None, tuple[str, ...], int]]:
    return [(v.item, v.reason, v.step, v.superseded, v.dunnable_minor) for v in decision.verdicts]


@given(world=worlds())
def test_an_account_skipped_until_its_next_look_is_decided_the_same(world: World) -> None:
    looked = dict(lived(world, skip_idle=True))
    last: Decision | None = None
    for day, nightly in lived(world, skip_idle=False):
        decision = looked.get(day)
        if decision is not None:
            assert doings(decision) == doings(nightly), day
            last = decision
        else:
            assert doings(nightly) == {}, day
        assert last is not None
        assert (last.state.status, outcomes(last)) == (nightly.state.status, outcomes(nightly)), day
