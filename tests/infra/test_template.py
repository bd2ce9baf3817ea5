"""What the template promises: nothing open, nothing lost, every function only what it needs."""

import re
import tomllib
from pathlib import Path
from typing import Any

import pytest

from tests.infra.stack import Stack, as_list, named, references, text

FUNCTIONS = (
    "PlanRunFunction",
    "DecideAccountsFunction",
    "SendNoticesFunction",
    "RenderDocumentsFunction",
    "RecordFeedbackFunction",
    "SweepStuckFunction",
    "IngestFilesFunction",
    "PullLedgersFunction",
    "ReceiveWebhooksFunction",
    "IngestApiFunction",
    "SendWebhooksFunction",
)
WRITERS_OF_FACTS = (
    "IngestApiRole",
    "IngestFilesRole",
)  # an item that is settled leaves the open ones: its row is removed
# the keys of other systems, which whoever connects one puts below the stack's own name
CONNECTED = "arn:${AWS::Partition}:secretsmanager:${AWS::Region}:${AWS::AccountId}:secret:${AWS::StackName}/connect/*"
TALKING = ("PullLedgersFunction", "SendWebhooksFunction", "ReceiveWebhooksFunction")  # with those systems
# the only grants that no narrower resource can carry
OPEN_GRANTS = {
    *((f"secretsmanager:{what}SecretValue", CONNECTED) for what in ("Get", "Put")),
    ("ses:GetAccount", "*"),  # it is the account's
    ("xray:PutTraceSegments", "*"),  # X-Ray knows no resources
    ("xray:PutTelemetryRecords", "*"),
    # recipients' identities count too while the account is in the sandbox; the condition holds the sender
    ("ses:SendEmail", "arn:${AWS::Partition}:ses:${AWS::Region}:${AWS::AccountId}:identity/*"),
}


def test_the_functions_are_those_of_the_nightly_path(stack: Stack) -> None:
    assert set(stack.of_type("AWS::Lambda::Function")) == set(FUNCTIONS)


# ---------- permissions ----------
def test_no_grant_is_wider_than_it_must_be(stack: Stack) -> None:
    wide = set()
    for _, statement in stack.all_statements():
        for action in as_list(statement["Action"]):
            assert "*" not in action, statement
            for resource in map(text, as_list(statement["Resource"])):
                # a prefix of the bucket's keys is as narrow as S3 gets
                if "*" in resource and not re.fullmatch(r"\$\{(Archive|Inbox)Bucket\.Arn\}/[a-z-]+/\*", resource):
                    wide.add((action, resource))
    assert wide == OPEN_GRANTS


def test_only_send_notices_may_send_mail_and_only_from_the_sender_domain(stack: Stack) -> None:
    senders = {name: each for name, each in stack.all_statements() if "ses:Send" in str(each["Action"])}
    assert set(senders) == {"SendNoticesRole"}
    assert senders["SendNoticesRole"]["Action"] == "ses:SendEmail"
    assert senders["SendNoticesRole"]["Condition"] == {
        "StringLike": {"ses:FromAddress": {"Fn::Sub": "*@${SenderDomain}"}}
    }


def test_only_send_notices_may_have_papers_made_and_only_those_two_see_them(stack: Stack) -> None:
    callers = [
        (name, named(each["Resource"])) for name, each in stack.all_statements() if "lambda:" in str(each["Action"])
    ]
    assert [role for role, function in callers if function == "RenderDocumentsFunction"] == ["SendNoticesRole"]
    readers = {
        name
        for name, each in stack.all_statements()
        if "s3:" in str(each["Action"]) and "/documents/" in text(each["Resource"])
    }
    assert readers == {"SendNoticesRole", "RenderDocumentsRole"}
    assert not any("dynamodb:" in str(each["Action"]) for each in stack.statements("RenderDocumentsFunction"))


def test_only_the_inbox_function_sees_what_was_dropped(stack: Stack) -> None:
    touching = [(name, each) for name, each in stack.all_statements() if "InboxBucket" in str(each["Resource"])]
    assert {name for name, _ in touching} == {"IngestFilesRole", "PullLedgersRole"}
    readers = {
        name
        for name, each in touching
        if "s3:GetObject" in as_list(each["Action"]) and "/inbox/" in text(each["Resource"])
    }
    assert readers == {"IngestFilesRole"}


