"""The mails as they go out: each message in each language, text and HTML alike, safe, small and well built."""

import re
from collections.abc import Iterator
from dataclasses import asdict
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from inscriptis import get_text
from jinja2 import UndefinedError
from jinja2.exceptions import SecurityError

from core.decide.model import Occasion
from core.ledger import CustomerKind, ItemKind
from core.render.clean import one_stop
from core.render.formats import LANGUAGES
from core.render.messages import CustomerMail, DigestMail
from core.render.render import Rendered, TemplatesNotCompiledError, render, render_parts
from local.compile_templates import compile_templates
from tests.core.mail_parts import fails_without, hold_every_sentence, paths, plain, say_the_same, well_built
from tests.core.render_samples import (
    AS_OF,
    BEFORE_THE_DAY,
    COMING,
    CUSTOMER,
    CUSTOMER_KINDS,
    FREE_OF_CHARGE,
    a_charge,
    a_line,
    a_mail,
    a_plan,
    compiled,
    full_digest,
    full_mail,
    rendered,
    rich_plan,
)
from tests.core.tone_words import AUTOMATIC, found

ALL = [(kind, language) for kind in (*CUSTOMER_KINDS, "digest") for language in LANGUAGES]
# fields that steer a template and are not words that the reader sees
NOT_READ = {
    "kind",
    "language",
    "direction",
    "color",
    "ink",
    "logo_url",
    "phone_digits",
    "what",
    "effect",
    "page_url",
    "url",
    "pay_url",
    "preferences_url",
    "qr",
    "attached",
    "roles",
}
# what only some messages speak of
ONLY_IN = {
    "occasion_on": {"promise-broken", "instalment-missed"},
    "occasion_amount": {"promise-broken", "instalment-missed", "balance-over-limit"},
    "occasion_limit": {"balance-over-limit"},
    "terms_days": {"welcome-terms"},
    "recorded": {"delinquent"},
    "as_of": {*CUSTOMER_KINDS, "digest"} - {"welcome-terms"},
    "overdue_count": set(CUSTOMER_KINDS) - {"statement"},  # says how many there are in all
    "coming_count": set(CUSTOMER_KINDS) - {"statement"},
    "days": {*CUSTOMER_KINDS, "digest"} - {"donation"},
    "oldest_days": set(CUSTOMER_KINDS) - {"donation"},
}


def told(kind: str, name: str) -> bool:
    return name not in NOT_READ and kind in ONLY_IN.get(name, {kind})


def full(kind: str, language: str) -> CustomerMail | DigestMail:
    return full_digest(language) if kind == "digest" else full_mail(kind, language)


@cache
def full_page(kind: str, language: str) -> tuple[Rendered, str]:
    """The mail in which no field is empty, and what its HTML reads like."""
    mail = rendered(full(kind, language))
    return mail, get_text(mail.html)


def facts(kind: str, value: Any, name: str = "") -> Iterator[str]:
    """Every word and number of a model that a reader must find."""
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from facts(kind, inner, key)
    elif isinstance(value, list | tuple):
        for inner in value:
            yield from facts(kind, inner, name)
    elif told(kind, name) and value not in (None, "", ()) and not isinstance(value, bool):
        yield plain(str(abs(value) if isinstance(value, int) else value))


@pytest.mark.parametrize(("kind", "language"), ALL)
def test_text_and_html_carry_the_same_facts(kind: str, language: str) -> None:
    mail, page = full_page(kind, language)
    say_the_same(mail, page, facts(kind, asdict(full(kind, language))))


@pytest.mark.parametrize(("kind", "language"), ALL)
def test_every_sentence_is_in_both_parts(kind: str, language: str) -> None:
    hold_every_sentence(*full_page(kind, language))


@pytest.mark.parametrize("kind", [*CUSTOMER_KINDS, "digest"])
def test_a_missing_value_fails_instead_of_leaving_a_hole(kind: str) -> None:
    whole = asdict(full(kind, "en"))
    assert not fails_without({**whole, "spare": 1}, ("spare",))
    places: dict[str, list[tuple[Any, ...]]] = {}
    for path in paths(whole):
        places.setdefault(".".join(key for key in path if isinstance(key, str)), []).append(path)
    del places["kind"]  # chooses the template
    for name, known in places.items():
        if not needed(kind, name):
            continue
        assert any(fails_without(whole, path) for path in known), f"{name} is not used"


