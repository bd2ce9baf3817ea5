"""HTTP API -> word that something changed in another system; the answer says whether it was believed."""

import functions.shared.starting  # noqa: F401 - before all else

# isort: split

import base64
from typing import Any

from aws_lambda_powertools.utilities.typing import LambdaContext

from functions.receive_webhooks.workflow import receive
from functions.shared import clock
from functions.shared.failures import told_briefly
from functions.shared.observability import count, logger, metrics
from functions.shared.wiring import prepare

prepare("dynamodb")


@told_briefly
@logger.inject_lambda_context
@metrics.log_metrics
def lambda_handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:  # noqa: ARG001 - for the logger
    """One request (payload 2.0) -> its status. Nothing of what it says is used: it only makes us ask sooner."""
    body = event.get("body") or ""
    content = base64.b64decode(body) if event.get("isBase64Encoded") else body.encode()
    signature = event.get("headers", {}).get("stripe-signature", "")
    status = receive(event["pathParameters"]["source"], content, signature, clock.now())
    count(f"words_{status.phrase.lower().replace(' ', '_')}")
    return {"statusCode": int(status)}
