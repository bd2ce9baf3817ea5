"""The records of a queue's batch, each by itself: one that fails returns to its queue alone, and is told of by where.

An error's message may hold what a log must not, so only its kind and its place are logged. The batch utility and data
classes of Powertools do no more for a standard queue, and bring 74 modules along to each cold start.
"""

import traceback
from collections.abc import Callable
from typing import Any, TypedDict

from functions.shared.observability import LogEvent, count, log


class Record(TypedDict):
    """What is read of an SQS record."""

    messageId: str
    body: str
    attributes: dict[str, str]


class Failures(TypedDict):
    """What Lambda is told under ReportBatchItemFailures; nothing named: all were handled."""

    batchItemFailures: list[dict[str, str]]


def place_of(error: BaseException) -> str:
    """The innermost place of an error, as file:line."""
    frames = traceback.extract_tb(error.__traceback__)
    return f"{frames[-1].filename.rpartition('/')[2]}:{frames[-1].lineno}" if frames else "nowhere"


def each_record(event: dict[str, Any], handle: Callable[[Record], None]) -> Failures:
    """Handle every record of a batch; when all fail they are still named one by one, since a crash says not which."""
    failed: list[dict[str, str]] = []
    for record in event["Records"]:
        try:
            handle(record)
        except Exception as error:  # noqa: BLE001 - the others go on; this one comes again, or ends as a dead letter
            log(LogEvent.RECORD_FAILED, error=type(error).__name__, place=place_of(error))
            count("record_failed")
            failed.append({"itemIdentifier": record["messageId"]})
    return {"batchItemFailures": failed}
