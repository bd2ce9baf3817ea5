"""Text from outside, made safe for one line of a mail: a name is never able to add a line, a header or a direction."""

import re
import unicodedata
from typing import Final
from urllib.parse import urlsplit

_DROPPED: Final = {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"}  # controls, invisible marks, line separators
_JOINERS: Final = {"\u200c", "\u200d"}  # of category Cf, but needed to spell Persian and several Indian languages
_RLM: Final = "\u200f"  # stands between an Arabic currency's full stop and that of the sentence
_TWO_STOPS: Final = re.compile(rf"(?<![./])\.({_RLM}?)\.(?=[\s<\u201d\"\u2019\u00bb]|$)")
_COLOR: Final = re.compile(r"#[0-9a-fA-F]{6}")


def one_line(text: str, limit: int = 200) -> str:
    """The text without control characters, line breaks and direction marks, cut at `limit` characters."""
    line = " ".join(text.split())
    if not line.isprintable():  # else it has nothing of what is dropped
        kept = (" " if unicodedata.category(c) in _DROPPED and c not in _JOINERS else c for c in line)
        line = " ".join("".join(kept).split())
    return line if len(line) <= limit else line[: limit - 1].rstrip() + "…"


def subject_line(text: str) -> str:
    """One header line; an encoded word that came in with a name is broken up, so that no program unfolds it."""
    return one_line(text.replace("=?", "= ?").replace("?=", "? ="), 180)


def one_stop(text: str) -> str:
    """A sentence that ends with a name or an amount that ends with a full stop itself (Inc., AED in Arabic) has one."""
    if ".." in text or f".{_RLM}." in text:  # seldom: the pattern takes longer than the look
        return _TWO_STOPS.sub(r".\1", text)
    return text


def web_link(url: str | None) -> tuple[str, str] | None:
    """An https address and the domain to print beside it; None for anything else, so that no link points nowhere."""
    if not url or " " in url or not url.isprintable():
        return None
    try:
        parts = urlsplit(url)
        host = parts.hostname
    except ValueError:
        return None
    return (url, host) if parts.scheme == "https" and host else None


def brand_color(color: str) -> tuple[str, str]:
    """A colour that is safe inside a style, and black or white, whichever reads better on it (WCAG contrast)."""
    fill = color if _COLOR.fullmatch(color) else "#1f4e79"
    red, green, blue = (_linear(int(fill[i : i + 2], 16) / 255) for i in (1, 3, 5))
    luminance = 0.2126 * red + 0.7152 * green + 0.0722 * blue
    return fill, "#ffffff" if 1.05 / (luminance + 0.05) >= (luminance + 0.05) / 0.05 else "#000000"


def _linear(channel: float) -> float:
    return channel / 12.92 if channel <= 0.04045 else float(((channel + 0.055) / 1.055) ** 2.4)
