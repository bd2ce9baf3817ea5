"""Money and dates the way the reader writes them."""

from datetime import date

import pytest

from core.render.formats import (
    LANGUAGES,
    format_and,
    format_day,
    format_money,
    locale_of,
    minor_digits,
    supported_language,
)

NBSP = "\u00a0"


@pytest.mark.parametrize(
    ("minor", "currency", "locale", "text"),
    [
        (123450, "EUR", "de", f"1.234,50{NBSP}€"),
        (123450, "EUR", "en_001", "€1,234.50"),
        (123450, "EUR", "fr", f"1{NBSP}234,50{NBSP}€"),  # no narrow space: old mail programs show a box
        (1234550, "EUR", "es", f"12.345,50{NBSP}€"),
        (123450, "EUR", "nl", f"€{NBSP}1.234,50"),
        (123450, "CHF", "de_CH", f"CHF{NBSP}1\u2019234.50"),
        (123450, "USD", "en_US", "$1,234.50"),
        (123450, "USD", "en_CA", "US$1,234.50"),  # a Canadian reads $ as Canadian
        (10000000, "INR", "en_IN", "₹1,00,000.00"),
        (1234, "JPY", "en_001", "JP¥1,234"),  # no minor unit
        (1234567, "KWD", "en_001", f"KWD{NBSP}1,234.567"),  # three decimals
        (0, "EUR", "en_001", "€0.00"),
        (-5, "EUR", "en_001", "-€0.05"),
        (10**17 + 1, "EUR", "en_001", "€1,000,000,000,000,000.01"),  # more digits than a float holds
    ],
)
def test_money_is_exact_and_local(minor: int, currency: str, locale: str, text: str) -> None:
    assert format_money(minor, currency, locale) == text


@pytest.mark.parametrize("minor", [1.5, "100", True, None])
def test_money_that_is_no_whole_number_is_refused(minor: object) -> None:
    with pytest.raises(TypeError, match="whole minor units"):
        format_money(minor, "EUR", "en")  # type: ignore[arg-type]


@pytest.mark.parametrize(("currency", "digits"), [("EUR", 2), ("JPY", 0), ("KWD", 3), ("USD", 2)])
def test_minor_units(currency: str, digits: int) -> None:
    assert minor_digits(currency) == digits


@pytest.mark.parametrize(
    ("language", "country", "locale"),
    [
        ("de", "CH", "de_CH"),
        ("de-AT", "CH", "de_AT"),  # what the reader says about himself goes first
        ("en", "US", "en_US"),
        ("en", "JP", "en_001"),  # English as it is not spoken there: day before month
        ("en", None, "en_001"),
        ("fr", "JP", "fr"),
        ("nl_NL", None, "nl_NL"),
        ("de", "not a country", "de"),
        ("tlh", None, "en"),
    ],
)
def test_nearest_locale(language: str, country: str | None, locale: str) -> None:
    assert locale_of(language, country) == locale


@pytest.mark.parametrize(
    ("wanted", "language"),
    [
        (("de-AT",), "de"),
        (("pl", "fr_BE"), "fr"),
        ((None, "", "NL"), "nl"),
        (("pl",), "en"),
        ((), "en"),
    ],
)
def test_first_language_that_is_spoken(wanted: tuple[str | None, ...], language: str) -> None:
    assert supported_language(*wanted) == language


def test_dates_name_the_month() -> None:
    day = date(2026, 3, 4)
    written = {language: format_day(day, locale_of(language)) for language in LANGUAGES}
    assert written == {
        "en": "4 March 2026",
        "de": "4. März 2026",
        "fr": "4 mars 2026",
        "es": "4 de marzo de 2026",
        "nl": "4 maart 2026",
    }


def test_lists_are_joined_in_the_readers_language() -> None:
    assert format_and(("a", "b", "c"), "de") == "a, b und c"
    assert format_and((), "de") == ""
