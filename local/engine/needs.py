"""What an API call needs to be allowed to do: actions, resources and the condition keys that AWS would fill in."""

from collections.abc import Callable, Iterable, Iterator
from email.utils import parseaddr
from typing import Any, Final

from local.engine.aws import ACCOUNT, REGION
from local.engine.permissions import Need
from local.engine.stack import Stack

Params = dict[str, Any]

_TABLE_BATCHES: Final = {"BatchGetItem": "dynamodb:BatchGetItem", "BatchWriteItem": "dynamodb:BatchWriteItem"}
_TRANSACTIONS: Final = {
    "Get": "dynamodb:GetItem",
    "Put": "dynamodb:PutItem",
    "Update": "dynamodb:UpdateItem",
    "Delete": "dynamodb:DeleteItem",
    "ConditionCheck": "dynamodb:ConditionCheckItem",
}
# Batches of messages are allowed by the action of one message.
_QUEUE_ACTIONS: Final = {
    "SendMessageBatch": "sqs:SendMessage",
    "DeleteMessageBatch": "sqs:DeleteMessage",
    "ChangeMessageVisibilityBatch": "sqs:ChangeMessageVisibility",
}
_OBJECT_ACTIONS: Final = {"HeadObject": "s3:GetObject", "ListObjectsV2": "s3:ListBucket"}


def needs(stack: Stack, service: str, operation: str, params: Params) -> Iterator[Need]:
    """Every need of one call. A service that is not known here needs the action on *, which no role of ours grants."""
    find = _SERVICES.get(service)
    if find is None:
        yield Need(f"{service}:{operation}", "*")
    else:
        yield from find(stack, operation, params)


def _dynamodb(stack: Stack, operation: str, params: Params) -> Iterator[Need]:
    touched = list(_table_needs(operation, params))
    yield from touched
    if any(stack.table_name in need.resource for need in touched):
        yield from _key_needs((stack.table.sse_specification or {}).get("KMSMasterKeyId"), "dynamodb", ("kms:Decrypt",))


def _table_needs(operation: str, params: Params) -> Iterator[Need]:
    if operation in _TABLE_BATCHES:
        for name in params["RequestItems"]:
            yield Need(_TABLE_BATCHES[operation], _table_arn(name))
    elif operation.startswith("Transact"):
        for item in params["TransactItems"]:
            ((kind, part),) = item.items()
            yield Need(_TRANSACTIONS[kind], _table_arn(part["TableName"]))
    else:
        arn = _table_arn(params["TableName"]) if "TableName" in params else "*"
        index = f"/index/{params['IndexName']}" if "IndexName" in params else ""
        yield Need(f"dynamodb:{operation}", arn + index, tuple(_leading_key(params)))


def _leading_key(params: Params) -> Iterator[tuple[str, str]]:
    """The partition of a single record, as far as policies tell partitions apart: up to its first #."""
    key = params.get("Key") or params.get("Item") or {}
    if "pk" in key:
        kind, mark, _ = key["pk"]["S"].partition("#")
        yield "dynamodb:leadingkeys", kind + mark


def _table_arn(name: str) -> str:
    return name if name.startswith("arn:") else f"arn:aws:dynamodb:{REGION}:{ACCOUNT}:table/{name}"


def _sqs(stack: Stack, operation: str, params: Params) -> Iterator[Need]:
    name = str(params.get("QueueUrl", "")).rsplit("/", 1)[-1]
    action = _QUEUE_ACTIONS.get(operation, f"sqs:{operation}")
    yield Need(action, f"arn:aws:sqs:{REGION}:{ACCOUNT}:{name}")
    key = stack.queue_key(name)
    if action == "sqs:SendMessage":
        yield from _key_needs(key, "sqs", ("kms:GenerateDataKey", "kms:Decrypt"))
    elif action == "sqs:ReceiveMessage":
        yield from _key_needs(key, "sqs", ("kms:Decrypt",))


def _sesv2(_stack: Stack, operation: str, params: Params) -> Iterator[Need]:
    if operation != "SendEmail":
        yield Need(f"ses:{operation}", "*")
        return
    name, address = parseaddr(params.get("FromEmailAddress", ""))
    recipients = [a for addresses in params.get("Destination", {}).values() for a in addresses]
    context = (
        ("ses:fromaddress", address.lower()),
        ("ses:fromdisplayname", name),
        ("ses:recipients", ",".join(recipients)),
        ("ses:apiversion", "2"),
    )
    base = f"arn:aws:ses:{REGION}:{ACCOUNT}"
    yield Need("ses:SendEmail", f"{base}:identity/{address.rpartition('@')[2].lower()}", context)
    if "ConfigurationSetName" in params:
        yield Need("ses:SendEmail", f"{base}:configuration-set/{params['ConfigurationSetName']}", context)


def _sms(_stack: Stack, operation: str, params: Params) -> Iterator[Need]:
    yield Need(f"sms-voice:{operation}", params.get("OriginationIdentity", "*"))


def _whatsapp(_stack: Stack, operation: str, params: Params) -> Iterator[Need]:
    number = params.get("originationPhoneNumberId", "*")
    yield Need(f"social-messaging:{operation}", f"arn:aws:social-messaging:{REGION}:{ACCOUNT}:phone-number-id/{number}")


def _s3(stack: Stack, operation: str, params: Params) -> Iterator[Need]:
    bucket = params.get("Bucket", "*")
    key = f"/{params['Key']}" if "Key" in params else ""
    action = _OBJECT_ACTIONS.get(operation, f"s3:{operation}")
    if action == "s3:GetObject" and params.get("VersionId"):
        action = "s3:GetObjectVersion"
    yield Need(action, f"arn:aws:s3:::{bucket}{key}")
    if operation in ("PutObject", "GetObject", "HeadObject"):
        action = "kms:GenerateDataKey" if operation == "PutObject" else "kms:Decrypt"
        yield from _key_needs(stack.bucket_keys.get(bucket), "s3", (action,))


def _lambda(stack: Stack, operation: str, params: Params) -> Iterator[Need]:
    named = params.get("FunctionName", "*")
    arn = next((each.arn for each in stack.functions.values() if named in (each.name, each.arn)), "*")
    yield Need("lambda:InvokeFunction" if operation == "Invoke" else f"lambda:{operation}", arn)


def _secretsmanager(stack: Stack, operation: str, params: Params) -> Iterator[Need]:
    arn = params.get("SecretId", "*")
    if not arn.startswith("arn:"):  # by its name; Secrets Manager ends the ARN with six letters of its own
        arn = f"arn:aws:secretsmanager:{REGION}:{ACCOUNT}:secret:{arn}-abcdef"
    yield Need(f"secretsmanager:{operation}", arn)
    yield from _key_needs(stack.secret_keys.get(arn), "secretsmanager", ("kms:Decrypt",))


def _key_needs(key_arn: str | None, service: str, actions: Iterable[str]) -> Iterator[Need]:
    """Data under a key of our own: the caller must be allowed to use the key through the service."""
    if key_arn is not None:
        for action in actions:
            yield Need(action, key_arn, (("kms:viaservice", f"{service}.{REGION}.amazonaws.com"),))


_SERVICES: Final[dict[str, Callable[[Stack, str, Params], Iterator[Need]]]] = {
    "dynamodb": _dynamodb,
    "sqs": _sqs,
    "sesv2": _sesv2,
    "pinpoint-sms-voice-v2": _sms,
    "socialmessaging": _whatsapp,
    "s3": _s3,
    "secretsmanager": _secretsmanager,
    "lambda": _lambda,
}
