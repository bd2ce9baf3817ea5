"""Payments and credit notes as the API was told of them: what each was used on, so that it can be changed or reversed.

This record comes first and is what counts; items and credits follow from it, and may be written again from it.
"""

from collections.abc import Iterable, Mapping
from datetime import UTC, date, datetime, time, timedelta
from typing import Final

from core.frozen import Frozen
from core.ledger import CreditKind
from functions.shared.store import keys
from functions.shared.store.rows import fact_of, fields_of
from functions.shared.store.table import Row, table

_KEPT: Final = timedelta(days=3 * 365)  # that it is found by its amount


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
    reference: str = ""  # its own key, as the bank tells it too
    bank: str | None = None  # the bank's entry of the same money
    by_bank: bool = False  # that one counts, as long as nobody says here what it is for
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


def note(entity: str, customer_id: str, money: Money) -> None:
    """Let a payment be found by its amount, before it is stored; twice is once."""
    pk = keys.told_pk(entity, money.currency, money.minor)
    sk = f"{money.booked_on.isoformat()}#{keys.part(customer_id)}#{keys.part(money.id)}"
    midnight = datetime.combine(money.booked_on, time(), UTC)
    row: Row = {"pk": pk, "sk": sk, "customer": customer_id, "id": money.id}
    table().put({**row, "expires_at": int((midnight + _KEPT).timestamp())})


def of_amount(entity: str, currency: str, minor: int, days: tuple[date, date]) -> list[tuple[str, Money]]:
    """The payments of one amount, booked from one day to another, each with its customer."""
    first, last = days
    pk = keys.told_pk(entity, currency, minor)
    noted = list(table().query(pk, between=(first.isoformat(), f"{last.isoformat()}{keys.LAST}")))
    wanted = {keys.money(entity, row["customer"], row["id"]): row["customer"] for row in noted}
    found = table().batch_get(wanted) if wanted else {}
    return [(customer, of_row(found[key])) for key, customer in wanted.items() if key in found]


def get(entity: str, customer_id: str, money_id: str) -> Money | None:
    """One of them; None where there is none."""
    row = table().get(keys.money(entity, customer_id, money_id))
    return None if row is None else of_row(row)


def told(entity: str, wanted: Iterable[tuple[str, str]]) -> set[tuple[str, str]]:
    """Those of these, each a customer and an id, that a program told."""
    places = {keys.money(entity, *each): each for each in wanted}
    return {places[key] for key in table().batch_get(places)}


def of_row(row: Row) -> Money:
    """The record of a row."""
    return fact_of(Money, row)
