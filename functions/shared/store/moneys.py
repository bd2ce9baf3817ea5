"""Payments and credit notes as the API was told of them: what each was used on, so that it can be changed or reversed.

This record comes first and is what counts; items and credits follow from it, and may be written again from it.
"""

from collections.abc import Mapping
from datetime import date

from core.frozen import Frozen
from core.ledger import CreditKind
from functions.shared.store import keys
from functions.shared.store.rows import fact_of, fields_of
from functions.shared.store.table import Row, table


class Money(Frozen):
    """One payment or credit note. Amounts in minor units."""

    id: str
    kind: CreditKind
    currency: str
    minor: int
    booked_on: date
    used: Mapping[str, int] = {}  # by item
    gone: tuple[str, ...] = ()  # items that it was used on once
    account: str  # customer whose account it lies on: the own one, or that of the parent who is chased
    dispute: str | None = None
    reversed_on: date | None = None
    rev: int = 0


def put(entity: str, customer_id: str, money: Money) -> Money | None:
    """Write it over the revision that was read; None when somebody else was first."""
    after = money.model_copy(update={"rev": money.rev + 1})
    row: Row = {**keys.money(entity, customer_id, money.id)._asdict(), **fields_of(after)}

    def ours(there: Row) -> bool:
        return there == row

    condition = "#rev = :was" if money.rev else "attribute_not_exists(#pk)"
    return after if table().put_if(row, condition, {"was": money.rev} if money.rev else None, mine=ours) else None


def of_row(row: Row) -> Money:
    """The record of a row."""
    return fact_of(Money, row)