def test_no_function_scans_or_deletes_records(stack: Stack) -> None:
    granted = [(name, action) for name, each in stack.all_statements() for action in as_list(each["Action"])]
    assert not {action for _, action in granted} & {"dynamodb:Scan", "dynamodb:DeleteTable"}
    actions = {action for name, action in granted if name not in WRITERS_OF_FACTS}
    assert not actions & {"dynamodb:Scan", "dynamodb:DeleteItem", "dynamodb:BatchWriteItem", "dynamodb:DeleteTable"}


@pytest.mark.parametrize("function", FUNCTIONS)
def test_a_function_is_told_of_exactly_what_it_may_use(stack: Stack, function: str) -> None:
    """A grant without the variable is a grant too many; a variable without the grant fails only on AWS."""
    variables = stack.environment(function)
    granted = [
        (action, text(resource))
        for statement in stack.statements(function)
        for action in as_list(statement["Action"])
        for resource in as_list(statement["Resource"])
    ]
    indexes = {f"${{Table.Arn}}/index/{value}" for name, value in variables.items() if name.endswith("_INDEX")}
    assert {resource for _, resource in granted if "/index/" in resource} == indexes
    queues = {named(value) for name, value in variables.items() if name.endswith("_QUEUE_URL")}
    assert {to for action, to in granted if action == "sqs:SendMessage"} - {"ScheduleDeadLetters"} == queues
    assert any("ArchiveBucket" in resource for _, resource in granted) == ("ARCHIVE_BUCKET" in variables)
    assert any("InboxBucket" in resource for _, resource in granted) == ("INBOX_BUCKET" in variables)
    assert any(action == "ses:SendEmail" for action, _ in granted) == ("CONFIGURATION_SET" in variables)
    secrets = {to for action, to in granted if action.startswith("secretsmanager:")}
    known_by_name = {CONNECTED} if function in TALKING else set()
    assert secrets - known_by_name == {
        named(value) for name, value in variables.items() if name.endswith("_SECRET_ARN")
    }


@pytest.mark.parametrize("function", FUNCTIONS)
def test_environment_refers_to_what_exists(stack: Stack, function: str) -> None:
    indexes = {each["IndexName"] for each in stack.of_type("AWS::DynamoDB::Table")["Table"]["GlobalSecondaryIndexes"]}
    known = set(stack.resources) | set(stack.template["Parameters"]) | {"AWS::StackName"}
    for name, value in stack.environment(function).items():
        if name.endswith("_INDEX"):
            assert value in indexes
        assert set(references(value)) <= known, name


@pytest.mark.parametrize("function", FUNCTIONS)
def test_a_key_is_used_only_through_the_services_that_hold_our_data(stack: Stack, function: str) -> None:
    for statement in stack.statements(function):
        if "kms:Decrypt" in statement["Action"]:
            assert text(statement["Resource"]) == "DataKey"
            services = as_list(statement["Condition"]["StringEquals"]["kms:ViaService"])
            assert {text(each).split(".")[0] for each in services} <= {"dynamodb", "s3", "secretsmanager", "sqs"}


# ---------- logs ----------
@pytest.mark.parametrize("function", FUNCTIONS)
def test_every_function_writes_to_its_own_group_which_forgets(stack: Stack, function: str) -> None:
    group = named(stack.of_type("AWS::Lambda::Function")[function]["LoggingConfig"]["LogGroup"])
    assert group == function.replace("Function", "Logs")
    properties = stack.of_type("AWS::Logs::LogGroup")[group]
    assert properties["RetentionInDays"] == {"Ref": "LogRetentionDays"}
    assert named(properties["KmsKeyId"]) == "DataKey"
    assert [
        named(each["Resource"]) for each in stack.statements(function) if "logs:PutLogEvents" in each["Action"]
    ] == [group]


# ---------- queues ----------
def _dead_letters(stack: Stack) -> set[str]:
    queues = stack.of_type("AWS::SQS::Queue").values()
    schedules = stack.of_type("AWS::Scheduler::Schedule").values()
    return {named(each["RedrivePolicy"]["deadLetterTargetArn"]) for each in queues if "RedrivePolicy" in each} | {
        named(each["Target"]["DeadLetterConfig"]["Arn"]) for each in schedules
    }


