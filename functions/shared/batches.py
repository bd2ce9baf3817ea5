"""Each failing record of a queue's batch is told by where it failed.

An error's message may hold what a log must not, so only its kind and its place are logged.
"""

import traceback
from collections.abc import Callable
from functools import wraps
from typing import Any, TypeVar

from functions.shared.observability import LogEvent, count, log

_Handler = TypeVar("_Handler", bound=Callable[..., Any])


def place_of(error: BaseException) -> str:
    """The innermost place of an error, as file:line."""
    frames = traceback.extract_tb(error.__traceback__)
    return f"{frames[-1].filename.rpartition('/')[2]}:{frames[-1].lineno}" if frames else "nowhere"


def logged(handler: _Handler) -> _Handler:
    """The record handler, saying each failure in the log before the record returns to its queue."""

    @wraps(handler)
    def handle(*args: Any, **kwargs: Any) -> Any:
        try:
            return handler(*args, **kwargs)
        except Exception as error:
            log(LogEvent.RECORD_FAILED, error=type(error).__name__, place=place_of(error))
            count("record_failed")
            raise

    return handle  # type: ignore[return-value]
