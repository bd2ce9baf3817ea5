"""SQS `feedback`: mail events of the provider -> the state of our notices. Failed records return to the queue."""

from typing import Any, Final

from aws_lambda_powertools.utilities.batch import BatchProcessor, EventType, process_partial_response
from aws_lambda_powertools.utilities.data_classes.sqs_event import SQSRecord
from aws_lambda_powertools.utilities.typing import LambdaContext

from functions.record_feedback.events import read_event
from functions.record_feedback.workflow import record_event
from functions.shared import clock
from functions.shared.batches import logged
from functions.shared.observability import count, logger, metrics

processor: Final = BatchProcessor(event_type=EventType.SQS, raise_on_entire_batch_failure=False)


@logged
def on_record(record: SQSRecord) -> None:
    """One event: applied, of no consequence, or not ours."""
    count(f"mail_event_{record_event(read_event(record.json_body), clock.now()).value}")


@logger.inject_lambda_context
@metrics.log_metrics
def lambda_handler(event: dict[str, Any], context: LambdaContext) -> Any:
    """A batch of mail events -> which of them failed."""
    return process_partial_response(event=event, record_handler=on_record, processor=processor, context=context)
