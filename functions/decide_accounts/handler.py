"""SQS `accounts` -> decisions, in batches of account keys. Failed records return to the queue, then to its DLQ."""

from typing import Any, Final

from aws_lambda_powertools.utilities.batch import BatchProcessor, EventType, process_partial_response
from aws_lambda_powertools.utilities.batch.types import PartialItemFailureResponse
from aws_lambda_powertools.utilities.data_classes.sqs_event import SQSRecord
from aws_lambda_powertools.utilities.typing import LambdaContext

from functions.decide_accounts.workflow import Batch, decide_batch
from functions.shared import clock
from functions.shared.batches import logged
from functions.shared.observability import LogEvent, count, log, logger, metrics

# When every record fails they are still named one by one: an exception would hide which, and count as a crash.
_processor: Final = BatchProcessor(event_type=EventType.SQS, raise_on_entire_batch_failure=False)


@logged
def on_record(record: SQSRecord) -> None:
    """One queued batch of accounts."""
    batch = Batch.model_validate_json(record.body)
    receives = int(record.attributes.approximate_receive_count)
    counts = decide_batch(batch, now=clock.now(), receives=receives)
    log(LogEvent.BATCH_DECIDED, entity=batch.entity, on=batch.date.isoformat(), batch=batch.n, **counts)
    for name, value in counts.items():
        count(f"accounts_{name}" if name in ("decided", "not_due", "gone", "errors") else name, value)


@logger.inject_lambda_context
@metrics.log_metrics
def lambda_handler(event: dict[str, Any], context: LambdaContext) -> PartialItemFailureResponse:
    """Each record is one batch of accounts."""
    return process_partial_response(event=event, record_handler=on_record, processor=_processor, context=context)
