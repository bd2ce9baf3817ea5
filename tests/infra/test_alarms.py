"""Alarms and the dashboard: each figure that they show is one that somebody really counts."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from infra import dashboard
from tests.docs.test_reference import metrics
from tests.infra.stack import Stack, named

NAMESPACE = {"Ref": "AWS::StackName"}
# What AWS counts by itself, in the namespaces that are used here.
# Source: the metrics pages of Lambda, SQS, SES, Data Firehose and DynamoDB in their developer guides.
OF_AWS = {
    "AWS/Lambda": {"Errors", "Invocations", "Duration"},
    "AWS/SQS": {"ApproximateAgeOfOldestMessage", "ApproximateNumberOfMessagesVisible"},
    "AWS/SES": {"Reputation.BounceRate", "Reputation.ComplaintRate"},
    "AWS/Firehose": {"DeliveryToS3.DataFreshness"},
    "AWS/DynamoDB": {
        "ConsumedReadCapacityUnits", "ConsumedWriteCapacityUnits", "ReadThrottleEvents", "WriteThrottleEvents",
    },
}  # fmt: skip


def alarms(stack: Stack) -> dict[str, dict[str, Any]]:
    return stack.of_type("AWS::CloudWatch::Alarm")


def watched(alarm: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """The metrics of an alarm, those of a sum of several too."""
    if "Metrics" not in alarm:
        yield alarm
    for part in alarm.get("Metrics", []):
        if "MetricStat" in part:
            yield part["MetricStat"]["Metric"]


@pytest.fixture(scope="module")
def body(sam: Stack) -> dict[str, Any]:
    (one,) = sam.of_type("AWS::CloudWatch::Dashboard").values()
    return dict(json.loads(one["DashboardBody"]["Fn::Sub"]))


def shown(body: dict[str, Any]) -> Iterator[list[Any]]:
    for widget in body["widgets"]:
        yield from widget["properties"].get("metrics", [])


def test_every_alarm_watches_what_somebody_counts(stack: Stack) -> None:
    ours = metrics()
    for name, alarm in alarms(stack).items():
        for metric in watched(alarm):
            if metric["Namespace"] == NAMESPACE:
                assert metric["MetricName"] in ours, name
                assert metric["Dimensions"] == [{"Name": "service", "Value": "pastdue"}], name
            else:
                assert metric["MetricName"] in OF_AWS[metric["Namespace"]], name


def test_every_figure_of_the_dashboard_is_one_that_somebody_counts(body: dict[str, Any]) -> None:
    ours = metrics()
    for namespace, name, *dimensions in shown(body):
        if namespace == "${AWS::StackName}":
            assert name in ours
            assert dimensions == ["service", "pastdue"]
        else:
            assert name in OF_AWS[namespace]
    assert len(list(shown(body))) > 40


def test_the_dashboard_shows_every_alarm_queue_and_function(sam: Stack, body: dict[str, Any]) -> None:
    text = json.dumps(body)
    named_there = set(re.findall(r"\$\{(\w+)", text))
    assert set(alarms(sam)) <= named_there
    assert set(sam.of_type("AWS::SQS::Queue")) <= named_there
    assert set(sam.of_type("AWS::Serverless::Function")) <= named_there
    assert named_there - {"AWS"} <= set(sam.resources)


def test_the_dashboard_is_the_one_that_is_written_down(root: Path) -> None:
    template = (root / "template.yaml").read_text(encoding="utf-8")
    assert dashboard.drawn(template) == template, "python -m infra.dashboard"


def test_widgets_do_not_lie_on_each_other(body: dict[str, Any]) -> None:
    cells = [
        (x, y)
        for widget in body["widgets"]
        for x in range(widget["x"], widget["x"] + widget["width"])
        for y in range(widget["y"], widget["y"] + widget["height"])
    ]
    assert len(cells) == len(set(cells))
    assert max(x for x, _ in cells) < 24


def test_every_alarm_reaches_the_topic_and_says_what_is_wrong(stack: Stack) -> None:
    said = [alarm["AlarmDescription"] for alarm in alarms(stack).values()]
    assert all(len(text) > 20 for text in said)
    for name, alarm in alarms(stack).items():
        assert [named(action) for action in alarm["AlarmActions"]] == ["AlarmTopic"], name
        # silence is the fault only where a heartbeat is expected
        assert (alarm["TreatMissingData"] == "breaching") == (alarm.get("MetricName") == "Invocations"), name
