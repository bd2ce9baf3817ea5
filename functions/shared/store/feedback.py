"""Up to which mail events have come: what was handed over before, and was never heard of, did not go.

Only events that come in time say so. A queue that is worked off after a stop may still hold the one that is missed.
"""

from datetime import UTC, datetime, timedelta
from typing import Final

from functions.shared.settings import Settings
from functions.shared.store.keys import Key, instant
from functions.shared.store.table import table

IN_TIME: Final = timedelta(minutes=30)  # after it happened
CAUGHT_UP: Final = timedelta(hours=6)  # without a late event, before silence says anything again
_HEARD: Final = Key("MARK", "feedback")
_APART: Final = timedelta(minutes=5)  # a mark that is so much older is worth a write
_written: dict[tuple[str, str], datetime] = {}  # by table and mark: what this process last knew


def in_time(happened_at: datetime | None, now: datetime) -> bool:
    """Whether an event was heard of soon after it happened; one that does not say when counts as in time."""
    return happened_at is None or now - happened_at <= IN_TIME


def heard_of(fenced_at: datetime) -> None:
    """An event came in time about a mail that was handed over at this instant; the mark only moves on."""
    _move_on("of", fenced_at)


def heard_late(now: datetime) -> None:
    """An event came long after it happened: others may still be on their way."""
    _move_on("late", now)


def forget() -> None:
    """As a new process: what was written is not known."""
    _written.clear()


def heard_until(now: datetime) -> datetime | None:
    """When the latest mail was handed over of which anything was heard; None: nothing ever was, or events lag."""
    row = table().get(_HEARD)
    if row is None or "of" not in row:
        return None
    if "late" in row and now - datetime.fromisoformat(row["late"]) < CAUGHT_UP:
        return None
    return datetime.fromisoformat(row["of"])


def _move_on(mark: str, to: datetime) -> None:
    known = Settings.from_env().table_name, mark
    if to - _written.get(known, datetime.min.replace(tzinfo=UTC)) < _APART:
        return
    update, condition = f"SET #{mark} = :to", f"attribute_not_exists(#{mark}) OR #{mark} < :to"
    table().update_if(_HEARD, update, condition, {"to": instant(to)})
    _written[known] = to
