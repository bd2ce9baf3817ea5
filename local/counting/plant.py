"""What a stack consists of, where it costs by the month or by the way it is set up."""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


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
    archive_days: int
    log_days: int
    senders: int = 0  # at once

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
            archive_days=max(
                (int(one["RetentionDays"]) for one in of_kind["AWS::Events::Archive"].values()), default=0
            ),
            log_days=int(template["Parameters"]["LogRetentionDays"]["Default"]),
            senders=int(template["Parameters"].get("SendConcurrency", {}).get("Default", 0)),
        )


def _metrics(alarm: Mapping[str, Any]) -> int:
    """An alarm on an expression is charged for each metric of it."""
    return sum("MetricStat" in one for one in alarm.get("Metrics", ())) or 1
