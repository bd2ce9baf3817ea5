"""The present, and how much of the invocation is left."""

from collections.abc import Callable
from datetime import datetime
from typing import Final

from core.values import dataclass

RESERVE: Final = 60_000  # milliseconds that are kept for ending in order


@dataclass(frozen=True, slots=True)
class Moment:
    """When a message is seen to, and for how long it may be."""

    now: datetime
    remaining: Callable[[], int]  # milliseconds until the time-out

    @property
    def is_over(self) -> bool:
        return self.remaining() < RESERVE
