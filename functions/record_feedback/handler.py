"""SQS: mail events of the provider, single ones and files of them -> the state of our notices.

Failed records return to their queue.
"""

import functions.shared.starting  # noqa: F401 - before all else

# isort: split

import json
from datetime import timedelta
from functools import partial
from typing import Any, Final

from aws_lambda_powertools.utilities.typing import LambdaContext

from functions.record_feedback import files
from functions.record_feedback.by_file import hear_file
from functions.record_feedback.events import MailEvent, read_event
from functions.record_feedback.workflow import record_event
from functions.shared import clock
from functions.shared.batches import Failures, Record, each_record
from functions.shared.observability import count, logger, metrics, told_together
from functions.shared.store import feedback
from functions.shared.wiring import prepare

prepare("dynamodb", "s3")

_LAST: Final = 5  # attempt of FeedbackQueue: then a message is given up on
_LAST_OF_FILE: Final = 200  # of FeedbackFilesQueue
_KEPT: Final = timedelta(days=14)  # among the dead letters, where somebody may still let it come again


def on_record(record: Record, context: LambdaContext) -> None:
    """One event, or a message that names files of them."""
    message = json.loads(record["body"])
    attempt = int(record["attributes"]["ApproximateReceiveCount"])
    if "detail" in message:
        hear_alone(message, attempt)
        return
    if attempt > 1:  # whoever took it before may have stopped anywhere
        feedback.heard_late(clock.now() + (_KEPT if attempt >= _LAST_OF_FILE else timedelta()))
    for file in files.named(message):
        hear_file(file, hear, clock.now(), context.get_remaining_time_in_millis)


def hear_alone(body: dict[str, Any], attempt: int) -> None:
    """An event in a message of its own. As long as one that is given up on is kept, silence proves nothing."""
    try:
        hear(read_event(body))
    except Exception:
        if attempt >= _LAST and files.is_waited_for(body):
            feedback.heard_late(clock.now() + _KEPT)
        raise


def hear(event: MailEvent) -> None:
    """One event: applied, of no consequence, or not ours."""
    heard = record_event(event, clock.now())
    count(f"mail_event_{heard.value}")


@logger.inject_lambda_context
@metrics.log_metrics
@told_together
def lambda_handler(event: dict[str, Any], context: LambdaContext) -> Failures:
    """A batch of messages -> which of them failed."""
    return each_record(event, partial(on_record, context=context))
