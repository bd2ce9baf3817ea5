"""Names a booking so that every file that tells of it gives it the same name, and two bookings alike keep two.

A key is a hash of what no bank changes between an intraday report, a daily and a weekly statement: the account, the day
of booking, the amount with its sign and currency, and the bank's own reference. Where the bank gives no reference, the
payer's reference and words take its place, as letters and digits alone: line breaks and blanks differ between formats.
Bookings that agree in all of this are numbered in the order in which the statement tells them.
"""

import hashlib
import re
from collections import Counter
from datetime import date
from typing import Final

MOST_ENTRIES: Final = 250_000  # of a file; each takes about 3 kB, together less than 1 GB
_LENGTH: Final = 24  # hexadecimal digits: 96 bits
_NOT_WORD: Final = re.compile(r"[\W_]+")
_NO_REFERENCE: Final = frozenset({"", "NONREF", "NOTPROVIDED"})


class TooManyError(ValueError):
    """A file has more entries than are held in memory together."""


class Keys:
    """Gives the keys of one file."""

    def __init__(self) -> None:
        self._seen, self._left = Counter[str](), MOST_ENTRIES

    def begin(self, account: str, *, interim: bool) -> None:
        """A statement begins. A report within the day tells the day anew, so its bookings are counted anew."""
        self._account = account
        if interim:
            self._seen.clear()

    def key(self, booked_on: date, minor: int, currency: str, bank_reference: str | None, *words: str | None) -> str:
        """The key of a booking. Args: `words` that stand in where the bank gives no reference.

        Raises: TooManyError.
        """
        self._left -= 1
        if self._left < 0:
            raise TooManyError
        same = alike(self._account, booked_on, minor, currency, bank_reference, *words)
        self._seen[same] += 1
        return f"{same}-{self._seen[same]}"


def alike(
    account: str, booked_on: date, minor: int, currency: str, bank_reference: str | None, *words: str | None
) -> str:
    """What bookings that cannot be told apart have in common: the key without its number."""
    reference = reference_of(bank_reference)
    said = ("ref", folded(reference)) if reference else ("words", *(folded(word or "") for word in words))
    parts = (account, booked_on.isoformat(), str(minor), currency, *said)
    return hashlib.sha256("\x1f".join(parts).encode()).hexdigest()[:_LENGTH]


def part_key(whole: str, seen: Counter[str], minor: int, currency: str, *words: str | None) -> str:
    """The key of one payment of a batch: the batch's own, a short hash of the payment, and its number among equals."""
    said = "\x1f".join((str(minor), currency, *(folded(word or "") for word in words)))
    same = hashlib.sha256(said.encode()).hexdigest()[:8]
    seen[same] += 1
    return f"{whole}.{same}-{seen[same]}"


def reference_of(text: str | None) -> str | None:
    """A reference as the bank wrote it; None for the words that say that there is none."""
    bare = (text or "").strip()
    return None if bare.upper() in _NO_REFERENCE else bare


def folded(text: str) -> str:
    """Letters and digits of a text, in upper case."""
    return _NOT_WORD.sub("", text).upper()


def account_of(text: str) -> str:
    """An account number as it is compared: without blanks, in upper case."""
    return "".join(text.split()).upper()
