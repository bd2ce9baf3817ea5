"""`pastdue doctor`: each thing that can be off is found, says why it matters, and names what mends it."""

from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from core.sending import Trouble
from functions.shared.store import config, expiries, pace
from local.cli.target import target
from local.engine import Engine
from tests.builders import a_policy
from tests.local.cli import pastdue, write_config

NAME = "pastdue-test"
STACK = ("--stack", NAME)
START = datetime(2026, 3, 2, 7, tzinfo=UTC)


@pytest.fixture(scope="module")
def engine() -> Iterator[Engine]:
    with Engine(start=START, parameters={"SenderDomain": "mail.acme.example"}, stack_name=NAME) as engine:
        yield engine


@pytest.fixture(scope="module")
def configured(engine: Engine, tmp_path_factory: pytest.TempPathFactory) -> Engine:
    assert pastdue("config", "apply", write_config(tmp_path_factory.mktemp("c")), "--yes", *STACK).code == 0
    return engine


def found() -> list[dict[str, Any]]:
    said = pastdue("doctor", "--no-dns", "--json", *STACK).data
    return [dict(finding) for finding in said["findings"]]


def table_of(engine: Engine) -> str:
    return engine.stack.table_name


def mapping_of(engine: Engine) -> str:
    return engine.stack.physical_id("SendNoticesFunctionNotices")


def off_schedule(engine: Engine) -> None:
    scheduler = engine.client("scheduler")
    there = scheduler.get_schedule(Name=f"{NAME}-tick")
    kept = {key: there[key] for key in ("Name", "ScheduleExpression", "FlexibleTimeWindow", "Target")}
    scheduler.update_schedule(**kept, State="DISABLED")


def open_circuit() -> None:
    pace.change(lambda there: there.refused(Trouble.ACCOUNT, "shutdown", START, pause=timedelta()))


def run_in_the_evening() -> None:
    there = config.read()
    config.put_policy(a_policy("segments-30-60-90"), was=0)
    late = there.entities["acme"].model_copy(update={"run_hour": 20, "policy": "segments-30-60-90"})
    config.put_entity(late, was=there.versions["entity#acme"])


Break = Callable[[Engine], Any]
BROKEN: list[tuple[Break, str, str, str]] = [
    (off_schedule, "parts", f"schedule {NAME}-tick is off", "sam deploy"),
    (
        lambda e: e.client("events").disable_rule(Name=e.stack.physical_id("MailEventsRule")),
        "parts", "rule ", "aws events enable-rule",
    ),
    (
        lambda e: e.client("s3").put_bucket_notification_configuration(
            Bucket=e.stack.outputs["ArchiveBucketName"], NotificationConfiguration={}
        ),
        "parts", "tells nobody of new files of mail events", "sam deploy",
    ),
    (
        lambda e: e.client("lambda").update_event_source_mapping(UUID=mapping_of(e), Enabled=False),
        "parts", "SendNoticesFunctionNotices: its queue is not read", "aws lambda update-event-source-mapping",
    ),
    (
        lambda e: e.client("dynamodb").update_continuous_backups(
            TableName=table_of(e), PointInTimeRecoverySpecification={"PointInTimeRecoveryEnabled": False}
        ),
        "table", "cannot be restored", "aws dynamodb update-continuous-backups",
    ),
    (
        lambda e: e.client("dynamodb").update_time_to_live(
            TableName=table_of(e), TimeToLiveSpecification={"Enabled": False, "AttributeName": "expires_at"}
        ),
        "table", "old records stay", "aws dynamodb update-time-to-live",
    ),
    (
        lambda e: e.client("dynamodb").update_table(TableName=table_of(e), DeletionProtectionEnabled=False),
        "table", "it can be deleted", "aws dynamodb update-table",
    ),
    (lambda _: _with_table(lambda: expiries.note("token", date(2026, 3, 20))), "keys", "ends on 2026-03-20", ""),
    (lambda _: _with_table(lambda: expiries.note("old key", date(2026, 2, 20))), "keys", "old key ended", ""),
    (lambda _: _with_table(run_in_the_evening), "configuration", "'rule-2' is over after day +0", "pastdue config"),
    (lambda _: _with_table(open_circuit), "mail", "nothing is handed to SES since 2026-03-02 07:00 UTC: shutdown", ""),
]  # fmt: skip


def _with_table(act: Callable[[], None]) -> None:
    with target(stack=NAME):
        act()


def test_a_stack_as_deployed_has_nothing_off(configured: Engine) -> None:
    areas = {
        finding["area"]: finding["health"] for finding in found() if finding["area"] in ("parts", "table", "clock")
    }
    assert areas == {"parts": "ok", "table": "ok", "clock": "ok"}
    assert {one["found"] for one in found() if one["area"] == "version"} == {"stack and program are 0.1.0"}


def test_what_is_off_is_found(configured: Engine) -> None:
    for act, *_ in BROKEN:
        act(configured)
    findings = found()
    for _, area, said, mends in BROKEN:
        (ill,) = (one for one in findings if one["area"] == area and said in one["found"])
        assert ill["health"] in ("warn", "fail"), said
        assert ill["why"], said
        assert ill["try_next"].startswith(mends), said


def test_a_clock_that_is_off_is_named(configured: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    from functions.shared import clock

    def ahead() -> datetime:
        return configured.now + timedelta(minutes=6)

    monkeypatch.setattr(clock, "now", ahead)
    (ill,) = (one for one in found() if one["area"] == "clock")
    assert (ill["health"], "360 seconds ahead of AWS" in ill["found"]) == ("fail", True)
