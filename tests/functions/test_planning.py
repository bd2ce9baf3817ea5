"""A night's run: everybody due is queued once, whoever dies and whoever comes twice; an empty one is cheap."""

import json
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from types import SimpleNamespace
from typing import Any

import pytest
import time_machine

from core.decide.our_side import DigestLine
from functions.decide_accounts.workflow import Batch, decide_batch
from functions.plan_run.handler import lambda_handler
from functions.plan_run.workflow import EntitiesFailedError, plan_all
from functions.shared import planning, queues, walk
from functions.shared.planning import Outcome
from functions.shared.putting import put_effects
from functions.shared.store import accounts, config, digests, keys, notices, runs, tasks
from functions.shared.store.runs import RunState
from functions.shared.store.table import table
from tests.builders import an_entity, people
from tests.functions.stored import (
    NOW,
    TODAY,
    KilledError,
    account,
    attention,
    configured,
    everything,
    stored,
    taken,
    watched,
)

MINUTE = timedelta(minutes=1)


def plenty() -> int:
    return 300_000


def tick(now: datetime = NOW, remaining: Callable[[], int] = plenty) -> dict[str, int]:
    return dict(plan_all(config.read(), now, remaining))


def run_of(on: date = TODAY) -> runs.Run:
    run = runs.read("E1", on)
    assert run is not None
    return run


def due(count: int, prefix: str = "C") -> list[str]:
    """So many accounts that are due, without facts: planning reads only the index."""
    customers = [f"{prefix}{n:04d}" for n in range(count)]
    table().batch_write(
        puts=[
            {
                **keys.account("E1", customer)._asdict(),
                "version": 1,
                "due_pk": keys.due_pk("E1", keys.shard_of(customer)),
                "due_sk": keys.due_sk(TODAY, customer),
            }
            for customer in customers
        ]
    )
    return customers


def queued() -> list[str]:
    return [customer for body in taken("accounts") for customer in body["customers"]]


@pytest.fixture
def small_pages(monkeypatch: pytest.MonkeyPatch) -> None:
    """Several pages a shard and several batches a page, with few accounts."""
    monkeypatch.setattr(planning, "BATCH", 2)
    monkeypatch.setattr(planning, "PAGE", 5)


def test_an_empty_night_is_complete_at_once_and_takes_few_requests() -> None:
    configured()
    with watched() as seen:
        assert tick() == {Outcome.RUN_COMPLETED: 1}
    assert len(seen.made) <= 20
    assert (run_of().state, run_of().batches, attention()) == (RunState.COMPLETE, 0, [])


def test_the_same_night_again_reads_and_writes_nothing() -> None:
    configured()
    tick()
    before = everything()
    with watched() as seen:
        assert tick(NOW + timedelta(hours=1)) == {Outcome.RUN_DONE_BEFORE: 1}
    assert seen.made == ["Query", "GetItem"]
    assert everything() == before


def test_every_due_account_is_queued_once_in_numbered_batches(small_pages: None) -> None:
    configured()
    customers = due(23)
    assert tick() == {Outcome.RUN_PLANNED: 1}
    bodies = taken("accounts")
    assert sorted(customer for body in bodies for customer in body["customers"]) == customers
    assert sorted(body["n"] for body in bodies) == list(range(len(bodies)))
    assert all(len(body["customers"]) <= 2 for body in bodies)
    assert {(body["v"], body["entity"], body["date"]) for body in bodies} == {(1, "E1", "2026-03-09")}
    run = run_of()
    assert (run.state, run.batches, run.page) == (RunState.PLANNED, len(bodies), {})


def test_who_is_due_tomorrow_waits() -> None:
    configured()
    row = {**keys.account("E1", "C1")._asdict(), "due_pk": keys.due_pk("E1", keys.shard_of("C1"))}
    table().put({**row, "due_sk": keys.due_sk(TODAY + timedelta(days=1), "C1")})
    tick()
    assert queued() == []


