"""Figures that alarms watch and that nothing counts by the way: worked out once an hour, each for itself."""

from collections import Counter
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Final

from functions.shared import asking, doubts, restore, review
from functions.shared.batches import place_of
from functions.shared.observability import LogEvent, gauge, log
from functions.shared.store import bank, expiries, tasks
from functions.shared.store.config import Configuration

SOON: Final = timedelta(days=30)  # before a key ends


def say(configuration: Configuration, now: datetime) -> None:
    """Every figure, zero too: an alarm ends by it. One that fails is logged and keeps no other from being said."""
    for look in _LOOKS:
        try:
            look(configuration, now)
        except Exception as error:  # noqa: BLE001 - no figure may keep a run from starting
            log(LogEvent.VITAL_FAILED, error=type(error).__name__, place=place_of(error))


def _restored(_configuration: Configuration, now: datetime) -> None:
    gauge("sending_held", int(bool(restore.look(now))))


def _asked(configuration: Configuration, _now: datetime) -> None:
    """What waits for a person: doubts, and runs that nobody has cleared."""
    queues = {(configuration.holder(asking.OWNER, entity), asking.OWNER) for entity in configuration.entities}
    queues |= {(person, role) for role, person in (review.decider(configuration, e) for e in configuration.entities)}
    asked = {task.id: task.kind for person, role in queues for task in tasks.open_for(person, "" if person else role)}
    kinds = Counter(asked.values())
    gauge("doubts_open", kinds[doubts.KIND])
    gauge("runs_waiting", kinds[review.KIND])


def _cash(configuration: Configuration, now: datetime) -> None:
    """How many days the oldest money has waited for its invoice."""
    waiting = [on for entity in configuration.entities if (on := bank.oldest_waiting(entity)) is not None]
    gauge("unmatched_cash_days", max(0, *((now.date() - on).days for on in waiting)) if waiting else 0)


def _keys(_configuration: Configuration, now: datetime) -> None:
    last = (now + SOON).date()
    gauge("keys_expiring", sum(on <= last for on in expiries.read().values()))


_LOOKS: Final[tuple[Callable[[Configuration, datetime], None], ...]] = (_restored, _asked, _cash, _keys)
