"""Two commands in two processes see one engine."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from local.engine import Engine, StateFolderBusyError
from local.engine.state import UnknownStateFormatError, bucket_of
from tests.local.toys import QUIET, mail_to, notice_ids, queue_notice

START = datetime(2026, 1, 8, 8, 0, tzinfo=UTC)
ITEM: dict[str, Any] = {
    "pk": {"S": "ACCT#E#C1"}, "sk": {"S": "A"}, "version": {"N": "7"}, "flag": {"BOOL": True},
    "raw": {"B": b"\x00\xff"}, "raws": {"BS": [b"\x00", b"\xff"]}, "none": {"NULL": True},
    "names": {"SS": ["a", "b"]}, "numbers": {"NS": ["1", "2"]},
    "nested": {"M": {"list": {"L": [{"S": "ä"}, {"M": {"b": {"B": b"x"}}}, {"N": "1.50"}]}}},
    "att_pk": {"S": "ATT#E#0"}, "att_sk": {"S": "2026-01-09T08:00:00Z#ACCT#C1"},
}  # fmt: skip
SEEN: list[str] = []


def refuse(event: Any, _context: Any) -> Any:
    SEEN.extend(notice_ids(event))
    return {"batchItemFailures": [{"itemIdentifier": record["messageId"]} for record in event["Records"]]}


def opened(folder: Path, **options: Any) -> Engine:
    return Engine(start=START, state_dir=folder, handlers={**QUIET, "SendNoticesFunction": refuse}, **options)


def fill(engine: Engine) -> None:
    engine.client("dynamodb").put_item(TableName=engine.stack.table_name, Item=ITEM)
    engine.client("s3").put_object(Bucket=engine.stack.buckets[0], Key="notices/N1.json", Body=b'{"n":1}')
    engine.client("sesv2").send_email(**mail_to("jane@customer.example", notice_id="N1"))
    queue_notice("N1", engine.stack.outputs["NoticesQueueUrl"])


def test_everything_comes_back(tmp_path: Path) -> None:
    folder = tmp_path / ".pastdue"
    with opened(folder) as engine:
        fill(engine)
        engine.move_to(START + timedelta(seconds=1))
        kept = list(engine.outbox)
    with opened(folder) as engine:
        assert engine.now == START + timedelta(seconds=1)
        table = engine.stack.table_name
        found = engine.client("dynamodb").get_item(TableName=table, Key={"pk": ITEM["pk"], "sk": ITEM["sk"]})["Item"]
        assert found == ITEM
        by_index = engine.client("dynamodb").query(
            TableName=table,
            IndexName="attention",
            KeyConditionExpression="att_pk = :p",
            ExpressionAttributeValues={":p": ITEM["att_pk"]},
        )
        assert by_index["Count"] == 1
        assert engine.outbox == kept
        stored = engine.client("s3").get_object(Bucket=engine.stack.buckets[0], Key="notices/N1.json")
        assert stored["Body"].read() == b'{"n":1}'
        assert [json.loads(body)["notice_id"] for body in engine.messages("NoticesQueue")] == ["N1"]
        engine.run_until(START + timedelta(seconds=2))
    with opened(folder) as engine:
        pumped = engine.run_until(START + timedelta(seconds=62))
        assert pumped.done == {"FeedbackFilesQueue": 1}  # the mail's events were still to come, then in the stream
        (key,) = [key for key in bucket_of(engine.stack.outputs["ArchiveBucketName"]).keys if "mail-events" in key]
    with opened(folder) as engine:
        assert engine.messages("FeedbackFilesQueue") == []  # nothing is new about a file
        engine.move_to(START + timedelta(days=4))
        assert key in bucket_of(engine.stack.outputs["ArchiveBucketName"]).keys
    with opened(folder) as engine:
        assert key not in bucket_of(engine.stack.outputs["ArchiveBucketName"]).keys


def test_links_signed_by_one_process_open_in_the_next(tmp_path: Path) -> None:
    said = []
    for _ in range(2):
        with opened(tmp_path / ".pastdue") as engine:
            arn = engine.stack.functions["SendNoticesFunction"].environment["LINK_SECRET_ARN"]
            said.append(engine.client("secretsmanager").get_secret_value(SecretId=arn)["SecretString"])
    assert said[0] == said[1]
    assert len(json.loads(said[0])["current"]) == 64


def test_a_message_in_flight_keeps_its_time_out_and_its_count(tmp_path: Path) -> None:
    SEEN.clear()
    with opened(tmp_path) as engine:
        queue_notice("N1", engine.stack.outputs["NoticesQueueUrl"])
        engine.pump()
    with opened(tmp_path) as engine:
        engine.run_until(START + timedelta(minutes=5))
        assert SEEN == ["N1"]
        engine.run_until(START + timedelta(hours=2))
        assert SEEN == ["N1"] * 5  # then it went to the dead letters
        assert len(engine.messages("NoticesDeadLetters")) == 1


def test_a_failed_tick_is_tried_again_by_the_next_process(tmp_path: Path) -> None:
    tried: list[datetime] = []

    def fail(_event: Any, _context: Any) -> None:
        tried.append(engine.now)
        raise RuntimeError("boom")

    with opened(tmp_path) as engine:
        engine._handlers["PlanRunFunction"] = fail
        engine.run_until(START + timedelta(hours=1))
    with opened(tmp_path) as engine:
        engine._handlers["PlanRunFunction"] = fail
        engine.run_until(START + timedelta(hours=1, minutes=5))
    assert tried == [START + timedelta(hours=1), START + timedelta(hours=1, minutes=1)]


def test_a_failed_command_changes_nothing(tmp_path: Path) -> None:
    with opened(tmp_path) as engine:
        fill(engine)
    before = (tmp_path / "engine.jsonl").read_bytes()
    with pytest.raises(RuntimeError, match="boom"):
        reset_and_fail(tmp_path)
    assert (tmp_path / "engine.jsonl").read_bytes() == before
    assert not list(tmp_path.glob("*.new"))


def reset_and_fail(folder: Path) -> None:
    with opened(folder) as engine:
        engine.reset()
        raise RuntimeError("boom")


def test_two_processes_do_not_share_a_folder(tmp_path: Path) -> None:
    with opened(tmp_path), pytest.raises(StateFolderBusyError), opened(tmp_path):
        pass
    with opened(tmp_path):  # free again
        pass


def test_a_file_of_another_version_is_refused(tmp_path: Path) -> None:
    (tmp_path / "engine.jsonl").write_text('{"t":"engine","format":99}\n')
    with pytest.raises(UnknownStateFormatError, match="format 99"), opened(tmp_path):
        pass


def test_reset_empties_all_but_the_stack(tmp_path: Path) -> None:
    with opened(tmp_path) as engine:
        fill(engine)
        table = engine.stack.table_name
        engine.reset(now=START)
        assert engine.stack.table_name == table
        assert len(engine.stack.table) == 0
        assert engine.outbox == []
        assert engine.messages("NoticesQueue") == []
        assert "Contents" not in engine.client("s3").list_objects_v2(Bucket=engine.stack.buckets[0])
        assert not engine.pump().total
