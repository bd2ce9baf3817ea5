"""Nights on the local engine: the clock goes to an entity's run hour, and all happens that happens by day's end."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta

from core.calendar import local_date, run_instant, zone_of
from core.ledger import Entity
from local.engine import Engine, Mail, Pumped

_DAY = timedelta(days=1)
_RUN_TAKES = timedelta(minutes=30)


@dataclass(frozen=True, slots=True)
class Night:
    """What one date brought."""

    on: date
    mails: tuple[Mail, ...] = ()
    pumped: Pumped = field(default_factory=Pumped)


def begins_at(on: date, entities: Iterable[Entity]) -> datetime:
    """The first run hour of that date."""
    return min(run_instant(on, entity.zone, entity.run_hour) for entity in entities)


def ends_at(on: date, entities: Iterable[Entity]) -> datetime:
    """The last second of that date, where it ends last; but before the first run hour of the next."""
    known, last = tuple(entities), time(23, 59, 59)
    midnights = max(datetime.combine(on, last, zone_of(entity.zone)) for entity in known).astimezone(UTC)
    return min(midnights, begins_at(on + _DAY, known) - timedelta(seconds=1))


def play(engine: Engine, on: date, entities: Iterable[Entity], *, until: datetime | None = None) -> Night:
    """Let the date happen. Time before its first run hour passes unused; a date that has begun goes on.

    Args: `until` an instant of the date at which to stop; None: its end.
    Raises: ValueError when the clock stands after the date.
    """
    known = tuple(entities)
    begins, ends, sent = begins_at(on, known), ends_at(on, known), len(engine.outbox)
    if engine.now > ends:
        raise ValueError(f"{on} is over: the clock stands at {engine.now:%Y-%m-%d %H:%M} UTC")
    pumped = Pumped()
    if engine.now < begins:
        engine.move_to(begins - timedelta(seconds=1))
    else:
        pumped += tick(engine)  # the hour has passed: ask once more, as a second delivery of the schedule would
    pumped += engine.run_until(min(until or ends, ends), quiet=run_hours(engine, known))
    return Night(on, tuple(engine.outbox[sent:]), pumped)


def all_ran_at(on: date, entities: Iterable[Entity]) -> datetime:
    """When the runs of that date are through: some time after the last run hour, before anybody is written to."""
    return max(run_instant(on, entity.zone, entity.run_hour) for entity in entities) + _RUN_TAKES


def tick(engine: Engine) -> Pumped:
    """Fire the schedules that plan runs, now, and deliver what follows."""
    for schedule in engine.stack.schedules:
        if schedule.input.get("kind") == "tick":
            engine.invoke(schedule.function, schedule.input)
    return engine.pump()


def run_hours(engine: Engine, entities: Iterable[Entity]) -> Callable[[], Iterator[datetime]]:
    """The run hours around the clock: what the quiet mode of the engine asks for."""
    known = tuple(entities)

    def instants() -> Iterator[datetime]:
        for entity in known:
            today = local_date(engine.now, entity.zone)
            for days in (-1, 0, 1):
                yield run_instant(today + days * _DAY, entity.zone, entity.run_hour)

    return instants
