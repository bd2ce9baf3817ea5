"""The bank is heard first, then the ledger tells of the same money: what only the bank told must not count beside it.

A ledger's entry has an id of its own, so the two meet by their amounts. Where they do not, both count until a person
says otherwise: nobody is chased for money that came in.
"""

from collections.abc import Iterable, Mapping
from typing import Final

from core.formats import changes
from core.formats.changes import STATED, ItemChange
from core.ledger import Credit, CreditKind
from core.values import replace
from functions.shared.store.items import GONE, StoredItem
from functions.shared.store.table import Row

OF_BANK: Final = changes.OF_BANK
LESS: Final = changes.LESS


def stated(stored: StoredItem | None, change: ItemChange) -> ItemChange:
    """What a table says was paid in all, less the payments in it that a program told one by one."""
    key = change.item.id + STATED
    if key not in change.settled or key in change.not_money or change.in_all is not None:  # nothing new of a table
        return change
    in_all = change.settled[key]
    apart = _told_apart(stored, change, in_all) if stored else 0
    return replace(change, settled={**change.settled, key: in_all - apart}, in_all=in_all)


def _told_apart(stored: StoredItem, change: ItemChange, in_all: int) -> int:
    """How much of that sum a program told: what it told since the last table is in this one as far as the sum grew.

    A table that says no more than the last one did not hear of it yet: the same file again reopens nothing.
    """
    key = change.item.id + STATED
    elsewhere = {key, GONE, *change.settled, *stored.not_money}
    known = sum(minor for e, minor in stored.settled.items() if e not in elsewhere and not e.startswith(OF_BANK))
    alone = stored.settled.get(key, 0)
    before = alone if stored.in_all is None else stored.in_all
    apart = max(0, before - alone)
    return min(in_all, apart + max(0, min(in_all - before, known - apart)))


def told(stored: StoredItem | None, change: ItemChange) -> ItemChange:
    """What a ledger says of an item, with the bank's entries that it tells again taken off."""
    gone = entries(stored, change)
    return replace(change, reversed=(*change.reversed, *gone)) if gone else change


def entries(stored: StoredItem | None, change: ItemChange) -> tuple[str, ...]:
    """The bank's entries of an item that a ledger tells again by this change."""
    ours = payments(stored)
    if stored is None or not ours:
        return ()
    before = {entry: minor for entry, minor in stored.settled.items() if not entry.startswith(OF_BANK)}
    now = {entry: minor for entry, minor in {**before, **change.settled}.items() if entry not in change.reversed}
    if sum(now.values()) >= change.item.original_minor:
        return _all(ours, stored)
    more = increases(stored, change)
    gone: list[str] = []
    for payment, (cash, whole) in ours.items():
        match = next((entry for entry, minor in more.items() if minor in (cash, whole)), None)
        if match is not None:
            del more[match]
            gone.append(payment)
    left = {payment: ours[payment] for payment in ours if payment not in gone}
    total, told_again = sum(whole for _, whole in left.values()), sum(more.values())
    as_table = any(entry.endswith(STATED) for entry in more)
    if left and (told_again == total or (as_table and told_again > total)):
        gone += left
    return _all(gone, stored)


def increases(stored: StoredItem | None, change: ItemChange) -> dict[str, int]:
    """By how much each payment of a ledger settles more than was known; a credit note is nothing that a bank tells."""
    before = stored.settled if stored else {}
    return {
        entry: minor - before.get(entry, 0)
        for entry, minor in change.settled.items()
        if minor > before.get(entry, 0) and entry not in change.not_money
    }


def credits_told(known: Iterable[Row], more: Iterable[int], news: Iterable[Credit]) -> list[Row]:
    """The rows of the bank's money on account that a ledger tells again, with nothing left of it.

    Args: `known` rows of the account; `more` what each new entry of the ledger settles; `news` its credits.
    """
    rows = [row for row in known if row["sk"].startswith("C#") and row["open_minor"] > 0]
    ours = [row for row in rows if row["id"].startswith(OF_BANK)]
    if not ours:
        return []
    there = {row["id"] for row in rows}
    fresh = [c.open_minor for c in news if c.kind is CreditKind.PAYMENT and c.id not in there and c.open_minor > 0]
    settled = list(more)
    amounts = [*settled, *fresh]
    if len(amounts) > 1:
        amounts.append(sum(amounts))
    gone: list[Row] = []
    for row in ours:
        if row["open_minor"] in amounts:
            amounts.remove(row["open_minor"])
            gone.append({**row, "open_minor": 0})
    return gone


def payments(stored: StoredItem | None) -> dict[str, tuple[int, int]]:
    """The bank's payments of an item: what came in, and that with what was given up beside it."""
    settled: Mapping[str, int] = stored.settled if stored else {}
    cash = {e: m for e, m in settled.items() if e.startswith(OF_BANK) and not e.endswith(LESS)}
    return {entry: (minor, minor + settled.get(entry + LESS, 0)) for entry, minor in cash.items()}


def _all(payments: Iterable[str], stored: StoredItem) -> tuple[str, ...]:
    """The entries of payments, with what was given up beside them."""
    return tuple(entry for one in payments for entry in (one, one + LESS) if entry in stored.settled)
