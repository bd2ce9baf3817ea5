"""What a customer did is answered the next morning, once, where the policy says so."""

from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest

from core.decide.answers import Wrong
from core.keys import address_hash
from core.ledger import Dispute, Instalment, Plan, Promise
from core.plans import invoices_of
from functions.shared.answers import correct
from functions.shared.store import config, reach
from local.engine import Engine
from tests.builders import DUE, a_policy, an_item
from tests.scenarios.company import NIGHT, Company, at, invoice, kind_of

DAY = timedelta(days=1)
READER = "ap_contact.c1@customer.example"
ALL = ("promise", "plan", "dispute")


def company_of(engine: Engine, *acknowledge: str, **changes: Any) -> Company:
    company = Company(engine, policy=a_policy(acknowledge=acknowledge, **changes))
    company.knows(invoice())
    company.day(NIGHT - DAY)  # the first reminder has gone, or will go: not what is looked at here
    return company


def promise(item: str = "C1-I1", name: str = "P", **changes: Any) -> Promise:
    values: dict[str, Any] = {"id": name, "item": item, "promised_on": NIGHT + 4 * DAY, "made_on": NIGHT - DAY}
    return Promise(**(values | changes))


def answers(company: Company) -> list[tuple[date, str]]:
    kinds = ("promise-confirmed", "plan-agreed", "dispute-received")
    return [(mail.sent_at.date(), kind_of(mail)) for mail in company.mails if kind_of(mail) in kinds]


FACTS: dict[str, dict[str, Any]] = {
    "promise-confirmed": {"promises": (promise(),)},
    "plan-agreed": {
        "plans": (
            Plan(
                id="L",
                items=("C1-I1",),
                agreed_on=NIGHT,
                instalments=(
                    Instalment(due_on=NIGHT + 9 * DAY, minor=4_000),
                    Instalment(due_on=NIGHT + 40 * DAY, minor=6_000),
                ),
            ),
        )
    },
    "dispute-received": {
        "disputes": (
            Dispute(id="D", item="C1-I1", opened_on=NIGHT, by_customer=True, owner="accounting", amount_minor=2_500),
        )
    },
}


@pytest.mark.parametrize("kind", FACTS)
def test_each_is_answered_once(engine: Engine, kind: str) -> None:
    company = company_of(engine, *ALL)
    company.learns(**FACTS[kind])
    company.day()
    assert answers(company) == [(NIGHT, kind)]
    company.learns()  # the account is decided again
    company.day(NIGHT + DAY)
    company.day(NIGHT + 2 * DAY)
    assert answers(company) == [(NIGHT, kind)]


def test_nobody_answers_unless_the_policy_says_so(engine: Engine) -> None:
    company = company_of(engine, "dispute")
    company.learns(**FACTS["promise-confirmed"])
    company.day()
    assert answers(company) == []


def test_two_promises_of_one_day_are_one_answer(engine: Engine) -> None:
    company = company_of(engine, "promise")
    company.knows(invoice("C1", an_item("A", customer="C1"), an_item("B", customer="C1")))
    company.learns(promises=(promise("A", "P1", amount_minor=3_000), promise("B", "P2")))
    company.day()
    (mail,) = [mail for mail in company.mails if kind_of(mail) == "promise-confirmed"]
    text = " ".join(mail.text.split())
    assert "€130.00" in text
    assert mail.to == (READER,)
    assert "References" in dict(mail.headers)  # it stands in the conversation of the invoice


def test_what_was_answered_is_not_told_again_with_what_comes_later(engine: Engine) -> None:
    company = company_of(engine, "promise")
    company.knows(invoice("C1", an_item("A", customer="C1"), an_item("B", customer="C1")))
    company.learns(promises=(promise("A", "P1"),))
    company.day()
    company.learns(promises=(promise("A", "P1"), promise("B", "P2")))  # of the same day, entered later
    company.day(NIGHT + DAY)
    texts = [mail.text for mail in company.mails if kind_of(mail) == "promise-confirmed"]
    assert [text.count("- ") for text in texts] == [1, 1]
    company.is_paid("A", 10_000)
    company.day(NIGHT + 2 * DAY)
    assert len(answers(company)) == 2
    company.day(NIGHT + 9 * DAY)
    assert not [mark for mark in company.account().facts.state.done if mark.startswith("answered:")]  # forgotten


