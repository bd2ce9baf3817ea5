"""What keeps a night from its run, or a run from its end: it is caught up, once, and somebody hears of it."""

from datetime import date, timedelta
from pathlib import Path
from random import Random

import pytest

from core.delivery import NoticeState
from functions.shared import planning
from functions.shared.store import runs
from local.engine import Call, Engine, Killed, Moment
from local.engine.faults import client_error
from tests.builders import an_item
from tests.faults.stories import begun, counted, once, said, settled
from tests.faults.troubles import Trouble, Troubles
from tests.scenarios.company import ENTITY, NIGHT, Company, at, invoice

TOMORROW = NIGHT + timedelta(days=1)


def test_f01_two_ticks_seconds_apart_are_one_run_and_the_second_is_counted(engine: Engine, tmp_path: Path) -> None:
    company = begun(engine)

    def second_tick(call: Call) -> None:
        begins = call.operation == "PutItem" and call.params["Item"]["pk"]["S"].startswith("RUN#")
        if begins and call.moment is Moment.BEFORE:
            engine.faults.clear()
            worker, engine.calls.function = engine.calls.function, None
            engine.invoke("PlanRunFunction", {"kind": "tick"})
            engine.calls.function = worker

    engine.move_to(at(NIGHT, 6))
    engine.faults.add(second_tick)
    engine.invoke("PlanRunFunction", {"kind": "tick"})
    company.day()
    once(company)
    assert (counted(engine)["run_duplicate"], said(engine)["PD1001"]) == (1, 1)


@pytest.mark.parametrize("hours", [6, 24])
def test_f02_a_tick_that_is_delivered_hours_late_starts_nothing(engine: Engine, hours: int) -> None:
    company = begun(engine)
    company.until(at(NIGHT, 6) + timedelta(hours=hours))
    before = ([notice.id for notice in company.notices()], len(company.mails), company.runs())
    assert engine.invoke("PlanRunFunction", {"kind": "tick"}) == {"run_done_before": 1}
    assert engine.pump().errors == []
    assert ([notice.id for notice in company.notices()], len(company.mails), company.runs()) == before


def test_f03_a_night_without_its_run_is_said_by_ten_and_until_it_has_one(engine: Engine) -> None:
    """The tick does not fire, the sweep does: they are two schedules."""
    company = begun(engine)
    for hour, missed in ((9, 0), (10, 1), (12, 2)):
        engine.move_to(at(NIGHT, hour))
        engine.invoke("SweepStuckFunction", {"kind": "sweep"})
        assert (counted(engine)["runs_missed"], said(engine)["PD1011"]) == (missed, missed)
    company.until(at(NIGHT, 13, 5), every_tick=True)
    missed = counted(engine)["runs_missed"]
    company.until(at(NIGHT, 23), every_tick=True)
    assert counted(engine)["runs_missed"] == missed
    assert (len(company.mails), company.runs()) == (1, {NIGHT.isoformat(): "complete"})


