"""What the sender adds to a mail: links and reply addresses only where the entity has a place for them."""

import json
import re
from dataclasses import replace
from typing import Any

import pytest

from core.decide.account import decide
from core.decide.acknowledge import answers
from core.decide.model import NoticePlan, Setting
from core.ledger import BankAccount, Promise
from functions.send_notices.additions import additions
from functions.send_notices.answer_mail import answer_mail
from functions.send_notices.compose import Writing, customer_mail
from functions.shared import links, mailer, signing_keys
from functions.shared.wire_form import Mail, request_of
from functions.shared.wiring import client
from tests.builders import a_customer, a_policy, a_setting, an_item, at, facts, on

PAGE, REPLIES = "https://pay.example.test/c", "reply.example.test"
ACCOUNT = BankAccount(holder="Example Machines", iban="DE02120300000000202051", bic="BYLADEM1001", currency="EUR")
ALL = ["pay", "promise", "plan", "dispute", "paid", "wrong-person"]


@pytest.fixture
def secret(monkeypatch: pytest.MonkeyPatch) -> None:
    signing_keys._read.cache_clear()
    made = client("secretsmanager").create_secret(Name="links", SecretString=json.dumps({"current": "k" * 32}))
    monkeypatch.setenv("LINK_SECRET_ARN", made["ARN"])


def planned(setting: Setting, *items: Any, days: int = 7) -> NoticePlan:
    (plan,) = decide(facts(*(items or (an_item(),))), setting, on(days)).notices
    return plan


def mail(setting: Setting, plan: NoticePlan | None = None) -> Mail:
    return customer_mail(Writing(plan or planned(setting), setting, facts(an_item())))


# ---------- unset: the default ----------
def test_without_page_and_reply_domain_nothing_is_signed() -> None:
    """LINK_SECRET_ARN is not even set here."""
    sent = mail(a_setting())
    assert sent.reply_to == "accounting@example.test"
    assert {"List-Unsubscribe", "List-Unsubscribe-Post"} & set(sent.headers) == set()
    assert "https://" not in sent.text
    assert 'href="https://' not in sent.html
    assert "reply to this message" in " ".join(sent.text.split())
    assert sent.attachments == ()


