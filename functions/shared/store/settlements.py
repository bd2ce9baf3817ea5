"""What becomes of a stored item when a ledger, a table or a bank tells of it; entries of an item never count twice."""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import field
from datetime import date

from core.formats.changes import STATED, ItemChange
from core.ledger import Item, PartPayment
from core.values import dataclass, replace
from functions.shared.store.items import GONE, StoredItem


@dataclass(frozen=True, slots=True)
class Settlement:
    """What became known about an item that is stored already: entries that settle it, and entries that no longer do."""

    item: str
    settled: Mapping[str, int] = field(default_factory=dict)
    reversed: tuple[str, ...] = ()
    paid_on: date | None = None  # the last payment's day, where these are payments
    part_payments: tuple[PartPayment, ...] = ()  # those of `settled` that are payments of a part, with their day
    not_money: frozenset[str] = frozenset()  # those of `settled` that are credit


def merge(stored: StoredItem | None, change: ItemChange, today: date | None = None) -> StoredItem:
    """The item after a ledger said how it stands; entries of earlier ledgers stay, corrected values win.

    What an earlier table said was paid in all counts no longer, nor that the item was gone. Once a table does not say
    any more what a bank took back, what it says was paid later counts anew. Args: `today` where a file says it.
    """
    key = change.item.id + STATED
    stored = in_its_currency(stored, change.item) if stored else None
    was = without(stored, {key, GONE}) if stored else StoredItem(change.item)
    if key not in change.settled and today is not None:
        was = replace(was, reversed=was.reversed - {key})
    item = change.item if stored is None else _dated(stored, change, today)
    after = _recount(was, item, change.settled, change.reversed)
    told = {each.id: each.recorded_on for each in change.item.part_payments if not _is_of(each, key)}
    after = _came(after, {**told, **(change.item.paid_days or {})})
    return replace(
        after,
        paid_on=change.paid_on or after.paid_on,
        paid_minor=change.paid_minor or after.paid_minor,
        not_money=(was.not_money | change.not_money) & after.settled.keys(),
        stated=_stated(stored, change, today),
        in_all=change.in_all,
    )


def in_its_currency(stored: StoredItem, now: Item) -> StoredItem:
    """An invoice whose currency was corrected: what was paid of it is the same share of what it is now.

    Amounts of the other currency would count as if they were of this one.
    """
    if stored.item.currency == now.currency:
        return stored
    was, told, so_far = max(1, stored.item.original_minor), dict[str, int](), 0
    for entry, minor in stored.settled.items():
        so_far += minor
        told[entry] = so_far * now.original_minor // was - sum(told.values())
    parts = (each.model_copy(update={"minor": told.get(each.id, 0)}) for each in stored.item.part_payments)
    item = stored.item.model_copy(
        update={"currency": now.currency, "part_payments": tuple(each for each in parts if each.minor), "rate": None}
    )
    return replace(stored, item=item, settled=told, stated=None, in_all=None)


def _dated(stored: StoredItem, change: ItemChange, today: date | None) -> Item:
    """The item with what was paid in part by the days on which that was heard, not by those that its ledger writes.

    A payment counts from the day on which it is recorded; on an earlier one it might keep no promise, and hold nothing.
    Args: `today` None: nobody says anything of a file; what it said stays as it is.
    """
    key = change.item.id + STATED
    others = [payment for payment in change.item.part_payments if not _is_of(payment, key)]
    if today is not None:
        others = [_when_heard(stored, payment, change, today) for payment in others]
    return change.item.model_copy(update={"part_payments": (*others, *_by_table(stored, change, key, today))})


def _when_heard(stored: StoredItem, payment: PartPayment, change: ItemChange, today: date) -> PartPayment:
    """Today, where it is news; what a bank had told of it was heard then."""
    if payment.id in stored.settled or payment.recorded_on >= today:
        return payment
    told = (each for each in stored.item.part_payments if each.id in change.reversed and each.minor == payment.minor)
    return payment.model_copy(update={"recorded_on": min((each.recorded_on for each in told), default=today)})


def _came(stored: StoredItem, days: Mapping[str, date]) -> StoredItem:
    """The item with the day on which each of its part payments came, where that was before it was heard of."""
    known = {**(stored.item.paid_days or {}), **days}
    earlier = {
        payment.id: known[payment.id]
        for payment in stored.item.part_payments
        if payment.id in known and known[payment.id] < payment.recorded_on
    } or None
    if earlier == stored.item.paid_days:
        return stored
    return replace(stored, item=stored.item.model_copy(update={"paid_days": earlier}))


def _by_table(stored: StoredItem, change: ItemChange, key: str, today: date | None) -> Iterator[PartPayment]:
    """What a table says was paid in part: it says how much in all, and seldom when."""
    left, heard = change.settled.get(key, 0), dict[date, int]()
    if not left and today is not None:
        return
    taken = {key, *change.reversed}  # what a bank had told of it was heard then
    known = [each for each in stored.item.part_payments if any(_is_of(each, entry) for entry in taken)]
    for payment in sorted(known, key=lambda each: each.recorded_on):
        heard[payment.recorded_on] = heard.get(payment.recorded_on, 0) + min(payment.minor, left)
        left -= min(payment.minor, left)
    if today is not None:
        heard[today] = heard.get(today, 0) + left
    days = [on for on in sorted(heard) if heard[on]]
    for n, on in enumerate(days):
        yield PartPayment(id=f"{key} {on}" if n else key, recorded_on=on, minor=heard[on])


