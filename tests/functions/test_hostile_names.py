"""Hostile and odd names in every kind of message, read back with two parsers: they stay words in their place."""

from dataclasses import replace
from email import message_from_bytes, policy
from email.header import decode_header, make_header
from pathlib import Path
from typing import Any

import fast_mail_parser
import pytest

from core.decide.model import Recipient
from core.ledger import Contact, Person
from core.render.acknowledge import compose_answer
from core.render.compose import compose_customer_mail
from core.render.digest import compose_digest
from core.render.internal import compose_alert, compose_call_task, compose_proposal, compose_run_approval
from core.render.messages import MailKind
from core.render.render import AnyMail, Rendered
from functions.shared.wire_form import Mail, mime
from tests.core.answer_samples import (
    ANSWER_KINDS,
    CALL,
    COMMANDS,
    STOPPED,
    WAITING,
    an_answer,
    answered,
    call_facts,
)
from tests.core.answer_samples import an_item as an_open_item
from tests.core.render_samples import (
    ANNA,
    AS_OF,
    BEFORE_THE_DAY,
    CUSTOMER,
    ENTITY,
    READER,
    TODAY,
    a_line,
    a_plan,
    entry,
    rendered,
)

HOSTILE = {
    "all at once": "Ac\r\nBcc: thief@evil.example\r\n\r\n\x00\x1b[31m\u202eشركة evil\u202c <b> \u2066\u2028"
    "=?UTF-8?Q?=0D=0ABcc:_x?=<script>alert(1)</script>\"'><img src=x onerror=alert(1)>{{ 7*7 }}{% raw %}%(name)s",
    "long": "Ж<&" * 3_400,
}
KINDS = (*(kind.value for kind in MailKind), "proposal")
ODD = sorted(Path("../shared/data/inbound-mail/mime").glob("*.eml"))


def mail_of(kind: str, text: str) -> AnyMail:
    """A message of the kind in which every name, number and note is the same text."""
    entity = ENTITY.model_copy(
        update={"name": text, "address": (text,), "legal_lines": (text,), "page_url": "https://pay.example/c"}
    )
    customer = CUSTOMER.model_copy(update={"name": text, "id": text})
    reader = Recipient(contact="k", role="ap_contact", name=text, email=READER.email, language="en", zone="UTC")
    person = Person(id="anna", name=text, email=ANNA.email, phone=text, roles=("accounting",))
    facts = replace(
        call_facts(),
        customer=customer,
        items=(an_open_item(text, id="i"),),
        contacts=(Contact(id="k", customer="C", name=text, email=text, phone=text),),
    )
    if kind in ANSWER_KINDS:
        return compose_answer(an_answer(kind, (answered(text),)), entity, customer, reader, [person], "en")
    match kind:
        case "digest":
            return compose_digest([entry("C", text, customer_name=text)], entity, person, "en", AS_OF)
        case "call-task":
            return compose_call_task(replace(CALL, note=text, kind=text), facts, entity, person)
        case "alert":
            return compose_alert(WAITING, STOPPED, entity, person, COMMANDS)
        case "approval":
            return compose_run_approval(WAITING, entity, person, COMMANDS)
        case "proposal":
            return compose_proposal(text, facts, entity, person, AS_OF, COMMANDS)
        case _:
            late = () if kind in BEFORE_THE_DAY else (a_line(text, debtor=text),)
            plan = a_plan(kind, late, (TODAY._replace(number=text),))
            return compose_customer_mail(plan, entity, customer, reader, [person], "en")


def wired(out: Rendered, name: str) -> bytes:
    return mime(
        Mail(
            sender="ar@example.test",
            sender_name=name,
            to=("ap@lakeside.example",),
            subject=out.subject,
            text=out.text,
            html=out.html,
        )
    )


@pytest.mark.parametrize("name", HOSTILE)
@pytest.mark.parametrize("kind", KINDS)
def test_a_hostile_name_is_only_ever_text(kind: str, name: str) -> None:
    out = rendered(mail_of(kind, HOSTILE[name]))
    raw = wired(out, HOSTILE[name])
    ours: Any = message_from_bytes(raw, policy=policy.default)
    theirs = fast_mail_parser.parse_email(raw)
    assert set(ours.keys()) == set(theirs.headers) == {"From", "To", "Subject", "MIME-Version", "Content-Type"}
    assert [each.addr_spec for each in ours["From"].addresses] == ["ar@example.test"]
    assert [each.address for each in theirs.to] == ["ap@lakeside.example"]
    assert str(ours["Subject"]) == theirs.subject == out.subject
    for part in (out.subject, out.text, out.html):
        assert not set(part) & set("\x00\x1b\r\x85\u2028\u2029\u202e\u202c\u2066")
    for bad in ("<script", "<img src=x", "<b> "):
        assert bad not in out.html
    assert len(out.subject) <= 180
    assert len(out.html.encode()) < 102 * 1024
    assert "=?" not in out.subject


@pytest.mark.skipif(not ODD, reason="the collection of odd mails is not beside the checkout")
def test_names_and_subjects_of_odd_mails_do_no_harm() -> None:
    for number, path in enumerate(ODD):
        parsed = message_from_bytes(path.read_bytes())  # the old policy keeps what the new one refuses
        for header in ("From", "Subject"):
            text = str(parsed.get(header, "none"))
            for told in (text, read(text)):
                out = rendered(mail_of(KINDS[number % len(KINDS)], told or "none"))
                again: Any = message_from_bytes(wired(out, told), policy=policy.default)
                assert str(again["Subject"]) == out.subject, path.name
                assert "<script" not in out.html


def read(header: str) -> str:
    """The header as a careless program decodes it."""
    try:
        return str(make_header(decode_header(header)))
    except (LookupError, UnicodeError, ValueError):
        return header
