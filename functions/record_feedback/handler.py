"""SQS `feedback`: mail events of the provider -> the state of our notices. Failed records return to the queue."""

import functions.shared.starting  # noqa: F401 - before all else

# isort: split

import json
from typing import Any

from aws_lambda_powertools.utilities.typing import LambdaContext

from functions.record_feedback.events import read_event
from functions.record_feedback.workflow import record_event
from functions.shared import clock
from functions.shared.batches import Failures, Record, each_record
from functions.shared.observability import count, logger, metrics, told_together
from functions.shared.wiring import prepare

prepare("dynamodb")


def on_record(record: Record) -> None:
    """One event: applied, of no consequence, or not ours."""
    heard = record_event(read_event(json.loads(record["body"])), clock.now())
    count(f"mail_event_{heard.value}")


@logger.inject_lambda_context
@metrics.log_metrics
@told_together
def lambda_handler(event: dict[str, Any], context: LambdaContext) -> Failures:  # noqa: ARG001 - for the logger
    """A batch of mail events -> which of them failed."""
    return each_record(event, on_record)