def test_every_queue_is_encrypted_and_gives_up_into_dead_letters(stack: Stack) -> None:
    dead = _dead_letters(stack)
    for name, properties in stack.of_type("AWS::SQS::Queue").items():
        assert properties.get("SqsManagedSseEnabled") is True or named(properties["KmsMasterKeyId"]) == "DataKey", name
        assert ("RedrivePolicy" in properties) != (name in dead), name


def test_queues_that_hold_addresses_use_our_own_key(stack: Stack) -> None:
    queues = stack.of_type("AWS::SQS::Queue")
    assert {name for name, each in queues.items() if "KmsMasterKeyId" in each} == {
        "FeedbackQueue",
        "FeedbackDeadLetters",
    }


def test_visibility_outlasts_six_attempts(stack: Stack) -> None:
    queues, functions = stack.of_type("AWS::SQS::Queue"), stack.of_type("AWS::Lambda::Function")
    mappings = stack.of_type("AWS::Lambda::EventSourceMapping")
    assert {named(each["EventSourceArn"]) for each in mappings.values()} == {
        "AccountsQueue",
        "NoticesQueue",
        "FeedbackQueue",
        "FeedbackFilesQueue",
        "InboxQueue",
        "WebhooksQueue",
    }
    for each in mappings.values():
        timeout = functions[named(each["FunctionName"])]["Timeout"]
        gathering = each.get("MaximumBatchingWindowInSeconds", 0) if each["BatchSize"] > 25 else 0
        assert queues[named(each["EventSourceArn"])]["VisibilityTimeout"] >= 6 * timeout + gathering


def test_one_bad_record_does_not_fail_its_batch_and_no_queue_floods(stack: Stack) -> None:
    for name, each in stack.of_type("AWS::Lambda::EventSourceMapping").items():
        assert each["FunctionResponseTypes"] == ["ReportBatchItemFailures"], name
        most = each["ScalingConfig"]["MaximumConcurrency"]
        if most == {"Ref": "SendConcurrency"}:  # chosen from the rate of SES
            most = stack.template["Parameters"]["SendConcurrency"]["Default"]
        assert most <= 10, name
        assert each["BatchSize"] <= (50 if each.get("MaximumBatchingWindowInSeconds") else 10), name


# ---------- schedules and mail ----------
def test_schedules_are_named_after_the_stack_and_lose_no_failure(stack: Stack) -> None:
    schedules = stack.of_type("AWS::Scheduler::Schedule")
    assert {each["Target"]["Input"] for each in schedules.values()} == {
        '{"kind":"tick"}',
        '{"kind":"sweep"}',
        '{"kind":"pull"}',
    }
    for each in schedules.values():
        assert text(each["Name"]).startswith("${AWS::StackName}-")  # else two stacks of one account collide
        assert named(each["Target"]["DeadLetterConfig"]["Arn"]) == "ScheduleDeadLetters"
    for each in stack.of_type("AWS::Lambda::EventInvokeConfig").values():
        assert named(each["DestinationConfig"]["OnFailure"]["Destination"]) == "ScheduleDeadLetters"


def test_mail_events_of_this_deployment_alone_reach_the_stream_and_those_of_harm_the_queue_too(stack: Stack) -> None:
    ours = {"mail": {"tags": {"deployment": [{"Ref": "AWS::StackName"}]}}}
    pattern = {"source": ["aws.ses"], "detail": ours}
    at_once = {**pattern, "detail": {**ours, "eventType": [{"anything-but": ["Send", "Delivery"]}]}}
    rules = stack.of_type("AWS::Events::Rule")
    assert {name: rule["EventPattern"] for name, rule in rules.items()} == {
        "MailEventsRule": at_once,
        "MailEventsStreamRule": pattern,
    }
    assert (
        stack.resources["MailEventsRule"]["DependsOn"] == "MailEventsStreamRule"
    )  # while a stack is updated no event is lost
    for name, to in (("MailEventsRule", "FeedbackQueue"), ("MailEventsStreamRule", "MailEventsStream")):
        (target,) = rules[name]["Targets"]
        assert (named(target["Arn"]), named(target["DeadLetterConfig"]["Arn"])) == (to, "FeedbackDeadLetters")


