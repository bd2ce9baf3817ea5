"""The packaged product on a second emulator: one night there is one night on the local engine, mail for mail."""

import gzip
import re
from collections import Counter
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError

from local.engine import Mail
from tests.e2e.cloud import wait_for
from tests.e2e.kept import differences
from tests.e2e.night import Deployed, Night

pytestmark = pytest.mark.e2e


def _by_notice(mails: list[Mail]) -> dict[str, dict[str, Any]]:
    """Each mail as it was handed over, without what SES adds."""
    told = {
        mail.tags["notice_id"]: {
            "attachments": mail.attachments,  # byte for byte; what separates the parts is drawn by lot
            **{name: value for name, value in mail.to_json().items() if name not in ("message_id", "sent_at", "raw")},
        }
        for mail in mails
    }
    assert len(told) == len(mails), "a notice was sent twice"
    return told


def test_the_night_has_something_of_everything(expected: Night) -> None:
    """Two empty outboxes would be equal too."""
    kinds = {dict(mail.headers)["X-Pastdue-Kind"] for mail in expected.mails}
    languages = {dict(mail.headers)["Content-Language"] for mail in expected.mails}
    assert {"friendly", "warning", "delinquent", "daily-reminder", "digest"} <= kinds
    assert {"en", "de", "fr", "es", "nl"} <= languages
    assert set(expected.states.values()) == {"DELIVERED", "HARD_BOUNCED", "FAILED", "PLANNED"}
    assert len(expected.mails) > 50
    attached = [[media_type for _, media_type, _ in mail.attachments] for mail in expected.mails if mail.attachments]
    assert attached == [["application/pdf", "text/csv"]]


def test_the_outbox_is_that_of_the_local_engine(found: Night, expected: Night) -> None:
    """Sender, readers, subject, text, HTML, headers, tags, and what is attached."""
    assert _by_notice(found.mails) == _by_notice(expected.mails)


def test_the_table_holds_what_the_local_engine_keeps(found: Night, expected: Night) -> None:
    """Accounts, notices, tasks, verdicts, digests, the run: record for record."""
    assert differences(found.kept, expected.kept) == {}


def test_mail_events_lie_in_files_of_the_stream(deployed: Deployed, found: Night) -> None:
    """Of each mail that SES took there are two: sent, then delivered or bounced."""
    assert not deployed.ses.failures
    s3, bucket = deployed.client("s3"), deployed.stack.outputs["ArchiveBucketName"]
    listed = s3.list_objects_v2(Bucket=bucket, Prefix="mail-events/")["Contents"]
    bodies = [gzip.decompress(s3.get_object(Bucket=bucket, Key=one["Key"])["Body"].read()) for one in listed]
    kinds = Counter(re.findall(r'"eventType": "(\w+)"', b"".join(bodies).decode()))
    bounced = sum(state == "HARD_BOUNCED" for state in found.states.values())
    assert kinds == {"Send": len(found.mails), "Delivery": len(found.mails) - bounced, "Bounce": bounced}
    assert len(listed) < len(found.mails)


def test_firing_everything_again_sends_nothing(deployed: Deployed, found: Night) -> None:
    functions = ("plan_run", "sweep_stuck")
    before = {function: deployed.invocations(function) for function in functions}
    deployed.fire("tick")
    deployed.fire("sweep")

    def fired() -> bool:
        return all(deployed.invocations(function) > before[function] for function in functions) and deployed.is_quiet()

    assert wait_for(fired, 60)
    assert len(deployed.ses.outbox) == len(found.mails)
    assert differences(deployed.night().kept, found.kept) == {}


def test_nothing_failed_on_every_attempt(deployed: Deployed, found: Night) -> None:
    sqs = deployed.client("sqs")
    dead = [url for url in sqs.list_queues()["QueueUrls"] if "DeadLetters" in url]
    assert len(dead) == 7
    assert all("Messages" not in sqs.receive_message(QueueUrl=url) for url in dead)


def test_every_resource_was_created(deployed: Deployed) -> None:
    resources = deployed.client("cloudformation").describe_stack_resources(StackName=deployed.stack.stack)
    assert {resource["ResourceStatus"] for resource in resources["StackResources"]} == {"CREATE_COMPLETE"}


def test_who_has_no_permission_gets_nothing(deployed: Deployed) -> None:
    """So what the functions did, their roles allow."""
    iam = deployed.client("iam")
    iam.create_user(UserName="nobody")
    key = iam.create_access_key(UserName="nobody")["AccessKey"]
    nobody = boto3.client(
        "dynamodb", aws_access_key_id=key["AccessKeyId"], aws_secret_access_key=key["SecretAccessKey"]
    )
    with pytest.raises(ClientError, match="AccessDenied"):
        nobody.get_item(TableName=deployed.stack.outputs["TableName"], Key={"pk": {"S": "CONFIG"}, "sk": {"S": "x"}})
