"""Mail handed to SES is kept whole, and what became of it comes back: at once by a queue, or in a file of a minute."""

import gzip
import json
import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from email import message_from_bytes, policy
from pathlib import Path
from typing import Any
from urllib.parse import unquote_plus

import pytest
from botocore.exceptions import ClientError, ReadTimeoutError

from functions.shared import wiring
from local.engine import Engine, write_folder
from local.engine import ses_script as script
from local.engine.outbox import Mail
from tests.local.toys import QUIET, mail_to, send_to_recipient_in_id

START = datetime(2026, 1, 8, 8, 0, tzinfo=UTC)
HEARD: list[dict[str, Any]] = []
FILE = timedelta(minutes=1)  # so long the stream gathers what it puts into one


def hear(event: Any, _context: Any) -> None:
    for record in event["Records"]:
        message = json.loads(record["body"])
        if "Records" not in message:
            HEARD.append(message)
        for told in message.get("Records", ()):
            content = wiring.client("s3").get_object(
                Bucket=told["s3"]["bucket"]["name"], Key=unquote_plus(told["s3"]["object"]["key"])
            )
            listed = "[" + gzip.decompress(content["Body"].read()).decode().replace("}{", "},{") + "]"
            HEARD.extend(body for body in json.loads(listed) if body["detail"]["eventType"] in ("Send", "Delivery"))


@pytest.fixture(scope="module")
def opened() -> Iterator[Engine]:
    handlers = {**QUIET, "SendNoticesFunction": send_to_recipient_in_id, "RecordFeedbackFunction": hear}
    with Engine(start=START, handlers=handlers) as engine:
        yield engine


@pytest.fixture
def engine(opened: Engine) -> Engine:
    HEARD.clear()
    opened.reset(now=START)
    return opened


def stored_files(engine: Engine) -> list[str]:
    found = engine.client("s3").list_objects_v2(Bucket=engine.stack.outputs["ArchiveBucketName"], Prefix="mail-events/")
    return [one["Key"] for one in found.get("Contents", ())]


def send(engine: Engine, *recipients: str) -> None:
    for recipient in recipients:
        url = engine.stack.outputs["NoticesQueueUrl"]
        engine.client("sqs").send_message(QueueUrl=url, MessageBody=json.dumps({"notice_id": recipient}))
    engine.pump()


def test_a_mail_is_kept_as_it_was_handed_over(engine: Engine) -> None:
    send(engine, "jane")
    (mail,) = engine.outbox
    assert mail.to == ("jane@customer.example",)
    assert mail.sent_at == START
    assert mail.subject == "Zahlungserinnerung über 12,50 €"
    assert (mail.text, mail.html) == ("Guten Tag", "<p>Guten Tag</p>")
    assert mail.headers == (("Auto-Submitted", "auto-generated"),)
    assert mail.tags == {"notice_id": "jane", "deployment": "pastdue"}


def test_send_and_delivery_come_back_as_eventbridge_events(engine: Engine) -> None:
    send(engine, "jane")
    engine.run_until(START + FILE - timedelta(seconds=1))
    assert HEARD == []
    engine.run_until(START + FILE)
    assert [event["detail-type"] for event in HEARD] == ["Email Sent", "Email Delivered"]
    delivered = HEARD[1]
    assert delivered["source"] == "aws.ses"
    assert delivered["account"] == "123456789012"
    assert delivered["time"] == "2026-01-08T08:00:02Z"
    detail = delivered["detail"]
    assert detail["eventType"] == "Delivery"
    assert detail["delivery"]["recipients"] == ["jane@customer.example"]
    assert detail["mail"]["messageId"] == engine.outbox[0].message_id
    assert detail["mail"]["tags"]["notice_id"] == ["jane"]
    assert detail["mail"]["tags"]["ses:configuration-set"] == ["pastdue"]


@pytest.mark.parametrize(
    ("recipient", "within", "kinds"),
    [
        ("bounce", timedelta(seconds=2), ["Bounce", "Send"]),
        ("bounce+invoice", timedelta(seconds=2), ["Bounce", "Send"]),
        ("softbounce", timedelta(hours=12), ["Send", "Bounce"]),
        ("suppressed", timedelta(seconds=2), ["Bounce", "Send"]),
        ("latebounce", timedelta(hours=1), ["Send", "Delivery", "Bounce"]),
        ("complaint", timedelta(hours=1), ["Send", "Delivery", "Complaint"]),
        ("delay", timedelta(hours=2), ["Send", "DeliveryDelay", "Delivery"]),
        ("virus", timedelta(seconds=2), ["Reject"]),
        ("silent", timedelta(hours=24), []),
    ],
)
def test_a_local_part_decides_what_becomes_of_a_mail(
    engine: Engine, recipient: str, within: timedelta, kinds: list[str]
) -> None:
    send(engine, recipient)
    engine.run_until(START + within + FILE)
    assert [event["detail"]["eventType"] for event in HEARD] == kinds
    assert len(engine.outbox) == 1
    for event in HEARD:  # the member named after the kind is there
        kind = event["detail"]["eventType"]
        assert kind[0].lower() + kind[1:] in event["detail"]


