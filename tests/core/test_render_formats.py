"""Money and dates the way the reader writes them."""

from datetime import date

import pytest

from core.render.formats import (
    LANGUAGES,
    direction,
    format_and,
    format_day,
    format_money,
    locale_of,
    minor_digits,
    supported_language,
)

NBSP = "\u00a0"
RLM = "\u200f"


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
        (123456, "EUR", "it_IT", f"1.234,56{NBSP}€"),
        (123456, "EUR", "it_CH", f"€{NBSP}1\u2019234.56"),
        (123456, "BRL", "pt_BR", f"R${NBSP}1.234,56"),
        (123456, "EUR", "pt_PT", f"1{NBSP}234,56{NBSP}€"),
        (123456, "PLN", "pl_PL", f"1{NBSP}234,56{NBSP}zł"),
        (-123456, "EUR", "pl_PL", f"-1{NBSP}234,56{NBSP}€"),
        (123456, "EUR", "fr_FR", f"1{NBSP}234,56{NBSP}€"),
        (123456, "EUR", "de_AT", f"€{NBSP}1.234,56"),
        (1234567, "JPY", "ja_JP", "\uffe51,234,567"),  # the full-width yen of Japanese print
        (123456, "EUR", "ja_JP", "€1,234.56"),
        (12345678950, "INR", "hi_IN", "₹12,34,56,789.50"),  # lakh and crore
        (123456, "EUR", "hi_IN", "€1,234.56"),
        # a mark keeps sign, digits and symbol together in a line from the right; digits are 0-9 in all countries
        (123456, "EGP", "ar_EG", f"{RLM}1,234.56{NBSP}ج.م.{RLM}"),
        (123456, "AED", "ar_AE", f"{RLM}1,234.56{NBSP}د.إ.{RLM}"),
        (-123456, "EUR", "ar_SA", f"{RLM}\u200e-1,234.56{NBSP}€"),
        (123456, "EUR", "ar_MA", f"{RLM}1.234,56{NBSP}€"),
        (1234567, "KWD", "ar", f"{RLM}1,234.567{NBSP}د.ك.{RLM}"),
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
        ("pt", "BR", "pt_BR"),
        ("pt", "PT", "pt_PT"),
        ("pt-BR", "PT", "pt_BR"),
        ("pt", "DE", "pt"),
        ("ar", "EG", "ar_EG"),
        ("ar", "FR", "ar"),
        ("hi", "IN", "hi_IN"),
        ("ja", "JP", "ja_JP"),
    ],
)
def test_nearest_locale(language: str, country: str | None, locale: str) -> None:
    assert locale_of(language, country) == locale


@pytest.mark.parametrize(
    ("wanted", "language"),
    [
        (("de-AT",), "de"),
        (("sv", "fr_BE"), "fr"),
        ((None, "", "NL"), "nl"),
        (("sv",), "en"),
        ((), "en"),
    ],
)
def test_first_language_that_is_spoken(wanted: tuple[str | None, ...], language: str) -> None:
    assert supported_language(*wanted) == language


@pytest.mark.parametrize(
    ("locale", "text"),
    [
        ("en_001", "4 March 2026"),
        ("en_US", "March 4, 2026"),
        ("de", "4. März 2026"),
        ("fr", "4 mars 2026"),
        ("es", "4 de marzo de 2026"),
        ("nl", "4 maart 2026"),
        ("it", "4 marzo 2026"),
        ("pt_BR", "4 de março de 2026"),
        ("pt_PT", "4 de março de 2026"),
        ("pl", "4 marca 2026"),
        ("ar", "4 مارس 2026"),
        ("ar_DZ", "4 مارس 2026"),
        ("ar_IQ", "4 آذار 2026"),
        ("ja", "2026年3月4日"),
        ("hi", "4 मार्च 2026"),
    ],
)
def test_dates_name_the_month(locale: str, text: str) -> None:
    assert format_day(date(2026, 3, 4), locale) == text


def test_every_language_has_a_date_of_its_own() -> None:
    assert len({format_day(date(2026, 3, 4), locale_of(language)) for language in LANGUAGES}) == len(LANGUAGES)


def test_the_first_of_a_month_in_french() -> None:
    assert format_day(date(2026, 3, 1), "fr_BE") == "1er mars 2026"
    assert format_day(date(2026, 3, 11), "fr") == "11 mars 2026"
    assert format_day(date(2026, 3, 1), "it") == "1 marzo 2026"


@pytest.mark.parametrize(
    ("locale", "text"),
    [
        ("en_001", "a, b and c"),
        ("de", "a, b und c"),
        ("fr", "a, b et c"),
        ("es", "a, b y c"),
        ("nl", "a, b en c"),
        ("it", "a, b e c"),
        ("pt_BR", "a, b e c"),
        ("pl", "a, b i c"),
        ("ar", "a وb وc"),
        ("ja", "a、b、c"),
        ("hi", "a, b, और c"),
    ],
)
def test_lists_are_joined_in_the_readers_language(locale: str, text: str) -> None:
    assert format_and(("a", "b", "c"), locale) == text
    assert format_and(("a",), locale) == "a"
    assert format_and((), locale) == ""


@pytest.mark.parametrize("language", LANGUAGES)
def test_direction(language: str) -> None:
    assert direction(language) == ("rtl" if language == "ar" else "ltr")
    assert direction("ar-EG") == "rtl"
    assert direction("he") == "ltr"  # is written to in English
