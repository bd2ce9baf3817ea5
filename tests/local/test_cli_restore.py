"""`pastdue restore`: held before, learnt after, and let go by a person who has seen what is missing."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from core.values import replace as changed
from functions.shared.store.permits import Learning, Permit
from local import replays
from local.cli.doctor import queue_urls
from local.cli.errors import Exit
from local.cli.restore import lost_since, not_kept
from local.cli.target import Target, target
from local.engine.state import FILE_NAME
from tests.local.cli import AS_OF, pastdue
from tests.scenarios.company import NIGHT, at


def standing(state: Path) -> Any:
    return pastdue("restore", "check", "--json", "--state", state).data


def lose(state: Path, earlier: str) -> None:
    """The table as it was; mails, bucket and archive as they are."""
    lines = (state / FILE_NAME).read_text(encoding="utf-8").splitlines(keepends=True)
    kept = [line for line in lines if not line.startswith('{"t":"item"')]
    before = [line for line in earlier.splitlines(keepends=True) if line.startswith('{"t":"item"')]
    (state / FILE_NAME).write_text("".join([kept[0], *before, *kept[1:]]), encoding="utf-8")


def mails(state: Path) -> int:
    return len(pastdue("outbox", "--json", "--state", state).data["mails"])


def test_a_restored_table_is_held_learnt_and_let_go(state: Path) -> None:
    here = ("--json", "--state", state)
    assert pastdue("go-live", "acme", "--yes", "--at-once", *here).code == Exit.DONE
    earlier = (state / FILE_NAME).read_text(encoding="utf-8")
    assert pastdue("run", "--as-of", AS_OF, *here).code == Exit.DONE
    sent = mails(state)
    assert sent > 0
    lose(state, earlier)
    held = standing(state)
    assert (held["held"], held["missing"]) == (
        "the table is older than what was sent", "what was sent is not learnt again",
    )  # fmt: skip
    doctor = [one for one in pastdue("doctor", *here).data["findings"] if one["area"] == "restore"]
    assert doctor[0]["health"] == "fail"
    assert doctor[0]["try_next"] == f"pastdue restore learn --state {state}"
    assert pastdue("restore", "lift", "--yes", *here).code == Exit.FAILED
    assert pastdue("restore", "learn", *here).code == Exit.DONE
    assert pastdue("restore", "lift", "--yes", *here).code == Exit.DONE
    assert pastdue("run", "--as-of", AS_OF, *here).code == Exit.DONE
    assert mails(state) == sent


def test_a_person_holds_the_sending_and_lets_it_go_where_nothing_was_restored(state: Path) -> None:
    here = ("--json", "--state", state)
    assert pastdue("restore", "hold", *here).data["held"] == "held by a person"
    early = pastdue("restore", "learn", *here)
    assert early.code == Exit.FAILED
    assert "may be in no file yet" in early.err
    assert pastdue("restore", "lift", "--yes", *here).code == Exit.DONE
    assert pastdue("restore", "lift", *here).data == {"format_version": "1.0", "command": "restore lift", "held": ""}


def test_what_is_learnt_reaches_back_before_the_restored_moment() -> None:
    now = at(NIGHT, 12)
    assert lost_since(Permit(), now) == now - timedelta(hours=48)
    assert lost_since(Permit(at=now - timedelta(hours=3)), now) == now - timedelta(hours=48)
    assert lost_since(Permit(at=now - timedelta(days=5)), now) == now - timedelta(days=6, hours=1)
    assert lost_since(Permit(), now, datetime(2026, 1, 2)) == now - timedelta(days=40)
    week = (now - timedelta(days=7)).replace(tzinfo=None)
    assert lost_since(Permit(), now, week) == now - timedelta(days=7)
    assert lost_since(Permit(at=now - timedelta(days=9)), now, week) == now - timedelta(days=10, hours=1)
    assert lost_since(Permit(), now, now.replace(tzinfo=None)) == now - timedelta(hours=48)
    # older files are not kept, and that is said
    old = Permit(at=now - timedelta(days=500))
    assert (lost_since(old, now), not_kept(old, now)) == (now - timedelta(days=40), now - timedelta(days=40))
    assert not_kept(Permit(at=now - timedelta(days=39)), now) is None


# ---------- files ----------
def a_file(begun_at: datetime) -> str:
    return f"mail-events/{begun_at:%Y/%m/%d/%H}/a-stream-of-2026-1-{begun_at:%Y-%m-%d-%H-%M-%S}-0f3c-77.gz"


def put(found: Target, *keys: str) -> None:
    for key in keys:
        found.client("s3").put_object(Bucket=found.outputs["ArchiveBucketName"], Key=key, Body=b"")


def empty(sqs: Any, url: str) -> None:
    while found := sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10, WaitTimeSeconds=0).get("Messages"):
        for message in found:
            sqs.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])


def test_the_files_since_an_instant_are_those_of_its_hour_and_of_all_later_ones(state: Path) -> None:
    since = at(NIGHT, 12) + timedelta(minutes=30)
    early, first, second, later = (a_file(since + timedelta(minutes=m)) for m in (-31, -30, 29, 30 + 24 * 60))
    with target(state) as found:
        put(found, later, early, second, first, "mail-events/2026/readme.txt", "mail-events-failed/x.gz", "guard/x")
        listed = list(replays.files(found, since))
    assert listed == [first, second, later]
    assert replays.begun_at(second) == since + timedelta(minutes=29)
    assert replays.begun_at("mail-events/2026/03/09/23/renamed.gz") == datetime(2026, 3, 9, 23, tzinfo=UTC)


def test_it_is_not_all_known_before_every_file_is_read(state: Path) -> None:
    with target(state) as found:
        now, sqs = found.now, found.client("sqs")
        urls = dict(queue_urls(found))
        there, begun = a_file(now - timedelta(hours=3)), a_file(now - timedelta(seconds=50))
        learning = Learning(now - timedelta(days=2), now, 1, now)
        put(found, there)
        for url in urls.values():
            empty(sqs, url)
        assert replays.put_by([there, begun], now) == 1

        def missing() -> tuple[str, str] | None:
            said = replays.missing(found, learning, needed=True)
            return (said.what, said.command) if said else None

        assert missing() is None
        put(found, begun)  # it was gathering when the files were listed: what it holds was heard of after the restore
        empty(sqs, urls["FeedbackFilesQueue"])
        assert missing() is None
        for queue, said, command in (
            ("FeedbackFilesQueue", "1 files of mail events wait to be read", "restore check"),
            ("FeedbackFilesDeadLetters", "1 files of mail events were given up", "redrive files"),
            ("FeedbackQueue", "1 mail events wait to be read", "restore check"),
            ("FeedbackDeadLetters", "1 mail events were given up", "redrive feedback"),
        ):
            sqs.send_message(QueueUrl=urls[queue], MessageBody="{}")
            assert missing() == (said, command)
            empty(sqs, urls[queue])
        (stream,) = found.client("firehose").list_delivery_streams()["DeliveryStreamNames"]
        for minutes, seconds in ((2, 5000), (1, 1200), (0, 61)):
            freshness = {
                "MetricName": "DeliveryToS3.DataFreshness",
                "Dimensions": [{"Name": "DeliveryStreamName", "Value": stream}],
                "Timestamp": now - timedelta(minutes=minutes, seconds=30),
                "Value": seconds,
            }
            found.client("cloudwatch").put_metric_data(Namespace="AWS/Firehose", MetricData=[freshness])
            held = ("the stream has held mail events for 20 minutes", "restore check")
            if minutes == 1:
                assert missing() == held
        assert missing() is None
        rules = found.client("events").list_rules()["Rules"]
        (rule,) = (each["Name"] for each in rules if "MailEventsStreamRule" in each["Name"])
        on_the_bus = ("mail events wait on the bus: the stream did not take them at once", "restore check")
        for minutes, expected in ((40, None), (12, on_the_bus)):  # it tried again so long ago
            tried = {
                "MetricName": "RetryInvocationAttempts",
                "Dimensions": [{"Name": "RuleName", "Value": rule}],
                "Timestamp": now - timedelta(minutes=minutes),
                "Value": 1,
            }
            found.client("cloudwatch").put_metric_data(Namespace="AWS/Events", MetricData=[tried])
            assert missing() == expected
        put(found, a_file(now - timedelta(minutes=5)))  # the stream could not put it before
        assert missing() == ("1 files of mail events came late", "restore learn")
        deployed = replace(found, engine=None)
        assert replays.missing(deployed, changed(learning, files=2), needed=True) is not None  # SQS counts with delay
        assert replays.missing(found, None, needed=True) is not None
        assert replays.missing(found, None, needed=False) is None


def test_doctor_asks_nobody_about_the_domain_of_a_local_engine(state: Path) -> None:
    said = pastdue("doctor", "--json", "--state", state).data["findings"]
    assert "SPF, DKIM and DMARC of mail.acme.example: not checked on the local engine" in [one["found"] for one in said]
