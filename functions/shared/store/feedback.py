"""Up to which mail events have come: what was handed over before, and was never heard of, did not go."""

from datetime import UTC, datetime, timedelta
from typing import Final

from functions.shared.settings import Settings
from functions.shared.store.keys import Key, instant
from functions.shared.store.table import table

_HEARD: Final = Key("MARK", "feedback")
_APART: Final = timedelta(minutes=5)  # a mark that is so much older is worth a write
_written: dict[str, datetime] = {}  # by table: what this process last knew


def heard_of(fenced_at: datetime) -> None:
    """An event came about a mail that was handed over at this instant; the mark only moves on."""
    name = Settings.from_env().table_name
    if fenced_at - _written.get(name, datetime.min.replace(tzinfo=UTC)) < _APART:
        return
    values = {"of": instant(fenced_at)}
    table().update_if(_HEARD, "SET #of = :of", "attribute_not_exists(#of) OR #of < :of", values)
    _written[name] = fenced_at


def forget() -> None:
    """As a new process: what was written is not known."""
    _written.clear()


def heard_until() -> datetime | None:
    """When the latest mail was handed over of which anything was heard; None: nothing ever was."""
    row = table().get(_HEARD)
    return datetime.fromisoformat(row["of"]) if row else None
