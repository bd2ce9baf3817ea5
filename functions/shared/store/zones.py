"""The time zone of an entity, for who needs no more of what is configured: as of some minutes ago."""

from datetime import datetime, timedelta
from typing import Final

from core.ledger import Entity
from core.packing import inflate
from core.stored import stored
from functions.shared.settings import Settings
from functions.shared.store import keys
from functions.shared.store.table import table

_KEPT: Final = timedelta(minutes=10)
_seen: dict[tuple[str, str], tuple[datetime, str]] = {}  # by table and entity: what this process last read, and when


def of(entity: str, now: datetime) -> str:
    """The zone in which its days begin and end; UTC for an entity that nobody configured any more."""
    key = Settings.from_env().table_name, entity
    at, zone = _seen.get(key, (now, ""))
    if not zone or not timedelta(0) <= now - at < _KEPT:
        row = table().get(keys.configuration("entity", entity), consistent=False)
        zone = stored(Entity, inflate(row["body"])).zone if row else "UTC"
        _seen[key] = now, zone
    return zone


def forget() -> None:
    """As a new process: nothing was read."""
    _seen.clear()
