"""What a ledger tells of stored invoices one by one, in a line of a test: an import says the same of a whole file."""

from collections.abc import Iterable, Mapping
from datetime import date, datetime

from functions.shared.store import facts, settlements, writes
from functions.shared.store.accounts import AccountRecord
from functions.shared.store.facts import Applied
from functions.shared.store.items import StoredItem
from functions.shared.store.keys import Key
from functions.shared.store.settlements import Settlement
from functions.shared.store.table import Row
from functions.shared.store.writes import Writes


def settle_items(entity: str, customer_id: str, told: Iterable[Settlement], *, today: date, now: datetime) -> Applied:
    """Store payments, credits or reversals of items that are stored."""
    news = list(told)

    def settle(record: AccountRecord, stored: Mapping[str, StoredItem], plan: Writes, _: Mapping[Key, Row]) -> None:
        for settlement in news:
            was = stored[settlement.item]
            writes.place(plan, entity, was, settlements.settle(was, settlement), now, record.facts_version)

    return facts.change(entity, customer_id, [settlement.item for settlement in news], settle, today=today, now=now)
