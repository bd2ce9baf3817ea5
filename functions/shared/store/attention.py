"""The attention index: everything that somebody must look at, by the instant from which."""

from collections.abc import Iterator
from datetime import datetime

from core.values import dataclass
from functions.shared.store import keys
from functions.shared.store.table import attention_index, table


@dataclass(frozen=True, slots=True)
class Due:
    """One thing whose instant has come."""

    entity: str
    kind: str  # ACCT, NOTICE or RUN
    what: str  # customer id, notice id or run date


def come_due(entity: str, now: datetime) -> Iterator[Due]:
    """What has come due at an entity, the longest waiting of each shard first; the index may lag behind the records."""
    yield from _up_to(entity, keys.instant(now) + keys.LAST)


def watched(entity: str) -> Iterator[Due]:
    """Everything that somebody will look at, whenever that is."""
    yield from _up_to(entity, keys.LAST)


def _up_to(entity: str, upto: str) -> Iterator[Due]:
    for shard in range(keys.SHARDS):
        pk = keys.attention_pk(entity, shard)
        for row in list(table().query(pk, between=("0", upto), index=attention_index())):
            _, kind, what = keys.attention_of(row["att_sk"])
            yield Due(entity, kind, what)
