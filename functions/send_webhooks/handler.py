"""SQS `webhooks` -> one signed request each. What a receiver did not take comes again by the sweep."""

import functions.shared.starting  # noqa: F401 - before all else

# isort: split

import json
from typing import Any

from aws_lambda_powertools.utilities.typing import LambdaContext

from functions.send_webhooks.workflow import send
from functions.shared import clock
from functions.shared.batches import Failures, Record, each_record
from functions.shared.observability import count, logger, metrics
from functions.shared.wiring import prepare

prepare("dynamodb")


def on_record(record: Record) -> None:
    """One event for one endpoint."""
    body = json.loads(record["body"])
    count(send(body["entity"], body["endpoint"], body["event"], clock.now()).value)


@logger.inject_lambda_context
@metrics.log_metrics
def lambda_handler(event: dict[str, Any], context: LambdaContext) -> Failures:  # noqa: ARG001 - for the logger
    """A batch of events -> which of them failed."""
    return each_record(event, on_record)