# ---------- set ----------
@pytest.mark.usefixtures("secret")
def test_with_a_page_the_mail_offers_signed_links() -> None:
    setting = a_setting(page_url=PAGE)
    plan = planned(setting)
    added = additions(plan, setting, a_customer())
    assert [action.what for action in added.actions] == ALL
    for action in added.actions:
        page, what, token = action.url.rsplit("/", 2)
        assert (page, what) == (PAGE, action.what)
        opened = links.read(token, links.Purpose(what))
        assert opened is not None
        assert opened.claims == links.Claims("E1", "C1", plan.id)
    sent = mail(setting, plan)
    for url in re.findall(rf"{PAGE}\S*", sent.text):  # none leads nowhere
        _, what, token = url.rsplit("/", 2)
        assert links.read(token, links.Purpose(what))
    assert f"{PAGE}/view/" in sent.text
    assert sent.headers["List-Unsubscribe"] == f"<{added.preferences_url}>"
    assert sent.headers["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert sent.reply_to == "accounting@example.test"  # no reply domain


@pytest.mark.usefixtures("secret")
def test_with_a_reply_domain_an_answer_finds_its_notice() -> None:
    setting = a_setting(reply_domain=REPLIES)
    plan = planned(setting)
    sent = mail(setting, plan)
    assert sent.reply_to is not None
    assert re.fullmatch(r"r\+[a-z2-7]+@reply\.example\.test", sent.reply_to)
    assert links.notice_of(sent.reply_to) == plan.id
    assert "List-Unsubscribe" not in sent.headers  # no page
    assert request_of(sent)["ReplyToAddresses"] == [sent.reply_to]


@pytest.mark.usefixtures("secret")
@pytest.mark.parametrize(("changes", "offered"), [
    ({"overdue": ()}, ["pay", "dispute", "wrong-person"]),  # nothing is late: there is nothing to promise
    ({"template": "donation"}, ["pay", "wrong-person"]),
    ({"copy_of": "Parent Ltd"}, []),  # a copy opens nobody's account
    ({"channel": "letter"}, []),
])  # fmt: skip
def test_what_is_offered_where(changes: dict[str, Any], offered: list[str]) -> None:
    setting = a_setting(page_url=PAGE)
    plan = replace(planned(setting), **changes)
    if not plan.overdue:
        plan = replace(plan, coming_due=planned(setting).overdue)
    assert [action.what for action in additions(plan, setting, a_customer()).actions] == offered


@pytest.mark.usefixtures("secret")
def test_every_link_of_an_answer_is_signed() -> None:
    promise = Promise(id="p", item="I1", promised_on=on(9), made_on=on(7))
    setting = a_setting(a_policy(acknowledge=["promise"]), page_url=PAGE)
    (answer,) = answers(facts(an_item(), promises=(promise,)), setting, on(7), at(on(7), 9))
    sent = answer_mail(answer, setting, a_customer(), lambda _kind, _language: None)
    said = [url.rsplit("/", 2) for url in re.findall(rf"{PAGE}\S*", sent.text)]
    assert [what for _, what, token in said if links.read(token, links.Purpose(what))] == ["view", "preferences"]


@pytest.mark.usefixtures("secret")
def test_a_copy_leads_to_no_page() -> None:
    setting = a_setting(page_url=PAGE, reply_domain=REPLIES)
    plan = replace(planned(setting), copy_of="Parent Ltd")
    sent = mail(setting, plan)
    assert PAGE not in sent.text + sent.html
    assert "List-Unsubscribe" not in sent.headers
    assert links.notice_of(sent.reply_to or "") == plan.id


def test_a_page_that_is_no_https_address_gives_no_links(secret: None) -> None:
    assert additions(planned(a_setting()), a_setting(page_url="http://pay.example"), a_customer()).actions == ()


@pytest.mark.usefixtures("secret")
def test_whoever_gets_a_diverted_mail_cannot_unsubscribe_its_reader(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CONFIGURATION_SET", "set")
    monkeypatch.setenv("DIVERT_ALL_MAIL_TO", "review@example.test")
    sent = mail(a_setting(page_url=PAGE))
    request = mailer._request("n1", sent, mailer.Settings.from_env())
    names = [header["Name"] for header in request["Content"]["Simple"]["Headers"]]
    assert "X-Pastdue-Diverted-From" in names
    assert not [name for name in names if name.startswith("List-")]


# ---------- a series is one conversation ----------
def references(*items: Any, days: int = 7, **entity: Any) -> list[str]:
    setting = a_setting(**entity)
    return mail(setting, planned(setting, *items, days=days)).headers["References"].split()


def test_mails_about_an_invoice_share_a_reference() -> None:
    first, second = an_item("I1"), an_item("I2")
    alone, both, rest = references(first), references(first, second, days=14), references(second, days=31)
    assert set(alone) < set(both)
    assert set(rest) < set(both)
    assert set(alone).isdisjoint(rest)
    assert references(first) == alone  # the same on every night
    assert references(first, id="E2").pop() not in alone


def test_references_are_message_ids_and_few() -> None:
    many = references(*(an_item(f"I{n}") for n in range(40)), sender="ar@müller.example")
    assert len(many) == 8
    for one in many:
        assert re.fullmatch(r"<[0-9a-f]{26}@xn--mller-kva\.example>", one)
    setting = a_setting()
    assert mail(setting).headers["In-Reply-To"] == references()[-1]


def test_headers_fit_into_what_ses_takes() -> None:
    setting = a_setting(sender="ar@" + "long." * 10 + "example.test")
    plan = planned(setting, *(an_item(f"I{n}") for n in range(40)))
    headers = request_of(mail(setting, plan))["Content"]["Simple"]["Headers"]
    assert {"References", "In-Reply-To"} <= {header["Name"] for header in headers}
    assert max(len(header["Value"]) for header in headers) <= 870


# ---------- the code ----------
def test_the_code_comes_only_where_the_entity_asks_and_the_mail_shows_it() -> None:
    setting = a_setting(bank_accounts=(ACCOUNT,), mail_qr=True)
    plan = planned(setting)
    (picture,) = additions(plan, setting, a_customer()).pictures
    assert (picture.media_type, picture.content[:4]) == ("image/png", b"\x89PNG")
    assert picture.content_id == f"code.{plan.id}@example.test"
    shown = additions(plan, setting, a_customer()).shown_in(f'<img src="cid:{picture.content_id}">')
    assert shown == (picture,)
    assert additions(plan, setting, a_customer()).shown_in("<p>no picture</p>") == ()
    quiet = a_setting(bank_accounts=(ACCOUNT,))
    assert additions(plan, quiet, a_customer()).pictures == ()


def test_a_mail_with_the_code_goes_as_mime() -> None:
    setting = a_setting(bank_accounts=(ACCOUNT,), mail_qr=True)
    sent = mail(setting)
    assert [one.name for one in sent.attachments] == ["code.png"]
    assert "Raw" in request_of(sent)["Content"]
