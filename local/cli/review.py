"""Accounts by the date they are decided next: counted for people, and called up when what they share has changed."""

from collections.abc import Iterable, Iterator
from datetime import date, datetime

from core.calendar import local_date
from core.ledger import Entity
from functions.shared.store import accounts, keys
from functions.shared.store.table import due_index, table
from local.cli.output import progress


def looks(entity_id: str) -> Iterator[tuple[date, str]]:
    """Each account of an entity that will be decided: on which date, whose."""
    for shard in range(keys.SHARDS):
        for row in table().query(keys.due_pk(entity_id, shard), index=due_index()):
            yield date.fromisoformat(row["due_sk"].partition("#")[0]), keys.customer_of_due(row["due_sk"])


def review(entities: Iterable[Entity], now: datetime) -> int:
    """Have every account of these entities decided in the next night; returns how many were put forward.

    A date to look again answers only for the account's own facts, not for policies, people and calendars.
    """
    forward = 0
    for entity in entities:
        today = local_date(now, entity.zone)
        later = [customer for on, customer in looks(entity.id) if on > today]
        with progress(f"looking again at {entity.id}", len(later)) as advance:
            for customer in later:
                accounts.wake(entity.id, customer, today)
                forward += 1
                advance()
    return forward
