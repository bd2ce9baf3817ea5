"""SQS `inbox` -> files of ledgers and banks in the table. A message that fails returns, then becomes a dead letter."""

import functions.shared.starting  # noqa: F401 - before all else

# isort: split

import json
from functools import partial
from typing import Any

from aws_lambda_powertools.utilities.typing import LambdaContext

from functions.ingest_files.moment import Moment
from functions.ingest_files.workflow import handle
from functions.shared import clock
from functions.shared.batches import Failures, Record, each_record
from functions.shared.observability import count, logger, metrics
from functions.shared.wiring import prepare

prepare("dynamodb", "sqs", "s3")


def on_record(record: Record, context: LambdaContext) -> None:
    """One notification of S3, or one file that was left half way."""
    outcomes = handle(json.loads(record["body"]), Moment(clock.now(), context.get_remaining_time_in_millis))
    for outcome, files in outcomes.items():
        count(outcome, files)


@logger.inject_lambda_context
@metrics.log_metrics
def lambda_handler(event: dict[str, Any], context: LambdaContext) -> Failures:
    """Each record is a message of the inbox."""
    return each_record(event, partial(on_record, context=context))