def test_the_stream_puts_files_where_the_bucket_tells_of_them_and_they_outlast_every_restore(stack: Stack) -> None:
    stream = stack.of_type("AWS::KinesisFirehose::DeliveryStream")["MailEventsStream"]
    to, bucket = stream["ExtendedS3DestinationConfiguration"], stack.of_type("AWS::S3::Bucket")["ArchiveBucket"]
    assert stream["DeliveryStreamEncryptionConfigurationInput"] == {"KeyType": "AWS_OWNED_CMK"}
    assert named(to["EncryptionConfiguration"]["KMSEncryptionConfig"]["AWSKMSKeyARN"]) == "DataKey"
    assert (named(to["BucketARN"]), to["Prefix"]) == ("ArchiveBucket", "mail-events/")
    told = bucket["NotificationConfiguration"]["QueueConfigurations"]
    assert [(each["Event"], named(each["Queue"]), each["Filter"]["S3Key"]["Rules"]) for each in told] == [
        ("s3:ObjectCreated:*", "FeedbackFilesQueue", [{"Name": "prefix", "Value": to["Prefix"]}])
    ]
    (kept,) = (rule for rule in bucket["LifecycleConfiguration"]["Rules"] if rule["Id"] == "mail-events")
    assert to["Prefix"].startswith(kept["Prefix"])
    assert to["ErrorOutputPrefix"].startswith(kept["Prefix"])
    assert kept["ExpirationInDays"] > 35  # the days to which a table can be restored
    assert not to["ErrorOutputPrefix"].startswith(to["Prefix"])  # what failed is no file of events


def test_a_file_of_events_that_cannot_be_read_comes_again_for_days(stack: Stack) -> None:
    """As long as it does, nobody takes silence for proof that a mail did not go."""
    queue = stack.of_type("AWS::SQS::Queue")["FeedbackFilesQueue"]
    tried = queue["RedrivePolicy"]["maxReceiveCount"] * queue["VisibilityTimeout"]
    assert 4 * 86_400 < tried < queue["MessageRetentionPeriod"] / 2  # then a person still has days


def test_mail_goes_encrypted_suppressed_and_untracked(stack: Stack) -> None:
    mail = stack.of_type("AWS::SES::ConfigurationSet")["MailConfigurationSet"]
    assert mail["DeliveryOptions"] == {"TlsPolicy": "REQUIRE"}
    assert mail["SuppressionOptions"] == {"SuppressedReasons": ["BOUNCE", "COMPLAINT"]}
    assert "TrackingOptions" not in mail
    types = stack.of_type("AWS::SES::ConfigurationSetEventDestination")["MailEvents"]["EventDestination"]
    assert not set(types["MatchingEventTypes"]) & {"open", "click"}


# ---------- data ----------
def test_the_table_survives_mistakes(stack: Stack) -> None:
    assert stack.resources["Table"]["DeletionPolicy"] == stack.resources["Table"]["UpdateReplacePolicy"] == "Retain"
    table = stack.of_type("AWS::DynamoDB::Table")["Table"]
    assert table["DeletionProtectionEnabled"] is True
    assert table["PointInTimeRecoverySpecification"] == {"PointInTimeRecoveryEnabled": True}
    assert table["SSESpecification"]["SSEType"] == "KMS"
    assert table["BillingMode"] == "PAY_PER_REQUEST"
    assert table["TimeToLiveSpecification"] == {"AttributeName": "expires_at", "Enabled": True}


def test_indexes_are_sparse_and_narrow(stack: Stack) -> None:
    indexes = {
        each["IndexName"]: each for each in stack.of_type("AWS::DynamoDB::Table")["Table"]["GlobalSecondaryIndexes"]
    }
    prefixes = {"due": "due", "attention": "att", "work": "work", "ref": "ref"}
    assert set(indexes) == set(prefixes)
    for name, prefix in prefixes.items():
        keys = [each["AttributeName"] for each in indexes[name]["KeySchema"]]
        assert keys == [f"{prefix}_pk", f"{prefix}_sk"]
        assert indexes[name]["Projection"]["ProjectionType"] == ("ALL" if name == "work" else "KEYS_ONLY")


