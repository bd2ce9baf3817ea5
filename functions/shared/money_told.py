"""A payment that a program told, as its account shows it; where the bank tells of the same money, it counts once.

While nobody has said what the payment is for, the bank's entry counts in its place, with what the bank says that it is
for; the payment counts for what of that entry counts no more. Once it is used on invoices, it counts itself.
"""

from datetime import date, datetime

from functions.shared.store import bank, items, keys, moneys, payments
from functions.shared.store.bank import COUNTS, EntryRecord
from functions.shared.store.moneys import Money
from functions.shared.store.payments import Use
from functions.shared.store.table import table


def follow(entity: str, money: Money, *, today: date, now: datetime) -> None:
    """Let items and credit stand as its record says."""
    back = money.reversed_on is not None
    use = Use(
        id=money.id,
        currency=money.currency,
        minor=0 if back else money.minor - counted_by_bank(entity, money),
        booked_on=money.booked_on,
        kind=money.kind,
        parts={} if back else money.used,
        gone=dict.fromkeys(money.gone, (money.id,)),
    )
    payments.book(entity, money.account, use, today=today, now=now)


def counted_by_bank(entity: str, money: Money) -> int:
    """What of it the bank's entry of the same money counts for."""
    if money.bank is None or not money.by_bank:
        return 0
    record = bank.read([money.bank]).get(money.bank)
    return 0 if record is None else min(money.minor, counts(entity, record))


def counts(entity: str, record: EntryRecord) -> int:
    """What of an entry counts for customers: what a ledger told of it in other words does not."""
    split = record.split
    if split is None or (record.becomes or record.state) not in COUNTS:
        return 0
    entry = record.settles_as(record.turn)
    places = {
        part: (keys.item(entity, part.customer, part.item), keys.closed_item(entity, part.customer, part.item))
        for part in split.parts
    }
    credits_ = [keys.credit(entity, customer, record.credit_id) for customer in split.customers]
    rows = table().batch_get([*(spot for spots in places.values() for spot in spots), *credits_])
    taken = [
        part.minor
        for part, spots in places.items()
        if any(spot in rows and entry in items.of_row(rows[spot]).settled for spot in spots)
    ]
    left: list[int] = [rows[spot]["open_minor"] for spot in credits_ if spot in rows]
    return sum(taken) + sum(left)


def name_bank(entity: str, record: EntryRecord, *, today: date, now: datetime) -> tuple[str, ...]:
    """The payment that an entry is is told so, and follows it. Returns: on whose account that is."""
    money = _of(entity, record)
    if money is None or record.told_of is None:
        return ()
    by_bank = (record.becomes or record.state) in COUNTS and not money.used
    if (money.bank, money.by_bank) != (record.id, by_bank):
        after = moneys.put(entity, record.told_of, money.model_copy(update={"bank": record.id, "by_bank": by_bank}))
        if after is None:
            return name_bank(entity, record, today=today, now=now)
        money = after
    follow(entity, money, today=today, now=now)
    return (money.account,)


def take_back(entity: str, record: EntryRecord, on: date, *, today: date, now: datetime) -> tuple[str, ...]:
    """The bank's entry went back, so the payment that it is did too. Returns: on whose account that is."""
    money = _of(entity, record)
    if money is None or record.told_of is None:
        return ()
    if money.reversed_on is None:
        back = {"reversed_on": on, "gone": tuple(sorted(money.used)), "bank": record.id, "by_bank": False}
        after = moneys.put(entity, record.told_of, money.model_copy(update=back))
        if after is None:
            return take_back(entity, record, on, today=today, now=now)
        money = after
    follow(entity, money, today=today, now=now)
    return (money.account,)


def _of(entity: str, record: EntryRecord) -> Money | None:
    return None if record.told is None or record.told_of is None else moneys.get(entity, record.told_of, record.told)
