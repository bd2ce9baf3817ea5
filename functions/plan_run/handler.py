"""Hourly tick -> the runs of all entities whose run hour has passed, as numbered batches on the accounts queue."""

import functions.shared.starting  # noqa: F401 - before all else

# isort: split

from typing import Any

from aws_lambda_powertools.utilities.typing import LambdaContext

from functions.plan_run.workflow import plan_all
from functions.shared import clock, pacing, vitals
from functions.shared.failures import told_briefly
from functions.shared.observability import count, logger, metrics
from functions.shared.store import config
from functions.shared.wiring import prepare

prepare("dynamodb", "sqs", "sesv2", "s3")


@told_briefly
@logger.inject_lambda_context
@metrics.log_metrics
def lambda_handler(event: dict[str, Any], context: LambdaContext) -> dict[str, int]:  # noqa: ARG001 - a tick says nothing
    """Plan until shortly before the time-out; counts of outcomes come back."""
    configuration = config.read()
    vitals.say(configuration, clock.now())
    pacing.refresh(clock.now())
    outcomes = plan_all(configuration, clock.now(), context.get_remaining_time_in_millis)
    for outcome, entities in outcomes.items():
        count(outcome, entities)
    return dict(outcomes)
