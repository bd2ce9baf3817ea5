"""The stack in moto, and what it says about itself.

Everything is read back from what was created: names, wiring, permissions. Nothing is known beforehand but the
template's logical ids.
"""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, Final

from moto.cloudformation.models import cloudformation_backends
from moto.dynamodb.models import dynamodb_backends
from moto.dynamodb.models.table import Table
from moto.sesv2.models import sesv2_backends
from moto.sqs.models import Queue, sqs_backends

from local.engine.aws import ACCOUNT, REGION, client
from local.engine.bridge import translate
from local.engine.parameters import check_parameters

TEMPLATE: Final = Path(__file__).resolve().parents[2] / "template.yaml"
DEFAULT_NAME: Final = "pastdue"

Document = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Function:
    """A Lambda function as it was created."""

    logical_id: str
    name: str
    arn: str
    handler: str
    environment: Mapping[str, str]
    timeout_seconds: int
    memory_mb: int
    role_arn: str


@dataclass(frozen=True, slots=True)
class QueueMapping:
    """An SQS queue that feeds a function."""

    function: str  # logical id
    queue_arn: str
    batch_size: int
    partial_failures: bool

    @property
    def queue_name(self) -> str:
        return self.queue_arn.rsplit(":", 1)[-1]


@dataclass(frozen=True, slots=True)
class Schedule:
    """An EventBridge Scheduler schedule that starts a function."""

    name: str
    expression: str
    timezone: str
    function: str  # logical id
    input: Document
    role_arn: str


@dataclass(frozen=True, slots=True)
class EventDestination:
    """Which mail events of a configuration set go where."""

    configuration_set: str
    enabled: bool
    event_types: frozenset[str]
    event_bus_arn: str | None


class NotInTheStackError(LookupError):
    """Something was asked for that the template does not declare."""


