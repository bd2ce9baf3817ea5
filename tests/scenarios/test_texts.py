"""Text messages in a night: only to who has agreed and where the entity has a number; else the same goes by mail."""

import re
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest

from core.ledger import Contact
from core.policy.schema import Policy
from functions.shared.store.notices import NoticeRecord
from local.engine import Engine
from tests.builders import a_policy, an_entity
from tests.replay.night import as_operator
from tests.scenarios.company import NIGHT, SENDER, Company, ap, at, invoice

NUMBER = "arn:aws:sms-voice:eu-west-1:123456789012:phone-number/phone-1"
WHATSAPP = "phone-number-id-0a1b"
PHONE = "+4915550001234"


def by_text(channel: str = "sms") -> Policy:
    step = {"id": "b", "offset_days": 7, "level": 1, "template": "reminder", "audience": {"customer": ["ap_contact"]}}
    return a_policy(steps=[{**step, "channel": channel}])


def reader(**changes: Any) -> Contact:
    return ap("C1", **{"phone": PHONE, "texts": ("sms", "whatsapp"), **changes})


def company(engine: Engine, contact: Contact, policy: Policy | None = None, **entity: Any) -> Company:
    sends = {"sms_sender": NUMBER, "whatsapp_sender": WHATSAPP, **entity}
    made = Company(engine, an_entity(sender=SENDER, live=True, **sends), policy=policy or by_text())
    made.knows(invoice(contacts=[contact]))
    made.day()
    return made


def the_notice(made: Company) -> NoticeRecord:
    (notice,) = made.notices()
    return notice


@pytest.fixture(scope="module")
def opened() -> Iterator[Engine]:
    numbers = {"SmsSenderArn": NUMBER, "WhatsAppNumberId": WHATSAPP}
    with Engine(start=at(NIGHT, 5, 30), parameters=numbers) as engine, as_operator(engine):
        yield engine


def test_who_has_agreed_gets_one_text_and_it_counts_as_the_step(engine: Engine) -> None:
    made = company(engine, reader())
    (text,) = made.mails
    assert (text.to, text.sender, text.html) == ((PHONE,), NUMBER, "")
    assert "INV-C1-I1" in text.text
    assert "€100.00" in text.text
    assert text.text.endswith("Reply STOP to end these messages.")
    notice = the_notice(made)
    assert (notice.state, notice.channel) == ("ACCEPTED", "sms")
    made.day(NIGHT + timedelta(days=1))
    assert len(made.mails) == 1


def test_where_the_entity_has_a_page_the_text_leads_there(engine: Engine) -> None:
    made = company(engine, reader(), page_url="https://pay.example.com/c")
    (text,) = made.mails
    assert re.search(r"https://pay\.example\.com/c/pay/\S+", text.text)
    assert (the_notice(made).channel, text.attachments) == ("sms", ())


def test_whatsapp_sends_a_registered_template_with_its_values(engine: Engine) -> None:
    made = company(engine, reader(), by_text("whatsapp"))
    (text,) = made.mails
    name, *values = text.text.splitlines()
    assert name == "pastdue_overdue_one_ask (en)"
    assert values[:2] == ["Example Machines", "INV-C1-I1"]


@pytest.mark.parametrize(
    ("contact", "entity"),
    [({"texts": ()}, {}), ({"texts": ("whatsapp",)}, {}), ({"phone": None}, {}), ({}, {"sms_sender": None})],
)
def test_else_the_same_goes_by_mail(engine: Engine, contact: dict[str, Any], entity: dict[str, Any]) -> None:
    made = company(engine, reader(**contact), **entity)
    (mail,) = made.mails
    assert mail.to == ("ap_contact.c1@customer.example",)
    assert "INV-C1-I1" in mail.html


def test_a_number_that_has_opted_out_is_left_for_good_and_the_reader_gets_a_mail(engine: Engine) -> None:
    made = company(engine, reader(phone="+4915550000000"))
    assert made.mails == []
    assert the_notice(made).state == "FAILED"
    made.day(NIGHT + timedelta(days=1))
    (mail,) = made.mails
    assert mail.to == ("ap_contact.c1@customer.example",)
