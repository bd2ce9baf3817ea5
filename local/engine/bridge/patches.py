"""Stock moto outside, the bridged one inside; every change is undone at the end."""

import json
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from typing import Any, Final

from moto.cloudformation.models import Stack as FakeStack
from moto.core.common_models import BaseModel
from moto.core.utils import unix_time_millis
from moto.dynamodb.models import dynamodb_backends
from moto.dynamodb.models.table import Table
from moto.events.utils import EventTemplateParser
from moto.iam.models import Role
from moto.kms import models as kms_models
from moto.s3 import notifications
from moto.s3.models import FakeBucket, NotificationConfiguration
from moto.sqs.models import Message, Queue

from local.engine.bridge import resources
from local.engine.bridge.items import lean_items
from local.engine.bridge.lookup import keyed_query
from local.engine.bridge.patching import replace
from local.engine.bridge.streams import stream_targets
from local.engine.bridge.updates import lean_updates
from local.engine.bridge.wire import lean_requests, lean_responses

Properties = dict[str, Any]

_OPEN: Final[list[bool]] = []  # one entry while bridged
_EVENT_FIELDS: Final = frozenset({
    "version", "id", "detail-type", "source", "account", "time", "region", "resources", "detail",
})  # fmt: skip


@contextmanager
def bridged() -> Iterator[None]:
    """Bridge moto's gaps while the block runs.

    Raises: RuntimeError when they are bridged already: moto itself is one per process.
    """
    if _OPEN:
        raise RuntimeError("bridged already: one engine at a time in a process")
    resources.register()
    with ExitStack() as undo:
        _OPEN.append(True)
        undo.callback(_OPEN.clear)
        _no_docker(undo)
        _visible_messages(undo)
        _table_options(undo)
        _bucket_options(undo)
        _object_versions(undo)
        _role_policies(undo)
        _whole_events(undo)
        stream_targets(undo)
        _forget_instances(undo)
        _plain_templates(undo)
        _no_key_pairs(undo)
        keyed_query(undo)
        lean_updates(undo)
        lean_items(undo)
        lean_responses(undo)
        lean_requests(undo)
        yield


def _no_docker(undo: ExitStack) -> None:
    """Moto runs a mapped function in Docker inside SendMessage itself, and each try raises the receive count.

    The engine's own pump delivers; so a queue must seem to have no mapping. Lambda's API still lists it.
    """
    replace(undo, Queue, "lambda_event_source_mappings", property(lambda _self: {}, lambda _self, _value: None))


def _plain_templates(undo: ExitStack) -> None:
    """Moto reads every template as YAML; what comes here is JSON, which is read a hundred times faster as itself."""
    stock = FakeStack.parse_template

    def parsed(template: str) -> Any:
        return json.loads(template) if template.lstrip().startswith("{") else stock(template)

    replace(undo, FakeStack, "parse_template", staticmethod(parsed))


def _no_key_pairs(undo: ExitStack) -> None:
    """Moto makes an RSA pair for a symmetric key too, which signs nothing: half of what the start of a stack costs."""
    stock: Any = kms_models.generate_private_key  # type: ignore[attr-defined]  # only imported there

    def made(key_spec: str) -> Any:
        return None if key_spec == "SYMMETRIC_DEFAULT" else stock(key_spec)

    replace(undo, kms_models, "generate_private_key", made)


def _visible_messages(undo: ExitStack) -> None:
    """Moto reads the clock four times for each message of a queue whenever it looks at it: once is enough."""

    def messages(self: Queue) -> list[Message]:
        now = unix_time_millis()
        return [message for message in self._messages if message.delayed_until <= now > message.visible_at]

    replace(undo, Queue, "messages", property(messages))


