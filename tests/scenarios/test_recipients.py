"""Who gets the mail: nobody before go-live, one address of ours when diverted, somebody asked where data is missing."""

from datetime import timedelta

import pytest

from functions.shared.store import config
from local.engine import Engine
from tests.builders import a_policy, an_entity, an_item, people
from tests.scenarios.company import ENTITY, NIGHT, SENDER, Company, ap, invoice

LATE = NIGHT - timedelta(days=91)  # due then: everything at once


def test_a_new_stack_sends_nothing_until_go_live_and_then_what_is_due(engine: Engine) -> None:
    company = Company(engine, live=False)
    company.knows(invoice("C1"), invoice("C2", an_item("I2", customer="C2", due_on=LATE)))
    company.day(NIGHT + timedelta(days=3))
    assert engine.outbox == []
    assert engine.ses.requests == 0
    assert (company.notices(), company.tasks()) == ([], [])
    assert company.reasons() == ["not_live"]
    assert config.set_live(ENTITY)
    company.day(NIGHT + timedelta(days=4))
    assert len(company.mails) == 2


def test_one_entity_live_and_the_other_not(engine: Engine) -> None:
    company = Company(engine, an_entity(sender=SENDER), an_entity(id="E2", name="Other", sender=SENDER, live=False))
    company.knows(
        invoice("C1", an_item("I1"), contacts=[ap("C1")]),
        invoice("C1", an_item("I2"), contacts=[ap("C1")], entity="E2"),
    )
    company.day(NIGHT + timedelta(days=1))
    assert [notice.entity for notice in company.notices()] == [ENTITY]
    assert len(company.mails) == 1


def test_without_an_address_there_is_a_task_and_the_others_go_on(engine: Engine) -> None:
    company = Company(engine)
    company.knows(invoice("C1", contacts=[]), invoice("C2"))
    company.day()
    assert [to for _, to in company.sent()] == ["ap_contact.c2@customer.example"]
    assert (company.reasons(), company.account().facts.state.items) == (["step_due"], {})  # a letter waits to be posted
    (task,) = company.tasks("find-address")
    assert (task.state, task.customer, task.owner_role) == ("OPEN", "C1", "accounting")
    company.day(NIGHT + timedelta(days=1))
    assert len(company.tasks("find-address")) == 1
    company.knows(invoice("C1", contacts=[ap("C1")]))
    company.day(NIGHT + timedelta(days=2))
    assert len(company.mails) == 2
    company.day(NIGHT + timedelta(days=3))
    assert [task.state for task in company.tasks("find-address")] == ["CLOSED"]
    assert [task.state for task in company.tasks("post-letter")] == ["CLOSED"]  # a mail went in its place


@pytest.mark.parametrize(("contacts", "email", "reader"), [
    ([ap("C1"), ap("C1", role="main_contact")], "own@customer.example", "ap_contact.c1@customer.example"),
    ([ap("C1", off="left"), ap("C1", role="main_contact")], "own@customer.example", "main_contact.c1@customer.example"),
    ([ap("C1", off="left")], "own@customer.example", "own@customer.example"),
    ([ap("C1", email="umlaut@müller.example")], None, "umlaut@xn--mller-kva.example"),
])  # fmt: skip
def test_the_chain_of_readers(engine: Engine, contacts: list[object], email: str | None, reader: str) -> None:
    company = Company(engine)
    company.knows(invoice("C1", contacts=contacts, customer_changes={"email": email}))  # type: ignore[arg-type]
    company.day()
    assert [mail.to for mail in company.mails] == [(reader,)]


def test_an_address_that_no_mail_can_carry_is_a_task_and_no_doubt(engine: Engine) -> None:
    company = Company(engine)
    company.knows(invoice("C1", contacts=[ap("C1", f"x@{'ü' * 70}.example")]), invoice("C2"))
    company.day()
    assert [to for _, to in company.sent()] == ["ap_contact.c2@customer.example"]
    assert [task.customer for task in company.tasks("delivery-failed")] == ["C1"]
    assert (company.attention(), company.dead_letters()) == ([], {})


def test_a_role_that_nobody_holds_is_one_task_and_the_others_are_told(engine: Engine) -> None:
    staff = [person for person in people() if "accounting" in person.roles]
    company = Company(engine, staff=staff)
    for n in (1, 2):
        company.knows(invoice(f"C{n}", an_item(f"I{n}", customer=f"C{n}", due_on=NIGHT - timedelta(days=14))))
    company.day()
    assert len(company.mails) == 2
    assert [mail.to for mail in company.digests] == [(staff[0].email,)]
    tasks = company.tasks("assign-role")
    assert {task.note for task in tasks} == {"customer_service_manager", "sales_rep"}
    assert len(tasks) == 2


def test_one_of_our_people_without_an_address_is_a_task(engine: Engine) -> None:
    staff = [person.model_copy(update={"email": None}) for person in people()]
    company = Company(engine, staff=staff)
    company.knows(invoice("C1"))
    company.day()
    assert (len(company.mails), company.digests) == (1, [])
    assert [(task.kind, task.owner_role) for task in company.tasks()] == [("find-address", "accounting")]
    assert company.runs() == {NIGHT.isoformat(): "complete"}


def test_staff_is_told_in_the_digest_and_never_in_the_customers_mail(engine: Engine) -> None:
    company = Company(engine)
    company.knows(invoice("C1", an_item("I1", due_on=LATE), contacts=[ap("C1"), ap("C1", role="ap_manager")]))
    company.day()
    ours = {person.email for person in people()}
    (mail,) = company.mails
    assert not ours & {*mail.to, *mail.cc, *mail.bcc}
    assert {mail.to for mail in company.digests} <= {(email,) for email in ours}
    assert len(company.digests) == len({mail.to for mail in company.digests}) == 5


def test_our_people_read_along_where_the_step_says_so_and_nowhere_else(engine: Engine) -> None:
    told = {"customer": ["ap_contact"], "ours": ["accounting"], "copy": True}
    steps = [{"id": "b", "offset_days": 7, "level": 1, "template": "reminder", "audience": told}]
    company = Company(engine, policy=a_policy(steps=steps))
    company.knows(invoice("C1"))
    company.day()
    assert [(mail.to, mail.cc) for mail in company.mails] == [
        (("ap_contact.c1@customer.example",), ("accounting@example.test",))
    ]
