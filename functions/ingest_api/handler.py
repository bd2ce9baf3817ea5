"""HTTP API -> the ledger and what is known of it. Who asks is settled before anything else is looked at."""

import functions.shared.starting  # noqa: F401 - before all else

# isort: split

from typing import Any

from aws_lambda_powertools.utilities.typing import LambdaContext

from functions.ingest_api import bodies, gate, reads, writes  # noqa: F401 - the routes
from functions.ingest_api.app import app, fault
from functions.ingest_api.problems import ProblemError
from functions.shared import clock
from functions.shared.observability import count, logger, metrics
from functions.shared.wiring import prepare

prepare("dynamodb")
_CHANGES = ("PUT", "POST", "PATCH")


@logger.inject_lambda_context
@metrics.log_metrics
def lambda_handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    """One request -> its answer."""
    try:
        answer = _answer(event, context)
    except ProblemError as problem:
        answer = problem.event()
    except Exception as error:  # noqa: BLE001 - no caller sees a stack
        answer = fault(error).event()
    count(f"api_{answer['statusCode'] // 100}xx")
    return answer


def _answer(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    headers, now = gate.lower(event), clock.now()
    caller = gate.admit(headers, now)
    logger.append_keys(token_id=caller.token.id)
    if event["requestContext"]["http"]["method"] in _CHANGES:
        bodies.read(event, headers)
        headers["content-type"] = "application/json"  # however it was spelt
    event = {**event, "headers": headers}
    app.append_context(caller=caller, now=now)  # type: ignore[no-untyped-call]
    answer: dict[str, Any] = app.resolve(event, context)
    answer["headers"] = {"cache-control": "no-store", **answer.get("headers", {})}
    return answer
