"""Invoice numbers as payers write them: lists and ranges, without prefixes or zeros, with blanks that a form put in."""

import re
import unicodedata
from collections.abc import Iterable, Iterator
from enum import IntEnum
from functools import lru_cache
from typing import Final

from core.values import dataclass

MOST_OF_RANGE: Final = 60  # invoices; what is longer is a phone number or a mistake
_MOST_MENTIONS: Final = 80
_LONGEST: Final = 1_500  # characters read; SEPA allows 140, an MT940 entry 390
_FULL: Final = 5  # digits of a number without letters that hardly stand in a text by chance
_LONG: Final = 7  # digits that say as much as the number with its letters
_SHORTEST: Final = 2  # digits; one alone is a list's or a page's
_FEWEST: Final = 3  # digits below which a number alone says nothing

_CURRENCY: Final = r"(?:EUR|USD|CHF|GBP|PLN|SEK|[€$£])"
# What looks like a number and is none, in the order in which it is taken out.
_NOISE: Final = tuple(
    re.compile(pattern)
    for pattern in (
        r"\b(?!RF)[A-Z]{2}\d{2} ?(?:[A-Z0-9]{4} ?){3,7}[A-Z0-9]{0,4}\b",  # IBAN
        r"\b\d{1,2}[./]\d{1,2}[./](?:20)?\d{2}\b|\b20\d\d-\d\d-\d\d\b",  # dates
        r"\b(?:0?[1-9]|1[0-2])[./]20\d\d\b",  # months
        rf"{_CURRENCY}\s*\d[\d.,']*|\b\d{{1,3}}(?:[.,' ]\d{{3}})*[.,]\d{{2}}(?!\d)(?:\s*{_CURRENCY})?",
        r"\b(?:KD|KND|KUNDEN?|CUST(?:OMER)?|CLIENTE?)[-. ]*(?:N[RO]?|NUMM?ER|ID|CODE)?[.:°º# ]*[A-Z]{0,2}\d+",
        r"\b\d+(?:[.,]\d+)? ?%",
    )
)
_TO: Final = ("BIS", "TO", "THROUGH", "THRU", "TILL?", "AU", "A", "À", "HASTA", "AL", "TOT", "DO")
_BETWEEN: Final = "|".join(
    [
        "-", "\N{EN DASH}", "\N{EM DASH}", "~", r"\bT/M\b",
        *(rf"\b{word}\b" for word in _TO),
    ]
)  # fmt: skip
_TOKEN: Final = re.compile(r"[A-Z0-9]+(?:[-/_.+&][A-Z0-9]+)*")
_RANGE: Final = re.compile(
    rf"(?<![A-Z0-9])([A-Z0-9][A-Z0-9/_.-]{{0,33}}\d)\s*(?:{_BETWEEN})\s*(?:[A-Z]{{1,5}}\.?[- ]?)?(\d{{1,20}})\b"
)
_TAIL: Final = re.compile(r"(.*?)(\d+)(\D*)", re.DOTALL)
_SPACED: Final = re.compile(r"\b\d{1,6}(?: \d{1,6}){1,5}\b")
_WORD_BEFORE: Final = re.compile(r"(?<![A-Z0-9])([A-Z]{1,6})[-.: ]*$")


class Strength(IntEnum):
    """How sure a mention means an invoice."""

    TAIL = 1  # its last digits alone
    DIGITS = 2  # all its digits, or a short number
    FULL = 3  # as it is printed


@dataclass(frozen=True, slots=True)
class Shape:
    """How an entity's numbers are built: everything before their last digits, and how many those are."""

    prefix: str
    width: int
    suffix: str = ""


@dataclass(frozen=True, slots=True)
class Mention:
    """One place of a text and what it may mean, the likeliest reading first. Each reading lists numbers as typed."""

    readings: tuple[tuple[str, ...], ...]


def shape_of(number: str) -> Shape | None:
    """The shape of an invoice number; None for one without digits."""
    found = _TAIL.fullmatch(_upper(number))
    return Shape(_before_tail(found)[0], len(_before_tail(found)[1]), found[3]) if found else None


def spellings(typed: str, shapes: Iterable[Shape]) -> tuple[str, ...]:
    """The stored numbers that a typed one may stand for, by shape; as it stands first."""
    bare = joined(typed)
    made = [typed, bare]
    for shape in shapes:
        start, digits = joined(shape.prefix), _digits(shape.prefix)
        for known in dict.fromkeys((start, digits, "")):
            rest = bare[len(known) :] if bare.startswith(known) else ""
            if rest.isdigit() and len(rest.lstrip("0") or "0") <= shape.width:
                made.append(shape.prefix + (rest.lstrip("0") or "0").zfill(shape.width) + shape.suffix)
    return tuple(dict.fromkeys(made))