def _less_by_table(stored: StoredItem) -> StoredItem:
    """The item of which others tell by themselves what its table had told too: its parts are no more than its sum."""
    key = stored.item.id + STATED
    left, kept = stored.settled.get(key, 0), list[PartPayment]()
    for payment in stored.item.part_payments:
        minor = min(payment.minor, left) if _is_of(payment, key) else payment.minor
        left -= minor if _is_of(payment, key) else 0
        kept += [payment.model_copy(update={"minor": minor})] if minor else []
    return replace(stored, item=stored.item.model_copy(update={"part_payments": tuple(kept)}))


def heard_on(stored: StoredItem, entries: Collection[str], minor: int, today: date) -> date:
    """When money was first heard of that counted under these entries until now; today, where it was not."""
    if stored.stated is not None and stored.stated[1] == minor and stored.item.id + STATED in entries:
        return stored.stated[0]  # it was what was news
    known = [each for each in stored.item.part_payments if any(_is_of(each, entry) for entry in entries)]
    return min((each.recorded_on for each in known), default=today)


def _is_of(payment: PartPayment, entry: str) -> bool:
    """Whether a payment is an entry, or a part of it that was heard of later."""
    return payment.id == entry or (entry.endswith(STATED) and payment.id.startswith(f"{entry} "))


def _stated(stored: StoredItem | None, change: ItemChange, today: date | None) -> tuple[date, int] | None:
    """What a table says was paid since the last one, less what a bank had told of it."""
    key = change.item.id + STATED
    if stored is None or key in change.not_money:
        return None
    more = change.settled.get(key, 0) - stored.settled.get(key, 0)
    if more <= 0 or today is None:
        return stored.stated if more == 0 else None
    heard = sum(stored.settled.get(entry, 0) for entry in change.reversed)
    return (today, more - heard) if more > heard else None


def sums(stored: StoredItem | None) -> dict[str, int]:
    """What a table says was paid of an item in all: whoever tells of something else leaves it as it is."""
    key = stored.item.id + STATED if stored else ""
    return {key: stored.settled[key]} if stored and key in stored.settled else {}


def said_anew(stored: StoredItem | None, item: Item, given_up: Mapping[str, int]) -> ItemChange:
    """What somebody says of an item who says nothing of what a table told: that stays. Args: `given_up` by entry."""
    told = sums(stored)
    in_all = stored.in_all if stored and stored.in_all is not None else next(iter(told.values()), None)
    return ItemChange(item, {**told, **given_up}, not_money=frozenset(given_up), in_all=in_all if told else None)


def gone(stored: StoredItem) -> StoredItem:
    """The item after a full ledger did not name it any more."""
    told = sum(minor for entry, minor in stored.settled.items() if entry != GONE)  # it may have been said before
    entries = {**stored.settled, GONE: max(0, stored.item.original_minor - told)}
    after = _recount(replace(stored, reversed=stored.reversed - {GONE}), stored.item, entries, ())
    return replace(after, paid_minor=entries[GONE])


def settle(stored: StoredItem, news: Settlement) -> StoredItem:
    """The item after further entries."""
    known = {payment.id for payment in stored.item.part_payments}
    paid = tuple(payment for payment in news.part_payments if payment.id not in known)
    item = stored.item.model_copy(update={"part_payments": (*stored.item.part_payments, *paid)})
    after = _recount(stored, item, news.settled, news.reversed)
    after = _came(after, {payment.id: news.paid_on for payment in paid} if news.paid_on else {})
    after = _less_by_table(after) if sums(stored) != sums(after) else after
    cleared = sum(news.settled.values()) if news.paid_on else 0
    return replace(
        after,
        paid_on=news.paid_on or after.paid_on,
        paid_minor=cleared or after.paid_minor,
        not_money=(stored.not_money | news.not_money) & after.settled.keys(),
    )


def without(stored: StoredItem, entries: set[str]) -> StoredItem:
    """The item as if these entries had never been told."""
    kept = tuple(each for each in stored.item.part_payments if not any(_is_of(each, entry) for entry in entries))
    return replace(
        stored,
        item=stored.item.model_copy(update={"part_payments": kept}),
        settled={entry: minor for entry, minor in stored.settled.items() if entry not in entries},
    )


def _recount(stored: StoredItem, item: Item, settled: Mapping[str, int], gone: tuple[str, ...]) -> StoredItem:
    reversed_ = stored.reversed | frozenset(gone)
    entries = {entry: minor for entry, minor in {**stored.settled, **settled}.items() if entry not in reversed_}
    payments = {payment.id: payment for payment in item.part_payments}
    payments |= {payment.id: payment for payment in stored.item.part_payments}  # recorded once, when first heard of
    now = item.model_copy(
        update={
            "open_minor": max(0, item.original_minor - sum(entries.values())),
            "part_payments": tuple(
                payment for payment in payments.values() if not any(_is_of(payment, entry) for entry in reversed_)
            ),
            "rate": stored.item.rate or item.rate,
            "paid_days": stored.item.paid_days,
            "cycle": max(item.cycle, stored.item.cycle),  # a reopened item goes on where it was
        }
    )
    return replace(stored, item=now, settled=entries, reversed=reversed_)
