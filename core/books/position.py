"""What is open on a day: receivables, credits on account, and what later entries will change. Pure book-keeping.

Money is whole minor units beside an ISO 4217 code. Entries are booked in the order of their dates; those of one day in
the order given.
"""

from collections.abc import Iterable, Sequence
from dataclasses import field
from datetime import date
from enum import StrEnum

from core.values import dataclass


class EntryKind(StrEnum):
    """What may happen to what a customer owes."""

    PAYMENT = "payment"
    CREDIT_NOTE = "credit_note"
    APPLY_CREDIT = "apply_credit"  # part of an amount on account is used on an item
    PAYMENT_REVERSED = "payment_reversed"  # a refund or chargeback: what it had settled is open again
    WRITE_OFF = "write_off"
    WRITE_OFF_UNDONE = "write_off_undone"


@dataclass(frozen=True, slots=True)
class Receivable:
    """An invoice, or one instalment of a document; it owes its whole amount from the start."""

    id: str
    currency: str
    minor: int
    due_on: date | None = None
    document: str | None = None  # the invoice whose instalments belong together


@dataclass(frozen=True, slots=True)
class Entry:
    """One thing that happened. `minor` None is everything that is open, or everything that was booked before."""

    id: str
    kind: EntryKind
    on: date
    minor: int | None = None
    item: str | None = None  # None with no document: on account; an amount on account: it is paid out
    document: str | None = None  # its instalments, the earliest due first
    credit: str | None = None  # of an apply_credit: the entry that is used; of a reversal: the payment that came back
    currency: str | None = None  # of an amount on account


@dataclass(frozen=True, slots=True)
class Settled:
    """A part of an item that an entry took away: a payment, a credit note or a write-off."""

    entry: str
    kind: EntryKind
    on: date
    minor: int


@dataclass(slots=True)
class _Account:
    """An amount of the customer that is matched with nothing."""

    kind: EntryKind
    currency: str
    on: date
    minor: int


