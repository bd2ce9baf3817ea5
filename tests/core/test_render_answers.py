"""Answers to customers and mails to our own people: the same facts in both parts, no hole, nothing asked for."""

import re
from dataclasses import asdict
from functools import cache
from typing import Any

import pytest
from inscriptis import get_text

from core.render.formats import LANGUAGES
from core.render.render import AnyMail, Rendered
from tests.core.answer_samples import (
    ANSWER_KINDS,
    INTERNAL_KINDS,
    an_answer,
    answer,
    answered,
    full_answer,
    full_internal,
    full_proposal,
    instalments,
    taken_back,
)
from tests.core.mail_parts import fails_without, hold_every_sentence, paths, plain, say_the_same, well_built
from tests.core.render_samples import AS_OF, rendered

KINDS = (*ANSWER_KINDS, *INTERNAL_KINDS, "proposal")
ALL = [(kind, language) for kind in KINDS for language in LANGUAGES]
# fields that steer a template and are not words that the reader sees
STEERS = {"kind", "language", "direction", "color", "ink", "logo_url", "phone_digits", "page_url", "preferences_url"}
STEERS |= {"task_kind", "template", "outcome", "reason", "why", "proposal", "actions", "url", "what"}
# what only some of them say
ONLY_IN = {
    "messages": {"alert", "approval", "retraction"},
    "customers": {"alert", "approval"},
    "rest": {"thank-you", "promise-confirmed", "plan-agreed", "dispute-received"},
    "as_of": {*KINDS} - {"retraction"},
}


def full(kind: str, language: str) -> AnyMail:
    if kind in ANSWER_KINDS:
        return full_answer(kind, language)
    return full_proposal(language) if kind == "proposal" else full_internal(kind, language)


@cache
def page(kind: str, language: str) -> tuple[Rendered, str]:
    mail = rendered(full(kind, language))
    return mail, get_text(mail.html)


def facts(kind: str, value: Any, name: str = "") -> list[str]:
    """Every word and number of a model that a reader must find."""
    if isinstance(value, dict):
        return [fact for key, inner in value.items() for fact in facts(kind, inner, key)]
    if isinstance(value, list | tuple):
        return [fact for inner in value for fact in facts(kind, inner, name)]
    if name in STEERS or kind not in ONLY_IN.get(name, {kind}) or value in (None, "") or isinstance(value, bool):
        return []
    return [plain(str(abs(value) if isinstance(value, int) else value))]


@pytest.mark.parametrize(("kind", "language"), ALL)
def test_text_and_html_carry_the_same_facts(kind: str, language: str) -> None:
    mail, html = page(kind, language)
    say_the_same(mail, html, facts(kind, asdict(full(kind, language))))


@pytest.mark.parametrize(("kind", "language"), ALL)
def test_every_sentence_is_in_both_parts(kind: str, language: str) -> None:
    hold_every_sentence(*page(kind, language))


@pytest.mark.parametrize("kind", KINDS)
def test_a_missing_value_fails_instead_of_leaving_a_hole(kind: str) -> None:
    whole = asdict(full(kind, "en"))
    assert not fails_without({**whole, "spare": 1}, ("spare",))
    places: dict[str, list[tuple[Any, ...]]] = {}
    for path in paths(whole):
        places.setdefault(".".join(key for key in path if isinstance(key, str)), []).append(path)
    unused = {name for name, found in places.items() if not any(fails_without(whole, path) for path in found)}
    assert unused == UNUSED[kind] | {"kind"}


# fields that the mails of a kind have and do not say
UNUSED: dict[str, set[str]] = {
    **{kind: set[str]() for kind in ANSWER_KINDS},
    "correction": {"rows.rest"},
    "retraction": {"rows.rest", "as_of"},
    "call-task": set(),
    "alert": set(),
    "approval": {"customer", "customer_id"},
    "proposal": set(),
}


@pytest.mark.parametrize(("kind", "language"), ALL)
def test_html_is_well_built(kind: str, language: str) -> None:
    mail, read = page(kind, language)
    assert mail.language == language
    well_built(mail, read)


