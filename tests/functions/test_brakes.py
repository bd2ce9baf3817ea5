"""What about a run makes a person look: too many messages, or far more than the nights before it."""

from datetime import timedelta

import pytest

from core.policy.schema import Brakes
from functions.shared.brakes import unusual
from functions.shared.store.runs import Run, RunState
from tests.functions.stored import NOW, TODAY


def night(n: int, messages: int, euros: int = 0) -> Run:
    on = TODAY - timedelta(days=n)
    counts = {"notices": messages, "asked_EUR": euros or messages * 100}
    return Run("E1", on, RunState.COMPLETE, "w", NOW, NOW, counts=counts)


USUAL = [night(1, 20), night(2, 0), night(3, 30), night(4, 20)]


@pytest.mark.parametrize(("messages", "euros", "recent", "brakes", "why"), [
    (1_000, 0, USUAL, Brakes(), ""),
    (60, 0, USUAL, Brakes(volume_percent=300), ""),
    (61, 0, USUAL, Brakes(volume_percent=300), "61 messages, usual are 20"),
    (20, 6_001, USUAL, Brakes(volume_percent=300), "6001 minor units of EUR, usual are 2000"),
    (10, 90_000, USUAL, Brakes(volume_percent=300), ""),  # so few are never far off
    (500, 0, USUAL[:3], Brakes(volume_percent=300), ""),  # two nights with messages are no pattern
    (500, 0, USUAL[:3], Brakes(volume_percent=300, most_messages=400), "500 messages, at most 400 are allowed"),
    (400, 0, [], Brakes(most_messages=400), ""),
])  # fmt: skip
def test_brake(messages: int, euros: int, recent: list[Run], brakes: Brakes, why: str) -> None:
    counts = {"notices": messages, "asked_EUR": euros or messages * 100}
    assert str(unusual(counts, recent, brakes) or "") == why
