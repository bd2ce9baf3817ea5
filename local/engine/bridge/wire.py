"""The cost of the way to moto and back, cut where it is cheap to cut. What is asked and answered stays the same."""

import base64
import functools
import re
from contextlib import ExitStack
from dataclasses import dataclass, field
from typing import Any, Final

from botocore.signers import RequestSigner
from botocore.useragent import UserAgentString
from moto.core import responses
from moto.core.models import botocore_stubber
from moto.core.serialize import BaseJSONSerializer
from moto.core.utils import camelcase_to_underscores, method_names_from_class
from moto.dynamodb.responses import DynamoHandler
from moto.sqs import models as sqs_models

from local.engine.aws import ACCOUNT, REGION
from local.engine.bridge.patching import replace

_DYNAMODB: Final = f"https://dynamodb.{REGION}.amazonaws.com/"
_DYNAMODB_OF_ACCOUNT: Final = re.compile(rf"https://\d+\.ddb\.{REGION}\.amazonaws\.com/")  # the SDK's other address
_SIGNED: Final = frozenset({"s3"})  # it takes a request without a signature for a stranger's
_AS_IS: Final = frozenset({"S", "N", "BOOL", "NULL", "SS", "NS"})


def lean_responses(undo: ExitStack) -> None:
    """Two thirds of a read's time were moto's: walking each attribute value, and listing the methods of its class."""
    stock = BaseJSONSerializer._serialize_type_structure  # noqa: SLF001  where values are walked

    def structure(self: BaseJSONSerializer, serialized: Any, value: Any, shape: Any, key: str) -> None:
        if shape.name == "AttributeValue" and type(value) is dict:
            serialized[key] = _on_the_wire(value)
        else:
            stock(self, serialized, value, shape, key)

    replace(undo, BaseJSONSerializer, "_serialize_type_structure", structure)
    replace(undo, responses, "method_names_from_class", functools.cache(method_names_from_class))
    for module in (responses, sqs_models):  # the latter spells out a queue's attributes for each message sent
        replace(undo, module, "camelcase_to_underscores", functools.cache(camelcase_to_underscores))


def lean_requests(undo: ExitStack) -> None:
    """A fifth of a call's time: signatures that nobody checks, and for DynamoDB the way through a web framework."""
    agent = f"Boto3/local region/{REGION}"  # moto takes the region from here where neither address nor signature tell
    replace(undo, UserAgentString, "to_string", lambda _self: agent)
    signed = RequestSigner.sign

    def sign(self: RequestSigner, *args: Any, **kwargs: Any) -> None:
        if self.signing_name in _SIGNED:
            signed(self, *args, **kwargs)

    replace(undo, RequestSigner, "sign", sign)
    stock = botocore_stubber.process_request

    def process(request: Any) -> Any:
        if request.url == _DYNAMODB or _DYNAMODB_OF_ACCOUNT.fullmatch(request.url):
            return _dynamodb(request)
        return stock(request)

    replace(undo, botocore_stubber, "process_request", process)


@dataclass(frozen=True, slots=True)
class _Request:
    """What moto's handler reads of a request."""

    data: bytes
    headers: dict[str, str]
    method: str = "POST"
    path: str = "/"
    content_type: str = "application/x-amz-json-1.0"
    values: dict[str, str] = field(default_factory=dict)


def _dynamodb(request: Any) -> Any:
    """Hand the request to moto's handler as its dispatcher would."""
    body = request.body
    headers = {name: value.decode() if isinstance(value, bytes) else value for name, value in request.headers.items()}
    bare = _Request(body.encode() if isinstance(body, str) else body, headers)
    handler: Any = DynamoHandler()
    handler.normalized_request, handler.headers, handler.response_headers = bare, headers, {}
    handler.region, handler.current_account, handler.partition = REGION, ACCOUNT, "aws"
    handler.querystring, handler.uri_match, handler.access_key = {}, {}, ""
    handler.parse_parameters(bare)
    return handler.call_action()


def _on_the_wire(value: dict[str, Any]) -> dict[str, Any]:
    """A DynamoDB attribute value as JSON: moto holds it in that form already, but for bytes."""
    kind, content = next(iter(value.items()))
    if kind in _AS_IS:
        return value
    if kind == "M":
        return {"M": {name: _on_the_wire(inner) for name, inner in content.items()}}
    if kind == "L":
        return {"L": [_on_the_wire(inner) for inner in content]}
    if kind == "BS":
        return {"BS": [_base64(inner) for inner in content]}
    return {kind: _base64(content)}


def _base64(content: bytes | str) -> str:
    return base64.b64encode(content.encode() if isinstance(content, str) else content).decode()
