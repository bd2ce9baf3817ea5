"""What the template does not grant does not work here either."""

import re
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
from botocore.exceptions import ClientError

from local.engine import Engine
from local.engine.needs import needs
from local.engine.permissions import Need, PolicyNotUnderstoodError, allowed
from tests.local.toys import QUIET, client, mail_to

START = datetime(2026, 1, 8, 8, 0, tzinfo=UTC)
Act = Callable[[Engine], Any]

ACT: list[Act] = []


@pytest.fixture(scope="module")
def engine() -> Iterator[Engine]:
    def act(_event: Any, _context: Any) -> None:
        ACT[0](opened)

    with Engine(start=START, handlers=dict.fromkeys(QUIET, act)) as opened:
        yield opened


def by(engine: Engine, function: str, act: Act) -> None:
    ACT[:] = [act]
    engine.invoke(function, {})


def denied(engine: Engine, function: str, act: Act) -> str:
    with pytest.raises(ClientError) as refused:
        by(engine, function, act)
    assert refused.value.response["Error"]["Code"] in ("AccessDeniedException", "AccessDenied")
    return str(refused.value)


def put_item(engine: Engine) -> None:
    item = {"pk": {"S": "X"}, "sk": {"S": "A"}}
    client("dynamodb").put_item(TableName=engine.stack.table_name, Item=item)


def query_index(name: str, hash_key: str) -> Act:
    def act(engine: Engine) -> None:
        client("dynamodb").query(
            TableName=engine.stack.table_name,
            IndexName=name,
            KeyConditionExpression=f"{hash_key} = :p",
            ExpressionAttributeValues={":p": {"S": "x"}},
        )

    return act


def test_granted_calls_pass(engine: Engine) -> None:
    for function in QUIET:
        by(engine, function, put_item)
    written = engine.client("dynamodb").get_item(
        TableName=engine.stack.table_name, Key={"pk": {"S": "X"}, "sk": {"S": "A"}}
    )
    assert written["Item"] == {"pk": {"S": "X"}, "sk": {"S": "A"}}
    sent = len(engine.outbox)
    by(engine, "PlanRunFunction", query_index("due", "due_pk"))
    by(engine, "SweepStuckFunction", query_index("attention", "att_pk"))
    by(engine, "SendNoticesFunction", lambda _: client("sesv2").send_email(**mail_to("a@customer.example")))
    assert len(engine.outbox) == sent + 1


def put_object(key: str) -> Act:
    return lambda engine: client("s3").put_object(Bucket=engine.stack.buckets[0], Key=key, Body=b"{}")


def send_to(output: str) -> Act:
    def act(engine: Engine) -> None:
        client("sqs").send_message(QueueUrl=engine.stack.outputs[output], MessageBody="{}")

    return act


@pytest.mark.parametrize(
    ("function", "act", "named"),
    [
        ("PlanRunFunction", query_index("attention", "att_pk"), "dynamodb:Query on .*/index/attention"),
        ("DecideAccountsFunction", query_index("due", "due_pk"), "dynamodb:Query on .*/index/due"),
        ("PlanRunFunction", lambda e: client("dynamodb").scan(TableName=e.stack.table_name), "dynamodb:Scan"),
        ("SendNoticesFunction", send_to("AccountsQueueUrl"), "sqs:SendMessage on .*AccountsQueue"),
        ("PlanRunFunction", put_object("notices/N1.json"), "s3:PutObject"),
        ("PlanRunFunction", lambda _: client("sesv2").send_email(**mail_to("a@customer.example")), "ses:SendEmail"),
        (
            "SendNoticesFunction",
            lambda _: client("sesv2").send_email(**mail_to("a@customer.example", sender="x@elsewhere.example")),
            "ses:fromaddress = x@elsewhere.example",
        ),
        ("SendNoticesFunction", lambda _: client("sts").get_caller_identity(), "sts:GetCallerIdentity"),
    ],
)
def test_calls_that_no_role_grants_are_refused(engine: Engine, function: str, act: Act, named: str) -> None:
    assert re.search(named, denied(engine, function, act))