class Stack:
    """A created stack. Reads moto's stores; valid while moto is active."""

    def __init__(self, name: str, template: Document) -> None:
        self.name = name
        self.template = template
        self._policies: dict[str, tuple[Document, ...]] = {}

    @classmethod
    def create(
        cls, *, template: Path = TEMPLATE, parameters: Mapping[str, str] | None = None, name: str = DEFAULT_NAME
    ) -> "Stack":
        """Translate the template and create its stack.

        Raises: samtranslator's InvalidDocumentException; ValueError for a parameter that the template does not take
        or a rule of the template that the parameters break.
        """
        given = dict(parameters or {})
        document = translate(template, given, region=REGION)
        check_parameters(document, given)
        client("cloudformation").create_stack(
            StackName=name,
            TemplateBody=json.dumps(document),
            Parameters=[{"ParameterKey": key, "ParameterValue": value} for key, value in given.items()],
            Capabilities=["CAPABILITY_IAM"],
        )
        return cls(name, document)

    # ---------- resources ----------
    @cached_property
    def _created(self) -> dict[str, Any]:
        """Moto's own object of each created resource, by logical id."""
        backend = cloudformation_backends[ACCOUNT][REGION]
        stack = next(stack for stack in backend.stacks.values() if stack.name == self.name)
        made: dict[str, Any] = {key: stack.resource_map[key] for key in self.template["Resources"]}
        return {key: resource for key, resource in made.items() if resource is not None}

    @property
    def missing(self) -> dict[str, str]:
        """Logical id -> type of what the template declares, its conditions met, and the stack has not."""
        backend = cloudformation_backends[ACCOUNT][REGION]
        stack = next(stack for stack in backend.stacks.values() if stack.name == self.name)
        wanted = {
            key: resource["Type"]
            for key, resource in self.template["Resources"].items()
            if "Condition" not in resource or stack.resource_map.lazy_condition_map[resource["Condition"]]
        }
        return {key: kind for key, kind in wanted.items() if key not in self._created}

    def physical_id(self, logical_id: str) -> str:
        """Raises: NotInTheStackError."""
        if logical_id not in self._created:
            raise NotInTheStackError(logical_id)
        return str(self._created[logical_id].physical_resource_id)

    def logical_ids(self, resource_type: str) -> tuple[str, ...]:
        return tuple(
            key for key, resource in self.template["Resources"].items()
            if resource["Type"] == resource_type and key in self._created
        )  # fmt: skip

    @cached_property
    def outputs(self) -> dict[str, str]:
        found = client("cloudformation").describe_stacks(StackName=self.name)["Stacks"][0]
        return {output["OutputKey"]: output["OutputValue"] for output in found.get("Outputs", [])}

    # ---------- stores ----------
    @cached_property
    def table_name(self) -> str:
        (logical_id,) = self.logical_ids("AWS::DynamoDB::Table")
        return self.physical_id(logical_id)

    @property
    def table(self) -> Table:
        """Looked up each time: a failed transaction puts another object in its place."""
        return dynamodb_backends[ACCOUNT][REGION].get_table(self.table_name)

    @cached_property
    def queues(self) -> dict[str, Queue]:
        """By logical id."""
        backend = sqs_backends[ACCOUNT][REGION]
        return {
            key: backend.get_queue(self.physical_id(key).rsplit("/", 1)[-1])
            for key in self.logical_ids("AWS::SQS::Queue")
        }

    def queue_id(self, name: str) -> str:
        """The logical id of a queue by its physical name."""
        return next(key for key, queue in self.queues.items() if queue.name == name)

    @cached_property
    def buckets(self) -> tuple[str, ...]:
        return tuple(self.physical_id(key) for key in self.logical_ids("AWS::S3::Bucket"))

    @cached_property
    def bucket_keys(self) -> dict[str, str]:
        """Physical name of a bucket -> the key of our own that it encrypts with."""
        s3, found = client("s3"), {}
        for bucket in self.buckets:
            rules = s3.get_bucket_encryption(Bucket=bucket)["ServerSideEncryptionConfiguration"]["Rules"]
            if key := rules[0]["ApplyServerSideEncryptionByDefault"].get("KMSMasterKeyID"):
                found[bucket] = key
        return found

    @cached_property
    def secret_keys(self) -> dict[str, str]:
        """ARN of a secret -> the key of our own that it encrypts with."""
        secrets = client("secretsmanager")
        listed = [self.physical_id(key) for key in self.logical_ids("AWS::SecretsManager::Secret")]
        return {arn: secrets.describe_secret(SecretId=arn).get("KmsKeyId", "") for arn in listed}

    # ---------- wiring ----------
    @cached_property
    def functions(self) -> dict[str, Function]:
        """By logical id."""
        return {key: self._function(key) for key in self.logical_ids("AWS::Lambda::Function")}

    def _function(self, logical_id: str) -> Function:
        config = client("lambda").get_function_configuration(FunctionName=self.physical_id(logical_id))
        return Function(
            logical_id=logical_id,
            name=config["FunctionName"],
            arn=config["FunctionArn"],
            handler=config["Handler"],
            environment=config.get("Environment", {}).get("Variables", {}),
            timeout_seconds=int(config["Timeout"]),
            memory_mb=int(config["MemorySize"]),
            role_arn=config["Role"],
        )

    def function_id(self, arn: str) -> str:
        """The logical id of a function by its ARN or name."""
        return next(key for key, function in self.functions.items() if arn in (function.arn, function.name))

    @cached_property
    def mappings(self) -> tuple[QueueMapping, ...]:
        """The enabled event source mappings of queues."""
        found = client("lambda").list_event_source_mappings()["EventSourceMappings"]
        return tuple(
            QueueMapping(
                function=self.function_id(mapping["FunctionArn"]),
                queue_arn=mapping["EventSourceArn"],
                batch_size=int(mapping["BatchSize"]),
                partial_failures="ReportBatchItemFailures" in mapping.get("FunctionResponseTypes", []),
            )
            for mapping in found
            if ":sqs:" in mapping["EventSourceArn"] and mapping["State"] == "Enabled"
        )

    @cached_property
    def schedules(self) -> tuple[Schedule, ...]:
        """The enabled schedules."""
        return tuple(self._schedules())

    def _schedules(self) -> Iterator[Schedule]:
        scheduler = client("scheduler")
        for listed in scheduler.list_schedules()["Schedules"]:
            found = scheduler.get_schedule(Name=listed["Name"], GroupName=listed["GroupName"])
            if found["State"] == "ENABLED":
                target = found["Target"]
                yield Schedule(
                    name=found["Name"],
                    expression=found["ScheduleExpression"],
                    timezone=found["ScheduleExpressionTimezone"],
                    function=self.function_id(target["Arn"]),
                    input=json.loads(target.get("Input", "{}")),
                    role_arn=target["RoleArn"],
                )

    @property
    def identities(self) -> tuple[str, ...]:
        """The addresses and domains that SES may send from, those that somebody else created included."""
        return tuple(sesv2_backends[ACCOUNT][REGION].core_backend.email_identities)

    @cached_property
    def configuration_sets(self) -> frozenset[str]:
        return frozenset(self.physical_id(key) for key in self.logical_ids("AWS::SES::ConfigurationSet"))

    @cached_property
    def event_destinations(self) -> tuple[EventDestination, ...]:
        made = (self._created[key].properties for key in self.logical_ids("AWS::SES::ConfigurationSetEventDestination"))
        return tuple(
            EventDestination(
                configuration_set=properties["ConfigurationSetName"],
                enabled=bool(properties["EventDestination"].get("Enabled", True)),
                event_types=frozenset(properties["EventDestination"]["MatchingEventTypes"]),
                event_bus_arn=properties["EventDestination"].get("EventBridgeDestination", {}).get("EventBusArn"),
            )
            for properties in made
        )

    def queue_key(self, name: str) -> str | None:
        """The key of our own that a queue encrypts with, by physical name; None also for a queue that is not ours."""
        queue = next((queue for queue in self.queues.values() if queue.name == name), None)
        key: str | None = None if queue is None else queue.kms_master_key_id  # type: ignore[attr-defined]  # set by name
        return key

    def queue_policy(self, name: str) -> Document | None:
        """The resource policy of a queue, by physical name."""
        policy = self.queues[self.queue_id(name)].policy
        found: Document | None = json.loads(policy) if isinstance(policy, str) else policy
        return found

    def policies_of(self, role_arn: str) -> tuple[Document, ...]:
        """The policy documents of a role of this stack."""
        if role_arn not in self._policies:
            self._policies[role_arn] = role_policies(role_arn)
        return self._policies[role_arn]


def role_policies(role_arn: str) -> tuple[Document, ...]:
    """The policy documents of a role: those written into it and those of ours that are attached."""
    iam, name = client("iam"), role_arn.rsplit("/", 1)[-1]
    inline = [
        iam.get_role_policy(RoleName=name, PolicyName=policy)["PolicyDocument"]
        for policy in iam.list_role_policies(RoleName=name)["PolicyNames"]
    ]
    attached = []
    for policy in iam.list_attached_role_policies(RoleName=name)["AttachedPolicies"]:
        version = iam.get_policy(PolicyArn=policy["PolicyArn"])["Policy"]["DefaultVersionId"]
        found = iam.get_policy_version(PolicyArn=policy["PolicyArn"], VersionId=version)
        attached.append(found["PolicyVersion"]["Document"])
    return tuple(map(_without_gaps, (*inline, *attached)))


def _without_gaps(policy: Document) -> Document:
    """CloudFormation leaves out a statement whose condition is false; moto leaves a hole in its place."""
    statements = policy["Statement"]
    if not isinstance(statements, list):
        return policy
    return {**policy, "Statement": [statement for statement in statements if statement is not None]}
