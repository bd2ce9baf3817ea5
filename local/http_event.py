"""A request as API Gateway hands it to a function: payload format 2.0 of an HTTP API.

Source: Amazon API Gateway developer guide, "Working with AWS Lambda proxy integrations for HTTP APIs".
"""

import base64
import uuid
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, Final
from urllib.parse import parse_qsl

ROUTE: Final = "$default"


def http_event(
    method: str, path: str, query: str, headers: Mapping[str, str], body: str | bytes | None
) -> dict[str, Any]:
    """The event of one request.

    Args: `headers` by lower-case name, the values of one name joined by commas; `body` bytes are sent in base64.
    """
    now = datetime.now(UTC)
    parameters: dict[str, str] = {}
    for name, value in parse_qsl(query, keep_blank_values=True):
        parameters[name] = f"{parameters[name]},{value}" if name in parameters else value
    event: dict[str, Any] = {
        "version": "2.0",
        "routeKey": ROUTE,
        "rawPath": path,
        "rawQueryString": query,
        "headers": dict(headers),
        "requestContext": {
            "accountId": "123456789012",
            "apiId": "local",
            "domainName": "localhost",
            "domainPrefix": "localhost",
            "http": {
                "method": method,
                "path": path,
                "protocol": "HTTP/1.1",
                "sourceIp": "127.0.0.1",
                "userAgent": headers.get("user-agent", ""),
            },
            "requestId": uuid.uuid4().hex,
            "routeKey": ROUTE,
            "stage": ROUTE,
            "time": now.strftime("%d/%b/%Y:%H:%M:%S +0000"),
            "timeEpoch": int(now.timestamp() * 1000),
        },
        "isBase64Encoded": isinstance(body, bytes),
    }
    if parameters:
        event["queryStringParameters"] = parameters
    if body is not None:
        event["body"] = base64.b64encode(body).decode() if isinstance(body, bytes) else body
    return event
