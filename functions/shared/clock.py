"""The only clock of the cloud edge; everything inside takes the instant as an argument."""

import time
from datetime import UTC, datetime


def now() -> datetime:
    """The present instant, in UTC."""
    return datetime.now(UTC)


def wait_until(instant: datetime) -> None:
    """Wait until then; not at all where it has passed. On the local engine it is the virtual clock that moves."""
    left = (instant - now()).total_seconds()
    if left > 0:  # a sleep of nothing gives the processor away too
        time.sleep(left)