def needed(kind: str, name: str) -> bool:
    """Whether the templates of a message use the field, as the samples fill it."""
    place, _, field = name.rpartition(".")
    if field in ONLY_IN:
        return kind in ONLY_IN[field] and not (kind in BEFORE_THE_DAY and field == "oldest_days")
    if kind in FREE_OF_CHARGE and field == "charged_now":
        return False
    if kind in BEFORE_THE_DAY and field == "overdue_total":
        return False
    charged = {"principal", "charges_total", "more_charges", "more_charges_due"}  # said where there are charges
    return field not in charged or not place or (place == "overdue" and kind not in FREE_OF_CHARGE)


@pytest.mark.parametrize(("kind", "language"), ALL)
def test_html_is_well_built(kind: str, language: str) -> None:
    mail, read = full_page(kind, language)
    assert mail.language == language
    for link in well_built(mail, read).of("a"):
        assert re.match(r"https://pay\.northwind\.example/|upi://pay|mailto:anna\.berg@|tel:\+4930", link["href"] or "")
    widest = 120 if language != "ja" else 240  # where no spaces are, lines are broken by the reader's program
    assert all(len(line) <= widest for line in mail.text.splitlines())


@pytest.mark.parametrize("language", LANGUAGES)
def test_subjects_say_who_and_how_much(language: str) -> None:
    subjects = [rendered(a_mail(rich_plan(kind), language)).subject for kind in CUSTOMER_KINDS]
    assert len(set(subjects)) == len(CUSTOMER_KINDS)
    for subject in subjects:
        assert subject.startswith("Northwind Machines GmbH")
        assert "310" in subject
        assert len(subject) < 140


def test_subject_of_one_invoice_names_it() -> None:
    assert rendered(a_mail(a_plan(overdue=(a_line(),)))).subject == (
        "Northwind Machines GmbH: payment reminder for invoice INV-1042, €1,250.00"
    )
    assert rendered(a_mail(a_plan("friendly", (), (COMING,)))).subject == (
        "Northwind Machines GmbH: invoice INV-1077 for €880.00 is due on 23 March 2026"
    )


# how a message heads its parts, where that is not as in all others
HEADINGS = {
    "welcome-terms": {"Not able to pay all of it now?": "Would another arrangement suit you better?"},
    "donation": {
        "How to pay": "How to give",
        "Not able to pay all of it now?": "Would you like to change something?",
        "Have you paid in the last few days? Then please ignore this message, and thank you.": (
            "Have you given in the last few days? Then please ignore this message, and thank you."
        ),
    },
}


@pytest.mark.parametrize("kind", CUSTOMER_KINDS)
@pytest.mark.parametrize("language", LANGUAGES)
def test_every_customer_mail_tells_how_to_pay_reach_us_promise_and_dispute(kind: str, language: str) -> None:
    from gettext import GNUTranslations, NullTranslations

    words = NullTranslations()
    if language != "en":
        with (compiled() / "locales" / language / "LC_MESSAGES" / "messages.mo").open("rb") as file:
            words = GNUTranslations(file)
    mail = rendered(a_mail(rich_plan(kind), language))
    for part in (plain(mail.text), plain(get_text(mail.html))):
        for heading in (
            "What happens next",
            "How to pay",
            "Not able to pay all of it now?",
            "Is something not right?",
            "Your contact",
            "Have you paid in the last few days? Then please ignore this message, and thank you.",
        ):
            assert plain(words.gettext(HEADINGS.get(kind, {}).get(heading, heading))) in part
        for fact in ("anna berg", "+49 30 5550 1230", "anna.berg@northwind.example", "de02 1203 0000 0000 2020 51"):
            assert fact in part
        assert found(AUTOMATIC, language, part)


