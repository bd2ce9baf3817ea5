"""Tone: firm is never a threat, nobody is an authority, a gift is no debt, hardship is met with help."""

from datetime import timedelta

import pytest
from inscriptis import get_text

from core.ledger import CustomerKind
from core.render.formats import LANGUAGES
from tests.core.answer_samples import ANSWER_KINDS, INTERNAL_KINDS, an_answer, answer, full_internal
from tests.core.render_samples import (
    AS_OF,
    BEFORE_THE_DAY,
    COMING,
    CUSTOMER,
    CUSTOMER_KINDS,
    NETTED,
    a_charge,
    a_line,
    a_mail,
    a_plan,
    rendered,
    rich_plan,
)
from tests.core.tone_words import AUTHORITIES, AUTOMATIC, LISTS, NO_FEES, OWED, PRESSING, THREATS, found

FORMAL = "default-notice"  # names what it is, and what the creditor may do


@pytest.mark.parametrize("name", LISTS)
def test_every_language_has_its_words(name: str) -> None:
    assert set(LISTS[name]) == set(LANGUAGES)


@pytest.mark.parametrize("kind", CUSTOMER_KINDS)
@pytest.mark.parametrize("language", LANGUAGES)
def test_no_mail_threatens_or_borrows_authority(kind: str, language: str) -> None:
    mail = rendered(a_mail(rich_plan(kind), language, legal_lines=()))
    assert not found(AUTHORITIES, language, mail.subject, mail.text)
    assert kind == FORMAL or not found(THREATS, language, mail.subject, mail.text)


@pytest.mark.parametrize("kind", ANSWER_KINDS)
@pytest.mark.parametrize("language", LANGUAGES)
def test_no_answer_threatens_or_presses(kind: str, language: str) -> None:
    mail = rendered(answer(an_answer(kind), language, legal_lines=()))
    for words in (AUTHORITIES, THREATS, PRESSING):
        assert not found(words, language, mail.subject, mail.text)
    assert found(AUTOMATIC, language, mail.text)


@pytest.mark.parametrize("kind", INTERNAL_KINDS)
@pytest.mark.parametrize("language", LANGUAGES)
def test_mails_to_our_own_people_say_that_they_are_automatic(kind: str, language: str) -> None:
    assert found(AUTOMATIC, language, rendered(full_internal(kind, language)).text)


def test_a_notice_of_default_is_factual_and_leaves_a_way_out() -> None:
    text = " ".join(rendered(a_mail(a_plan(FORMAL, (a_line(),), pay_by=AS_OF + timedelta(days=14)))).text.split())
    for said in (
        "With this notice we formally ask you to pay it.",
        "Please make sure that the payment reaches us by 30 March 2026 at the latest.",
        "One of us has looked at your account and decided to send this notice.",
        "may use the rights that our agreement and the law give us",
        "an agreed date or a payment plan still settles the matter",
    ):
        assert said in text


@pytest.mark.parametrize("kind", CUSTOMER_KINDS)
@pytest.mark.parametrize("language", LANGUAGES)
def test_hardship_offers_help_and_no_fees(kind: str, language: str) -> None:
    late = () if kind in BEFORE_THE_DAY else (a_line(),)
    coming = (a_line("INV-2", 0),)
    charges = (a_charge(new=False),) if late else ()
    plan = a_plan(kind, late, coming, charges=charges, pay_by=AS_OF + timedelta(days=14))
    mail = rendered(a_mail(plan, language, CUSTOMER.model_copy(update={"hardship": True})))
    text = " ".join(mail.text.split()).lower()
    assert bool(found(NO_FEES, language, text)) is (kind != "donation")  # a gift knows none
    assert not found(PRESSING, language, mail.subject, text.replace(NO_FEES[language], ""))
    other = rendered(a_mail(a_plan(kind, late, coming), language))
    assert not found(NO_FEES, language, " ".join(other.text.split()))


@pytest.mark.parametrize("hardship", [False, True])
@pytest.mark.parametrize("language", LANGUAGES)
def test_a_donation_is_never_a_debt(language: str, hardship: bool) -> None:
    customer = CUSTOMER.model_copy(update={"hardship": hardship, "kind": CustomerKind.CONSUMER})
    plan = a_plan(
        "donation", (NETTED, a_line()), (COMING,), charges=(a_charge(new=False),), pay_by=AS_OF + timedelta(days=9)
    )
    mail = rendered(a_mail(plan, language, customer, page_url="https://give.example/me", legal_lines=()))
    for part in (mail.subject, mail.text, get_text(mail.html)):
        assert not found(OWED, language, part.replace("INV-", ""))
    without_account = rendered(a_mail(plan, language, customer, bank_accounts=(), legal_lines=()))
    assert not found(OWED, language, without_account.text)


def test_the_words_are_found_where_they_are_said() -> None:
    """Each list is looked for in mails that say such a thing: the lists are not blind."""
    for language in LANGUAGES:
        formal = rendered(a_mail(a_plan("final-notice", (a_line(),), charges=(a_charge(),)), language))
        assert found(OWED, language, formal.subject, formal.text), language
        assert found(PRESSING, language, formal.subject, formal.text), language
