"""E9102: a mail event type that SES does not publish, or one we must hear of that is not asked for."""

from typing import Any, Final

from cfnlint.rules import CloudFormationLintRule, RuleMatch

# record_feedback settles a notice by these
NEEDED: Final = frozenset({"send", "reject", "bounce", "complaint", "delivery", "deliveryDelay"})
# SES API v2, EventType, in the spelling of CloudFormation; opens and clicks exist, but would track the reader
PUBLISHED: Final = NEEDED | {"open", "click", "renderingFailure", "subscription"}


class MailEventTypes(CloudFormationLintRule):
    id = "E9102"
    shortdesc = "SES event types exist, and none that settles a notice is missing"
    description = "MatchingEventTypes of each SES event destination"
    source_url = "https://docs.aws.amazon.com/ses/latest/APIReference-V2/API_EventDestination.html"
    tags = ["resources", "ses"]  # noqa: RUF012  the base class's own shape

    def __init__(self) -> None:
        super().__init__()
        self.resource_property_types = ["AWS::SES::ConfigurationSetEventDestination"]

    def match_resource_properties(
        self, properties: dict[str, Any], _type: str, path: list[str | int], _cfn: Any
    ) -> list[RuleMatch]:
        types = set(properties.get("EventDestination", {}).get("MatchingEventTypes", []))
        at = [*path, "EventDestination", "MatchingEventTypes"]
        unknown = [RuleMatch(at, f"SES publishes no event type {name!r}") for name in sorted(types - PUBLISHED)]
        return unknown + [RuleMatch(at, f"event type {name!r} is not asked for") for name in sorted(NEEDED - types)]
