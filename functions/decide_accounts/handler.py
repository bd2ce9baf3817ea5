"""SQS `accounts` -> decisions, in batches of account keys. Failed records return to the queue, then to its DLQ."""

import functions.shared.starting  # noqa: F401 - before all else

# isort: split

import json
from typing import Any

from aws_lambda_powertools.utilities.typing import LambdaContext

from core.stored import stored
from functions.decide_accounts.workflow import Batch, Received, decide_batches
from functions.shared import clock
from functions.shared.batches import Failures, Record, each_record
from functions.shared.brakes import told
from functions.shared.observability import LogEvent, count, log, logger, metrics
from functions.shared.wiring import prepare

prepare("dynamodb", "sqs")


def receive(record: Record) -> Received:
    """One queued batch of accounts, to be decided."""
    batch = stored(Batch, json.loads(record["body"]))
    return Received(batch, int(record["attributes"]["ApproximateReceiveCount"]))


def say(received: Received) -> None:
    """What came of a batch. Raises: what keeps it from being done."""
    said, batch = told(received.outcome()), received.batch
    log(LogEvent.BATCH_DECIDED, entity=batch.entity, on=batch.date.isoformat(), batch=batch.n, **said)
    for name, value in said.items():
        count(f"accounts_{name}" if name in ("decided", "not_due", "gone", "errors") else name, value)


@logger.inject_lambda_context
@metrics.log_metrics
def lambda_handler(event: dict[str, Any], context: LambdaContext) -> Failures:  # noqa: ARG001 - for the logger
    """Each record is one batch of accounts; they are decided together, and each fails by itself."""
    received: dict[str, Received] = {}

    def take(record: Record) -> None:
        received[record["messageId"]] = receive(record)

    unreadable = each_record(event, take)
    decide_batches(list(received.values()), now=clock.now())
    readable = [record for record in event["Records"] if record["messageId"] in received]
    undone = each_record({"Records": readable}, lambda record: say(received[record["messageId"]]))
    return {"batchItemFailures": unreadable["batchItemFailures"] + undone["batchItemFailures"]}
