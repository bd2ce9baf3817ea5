"""A handler that does nothing but hold the clients that a function of ours holds, and ask the table once."""

import json
import os
from typing import Any

import boto3

_session = boto3.Session()
_clients: dict[str, Any] = {name: _session.client(name) for name in json.loads(os.environ["CLIENTS"])}


def lambda_handler(event: dict[str, Any], context: Any) -> dict[str, Any]:  # noqa: ARG001
    found = _clients["dynamodb"].get_item(
        TableName=os.environ["TABLE_NAME"], Key={"pk": {"S": "CONFIG"}, "sk": {"S": "switch"}}
    )
    return {"there": "Item" in found}
