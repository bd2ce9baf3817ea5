"""The stack in moto is the template: every resource is there, and all wiring is read back from it."""

import warnings
from collections.abc import Iterator
from pathlib import Path

import pytest
from moto import mock_aws
from moto.core.serialize import BaseJSONSerializer
from moto.dynamodb.models.table import Table

from local.engine.aws import REGION
from local.engine.bridge import IGNORED, bridged, translate
from local.engine.parameters import check_parameters
from local.engine.stack import TEMPLATE, Stack

STOCK = {name: vars(Table)[name] for name in ("query", "put_item", "create_from_cloudformation_json")}
STOCK_STRUCTURE = BaseJSONSerializer._serialize_type_structure


def test_stock_moto_comes_back() -> None:
    with mock_aws(), bridged():
        assert vars(Table)["query"] is not STOCK["query"]
    assert {name: vars(Table)[name] for name in STOCK} == STOCK
    assert BaseJSONSerializer._serialize_type_structure is STOCK_STRUCTURE


@pytest.fixture(scope="module")
def stack() -> Iterator[Stack]:
    with mock_aws(), bridged():
        with warnings.catch_warnings():
            warnings.simplefilter("error")  # moto warns of what it skips
            created = Stack.create(parameters={"Stage": "prod", "AlarmEmail": "ops@example.com"})
        yield created


def test_every_resource_of_the_template_is_in_the_stack_or_ignored_with_a_reason(stack: Stack) -> None:
    assert {kind: IGNORED.get(kind, "") for kind in stack.missing.values()} == IGNORED
    assert all(IGNORED.values())


def test_every_function_knows_the_names_that_were_made(stack: Stack) -> None:
    kinds = ("AWS::SQS::Queue", "AWS::S3::Bucket", "AWS::SES::ConfigurationSet")
    made = {stack.physical_id(key) for kind in kinds for key in stack.logical_ids(kind)}
    for function in stack.functions.values():
        environment = function.environment
        assert environment["TABLE_NAME"] == stack.table_name
        for name, value in environment.items():
            if name.endswith("_QUEUE_URL") or name in ("ARCHIVE_BUCKET", "CONFIGURATION_SET"):
                assert value in made, (function.logical_id, name)
            if name.endswith("_INDEX"):
                assert value in {index.name for index in stack.table.global_indexes}, (function.logical_id, name)


def test_wiring_is_read_from_the_stack(stack: Stack) -> None:
    feeds = {stack.queue_id(mapping.queue_name): mapping for mapping in stack.mappings}
    assert {queue: mapping.function for queue, mapping in feeds.items()} == {
        "AccountsQueue": "DecideAccountsFunction",
        "NoticesQueue": "SendNoticesFunction",
        "FeedbackQueue": "RecordFeedbackFunction",
        "FeedbackFilesQueue": "RecordFeedbackFunction",
        "InboxQueue": "IngestFilesFunction",
        "WebhooksQueue": "SendWebhooksFunction",
    }
    assert all(mapping.partial_failures for mapping in feeds.values())
    assert {schedule.function: schedule.input for schedule in stack.schedules} == {
        "PlanRunFunction": {"kind": "tick"},
        "SweepStuckFunction": {"kind": "sweep"},
    }
    assert stack.outputs["TableName"] == stack.table_name


def test_table_options_are_kept(stack: Stack) -> None:
    table = stack.table
    assert table.ttl == {"TimeToLiveStatus": "ENABLED", "AttributeName": "expires_at"}
    recovery = table.continuous_backups["PointInTimeRecoveryDescription"]["PointInTimeRecoveryStatus"]
    assert recovery == "ENABLED"
    assert table.sse_specification is not None
    assert table.sse_specification["KMSMasterKeyId"].startswith("arn:aws:kms:")
    assert table.deletion_protection_enabled


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ({"Stgae": "prod"}, "takes no parameter Stgae"),
        ({"Stage": "production"}, "one of dev, staging, prod"),
        ({"Stage": "prod", "SenderDomain": "no domain"}, "does not match"),
        ({"Stage": "dev"}, "must divert all mail"),  # a rule of the template
    ],
)
def test_parameters_that_cloudformation_refuses_are_refused(parameters: dict[str, str], message: str) -> None:
    document = translate(TEMPLATE, parameters, region=REGION)
    with pytest.raises(ValueError, match=message):
        check_parameters(document, parameters)


def test_template_is_the_products_own() -> None:
    assert Path(__file__).parents[2] / "template.yaml" == TEMPLATE