@pytest.mark.parametrize("name", ["ArchiveBucket", "InboxBucket"])
def test_a_bucket_is_private_encrypted_versioned_and_kept(stack: Stack, name: str) -> None:
    bucket = stack.of_type("AWS::S3::Bucket")[name]
    assert set(bucket["PublicAccessBlockConfiguration"].values()) == {True}
    rule = bucket["BucketEncryption"]["ServerSideEncryptionConfiguration"][0]["ServerSideEncryptionByDefault"]
    assert (rule["SSEAlgorithm"], named(rule["KMSMasterKeyID"])) == ("aws:kms", "DataKey")
    assert bucket["VersioningConfiguration"] == {"Status": "Enabled"}
    assert stack.resources[name]["DeletionPolicy"] == "Retain"
    policy = stack.of_type("AWS::S3::BucketPolicy")[f"{name}Policy"]["PolicyDocument"]["Statement"]
    assert [(each["Effect"], each["Condition"]) for each in policy] == [
        ("Deny", {"Bool": {"aws:SecureTransport": "false"}})
    ]


def test_what_is_dropped_is_told_and_what_ingest_files_writes_itself_is_not(stack: Stack) -> None:
    told = stack.of_type("AWS::S3::Bucket")["InboxBucket"]["NotificationConfiguration"]["QueueConfigurations"]
    assert [(each["Event"], named(each["Queue"]), each["Filter"]["S3Key"]["Rules"]) for each in told] == [
        ("s3:ObjectCreated:*", "InboxQueue", [{"Name": "prefix", "Value": "inbox/"}])
    ]
    written = {
        text(resource)
        for role, each in stack.all_statements()
        for resource in as_list(each["Resource"])
        if role == "IngestFilesRole" and "InboxBucket" in text(resource) and "s3:PutObject" in as_list(each["Action"])
    }
    assert written == {f"${{InboxBucket.Arn}}/{kind}/*" for kind in ("checks", "lists", "rejects")}


@pytest.mark.parametrize(("name", "reader"), [("LinkSecret", "SendNoticesRole"), ("WebhookSecret", "SendWebhooksRole")])
def test_keys_are_made_on_aws_and_seen_by_one(stack: Stack, name: str, reader: str) -> None:
    secret = stack.of_type("AWS::SecretsManager::Secret")[name]
    assert named(secret["KmsKeyId"]) == "DataKey"
    assert "SecretString" not in secret  # none is written down here
    assert secret["GenerateSecretString"]["PasswordLength"] >= 43  # letters and digits: 256 bits
    readers = {role for role, each in stack.all_statements() if name in map(named, as_list(each["Resource"]))}
    assert readers == {reader}


def test_the_api_is_throttled_logs_no_path_and_is_the_only_one_that_may_call_its_function(stack: Stack) -> None:
    (stage,) = stack.of_type("AWS::ApiGatewayV2::Stage").values()
    assert set(stage["DefaultRouteSettings"]) == {"ThrottlingRateLimit", "ThrottlingBurstLimit"}
    logged = set(re.findall(r"\$context\.([\w.]+)", stage["AccessLogSettings"]["Format"]))
    assert logged == {"requestId", "httpMethod", "status", "responseLatency", "error.message"}
    integrations = stack.of_type("AWS::ApiGatewayV2::Integration").values()
    assert {(one["PayloadFormatVersion"], named(one["IntegrationUri"])) for one in integrations} == {
        ("2.0", "IngestApiFunction"),
        ("2.0", "ReceiveWebhooksFunction"),
    }
    routes = stack.of_type("AWS::ApiGatewayV2::Route").values()
    assert {one["RouteKey"] for one in routes} == {"ANY /v1/{proxy+}", "POST /hooks/stripe/{source}"}
    for name in ("ApiMayInvoke", "ApiMayPassOnWords"):
        permission = stack.of_type("AWS::Lambda::Permission")[name]
        assert permission["Principal"] == "apigateway.amazonaws.com"
        assert text(permission["SourceArn"]).endswith(":${Api}/*/*")


def test_whoever_anybody_can_call_sees_of_the_table_the_sources_alone(stack: Stack) -> None:
    (grant,) = (one for one in stack.statements("ReceiveWebhooksFunction") if "dynamodb:" in str(one["Action"]))
    assert grant["Condition"] == {"ForAllValues:StringLike": {"dynamodb:LeadingKeys": ["CONFIG", "SOURCE#*"]}}


