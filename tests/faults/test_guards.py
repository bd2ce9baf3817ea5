"""Each guard taken away, one at a time: the harness notices, or it would not notice a mistake either."""

from collections.abc import Callable
from datetime import timedelta
from functools import cache
from random import Random
from typing import Any

import pytest
from botocore.config import Config

from functions.record_feedback import workflow as record_feedback
from functions.send_notices import look as last_look
from functions.shared import doubts, planning, settle, wiring
from functions.shared.store import accounts, config, feedback, notices, reach
from functions.shared.store.reach import Slot
from local.engine import Call, Engine, Killed, Moment
from local.engine.ses_script import silent
from tests.builders import an_item
from tests.faults.promise import broken
from tests.faults.provider import Fate
from tests.faults.simulator import Simulation
from tests.faults.troubles import Trouble
from tests.scenarios.company import NIGHT, ap, at, invoice

SENDER = "SendNoticesFunction"
Patch = pytest.MonkeyPatch
Story = Callable[[Simulation], None]


def at_call(sim: Simulation, operation: str, moment: Moment, act: Callable[[], None], *, holding: str = "") -> None:
    """Something happens once, at such a call of the sender's from eight o'clock on."""

    def hook(call: Call) -> None:
        wanted = call.function == SENDER and call.operation == operation and call.moment is moment
        if not wanted or sim.engine.now < at(NIGHT, 8) or holding not in call.params.get("UpdateExpression", ""):
            return
        sim.engine.faults.hooks.remove(hook)
        worker, sim.engine.calls.function = sim.engine.calls.function, None
        try:
            act()
        finally:
            sim.engine.calls.function = worker

    sim.engine.faults.add(hook)


def dies() -> None:
    raise Killed


def other_sender(sim: Simulation) -> Callable[[], None]:
    """Another worker gets the same message."""

    def work() -> None:
        (notice,) = (one for one in sim.notices() if one.kind == "customer")
        event = {"messageId": "m", "body": f'{{"v":1,"notice_id":"{notice.id}"}}', "attributes": {}}
        sim.engine.invoke(SENDER, {"Records": [event]})

    return work


# ---------- what happens ----------
def a_death_after_the_send(sim: Simulation) -> None:
    sim.engine.ses.behaviour = lambda _mail: silent()
    at_call(sim, "SendEmail", Moment.AFTER, dies)
    sim.live(hours=6)


def two_workers_at_once(sim: Simulation) -> None:
    at_call(sim, "UpdateItem", Moment.BEFORE, other_sender(sim), holding="#lease_until = ")  # none has claimed
    sim.live(hours=6)


def a_worker_that_sleeps(sim: Simulation) -> None:
    def sleeps() -> None:
        sim.engine.move_to(sim.engine.now + timedelta(minutes=6))
        other_sender(sim)()

    at_call(sim, "UpdateItem", Moment.BEFORE, sleeps, holding="#fenced_at = ")  # claimed, and about to fence
    sim.live(hours=6)


def a_payment_before_the_send(sim: Simulation) -> None:
    sim.live(hours=2)
    assert accounts.read("E1", "C1") is not None  # as the notice was planned
    sim.pays(item="C1-I1")
    sim.live(hours=6)


def two_accounts_of_one_reader(sim: Simulation) -> None:
    sim.owes(invoice("C2", an_item("C2-I1", customer="C2"), contacts=[ap("C2", "ap_contact.c1@customer.example")]))
    sim.live(hours=6)


def a_doubt(sim: Simulation) -> None:
    sim.live(hours=2)
    sim.provider.coming = [Fate.NO_ANSWER_NOT_TAKEN]
    sim.live(hours=6)


def an_answer_that_is_lost(sim: Simulation) -> None:
    sim.live(hours=2)
    sim.provider.coming = [Fate.NO_ANSWER_TAKEN]
    sim.live(hours=6)


def a_lost_batch(sim: Simulation) -> None:
    sim.troubles.arm(Trouble.SENT_AND_LOST, "PlanRunFunction", 1)
    sim.live(hours=6)


def the_switch(sim: Simulation) -> None:
    sim.live(hours=2)
    sim.switch(paused=True)
    sim.live(hours=6)


def a_backlog_of_events(sim: Simulation) -> None:
    """The event of a mail without an answer waits for a day; of a later mail something is heard first."""
    sim.live(hours=2)
    sim.provider.coming = [Fate.NO_ANSWER_TAKEN]
    sim.stops("RecordFeedbackFunction")
    sim.live(hours=6)
    sim.owes(invoice("C2", an_item("C2-I1", customer="C2")))
    sim.live(hours=24)
    later = sim.engine.messages("FeedbackFilesQueue")[-1]
    record = {"messageId": "m", "body": later, "attributes": {"ApproximateReceiveCount": "1"}}
    sim.engine.invoke("RecordFeedbackFunction", {"Records": [record]})
    sim.live(hours=7)  # sweeps come before the rest of the backlog
    sim.starts()
    sim.live(hours=6)


