"""Money and dates the way the reader writes them. Babel is imported on first use: deciding needs none of it."""

import re
from datetime import date
from decimal import Decimal
from functools import cache, lru_cache
from typing import TYPE_CHECKING, Final, Literal

from core.values import dataclass

if TYPE_CHECKING:
    from babel.core import Locale

# every message is complete in each of them
LANGUAGES: Final = ("en", "de", "fr", "es", "nl", "it", "pt", "pl", "ar", "ja", "hi")
_LEFTWARD: Final = frozenset({"ar"})
# CLDR asks for a space between a currency code and the digits (KWD 5, but $5); Babel leaves it out
_TOUCHING: Final = re.compile(r"(?<=[^\W\d_])(?=\d)|(?<=\d)(?=[^\W\d_])")
_DIGITS: Final = re.compile(r"(?<!\d)(1(?:\D0+)?)(?!\d)")  # of one unit, with its decimals
# "14 March 2026" is read everywhere; the plain English locale would write the American form to the whole world
_NEUTRAL: Final = {"en": "en_001"}


def supported_language(*wanted: str | None) -> str:
    """The first language that the messages speak, regional forms falling to their base; English when none fits."""
    return _base(first_spoken(*wanted))


def first_spoken(*wanted: str | None) -> str:
    """The first of the tags whose language the messages speak, as it was given (de-AT); "en" when none fits.

    Callers name the nearest wish first: the contact's, the customer's, the legal entity's.
    """
    return next((tag for tag in wanted if tag and _base(tag) in LANGUAGES), "en")


def _base(tag: str) -> str:
    return tag.replace("_", "-").split("-")[0].lower()


def direction(language: str) -> Literal["ltr", "rtl"]:
    """Which way the language is written."""
    return "rtl" if supported_language(language) in _LEFTWARD else "ltr"


@lru_cache(maxsize=512)
def locale_of(language: str, country: str | None = None) -> str:
    """The nearest locale with data, e.g. de_CH; a language that is not spoken in the country keeps its own forms."""
    from babel.core import Locale, UnknownLocaleError

    base, _, region = language.replace("-", "_").partition("_")
    base = base.lower()
    for part in (region, country):
        if part:
            try:
                return str(Locale.parse(f"{base}_{part.upper()}"))
            except (UnknownLocaleError, ValueError):
                continue
    for tag in (_NEUTRAL.get(base, base), base):
        try:
            return str(Locale.parse(tag))
        except (UnknownLocaleError, ValueError):
            continue
    return "en"


@cache
def _parsed(locale: str) -> "Locale":
    from babel.core import Locale

    return Locale.parse(locale)


@cache
def minor_digits(currency: str) -> int:
    """Decimals of the currency's minor unit: EUR 2, JPY 0, KWD 3."""
    from babel.numbers import get_currency_precision

    return get_currency_precision(currency)


def major_units(minor: int, currency: str) -> Decimal:
    """The exact amount in units of the currency: 12345 EUR cents are 123.45."""
    return Decimal(minor).scaleb(-minor_digits(currency))


def format_money(minor: int, currency: str, locale: str) -> str:
    """An exact amount with its currency, e.g. 1.234,50 € for (123450, "EUR", "de").

    Digits are those of invoices and account numbers (0-9) in every language, since readers compare and copy them;
    separators, the place of the sign and the marks that keep an amount together in Arabic are the locale's own.
    Raises: TypeError for anything but whole minor units, since a float would be rounded on its way out.
    """
    if type(minor) is not int:
        raise TypeError(f"money is whole minor units, got {minor!r}")
    return _amounts(currency, locale).written(minor)


@dataclass(frozen=True, slots=True)
class _Amounts:
    """How a locale writes amounts of a currency: what Babel would look up anew for each amount."""

    around: tuple[tuple[str, str], tuple[str, str]]  # what stands before and after the digits of amounts from 0, below
    decimals: int
    point: str
    group: str
    groups: tuple[int, int]  # digits of the last group, and of those before it: 12,34,567 has (3, 2)

    def written(self, minor: int) -> str:
        before, after = self.around[minor < 0]
        digits = f"{abs(minor):0{self.decimals + 1}d}"
        whole, part = (digits[: -self.decimals], digits[-self.decimals :]) if self.decimals else (digits, "")
        return f"{before}{self._grouped(whole)}{self.point if part else ''}{part}{after}"

    def _grouped(self, whole: str) -> str:
        last, others = self.groups
        if len(whole) <= last:
            return whole
        parts, rest = [whole[-last:]], whole[:-last]
        while rest:
            parts.append(rest[-others:])
            rest = rest[:-others]
        return self.group.join(reversed(parts))


@lru_cache(maxsize=512)
def _amounts(currency: str, locale: str) -> _Amounts:
    """Read off what Babel writes for 1 and for -1; tests hold the two together over all languages and currencies."""
    from babel.numbers import format_currency, get_decimal_symbol, get_group_symbol

    parsed, around = _parsed(locale), []
    for sample in (1, -1):
        text = format_currency(sample, currency, locale=parsed).replace(
            "\u202f", "\u00a0"
        )  # old programs lack the glyph
        if direction(locale) == "rtl":
            text = text.replace("-", "\u200e-")  # keeps the sign left of its digits, as CLDR has it
        before, _, after = _DIGITS.split(_TOUCHING.sub("\u00a0", text))
        around.append((before, after))
    return _Amounts(
        around=(around[0], around[1]),
        decimals=minor_digits(currency),
        point=get_decimal_symbol(parsed),
        group=get_group_symbol(parsed).replace("\u202f", "\u00a0"),
        groups=parsed.currency_formats["standard"].grouping,
    )


@lru_cache(maxsize=2048)
def format_day(day: date, locale: str) -> str:
    """A date in its long form, e.g. 14. März 2026, so that no reader mistakes the month for the day."""
    from babel.dates import format_date

    text = format_date(day, format="long", locale=_parsed(locale))
    return f"1er{text[1:]}" if locale.startswith("fr") and text.startswith("1 ") else text  # CLDR leaves it out


def format_and(parts: tuple[str, ...], locale: str) -> str:
    """Several values as the reader lists them: A, B and C."""
    if len(parts) < 2:
        return "".join(parts)
    from babel.lists import format_list

    return format_list(list(parts), locale=_parsed(locale))