def test_only_our_deployments_events_reach_the_queue(engine: Engine) -> None:
    request = mail_to("jane@customer.example")
    request["EmailTags"][1]["Value"] = "another-stack"
    engine.client("sesv2").send_email(**request)
    engine.run_until(START + timedelta(minutes=2))
    assert HEARD == []
    assert stored_files(engine) == []


def test_event_types_that_the_template_does_not_publish_are_not_published(engine: Engine) -> None:
    destination = engine.stack.event_destinations[0]
    assert "open" not in destination.event_types
    assert {"send", "delivery", "bounce", "complaint", "reject", "deliveryDelay"} <= destination.event_types


@pytest.mark.parametrize(
    ("recipient", "code"),
    [("throttle", "TooManyRequestsException"), ("reject", "MessageRejected"), ("quota", "LimitExceededException")],
)
def test_refusals_are_the_sdks_own_errors(engine: Engine, recipient: str, code: str) -> None:
    with pytest.raises(ClientError) as refused:
        engine.client("sesv2").send_email(**mail_to(f"{recipient}@customer.example"))
    assert refused.value.response["Error"]["Code"] == code
    assert isinstance(refused.value, getattr(engine.client("sesv2").exceptions, code))
    assert engine.outbox == []


def test_a_time_out_hides_whether_the_mail_was_accepted(engine: Engine) -> None:
    ses = engine.client("sesv2")
    for recipient, kept in (("timeout", 1), ("lost", 1)):
        with pytest.raises(ReadTimeoutError):
            ses.send_email(**mail_to(f"{recipient}@customer.example"))
        assert len(engine.outbox) == kept
    assert engine.ses.requests == 2


def test_a_test_may_script_the_behaviour(engine: Engine) -> None:
    def behaviour(mail: Mail) -> script.Script:
        return script.paused() if mail.tags["notice_id"] == "N2" else script.delivered()

    engine.ses.behaviour = behaviour
    ses = engine.client("sesv2")
    ses.send_email(**mail_to("a@customer.example", notice_id="N1"))
    with pytest.raises(ses.exceptions.SendingPausedException):
        ses.send_email(**mail_to("a@customer.example", notice_id="N2"))


BAD_TAG = [{"Name": "notice_id", "Value": "N 1"}]
MANY = [f"a{n}@customer.example" for n in range(51)]


def content(**changes: Any) -> Any:
    simple = {**mail_to("a@b.example")["Content"]["Simple"], **changes}
    return {"Content": {"Simple": simple}}


@pytest.mark.parametrize(
    ("recipients", "changes", "code"),
    [
        (MANY, {}, "BadRequestException"),
        ([], {}, "BadRequestException"),
        (["jürgen@customer.example"], {}, "BadRequestException"),  # the part before the @ is ASCII
        (["a@customer.example\nBcc: x@y.example"], {}, "BadRequestException"),
        (["a@customer.example"], {"EmailTags": BAD_TAG}, "BadRequestException"),
        (["a@customer.example"], content(Headers=[{"Name": "X Y", "Value": "1"}]), "BadRequestException"),
        (["a@customer.example"], content(Headers=[{"Name": "X-Y", "Value": "1\r\nBcc: x"}]), "BadRequestException"),
        (["a@customer.example"], content(Headers=[{"Name": "Subject", "Value": "1"}]), "BadRequestException"),
        (["a@customer.example"], content(Subject={"Data": "a\nb"}), "BadRequestException"),
        (["a@customer.example"], {"ConfigurationSetName": "absent"}, "NotFoundException"),
        (["a@customer.example"], {"sender": "ar@elsewhere.example"}, "MessageRejected"),
    ],
)
def test_what_ses_refuses_is_refused(engine: Engine, recipients: list[str], changes: Any, code: str) -> None:
    with pytest.raises(ClientError) as refused:
        engine.client("sesv2").send_email(**mail_to(*recipients, **changes))
    assert refused.value.response["Error"]["Code"] == code
    assert engine.outbox == []


def test_the_account_counts_recipients_of_a_day(engine: Engine) -> None:
    engine.client("sesv2").send_email(**mail_to("a@customer.example", "b@customer.example"))
    assert engine.client("sesv2").get_account()["SendQuota"]["SentLast24Hours"] == 2
    engine.move_to(START + timedelta(days=1))
    assert engine.client("sesv2").get_account()["SendQuota"]["SentLast24Hours"] == 0