def _table_options(undo: ExitStack) -> None:
    """Moto drops time to live, point-in-time recovery and encryption of a table made by CloudFormation."""
    stock: Callable[..., Table] = Table.create_from_cloudformation_json

    def create(
        _cls: type[Table], /, name: str, cloudformation_json: Properties, account_id: str, region_name: str, **kw: Any
    ) -> Table:
        table = stock(name, cloudformation_json, account_id, region_name, **kw)
        backend = dynamodb_backends[account_id][region_name]
        properties = cloudformation_json["Properties"]
        if spec := properties.get("TimeToLiveSpecification"):
            backend.update_time_to_live(name, spec)
        if spec := properties.get("PointInTimeRecoverySpecification"):
            backend.update_continuous_backups(name, spec)
        if table.sse_specification is not None:  # CloudFormation's name for it is another than the API's
            table.sse_specification["Enabled"] = table.sse_specification.get("SSEEnabled", False)
        return table

    replace(undo, Table, "create_from_cloudformation_json", classmethod(create))


def _bucket_options(undo: ExitStack) -> None:
    """Moto drops versioning and notifications of a bucket made by CloudFormation."""
    stock: Callable[..., FakeBucket] = FakeBucket.create_from_cloudformation_json

    def create(
        _cls: type[FakeBucket],
        /,
        name: str,
        cloudformation_json: Properties,
        account_id: str,
        region_name: str,
        **kw: Any,
    ) -> FakeBucket:
        bucket = stock(name, cloudformation_json, account_id, region_name, **kw)
        properties = cloudformation_json.get("Properties", {})
        if versioning := properties.get("VersioningConfiguration"):
            bucket.versioning_status = versioning["Status"]
        told = properties.get("NotificationConfiguration", {}).get("QueueConfigurations", ())
        if told:
            bucket.notification_configuration = NotificationConfiguration(queue=[_as_api(one) for one in told])
        return bucket

    replace(undo, FakeBucket, "create_from_cloudformation_json", classmethod(create))


def _as_api(told: Properties) -> Properties:
    """CloudFormation's form of a notification, as the API has it."""
    rules = told.get("Filter", {}).get("S3Key", {}).get("Rules", ())
    shown = {"Queue": told["Queue"], "Event": [told["Event"]]}
    return {**shown, "Filter": {"S3Key": {"FilterRule": list(rules)}}} if rules else shown


def _object_versions(undo: ExitStack) -> None:
    """Moto's notifications name no version of an object, and S3's do where the bucket keeps versions."""
    stock: Callable[..., Properties] = notifications._get_s3_event  # noqa: SLF001  moto offers no other place

    def event(event_name: str, bucket: FakeBucket, key: Any, notification_id: str) -> Properties:
        told = stock(event_name, bucket, key, notification_id)
        if bucket.is_versioned:
            told["Records"][0]["s3"]["object"]["versionId"] = key.version_id
        return told

    replace(undo, notifications, "_get_s3_event", event)


def _role_policies(undo: ExitStack) -> None:
    """Moto keeps a policy written into a role as a Python object, and answers with its repr: nobody can read it."""
    stock = Role.put_policy

    def put(self: Role, policy_name: str, policy_json: Any) -> None:
        stock(self, policy_name, policy_json if isinstance(policy_json, str) else json.dumps(policy_json))

    replace(undo, Role, "put_policy", put)


def _whole_events(undo: ExitStack) -> None:
    """Moto rebuilds each event for a target from a text template, and leaves the account out.

    Text of a mail that looks like a placeholder (<time>) would be filled in as well. A target without a transformer
    gets the event itself.
    """
    stock = EventTemplateParser.parse

    def parse(input_template: str | None, input_paths_map: dict[str, Any], event: dict[str, Any]) -> dict[str, Any]:
        if input_template:
            return stock(input_template, input_paths_map, event)  # type: ignore[arg-type]  # its own event type
        return {name: value for name, value in event.items() if name in _EVENT_FIELDS}

    replace(undo, EventTemplateParser, "parse", staticmethod(parse))


def _forget_instances(undo: ExitStack) -> None:
    """Moto remembers every object it ever made, for a dashboard: each version of each item and message stays for ever.

    S3 reads the list when it is reset, and finds it empty here, as after a reset.
    """
    replace(undo, BaseModel, "__new__", lambda cls, *_args, **_kw: object.__new__(cls))
