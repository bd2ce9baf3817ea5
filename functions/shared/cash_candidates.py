"""The accounts that may have paid an entry, found by key and never by reading a ledger whole.

By the numbers that it names (the reference index, in every spelling that the entity's numbers have), by the account it
came from, by the beginning of its payer's name; each account is read once a statement. A number that was cut in another
way, a payer whose name begins with other letters: such entries stay with a person.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import field
from datetime import timedelta
from itertools import islice
from typing import Final

from core.bank import BankEntry
from core.cash import folding, naming, numbers, references
from core.cash.model import Candidate, Told
from core.cash.numbers import Shape
from core.cash.same import names
from core.formats.changes import STATED
from core.ledger import CreditKind
from core.values import dataclass
from functions.shared.store import accounts, bank, customers, items, keys, moneys
from functions.shared.store.accounts import AccountRecord
from functions.shared.store.bank import EntryRecord
from functions.shared.store.items import StoredItem
from functions.shared.store.moneys import Money
from functions.shared.store.overtaken import LESS, OF_BANK
from functions.shared.store.table import due_index, ref_index, table

_MOST_NUMBERS: Final = 120  # spellings looked up for one entry
_MOST_NAMED: Final = 40  # items found under one number; more says nothing
_MOST_CALLED: Final = 40  # customers under the same first letters
_MOST_WORDS: Final = 10  # of a text that may name its payer
_MOST_ALIKE: Final = 5  # of those, whose accounts are read
_ALIKE: Final = 70
_MOST_ACCOUNTS: Final = 30  # read for one entry
_SAMPLE: Final = 3  # accounts of each index partition whose numbers show how numbers are built
_SHAPES: Final = 12
_NEAR: Final = timedelta(days=30)  # the widest that a company may call near


@dataclass(slots=True)
class Finder:
    """The candidates of one statement's entries. What it changed is read again."""

    entity: str
    _accounts: dict[str, AccountRecord | None] = field(default_factory=dict)
    _shapes: tuple[Shape, ...] | None = None
    _named: dict[str, list[tuple[str, str]]] = field(default_factory=dict)

    def find(self, entry: BankEntry) -> list[Candidate]:
        """Every account that may have paid the entry."""
        named = self._by_number(entry)
        known = bank.payers(self.entity, entry.payer_account) if entry.payer_account else ()
        called = () if known else self._by_name(entry, alone=not named)  # an account says more than a name
        wanted = dict.fromkeys([*named, *known, *self._by_reference(entry), *called])
        heads = [head for one in wanted if (head := self._head(one)) is not None]
        told = self._told_by_programs(entry)
        keyed = [one for one, payments in told.items() if any(names(entry, each.reference) for each in payments)]
        who = list(dict.fromkeys([*keyed, *wanted, *heads]))[:_MOST_ACCOUNTS]
        found = [made for one in who if (made := self._candidate(one, named.get(one, []), known=one in known))]
        return [_with_told(one, told.get(one.customer.id, ())) for one in found]

    def forget(self, customer_ids: Iterable[str]) -> None:
        """Their accounts have changed."""
        for customer_id in customer_ids:
            self._accounts.pop(customer_id, None)

    def closed(self, entry: BankEntry) -> list[StoredItem]:
        """The settled items whose numbers the entry quotes."""
        return [one for customer, ids in self._by_number(entry).items() for one in self._settled(customer, ids)]

    def credit_of(self, record: EntryRecord) -> int:
        """What is left on account of an entry that lies there whole."""
        account = self._account(record.split.rest_customer or "") if record.split else None
        return sum(one.open_minor for one in account.facts.credits if one.id == record.credit_id) if account else 0

    # ---------- the ways to an account ----------
    def _by_number(self, entry: BankEntry) -> dict[str, list[str]]:
        """Items by customer whose numbers the entry may name."""
        found: dict[str, list[str]] = {}
        spelt = (one for typed in _typed(entry) for one in numbers.spellings(typed, self.shapes))
        for number in islice(dict.fromkeys(spelt), _MOST_NUMBERS):
            for customer, item in self._of_number(number):
                if item not in found.setdefault(customer, []):
                    found[customer].append(item)
        return found

    def _of_number(self, number: str) -> list[tuple[str, str]]:
        if number not in self._named:
            pk = keys.reference(self.entity, number)
            rows = table().query(pk, index=ref_index(), limit=_MOST_NAMED + 1)
            hits = [keys.item_of_reference(row["ref_sk"]) for row in rows]
            self._named[number] = hits if len(hits) <= _MOST_NAMED else []
        return self._named[number]

    def _by_reference(self, entry: BankEntry) -> Iterator[str]:
        """Customers whose own number a structured reference spells out."""
        for reference in references.references_of(entry):
            spelt = references.spelled(reference)
            if spelt and spelt[0] == "customer":
                yield spelt[1]

    def _by_name(self, entry: BankEntry, *, alone: bool) -> Iterator[str]:
        """Customers whose names are like the payer's; where nobody is named, and no number, those in its words."""
        names = [name for name in (entry.payer_name, entry.on_behalf_of) if name]
        for name in names:
            yield from self._called(folding.index_keys(name), lambda one, name=name: folding.similarity(name, one))  # type: ignore[misc]
        if alone and not names:
            text = entry.remittance.text
            yield from self._called(folding.index_keys(text, _MOST_WORDS), lambda one: folding.named_in(text, one))

    def _called(self, beginnings: Iterable[str], alike: Callable[[str], int]) -> Iterator[str]:
        called: list[str] = []
        for first_letters in beginnings:
            rows = table().query(keys.named(first_letters), index=ref_index(), limit=_MOST_CALLED)
            called += [keys.unpart(row["ref_sk"]) for row in rows]
        found = [(alike(one.name), one.id) for one in customers.profiles(called).values()] if called else []
        yield from (one for score, one in sorted(found, reverse=True)[:_MOST_ALIKE] if score >= _ALIKE)

    def _told_by_programs(self, entry: BankEntry) -> dict[str, list[Told]]:
        """The payments of the entry's amount and days that programs told, by the account that they lie on."""
        found: dict[str, list[Told]] = {}
        days = (entry.booked_on - _NEAR, entry.booked_on + _NEAR)
        for customer, money in moneys.of_amount(self.entity, entry.currency, entry.minor, days):
            if money.kind is CreditKind.PAYMENT and money.reversed_on is None:
                found.setdefault(money.account, []).extend(_told_by_program(customer, money))
        return found

    def part_of_more(self, customer_id: str, told: Told) -> bool:
        """Whether what settled an item is only a part of a payment that a program told: the bank has that whole."""
        money = moneys.get(self.entity, customer_id, told.entry)
        return money is not None and money.minor != told.minor

    def _head(self, customer_id: str) -> str | None:
        record = self._account(customer_id)
        return record.facts.customer.parent if record else None

    # ---------- what is on it ----------
    def _candidate(self, customer_id: str, named: list[str], *, known: bool) -> Candidate | None:
        record = self._account(customer_id)
        if record is None:
            return None
        facts = record.facts
        there = {item.id: item for item in facts.items}
        settled = self._settled(customer_id, [one for one in named if one not in there])
        parts = [one for one in named if one in there and any(_of_ledger(p.id) for p in there[one].part_payments)]
        open_ = self._open(customer_id, parts)
        return Candidate(
            customer=facts.customer,
            items=facts.items,
            closed=tuple(one.item for one in settled),
            credits=facts.credits,
            known_account=known,
            told=(
                *_told_of_account(record, but={one.item.id for one in open_}),
                *(told for one in (*open_, *settled) for told in _told_of_item(one, self.told_again(one))),
            ),
        )

    def _account(self, customer_id: str) -> AccountRecord | None:
        if customer_id not in self._accounts:
            try:
                self._accounts[customer_id] = accounts.read(self.entity, customer_id)
            except accounts.IncompleteAccountError:
                self._accounts[customer_id] = None
        return self._accounts[customer_id]

    def _settled(self, customer_id: str, item_ids: list[str]) -> list[StoredItem]:
        return list(items.closed(self.entity, customer_id, item_ids).values())

    def _open(self, customer_id: str, item_ids: list[str]) -> list[StoredItem]:
        wanted = [keys.item(self.entity, customer_id, one) for one in item_ids]
        return [items.of_row(row) for row in table().batch_get(wanted).values()] if wanted else []

    def stored(self, customer_id: str, item_id: str) -> list[StoredItem]:
        """An item as it is stored, open or closed; none where there is none."""
        return self._open(customer_id, [item_id]) or self._settled(customer_id, [item_id])

    def told_again(self, stored: StoredItem) -> list[int]:
        """What the bank told of an item before its ledger did: that money came once, and what comes now is more."""
        taken = {one for one in stored.reversed if one.startswith(OF_BANK) and not one.endswith(LESS)}
        there = bank.read({bank.of_credit(one) for one in taken}) if taken else {}
        return [
            part.minor if part.settles is None else part.settles
            for one in there.values()
            for part in (one.split.parts if one.split and one.settles_as(one.turn) in taken else ())
            if part.item == stored.item.id
        ]

    # ---------- how the entity's numbers are built ----------
    @property
    def shapes(self) -> tuple[Shape, ...]:
        """How the numbers of a few accounts with something open are built; read once a statement."""
        if self._shapes is None:
            seen: dict[Shape, int] = {}
            for number in self._some_numbers():
                shape = numbers.shape_of(number)
                if shape is not None:
                    seen[shape] = seen.get(shape, 0) + 1
            self._shapes = tuple(sorted(seen, key=lambda shape: -seen[shape]))[:_SHAPES]
        return self._shapes

    def _some_numbers(self) -> Iterator[str]:
        for shard in range(keys.SHARDS):
            for due in table().query(keys.due_pk(self.entity, shard), index=due_index(), limit=_SAMPLE):
                rows = table().query(due["pk"], prefix="I#", limit=10)
                yield from (row["number"] for row in rows if row["kind"] == "invoice")