def test_the_outbox_is_written_as_eml_files(engine: Engine, tmp_path: Path) -> None:
    request = mail_to("jane@customer.example", "joe@customer.example", notice_id="N7")
    request["Destination"]["CcAddresses"] = ["boss@customer.example"]
    engine.client("sesv2").send_email(**request, ReplyToAddresses=["Ann Lee <ann@acme.example>"])
    (path,) = write_folder(engine.outbox, tmp_path / "outbox")
    assert path.name == "2026-01-08T0800_jane-at-customer.example_N7.eml"
    message = message_from_bytes(path.read_bytes(), policy=policy.default)
    assert message["From"] == "Acme <ar@mail.example.com>"
    assert message["To"] == "jane@customer.example, joe@customer.example"
    assert message["Cc"] == "boss@customer.example"
    assert message["Reply-To"] == "Ann Lee <ann@acme.example>"
    assert message["Subject"] == "Zahlungserinnerung über 12,50 €"
    assert message["Auto-Submitted"] == "auto-generated"
    assert message["Date"].datetime == START
    assert [part.get_content_type() for part in message.iter_parts()] == ["text/plain", "text/html"]
    assert message.get_body(("plain",)).get_content().strip() == "Guten Tag"


def test_a_file_has_every_event_of_its_minute_under_the_hour_of_its_first(engine: Engine) -> None:
    engine.move_to(START + timedelta(minutes=59, seconds=30))
    send(engine, "jane", "bounce")
    engine.run_until(START + timedelta(hours=2))
    (key,) = stored_files(engine)
    assert re.fullmatch(
        r"mail-events/2026/01/08/08/pastdue-MailEventsStream-\w+-1-2026-01-08-08-59-30-[0-9a-f-]+\.gz", key
    )
    stored = engine.client("s3").get_object(Bucket=engine.stack.outputs["ArchiveBucketName"], Key=key)
    said = gzip.decompress(stored["Body"].read()).decode()
    assert [said.count(f'"eventType": "{kind}"') for kind in ("Send", "Delivery", "Bounce")] == [2, 1, 1]


def test_a_file_is_put_as_soon_as_it_is_large_enough(engine: Engine) -> None:
    request = mail_to("jane@customer.example")
    request["Content"]["Simple"]["Subject"]["Data"] = "x" * 300_000  # every event says it twice
    engine.client("sesv2").send_email(**request)
    engine.run_until(START)
    assert stored_files(engine) == []
    engine.run_until(START + timedelta(seconds=2))
    assert len(stored_files(engine)) == 1


RAW = (
    b"From: Acme <ar@mail.example.com>\r\nTo: jane@customer.example\r\nReply-To: ann@acme.example\r\n"
    b"Subject: Reminder\r\nX-Y: 1\r\nMIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n"
    b"--b\r\nContent-Type: text/plain\r\n\r\nHello\r\n--b\r\nContent-Type: application/pdf\r\n"
    b'Content-Disposition: attachment; filename="a.pdf"\r\nContent-Transfer-Encoding: base64\r\n'
    b"\r\nJVBERg==\r\n--b--\r\n"
)


def test_a_whole_message_is_read_and_kept_as_it_came(engine: Engine, tmp_path: Path) -> None:
    engine.client("sesv2").send_email(**mail_to("jane@customer.example", Content={"Raw": {"Data": RAW}}))
    (mail,) = engine.outbox
    assert (mail.subject, mail.text.strip(), mail.html) == ("Reminder", "Hello", "")
    assert (mail.reply_to, mail.headers) == (("ann@acme.example",), (("X-Y", "1"),))
    assert mail.attachments == (("a.pdf", "application/pdf", b"%PDF"),)
    assert Mail.from_json(json.loads(json.dumps(mail.to_json()))) == mail
    (path,) = write_folder(engine.outbox, tmp_path)
    assert path.read_bytes().endswith(RAW)
    assert message_from_bytes(path.read_bytes(), policy=policy.default)["Message-ID"].startswith(f"<{mail.message_id}@")


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        RAW.replace(b"Hello", "Grüße".encode()),  # not 7-bit
        RAW.replace(b"Hello", b"x" * 999),
        RAW.replace(b"\r\n", b"\n"),
        RAW.replace(b"X-Y: 1", b"From: x@y.example"),
        RAW.replace(b"Subject: Reminder\r\n", b""),
    ],
)
def test_a_whole_message_that_ses_refuses_is_refused(engine: Engine, raw: bytes) -> None:
    with pytest.raises(ClientError) as refused:
        engine.client("sesv2").send_email(**mail_to("jane@customer.example", Content={"Raw": {"Data": raw}}))
    assert refused.value.response["Error"]["Code"] == "BadRequestException"
    assert engine.outbox == []
