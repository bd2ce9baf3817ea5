"""Schedule -> what changed in other systems, as files in the inbox."""

import functions.shared.starting  # noqa: F401 - before all else

# isort: split

from typing import Any

from aws_lambda_powertools.utilities.typing import LambdaContext

from functions.pull_ledgers.workflow import pull_all
from functions.shared import clock
from functions.shared.failures import told_briefly
from functions.shared.observability import count, logger, metrics
from functions.shared.wiring import prepare

prepare("dynamodb", "s3")


@told_briefly
@logger.inject_lambda_context
@metrics.log_metrics
def lambda_handler(event: dict[str, Any], context: LambdaContext) -> dict[str, int]:
    """Every source whose time has come is asked, or the one that is named; counts of outcomes come back."""
    outcomes = pull_all(clock.now(), context.get_remaining_time_in_millis, only=event.get("source"))
    for outcome, sources in outcomes.items():
        count(outcome, sources)
    return dict(outcomes)
