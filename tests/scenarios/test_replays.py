"""A night again, a night too late, and clocks that strike more often than needed: nothing more goes out."""

from dataclasses import replace
from datetime import date, timedelta

import pytest

from core.ledger import Credit, CreditKind
from local.engine import Engine
from tests.builders import DUE, an_item
from tests.scenarios.company import NIGHT, Company, ap, at, invoice


def three_days(engine: Engine, *, ticks_until: int = 0) -> tuple[list[object], ...]:
    """Three days of three accounts, with a payment and money on account on the way; what came of them.

    Every tick and every sweep comes until that hour of each day, and later only those that can do something.
    """

    def a_day(day: date) -> None:
        if ticks_until:
            company.until(at(day, ticks_until), every_tick=True)
        company.day(day)

    engine.reset(now=at(NIGHT, 5, 30))
    company = Company(engine)
    company.knows(
        invoice("C1", an_item("I1", due_on=DUE), an_item("I2", due_on=DUE + timedelta(days=5))),
        invoice("C2", an_item("I3", customer="C2", due_on=DUE - timedelta(days=90))),
        invoice("C3", an_item("I4", customer="C3", due_on=DUE - timedelta(days=22))),
    )
    a_day(NIGHT)
    a_day(NIGHT + timedelta(days=1))
    company.is_paid("I1", 10_000)
    cash = Credit(id="K", kind=CreditKind.PAYMENT, currency="EUR", open_minor=2_000, booked_on=NIGHT)
    company.learns(credits=(cash,))
    a_day(NIGHT + timedelta(days=2))
    mails = sorted((mail.sent_at, mail.to, mail.tags["notice_id"], mail.subject, mail.text) for mail in engine.outbox)
    tasks = sorted((task.id, task.kind, task.state, task.created_on) for task in company.tasks())
    states = sorted((notice.id, notice.state) for kind in ("customer", "digest") for notice in company.notices(kind))
    return list(mails), list(tasks), list(states), sorted(company.runs().items())


@pytest.mark.parametrize("until", [11, pytest.param(23, marks=pytest.mark.heavy)])
def test_every_tick_and_every_sweep_change_nothing_compared_with_those_that_can_do_something(
    engine: Engine, until: int
) -> None:
    quiet = three_days(engine)
    calls = sum(engine.calls.counts.values())
    busy = three_days(engine, ticks_until=until)
    assert busy == quiet
    assert len(quiet[0]) > 9
    assert sum(engine.calls.counts.values()) > 2 * calls  # the rest did fire


def test_f02_a_night_again_sends_nothing(engine: Engine) -> None:
    company = Company(engine)
    company.knows(invoice("C1"), invoice("C2"))
    company.day()
    before = ([mail.message_id for mail in engine.outbox], list(company.tasks()), company.account())
    for _ in range(3):
        engine.invoke("PlanRunFunction", {"kind": "tick"})
        engine.invoke("SweepStuckFunction", {"kind": "sweep"})
        assert engine.pump().errors == []
    assert ([mail.message_id for mail in engine.outbox], list(company.tasks()), company.account()) == before
    assert list(company.runs().values()) == ["complete"]


def test_a_night_again_without_its_run_record_sends_nothing(engine: Engine) -> None:
    """A record lost, or restored from before: the accounts themselves know that they were decided."""
    company = Company(engine)
    company.knows(invoice("C1"), invoice("C2"))
    company.day()
    before = [mail.message_id for mail in engine.outbox]
    engine.client("dynamodb").delete_item(
        TableName=engine.stack.table_name, Key={"pk": {"S": "RUN#E1"}, "sk": {"S": NIGHT.isoformat()}}
    )
    company.until(engine.now + timedelta(hours=3), every_tick=True)
    assert [mail.message_id for mail in engine.outbox] == before