def strength(typed: str, number: str) -> Strength | None:
    """How surely what was typed means this invoice; None when it does not."""
    mine, theirs = joined(typed), joined(number)
    if mine == theirs:
        return Strength.FULL if len(mine) >= _FULL or not mine.isdigit() else Strength.DIGITS
    if not mine.isdigit() and _letters(mine) == _letters(theirs):
        return None  # another number of the same series
    digits = _digits(mine).lstrip("0")
    if len(_digits(mine)) >= _SHORTEST and digits and digits == _digits(theirs).lstrip("0"):
        return Strength.FULL if len(digits) >= _LONG else Strength.DIGITS if len(digits) >= _FEWEST else Strength.TAIL
    return Strength.TAIL if mine.isdigit() and len(mine) >= _FEWEST and digits == _tail(number) else None


@lru_cache(maxsize=65_536)
def keys_of(number: str) -> frozenset[str]:
    """What two numbers share, one of them at least, where one may mean the other: to look a number up among many."""
    bare = joined(number)
    return frozenset(key for key in (bare, _digits(bare).lstrip("0"), _tail(number)) if key)


def mentions(text: str) -> tuple[Mention, ...]:
    """Every place of a text that may name invoices."""
    clean = _upper(text[:_LONGEST])
    for noise in _NOISE:
        clean = noise.sub(" ; ", clean)
    found = list(_ranges(clean))
    clean = _RANGE.sub(lambda hit: " ; " if _expanded(hit[1], hit[2]) else hit[0], clean)
    found += _tokens(clean)
    found += [Mention(((hit[0].replace(" ", ""),),)) for hit in _SPACED.finditer(clean)]
    return tuple(dict.fromkeys(found))[:_MOST_MENTIONS]


@lru_cache(maxsize=65_536)
def joined(number: str) -> str:
    """Letters and digits alone, in capitals."""
    return "".join(sign for sign in _upper(number) if sign.isalnum())


def _upper(text: str) -> str:
    return unicodedata.normalize("NFKC", text).upper()


def _digits(text: str) -> str:
    return "".join(sign for sign in text if sign.isdigit())


def _letters(text: str) -> str:
    return "".join(sign for sign in text if not sign.isdigit())


def _before_tail(found: re.Match[str]) -> tuple[str, str]:
    """The lazy prefix grows until only the last digits are left."""
    prefix, digits, suffix = found[1], found[2], found[3]
    while (more := _TAIL.fullmatch(suffix)) is not None and more[2]:
        prefix, digits, suffix = prefix + digits + more[1], more[2], more[3]
    return prefix, digits


def _tail(number: str) -> str:
    runs = re.findall(r"\d+", number)
    return runs[-1].lstrip("0") if runs else ""


def _ranges(clean: str) -> Iterator[Mention]:
    for hit in _RANGE.finditer(clean):
        numbers = _expanded(hit[1], hit[2])
        if numbers:
            yield Mention(((re.sub(r"\s", "", hit[0]),), numbers))


def _expanded(first: str, last: str) -> tuple[str, ...]:
    """All numbers from the first to the last, whose left digits may be missing."""
    digits = re.search(r"\d+$", first)
    if digits is None:
        return ()
    start, low = first[: digits.start()], digits[0]
    high = low[: len(low) - len(last)] + last if len(last) <= len(low) else last
    count = int(high) - int(low) + 1
    if not 2 <= count <= MOST_OF_RANGE:
        return ()
    return tuple(f"{start}{number:0{len(low)}d}" for number in range(int(low), int(high) + 1))


def _tokens(clean: str) -> Iterator[Mention]:
    for hit in _TOKEN.finditer(clean):
        token = hit[0].strip("-/_.+&")
        if not any(sign.isdigit() for sign in token):
            continue
        readings: list[tuple[str, ...]] = [(token,)]
        before = _WORD_BEFORE.search(clean, 0, hit.start()) if hit.start() else None
        if before is not None and token[0].isdigit():
            readings.append((before[1] + token,))
        readings += _lists(token)
        yield Mention(tuple(dict.fromkeys(readings)))


def _lists(token: str) -> Iterator[tuple[str, ...]]:
    """`1001/02/03` and `RE2026-0041/0042`: each further one may leave out what it shares with the first."""
    for signs in ("/+&", "-/+&", "-/+&._"):
        parts = [part for part in re.split(f"[{re.escape(signs)}]", token) if _digits(part)]
        if 1 < len(parts) <= MOST_OF_RANGE:
            whole = [parts[0]]
            for part in parts[1:]:
                short = part.isdigit() and len(part) < len(_digits(parts[0]))
                whole.append(parts[0][: len(parts[0]) - len(part)] + part if short else part)
            yield tuple(whole)
            yield tuple(parts)