def _typed(entry: BankEntry) -> Iterator[str]:
    """Every number that the entry may name, as typed, the likeliest first."""
    for reference in references.references_of(entry):
        spelt = references.spelled(reference)
        if spelt and spelt[0] == "invoice":
            yield spelt[1]
    for text in naming.texts_of(entry):
        for mention in numbers.mentions(text):
            for reading in mention.readings:
                yield from reading


def _told_by_program(customer: str, money: Money) -> Iterator[Told]:
    """The whole of a payment, on each item that it was used for."""
    whole = Told(
        entry=money.id, minor=money.minor, on=money.booked_on, of=customer, reference=money.reference,
        unapplied=not money.used,
    )  # fmt: skip
    yield from (whole.model_copy(update={"item": item}) for item in money.used) if money.used else (whole,)


def _with_told(candidate: Candidate, payments: Sequence[Told]) -> Candidate:
    """With the payments that programs told, each as a whole."""
    if not payments:
        return candidate
    whole = {one.entry for one in payments}
    told = (*payments, *(one for one in candidate.told if one.entry not in whole))
    return candidate.model_copy(update={"told": told})


def _told_of_account(record: AccountRecord, but: set[str]) -> Iterator[Told]:
    """Payments that the ledger told: of parts, but for those of some items, and on account."""
    facts = record.facts
    for item in facts.items:
        for payment in item.part_payments if item.id not in but else ():
            if _of_ledger(payment.id):
                yield Told(entry=payment.id, minor=payment.minor, on=payment.recorded_on, item=item.id)
    for credit in facts.credits:
        if credit.kind is CreditKind.PAYMENT and _of_ledger(credit.id):
            yield Told(entry=credit.id, minor=credit.open_minor, on=credit.booked_on)


