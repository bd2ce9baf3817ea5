"""An id from send_notices -> the papers of that notice, in the archive."""

import functions.shared.starting  # noqa: F401 - before all else

# isort: split

from typing import Any

from aws_lambda_powertools.utilities.typing import LambdaContext

from functions.render_documents.workflow import make_documents
from functions.shared.failures import told_briefly
from functions.shared.observability import LogEvent, count, log, logger, metrics
from functions.shared.wiring import prepare

prepare("s3")


@told_briefly
@logger.inject_lambda_context
@metrics.log_metrics
def lambda_handler(event: dict[str, Any], context: LambdaContext) -> dict[str, int]:  # noqa: ARG001 - for the logger
    """One notice -> how many papers it has, and how many of them are new."""
    notice_id = str(event["notice_id"])
    made = make_documents(notice_id, str(event["digest"]))
    log(LogEvent.PAPERS_MADE, notice_id=notice_id, papers=made.papers, new=made.new)
    count("papers_made", made.new)
    return {"papers": made.papers, "new": made.new}
