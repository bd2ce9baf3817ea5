"""What a stack consists of, where it costs by the month or by the way it is set up."""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

_MB: Final = 1024 * 1024


@dataclass(frozen=True, slots=True)
class Plant:
    """What a stack consists of, where it costs by the month."""

    alarms: int  # metrics that alarms look at
    dashboards: int
    keys: int
    secrets: int
    polled_queues: int
    traced: tuple[str, ...]  # functions
    batches: Mapping[str, int]  # of a function whose queue waits for more: so many messages at once
    log_days: int
    senders: int = 0  # at once
    file_bytes: int = 0  # of mail events that the stream puts into a file
    file_days: int = 0  # that such a file is kept
    file_reader: str = ""  # the function that reads them

    @classmethod
    def of(cls, template: Mapping[str, Any]) -> "Plant":
        """The plant of a translated template."""
        of_kind: dict[str, dict[str, Any]] = defaultdict(dict)
        for name, one in template["Resources"].items():
            of_kind[one["Type"]][name] = one.get("Properties", {})
        mappings = of_kind["AWS::Lambda::EventSourceMapping"].values()
        return cls(
            alarms=sum(_metrics(alarm) for alarm in of_kind["AWS::CloudWatch::Alarm"].values()),
            dashboards=len(of_kind["AWS::CloudWatch::Dashboard"]),
            keys=len(of_kind["AWS::KMS::Key"]),
            secrets=len(of_kind["AWS::SecretsManager::Secret"]),
            polled_queues=len(mappings),
            traced=tuple(
                name
                for name, one in of_kind["AWS::Lambda::Function"].items()
                if one.get("TracingConfig", {}).get("Mode") == "Active"
            ),
            batches={
                one["FunctionName"]["Ref"]: int(one["BatchSize"])
                for one in mappings
                if one.get("MaximumBatchingWindowInSeconds")
            },
            log_days=int(template["Parameters"]["LogRetentionDays"]["Default"]),
            senders=int(template["Parameters"].get("SendConcurrency", {}).get("Default", 0)),
            **_files(of_kind),
        )


def _files(of_kind: Mapping[str, Mapping[str, Any]]) -> dict[str, Any]:
    """The files of mail events, by the stream that puts them and the bucket that takes them."""
    for stream in of_kind["AWS::KinesisFirehose::DeliveryStream"].values():
        puts = stream["ExtendedS3DestinationConfiguration"]
        bucket = of_kind["AWS::S3::Bucket"][puts["BucketARN"]["Fn::GetAtt"][0]]
        told = {told["Queue"]["Fn::GetAtt"][0] for told in bucket["NotificationConfiguration"]["QueueConfigurations"]}
        readers = of_kind["AWS::Lambda::EventSourceMapping"].values()
        return {
            "file_bytes": puts["BufferingHints"]["SizeInMBs"] * _MB,
            "file_days": next(
                rule["ExpirationInDays"]
                for rule in bucket["LifecycleConfiguration"]["Rules"]
                if "Prefix" in rule and puts["Prefix"].startswith(rule["Prefix"])
            ),
            "file_reader": next(
                one["FunctionName"]["Ref"] for one in readers if one["EventSourceArn"]["Fn::GetAtt"][0] in told
            ),
        }
    return {}


def _metrics(alarm: Mapping[str, Any]) -> int:
    """An alarm on an expression is charged for each metric of it."""
    return sum("MetricStat" in one for one in alarm.get("Metrics", ())) or 1
