"""Text messages: what they say, how many parts they take, and the templates that WhatsApp wants registered."""

import re

import pytest

from core.render.messages import OF_POLICIES, CustomerMail
from core.render.segments import plain, segments
from core.render.texts import SENTENCES, compose_text, registered
from local.preview.samples import models
from tests.core.render_samples import compiled


@pytest.mark.parametrize(
    ("text", "alphabet", "places", "count"),
    [
        ("", "GSM-7", 0, 1),
        ("a" * 160, "GSM-7", 160, 1),
        ("a" * 161, "GSM-7", 161, 2),
        ("a" * 306, "GSM-7", 306, 2),
        ("a" * 307, "GSM-7", 307, 3),
        ("€" * 80, "GSM-7", 160, 1),
        ("€" * 81, "GSM-7", 162, 2),
        ("a" * 152 + "€" + "a" * 152, "GSM-7", 306, 3),  # the sign of two places moves to the next part
        ("[]{}\\~^|", "GSM-7", 16, 1),
        ("ñøΩÅ@", "GSM-7", 5, 1),
        ("ą", "UCS-2", 1, 1),
        ("ą" * 70, "UCS-2", 70, 1),
        ("ą" * 71, "UCS-2", 71, 2),
        ("ą" * 134, "UCS-2", 134, 2),
        ("ą" * 135, "UCS-2", 135, 3),
        ("😀" * 35, "UCS-2", 70, 1),
        ("😀" * 36, "UCS-2", 72, 2),
        ("ą" * 66 + "😀" + "ą" * 66, "UCS-2", 134, 3),
        ("請求書", "UCS-2", 3, 1),
    ],
)
def test_a_text_is_counted_as_networks_count_it(text: str, alphabet: str, places: int, count: int) -> None:
    found = segments(text)
    assert (found.alphabet, found.places, found.count) == (alphabet, places, count)


def test_typographic_signs_give_way_only_where_that_saves_the_alphabet() -> None:
    assert plain("10\u00a0€ \u2013 \u201cpay\u201d\u2026") == '10 € - "pay"...'
    assert plain("faktura\u00a0ą \u201ex\u201d") == "faktura\u00a0ą \u201ex\u201d"


@pytest.mark.parametrize("kind", [kind.value for kind in OF_POLICIES])
def test_each_message_has_a_text_that_says_who_how_much_and_how_to_end_it(kind: str) -> None:
    for mail in models(kind, "en"):
        assert isinstance(mail, CustomerMail)
        text = compose_text(mail, compiled())
        assert text.body.startswith(mail.brand.name)
        assert plain(mail.asked_total) in text.body or plain(mail.occasion_amount) in text.body
        assert "STOP" in text.body
        assert (mail.contact.phone or "") in text.body
        assert text.size.count <= 3
        for action in mail.actions:
            assert (action.url in text.body) is (action.what == "pay")


@pytest.mark.parametrize("language", ["en", "de", "ar", "ja"])
def test_a_registered_template_with_its_values_is_the_text(language: str) -> None:
    known = registered(language, compiled())
    assert len(known) == 4 * len(SENTENCES)
    for kind in ("friendly", "reminder", "promise-broken", "donation"):
        for mail in models(kind, language):
            assert isinstance(mail, CustomerMail)
            text = compose_text(mail, compiled())
            gaps = dict(enumerate(text.values, start=1))
            filled = re.sub(r"\{\{(\d+)\}\}", lambda found, gaps=gaps: gaps[int(found[1])], known[text.template])  # type: ignore[misc]
            assert plain(filled) == text.body
            assert set(map(int, re.findall(r"\{\{(\d+)\}\}", known[text.template]))) == set(gaps)
