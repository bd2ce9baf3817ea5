"""Which open items a payment names, and how surely: by structured reference, or by number in its text."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import field
from itertools import islice, product
from typing import Final

from core.bank import BankEntry
from core.cash import numbers, references
from core.cash.model import Candidate
from core.cash.numbers import Mention, Strength
from core.ledger import BankAccount, Item
from core.values import dataclass

_MOST_CHOICES: Final = 24  # ways to read one text; the likelier ones come first
_YEAR: Final = re.compile(r"(?:19|20)\d\d")
_LONGEST: Final = 1_500  # characters read
_TELLING: Final = 4  # digits of a number that a payer hardly writes for nothing
REFERENCE: Final = 4  # above every Strength


@dataclass(frozen=True, slots=True)
class Named:
    """Items that one reading of a payment names, each once."""

    items: tuple[Item, ...]
    strength: int  # of the weakest: a Strength, or REFERENCE
    closed: tuple[Item, ...] = ()  # named, and settled already
    whole: bool = True  # nothing that the words may mean is left out


@dataclass(slots=True)
class Reading:
    """All that a payment names."""

    options: list[Named] = field(default_factory=list)  # the likeliest first
    unknown: tuple[str, ...] = ()  # numbers of some length that nobody knows
    customers: tuple[str, ...] = ()  # named by a structured reference of theirs


@dataclass(frozen=True, slots=True)
class _Hit:
    item: Item
    strength: int
    open: bool


def read(entry: BankEntry, candidates: Sequence[Candidate], accounts: Sequence[BankAccount]) -> Reading:
    """What the entry names among what the candidates owe or owed."""
    quoted = references.references_of(entry)
    exact, customers = _referenced(quoted, candidates, accounts)
    hits, unknown = _mentioned(texts_of(entry), _Known(candidates)) if not exact else ({}, [])
    options = [Named(tuple(hit.item for hit in exact), REFERENCE)] if exact else []
    options += _options(hits)
    return Reading(options, tuple(unknown), customers)


def texts_of(entry: BankEntry) -> tuple[str, ...]:
    """Where an entry may name invoices, without its structured references."""
    said = entry.remittance
    ends = [said.end_to_end] if said.end_to_end and said.end_to_end.upper() != "NOTPROVIDED" else []
    return tuple(references.without(text[:_LONGEST]) for text in (*said.references, said.text, *ends) if text)


def _referenced(
    quoted: Sequence[str], candidates: Sequence[Candidate], accounts: Sequence[BankAccount]
) -> tuple[list[_Hit], tuple[str, ...]]:
    if not quoted:
        return [], ()
    asked = set(quoted)
    hits = [
        _Hit(item, REFERENCE, open=True)
        for candidate in candidates
        for item in candidate.items
        if asked & references.made_for(accounts, "invoice", item.number)
    ]
    customers = [
        candidate.customer.id
        for candidate in candidates
        if asked & references.made_for(accounts, "customer", candidate.customer.id)
    ]
    return hits, tuple(customers)


class _Known:
    """The items of all candidates, found by what a number shares with theirs."""

    def __init__(self, candidates: Sequence[Candidate]) -> None:
        self._by_key: dict[str, list[tuple[Item, bool]]] = {}
        for candidate in candidates:
            for item, is_open in [*((i, True) for i in candidate.items), *((i, False) for i in candidate.closed)]:
                for key in numbers.keys_of(item.number):
                    self._by_key.setdefault(key, []).append((item, is_open))

    def meant(self, typed: str) -> list[_Hit]:
        """The items that a number may mean: only the surest sort of them."""
        hits: list[_Hit] = []
        found = (one for key in numbers.keys_of(typed) for one in self._by_key.get(key, ()))
        near = {(item.customer, item.id): (item, is_open) for item, is_open in found}
        for item, is_open in near.values():
            sure = numbers.strength(typed, item.number)
            if sure is not None:
                hits.append(_Hit(item, sure, is_open))
        most = max((hit.strength for hit in hits), default=0)
        return [hit for hit in hits if hit.strength == most]


def _mentioned(texts: Iterable[str], known: _Known) -> tuple[dict[str, list[_Hit]], list[str]]:
    """What each number as typed may mean, and the numbers that mean nothing here."""
    found: dict[str, list[_Hit]] = {}
    unknown: list[str] = []
    for text in texts:
        for mention in numbers.mentions(text):
            hits = _best_reading(mention, known)
            found |= hits
            typed = mention.readings[0][0]
            if not hits and sum(sign.isdigit() for sign in typed) >= _TELLING and not _YEAR.fullmatch(typed):
                unknown.append(typed)
    return found, unknown


def _best_reading(mention: Mention, known: _Known) -> dict[str, list[_Hit]]:
    """The reading of which most is known; of two the one that is surer, then the first."""
    best: dict[str, list[_Hit]] = {}
    best_rank = (0.0, 0)
    for reading in mention.readings:
        hits = {typed: found for typed in reading if (found := known.meant(typed))}
        if hits:
            rank = (len(hits) / len(reading), min(hit.strength for found in hits.values() for hit in found))
            if rank[0] < 1 and rank[1] == Strength.TAIL:
                continue  # a few digits out of something else
            if rank > best_rank:
                best, best_rank = hits, rank
    return best


def _options(hits: dict[str, list[_Hit]]) -> list[Named]:
    """Every way to take the numbers together; where one customer owns all, that comes by itself."""
    if not hits:
        return []
    ways = [tuple(way) for way in islice(product(*hits.values()), _MOST_CHOICES)]
    options = [_named(way) for way in ways]
    for customer in dict.fromkeys(hit.item.customer for found in hits.values() for hit in found):
        own = [hit for found in hits.values() for hit in found if hit.item.customer == customer]
        options.append(
            _named(tuple(own), whole=len({id(h) for h in own}) == sum(len(found) for found in hits.values()))
        )
    sure = [hit for found in hits.values() for hit in found if hit.strength == Strength.FULL]
    if sure:
        options.append(_named(tuple(sure), whole=len(sure) == len(hits)))
    unique = {tuple(sorted(item.id for item in option.items)): option for option in reversed(options)}
    return [option for option in reversed(unique.values()) if option.items or option.closed]


def _named(way: tuple[_Hit, ...], *, whole: bool = True) -> Named:
    there = {(hit.item.customer, hit.item.id): hit for hit in way}
    return Named(
        tuple(hit.item for hit in there.values() if hit.open),
        min(hit.strength for hit in there.values()),
        tuple(hit.item for hit in there.values() if not hit.open),
        whole,
    )