@pytest.mark.parametrize("when", ["die_before", "die_after"])
def test_f04_a_planner_that_dies_anywhere_is_resumed_and_skips_nobody(small_pages: None, when: str) -> None:
    configured()
    customers = due(12)
    before = everything()
    with watched() as seen:
        tick()
    assert sorted(queued()) == customers
    for point in range(1, seen.changes + 1):
        table().batch_write(deletes=[keys.Key(row["pk"], row["sk"]) for row in everything()])
        table().batch_write(puts=before)
        with watched(**{when: point}), pytest.raises(KilledError):
            tick()
        bodies = taken("accounts")
        assert tick(NOW + MINUTE) in ({Outcome.RUN_BUSY: 1}, {Outcome.RUN_PLANNED: 1}), point  # the lease holds, if any
        tick(NOW + runs.LEASE + MINUTE)
        bodies += taken("accounts")
        by_number = {body["n"]: body["customers"] for body in bodies}
        assert sorted(customer for batch in by_number.values() for customer in batch) == customers, point
        assert all(by_number[body["n"]] == body["customers"] for body in bodies), (
            point
        )  # a number never changes its batch
        assert (run_of().state, run_of().batches) == (RunState.PLANNED, len(by_number)), point


def test_a_planner_stops_before_its_time_out_and_the_next_goes_on_at_once(small_pages: None) -> None:
    configured()
    customers = due(12)
    left = iter([300_000, 59_999])
    assert tick(remaining=lambda: next(left)) == {Outcome.RUN_PAUSED: 1}
    assert attention()[-1].startswith("2026-03-09T09:00:00Z#RUN")
    first = queued()
    assert 0 < len(first) < 12
    configuration = config.read()
    assert planning.resume("E1", TODAY, configuration, NOW + MINUTE, plenty) is Outcome.RUN_PLANNED
    assert sorted({*first, *queued()}) == customers


def test_f01_of_two_planners_one_goes_on(small_pages: None) -> None:
    configured()
    due(12)
    run = runs.start("E1", TODAY, owner="me", missed=(), now=NOW)
    assert run is not None
    assert runs.start("E1", TODAY, owner="other", missed=(), now=NOW) is None
    assert runs.start("E1", TODAY, owner="me", missed=(), now=NOW) is not None  # our own request, repeated
    assert runs.take_over(run, owner="other", now=NOW) is None
    taken_over = runs.take_over(run, owner="other", now=NOW + runs.LEASE)
    assert taken_over is not None
    assert runs.store_page(run, {0: ("C1",)}, runs.Cursor(("x",))) is None  # the first worker woke up again
    assert runs.store_page(taken_over, {0: ("C1",)}, runs.Cursor(("x",))) is not None


