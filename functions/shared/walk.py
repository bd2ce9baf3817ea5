"""Who is due tonight, taken from all shards of the due index in turn.

One shard after the other would put a whole night's writes on one key of the index: whoever is decided moves in it.
"""

from collections import deque
from dataclasses import field
from datetime import date
from typing import Final

from core.values import dataclass
from functions.shared.store import keys
from functions.shared.store.runs import Cursor
from functions.shared.store.table import due_index, table

READ: Final = 250  # accounts of one shard in one request


@dataclass(slots=True)
class _Shard:
    """What was read of one shard and not taken yet."""

    number: int
    after: str  # the sort key that was taken last
    read: str = ""  # the one that was read last
    ahead: deque[str] = field(default_factory=deque)
    ended: bool = False


class Walk:
    """One walk over the due accounts of an entity, from a cursor on."""

    def __init__(self, entity: str, on: date, cursor: Cursor) -> None:
        self._entity, self._on = entity, on
        positions = cursor.after or ("",) * keys.SHARDS
        self._shards = [_Shard(number, after, read=after) for number, after in enumerate(positions)]
        self._turns = deque(self._shards)  # of those that may have somebody left

    def page(self, most: int) -> tuple[list[str], Cursor]:
        """The next due customers, and the cursor after them; none when everybody was met."""
        customers: list[str] = []
        while self._turns and len(customers) < most:
            due_sk = self._next(self._turns[0])
            if due_sk is None:
                self._turns.popleft()
                continue
            customers.append(keys.customer_of_due(due_sk))
            self._turns.rotate(-1)
        return customers, Cursor(tuple(shard.after for shard in self._shards))

    def _next(self, shard: _Shard) -> str | None:
        if not shard.ahead and not shard.ended:
            self._read(shard)
        if not shard.ahead:
            return None
        shard.after = shard.ahead.popleft()
        return shard.after

    def _read(self, shard: _Shard) -> None:
        rows = table().query(
            keys.due_pk(self._entity, shard.number),
            between=(shard.read or "0", keys.due_up_to(self._on.isoformat())),
            index=due_index(),
            limit=READ + 1,  # the last one of the reading before may still be there
        )
        found = [row["due_sk"] for row in rows]
        shard.ended = len(found) <= READ
        shard.ahead.extend(due_sk for due_sk in found if due_sk != shard.read)
        if found:
            shard.read = found[-1]
