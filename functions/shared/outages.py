"""Whose fault an error is: the platform's, and then everything waits, or one record's, and then only that one does."""

from typing import Final

from botocore.exceptions import BotoCoreError, ClientError

from functions.shared.queues import QueueRefusedError
from functions.shared.store.table import UnprocessedError

_OF_THE_RECORD: Final = frozenset({"ValidationException", "ItemCollectionSizeLimitExceededException"})


def is_outage(error: Exception) -> bool:
    """Whether the platform failed: throttled, unreachable, denied. A record too large to store is its own fault."""
    if isinstance(error, ClientError):
        return error.response["Error"]["Code"] not in _OF_THE_RECORD
    return isinstance(error, (BotoCoreError, QueueRefusedError, UnprocessedError, OSError))
