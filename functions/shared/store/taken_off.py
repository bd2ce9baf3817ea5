"""A payment that a ledger has taken off an invoice: it is another one's now, or was never made."""

from core.formats.changes import LESS, OF_BANK, STATED, AccountChanges, ItemChange
from functions.shared.store import moneys, settlements
from functions.shared.store.items import GONE, StoredItem


def less(stored: StoredItem, change: ItemChange, news: AccountChanges) -> StoredItem:
    """The item without those: what a full file does not hold any more, and what is told of another invoice instead.

    What a bank or a program told, or was given up, is not the file's to take off.
    """
    gone = change.taken_off & stored.settled.keys()
    missing = {entry for entry in stored.settled.keys() - change.settled.keys() - gone if _may_move(stored, entry)}
    if missing:
        elsewhere = {entry for other in news.items if other is not change for entry in other.settled}
        of = stored.item.owed_by or news.customer.id
        gone |= {entry for entry in missing & elsewhere if moneys.get(news.entity, of, entry) is None}
    return settlements.without(stored, set(gone)) if gone else stored


def _may_move(stored: StoredItem, entry: str) -> bool:
    ours = entry.startswith(OF_BANK) or entry.endswith((LESS, STATED)) or entry == GONE
    return not ours and entry not in stored.not_money