def test_the_messages_of_a_night_again_send_nothing(engine: Engine) -> None:
    """What a queue delivers a second time, days later or at once."""
    company = Company(engine)
    company.knows(invoice("C1"))
    bodies: dict[str, list[str]] = {"AccountsQueue": [], "NoticesQueue": [], "FeedbackFilesQueue": []}

    def keep(call: object) -> None:
        for name, kept in bodies.items():
            kept.extend(body for body in engine.messages(name) if body not in kept)

    engine.faults.add(keep)
    company.day()
    engine.faults.clear()
    before = [mail.message_id for mail in engine.outbox]
    assert all(bodies.values())
    for days in (0, 2):
        company.until(at(NIGHT + timedelta(days=days), 23, 58))
        for name, kept in bodies.items():
            url = engine.stack.queues[name].physical_resource_id
            for body in kept:
                engine.client("sqs").send_message(QueueUrl=url, MessageBody=body)
        company.until(engine.now + timedelta(minutes=1))
    assert [mail.message_id for mail in engine.outbox] == before
    assert company.dead_letters() == {}


def test_f03_three_nights_missed_and_the_fourth_sends_the_latest_step_once(engine: Engine) -> None:
    company = Company(engine)
    company.knows(
        invoice("C1", an_item("I1", due_on=NIGHT + timedelta(days=2 - 14))),  # b at +7 was sent, c falls into the gap
        invoice("C2", an_item("I2", customer="C2", due_on=NIGHT + timedelta(days=1 - 7))),  # b falls into the gap
        invoice("C3", an_item("I3", customer="C3", due_on=NIGHT + timedelta(days=1 - 91))),  # f would be daily
    )
    company.day()
    sent = len(company.mails)
    back = NIGHT + timedelta(days=4)
    engine.move_to(at(back, 5, 50))  # no schedule fired for three nights
    company.day(back)
    fresh = company.mails[sent:]
    assert sorted(mail.to[0] for mail in fresh) == [f"ap_contact.c{n}@customer.example" for n in (1, 2, 3)]
    steps = {n.customer: [due.step for due in n.steps] for n in company.notices() if n.accepted_on == back}
    assert steps == {"C1": ["c"], "C2": ["b"], "C3": ["f"]}
    assert sorted(company.runs()) == [NIGHT.isoformat(), back.isoformat()]


def test_f03_a_run_long_late_is_the_last_night_only(engine: Engine) -> None:
    """Ninety nights without a tick: one message, at the step of the present age."""
    company = Company(engine)
    company.knows(invoice("C1"))
    late = DUE + timedelta(days=70)
    engine.move_to(at(late, 5, 50))
    company.day(late)
    assert [(notice.step, notice.level) for notice in company.notices()] == [("e", 3)]
    assert len(company.mails) == 1
    assert [task.kind for task in company.tasks()] == ["phone-call"]  # done late, never dropped


def test_the_tick_of_an_unfinished_run_finishes_it(engine: Engine) -> None:
    company = Company(engine)
    company.knows(*(invoice(f"C{n}") for n in range(30)))  # two batches
    engine.move_to(at(NIGHT, 6))
    engine.invoke("PlanRunFunction", {"kind": "tick"})
    assert len(engine.messages("AccountsQueue")) == 2
    engine.invoke("PlanRunFunction", {"kind": "tick"})  # twice within seconds: the second changes nothing
    assert len(engine.messages("AccountsQueue")) == 2
    company.day()
    assert len(company.mails) == 30
    assert company.runs() == {NIGHT.isoformat(): "complete"}


def test_a_reader_of_two_roles_gets_one_copy(engine: Engine) -> None:
    company = Company(engine)
    both = replace(
        invoice("C1", an_item("I1", due_on=NIGHT - timedelta(days=91))),
        contacts=(ap("C1", "one@customer.example"), ap("C1", "one@customer.example", "ap_manager")),
    )
    company.knows(both)
    company.day()
    assert [mail.to for mail in company.mails] == [("one@customer.example",)]
