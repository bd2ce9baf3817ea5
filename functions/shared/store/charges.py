"""Charges of ours as items: a fee, interest or compensation is posted once, under its own id, and can be taken back."""

from datetime import datetime
from typing import Any, Final

from core.decide.model import Charge
from core.ledger import Item, ItemKind
from functions.shared.store import history, items, keys
from functions.shared.store.history import Activity
from functions.shared.store.items import StoredItem
from functions.shared.store.rows import fields_of
from functions.shared.store.table import Row, table

_TAKEN_BACK: Final = "taken-back"  # the entry that settles a charge nobody has to pay


def pack(charge: Charge) -> list[Any]:
    """A charge as a short list for JSON."""
    return [charge.id, charge.item, charge.number, charge.kind, charge.currency, charge.minor, charge.step, charge.new]


def unpack(values: list[Any]) -> Charge:
    """The charge that `pack` wrote."""
    id_, item, number, kind, currency, minor, step, new = values
    return Charge(id_, item, number, ItemKind(kind), currency, minor, step, new)


def post(entity: str, item: Item, *, source: str, at: datetime) -> bool:
    """Put a charge once ever, with a record for accounting; False when it was posted before.

    Args: `source` the notice that brings it, or "" for a decision; `at` the instant of that, the same on each attempt.
    """
    closed = table().get(keys.closed_item(entity, item.customer, item.id))
    row = {**items.row_of(entity, StoredItem(item, rev=1)), "source": source}

    def ours(there: Row) -> bool:
        return bool(there.get("source") == source and there["open_minor"] == item.open_minor)

    free = "attribute_not_exists(#pk) OR attribute_exists(#taken_back)"
    if closed is not None or not table().put_if(row, free, mine=ours):
        return False
    history.note(entity, item.customer, Activity(at, "charge", item.id, {**fields_of(item), "source": source}))
    return True


def take_back(entity: str, customer_id: str, charge: Charge, *, source: str, at: datetime) -> bool:
    """Nobody has to pay a charge whose message reached nobody; one that was paid by then stays as it is.

    It may be posted again, by the message that does arrive.
    """
    gone = table().update_if(
        keys.item(entity, customer_id, charge.id),
        "SET #open_minor = :none, #settled = :settled, #taken_back = :source, #rev = #rev + :one",
        "#source = :source AND #open_minor = #original_minor",
        {"none": 0, "settled": {_TAKEN_BACK: charge.minor}, "source": source, "one": 1},
        mine=lambda there: bool(there.get("taken_back") == source),  # and whoever stopped here has not noted it yet
    )
    if gone:
        history.note(entity, customer_id, Activity(at, "charge-taken-back", charge.id, _said(charge, source)))
    return gone


def _said(charge: Charge, source: str) -> dict[str, Any]:
    return {"of": charge.item, "currency": charge.currency, "minor": charge.minor, "source": source}