# ---------- what is taken away ----------
def fence(patch: Patch) -> None:
    patch.setattr(notices, "fence", lambda _notice, _now: True)


def condition_of_the_fence(patch: Patch) -> None:
    patch.setattr(notices, "_OWNED", f"{notices._OWNED} OR attribute_exists(#pk)")


def condition_of_the_claim(patch: Patch) -> None:
    table = type(notices.table())
    for name, begins in (("update_if", "#state = :was AND #attempt = :old"), ("update_seen", "#state = :planned AND")):
        patch.setattr(table, name, _without(getattr(table, name), begins))


def _without(stock: Callable[..., Any], begins: str) -> Callable[..., Any]:
    """The same writer, to which a condition that begins so is none."""

    def write(table: Any, key: Any, update: str, condition: str, *rest: Any, **more: Any) -> Any:
        condition += " OR attribute_exists(#pk)" if condition.startswith(begins) else ""
        return stock(table, key, update, condition, *rest, **more)

    return write


def look_again(patch: Patch) -> None:
    """The sender goes by the account as it was when the notice was planned."""
    stock, seen = accounts.read, dict[tuple[str, str], Any]()

    def look(attempt: Any) -> Any:
        with pytest.MonkeyPatch.context() as inner:
            inner.setattr(accounts, "read", lambda entity, customer: seen.get((entity, customer)))
            return stock_look(attempt)

    def read(entity: str, customer: str) -> Any:
        found = stock(entity, customer)
        if found is not None and found.facts.state.waiting:
            seen.setdefault((entity, customer), found)
        return found

    stock_look = last_look.look
    patch.setattr(accounts, "read", read)
    patch.setattr(last_look, "look", look)
    patch.setattr(accounts, "version_of", lambda entity, customer: seen[entity, customer].version)


def contact_budget(patch: Patch) -> None:
    patch.setattr(reach, "take", lambda *_: Slot.TAKEN)


def task_of_a_doubt(patch: Patch) -> None:
    patch.setattr(doubts, "open_doubt", lambda *_: None)


def one_attempt_of_the_sdk(patch: Patch) -> None:
    patch.setattr(wiring, "_MAIL", Config(retries={"mode": "standard", "total_max_attempts": 3}))
    patch.setattr(wiring, "_build", cache(wiring._build.__wrapped__))  # clients that are built with it
    patch.setattr("botocore.endpoint.time.sleep", lambda _seconds: None)


def second_walk(patch: Patch) -> None:
    patch.setattr(planning, "REPLAN_AFTER", timedelta(days=400))


def the_switch_itself(patch: Patch) -> None:
    patch.setattr(config.Configuration, "stopped", lambda *_: False)


def care_with_a_backlog(patch: Patch) -> None:
    patch.setattr(feedback, "IN_TIME", timedelta(days=400))


def ends_once(patch: Patch) -> None:
    """Each event that is heard ends the notice once more."""
    patch.setattr(settle, "_waits_for", lambda _state, _notice: True)
    stock = record_feedback.notices.get

    def get(notice_id: str) -> Any:
        found = stock(notice_id)
        return found and notices.replace(found, settled=False)

    patch.setattr(record_feedback.notices, "get", get)


GUARDS: dict[Callable[[Patch], None], tuple[Story, str]] = {
    fence: (a_death_after_the_send, "2 copies"),
    condition_of_the_fence: (a_worker_that_sleeps, "2 copies"),
    condition_of_the_claim: (two_workers_at_once, "1 copies, reason"),
    look_again: (a_payment_before_the_send, "paid before"),
    contact_budget: (two_accounts_of_one_reader, "mails to one reader"),
    task_of_a_doubt: (a_doubt, "nobody sees"),
    one_attempt_of_the_sdk: (an_answer_that_is_lost, "copies"),
    second_walk: (a_lost_batch, "runs"),
    the_switch_itself: (the_switch, "switch was off"),
    care_with_a_backlog: (a_backlog_of_events, "2 copies"),
    ends_once: (an_answer_that_is_lost, "settled False"),
}


@pytest.mark.parametrize("guard", GUARDS, ids=lambda guard: guard.__name__)
def test_a_guard_that_is_missing_is_noticed(engine: Engine, monkeypatch: Patch, guard: Callable[[Patch], None]) -> None:
    story, complaint = GUARDS[guard]
    found = {}
    for guarded in (True, False):
        sim = Simulation(engine, Random(0), customers=0)
        sim.owes(invoice("C1"))
        with monkeypatch.context() as patch:
            if not guarded:
                guard(patch)
            story(sim)
            sim.comes_to_rest(days=0.5)
            found[guarded] = broken(sim)
    assert found[True] == []
    assert any(complaint in each for each in found[False]), found[False]
