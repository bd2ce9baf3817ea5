"""The virtual clock: time stands still until it is told to move."""

from contextlib import ExitStack
from datetime import UTC, datetime

import time_machine


class Clock:
    """Holds the whole process at one instant, moto and the SDK with it; time.monotonic and sleep stay real."""

    def __init__(self, start: datetime) -> None:
        self._start = _utc(start)
        self._travel: time_machine.Traveller | None = None

    def hold(self, undo: ExitStack) -> None:
        """Stop the clock at the start, until `undo` closes."""
        self._travel = undo.enter_context(time_machine.travel(self._start, tick=False))

    @property
    def now(self) -> datetime:
        return datetime.now(UTC)

    def wait_until(self, instant: datetime) -> None:
        """Whoever waits lets the time pass; what has passed is not waited for."""
        if instant > self.now:
            self.move_to(instant)

    def move_to(self, instant: datetime, *, back: bool = False) -> None:
        """Raises: ValueError for an instant in the past, unless `back`."""
        if instant < self.now and not back:
            raise ValueError(f"the clock stands at {self.now:%Y-%m-%d %H:%M:%S} UTC and does not go back to {instant}")
        if self._travel is None:
            raise RuntimeError("the engine is not open")
        self._travel.move_to(_utc(instant))


def _utc(instant: datetime) -> datetime:
    if instant.tzinfo is None:
        raise ValueError(f"{instant} has no time zone")
    return instant.astimezone(UTC)
