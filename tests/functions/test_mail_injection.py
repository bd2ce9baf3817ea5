"""Text from a ledger or a configuration, in words and wire form: it adds no header, no recipient, no mark-up."""

from dataclasses import replace
from email import message_from_bytes, policy
from typing import Any

import fast_mail_parser
import pytest

from core.decide.account import decide
from core.ledger import BankAccount, Contact, Person
from functions.send_notices.compose import Writing, customer_mail
from functions.shared.wire_form import Attachment, Mail, mime, request_of
from tests.builders import a_customer, a_policy, a_setting, an_item, contacts, facts, on, people

NASTY = {
    "crlf": "Acme\r\nBcc: thief@evil.example\r\n\r\n<b>hi</b>",
    "lf": "Acme\nBcc: thief@evil.example",
    "nul": "Acme\x00\x1b[31m",
    "separators": "Acme\u2028Bcc: thief@evil.example\u2029\x85x",
    "encoded words": "=?UTF-8?Q?=0D=0ABcc:_thief@evil.example?=",
    "script": "<script>alert(1)</script>\"'><img src=x onerror=alert(1)>",
    "right to left": "\u202eelpmaxe.live\u202c \u2066x",
    "long": "A" * 10_000,
    "template": "{{ brand.__class__ }}{% raw %}%(name)s",
    "address": '"Boss" <boss@evil.example>, x@evil.example',
}
FILE = Attachment("statement.pdf", "application/pdf", b"%PDF")
HEADERS = {
    "From", "To", "Reply-To", "Subject", "Content-Language", "X-Pastdue-Kind", "References", "In-Reply-To",
    "MIME-Version", "Content-Type",
}  # fmt: skip


def written(text: str) -> Mail:
    """A mail in which every free text of ledger and configuration is the same nasty one."""
    bank = BankAccount(holder=text, bank=text, account=text, bic=text, currency="EUR", reference="rf")
    setting = a_setting(
        a_policy(), name=text, address=(text,), legal_lines=(text,), bank_accounts=(bank,), logo_url=text,
        brand_color=text, pay_addresses={"upi": text}, pay_account_url=f"https://pay.example/{text}", page_url=None,
    )  # fmt: skip
    named = [Person(id=p.id, name=text, email=p.email, phone=text, roles=p.roles) for p in people()]
    item = an_item(number=text, pay_url=f"https://pay.example/{text}", department=text, debtor=text)
    readers = tuple(Contact(**{**one.model_dump(), "name": text}) for one in contacts())
    known = facts(item, customer=a_customer(name=text), contacts=readers)
    setting = replace(setting, people=tuple(named))
    (plan,) = decide(known, setting, on(7)).notices
    return customer_mail(Writing(plan, setting, known))


@pytest.fixture(scope="module", params=NASTY, ids=lambda name: name.replace(" ", "-"))
def sent(request: Any) -> Mail:
    return written(NASTY[request.param])


def test_no_header_and_no_recipient_is_added(sent: Mail) -> None:
    raw = mime(replace(sent, attachments=(FILE,)))
    ours, theirs = message_from_bytes(raw, policy=policy.default), fast_mail_parser.parse_email(raw)
    assert set(ours.keys()) == set(theirs.headers) == HEADERS
    assert [each.addr_spec for each in ours["To"].addresses] == [each.address for each in theirs.to] == list(sent.to)
    assert [each.addr_spec for each in ours["From"].addresses] == ["ar@example.test"]
    assert theirs.from_ is not None
    assert theirs.from_.address == "ar@example.test"
    assert "evil.example" not in "".join(each.address for each in (*theirs.cc, *theirs.bcc, *theirs.reply_to))
    request = request_of(sent)
    assert request["Destination"] == {"ToAddresses": list(sent.to)}
    assert request["FromEmailAddress"].endswith(" <ar@example.test>")
    assert len(sent.subject) <= 180


def test_no_control_character_and_no_direction_mark_is_left(sent: Mail) -> None:
    for said in (sent.subject, sent.text, sent.html):
        assert not set(said) & set("\x00\x1b\r\x85\u2028\u2029\u202e\u202c\u2066")


def test_the_page_holds_no_mark_up_of_others(sent: Mail) -> None:
    for bad in ("<script", "<b>hi", "onerror=alert(1)>", "<img src=x"):
        assert bad not in sent.html
    assert "javascript:" not in sent.html
    assert "evil.example/" not in sent.html


def test_long_names_do_not_blow_a_mail_up(sent: Mail) -> None:
    assert len(sent.html.encode()) < 102 * 1024
    assert len(mime(replace(sent, attachments=(FILE,)))) < 400 * 1024
