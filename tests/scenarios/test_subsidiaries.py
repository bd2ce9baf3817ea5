"""Invoices asked for at the parent, with a copy to the company that owes them: whole nights of `chase_at: both`."""

from dataclasses import replace
from datetime import timedelta

import pytest

from core.delivery import NoticeState
from core.formats.changes import AccountChanges
from core.remark import Remark
from functions.shared.store import config, remarks
from local import rehearsals
from local.engine import Engine
from tests.builders import an_item
from tests.scenarios.company import ENTITY, NIGHT, Company, ap, invoice, kind_of

BOTH = {"name": "Subsidiary One", "parent": "C1", "chase_at": "both", "language": "de"}
PARENT, SUB = "ap_contact.c1@customer.example", "ap_contact.s1@customer.example"


def of(id_: str = "S1", **changes: str) -> AccountChanges:
    """The ledger of a subsidiary with one invoice."""
    return invoice(id_, an_item(f"{id_}-I1", customer=id_), customer_changes={**BOTH, **changes})


def a_group(engine: Engine, **changes: str) -> Company:
    company = Company(engine)
    company.knows(invoice("C1"), of(**changes), of("S2", chase_at="parent", name="Subsidiary Two"))
    return company


def test_the_subsidiary_gets_a_copy_of_its_own_part_and_climbs_nowhere(engine: Engine) -> None:
    company = a_group(engine)
    company.day()
    assert company.sent() == [(NIGHT, PARENT), (NIGHT, SUB)]
    message, copy = company.mails
    assert all(number in message.text for number in ("INV-C1-I1", "INV-S1-I1", "INV-S2-I1", "Subsidiary One"))
    assert "INV-S1-I1" in copy.text
    assert "Customer One" in copy.text  # to whom the message went
    assert not any(other in copy.text + copy.html for other in ("INV-C1-I1", "INV-S2-I1", "300.00", "Subsidiary Two"))
    assert (copy.cc, message.cc, message.to, copy.to) == ((), (), (PARENT,), (SUB,))
    (kept,) = company.notices("copy")
    assert (kept.state, kept.steps, kept.totals) == (NoticeState.DELIVERED, (), {"EUR": 10_000})
    assert company.slots(SUB) == {NIGHT.isoformat(): (kept.id,)}  # one person's contact budget counts it
    assert company.account().facts.state.item("S1-I1").attempts == 1
    assert company.account("S1").facts.state.items == {}
    company.day(NIGHT + timedelta(days=1))
    assert len(company.mails) == 2
    assert (company.attention(), company.dead_letters(), company.queued()) == ([], {}, 0)


def test_what_was_remarked_to_the_parent_is_not_in_the_copy(engine: Engine) -> None:
    company = a_group(engine)
    offer = Remark(id="r1", text="2 % for the wait.", by="sales_rep", written_on=NIGHT)
    assert remarks.write(ENTITY, "C1", offer)
    company.day()
    message, copy = company.mails
    assert [offer.text in mail.text for mail in (message, copy)] == [True, False]


def test_the_next_step_is_copied_again_in_the_words_that_the_parent_reads(engine: Engine) -> None:
    company = a_group(engine)
    company.day()
    company.knows(invoice("C1", customer_changes={"hardship": True}))
    company.day(NIGHT + timedelta(days=7))
    assert [to for _, to in company.sent()] == [PARENT, SUB, PARENT, SUB]
    assert [kind_of(mail) for mail in company.mails[2:]] == ["friendly", "friendly"]  # by its step a warning


def test_nobody_is_asked_for_what_an_insolvent_subsidiary_owes(engine: Engine) -> None:
    company = a_group(engine)
    company.day()
    company.knows(replace(of(), customer=of().customer.model_copy(update={"insolvent": True}), items=()))
    woken = company.account().next_check_on
    assert woken is not None  # the parent's, at once
    assert woken <= NIGHT
    planned = rehearsals.read(config.read(), company.entities[0], "C1", NIGHT)  # what a plan would carry out
    assert planned is not None
    assert [hold.item for hold in planned.record.facts.holds] == ["S1-I1"]
    company.day(NIGHT + timedelta(days=7))
    (later,) = company.mails[2:]
    assert [number in later.text for number in ("INV-C1-I1", "INV-S1-I1", "INV-S2-I1")] == [True, False, True]


def test_what_the_subsidiary_paid_before_its_hours_is_not_copied(engine: Engine) -> None:
    company = a_group(engine, zone="America/Los_Angeles")
    company.until(engine.now.replace(hour=12, minute=0))
    assert company.sent() == [(NIGHT, PARENT)]
    company.is_paid("S1-I1", 10_000)
    company.day()
    assert company.sent() == [(NIGHT, PARENT)]
    assert [(copy.state, copy.reason) for copy in company.notices("copy")] == [(NoticeState.CANCELLED, "settled")]
    assert company.attention() == []


@pytest.mark.parametrize("reason", ["hard bounce", "left"])
def test_an_address_that_is_off_is_not_written_to(engine: Engine, reason: str) -> None:
    company = Company(engine)
    off = invoice(
        "S1", an_item("S1-I1", customer="S1"), contacts=[ap("S1", off=reason)], customer_changes={**BOTH, "email": None}
    )
    company.knows(invoice("C1"), off)
    company.day()
    assert company.sent() == [(NIGHT, PARENT)]
    assert [(copy.state, copy.reason) for copy in company.notices("copy")] == [(NoticeState.CANCELLED, "no_address")]


def test_a_copy_that_bounces_turns_its_address_off_and_takes_nothing_back(engine: Engine) -> None:
    company = Company(engine)
    contacts = [ap("S1", "bounce@customer.example"), ap("S1", role="main_contact")]
    company.knows(
        invoice("C1"), invoice("S1", an_item("S1-I1", customer="S1"), contacts=contacts, customer_changes=BOTH)
    )
    company.day()
    assert [to for _, to in company.sent()] == [PARENT, "bounce@customer.example"]
    assert [task.customer for task in company.tasks("fix-address")] == ["S1"]
    assert company.account().facts.state.item("S1-I1").level == 1
    company.day(NIGHT + timedelta(days=7))
    assert [to for _, to in company.sent()][2:] == [PARENT, "main_contact.s1@customer.example"]


def test_a_reader_who_is_written_to_often_enough_gets_the_copy_later(engine: Engine) -> None:
    company = Company(engine)
    busy = ap("S1", PARENT.replace("c1", "c2"))
    company.knows(
        invoice("C2"),
        invoice("C1", contacts=[ap("C1", zone="America/Los_Angeles")]),
        invoice("S1", an_item("S1-I1", customer="S1"), contacts=[busy], customer_changes=BOTH),
    )
    company.day()
    assert [to for _, to in company.sent()] == [busy.email, PARENT]
    company.day(NIGHT + timedelta(days=1))
    assert company.sent()[2:] == [(NIGHT + timedelta(days=1), busy.email)]
