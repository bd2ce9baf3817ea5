"""SQS `accounts` -> decisions, in batches of account keys. Failed records return to the queue, then to its DLQ."""

import functions.shared.starting  # noqa: F401 - before all else

# isort: split

import json
from typing import Any

from aws_lambda_powertools.utilities.typing import LambdaContext

from core.stored import stored
from functions.decide_accounts.workflow import Batch, decide_batch
from functions.shared import clock
from functions.shared.batches import Failures, Record, each_record
from functions.shared.brakes import told
from functions.shared.observability import LogEvent, count, log, logger, metrics
from functions.shared.wiring import prepare

prepare("dynamodb", "sqs")


def on_record(record: Record) -> None:
    """One queued batch of accounts."""
    batch = stored(Batch, json.loads(record["body"]))
    receives = int(record["attributes"]["ApproximateReceiveCount"])
    counts = decide_batch(batch, now=clock.now(), receives=receives)
    said = told(counts)
    log(LogEvent.BATCH_DECIDED, entity=batch.entity, on=batch.date.isoformat(), batch=batch.n, **said)
    for name, value in said.items():
        count(f"accounts_{name}" if name in ("decided", "not_due", "gone", "errors") else name, value)


@logger.inject_lambda_context
@metrics.log_metrics
def lambda_handler(event: dict[str, Any], context: LambdaContext) -> Failures:  # noqa: ARG001 - for the logger
    """Each record is one batch of accounts."""
    return each_record(event, on_record)
