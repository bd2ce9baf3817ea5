"""What keeps a notice from its one copy: a batch that dies half-way, two workers, unreadable or old messages."""

import json
from datetime import timedelta
from random import Random
from typing import Any

import pytest

from core.delivery import NoticeState
from local.cli import redrive
from local.engine import Call, Engine, Killed, Moment
from local.engine.pump import queue_messages
from local.engine.ses_script import Script, by_local_part, delivered, silent, timeout
from tests.builders import a_policy, an_item
from tests.faults.simulator import Simulation
from tests.faults.stories import counted, decided, said, settled
from tests.scenarios.company import NIGHT, Company, ap, at, invoice

READER = "ap_contact.c1@customer.example"
TOMORROW = NIGHT + timedelta(days=1)


def records(*bodies: str, receives: int = 1) -> dict[str, Any]:
    attributes = {"ApproximateReceiveCount": str(receives)}
    return {
        "Records": [{"messageId": f"m{n}", "body": body, "attributes": attributes} for n, body in enumerate(bodies)]
    }


def newest_first(engine: Engine) -> None:
    """What waits for record_feedback comes in the order that is worst."""
    queue_messages(engine.stack.queues["FeedbackQueue"]).reverse()


@pytest.mark.parametrize("moment", list(Moment))
def test_f15_a_time_out_in_the_middle_of_ten_leaves_at_most_one_doubt(engine: Engine, moment: Moment) -> None:
    company = Company(engine)
    company.knows(*(invoice(f"C{n}") for n in range(10)))
    company.night()
    sent = 0

    def out_of_time(call: Call) -> None:
        nonlocal sent
        if call.operation == "SendEmail" and call.moment is moment and call.function == "SendNoticesFunction":
            sent += 1
            if sent == 5:
                engine.faults.clear()
                raise Killed

    engine.faults.add(out_of_time)
    with pytest.raises(Killed):
        company.until(at(NIGHT, 8, 1))
    assert sum(notice.state is NoticeState.SENDING for notice in company.notices()) == 1
    company.day()
    assert len({mail.tags["notice_id"] for mail in company.mails}) == len(company.mails)
    doubts = [notice for notice in company.notices() if notice.state is NoticeState.UNKNOWN]
    assert len(doubts) + len(company.mails) == 10
    assert len(doubts) == len(company.tasks("delivery-doubt")) == said(engine)["PD1303"] == (moment is Moment.BEFORE)


def test_f17_a_message_that_comes_again_while_the_first_worker_still_sends_is_left_alone(engine: Engine) -> None:
    company, again = decided(engine), list[int]()

    def slow(call: Call) -> None:
        if call.operation == "SendEmail" and call.moment is Moment.BEFORE:
            engine.faults.clear()
            worker, engine.calls.function = engine.calls.function, None
            hidden = engine.stack.queues["NoticesQueue"].visibility_timeout
            engine.move_to(engine.now + timedelta(seconds=hidden + 1))  # past the lease too
            again.append(engine.pump().done["NoticesQueue"])
            engine.invoke("SweepStuckFunction", {"kind": "sweep"})
            engine.calls.function = worker

    engine.faults.add(slow)
    company.day()
    assert (len(company.mails), company.notice().state) == (1, NoticeState.DELIVERED)
    assert again == [1]
    assert counted(engine)["notice_duplicate"] >= 1
    settled(company)


@pytest.mark.parametrize("queue", ["AccountsQueue", "NoticesQueue", "FeedbackQueue"])
def test_f20_ten_that_nobody_can_read_are_given_up_after_five_times_and_each_time_counted(
    engine: Engine, queue: str
) -> None:
    company = Company(engine)
    url = engine.stack.queues[queue].physical_resource_id
    for _ in range(10):
        engine.client("sqs").send_message(QueueUrl=url, MessageBody="not JSON")
    company.until(at(NIGHT, 20))
    assert company.dead_letters() == {queue.replace("Queue", "DeadLetters"): 10}
    assert counted(engine)["record_failed"] == said(engine)["PD1901"] == 50


@pytest.mark.parametrize("function", ["DecideAccountsFunction", "SendNoticesFunction", "RecordFeedbackFunction"])
def test_f21_a_handler_gives_back_exactly_what_failed(engine: Engine, function: str) -> None:
    """An answer that names nothing, or something else, would lose a message or repeat all ten."""
    Company(engine)
    foreign = {"eventType": "Send", "mail": {"messageId": "m", "tags": {}}}
    fine = {
        "DecideAccountsFunction": {"v": 1, "entity": "E1", "date": NIGHT.isoformat(), "customers": []},
        "SendNoticesFunction": {"v": 1, "notice_id": "nobody"},
        "RecordFeedbackFunction": {"detail": foreign, "time": "2026-03-09T05:30:00Z"},
    }
    event = records(json.dumps(fine[function]), "not JSON", json.dumps(fine[function]), "[]")
    assert engine.invoke(function, event) == {"batchItemFailures": [{"itemIdentifier": "m1"}, {"itemIdentifier": "m3"}]}
    assert engine.invoke(function, records(json.dumps(fine[function]))) == {"batchItemFailures": []}


