"""CloudFormation types that moto skips although it has, or nearly has, the thing itself.

moto warns, creates nothing, and lets every reference to the missing resource vanish (an environment variable simply
is not there). Each class below puts the resource where moto keeps its kind, so that it can be read back by API.
Importing this module is enough to register them: moto collects the direct subclasses of CloudFormationModel.
"""

import json
import secrets
from collections.abc import Callable
from typing import Any, ClassVar, Final, NamedTuple

from moto.awslambda.models import lambda_backends
from moto.cloudformation import parsing
from moto.cloudwatch.models import cloudwatch_backends
from moto.core.common_models import CloudFormationModel
from moto.s3.models import s3_backends
from moto.scheduler.models import scheduler_backends
from moto.secretsmanager.models import secretsmanager_backends
from moto.sesv2.models import sesv2_backends
from moto.sns.models import sns_backends
from moto.sqs.models import sqs_backends

Properties = dict[str, Any]

# What still has no counterpart; the test of the created stack reads this list.
IGNORED: Final[dict[str, str]] = {}


class Place(NamedTuple):
    """Where moto keeps a thing."""

    account: str
    region: str


class Created:
    """What moto asks of a resource once it exists."""

    type_name: ClassVar[str]
    name_property: ClassVar[str] = ""

    def __init__(self, physical_id: str, properties: Properties, attributes: dict[str, str] | None = None) -> None:
        self.physical_resource_id = physical_id
        self.properties = properties
        self._attributes = attributes or {}

    @classmethod
    def cloudformation_type(cls) -> str:
        return cls.type_name

    @classmethod
    def cloudformation_name_type(cls) -> str:
        return cls.name_property

    @classmethod
    def has_cfn_attr(cls, attr: str) -> bool:  # noqa: ARG003  moto's signature
        return True  # an unknown one is a KeyError from get_cfn_attribute

    def get_cfn_attribute(self, name: str) -> str:
        return self._attributes[name]

    def is_created(self) -> bool:
        return True

    @classmethod
    def create_from_cloudformation_json(
        cls,
        resource_name: str,
        cloudformation_json: dict[str, Any],
        account_id: str,
        region_name: str,
        **_: Any,
    ) -> "Created":
        return cls.create(resource_name, cloudformation_json.get("Properties", {}), Place(account_id, region_name))

    @classmethod
    def create(cls, name: str, properties: Properties, at: Place) -> "Created":
        raise NotImplementedError


class ScheduleResource(Created, CloudFormationModel):
    """EventBridge Scheduler: moto stores schedules made by API, but has no CloudFormation type for them."""

    type_name = "AWS::Scheduler::Schedule"
    name_property = "Name"

    @classmethod
    def create(cls, name: str, properties: Properties, at: Place) -> "ScheduleResource":
        scheduler: Any = scheduler_backends[at.account][at.region]  # its types forbid what its code allows: None
        schedule = scheduler.create_schedule(
            name=name,
            group_name=properties.get("GroupName", "default"),
            description=properties.get("Description"),
            schedule_expression=properties["ScheduleExpression"],
            schedule_expression_timezone=properties.get("ScheduleExpressionTimezone"),
            flexible_time_window=properties["FlexibleTimeWindow"],
            target=properties["Target"],
            state=properties.get("State", "ENABLED"),
            kms_key_arn=properties.get("KmsKeyArn"),
            start_date=properties.get("StartDate"),
            end_date=properties.get("EndDate"),
            action_after_completion=None,
        )
        return cls(name, properties, {"Arn": schedule.arn})


class ConfigurationSetResource(Created, CloudFormationModel):
    """SES: moto has configuration sets, not their CloudFormation type."""

    type_name = "AWS::SES::ConfigurationSet"
    name_property = "Name"

    @classmethod
    def create(cls, name: str, properties: Properties, at: Place) -> "ConfigurationSetResource":
        sesv2_backends[at.account][at.region].create_configuration_set(
            configuration_set_name=name,
            tracking_options=properties.get("TrackingOptions") or {},
            delivery_options=properties.get("DeliveryOptions") or {},
            reputation_options=properties.get("ReputationOptions") or {},
            sending_options=properties.get("SendingOptions") or {},
            tags=[],
            suppression_options=properties.get("SuppressionOptions") or {},
            vdm_options=properties.get("VdmOptions") or {},
        )
        return cls(name, properties)


class EventDestinationResource(Created, CloudFormationModel):
    """SES event destinations: moto's v2 API has none, and of the old API's form it drops EventBridge."""

    type_name = "AWS::SES::ConfigurationSetEventDestination"

    @classmethod
    def create(cls, name: str, properties: Properties, at: Place) -> "EventDestinationResource":
        sesv2_backends[at.account][at.region].get_configuration_set(properties["ConfigurationSetName"])  # must exist
        physical = properties["EventDestination"].get("Name", name)
        return cls(physical, properties, {"Id": physical})


class EmailIdentityResource(Created, CloudFormationModel):
    """SES identities: as above. Here every identity counts as verified."""

    type_name = "AWS::SES::EmailIdentity"
    name_property = "EmailIdentity"

    @classmethod
    def create(cls, name: str, properties: Properties, at: Place) -> "EmailIdentityResource":
        sesv2_backends[at.account][at.region].create_email_identity(
            email_identity=name,
            tags=[],
            dkim_signing_attributes=None,
            configuration_set_name=(properties.get("ConfigurationSetAttributes") or {}).get("ConfigurationSetName"),
        )
        records = {
            f"DkimDNSToken{part}{n}": f"{part.lower()}{n}.{name}" for part in ("Name", "Value") for n in (1, 2, 3)
        }
        return cls(name, properties, records)