def test_what_was_taken_back_is_not_answered(engine: Engine) -> None:
    company = company_of(engine, "promise")
    company.learns(promises=(promise(),))
    company.night()
    company.learns(promises=(promise(outcome="cancelled", ended_on=NIGHT),))
    company.day()
    assert answers(company) == []


def test_an_old_fact_is_not_answered(engine: Engine) -> None:
    company = company_of(engine, "promise")
    company.learns(promises=(promise(made_on=NIGHT - 6 * DAY),))
    company.day()
    assert answers(company) == []


def test_an_answer_keeps_the_hours_and_takes_no_turn_of_a_reminder(engine: Engine) -> None:
    company = company_of(engine, "promise")
    before = company.slots(READER)
    company.learns(promises=(promise(),))
    company.night()
    assert answers(company) == []  # before anybody may be written to
    company.until(at(NIGHT, 12))
    assert answers(company) == [(NIGHT, "promise-confirmed")]
    assert company.slots(READER) == before


def test_nobody_is_answered_at_an_address_that_is_off(engine: Engine) -> None:
    company = company_of(engine, "promise")
    reach.switch_off(address_hash(READER), "hard bounce")
    company.learns(promises=(promise(),))
    company.day()
    assert answers(company) == []


def test_an_insolvent_customer_is_not_answered(engine: Engine) -> None:
    company = company_of(engine, "promise")
    company.knows(replace(invoice(customer_changes={"insolvent": True}), items=(), promises=(promise(),)))
    company.day()
    assert answers(company) == []


@pytest.mark.parametrize(("why", "said"), [("wrong", "was not right"), ("overtaken", "has been overtaken")])
def test_a_message_is_put_right_once(engine: Engine, why: Wrong, said: str) -> None:
    company = company_of(engine)
    company.day(NIGHT)
    notice = company.notice()
    assert notice.accepted_on == NIGHT
    company.is_paid("C1-I1", 10_000)
    told = {correct(notice, why, config.read(), engine.now) for _ in range(2)}
    company.day(NIGHT + DAY)
    assert None not in told
    assert len(told) == 1
    (mail,) = [mail for mail in company.mails if kind_of(mail) == "correction"]
    text = " ".join(mail.text.split())
    assert said in text
    assert "nothing of invoice " in text
    assert mail.to == (READER,)


def test_every_invoice_that_a_wrong_message_listed_is_put_right(engine: Engine) -> None:
    """Only those whose step was due were named: of the others the reader still believed what was wrong."""
    company = company_of(engine)
    company.knows(invoice("C1", an_item("C1-I2", customer="C1", due_on=DUE + 4 * DAY)))  # listed, and no step due
    company.day(NIGHT)
    (notice,) = company.notices()
    assert {due.item for due in notice.steps} == {"C1-I1"}
    correct(notice, "wrong", config.read(), engine.now)
    company.day(NIGHT + DAY)
    (mail,) = [mail for mail in company.mails if kind_of(mail) == "correction"]
    assert "INV-C1-I1" in mail.text
    assert "INV-C1-I2" in mail.text


def test_an_instalment_is_put_right_as_the_invoices_of_its_plan() -> None:
    plan = Plan(id="PL", items=("A", "B"), agreed_on=NIGHT, instalments=(Instalment(due_on=NIGHT, minor=1),))
    assert invoices_of(("PL/1", "C", "PL/rest/B", "A"), [plan]) == ("A", "B", "C")


def test_what_reached_nobody_is_not_put_right(engine: Engine) -> None:
    company = company_of(engine)
    company.night()
    assert correct(company.notice(), "wrong", config.read(), engine.now) is None
