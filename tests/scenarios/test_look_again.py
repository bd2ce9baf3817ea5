"""What becomes known between the decision at six and the mail at eight: cancels it, restates it, or makes it wait."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from core.delivery import NoticeState
from core.ledger import Credit, CreditKind, Dispute, Hold, Promise
from functions.shared.store import config
from local.engine import Engine
from local.engine.ses_script import delivered, paused
from tests.builders import DUE, a_policy, an_item
from tests.scenarios.company import ENTITY, NIGHT, Company, ap, at, invoice

READER = "ap_contact.c1@customer.example"
News = Callable[[Company], None]


def decided(engine: Engine, *items: Any) -> Company:
    """A notice over 100.00 EUR, or these items, decided at six and waiting for eight o'clock."""
    company = Company(engine)
    company.knows(invoice("C1", *items))
    company.night()
    assert [notice.state for notice in company.notices()] == [NoticeState.PLANNED]
    return company


def booked(minor: int, kind: CreditKind = CreditKind.CREDIT_NOTE) -> tuple[Credit, ...]:
    return (Credit(id="K1", kind=kind, currency="EUR", open_minor=minor, booked_on=NIGHT),)


CANCELLED: dict[str, tuple[News, str]] = {
    "paid in full": (lambda company: company.is_paid("I1", 10_000), "settled"),
    "paid too much": (lambda company: company.is_paid("I1", 12_000), "settled"),
    "paid for the greater part, so the level rests": (lambda c: c.is_paid("I1", 9_000, part=True), "part_paid"),
    "credit note over all of it": (lambda company: company.learns(credits=booked(10_000)), "paid_by_credit"),
    "cash that nobody has applied": (
        lambda company: company.learns(credits=booked(10_000, CreditKind.PAYMENT)), "paid_by_credit",
    ),
    "dispute": (lambda c: c.learns(disputes=(Dispute(id="D", item="I1", opened_on=NIGHT),)), "disputed"),
    "promise": (
        lambda company: company.learns(
            promises=(Promise(id="P", item="I1", promised_on=NIGHT + timedelta(days=3), made_on=NIGHT),)
        ),
        "promised",
    ),
    "hold on the customer": (lambda c: c.learns(holds=(Hold(id="H", until=NIGHT + timedelta(days=5)),)), "on_hold"),
    "hold on the item": (lambda c: c.learns(holds=(Hold(id="H", item="I1", until=NIGHT),)), "on_hold"),
    "insolvency": (lambda c: c.knows(invoice("C1", an_item("I1"), customer_changes={"insolvent": True})), "insolvent"),
    "excluded": (lambda company: company.knows(invoice("C1", an_item("I1", policy="none"))), "excluded"),
}  # fmt: skip


@pytest.mark.parametrize("news", CANCELLED)
def test_f23_f25_cancelled_with_its_reason(engine: Engine, news: str) -> None:
    arrives, reason = CANCELLED[news]
    company = decided(engine, an_item("I1"))
    arrives(company)
    company.day()
    assert company.mails == []
    assert company.states() == [(NoticeState.CANCELLED, reason)]
    assert company.slots(READER) == {}
    state = company.account().facts.state
    assert (state.waiting, state.seq, {i.level for i in state.items.values()}) == ({}, {"account": 1}, set())
    assert (company.attention(), company.dead_letters()) == ([], {})


RESTATED: dict[str, tuple[News, tuple[str, ...], int]] = {
    "paid in small part": (lambda company: company.is_paid("I1", 900, part=True), ("€91.00",), 9_100),
    "credit note on the item": (lambda company: company.is_paid("I1", 3_000, "CN1"), ("€70.00",), 7_000),
    "credit note on nothing": (lambda c: c.learns(credits=booked(2_550)), ("€25.50", "€74.50"), 7_450),
    "dispute of a part": (
        lambda c: c.learns(disputes=(Dispute(id="D", item="I1", amount_minor=4_000, opened_on=NIGHT),)),
        ("€60.00",),
        6_000,
    ),
    "promise of a part": (
        lambda company: company.learns(
            promises=(Promise(id="P", item="I1", amount_minor=1_000, promised_on=NIGHT, made_on=NIGHT),)
        ),
        ("€90.00",),
        9_000,
    ),
}  # fmt: skip


@pytest.mark.parametrize("news", RESTATED)
def test_f24_restated(engine: Engine, news: str) -> None:
    arrives, amounts, minor = RESTATED[news]
    company = decided(engine, an_item("I1"))
    arrives(company)
    company.day()
    (mail,) = company.mails
    for body in (mail.text, mail.html):
        assert all(amount in body for amount in amounts), body
    assert "Total" not in mail.text or f"€{minor / 100:.2f}" in mail.text
    assert dict(company.notice().totals) == {"EUR": minor}
    assert company.notice().state is NoticeState.DELIVERED
    assert company.account().facts.state.item("I1").level == 1


def test_f23_one_of_two_items_paid_leaves_the_other_in_the_mail_and_raises_only_that(engine: Engine) -> None:
    company = decided(engine, an_item("I1"), an_item("I2", open_minor=5_000))
    company.is_paid("I1", 10_000)
    company.day()
    (mail,) = company.mails
    assert ("INV-I2" in mail.text, "INV-I1" in mail.text, "€150.00" in mail.text) == (True, False, False)
    assert [due.item for due in company.notice().steps] == ["I2"]
    assert {item: state.level for item, state in company.account().facts.state.items.items()} == {"I2": 1}