def test_f04_a_planner_that_runs_out_of_time_between_two_pages_goes_on_where_it_stood(
    engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(planning, "BATCH", 2)
    monkeypatch.setattr(planning, "PAGE", 4)
    company = Company(engine)
    company.knows(*(invoice(f"C{n}") for n in range(10)))

    def out_of_time(call: Call) -> None:
        if call.operation == "SendMessageBatch" and call.moment is Moment.AFTER:
            engine.faults.clear()
            engine.move_to(engine.now + timedelta(minutes=10))
            raise Killed

    engine.faults.add(out_of_time)
    engine.move_to(at(NIGHT, 6))
    with pytest.raises(Killed):
        engine.invoke("PlanRunFunction", {"kind": "tick"})
    assert company.runs() == {NIGHT.isoformat(): "planning"}
    company.day()
    assert sorted(notice.customer for notice in company.notices()) == sorted(f"C{n}" for n in range(10))
    assert (len(company.mails), said(engine)["PD1002"]) == (10, 1)
    settled(company)


def test_f05_a_lost_batch_is_missed_queued_again_and_said(engine: Engine) -> None:
    company = begun(engine)
    troubles = Troubles(engine, Random(5))
    troubles.begin()
    troubles.arm(Trouble.SENT_AND_LOST, "PlanRunFunction", 1)
    company.until(at(NIGHT, 8))
    assert (company.runs(), company.mails) == ({NIGHT.isoformat(): "planned"}, [])
    company.until(at(NIGHT, 12))
    once(company)
    assert (counted(engine)["batches_lost"], said(engine)["PD1007"]) == (1, 1)


def test_a_run_accounts_for_everybody_whom_it_queued(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    """Who cannot be decided is a task and counts as an error; a batch that comes twice counts once."""
    monkeypatch.setattr(planning, "BATCH", 2)
    company = Company(engine)
    company.knows(*(invoice(f"C{n}") for n in range(7)))
    engine.client("dynamodb").delete_item(
        TableName=engine.stack.table_name, Key={"pk": {"S": "CUST#C3"}, "sk": {"S": "P"}}
    )
    troubles = Troubles(engine, Random(2))
    troubles.begin()
    troubles.arm(Trouble.SENT_TWICE, "PlanRunFunction", 1)
    company.day()
    run = runs.read(ENTITY, NIGHT)
    assert run is not None
    assert (run.state, run.batches) == ("complete", 4)
    told = {name: run.counts.get(name, 0) for name in ("decided", "not_due", "gone", "errors", "notices")}
    assert told == {"decided": 6, "not_due": 0, "gone": 0, "errors": 1, "notices": 6}
    assert [task.customer for task in company.tasks("decision-failed")] == ["C3"]
    assert len(company.mails) == 6


def test_f29_a_hot_index_makes_the_run_late_and_loses_nobody(engine: Engine) -> None:
    company = begun(engine)

    def throttled(call: Call) -> None:
        if engine.now < at(NIGHT, 11, 30) and "DUE#" in str(call.params.get("ExpressionAttributeValues")):
            raise client_error(call.operation, "ProvisionedThroughputExceededException")

    engine.faults.add(throttled)
    engine.run_until(at(NIGHT, 11, 25))  # with every tick and every sweep
    assert company.runs() == {NIGHT.isoformat(): "planning"}
    assert company.mails == []
    assert counted(engine)["runs_late"] >= 8  # in each sweep since ten
    assert said(engine)["PD1008"] + said(engine)["PD1502"] > 3
    engine.run_until(at(NIGHT, 23))
    assert (len(company.mails), company.runs()) == (1, {NIGHT.isoformat(): "complete"})
    assert set(company.dead_letters()) <= {"ScheduleDeadLetters"}


def test_f30_an_account_that_changes_at_every_attempt_goes_back_to_the_queue_and_is_decided(engine: Engine) -> None:
    """There are no transactions here: the conflict is a version that somebody else was faster with."""
    company = begun(engine)
    changes = 0

    def meanwhile(call: Call) -> None:
        nonlocal changes
        if call.function != "DecideAccountsFunction" or call.operation != "UpdateItem" or changes == 3:
            return
        if call.moment is Moment.BEFORE and call.params["Key"]["sk"]["S"] == "A":
            changes += 1
            worker, engine.calls.function = engine.calls.function, None
            company.is_paid("I1", 100, f"P{changes}", part=True)
            engine.calls.function = worker

    engine.faults.add(meanwhile)
    company.until(at(NIGHT, 6, 1))
    assert (changes, counted(engine)["race_lost"], counted(engine)["record_failed"]) == (3, 3, 1)
    assert company.notices() == []
    company.day()
    once(company)


@pytest.mark.parametrize("trouble", [Trouble.STILL_IN_INDEX, Trouble.HIDDEN_IN_INDEX])
def test_f32_an_index_that_lags_decides_nothing(engine: Engine, trouble: Trouble) -> None:
    """Whoever is in it wrongly is not due on the table; whoever is not in it yet is so at the next look."""
    company = Company(engine)
    company.knows(invoice("C1"), invoice("C2"))
    engine.move_to(at(NIGHT, 6))
    troubles = Troubles(engine, Random(1))
    troubles.begin()
    if trouble is Trouble.STILL_IN_INDEX:  # the index as it was before a payment and before the run
        engine.invoke("PlanRunFunction", {"kind": "tick"})
        engine.pump()
        engine.client("dynamodb").delete_item(
            TableName=engine.stack.table_name, Key={"pk": {"S": f"RUN#{ENTITY}"}, "sk": {"S": NIGHT.isoformat()}}
        )
        company.is_paid("C1-I1", 10_000)
    for _ in range(40):  # each shard of the walk
        troubles.arm(trouble, "PlanRunFunction", 1)
    engine.invoke("PlanRunFunction", {"kind": "tick"})
    engine.pump()
    assert troubles.happened[trouble] > 1
    if trouble is Trouble.STILL_IN_INDEX:
        assert counted(engine)["accounts_not_due"] == 1
    troubles.end()
    company.day(TOMORROW)
    paid = trouble is Trouble.STILL_IN_INDEX
    assert sorted((n.customer, n.state) for n in company.notices()) == [
        ("C1", NoticeState.CANCELLED if paid else NoticeState.DELIVERED),
        ("C2", NoticeState.DELIVERED),
    ]
    settled(company)


def test_f40_invoices_of_three_steps_on_one_day_are_one_mail_in_the_tone_of_the_highest(engine: Engine) -> None:
    company = Company(engine)
    ages = (7, 14, 60)
    items = [an_item(f"I{age}", due_on=NIGHT - timedelta(days=age)) for age in ages]
    company.knows(invoice("C1", *items))
    company.day()
    notice = company.notice()
    assert sorted((due.item, due.step) for due in notice.steps) == [("I14", "c"), ("I60", "e"), ("I7", "b")]
    (mail,) = company.mails
    assert notice.template == "delinquent"
    assert all(item.number in mail.text for item in items)
    assert all(len(ids) == 1 for ids in company.slots("ap_contact.c1@customer.example").values())


@pytest.mark.parametrize("begins", [date(2028, 2, 28), date(2026, 12, 30)], ids=str)
def test_f43_a_clock_five_minutes_ahead_takes_no_notice_from_who_is_at_it(engine: Engine, begins: date) -> None:
    """Over a leap day, and over New Year. The second worker's clock says that the lease has ended."""
    engine.reset(now=at(begins, 5, 30))
    company = Company(engine)
    company.knows(invoice("C1", an_item("I1", due_on=begins - timedelta(days=6))))
    tomorrow = begins + timedelta(days=1)
    company.night(tomorrow)

    def other(call: Call) -> None:
        if call.operation == "SendEmail" and call.moment is Moment.BEFORE and engine.now >= at(tomorrow, 8):
            engine.faults.clear()
            worker, engine.calls.function = engine.calls.function, None
            engine.move_to(engine.now + timedelta(minutes=5, seconds=1))
            event = {"messageId": "m", "body": f'{{"v":1,"notice_id":"{company.notice().id}"}}', "attributes": {}}
            assert engine.invoke("SendNoticesFunction", {"Records": [event]}) == {"batchItemFailures": []}
            engine.calls.function = worker

    engine.faults.add(other)
    company.day(tomorrow)
    company.day(tomorrow + timedelta(days=1))
    assert [(n.state, n.as_of) for n in company.notices()] == [(NoticeState.DELIVERED, tomorrow)]
    assert len(company.mails) == 1
    assert set(company.runs()) == {(begins + timedelta(days=n)).isoformat() for n in range(3)}