@pytest.mark.parametrize("kind", ANSWER_KINDS)
def test_an_answer_asks_for_nothing(kind: str) -> None:
    """No bank account, no payment link, no deadline, nothing about being late."""
    for lines in ((answered(),), (answered(), answered("INV-7", 99, 0))):
        mail = rendered(answer(an_answer(kind, lines)))
        said = f"{mail.subject} {mail.text}"
        assert not re.search(
            r"DE02|overdue|past due|please (pay|transfer|settle)|reminder for|\blate\b", said, re.IGNORECASE
        )
        assert "asks you for nothing" in " ".join(mail.text.split())


@pytest.mark.parametrize("language", LANGUAGES)
def test_subjects_say_who_and_what(language: str) -> None:
    subjects = {kind: rendered(answer(an_answer(kind), language)).subject for kind in ANSWER_KINDS}
    assert len(set(subjects.values())) == len(ANSWER_KINDS)
    for kind, subject in subjects.items():
        assert subject.startswith("Northwind Machines GmbH")
        assert "INV-1042" in subject
        assert "500" in subject or "100" in subject or kind == "retraction"  # the plan is of two instalments
        assert len(subject) < 140


def test_one_plan_of_one_instalment_says_its_day() -> None:
    text = rendered(answer(an_answer("plan-agreed", instalments=instalments(1)))).text
    assert "you pay €50.00 in 1 instalment, on 1 April 2026." in " ".join(text.split())


@pytest.mark.parametrize("left_out", [0, 2_000])
def test_what_a_plan_leaves_out_is_said_with_its_day(left_out: int) -> None:
    text = " ".join(rendered(answer(an_answer("plan-agreed", outside_minor=left_out))).text.split())
    said = "€20.00 of these invoices is in no instalment: it is due together with the last one, on 1 May 2026."
    assert (said in text, "in no instalment" in text) == (bool(left_out), bool(left_out))


def test_a_settled_invoice_has_nothing_left() -> None:
    text = " ".join(rendered(answer(an_answer("thank-you", (answered(rest=0),)))).text.split())
    assert "nothing of this invoice is open any more" in text
    assert "There is nothing left for you to do here." in text


def test_a_dispute_without_owner_or_day_says_neither() -> None:
    mail = answer(an_answer("dispute-received", (answered(rest=0),), owner=None, until=None))
    text = " ".join(rendered(mail).text.split())
    assert "Anna Berg looks into it and will answer you. Until then" in text
    assert "The rest of the invoice" not in text


@pytest.mark.parametrize(
    ("why", "said"), [("wrong", "was not right. Please ignore it. We are sorry"), ("overtaken", "has been overtaken")]
)
def test_a_correction_says_what_was_wrong(why: str, said: str) -> None:
    mail = rendered(answer(an_answer("correction", (answered(minor=0),), why=why)))
    text = " ".join(mail.text.split())
    assert said in text
    assert "nothing of invoice INV-1042 is open" in text
    assert mail.subject.endswith("invoice INV-1042, nothing is open")


def test_a_retraction_says_what_to_disregard_and_what_is_taken_back() -> None:
    bare = " ".join(rendered(answer(an_answer("retraction"))).text.split())
    assert "Our message of 15 March 2026 was sent by mistake. Please disregard it." in bare
    assert "You owe nothing because of this mistake" in bare
    assert "taken back" not in bare
    charged = rendered(answer(an_answer("retraction", charges=(taken_back(),), days=(AS_OF, AS_OF))))
    text = " ".join(charged.text.split())
    assert "Our 2 messages of 16 March 2026 were sent by mistake." in text
    assert "The charges of €40.00 that came with it are taken back." in text
    assert charged.subject.endswith("please disregard our message of 16 March 2026, invoice INV-1042")


def test_an_answer_about_nothing_is_refused() -> None:
    with pytest.raises(ValueError, match="about no invoice"):
        answer(an_answer("thank-you", ()))
    with pytest.raises(ValueError, match="without instalments"):
        answer(an_answer("plan-agreed", instalments=()))
