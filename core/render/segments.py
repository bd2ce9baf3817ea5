"""How many parts a text message is sent and billed in. Sources: 3GPP TS 23.038 (alphabet), TS 23.040 (parts)."""

from typing import Final, Literal

from core.values import dataclass

_BASIC: Final = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§"
    "¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
_EXTENDED: Final = frozenset("^{}\\[~]|€\f")  # each takes two places: an escape and itself
_GSM: Final = (160, 153)  # places in a single part, and in each of several, which begin with a header
_UCS2: Final = (70, 67)
# Signs that look alike and spare a message the alphabet with half the room.
_SPACES: Final = "\u00a0\u202f\u2009"
_QUOTES: Final = "\u2018\u2019\u201a"
_DOUBLE_QUOTES: Final = "\u201c\u201d\u201e"
_DASHES: Final = "\u2013\u2014\u2212"
_DIRECTIONS: Final = "\u200e\u200f\u061c\u2066\u2067\u2068\u2069"
_PLAIN: Final = str.maketrans(
    {
        **dict.fromkeys(_SPACES, " "),
        **dict.fromkeys(_QUOTES, "'"),
        **dict.fromkeys(_DOUBLE_QUOTES, '"'),
        **dict.fromkeys(_DASHES, "-"),
        **dict.fromkeys(_DIRECTIONS, ""),
        "\u2026": "...",
    }
)


@dataclass(frozen=True, slots=True)
class Segments:
    """The size of one text message."""

    alphabet: Literal["GSM-7", "UCS-2"]
    places: int  # septets, or 16-bit units
    count: int  # parts that are sent and billed


def plain(text: str) -> str:
    """The text with typographic signs written plainly, where that lets it keep the small alphabet; else as it was."""
    simple = text.translate(_PLAIN)
    return simple if all(sign in _BASIC or sign in _EXTENDED for sign in simple) else text


def segments(text: str) -> Segments:
    """The size of a text as it stands; a sign of two places is never torn between two parts."""
    if all(sign in _BASIC or sign in _EXTENDED for sign in text):
        return _counted("GSM-7", [2 if sign in _EXTENDED else 1 for sign in text], *_GSM)
    return _counted("UCS-2", [2 if ord(sign) > 0xFFFF else 1 for sign in text], *_UCS2)


def _counted(alphabet: Literal["GSM-7", "UCS-2"], widths: list[int], single: int, each: int) -> Segments:
    places = sum(widths)
    if places <= single:
        return Segments(alphabet, places, 1)
    count, room = 1, each
    for width in widths:
        if width > room:
            count, room = count + 1, each
        room -= width
    return Segments(alphabet, places, count)