@dataclass(slots=True)
class Position:
    """What is open. Nothing in it ever falls below zero: what is paid too much stands on account."""

    receivables: dict[str, Receivable]
    settled: dict[str, list[Settled]] = field(default_factory=dict)  # by item
    accounts: dict[str, _Account] = field(default_factory=dict)  # unmatched amounts, by entry
    credits: set[str] = field(default_factory=set)  # every amount that ever stood on account

    def open(self, item: str) -> int:
        """What the item still owes."""
        return self.receivables[item].minor - sum(part.minor for part in self.settled.get(item, ()))

    def balances(self) -> dict[str, int]:
        """Each item and each amount on account that is not zero, credits negative."""
        rows = {item: self.open(item) for item in self.receivables}
        rows |= {entry: -account.minor for entry, account in self.accounts.items()}
        return {key: minor for key, minor in rows.items() if minor}

    # ---------- booking ----------

    def book(self, entry: Entry) -> None:
        """Take one entry into the position. Raises KeyError for an item or credit that does not exist."""
        match entry.kind:
            case EntryKind.PAYMENT | EntryKind.CREDIT_NOTE:
                self._receive(entry)
            case EntryKind.APPLY_CREDIT:
                self._apply(entry)
            case EntryKind.PAYMENT_REVERSED:
                self._reverse(entry)
            case EntryKind.WRITE_OFF:
                self._settle(entry, entry.minor)
            case EntryKind.WRITE_OFF_UNDONE:
                self._undo(entry, {EntryKind.WRITE_OFF}, entry.minor)

    def items_of(self, entry: Entry) -> list[str]:
        """The items that an entry is about: one, or the instalments of a document in the order of their due dates.

        A write-off that names nothing is about everything the customer owes.
        """
        if entry.item is not None:
            return [] if entry.item in self.credits else [self.receivables[entry.item].id]
        everything = entry.document is None and entry.kind in (EntryKind.WRITE_OFF, EntryKind.WRITE_OFF_UNDONE)
        if entry.document is None and not everything:
            return []
        parts = [part for part in self.receivables.values() if everything or part.document == entry.document]
        return [part.id for part in sorted(parts, key=lambda part: (part.due_on or date.max, part.id))]

    def _receive(self, entry: Entry) -> None:
        paid_out = self.accounts.get(entry.item or "")
        if paid_out is not None:  # money that went back to the customer
            paid_out.minor -= paid_out.minor if entry.minor is None else min(paid_out.minor, abs(entry.minor))
            self._forget_used()
            return
        rest = self._settle(entry, entry.minor)
        if rest:
            self.credits.add(entry.id)
            self.accounts[entry.id] = _Account(entry.kind, self._currency(entry), entry.on, rest)

    def _settle(self, entry: Entry, minor: int | None, kind: EntryKind | None = None) -> int:
        """Take an amount off the entry's items. Returns: what is left of it."""
        items = self.items_of(entry)
        left = sum(self.open(item) for item in items) if minor is None else minor
        for item in items:
            used = min(left, self.open(item))
            if used > 0:
                part = Settled(entry.credit or entry.id, kind or entry.kind, entry.on, used)
                self.settled.setdefault(item, []).append(part)
                left -= used
        return left

    def _apply(self, entry: Entry) -> None:
        wanted = sum(self.open(item) for item in self.items_of(entry)) if entry.minor is None else entry.minor
        for key in self._usable(entry):
            account = self.accounts[key]
            offered = min(wanted, account.minor)
            part = Entry(key, account.kind, entry.on, item=entry.item, document=entry.document)
            used = offered - self._settle(part, offered)
            account.minor -= used
            wanted -= used
        self._forget_used()

    def _forget_used(self) -> None:
        self.accounts = {key: account for key, account in self.accounts.items() if account.minor}

    def _usable(self, entry: Entry) -> list[str]:
        """The amounts on account that an application may use: the one named, else the oldest first."""
        if entry.credit is not None:
            return [entry.credit] if entry.credit in self.accounts else []
        currency = self._currency(entry)
        fitting = [key for key, account in self.accounts.items() if account.currency == currency]
        return sorted(fitting, key=lambda key: (self.accounts[key].on, key))

    def _reverse(self, entry: Entry) -> None:
        left = self._undo(entry, {EntryKind.PAYMENT}, entry.minor)
        for key in self._returned(entry):
            account = self.accounts[key]
            taken = account.minor if left is None else min(left, account.minor)
            account.minor -= taken
            left = None if left is None else left - taken
        self._forget_used()

    def _returned(self, entry: Entry) -> list[str]:
        """The payments on account that came back: the one named; without any name the newest first."""
        if entry.credit is not None:
            return [entry.credit] if entry.credit in self.accounts else []
        if entry.item is not None or entry.document is not None:
            return []
        paid = [key for key, account in self.accounts.items() if account.kind is EntryKind.PAYMENT]
        return sorted(paid, key=lambda key: (self.accounts[key].on, key), reverse=True)

    def _undo(self, entry: Entry, kinds: set[EntryKind], minor: int | None) -> int | None:
        """Open again what entries of these kinds settled, the last one first. Returns: what was not found."""
        left = minor
        for item in reversed(self._touched(entry)):
            kept = list[Settled]()
            for part in reversed(self.settled.get(item, [])):
                fits = part.kind in kinds and entry.credit in (None, part.entry)
                back = (part.minor if left is None else min(left, part.minor)) if fits else 0
                left = None if left is None else left - back
                if part.minor - back:
                    kept.append(Settled(part.entry, part.kind, part.on, part.minor - back))
            self.settled[item] = kept[::-1]
        return left

    def _touched(self, entry: Entry) -> list[str]:
        named = entry.item is not None or entry.document is not None
        return self.items_of(entry) if named or entry.credit is None else list(self.settled)

    def _currency(self, entry: Entry) -> str:
        """The currency of an entry: its own, else that of what it is about, else the only one there is."""
        if entry.currency is not None:
            return entry.currency
        about = self.items_of(entry) or list(self.receivables)
        return self.receivables[about[0]].currency if about else ""


@dataclass(frozen=True, slots=True)
class Outlook:
    """What entries dated later will change about one open item."""

    future_minor: int
    remaining_minor: int


def position_on(
    receivables: Sequence[Receivable], entries: Iterable[Entry], as_of: date
) -> tuple[Position, dict[str, Outlook]]:
    """What is open on a day, and by item what the entries dated after it will change.

    Raises: KeyError for an entry about an item that does not exist.
    """
    ordered = sorted(entries, key=lambda entry: entry.on)
    now = _booked(receivables, [entry for entry in ordered if entry.on <= as_of])
    if not any(entry.on > as_of for entry in ordered):
        return now, {}
    later = _booked(receivables, ordered)
    changes = {part.id: (now.open(part.id), later.open(part.id)) for part in receivables}
    return now, {item: Outlook(before - after, after) for item, (before, after) in changes.items() if before != after}


def _booked(receivables: Sequence[Receivable], entries: Iterable[Entry]) -> Position:
    position = Position({part.id: part for part in receivables})
    for entry in entries:
        position.book(entry)
    return position
