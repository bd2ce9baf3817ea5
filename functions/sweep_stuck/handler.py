"""Every ten minutes: whatever has come due or was left half-done is taken one step on."""

import functions.shared.starting  # noqa: F401 - before all else

# isort: split

from typing import Any

from aws_lambda_powertools.utilities.typing import LambdaContext

from functions.shared import clock
from functions.shared.failures import told_briefly
from functions.shared.observability import LogEvent, count, log, logger, metrics
from functions.shared.wiring import prepare
from functions.sweep_stuck import feeds
from functions.sweep_stuck.workflow import sweep

prepare("dynamodb", "sqs", "sesv2")


@told_briefly
@logger.inject_lambda_context
@metrics.log_metrics
def lambda_handler(_event: dict[str, Any], context: LambdaContext) -> dict[str, int]:
    """A tick of the schedule -> how much of each kind was looked at."""
    now = clock.now()
    counts = sweep(now, context.get_remaining_time_in_millis)
    feeds.watch(now)
    for name, value in counts.items():
        count(f"swept_{name}", value)
    log(LogEvent.SWEPT, **counts)
    return counts
