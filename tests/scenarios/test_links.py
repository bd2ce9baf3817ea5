"""An entity with a page and an inbox of its own: the real function signs with the stack's own key, and may read it."""

import re
from datetime import timedelta
from typing import Any

from core.ledger import BankAccount
from functions.shared import links, signing_keys
from local.engine import Engine
from tests.builders import an_entity
from tests.scenarios.company import NIGHT, SENDER, Company, invoice

PAGE = "https://pay.example.com/c"


def test_a_night_with_page_inbox_and_code(engine: Engine, monkeypatch: Any) -> None:
    account = BankAccount(holder="Example Machines", iban="DE02120300000000202051", bic="BYLADEM1001", currency="EUR")
    company = Company(
        engine,
        an_entity(
            sender=SENDER, page_url=PAGE, reply_domain="reply.example.com", bank_accounts=(account,), mail_qr=True
        ),
    )
    company.knows(invoice())
    company.day()
    (mail,) = company.mails
    (reply_to,) = mail.reply_to
    assert [(name, media_type) for name, media_type, _ in mail.attachments] == [("code.png", "image/png")]
    headers = dict(mail.headers)
    found = re.fullmatch(rf"<{PAGE}/preferences/(\S+)>", headers["List-Unsubscribe"])
    assert found is not None
    assert headers["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"

    secret = engine.stack.functions["SendNoticesFunction"].environment["LINK_SECRET_ARN"]
    monkeypatch.setenv("LINK_SECRET_ARN", secret)
    signing_keys._read.cache_clear()
    opened = links.read(found[1], links.Purpose.PREFERENCES)
    assert opened is not None
    assert opened.claims == links.Claims("E1", "C1", mail.tags["notice_id"])
    assert links.notice_of(reply_to) == mail.tags["notice_id"]
    assert links.read(found[1], links.Purpose.PROMISE) is None


def test_a_series_stays_one_conversation(engine: Engine) -> None:
    company = Company(engine)
    company.knows(invoice())
    company.day()
    company.day(NIGHT + timedelta(days=25))
    first, *others = company.mails
    assert others
    said = dict(first.headers)["References"]
    assert {dict(mail.headers)["References"] for mail in others} == {said}
    assert all(mail.subject and not mail.subject.startswith("Re:") for mail in company.mails)
