"""Tests can break every call of a handler, before it happens or after."""

import os
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from botocore.exceptions import ClientError, ReadTimeoutError

from local.engine import Attempt, Call, Engine, Killed, Moment, client_error
from tests.local.toys import QUIET, client, queue_notice

START = datetime(2026, 1, 8, 8, 0, tzinfo=UTC)
DONE: dict[str, Any] = {"batchItemFailures": []}
KEY = {"pk": {"S": "X"}, "sk": {"S": "A"}}


def write_twice(_event: Any, _context: Any) -> dict[str, Any]:
    table = os.environ["TABLE_NAME"]
    dynamodb = client("dynamodb")
    dynamodb.put_item(TableName=table, Item={**KEY, "step": {"N": "1"}})
    dynamodb.get_item(TableName=table, Key=KEY)
    dynamodb.put_item(TableName=table, Item={**KEY, "step": {"N": "2"}})
    return DONE


@pytest.fixture(scope="module")
def opened() -> Iterator[Engine]:
    with Engine(start=START, handlers={**QUIET, "SendNoticesFunction": write_twice}) as engine:
        yield engine


@pytest.fixture
def engine(opened: Engine) -> Engine:
    opened.reset(now=START)
    return opened


def step(engine: Engine) -> str | None:
    item = engine.client("dynamodb").get_item(TableName=engine.stack.table_name, Key=KEY).get("Item")
    return None if item is None else str(item["step"]["N"])


def test_hooks_see_every_call_of_a_handler_and_none_of_ours(engine: Engine) -> None:
    calls: list[Call] = []
    engine.faults.add(calls.append)
    step(engine)
    engine.invoke("SendNoticesFunction", {})
    seen = [(call.number, call.moment.value, call.operation, call.is_write) for call in calls]
    assert seen == [
        (1, "before", "PutItem", True),
        (1, "after", "PutItem", True),
        (2, "before", "GetItem", False),
        (2, "after", "GetItem", False),
        (3, "before", "PutItem", True),
        (3, "after", "PutItem", True),
    ]
    assert calls[0].function == "SendNoticesFunction"
    assert calls[0].service == "dynamodb"
    assert calls[3].response is not None
    assert calls[3].response["Item"]["step"] == {"N": "1"}


@pytest.mark.parametrize(
    ("number", "moment", "writes_only", "left"),
    [
        (1, Moment.BEFORE, False, None),
        (1, Moment.AFTER, False, "1"),
        (2, Moment.BEFORE, False, "1"),  # the read
        (3, Moment.BEFORE, False, "1"),
        (3, Moment.AFTER, False, "2"),
        (2, Moment.BEFORE, True, "1"),  # the second write
        (2, Moment.AFTER, True, "2"),
    ],
)
def test_a_handler_can_be_killed_at_any_call(
    engine: Engine, number: int, moment: Moment, writes_only: bool, left: str | None
) -> None:
    engine.faults.kill_at(number, moment, writes_only=writes_only)
    with pytest.raises(Killed):
        engine.invoke("SendNoticesFunction", {})
    assert step(engine) == left
    assert engine.invoke("SendNoticesFunction", {}) == DONE  # once; the next process lives


def test_a_kill_in_the_pump_leaves_the_message_in_flight(engine: Engine) -> None:
    queue_notice("N1", engine.stack.outputs["NoticesQueueUrl"])
    engine.faults.kill_at(1)
    with pytest.raises(Killed):
        engine.pump()
    assert len(engine.messages("NoticesQueue")) == 1
    engine.run_until(START + timedelta(minutes=20))  # its queue shows it again after eighteen minutes
    assert engine.messages("NoticesQueue") == []
    assert step(engine) == "2"
    assert "TABLE_NAME" not in os.environ


def test_errors_and_lost_answers(engine: Engine) -> None:
    engine.faults.fail_at(1, client_error("PutItem", "ProvisionedThroughputExceededException"))
    with pytest.raises(ClientError, match="ProvisionedThroughputExceeded"):
        engine.invoke("SendNoticesFunction", {})
    assert step(engine) is None
    engine.faults.clear()
    engine.faults.fail_at(1, ReadTimeoutError(endpoint_url="https://dynamodb"), Moment.AFTER)
    with pytest.raises(ReadTimeoutError):
        engine.invoke("SendNoticesFunction", {})
    assert step(engine) == "1"  # it had happened


def test_the_sdk_asks_again_when_an_answer_is_lost(engine: Engine) -> None:
    attempts: list[Attempt] = []
    engine.faults.attempt_hooks.append(attempts.append)
    engine.faults.lose_answer("PutItem")
    assert engine.invoke("SendNoticesFunction", {}) == DONE
    sent = [attempt.operation for attempt in attempts if attempt.moment is Moment.BEFORE]
    assert sent == ["PutItem", "PutItem", "GetItem", "PutItem"]
    assert engine.calls.counts["SendNoticesFunction", "dynamodb", "PutItem"] == 2  # as the handler sees it


def test_a_hook_may_let_time_pass(engine: Engine) -> None:
    left: list[int] = []

    def slow(call: Call) -> None:
        if call.moment is Moment.BEFORE:
            engine.move_to(engine.now.replace(second=engine.now.second + 10))

    def handler(event: Any, context: Any) -> None:
        write_twice(event, context)
        left.append(context.get_remaining_time_in_millis())

    engine._handlers["SendNoticesFunction"] = handler
    engine.faults.add(slow)
    try:
        engine.invoke("SendNoticesFunction", {})
    finally:
        engine._handlers["SendNoticesFunction"] = write_twice
    assert left == [150_000]  # of the function's 180 s