def _told_of_item(stored: StoredItem, told_again: list[int]) -> Iterator[Told]:
    """What settled an item, where the ledger told it and the bank did not before.

    A table says how much was paid in all, and one that does not hold an item any more only that: on which day is not
    known, so an item that is closed by it had this payment, and of one that is open it is the last that was news.
    """
    item, closes, told_again = stored.item.id, not stored.open_minor, list(told_again)
    days = {payment.id: payment.recorded_on for payment in stored.item.part_payments}
    sums = {item + STATED, items.GONE}
    for entry, minor in stored.settled.items():
        on = stored.paid_on if closes else days.get(entry)
        if not _of_ledger(entry) or entry in sums or entry in stored.not_money:
            continue
        if minor in told_again:
            told_again.remove(minor)
        elif on is not None:
            yield Told(entry=entry, minor=minor, on=on, item=item, closes=closes)
    if stored.stated is not None:
        on, minor = stored.stated
        yield Told(entry=f"{item}{STATED} {on}", minor=minor, on=on, item=item, closes=closes)
    for entry in (sums & stored.settled.keys()) - stored.not_money if closes else ():
        minor = stored.settled[entry] - sum(told_again)
        if minor > 0 and (stored.stated is None or minor != stored.stated[1]):
            gone_on = stored.closed_on if entry == items.GONE else None
            yield Told(entry=f"{item} {entry}", minor=minor, on=None, item=item, closes=True, gone_on=gone_on)


def _of_ledger(entry: str) -> bool:
    return not entry.startswith(OF_BANK) and not entry.endswith(LESS)