def test_the_engines_own_calls_are_exempt_even_inside_a_handler(engine: Engine) -> None:
    seen = []

    def scan(engine: Engine) -> None:
        seen.append(engine.client("dynamodb").scan(TableName=engine.stack.table_name)["ScannedCount"])

    scan(engine)
    by(engine, "PlanRunFunction", scan)
    assert seen == seen[:1] * 2


def needed(engine: Engine, service: str, operation: str, **params: Any) -> list[str]:
    return [str(need) for need in needs(engine.stack, service, operation, params)]


def test_what_calls_need(engine: Engine) -> None:
    table, bucket = engine.stack.table_name, engine.stack.buckets[0]
    arn, key = f"arn:aws:dynamodb:eu-west-1:123456789012:table/{table}", engine.stack.bucket_keys[bucket]
    by_table = f"kms:Decrypt on {key} with kms:viaservice = dynamodb.eu-west-1.amazonaws.com"
    assert needed(engine, "dynamodb", "BatchGetItem", RequestItems={table: {}}) == [
        f"dynamodb:BatchGetItem on {arn}",
        by_table,
    ]
    writes = [{"Put": {"TableName": table}}, {"ConditionCheck": {"TableName": table}}]
    assert needed(engine, "dynamodb", "TransactWriteItems", TransactItems=writes) == [
        f"dynamodb:PutItem on {arn}",
        f"dynamodb:ConditionCheckItem on {arn}",
        by_table,
    ]
    assert needed(engine, "s3", "PutObject", Bucket=bucket, Key="notices/N1.json") == [
        f"s3:PutObject on arn:aws:s3:::{bucket}/notices/N1.json",
        f"kms:GenerateDataKey on {key} with kms:viaservice = s3.eu-west-1.amazonaws.com",
    ]
    queue = engine.stack.queues["FeedbackQueue"]
    sent = needed(engine, "sqs", "SendMessageBatch", QueueUrl=queue.physical_resource_id)
    assert sent[0] == f"sqs:SendMessage on {queue.queue_arn}"
    assert [need.split()[0] for need in sent[1:]] == ["kms:GenerateDataKey", "kms:Decrypt"]


# ---------- the evaluator ----------
def statement(**changes: Any) -> dict[str, Any]:
    return {"Statement": [{"Effect": "Allow", "Action": "sqs:Send*", "Resource": "arn:q", **changes}]}


@pytest.mark.parametrize(
    ("policies", "need", "verdict"),
    [
        ([], Need("sqs:SendMessage", "arn:q"), False),
        ([statement()], Need("sqs:SendMessage", "arn:q"), True),
        ([statement()], Need("SQS:sendmessage", "arn:q"), True),  # actions ignore case
        ([statement()], Need("sqs:SendMessage", "arn:Q"), False),  # resources do not
        ([statement()], Need("sqs:ReceiveMessage", "arn:q"), False),
        ([statement(Resource=["arn:a", "arn:?"])], Need("sqs:SendMessage", "arn:q"), True),
        ([statement(Resource="arn:[q]")], Need("sqs:SendMessage", "arn:q"), False),  # not a pattern in IAM
        ([statement(), statement(Effect="Deny")], Need("sqs:SendMessage", "arn:q"), False),
        (
            [statement(Condition={"StringLike": {"ses:From": "*@a"}})],
            Need("sqs:SendMessage", "arn:q", (("ses:from", "x@a"),)),
            True,
        ),
        (
            [statement(Condition={"StringLike": {"ses:From": "*@a"}})],
            Need("sqs:SendMessage", "arn:q", (("ses:from", "x@b"),)),
            False,
        ),
        ([statement(Condition={"StringEquals": {"k": "1"}})], Need("sqs:SendMessage", "arn:q"), False),  # key absent
    ],
)
def test_policies_are_read_as_iam_reads_them(policies: list[Any], need: Need, verdict: bool) -> None:
    assert allowed(policies, need) is verdict


@pytest.mark.parametrize("part", [{"NotAction": "sqs:*"}, {"Condition": {"NumericLessThan": {"k": "1"}}}])
def test_a_policy_that_is_not_understood_is_no_permission(part: Any) -> None:
    with pytest.raises(PolicyNotUnderstoodError):
        allowed([statement(**part)], Need("sqs:SendMessage", "arn:q"))