# ---------- alarms ----------
def _alarms(stack: Stack, metric: str) -> set[str]:
    return {
        named(dimension["Value"])
        for each in stack.of_type("AWS::CloudWatch::Alarm").values()
        if each.get("MetricName") == metric
        for dimension in each["Dimensions"]
    }


def test_every_dead_letter_every_failure_every_silence_rings(stack: Stack) -> None:
    assert _alarms(stack, "ApproximateNumberOfMessagesVisible") == _dead_letters(stack)
    assert _alarms(stack, "ApproximateAgeOfOldestMessage") == {
        "AccountsQueue",
        "NoticesQueue",
        "FeedbackQueue",
        "FeedbackFilesQueue",
        "InboxQueue",
        "WebhooksQueue",
    }
    assert _alarms(stack, "DeliveryToS3.DataFreshness") == {"MailEventsStream"}
    assert _alarms(stack, "Errors") == set(FUNCTIONS)
    assert _alarms(stack, "Invocations") == {"PlanRunFunction", "SweepStuckFunction"}
    assert _alarms(stack, "Reputation.BounceRate") == {"MailConfigurationSet"}
    assert _alarms(stack, "Reputation.ComplaintRate") == {"MailConfigurationSet"}


# ---------- functions ----------
@pytest.mark.parametrize("function", FUNCTIONS)
def test_handlers_follow_one_pattern(stack: Stack, function: str) -> None:
    folder = re.sub(r"([a-z])([A-Z])", r"\1_\2", function.removesuffix("Function")).lower()
    properties = stack.of_type("AWS::Lambda::Function")[function]
    assert properties["Handler"] == f"functions.{folder}.handler.lambda_handler"
    assert (properties["Runtime"], properties["Architectures"]) == ("python3.13", ["arm64"])
    of_every_night = ("PlanRun", "DecideAccounts", "SendNotices", "RecordFeedback", "SweepStuck")
    untraced = function.removesuffix("Function") in of_every_night
    assert properties["TracingConfig"] == {"Mode": "PassThrough" if untraced else "Active"}
    sets_letters = function == "RenderDocumentsFunction"  # the typesetter is larger than all else together
    reads_files = function == "IngestFilesFunction"
    talks = function in TALKING
    layers = [re.sub(r"[0-9a-f]{10}$", "", named(layer)) for layer in properties["Layers"]]
    own = [*(["DocumentsLayer"] * sets_letters), *(["IngestLayer"] * reads_files), *(["ConnectorsLayer"] * talks)]
    assert layers == ["DepsLayer", "CoreLayer", *own]


# ---------- outputs and stages ----------
def test_the_stack_says_which_version_it_is(sam: Stack, root: Path) -> None:
    project = tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert sam.template["Outputs"]["Version"] == {"Value": project["version"]}


def test_outputs_name_what_the_command_line_looks_for(sam: Stack) -> None:
    outputs = sam.template["Outputs"]
    assert {
        "TableName": {"Ref": "Table"},
        "AccountsQueueUrl": {"Ref": "AccountsQueue"},
        "NoticesQueueUrl": {"Ref": "NoticesQueue"},
        "FeedbackQueueUrl": {"Ref": "FeedbackQueue"},
        "ConfigurationSetName": {"Ref": "MailConfigurationSet"},
        "ArchiveBucketName": {"Ref": "ArchiveBucket"},
        **{f"{name}Name": {"Ref": name} for name in FUNCTIONS},
    }.items() <= {name: each["Value"] for name, each in outputs.items()}.items()


def _overrides(root: Path, stage: str) -> dict[str, str]:
    config: dict[str, Any] = tomllib.loads((root / "samconfig.toml").read_text(encoding="utf-8"))
    return dict(pair.split("=", 1) for pair in config[stage]["deploy"]["parameters"]["parameter_overrides"])


@pytest.mark.parametrize("stage", ["dev", "staging", "prod"])
def test_a_stage_sets_parameters_that_exist(root: Path, sam: Stack, stage: str) -> None:
    overrides = _overrides(root, stage)
    assert set(overrides) <= set(sam.template["Parameters"])
    assert overrides["Stage"] == stage
    assert ("DivertAllMailTo" in overrides) == (stage != "prod")  # a test stage never writes to a customer
