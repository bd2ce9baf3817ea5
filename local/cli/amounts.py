"""Amounts as the terminal shows them; records keep them as a currency and whole minor units."""

import re
from typing import Final

_BARE: Final = re.compile(r"\b([A-Z]{3}) (-?\d+) \(minor units\)")
_LISTED: Final = re.compile(r"minor units: ((?:[A-Z]{3} -?\d+(?:, )?)+)")
_PAIR: Final = re.compile(r"([A-Z]{3}) (-?\d+)")


def money(minor: int, currency: str) -> str:
    """An exact amount, in English."""
    from core.render.formats import format_money

    return format_money(minor, currency, "en").replace("\N{NO-BREAK SPACE}", " ")


def readable(text: str) -> str:
    """Stored text with its amounts written for people."""
    text = _BARE.sub(lambda found: money(int(found[2]), found[1]), text)
    return _LISTED.sub(lambda listed: _PAIR.sub(lambda found: money(int(found[2]), found[1]), listed[1]), text)