def test_f22_dead_letters_of_ten_days_are_moved_back_by_command_and_judged_by_today(engine: Engine) -> None:
    company = Company(engine)
    company.knows(invoice("C1"), invoice("C2", an_item("I2", customer="C2")))

    def gives_up(call: Call) -> None:
        if call.function == "SendNoticesFunction":
            raise RuntimeError

    engine.faults.add(gives_up)
    company.until(at(NIGHT, 12))
    assert company.mails == []
    assert company.dead_letters()["NoticesDeadLetters"] >= 2
    engine.move_to(at(NIGHT + timedelta(days=10), 9))
    engine.faults.clear()
    company.is_paid("C1-I1", 10_000)
    dead, home = (engine.stack.queues[name].physical_resource_id for name in ("NoticesDeadLetters", "NoticesQueue"))
    assert redrive._move(engine.client("sqs"), dead, home, 1000) >= 2
    company.until(at(NIGHT + timedelta(days=10), 12))
    redrive._move(engine.client("sqs"), dead, home, 1000)  # what was still on its fifth attempt
    company.day(NIGHT + timedelta(days=10))
    assert (company.dead_letters(), company.mails) == ({}, [])
    ends = {notice.customer: (notice.state, notice.reason) for notice in company.notices()}
    assert ends == {"C1": (NoticeState.CANCELLED, "settled"), "C2": (NoticeState.CANCELLED, "not_yet")}
    company.day(NIGHT + timedelta(days=11))  # by its present age
    assert [(notice.customer, notice.step) for notice in company.notices() if notice.accepted_on] == [("C2", "c")]


def test_f26_a_payment_a_minute_after_the_mail_leaves_it_and_ends_the_ladder(engine: Engine) -> None:
    company = decided(engine)
    company.until(at(NIGHT, 8, 1))
    company.is_paid("I1", 10_000)
    company.is_paid("I2", 10_000)
    company.day(NIGHT + timedelta(days=10))
    (mail,) = company.mails
    assert company.notice().state is NoticeState.DELIVERED
    assert "ignore this message" in mail.text  # where a payment crosses it


def test_a_mail_of_which_nothing_is_ever_heard_is_told_after_three_days(engine: Engine) -> None:
    company = decided(engine)
    engine.ses.behaviour = lambda _mail: silent()
    company.until(at(NIGHT + timedelta(days=3), 7, 59))
    assert (company.notice().state, counted(engine)["notices_unheard"]) == (NoticeState.ACCEPTED, 0)
    company.until(at(NIGHT + timedelta(days=3), 9))
    assert (counted(engine)["notices_unheard"], said(engine)["PD1308"]) == (1, 1)
    assert company.tasks("delivery-doubt") == []  # it was accepted: not a doubt of ours
    company.day(NIGHT + timedelta(days=5))
    assert counted(engine)["notices_unheard"] == 1
    settled(company)


def test_one_that_another_step_waits_for_is_told_of_too_though_its_send_event_came(engine: Engine) -> None:
    first: dict[str, Any] = {
        "id": "a", "offset_days": 7, "level": 1, "template": "reminder", "audience": {"customer": ["ap_contact"]},
    }  # fmt: skip
    second = {**first, "id": "b", "offset_days": 20, "level": 2, "template": "second-reminder", "requires_step": ["a"]}
    company = Company(engine, policy=a_policy(steps=[first, second]))
    company.knows(invoice())
    engine.ses.behaviour = lambda _mail: Script(reactions=delivered().reactions[:1])
    company.day(NIGHT + timedelta(days=4))
    assert (company.notice().required, counted(engine)["notices_unheard"]) == (True, 1)
    settled(company)


@pytest.mark.parametrize(("code", "status"), [("BadGateway", 502), ("ServiceUnavailable", 503), ("Timeout", 504)])
def test_f09_whatever_a_gateway_answers_is_a_doubt_and_one_request(engine: Engine, code: str, status: int) -> None:
    company = decided(engine)
    engine.ses.behaviour = lambda _mail: Script(error=(code, "", status))
    before = engine.ses.requests
    company.until(at(NIGHT, 9))
    assert (engine.ses.requests - before, company.notice().state) == (1, NoticeState.UNKNOWN)
    assert [task.state for task in company.tasks("delivery-doubt")] == ["OPEN"]


def test_f39_feedback_that_stood_still_for_two_days_neither_repeats_a_mail_nor_writes_to_a_dead_address(
    engine: Engine,
) -> None:
    """C1's mail got no answer and went; C2's address is gone. A mail sent after the stop is heard of before both."""
    sim = Simulation(engine, Random(0), customers=0)
    company = sim.company
    company.knows(
        invoice("C1"),
        invoice("C2", an_item("I2", customer="C2"), contacts=[ap("C2", "bounce@gone.example")]),
        invoice("C3", an_item("I3", customer="C3", due_on=NIGHT - timedelta(days=5))),
    )
    engine.ses.behaviour = lambda mail: (
        timeout(accepted=True) if READER in mail.to and mail.sent_at.date() == NIGHT else by_local_part(mail)
    )
    sim.stops("RecordFeedbackFunction")
    company.day(NIGHT + timedelta(days=1))
    assert {n.customer: n.state for n in company.notices()} == {"C1": NoticeState.UNKNOWN, "C2": NoticeState.ACCEPTED}
    newest_first(engine)
    company.until(at(NIGHT + timedelta(days=2), 8, 5))
    sim.starts()
    newest_first(engine)
    company.day(NIGHT + timedelta(days=3))
    copies = [mail.to[0] for mail in company.mails]
    assert sorted(copies) == ["ap_contact.c1@customer.example", "ap_contact.c3@customer.example", "bounce@gone.example"]
    assert {n.customer: n.state for n in company.notices() if n.channel == "email"}["C1"] is NoticeState.DELIVERED
    assert counted(engine)["mail_events_late"] > 2
    assert [task.customer for task in company.tasks("fix-address")] == ["C2"]
