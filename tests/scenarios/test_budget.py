"""One person who reads for several accounts is written to once a day; whoever waits longest goes first."""

from datetime import timedelta

import pytest

from core.delivery import NoticeState
from core.ledger import Hold
from local.engine import Call, Engine, Killed, Moment
from tests.builders import a_policy, an_item
from tests.scenarios.company import NIGHT, Company, ap, at, invoice

SHARED = "shared@customer.example"
DAILY = NIGHT - timedelta(days=92)  # due then: a reminder every day


def days(count: int) -> list[object]:
    return [NIGHT + timedelta(days=n) for n in range(count)]


def shared(engine: Engine, *customers: str, due_on: object = None, **how: object) -> Company:
    """Accounts that all have the same AP contact."""
    company = Company(engine, **how)  # type: ignore[arg-type]
    changes = {} if due_on is None else {"due_on": due_on}
    company.knows(
        *(
            invoice(name, an_item(f"{name}-I", customer=name, **changes), contacts=[ap(name, SHARED)])
            for name in customers
        )
    )
    return company


def who(company: Company) -> list[str]:
    """The customers in the order in which mail about them went."""
    by_id = {notice.id: notice.customer for notice in company.notices()}
    return [by_id[mail.tags["notice_id"]] for mail in company.mails]


def test_one_mail_a_day_and_the_others_on_the_next_days(engine: Engine) -> None:
    company = shared(engine, "C1", "C2", "C3")
    company.day()
    assert len(company.mails) == 1
    waiting = [notice for notice in company.notices() if notice.state is NoticeState.PLANNED]
    assert [(n.waits_for, n.not_before) for n in waiting] == [("budget", at(NIGHT + timedelta(days=1), 8))] * 2
    assert [len(ids) for ids in company.slots(SHARED).values()] == [1]
    company.day(NIGHT + timedelta(days=4))
    assert [day for day, _ in company.sent()] == days(3)
    assert sorted(who(company)) == ["C1", "C2", "C3"]
    assert company.attention() == []


def test_accounts_that_write_every_day_take_turns(engine: Engine) -> None:
    company = shared(engine, "C1", "C2", "C3", due_on=DAILY)
    company.day(NIGHT + timedelta(days=5))
    assert [day for day, _ in company.sent()] == days(6)
    order = who(company)
    assert (sorted(order[:3]), order[3:]) == (["C1", "C2", "C3"], order[:3])


def test_three_in_seven_days(engine: Engine) -> None:
    policy = a_policy(budget={"per_day": 1, "per_seven_days": 3})
    company = shared(engine, "C1", due_on=DAILY, policy=policy)
    company.day(NIGHT + timedelta(days=9))
    assert [day for day, _ in company.sent()] == [*days(3), *[NIGHT + timedelta(days=n) for n in (7, 8, 9)]]


def test_after_three_business_days_of_waiting_a_person_is_asked_once(engine: Engine) -> None:
    company = shared(engine, "C1", "C2", "C3", "C4", "C5")
    company.day(NIGHT + timedelta(days=2))
    assert company.tasks("contact-budget") == []
    company.day(NIGHT + timedelta(days=6))
    tasks = company.tasks("contact-budget")
    assert {task.customer for task in tasks} == set(who(company)[3:])
    assert [(task.owner_role, task.due_on) for task in tasks] == [("accounting", NIGHT + timedelta(days=3))] * 2
    assert len(company.mails) == 5


def test_the_slot_of_a_cancelled_notice_is_free_the_same_day(engine: Engine) -> None:
    """Its worker died with the slot taken; then a hold came. The other account does not wait for it."""
    company = shared(engine, "C1", "C2")
    company.night()

    def dies(call: Call) -> None:
        taken = call.operation == "PutItem" and call.params["Item"]["pk"]["S"].startswith("REACH#")
        if taken and call.function == "SendNoticesFunction" and call.moment is Moment.AFTER:
            engine.faults.clear()
            raise Killed

    engine.faults.add(dies)
    with pytest.raises(Killed):
        company.until(at(NIGHT, 8))
    held = next(n for n in company.notices() if n.state is NoticeState.CLAIMED)
    assert [list(ids) for ids in company.slots(SHARED).values()] == [[held.id]]
    (other,) = {"C1", "C2"} - {held.customer}
    company.knows(invoice(held.customer, an_item(f"{held.customer}-I", customer=held.customer),
                          contacts=[ap(held.customer, SHARED)], holds=(Hold(id="H"),)))  # fmt: skip
    company.day()
    assert who(company) == [other]
    assert company.attention() == []


def test_readers_in_the_same_mail_have_each_their_own_budget(engine: Engine) -> None:
    """Who has none left is left out of it; the others are written to."""
    company = Company(engine)
    company.knows(
        invoice("C1", an_item("I1"), contacts=[ap("C1", SHARED)]),
        invoice("C2", an_item("I2", customer="C2", due_on=DAILY), contacts=[
            ap("C2", "own@customer.example"), ap("C2", SHARED, "ap_manager"),
        ]),
    )  # fmt: skip
    company.day()
    to = sorted(mail.to for mail in company.mails)
    alone = [("own@customer.example",), (SHARED,)]
    together = [("own@customer.example", SHARED)]
    assert to in (alone, together)
    assert sum(SHARED in mail.to for mail in company.mails) == 1
