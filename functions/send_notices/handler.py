"""SQS `notices` -> one mail each. Failed records return to the queue, then to its dead letters."""

from typing import Any, Final

from aws_lambda_powertools.utilities.batch import BatchProcessor, EventType, process_partial_response
from aws_lambda_powertools.utilities.data_classes.sqs_event import SQSRecord
from aws_lambda_powertools.utilities.typing import LambdaContext

from functions.send_notices.workflow import send_notice
from functions.shared import clock
from functions.shared.batches import logged
from functions.shared.observability import LogEvent, count, log, logger, metrics

processor: Final = BatchProcessor(event_type=EventType.SQS, raise_on_entire_batch_failure=False)


@logged
def on_record(record: SQSRecord, lambda_context: LambdaContext) -> None:
    """One queued notice id, sent or rightly not."""
    notice_id = str(record.json_body["notice_id"])
    outcome = send_notice(notice_id, clock.now(), lambda_context.get_remaining_time_in_millis())
    log(LogEvent.NOTICE_HANDLED, notice_id=notice_id, outcome=outcome.value)
    count(f"notice_{outcome.value}")


@logger.inject_lambda_context
@metrics.log_metrics
def lambda_handler(event: dict[str, Any], context: LambdaContext) -> Any:
    """A batch of notice ids -> which of them failed."""
    return process_partial_response(event=event, record_handler=on_record, processor=processor, context=context)
