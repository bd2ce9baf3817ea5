"""When something can happen next: schedules, hidden messages, mail events, retries, and what waits for the sweep."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Final

from local.engine.bridge.lookup import key_index
from local.engine.cron import next_fire
from local.engine.stack import Schedule, Stack

NextInstants = Callable[[], Iterable[datetime]]

_TICK: Final = timedelta(microseconds=1)
_ALWAYS: Final = datetime.min.replace(tzinfo=UTC)
_ATTENTION: Final = "ATTENTION_INDEX"  # the variable by which the template names the index
_RESTLESS: Final = timedelta(minutes=65)  # longer than any lease, doubt or message of a notice is waited for
SWEEP: Final = "sweep"


@dataclass(slots=True)
class Timetable:
    """Which schedules fire when.

    With `quiet`, a schedule fires only where it can do something: the sweep's when the attention index holds something
    due, any other at its first time at or after one of the caller's instants. That leaving out the rest changes
    nothing is a claim about the functions, and has its own test.
    """

    stack: Stack
    now: Callable[[], datetime]
    quiet: NextInstants | None = None
    _left: frozenset[tuple[str, ...]] = field(default=frozenset())
    _changed_at: datetime = field(default=_ALWAYS)
    _since: datetime = field(init=False)  # what was to fire by then has fired

    def __post_init__(self) -> None:
        self._since = self.now()

    def next_firing(self) -> datetime | None:
        """The next instant at which a schedule fires; it has passed where a function that waited let it."""
        return min((at for at in (self._next(schedule) for schedule in self.stack.schedules) if at), default=None)

    def due(self) -> list[Schedule]:
        """The schedules that fire now, each once."""
        now = self.now()
        fire = [schedule for schedule in self.stack.schedules if (at := self._next(schedule)) and at <= now]
        self._since = now
        return fire

    def left_by_sweep(self) -> None:
        """The sweep looked and wrote nothing: what is due now says nothing new until something changes.

        What a worker may still be at, or a message in a queue stands for, it leaves for as long as that may be so.
        """
        if self.now() < self._changed_at + _RESTLESS:
            return
        self._left = frozenset(entry for entry, at in self._attention() if at <= self.now())

    def changed(self) -> None:
        """Something was written: look at everything again."""
        self._left, self._changed_at = frozenset(), self.now()

    def _next(self, schedule: Schedule) -> datetime | None:
        since = self._since
        if self.quiet is None:
            return self._first_at(schedule, since + _TICK)
        if schedule.input.get("kind") == SWEEP:
            earliest = self._earliest()
            return None if earliest is None else self._first_at(schedule, max(earliest, since + _TICK))
        firings = (self._first_at(schedule, instant) for instant in self.quiet())
        return min((at for at in firings if at is not None and at > since), default=None)

    def _first_at(self, schedule: Schedule, instant: datetime) -> datetime | None:
        """The schedule's first firing at or after the instant."""
        return next_fire(schedule.expression, schedule.timezone, instant - _TICK)

    def _earliest(self) -> datetime | None:
        return min((at for entry, at in self._attention() if entry not in self._left), default=None)

    def _attention(self) -> Iterator[tuple[tuple[str, ...], datetime]]:
        """Each entry of the attention index with the instant at which to look."""
        name = next(
            (f.environment[_ATTENTION] for f in self.stack.functions.values() if _ATTENTION in f.environment), None
        )
        if name is None:
            return
        table = self.stack.table
        _, when = table.get_index(name).schema_key_attrs
        for item in key_index(table).every(table, name):
            if when in item.attrs:
                sort_key = str(item.attrs[when].value)
                yield (repr(item.hash_key), repr(item.range_key), sort_key), _instant(sort_key)


def _instant(sort_key: str) -> datetime:
    """The instant before the first #; what cannot be read is always due."""
    try:
        at = datetime.fromisoformat(sort_key.partition("#")[0])
    except ValueError:
        return _ALWAYS
    return at if at.tzinfo is not None else at.replace(tzinfo=UTC)
