"""SQS `notices` -> one mail each. Failed records return to the queue, then to its dead letters."""

import functions.shared.starting  # noqa: F401 - before all else

# isort: split

import json
from typing import Any

from aws_lambda_powertools.utilities.typing import LambdaContext

from functions.send_notices.gate import Gate
from functions.send_notices.workflow import send_notice
from functions.shared import clock
from functions.shared.batches import Failures, Record, each_record
from functions.shared.observability import LogEvent, count, logger, metrics, together, told_together
from functions.shared.wiring import prepare

prepare("dynamodb", "sesv2")


def on_record(record: Record, lambda_context: LambdaContext, gate: Gate) -> None:
    """One queued notice id, sent or rightly not."""
    notice_id = _notice_of(record["body"])
    outcome = send_notice(notice_id, clock.now(), lambda_context.get_remaining_time_in_millis(), gate)
    together(LogEvent.NOTICE_HANDLED, notice_id, outcome=outcome.value)
    count(f"notice_{outcome.value}")


def _notice_of(body: str) -> str:
    """Raises: ValueError for a message of newer code, whose words are not guessed at."""
    message = json.loads(body)
    if message.get("v", 1) != 1:
        raise ValueError(f"a message of version {message['v']!r}; this code reads 1")
    return str(message["notice_id"])


@logger.inject_lambda_context
@metrics.log_metrics
@told_together
def lambda_handler(event: dict[str, Any], context: LambdaContext) -> Failures:
    """A batch of notice ids -> which of them failed."""
    gate = Gate(len(event["Records"]), context.get_remaining_time_in_millis)
    try:
        return each_record(event, lambda record: on_record(record, context, gate))
    finally:
        gate.close()
