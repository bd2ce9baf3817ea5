"""E9101: a schedule expression that EventBridge Scheduler would refuse."""

from typing import Any

from cfnlint.rules import CloudFormationLintRule, RuleMatch

from infra.expressions import problems


class ScheduleExpression(CloudFormationLintRule):
    id = "E9101"
    shortdesc = "Schedule expressions are well formed"
    description = "cron(), rate() and at() expressions are parsed, field by field"
    source_url = "https://docs.aws.amazon.com/scheduler/latest/UserGuide/schedule-types.html"
    tags = ["resources", "scheduler", "events"]  # noqa: RUF012  the base class's own shape

    def __init__(self) -> None:
        super().__init__()
        self.resource_property_types = ["AWS::Scheduler::Schedule", "AWS::Events::Rule"]

    def match_resource_properties(
        self, properties: dict[str, Any], _type: str, path: list[str | int], _cfn: Any
    ) -> list[RuleMatch]:
        expression = properties.get("ScheduleExpression")
        if not isinstance(expression, str):
            return []
        return [RuleMatch([*path, "ScheduleExpression"], problem) for problem in problems(expression)]
