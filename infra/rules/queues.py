"""E9103 and E9104: queue figures that lose messages or wear them out."""

from collections.abc import Iterator
from typing import Any, Final

from cfnlint.rules import CloudFormationLintRule, RuleMatch

VISIBILITY_PER_TIMEOUT: Final = 6  # Lambda developer guide, SQS event source: at least six times the time-out
LEAST_RECEIVES: Final = 5  # the same page: fewer lose messages to throttling
MOST_RECEIVES: Final = 1000  # SQS API reference, SetQueueAttributes
LONGEST_RETENTION: Final = 1_209_600  # 14 days
DEFAULT_RETENTION: Final = 345_600
DEFAULT_VISIBILITY: Final = 30
DEFAULT_TIMEOUT: Final = 3


class QueueRedrive(CloudFormationLintRule):
    id = "E9103"
    shortdesc = "A queue's dead letters outlive it, after a sensible number of tries"
    description = "maxReceiveCount is 5 to 1000; the dead-letter queue keeps longer than its source, or 14 days"
    source_url = "https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-configure.html"
    tags = ["resources", "sqs"]  # noqa: RUF012  the base class's own shape

    def match(self, cfn: Any) -> list[RuleMatch]:
        queues = cfn.get_resources("AWS::SQS::Queue")
        return [match for name, queue in queues.items() for match in self._check(name, queue["Properties"], queues)]

    def _check(self, name: str, properties: dict[str, Any], queues: dict[str, Any]) -> Iterator[RuleMatch]:
        redrive = properties.get("RedrivePolicy")
        if not redrive:
            return
        path = ["Resources", name, "Properties", "RedrivePolicy"]
        receives = int(redrive["maxReceiveCount"])
        if not LEAST_RECEIVES <= receives <= MOST_RECEIVES:
            expected = f"{LEAST_RECEIVES} to {MOST_RECEIVES}"
            yield RuleMatch([*path, "maxReceiveCount"], f"maxReceiveCount {receives}: expected {expected}")
        dead = _named(redrive["deadLetterTargetArn"])
        if dead not in queues:
            yield RuleMatch([*path, "deadLetterTargetArn"], "the dead-letter queue is not of this stack")
            return
        own, theirs = (
            int(each.get("MessageRetentionPeriod", DEFAULT_RETENTION))
            for each in (properties, queues[dead]["Properties"])
        )
        if theirs <= own and theirs != LONGEST_RETENTION:
            yield RuleMatch(path, f"{dead} keeps {theirs} s, {name} {own} s: the age counts from the first send")


class QueueVisibility(CloudFormationLintRule):
    id = "E9104"
    shortdesc = "A queue's visibility time-out is six times its function's time-out"
    description = "VisibilityTimeout against the Timeout of every function that the queue feeds"
    source_url = "https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-configure.html"
    tags = ["resources", "sqs", "lambda"]  # noqa: RUF012  the base class's own shape

    def match(self, cfn: Any) -> list[RuleMatch]:
        queues, functions = cfn.get_resources("AWS::SQS::Queue"), cfn.get_resources("AWS::Lambda::Function")
        found = []
        for mapping in cfn.get_resources("AWS::Lambda::EventSourceMapping").values():
            queue = _named(mapping["Properties"].get("EventSourceArn"))
            function = _named(mapping["Properties"].get("FunctionName"))
            if queue not in queues or function not in functions:
                continue
            visibility = int(queues[queue]["Properties"].get("VisibilityTimeout", DEFAULT_VISIBILITY))
            least = VISIBILITY_PER_TIMEOUT * int(functions[function]["Properties"].get("Timeout", DEFAULT_TIMEOUT))
            if visibility < least:
                path = ["Resources", queue, "Properties", "VisibilityTimeout"]
                found.append(RuleMatch(path, f"visibility {visibility} s, but {function} needs at least {least} s"))
        return found


def _named(reference: Any) -> str:
    """The logical id behind a Ref or GetAtt; empty for anything else."""
    match reference:
        case {"Ref": str(name)} | {"Fn::GetAtt": [str(name), *_]}:
            return name
        case {"Fn::GetAtt": str(path)}:
            return path.partition(".")[0]
    return ""
