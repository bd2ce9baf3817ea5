"""Schedules that nobody thought of: days, facts, faults and people in any order, and the promise at the end.

Each example is a story of its own on the local engine. The suite plays a few, the same in each run; `make faults` plays
as many as FAULTS_TIMES says, others in each run, and shrinks what it finds.
"""

import os
from random import Random
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, rule, run_state_machine_as_test

from local.engine import Engine
from tests.faults.provider import Fate
from tests.faults.simulator import Simulation
from tests.faults.troubles import Trouble

TIMES = int(os.environ.get("FAULTS_TIMES", "0"))  # 0: the suite's few
PARTS = 8 if TIMES else 1  # tests, so that several processes can share them
FUNCTIONS = ("PlanRunFunction", "DecideAccountsFunction", "SendNoticesFunction", "RecordFeedbackFunction",
             "SweepStuckFunction")  # fmt: skip
QUEUES = ("AccountsQueue", "NoticesQueue", "FeedbackQueue")


class Schedules(RuleBasedStateMachine):
    """One story. Every rule is something that can happen at any time."""

    engine: Engine  # of the test that plays

    def __init__(self) -> None:
        super().__init__()
        self.sim = Simulation(self.engine, Random(0), customers=2)

    # ---------- time ----------
    @rule(hours=st.sampled_from([1, 3, 8, 24]))
    def time_passes(self, hours: int) -> None:
        self.sim.live(hours=hours)

    @rule(minutes=st.integers(1, 25))
    def minutes_pass(self, minutes: int) -> None:
        self.sim.live(minutes=minutes)

    @rule(days=st.sampled_from([1, 3]))
    def nothing_runs_for_days(self, days: int) -> None:
        self.sim.sleeps(days)

    @rule(kind=st.sampled_from([("PlanRunFunction", "tick"), ("SweepStuckFunction", "sweep")]))
    def a_schedule_fires_once_more(self, kind: tuple[str, str]) -> None:
        self.sim.invoke(*kind)

    # ---------- facts ----------
    @rule(share=st.sampled_from([30, 100]))
    def a_payment_comes(self, share: int) -> None:
        self.sim.pays(share)

    @rule(what=st.sampled_from(["takes_back", "disputes", "promises", "holds"]))
    def the_customer_acts(self, what: str) -> None:
        getattr(self.sim, what)()

    # ---------- faults ----------
    @rule(trouble=st.sampled_from(Trouble), function=st.sampled_from(FUNCTIONS), calls=st.integers(1, 25))
    def a_fault_waits_for_a_call(self, trouble: Trouble, function: str, calls: int) -> None:
        self.sim.troubles.arm(trouble, function, calls)

    @rule(fates=st.lists(st.sampled_from(Fate), min_size=1, max_size=2))
    def the_provider_has_moods(self, fates: list[Fate]) -> None:
        self.sim.provider.coming += fates

    @rule(odds=st.sampled_from([0.0, 0.2]))
    def events_are_late_twice_and_out_of_order(self, odds: float) -> None:
        self.sim.provider.odds = odds / 100

    @rule(function=st.sampled_from(["RecordFeedbackFunction", "SendNoticesFunction", "DecideAccountsFunction"]))
    def a_queue_is_not_read(self, function: str) -> None:
        self.sim.stops(function)

    @rule()
    def all_queues_are_read(self) -> None:
        self.sim.starts()

    @rule(queue=st.sampled_from(QUEUES))
    def somebody_sends_what_nobody_can_read(self, queue: str) -> None:
        self.sim.poisons(queue)

    # ---------- people ----------
    @rule(paused=st.booleans())
    def the_switch_is_turned(self, paused: bool) -> None:
        self.sim.switch(paused=paused)

    @rule()
    def a_person_settles_what_is_in_doubt(self) -> None:
        self.sim.settle_doubts()

    @rule()
    def what_was_given_up_is_moved_back(self) -> None:
        self.sim.redrive()

    def teardown(self) -> None:
        self.sim.comes_to_rest()
        self.sim.check()


@pytest.mark.parametrize("part", range(PARTS))
def test_no_schedule_loses_or_doubles_a_notice(engine: Engine, monkeypatch: pytest.MonkeyPatch, part: int) -> None:
    monkeypatch.setattr("botocore.endpoint.time.sleep", lambda _seconds: None)
    phases = [Phase.generate, Phase.shrink] if TIMES else [Phase.generate]
    deep: dict[str, Any] = {"derandomize": False, "print_blob": True} if TIMES else {"derandomize": True}
    examples, steps = (-(-TIMES // PARTS), 20) if TIMES else (3, 12)
    how = settings(max_examples=examples, stateful_step_count=steps, deadline=None, phases=phases,
                   suppress_health_check=list(HealthCheck), database=None, **deep)  # fmt: skip
    run_state_machine_as_test(type("Played", (Schedules,), {"engine": engine}), settings=how)
