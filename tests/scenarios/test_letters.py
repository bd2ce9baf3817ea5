"""A step by letter: nothing is mailed, a person posts it and says so, and from then on it counts."""

from datetime import timedelta
from typing import Any

from functions.send_notices.attempt import Outcome
from functions.send_notices.posted import letter_of, post_letter
from functions.shared.store.tasks import Task
from local.engine import Engine
from tests.builders import a_policy, an_item
from tests.scenarios.company import NIGHT, Company, ap, invoice

LETTER = {
    "id": "b", "offset_days": 7, "level": 1, "template": "reminder", "channel": "letter",
    "audience": {"customer": ["ap_contact"]},
}  # fmt: skip


def test_a_letter_is_a_task_until_somebody_has_posted_it(engine: Engine) -> None:
    company = Company(engine, policy=a_policy(steps=[LETTER]))
    company.knows(invoice())
    company.day()
    company.day(NIGHT + timedelta(days=1))
    assert company.mails == []
    (task,) = company.tasks("post-letter")
    assert (task.state, task.note) == ("OPEN", company.notice().id)
    assert "INV-C1-I1" in (letter_of(task.note, engine.now) or "")
    assert company.account().facts.state.item("C1-I1").level == 0
    assert [post_letter(task.note, engine.now) for _ in range(2)] == [Outcome.ACCEPTED, Outcome.DUPLICATE]
    assert company.account().facts.state.item("C1-I1").level == 1
    company.day(NIGHT + timedelta(days=2))
    assert (company.mails, len(company.notices())) == ([], 1)


def test_a_letter_that_is_not_wanted_any_more_is_not_asked_for(engine: Engine) -> None:
    company = Company(engine, policy=a_policy(steps=[LETTER]))
    company.knows(invoice())
    company.day()
    company.is_paid("C1-I1", 10_000)
    company.day(NIGHT + timedelta(days=1))
    assert [task.state for task in company.tasks("post-letter")] == ["CLOSED"]
    assert letter_of(company.notice().id, engine.now) is None


ADDRESS = ("Hauptstr. 1", "80331 M\u00fcnchen")
STEPS = [
    {"id": "b", "offset_days": 7, "level": 1, "template": "reminder", "audience": {"customer": ["ap_contact"]}},
    {
        "id": "c", "offset_days": 14, "level": 2, "template": "final-notice", "adverse": "final_notice",
        "requires_step": ["b"], "audience": {"customer": ["ap_contact"]},
    },
]  # fmt: skip


def without_mail(engine: Engine, **changes: Any) -> Company:
    """One overdue invoice of a customer whom no mail reaches."""
    company = Company(engine, policy=a_policy(**changes))
    company.knows(invoice(contacts=[], customer_changes={"address": ADDRESS}))
    return company


def letter(company: Company) -> Task:
    """The one letter that is to be posted."""
    (task,) = [task for task in company.tasks("post-letter") if task.state == "OPEN"]
    return task


def test_who_has_no_address_for_mail_gets_a_letter_and_the_address_is_looked_for(engine: Engine) -> None:
    company = without_mail(engine)
    company.day()
    assert company.mails == []
    assert sorted(task.kind for task in company.tasks()) == ["find-address", "post-letter"]
    words = letter_of(letter(company).note, engine.now) or ""
    assert words.startswith("Customer One\nHauptstr. 1\n80331 M\u00fcnchen\n\n")
    assert "INV-C1-I1" in words
    assert post_letter(letter(company).note, engine.now) is Outcome.ACCEPTED
    state = company.account().facts.state
    assert (state.item("C1-I1").level, company.notice().channel) == (1, "letter")
    company.day(NIGHT + timedelta(days=2))
    assert (company.mails, len(company.notices()), company.attention()) == ([], 1, [])
    assert [task.state for task in company.tasks("find-address")] == ["OPEN"]


def test_with_an_address_the_mail_goes_and_no_letter_is_asked_for(engine: Engine) -> None:
    company = without_mail(engine)
    company.day()
    company.knows(invoice())
    company.day(NIGHT + timedelta(days=1))
    assert len(company.mails) == 1
    assert {(task.kind, task.state) for task in company.tasks()} == {
        ("find-address", "CLOSED"), ("post-letter", "CLOSED"),
    }  # fmt: skip
    assert (company.notice().channel, company.account().facts.state.item("C1-I1").level) == ("email", 1)


def test_an_address_lost_before_the_mail_left_makes_it_a_letter(engine: Engine) -> None:
    company = Company(engine, policy=a_policy())
    company.knows(invoice())
    company.night()
    company.learns(contacts=(ap("C1", off="left"),))
    company.day()
    assert company.mails == []
    assert post_letter(letter(company).note, engine.now) is Outcome.ACCEPTED
    assert (company.notice().channel, company.account().facts.state.item("C1-I1").level) == ("letter", 1)


def test_a_letter_is_posted_on_whatever_day(engine: Engine) -> None:
    company = without_mail(engine, send_days="business_days")
    friday, sunday = NIGHT + timedelta(days=4), NIGHT + timedelta(days=6)
    company.day(friday)
    company.day(sunday)
    task = letter(company)
    assert letter_of(task.note, engine.now)
    assert post_letter(task.note, engine.now) is Outcome.ACCEPTED
    assert company.account().facts.state.item("C1-I1").last_on == sunday


def test_a_letter_is_delivered_three_days_after_it_was_posted_and_final_steps_go_by_that(engine: Engine) -> None:
    company = without_mail(engine, steps=STEPS)
    company.day()
    post_letter(letter(company).note, engine.now)
    sent = company.account().facts.state.item("C1-I1").sent["b"]
    assert (sent.accepted_on, sent.arrived_on(really=True)) == (NIGHT, NIGHT + timedelta(days=3))
    company.day(NIGHT + timedelta(days=7))
    assert [task.state for task in company.tasks("post-letter")] == ["OPEN"]  # the first; nothing final without address
    assert len(company.notices()) == 1
    company.knows(invoice())
    company.day(NIGHT + timedelta(days=8))
    assert len(company.mails) == 1
    assert company.account().facts.state.item("C1-I1").level == 2


def test_what_is_only_coming_due_is_not_worth_a_letter(engine: Engine) -> None:
    company = Company(engine, policy=a_policy())
    company.knows(invoice("C1", an_item("C1-I1", due_on=NIGHT + timedelta(days=7)), contacts=[]))
    company.day()
    assert [task.kind for task in company.tasks()] == ["find-address"]
    assert (company.notices(), company.reasons()) == ([], ["no_address"])
