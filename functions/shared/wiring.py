"""The one place that builds AWS clients: one session a process, each client once."""

import gc
import json
import os
from functools import cache
from typing import TYPE_CHECKING, Any, Final, Literal, overload

from botocore import __version__ as sdk_version
from botocore.config import Config
from botocore.session import Session

if TYPE_CHECKING:
    from types_boto3_dynamodb.client import DynamoDBClient
    from types_boto3_lambda.client import LambdaClient
    from types_boto3_pinpoint_sms_voice_v2.client import PinpointSMSVoiceV2Client
    from types_boto3_s3.client import S3Client
    from types_boto3_secretsmanager.client import SecretsManagerClient
    from types_boto3_sesv2.client import SESV2Client
    from types_boto3_socialmessaging.client import EndUserMessagingSocialClient
    from types_boto3_sqs.client import SQSClient

# Who asks, said once: the SDK would spell it anew, twice for each request: a seventh of what a mail takes.
_AGENT: Final = f"pastdue Botocore/{sdk_version}"
# One attempt: after a time-out nobody knows whether the mail went, so a second request is never the SDK's to make.
_MAIL: Final = Config(
    retries={"mode": "standard", "total_max_attempts": 1}, connect_timeout=3, read_timeout=20, user_agent=_AGENT
)
_MESSAGES: Final = frozenset({"sesv2", "pinpoint-sms-voice-v2", "socialmessaging"})  # what reaches a person
# One attempt too: the caller waits with a mail in hand, and comes back for it in ten minutes.
_FUNCTIONS: Final = Config(
    retries={"mode": "standard", "total_max_attempts": 1}, connect_timeout=3, read_timeout=15, user_agent=_AGENT
)
_OTHERS: Final = Config(
    retries={"mode": "standard", "total_max_attempts": 5},
    connect_timeout=3,
    read_timeout=10,
    parameter_validation=False,  # the service validates; here it costs a quarter of every call
    user_agent=_AGENT,
)


@overload
def client(service: Literal["dynamodb"]) -> "DynamoDBClient": ...
@overload
def client(service: Literal["sqs"]) -> "SQSClient": ...
@overload
def client(service: Literal["sesv2"]) -> "SESV2Client": ...
@overload
def client(service: Literal["s3"]) -> "S3Client": ...
@overload
def client(service: Literal["secretsmanager"]) -> "SecretsManagerClient": ...
@overload
def client(service: Literal["lambda"]) -> "LambdaClient": ...
@overload
def client(service: Literal["pinpoint-sms-voice-v2"]) -> "PinpointSMSVoiceV2Client": ...
@overload
def client(service: Literal["socialmessaging"]) -> "EndUserMessagingSocialClient": ...
def client(service: str) -> Any:
    """The client of one service; built at the first call or while Lambda starts the process, shared after it."""
    return _build(service)


def prepare(*services: Literal["dynamodb", "sqs", "sesv2", "s3"]) -> None:
    """Build clients while Lambda starts the process, not while the first event waits; elsewhere at their first call.

    It is the last step of a start: what is there now stays, and is kept out of the collector's way.
    Source: AWS Lambda best practices: initialise SDK clients outside of the handler.
    """
    if "AWS_LAMBDA_INITIALIZATION_TYPE" in os.environ:  # Lambda's own; nowhere else are region and credentials certain
        for service in services:
            _build(service)
        gc.freeze()
        gc.enable()


@cache
def _session() -> Session:
    """What boto3 has inside; what it adds is loaded for resources and files, which nobody uses here."""
    return Session()


@cache
def _build(service: str) -> Any:
    config = _FUNCTIONS if service == "lambda" else _MAIL if service in _MESSAGES else _OTHERS
    built: Any = _session().create_client(service, config=config)
    if service == "dynamodb":
        built.meta.events.register("before-parse.dynamodb.Query", _keep_items_raw)
    return built


def _keep_items_raw(response_dict: dict[str, Any], customized_response_dict: dict[str, Any], **_: Any) -> None:
    """Hand the items of a page over as plain JSON: walking them by the service model costs five times as much.

    Binary values stay base64 text; the deserialiser of functions.shared.store.table reads both forms.
    """
    if response_dict["status_code"] != 200:
        return
    body = json.loads(response_dict["body"])
    if "Items" in body:
        customized_response_dict["Items"] = body.pop("Items")
        response_dict["body"] = json.dumps(body).encode()
