"""Every right belongs to a call that its function really makes; the key and the deletions are in few hands."""

import ast
import re
from functools import cache
from pathlib import Path

import pytest

from tests.infra.stack import Stack, as_list, text

# Who makes the calls of a service for everybody; what counts is who calls them.
WRAPPERS = frozenset({"functions/shared/store/table.py", "functions/shared/archive.py", "functions/shared/queues.py"})
# How a right shows in the code.
SHOWS = {
    "dynamodb:Query": r"\.(query|pages|count)\(\s*keys\.|\btable\(\)\.(query|pages|count)\(",
    "dynamodb:GetItem": r"table\(\)\.get\(",
    "dynamodb:BatchGetItem": r"\.batch_get\(",
    "dynamodb:PutItem": r"table\(\)\.put(_if)?\(",
    "dynamodb:UpdateItem": r"\.update_if\(|update_item\(",
    "dynamodb:BatchWriteItem": r"\.batch_write\(",
    "dynamodb:DeleteItem": r"table\(\)\.delete\(|\.batch_write\(",
    "sqs:SendMessage": r"queues\.send\(|send_message",
    "s3:PutObject": r"archive\.put(_once)?\(|put_object\(",
    "s3:GetObject": r"archive\.get\(|get_object\(",
    "s3:GetObjectVersion": r"VersionId",
    "s3:ListBucket": r"get_object\(|head_object\(|archive\.get\(|list_objects",  # else a missing object is a denied one
    "ses:SendEmail": r"send_email\(",
    "ses:GetAccount": r"get_account\(",
    "lambda:InvokeFunction": r"\.invoke\(",
    "secretsmanager:GetSecretValue": r"get_secret_value\(",
    "secretsmanager:PutSecretValue": r"put_secret_value\(",
    "sms-voice:SendTextMessage": r"send_text_message\(",
    "social-messaging:SendWhatsAppMessage": r"send_whatsapp_message\(",
}
# What AWS does with the function's role, not the function.
BY_AWS = re.compile(r"kms:|logs:|xray:|sqs:(ReceiveMessage|DeleteMessage|GetQueueAttributes)$")
GIVING_UP = "ScheduleDeadLetters"  # Lambda itself writes there when an invocation was given up


def folder_of(function: str) -> str:
    return re.sub(r"([a-z])([A-Z])", r"\1_\2", function.removesuffix("Function")).lower()


@cache
def reached(root: Path, folder: str) -> frozenset[Path]:
    """The modules of ours that a function imports, at its start or later."""
    found: set[Path] = set()
    left = list((root / "functions" / folder).glob("*.py"))
    while left:
        path = left.pop()
        if path not in found:
            found.add(path)
            left += [root / name for name in imported(path) if (root / name).exists()]
    return frozenset(found)


def imported(path: Path) -> set[str]:
    names: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom) and node.module and node.module.startswith("functions"):
            names |= {node.module, *(f"{node.module}.{alias.name}" for alias in node.names)}
    return {f"{name.replace('.', '/')}.py" for name in names}


def code_of(root: Path, function: str) -> str:
    modules = reached(root, folder_of(function))
    return "\n".join(
        path.read_text(encoding="utf-8") for path in modules if path.relative_to(root).as_posix() not in WRAPPERS
    )


def functions(stack: Stack) -> list[str]:
    return sorted(stack.of_type("AWS::Lambda::Function"))


def test_every_right_belongs_to_a_call_that_is_made(stack: Stack, root: Path) -> None:
    idle = []
    for function in functions(stack):
        code = code_of(root, function)
        for statement in stack.statements(function):
            to = {text(resource) for resource in as_list(statement["Resource"])}
            for action in as_list(statement["Action"]):
                if BY_AWS.match(action) or (action == "sqs:SendMessage" and to == {GIVING_UP}):
                    continue
                if not re.search(SHOWS[action], code):
                    idle.append((function, action, statement.get("Sid")))
    assert idle == []


def test_whoever_never_calls_a_service_has_no_right_on_it(root: Path, stack: Stack) -> None:
    """The other way round, where it matters most: mail, secrets, other functions."""
    for action in ("ses:SendEmail", "secretsmanager:GetSecretValue", "lambda:InvokeFunction"):
        allowed = {
            function
            for function in functions(stack)
            if any(action in as_list(each["Action"]) for each in stack.statements(function))
        }
        assert allowed, action
        for function in allowed:
            assert re.search(SHOWS[action], code_of(root, function)), (function, action)


def test_only_those_who_take_in_facts_remove_records(stack: Stack) -> None:
    removers = {
        function
        for function in functions(stack)
        for each in stack.statements(function)
        if {"dynamodb:DeleteItem", "dynamodb:BatchWriteItem"} & set(as_list(each["Action"]))
    }
    assert removers == {"IngestFilesFunction", "IngestApiFunction"}
    actions = {action for _, each in stack.all_statements() for action in as_list(each["Action"])}
    assert not {"dynamodb:Scan", "dynamodb:DeleteTable", "dynamodb:UpdateTable"} & actions


def test_the_key_serves_the_account_and_four_services_under_conditions(stack: Stack) -> None:
    (key,) = stack.of_type("AWS::KMS::Key").values()
    assert key["EnableKeyRotation"] is True
    services = {}
    for statement in key["KeyPolicy"]["Statement"]:
        assert statement["Effect"] == "Allow"
        principal = statement["Principal"]
        if "AWS" in principal:  # who may use it is then said in each role
            assert text(principal["AWS"]) == "arn:${AWS::Partition}:iam::${AWS::AccountId}:root"
            continue
        assert not {"kms:*", "*"} & set(as_list(statement["Action"])), statement["Sid"]
        (condition,) = statement["Condition"].values()
        services[text(principal["Service"]).partition(".")[0]] = set(condition)
    account = {"aws:SourceAccount"}
    assert services == {
        "logs": {"kms:EncryptionContext:aws:logs:arn"},
        "events": account,
        "cloudwatch": account,
        **({"s3": account} if "s3" in services else {}),
    }


@pytest.mark.parametrize(
    ("role", "key"),
    [("MailEventsToStreamRole", "aws:SourceAccount"), ("MailEventsStreamRole", "sts:ExternalId")],
)
def test_a_service_takes_up_a_role_by_what_it_says_of_our_account(stack: Stack, role: str, key: str) -> None:
    """Of Data Firehose its documents name the external id alone: asked for another key, it might not get in."""
    (statement,) = stack.of_type("AWS::IAM::Role")[role]["AssumeRolePolicyDocument"]["Statement"]
    (condition,) = statement["Condition"].values()
    assert set(condition) == {key}


@pytest.mark.parametrize("kind", ["AWS::SQS::QueuePolicy", "AWS::S3::BucketPolicy"])
def test_nobody_outside_may_write_to_us_but_what_we_named(stack: Stack, kind: str) -> None:
    """An Allow names a service and the very thing of ours that it acts for."""
    for name, policy in stack.of_type(kind).items():
        for statement in policy["PolicyDocument"]["Statement"]:
            if statement["Effect"] == "Allow":
                assert set(statement["Principal"]) == {"Service"}, name
                keys = {key for condition in statement["Condition"].values() for key in condition}
                assert keys & {"aws:SourceArn", "aws:SourceAccount"}, name
