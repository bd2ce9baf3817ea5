"""An item as it is stored: its settling entries by their own ids, so that storing one twice is storing it once."""

from collections.abc import Mapping
from dataclasses import field
from datetime import date
from typing import Any, Final

from core.ledger import Item
from core.packing import pack, unpack
from core.state import AccountState, ItemState
from core.values import dataclass
from functions.shared.store import keys
from functions.shared.store.keys import Key
from functions.shared.store.rows import fact_of, fields_of
from functions.shared.store.table import Row, table

GONE: Final = "not-in-ledger"  # the entry that closes an item which a full ledger does not hold any more
_OWN: Final = ("rev", "at_version", "kept")  # bookkeeping of the row; two rows that differ only here say the same


@dataclass(frozen=True, slots=True)
class StoredItem:
    """An item with what settled it, and the bookkeeping of its row."""

    item: Item
    settled: Mapping[str, int] = field(default_factory=dict)  # entry id -> minor units
    reversed: frozenset[str] = frozenset()  # entry ids that never settle this item again
    paid_on: date | None = None  # of one that was closed by payment, now or once
    paid_minor: int = 0  # what the last payment cleared
    memory: ItemState | None = None  # of a closed item; or what an open one came (back) with
    rev: int = 0  # of an open item's row; what a change of it is conditional on
    at_version: int = 0  # the account version that was to complete the writing of this row
    not_money: frozenset[str] = frozenset()  # of `settled`: credit notes, and what was given up
    stated: tuple[date, int] | None = None  # when a table last said that more was paid, and how much of it was news
    in_all: int | None = None  # what a table last said was paid, with what others told of it one by one
    closed_on: date | None = None  # of a closed item: when that was written (UTC); read, and never written here

    @property
    def open_minor(self) -> int:
        return self.item.open_minor


def row_of(entity: str, stored: StoredItem) -> Row:
    """The row of an open item, or of a closed one among the account's history."""
    customer, item = stored.item.customer, stored.item
    closed = stored.open_minor == 0
    key = keys.closed_item(entity, customer, item.id) if closed else keys.item(entity, customer, item.id)
    row: Row = {
        **key._asdict(),
        **fields_of(item),
        "settled": dict(stored.settled),
        "ref_pk": keys.reference(entity, item.number),
        "ref_sk": keys.reference_item(customer, item.id),
        "rev": stored.rev,
        "at_version": stored.at_version,
    }
    if stored.reversed:
        row["reversed"] = sorted(stored.reversed)
    if stored.paid_on:
        row |= {"paid_on": stored.paid_on.isoformat(), "paid_minor": stored.paid_minor}
    if stored.not_money:
        row["not_money"] = sorted(stored.not_money)
    if stored.stated:
        row |= {"stated_on": stored.stated[0].isoformat(), "stated_minor": stored.stated[1]}
    if stored.in_all is not None:
        row["in_all"] = stored.in_all
    if stored.memory:
        row["kept"] = pack(AccountState(items={item.id: stored.memory}))
    return row


def of_row(row: Mapping[str, Any]) -> StoredItem:
    """The stored item of a row that `row_of` made."""
    kept, paid_on, stated_on = row.get("kept"), row.get("paid_on"), row.get("stated_on")
    return StoredItem(
        item=fact_of(Item, row),
        settled=row["settled"],
        reversed=frozenset(row.get("reversed", ())),
        paid_on=date.fromisoformat(paid_on) if paid_on else None,
        paid_minor=row.get("paid_minor", 0),
        memory=unpack(kept).item(row["id"]) if kept else None,
        rev=row["rev"],
        at_version=row["at_version"],
        not_money=frozenset(row.get("not_money", ())),
        stated=(date.fromisoformat(stated_on), row["stated_minor"]) if stated_on else None,
        in_all=row.get("in_all"),
        closed_on=date.fromisoformat(row["closed_at"][:10]) if "closed_at" in row else None,
    )


def same(one: Mapping[str, Any], other: Mapping[str, Any]) -> bool:
    """Whether two rows say the same of an item."""
    return {k: v for k, v in one.items() if k not in _OWN} == {k: v for k, v in other.items() if k not in _OWN}


def closed(entity: str, customer_id: str, item_ids: list[str]) -> dict[str, StoredItem]:
    """Those of these items that are closed."""
    wanted = [keys.closed_item(entity, customer_id, item_id) for item_id in item_ids]
    found = table().batch_get(wanted) if wanted else {}
    return {row["id"]: of_row(row) for row in found.values()}


def key_of(entity: str, stored: StoredItem) -> Key:
    """Where the item lies while it is open."""
    return keys.item(entity, stored.item.customer, stored.item.id)
