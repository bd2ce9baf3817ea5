"""A template with one grant taken away: the engine shows what AWS would not do."""

import json
import os
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError

from local.engine import Engine, NotGrantedError
from local.engine.stack import TEMPLATE
from tests.local.toys import QUIET, client, mail_to

START = datetime(2026, 1, 8, 8, 0, tzinfo=UTC)


def changed(tmp_path: Path, *changes: tuple[str, str]) -> Path:
    text = TEMPLATE.read_text(encoding="utf-8")
    for before, after in changes:
        assert before in text, before
        text = text.replace(before, after)
    path = tmp_path / "template.yaml"
    path.write_text(text, encoding="utf-8")
    return path


def publish(engine: Engine) -> None:
    engine.client("sesv2").send_email(**mail_to("a@customer.example"))
    engine.run_until(START + timedelta(minutes=1))  # until the stream puts a file


@pytest.mark.parametrize(
    ("before", "after", "message"),
    [
        ("Action: [kms:Decrypt, kms:GenerateDataKey]\n", "Action: [kms:Decrypt]\n", "does not let EventBridge kms:"),
        (
            "Sid: MailEventsOnly\n            Effect: Allow",
            "Sid: MailEventsOnly\n            Effect: Deny",
            "policy of",
        ),
        ("[firehose:PutRecord, firehose:PutRecordBatch]", "[firehose:PutRecord]", "may not put into it"),
        ("[s3:PutObject, s3:AbortMultipartUpload]", "[s3:AbortMultipartUpload]", "may not s3:PutObject"),
    ],
)
def test_events_do_not_reach_what_refuses_them(tmp_path: Path, before: str, after: str, message: str) -> None:
    template = changed(tmp_path, (before, after))
    with (
        Engine(start=START, template=template, handlers=QUIET) as opened,
        pytest.raises(NotGrantedError, match=message),
    ):
        publish(opened)


def test_a_mapping_polls_only_what_its_function_may_receive(tmp_path: Path) -> None:
    line = "Action: [sqs:ReceiveMessage, sqs:DeleteMessage, sqs:GetQueueAttributes]"
    template = changed(tmp_path, (line, "Action: [sqs:ReceiveMessage]"))
    with Engine(start=START, template=template, handlers=QUIET) as opened:
        send_to_queue(opened)
        with pytest.raises(NotGrantedError, match="sqs:DeleteMessage"):
            opened.pump()


def send_to_queue(engine: Engine) -> None:
    url = engine.stack.outputs["NoticesQueueUrl"]
    engine.client("sqs").send_message(QueueUrl=url, MessageBody=json.dumps({"notice_id": "N1"}))


def test_a_table_under_our_key_needs_the_key(tmp_path: Path) -> None:
    template = changed(
        tmp_path,
        ("Action: [kms:Decrypt, kms:Encrypt, kms:GenerateDataKey, kms:DescribeKey]", "Action: kms:DescribeKey"),
    )

    def act(_event: Any, _context: Any) -> None:
        key = {"pk": {"S": "X"}, "sk": {"S": "A"}}
        client("dynamodb").get_item(TableName=os.environ["TABLE_NAME"], Key=key)

    with (
        Engine(start=START, template=template, handlers={**QUIET, "PlanRunFunction": act}) as opened,
        pytest.raises(ClientError, match="kms:Decrypt"),
    ):
        opened.invoke("PlanRunFunction", {})
