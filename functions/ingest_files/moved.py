"""An invoice that a later file names under another customer: it was booked on the wrong one, or two became one.

A full file closes it where it was, since it does not name it there any more. What tells only changes would leave it
open at both, and both would be asked for the same money.
"""

from collections.abc import Iterator, Sequence
from datetime import date, datetime

from core.formats.changes import AccountChanges
from core.ledger import Customer, Item
from functions.shared.store import facts, items, keys
from functions.shared.store.table import ref_index, table


def leave_others(news: Sequence[AccountChanges], *, today: date, now: datetime) -> None:
    """Close what is open elsewhere of the invoices that come new to these accounts. Twice is the same as once."""
    for change in news:
        for item in _new(change):
            for account in _others(change.entity, item):
                there = Customer(id=account, name=account)
                gone = AccountChanges(change.entity, there, by_name_only=True, gone=(item.id,))
                facts.apply_account(gone, today=today, now=now)


def _new(change: AccountChanges) -> list[Item]:
    """Those that are not open on the customer's own account."""
    listed = {keys.item(change.entity, change.customer.id, one.item.id): one.item for one in change.items}
    there = table().batch_get(listed)
    return [item for key, item in listed.items() if item.open_minor and key not in there]


def _others(entity: str, item: Item) -> Iterator[str]:
    """The accounts on which the same invoice is open as the debt of another customer.

    Two books of one company may number alike: it is the same by its id, number, day, currency and total.
    """
    for row in table().query(keys.reference(entity, item.number), index=ref_index()):
        account, item_id = keys.item_of_reference(row["ref_sk"])
        if item_id != item.id or account == item.customer:
            continue
        stored = table().get(keys.item(entity, account, item_id))
        if (
            stored is not None
            and stored.get("owed_by", account) != item.customer
            and _is(items.of_row(stored).item, item)
        ):
            yield account


def _is(one: Item, other: Item) -> bool:
    said = ((each.number, each.issued_on, each.currency, each.original_minor) for each in (one, other))
    return next(said) == next(said)