def test_f25_a_hold_on_one_item_leaves_the_other(engine: Engine) -> None:
    company = decided(engine, an_item("I1"), an_item("I2", open_minor=5_000))
    company.learns(holds=(Hold(id="H", item="I1", until=NIGHT + timedelta(days=3)),))
    company.day()
    (mail,) = company.mails
    assert "INV-I1" not in mail.text
    assert dict(company.notice().totals) == {"EUR": 5_000}


def test_f24_a_part_payment_restates_the_daily_reminder(engine: Engine) -> None:
    company = decided(engine, an_item("I1", due_on=DUE - timedelta(days=90)))
    company.day()
    company.night(NIGHT + timedelta(days=1))
    company.is_paid("I1", 4_000, part=True)
    company.day(NIGHT + timedelta(days=1))
    _, mail = company.mails
    assert "€60.00" in mail.text


def test_an_invoice_that_came_meanwhile_is_listed_but_not_raised(engine: Engine) -> None:
    """What is looked at again may only shrink in what it does; what it lists is the truth of the moment."""
    company = decided(engine, an_item("I1"))
    company.knows(invoice("C1", an_item("I2", due_on=DUE - timedelta(days=1), open_minor=700)))
    company.day()
    (mail,) = company.mails
    assert "INV-I2" in mail.text
    assert [due.item for due in company.notice().steps] == ["I1"]
    company.day(NIGHT + timedelta(days=1))
    assert [[due.item for due in n.steps] for n in sorted(company.notices(), key=lambda n: n.as_of)] == [["I1"], ["I2"]]


def test_another_policy_of_the_customer_is_heard_first(engine: Engine) -> None:
    """Given at seven to whom nobody shall remind: the mail of the policy before waits for the night, which drops it."""
    company = decided(engine, an_item("I1"))
    assert config.put_policy(a_policy(policy="by-hand", advance="none"), was=0)
    company.knows(invoice("C1", an_item("I1"), customer_changes={"policy": "by-hand"}))
    company.day()
    assert company.states() == [(NoticeState.PLANNED, None)]
    engine.move_to(at(NIGHT + timedelta(days=1), 5, 55))
    company.night(NIGHT + timedelta(days=1))
    assert (company.mails, company.states()) == ([], [(NoticeState.CANCELLED, "no_ladder")])


def test_a_new_address_gets_the_mail(engine: Engine) -> None:
    company = decided(engine, an_item("I1"))
    company.knows(invoice("C1", an_item("I1"), contacts=[ap("C1", "new@customer.example")]))
    company.day()
    assert [mail.to for mail in company.mails] == [("new@customer.example",)]


@pytest.mark.parametrize("switch", ["the entity", "everything"])
def test_switched_off_it_waits_and_goes_once_switched_on(engine: Engine, switch: str) -> None:
    def turn(*, on: bool) -> None:
        if switch == "the entity":
            assert config.set_live(ENTITY, live=on)
        else:
            config.pause(paused=not on)

    company = decided(engine, an_item("I1"))
    turn(on=False)
    company.until(at(NIGHT, 11))
    assert (company.mails, company.slots(READER)) == ([], {})
    notice = company.notice()
    assert (notice.state, notice.waits_for, notice.attempt) == (NoticeState.PLANNED, "switch", 1)
    turn(on=True)
    company.until(at(NIGHT, 11, 30))
    assert len(company.mails) == 1
    assert company.notice().state is NoticeState.DELIVERED


def test_switched_off_over_night_it_is_cancelled_and_planned_anew_after(engine: Engine) -> None:
    company = decided(engine, an_item("I1"))
    assert config.set_live(ENTITY, live=False)
    company.until(at(NIGHT, 8, 30))
    engine.move_to(at(NIGHT + timedelta(days=1), 5, 55))
    company.day(NIGHT + timedelta(days=1))
    assert company.states() == [(NoticeState.CANCELLED, "not_live")]
    assert (company.mails, company.reasons()) == ([], ["not_live"])
    assert config.set_live(ENTITY)
    company.day(NIGHT + timedelta(days=2))
    assert [mail.sent_at.date() for mail in company.mails] == [NIGHT + timedelta(days=2)]


def test_a_switch_at_the_last_moment_is_seen(engine: Engine) -> None:
    """Turned while the sender already works on the notice, before its call."""
    company = decided(engine, an_item("I1"))

    def hook(call: Any) -> None:
        if call.function == "SendNoticesFunction":
            engine.faults.clear()
            sender, engine.calls.function = engine.calls.function, None
            config.pause(paused=True)
            engine.calls.function = sender

    engine.faults.add(hook)
    company.day()
    assert company.mails == []
    assert company.notice().waits_for == "switch"


def test_outside_the_hours_it_waits_for_the_next_morning(engine: Engine) -> None:
    """Decided in time, but the mail provider was closed until the evening."""
    company = decided(engine, an_item("I1"))
    engine.ses.behaviour = lambda mail: paused() if mail.sent_at < at(NIGHT, 18) else delivered()
    company.until(at(NIGHT, 9))
    engine.move_to(at(NIGHT, 17, 15))  # what the sweeps of the day do, those of the last hour do
    company.day()
    assert company.mails == []
    assert company.slots(READER) == {}
    company.day(NIGHT + timedelta(days=1))
    (mail,) = company.mails
    assert mail.sent_at == at(NIGHT + timedelta(days=1), 8)