class QueuePolicyResource(Created, CloudFormationModel):
    """SQS: a queue's policy is kept by moto as an attribute, without a CloudFormation type of its own."""

    type_name = "AWS::SQS::QueuePolicy"

    @classmethod
    def create(cls, name: str, properties: Properties, at: Place) -> "QueuePolicyResource":
        for url in properties["Queues"]:
            queue = sqs_backends[at.account][at.region].get_queue(url.rsplit("/", 1)[-1])
            queue.policy = json.dumps(properties["PolicyDocument"])
        return cls(name, properties, {"Id": name})


class BucketPolicyResource(Created, CloudFormationModel):
    """S3: the same for buckets."""

    type_name = "AWS::S3::BucketPolicy"

    @classmethod
    def create(cls, name: str, properties: Properties, at: Place) -> "BucketPolicyResource":
        s3_backends[at.account]["aws"].get_bucket(properties["Bucket"])  # must exist
        # Kept here, not in the bucket: moto then enforces a part of it, for principal * only and without conditions.
        return cls(name, properties)


class TopicPolicyResource(Created, CloudFormationModel):
    """SNS: the same for topics."""

    type_name = "AWS::SNS::TopicPolicy"

    @classmethod
    def create(cls, name: str, properties: Properties, at: Place) -> "TopicPolicyResource":
        for arn in properties["Topics"]:
            sns_backends[at.account][at.region].get_topic(arn).policy = json.dumps(properties["PolicyDocument"])
        return cls(name, properties, {"Id": name})


class SubscriptionResource(Created, CloudFormationModel):
    """SNS: moto subscribes by API and inside a topic, not by the type of its own."""

    type_name = "AWS::SNS::Subscription"

    @classmethod
    def create(cls, _name: str, properties: Properties, at: Place) -> "SubscriptionResource":
        subscription = sns_backends[at.account][at.region].subscribe(
            properties["TopicArn"], properties["Endpoint"], properties["Protocol"]
        )
        return cls(subscription.arn, properties, {"Arn": subscription.arn})


class EventInvokeConfigResource(Created, CloudFormationModel):
    """Lambda: what becomes of asynchronous calls that fail; moto keeps it by API only."""

    type_name = "AWS::Lambda::EventInvokeConfig"

    @classmethod
    def create(cls, name: str, properties: Properties, at: Place) -> "EventInvokeConfigResource":
        config = {key: properties[key] for key in properties if key not in ("FunctionName", "Qualifier")}
        for count in ("MaximumRetryAttempts", "MaximumEventAgeInSeconds"):
            if count in config:
                config[count] = int(config[count])
        lambda_backends[at.account][at.region].put_function_event_invoke_config(properties["FunctionName"], config)
        return cls(name, properties)


class AlarmResource(Created, CloudFormationModel):
    """CloudWatch: moto keeps alarms made by API; of CloudFormation it knows only dashboards."""

    type_name = "AWS::CloudWatch::Alarm"
    name_property = "AlarmName"

    @classmethod
    def create(cls, name: str, properties: Properties, at: Place) -> "AlarmResource":
        alarm = cloudwatch_backends[at.account][at.region].put_metric_alarm(
            name=name,
            namespace=properties.get("Namespace", ""),
            metric_name=properties.get("MetricName", ""),
            comparison_operator=properties["ComparisonOperator"],
            evaluation_periods=int(properties["EvaluationPeriods"]),
            period=int(properties.get("Period", 0)),  # none where an alarm works out its figure from several metrics
            threshold=float(properties.get("Threshold", 0)),
            statistic=properties.get("Statistic", ""),
            description=properties.get("AlarmDescription", ""),
            dimensions=properties.get("Dimensions", []),
            alarm_actions=properties.get("AlarmActions", []),
            ok_actions=properties.get("OKActions", []),
            datapoints_to_alarm=properties.get("DatapointsToAlarm"),
            treat_missing_data=properties.get("TreatMissingData"),
        )
        return cls(name, properties, {"Arn": alarm.alarm_arn})


class SecretResource(Created, CloudFormationModel):
    """Secrets Manager: moto makes secrets, and random passwords, by API only."""

    type_name = "AWS::SecretsManager::Secret"

    @classmethod
    def create(cls, name: str, properties: Properties, at: Place) -> "SecretResource":
        backend = secretsmanager_backends[at.account][at.region]
        wanted = properties["GenerateSecretString"]
        content = json.loads(wanted["SecretStringTemplate"])
        content[wanted["GenerateStringKey"]] = secrets.token_hex(int(wanted["PasswordLength"]) // 2)
        arn = json.loads(
            backend.create_secret(
                name=name,
                secret_string=json.dumps(content),
                secret_binary=None,
                description=properties.get("Description"),
                tags=None,
                kms_key_id=properties.get("KmsKeyId"),
                client_request_token=None,
                replica_regions=[],
                force_overwrite=False,
            )
        )["ARN"]
        return cls(arn, properties, {"Id": arn})


def register() -> None:
    """Let moto see the classes above even when it has listed its types already."""
    listed: tuple[Callable[[], Any], ...] = (parsing.get_model_list, parsing.get_model_map, parsing.get_name_type_map)
    for cached in listed:
        cached.cache_clear()  # type: ignore[attr-defined]  # moto wraps them in lru_cache
