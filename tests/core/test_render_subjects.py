"""Subjects in every language: whole in the list of a mail program."""

import unicodedata

import pytest

from core.decide.model import Occasion
from core.render.formats import LANGUAGES
from tests.core.answer_samples import ANSWER_KINDS, an_answer, answer
from tests.core.render_samples import AS_OF, BEFORE_THE_DAY, COMING, CUSTOMER_KINDS, a_line, a_mail, a_plan, rendered

LIMIT = 90  # typical values: a company of 15 letters, one invoice, an amount of four digits
COMPANY = "Northwind GmbH"


def width(text: str) -> int:
    """Columns that it takes: Chinese characters, kana and full-width signs are two wide, marks above none."""
    return sum(
        0 if unicodedata.category(c) in {"Mn", "Me"} else 2 if unicodedata.east_asian_width(c) in "WF" else 1
        for c in text
    )


@pytest.mark.parametrize("kind", CUSTOMER_KINDS)
@pytest.mark.parametrize("language", LANGUAGES)
def test_a_subject_is_short(kind: str, language: str) -> None:
    late, coming = ((), (COMING,)) if kind in BEFORE_THE_DAY else ((a_line(),), ())
    plan = a_plan(kind, late, coming, occasion=Occasion("EUR", 125000, AS_OF, 100000))
    subject = rendered(a_mail(plan, language, name=COMPANY)).subject
    assert subject.startswith(COMPANY)
    assert width(subject) <= LIMIT, subject


@pytest.mark.parametrize("kind", ANSWER_KINDS)
@pytest.mark.parametrize("language", LANGUAGES)
def test_the_subject_of_an_answer_is_short(kind: str, language: str) -> None:
    subject = rendered(answer(an_answer(kind), language, name=COMPANY)).subject
    assert subject.startswith(COMPANY)
    assert width(subject) <= LIMIT, subject
