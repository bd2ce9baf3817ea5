"""Charges of ours as items: a fee, interest or compensation is posted once, under its own id, and can be taken back."""

from datetime import date, datetime
from typing import Any, Final

from core.decide.model import Charge
from core.ledger import Credit, CreditKind, Item, ItemKind
from functions.shared.store import history, items, keys
from functions.shared.store.history import Activity
from functions.shared.store.items import StoredItem
from functions.shared.store.rows import fields_of
from functions.shared.store.table import Row, table

RETRACTED: Final = "retracted"
_TAKEN_BACK: Final = "taken-back"  # the entry that settles a charge nobody has to pay
_LET_GO: Final = ":less"  # how the id of an entry ends that is no money: an allowance, a write-off


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
    if (closed is not None and not closed.get("given_back")) or not table().put_if(row, free, mine=ours):
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


def stands(entity: str, customer_id: str, charge: Charge, source: str) -> bool:
    """Whether a charge was posted by this notice, or by a decision, and is owed or was settled; not taken back."""
    row = _row(entity, customer_id, charge.id)
    if row is None or row.get("taken_back") or row.get("given_back"):
        return False
    return bool(row.get("source", source) == source)  # a row that was paid in part says no more who posted it


def reverse(entity: str, customer_id: str, charge: Charge, *, source: str, on: date, at: datetime) -> bool:
    """Take a charge back whether it was paid or not; what was paid for it is the customer's, as a credit.

    Each step says whether it was done, so whoever stopped half-way does the rest. It may be posted again by a later
    message or decision.
    Args: `source` as it was posted with; `on` the entity's date, `at` the instant of the reversal, the same each time.
    Returns: whether there was anything to take back.
    """
    while (row := _row(entity, customer_id, charge.id)) is not None:
        key = keys.Key(row["pk"], row["sk"])
        if row.get("given_back") or row.get("source", source) != source:
            return False
        if row["open_minor"] and not _freeze(key, row, source):
            continue  # something was paid meanwhile
        row = table().get(key)
        if row is None:
            continue
        paid = _paid(row)
        if paid:
            _credit(entity, customer_id, charge, paid, on, at)
        said = {**_said(charge, source), "paid": paid}
        history.note(entity, customer_id, Activity(at, "charge-taken-back", charge.id, said))
        table().update_if(key, "SET #given_back = :yes", "attribute_exists(#pk)", {"yes": True})
        return True
    return False


def _row(entity: str, customer_id: str, charge_id: str) -> Row | None:
    """The charge as it stands, open or closed."""
    there = table().get(keys.item(entity, customer_id, charge_id))
    return there or table().get(keys.closed_item(entity, customer_id, charge_id))


def _freeze(key: keys.Key, row: Row, source: str) -> bool:
    """Nothing is open on it any more; False when its row has changed since it was read."""
    settled = {**row["settled"], _TAKEN_BACK: row["open_minor"]}
    return table().update_if(
        key,
        "SET #open_minor = :none, #settled = :settled, #taken_back = :source, #rev = :rev",
        "#rev = :was",
        {"none": 0, "settled": settled, "source": source or RETRACTED, "rev": row["rev"] + 1, "was": row["rev"]},
        mine=lambda there: bool(there["settled"] == settled and not there["open_minor"]),
    )


def _paid(row: Row) -> int:
    """What was paid or credited for it: all that settles it but what was let go."""
    let_go = sum(minor for entry, minor in row["settled"].items() if entry == _TAKEN_BACK or entry.endswith(_LET_GO))
    return max(0, int(row["original_minor"] - row["open_minor"] - let_go))


def _credit(entity: str, customer_id: str, charge: Charge, minor: int, on: date, at: datetime) -> None:
    credit = Credit(
        id=f"{RETRACTED}:{charge.id}:{keys.instant(at)}",  # the charge may come again, and be reversed again
        kind=CreditKind.CREDIT_NOTE,
        currency=charge.currency,
        open_minor=minor,
        booked_on=on,
    )
    key = keys.credit(entity, customer_id, credit.id)
    table().put_if({**key._asdict(), **fields_of(credit), "at_version": 0}, "attribute_not_exists(#pk)")


def _said(charge: Charge, source: str) -> dict[str, Any]:
    return {"of": charge.item, "currency": charge.currency, "minor": charge.minor, "source": source}
