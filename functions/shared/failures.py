"""How an invocation ends that failed: by kind and place alone.

Lambda writes the message of an error that nobody caught into the log, and hands it on to dead letters and callers. A
message may hold what the error was about: a name, an address, a line of a statement.
"""

from collections.abc import Callable
from functools import wraps
from typing import Any, TypeVar

from functions.shared.batches import place_of
from functions.shared.observability import LogEvent, log

T = TypeVar("T")


class InvocationFailedError(RuntimeError):
    """What Lambda is told; more is nowhere written."""


def told_briefly(handler: Callable[[Any, Any], T]) -> Callable[[Any, Any], T]:
    """A handler whose errors leave it without their message. Raises: InvocationFailedError in place of any other."""

    @wraps(handler)
    def run(event: Any, context: Any) -> T:
        try:
            return handler(event, context)
        except Exception as error:  # noqa: BLE001 - whatever it is, its message stays here
            kind, place = type(error).__name__, place_of(error)
            log(LogEvent.INVOCATION_FAILED, error=kind, place=place)
            raise InvocationFailedError(f"{kind} at {place}") from None

    return run