@pytest.mark.parametrize("kind", CUSTOMER_KINDS)
@pytest.mark.parametrize("language", LANGUAGES)
def test_a_consumer_can_opt_out_in_every_mail(kind: str, language: str) -> None:
    consumer = CUSTOMER.model_copy(update={"kind": CustomerKind.CONSUMER})
    mail, business = (rendered(a_mail(rich_plan(kind), language, c)) for c in (consumer, CUSTOMER))
    assert "STOP" in mail.text
    assert "STOP" in mail.html
    assert "STOP" not in business.text + business.html


@pytest.mark.parametrize(
    ("kind", "occasion", "said"),
    [
        ("promise-broken", None, "You told us when you would pay."),
        ("promise-broken", Occasion("EUR", 50000, AS_OF), "you would pay €500.00 by 16 March 2026."),
        ("instalment-missed", None, "an instalment of our payment plan has not reached us"),
        ("instalment-missed", Occasion("EUR", 50000, AS_OF), "an instalment of €500.00 was due on 16 March 2026."),
        ("balance-over-limit", None, "more is open on your account than the limit"),
        ("balance-over-limit", Occasion("EUR", 990000, None, 500000), "We agreed on a limit of €5,000.00."),
    ],
)
def test_an_occasion_is_named_as_far_as_it_is_known(kind: str, occasion: Occasion | None, said: str) -> None:
    mail = rendered(a_mail(a_plan(kind, (a_line(),), occasion=occasion)))
    assert said in " ".join(mail.text.split())
    assert said in " ".join(get_text(mail.html).split())


def test_charges_stand_below_the_invoices_and_say_whether_they_are_new() -> None:
    charges = (a_charge(), a_charge(minor=310, kind=ItemKind.INTEREST, new=False))
    text = rendered(a_mail(a_plan("warning", (a_line(),), charges=charges, pay_by=date(2026, 3, 30)))).text
    assert (
        """  Invoices in EUR: €1,250.00
- Late fee for invoice INV-1042, charged with this message: €40.00
- Late payment interest for invoice INV-1042, already on your account: €3.10
  Fees and interest: €43.10
  Total in EUR: €1,293.10
"""
        in text
    )
    said = " ".join(text.split())
    assert "The amount to pay is €1,293.10." in said
    assert "This amount includes fees and interest of €43.10. Of that, €40.00 is charged with this message." in said
    assert "Please make sure that the payment reaches us by 30 March 2026 at the latest." in said


@pytest.mark.parametrize("language", LANGUAGES)
def test_charges_alone_in_a_currency_have_a_table_of_their_own(language: str) -> None:
    plan = a_plan("reminder", (a_line(),), charges=(a_charge(currency="USD", new=False),))
    mail = rendered(a_mail(plan, language))
    assert "USD" in mail.text
    say_the_same(mail, get_text(mail.html), ())


def test_today_is_said_on_that_day_only() -> None:
    today, sunday = a_line("INV-1", 0), a_line("INV-2", -2)
    subjects = [rendered(a_mail(a_plan("due-today", (), coming))).subject for coming in ((today,), (today, sunday))]
    assert subjects[0].endswith("invoice INV-1 for €1,250.00 is due today")
    assert subjects[1].endswith("2 invoices, €2,500.00, due from today")
    assert rendered(a_mail(a_plan("due-today", (), (sunday,)))).subject.endswith("is due on 18 March 2026")


def test_mail_without_optional_facts() -> None:
    """No bank account, page, phone, legal lines or reader's name: nothing is left half-said."""
    mail = rendered(
        a_mail(a_plan(overdue=(a_line(),)), bank_accounts=(), address=(), legal_lines=(), contact_person="gone")
    )
    assert "Please use the bank details on the invoice" in mail.text
    assert "NOT ABLE TO PAY" in mail.text
    assert "None" not in mail.text + mail.html
    assert "https://" not in mail.text
    assert "<a href=" in mail.html  # the sender's address remains to be written to