def test_a_refused_message_is_sent_again_and_a_queue_that_refuses_all_stops_the_run(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    configured()
    customers = due(3)
    real, refused = queues.client, []

    def flaky(service: Any) -> Any:
        aws = real(service)
        if service != "sqs":
            return aws

        def send(QueueUrl: str, Entries: list[Any]) -> Any:  # noqa: N803 - boto3's names
            if len(refused) < times:
                refused.append(True)
                return {"Failed": [{"Id": entry["Id"]} for entry in Entries]}
            return aws.send_message_batch(QueueUrl=QueueUrl, Entries=Entries)

        return SimpleNamespace(send_message_batch=send)

    monkeypatch.setattr(queues, "client", flaky)
    times = 4
    with pytest.raises(EntitiesFailedError):
        tick()
    assert run_of().state is RunState.PLANNING
    times = 6
    assert tick(NOW + runs.LEASE) == {Outcome.RUN_PLANNED: 1}
    assert sorted(queued()) == customers


def test_the_last_worker_completes_the_run_and_each_person_gets_one_digest() -> None:
    configured()
    stored("C1", "C2", "C3")
    assert tick() == {Outcome.RUN_PLANNED: 1}
    (body,) = taken("accounts")
    decide_batch(Batch.model_validate_json(json.dumps(body)), now=NOW)
    run = run_of()
    assert (run.state, run.counts["decided"], run.completed_at) == (RunState.COMPLETE, 3, NOW)
    found = [notices.get(body["notice_id"]) for body in taken("notices")]
    (digest,) = [notice for notice in found if notice is not None and notice.kind == "digest"]
    assert (digest.person, digest.as_of, digest.entity) == ("accounting", TODAY, "E1")
    assert len(digests.of_person("E1", TODAY, "accounting")) == 3


def test_a_run_whose_last_mark_was_seen_by_nobody_is_completed_by_the_sweep() -> None:
    configured()
    stored("C1")
    tick()
    runs.mark("E1", TODAY, 0, {"decided": 1}, NOW)  # and then the worker died
    assert attention() == ["2026-03-09T09:06:00Z#RUN#2026-03-09"]
    assert planning.resume("E1", TODAY, config.read(), NOW + 10 * MINUTE, plenty) is Outcome.RUN_COMPLETED
    assert attention() == []


def test_a_run_that_died_while_closing_is_completed_and_no_digest_is_lost() -> None:
    configured()
    stored("C1")
    tick()
    (body,) = taken("accounts")
    batch = Batch.model_validate_json(json.dumps(body))
    before = everything()
    with watched() as seen:
        decide_batch(batch, now=NOW)
    taken("notices")
    for point in range(1, seen.changes + 1):
        table().batch_write(deletes=[keys.Key(row["pk"], row["sk"]) for row in everything()])
        table().batch_write(puts=before)
        with watched(die_after=point), pytest.raises(KilledError):
            decide_batch(batch, now=NOW)
        decide_batch(batch, now=NOW + 6 * MINUTE)
        planning.resume("E1", TODAY, config.read(), NOW + 20 * MINUTE, plenty)
        assert run_of().finished, point
        kinds = {notices.get(body["notice_id"]).kind for body in taken("notices")}  # type: ignore[union-attr]
        assert kinds == {"customer", "digest"}, point


def test_f05_lost_batches_are_queued_again_under_new_numbers() -> None:
    configured()
    stored("C1", "C2")
    tick()
    taken("accounts")  # and lost
    soon = planning.resume("E1", TODAY, config.read(), NOW + 10 * MINUTE, plenty)
    assert (soon, taken("accounts")) == (Outcome.RUN_PLANNED, [])
    late = NOW + planning.REPLAN_AFTER + MINUTE
    assert planning.resume("E1", TODAY, config.read(), late, plenty) is Outcome.RUN_PLANNED
    (body,) = taken("accounts")
    assert (body["n"], sorted(body["customers"])) == (1, ["C1", "C2"])
    decide_batch(Batch.model_validate_json(json.dumps(body)), now=late)
    run = run_of()
    assert (run.state, run.counts["lost"], run.counts["decided"]) == (RunState.COMPLETE, 1, 2)


@pytest.mark.parametrize(
    ("zone", "now", "night"),
    [
        (
            "UTC",
            datetime(2026, 3, 9, 5, 59, tzinfo=UTC),
            date(2026, 3, 8),
        ),  # before the run hour: last night, if it is missing
        ("UTC", datetime(2026, 3, 9, 6, 0, tzinfo=UTC), date(2026, 3, 9)),
        ("Pacific/Auckland", datetime(2026, 3, 8, 17, 0, tzinfo=UTC), date(2026, 3, 9)),
        ("America/Los_Angeles", datetime(2026, 3, 9, 12, 0, tzinfo=UTC), date(2026, 3, 8)),
    ],
)
def test_the_night_is_the_entitys_own(zone: str, now: datetime, night: date) -> None:
    configured(an_entity(zone=zone))
    tick(now)
    assert runs.read("E1", night) is not None


def test_after_missed_nights_one_run_catches_up_and_tells_their_digest_lines() -> None:
    configured()
    stored("C1")
    tick(NOW - timedelta(days=4))
    taken("accounts")
    decide_batch(
        Batch(v=1, entity="E1", date=TODAY - timedelta(days=2), customers=("C1",)), now=NOW - timedelta(days=2)
    )
    facts_on = TODAY - timedelta(days=2)
    record = account()
    line = {"kind": "digest", "on": facts_on.isoformat(), **digests.pack_lines([_line()])}
    assert accounts.commit(record, state=record.facts.state, next_check_on=TODAY, now=NOW, add={"digest": line})
    put_effects(account(), NOW - timedelta(days=2))
    assert digests.people("E1", facts_on) == {"accounting"}
    assert tick() == {Outcome.RUN_PLANNED: 1}
    assert run_of().missed == (TODAY - timedelta(days=3), facts_on, TODAY - timedelta(days=1))
    for body in taken("accounts"):
        decide_batch(Batch.model_validate_json(json.dumps(body)), now=NOW)
    assert run_of().finished
    assert _line() in [told.line for told in digests.of_person("E1", TODAY, "accounting")]


def _line() -> DigestLine:
    return DigestLine("C1#i#0#b#0#accounting", "accounting", "accounting", "b", "i", "INV", 7, "EUR", 100, "notify")


def test_one_entity_that_fails_does_not_keep_the_others_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    configured(an_entity(), an_entity(id="E2", zone="Nowhere/Atall"), an_entity(id="E3"))
    with pytest.raises(EntitiesFailedError):
        tick()
    assert [runs.read(entity, TODAY) is not None for entity in ("E1", "E2", "E3")] == [True, False, True]


def test_a_person_without_address_gets_a_task_instead_of_a_digest() -> None:
    configured()
    accounting = next(person for person in people() if person.id == "accounting")
    assert config.put_person(accounting.model_copy(update={"email": None}), was=1)
    stored("C1")
    tick()
    (body,) = taken("accounts")
    decide_batch(Batch.model_validate_json(json.dumps(body)), now=NOW)
    assert run_of().finished
    assert [task.kind for task in tasks.open_for(None, "accounting")] == ["find-address"]


def test_the_tick_through_the_handler() -> None:
    configured()
    context: Any = SimpleNamespace(
        function_name="plan",
        memory_limit_in_mb=256,
        invoked_function_arn="arn",
        aws_request_id="1",
        get_remaining_time_in_millis=plenty,
    )
    with time_machine.travel(NOW, tick=False):
        assert lambda_handler({"kind": "tick"}, context) == {"run_completed": 1}


def test_all_shards_are_walked_in_turn(small_pages: None) -> None:
    """One after the other would put all writes of a night on one key of the index."""
    configured()
    customers = due(64)
    tick()
    bodies = sorted(taken("accounts"), key=lambda body: body["n"])
    walked = [keys.shard_of(customer) for body in bodies for customer in body["customers"]]
    assert sorted(walked) == sorted(map(keys.shard_of, customers))
    assert set(walked[: keys.SHARDS]) == set(range(keys.SHARDS))


def test_a_shard_is_read_on_behind_what_was_read_of_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(walk, "READ", 2)
    configured()
    customers = due(30)
    tick()
    assert sorted(queued()) == sorted(customers)


def test_a_run_that_older_code_began_goes_on_in_the_shards_that_it_had_not_walked(small_pages: None) -> None:
    configured()
    customers = due(40)
    tick(remaining=lambda: 0)  # begun, nothing queued
    first = min(customer for customer in customers if keys.shard_of(customer) == 2)
    table().update_if(
        keys.run("E1", TODAY),
        "SET #cursor = :old",
        "attribute_exists(#pk)",
        {"old": [2, keys.due_sk(TODAY, first)]},
    )
    tick(NOW + runs.LEASE)
    left = {customer for customer in customers if keys.shard_of(customer) >= 2} - {first}
    assert set(queued()) == left
