"""The language of one reader and how values are written in it."""

from collections.abc import Mapping
from datetime import date
from typing import Literal

from core.render.formats import (
    direction,
    first_spoken,
    format_and,
    format_day,
    format_money,
    locale_of,
    supported_language,
)
from core.values import dataclass


@dataclass(frozen=True, slots=True)
class Voice:
    """A language that the messages speak, and the nearest locale of the reader."""

    language: str
    locale: str

    @property
    def direction(self) -> Literal["ltr", "rtl"]:
        return direction(self.language)

    def day(self, day: date | None) -> str:
        """A date in its long form; "" where there is none."""
        return format_day(day, self.locale) if day else ""

    def money(self, minor: int, currency: str) -> str:
        return format_money(minor, currency, self.locale)

    def sums(self, minors: Mapping[str, int]) -> tuple[str, ...]:
        """One amount a currency."""
        return tuple(format_money(minor, currency, self.locale) for currency, minor in minors.items())

    def together(self, parts: tuple[str, ...]) -> str:
        """The parts in words: A, B and C."""
        return format_and(parts, self.locale)

    def total(self, minors: Mapping[str, int]) -> str:
        """One amount a currency, in words; "" for none."""
        return self.together(self.sums(minors))


def voice_of(*wanted: str | None, country: str | None) -> Voice:
    """The voice for the first of the wanted languages that the messages speak: the contact's, else the customer's ...

    Args: `country` the reader's, for how numbers and dates are written.
    """
    tag = first_spoken(*wanted)
    return Voice(supported_language(tag), locale_of(tag, country))