EVIL = "<b>Mr & \"Mrs\" 'X'</b>\r\nBcc: all@x.example\u2028{{ 7*7 }}{% raw %}"


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_name_is_only_ever_text(language: str) -> None:
    customer = CUSTOMER.model_copy(update={"name": EVIL, "id": "<i>9</i>"})
    line = a_line("<script>alert(1)</script>")
    plan = a_plan(overdue=(line,))
    mail = rendered(a_mail(plan, language, customer, name=EVIL, address=(EVIL,), brand_color="red;}</style>"))
    assert "<b>Mr" not in mail.html
    assert "<script" not in mail.html
    assert "&lt;b&gt;Mr &amp; " in mail.html
    assert "<b>Mr & \"Mrs\" 'X'</b> Bcc: all@x.example {{ 7*7 }}{% raw %}" in " ".join(mail.text.split())
    assert mail.subject.isprintable()
    assert "red;" not in mail.html
    assert not any(line.startswith("Bcc") for line in mail.text.splitlines()) or "</b> Bcc" in mail.text.replace(
        "\n", " "
    )


@settings(max_examples=25, deadline=None)
@given(name=st.text(max_size=80), number=st.text(min_size=1, max_size=80))
def test_subject_never_breaks_out_of_its_header(name: str, number: str) -> None:
    customer = CUSTOMER.model_copy(update={"name": name})
    mail = rendered(a_mail(a_plan(overdue=(a_line(number),)), customer=customer, name=name))
    assert len(mail.subject.splitlines()) == 1
    assert not any(c in mail.subject for c in "\r\n\0")
    assert "=?" not in mail.subject


def test_two_hundred_invoices_stay_under_the_clipping_limit() -> None:
    lines = tuple(
        a_line(
            f"INVOICE-2026-{n:06d}",
            250 - n,
            123456789,
            open_minor=100000000,
            withheld_minor=500,
            credit_minor=700,
            due_minor=99998800,
        )
        for n in range(200)
    )
    charges = tuple(a_charge(line.number, 123456789, ItemKind.COMPENSATION, new=False) for line in lines)
    for kind in set(CUSTOMER_KINDS) - set(BEFORE_THE_DAY):
        for language in LANGUAGES:
            assert len(rendered(a_mail(a_plan(kind, lines, charges=charges), language)).html.encode()) < 100_000


def test_without_the_build_step_the_error_says_what_to_run(tmp_path: Path) -> None:
    with pytest.raises(TemplatesNotCompiledError, match=r"local\.compile_templates"):
        render(full_mail("reminder"), tmp_path)
    with pytest.raises(TemplatesNotCompiledError, match=r"messages\.mo"):
        render(full_mail("reminder", "de"), tmp_path)


@pytest.mark.parametrize("attack", ["{{ ''.__class__.__mro__ }}", "{{ [].append(1) }}"])
def test_templates_run_in_a_sandbox(attack: str, tmp_path: Path) -> None:
    folder = tmp_path / "source" / "mail" / "reminder"
    folder.mkdir(parents=True)
    for part in ("subject.txt", "body.txt", "words.jinja"):
        (folder / part).write_text(attack, encoding="utf-8")
    (folder / "body.mjml").write_text("<mjml><mj-body></mj-body></mjml>", encoding="utf-8")
    compile_templates(tmp_path / "source", tmp_path / "compiled")
    with pytest.raises((SecurityError, UndefinedError)):
        render_parts("reminder", "en", {}, tmp_path / "compiled")


def test_a_sentence_that_ends_with_a_full_stop_of_its_own_has_one() -> None:
    """The sign of the dirham ends with one in Arabic, and so does `Inc.`; dots that mean something else stay."""
    line = a_line("INV-1", 7, 1_234_567, currency="AED")
    mail = rendered(a_mail(a_plan("reminder", (line,), credits={}), "ar"))
    for said in (mail.text, mail.html):
        assert ".\u200f." not in said
    assert one_stop("This is Ann of Acme Inc.. Is this\u2026") == "This is Ann of Acme Inc. Is this\u2026"
    for kept in ("wait... no", "https://acme.example/a/../b", "INV..2"):
        assert one_stop(kept) == kept
