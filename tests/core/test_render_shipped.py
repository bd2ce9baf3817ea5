"""The mails of the policies that come with the program, as a customer who never pays would get them."""

from datetime import date
from typing import Any

import pytest

from core.ledger import Customer, CustomerKind, Item, Promise
from core.policy.load import load_policy, shipped
from core.policy.schema import Policy
from core.rehearsal.nights import nights
from core.render.compose import compose_customer_mail
from core.render.formats import LANGUAGES
from core.render.messages import CustomerMail
from tests.builders import a_setting, an_item, facts, on
from tests.core.render_samples import BEFORE_THE_DAY, CUSTOMER_KINDS, rendered

NAMES = sorted(shipped())


def policy_of(name: str) -> Policy:
    policy = load_policy(shipped()[name], name, CUSTOMER_KINDS)
    assert isinstance(policy, Policy), policy
    return policy


def mails(name: str, language: str = "en", until: int = 100, **changes: Any) -> list[tuple[date, CustomerMail, int]]:
    """Each mail with its day and what the ledger says is open then: an invoice, and one that comes much later."""
    setting = a_setting(policy_of(name), country="DE")
    items: tuple[Item, ...] = (an_item(open_minor=250_000), an_item("I2", due_on=on(70), open_minor=90_000))
    customer = Customer(id="C1", name="Customer One", language=language, **changes)
    known = facts(*items, customer=customer, promises=(Promise(id="p", item="I1", promised_on=on(3), made_on=on(-2)),))
    found = []
    for night in nights(known, setting, on(-40), on(until)):
        for plan in night.decision.notices:
            new = sum(charge.minor for charge in plan.charges if charge.new)
            late = {line.item for line in plan.overdue}
            open_minor = sum(item.open_minor for item in night.facts.items if item.id in late or item.of in late)
            reader = plan.recipients[0]
            mail = compose_customer_mail(plan, setting.entity, customer, reader, setting.people, language)
            found.append((night.decision.as_of, mail, open_minor + new))
    return found


@pytest.mark.parametrize("name", NAMES)
def test_what_is_asked_for_is_what_the_ledger_says(name: str) -> None:
    seen = mails(name)
    assert seen
    for day, mail, minor in seen:
        if mail.overdue:
            shown = sum(int("".join(c for c in table.total if c.isdigit())) for table in mail.overdue)
            assert shown == minor, day


@pytest.mark.parametrize("kind", [CustomerKind.BUSINESS, CustomerKind.CONSUMER])
@pytest.mark.parametrize("name", NAMES)
def test_every_mail_keeps_to_what_all_mails_promise(name: str, kind: CustomerKind) -> None:
    language = LANGUAGES[NAMES.index(name) % len(LANGUAGES)]
    told: set[str] = set()
    for _, model, _ in mails(name, language, 50, kind=kind):
        if model.kind in told and not model.charges_total:
            continue
        told.add(model.kind)
        mail = rendered(model)
        for part in (mail.text, mail.html):
            assert "Accounting" in part
            assert "+1 555 0100" in part
            assert "accounting@example.test" in part
            assert ("STOP" in part) is (kind is CustomerKind.CONSUMER)
    assert told


@pytest.mark.parametrize("name", NAMES)
def test_somebody_in_hardship_is_charged_and_pressed_by_none(name: str) -> None:
    for _, mail, _ in mails(name, hardship=True):
        assert mail.kind in {"friendly", "statement", "donation", *BEFORE_THE_DAY}
        assert (mail.charges_total, mail.pay_by) == ("", "")


def test_gifts_hear_of_gifts_only() -> None:
    assert {mail.kind for _, mail, _ in mails("nonprofit", kind=CustomerKind.CONSUMER)} == {"donation"}
