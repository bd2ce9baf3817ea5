"""JSON messages onto SQS; what the queue refuses is sent again, and what it keeps refusing is an error."""

import json
import time
from collections.abc import Iterable, Sequence
from itertools import islice
from typing import Any, Final

from functions.shared.observability import LogEvent, log
from functions.shared.wiring import client

MAX_DELAY: Final = 900  # seconds, SQS's own limit
_BATCH: Final = 10
_ATTEMPTS: Final = 4


class QueueRefusedError(RuntimeError):
    """SQS did not take every message; what it took is queued, so the caller may come again with all of them."""


def send(queue_url: str, bodies: Iterable[Any], *, delay_seconds: int = 0) -> int:
    """Queue each body as one JSON message, in requests of ten.

    Args: `delay_seconds` until a consumer sees it, at most MAX_DELAY; a longer delay is cut,
        and the consumer looks again.
    Returns: how many messages were queued.
    Raises: QueueRefusedError when some were refused on every attempt.
    """
    delay = max(0, min(delay_seconds, MAX_DELAY))
    sent = 0
    left = iter(bodies)
    while chunk := list(islice(left, _BATCH)):
        _send_chunk(queue_url, chunk, delay)
        sent += len(chunk)
    return sent


def _send_chunk(queue_url: str, bodies: Sequence[Any], delay: int) -> None:
    left: list[Any] = [
        {"Id": str(n), "MessageBody": json.dumps(body, separators=(",", ":")), "DelaySeconds": delay}
        for n, body in enumerate(bodies)
    ]
    for attempt in range(_ATTEMPTS):
        answer = client("sqs").send_message_batch(QueueUrl=queue_url, Entries=left)
        refused = {entry["Id"] for entry in answer.get("Failed", ())}
        left = [entry for entry in left if entry["Id"] in refused]
        if not left:
            return
        log(LogEvent.QUEUE_REFUSED, messages=len(left))
        time.sleep(0.05 * 2**attempt)
    raise QueueRefusedError(f"{len(left)} of {len(bodies)} messages refused on {_ATTEMPTS} attempts")
