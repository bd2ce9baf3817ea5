"""Queues reach functions as Lambda's poller does it: batches, partial failures, visibility, dead letters."""

import json
import warnings
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from local.engine import Engine
from local.engine.pump import failed_items
from tests.local.toys import QUIET, client, notice_ids

START = datetime(2026, 1, 8, 5, 59, 30, tzinfo=UTC)


class Toy:
    """A send_notices that does as told and remembers what it saw."""

    def __init__(self) -> None:
        self.seen: list[Any] = []
        self.answer: Any = None
        self.raises: Exception | None = None
        self.refuses: set[str] = set()

    def __call__(self, event: Any, _context: Any) -> Any:
        self.seen.append(event)
        if self.raises is not None:
            raise self.raises
        if self.answer is not None:
            return self.answer
        failed = [r["messageId"] for r in event["Records"] if json.loads(r["body"])["notice_id"] in self.refuses]
        return {"batchItemFailures": [{"itemIdentifier": name} for name in failed]}

    @property
    def batches(self) -> list[list[str]]:
        return [notice_ids(event) for event in self.seen]


TOY = Toy()


@pytest.fixture(scope="module")
def opened() -> Iterator[Engine]:
    with Engine(start=START, handlers={**QUIET, "SendNoticesFunction": lambda e, c: TOY(e, c)}) as engine:
        yield engine


@pytest.fixture
def engine(opened: Engine) -> Engine:
    TOY.__init__()  # type: ignore[misc]
    opened.reset(now=START)
    return opened


def put(engine: Engine, *notices: str, **options: Any) -> None:
    url = engine.stack.outputs["NoticesQueueUrl"]
    for notice in notices:
        body = json.dumps({"v": 1, "notice_id": notice})
        engine.client("sqs").send_message(QueueUrl=url, MessageBody=body, **options)


def left(engine: Engine, queue: str = "NoticesQueue") -> list[str]:
    return [json.loads(body)["notice_id"] for body in engine.messages(queue)]


def test_messages_come_in_batches_and_are_gone_when_handled(engine: Engine) -> None:
    put(engine, *(f"N{n}" for n in range(53)))
    pumped = engine.pump()
    assert [len(batch) for batch in TOY.batches] == [50, 3]  # of ten messages each is what one request brings
    assert pumped.done == {"NoticesQueue": 53}
    assert left(engine) == []


def test_a_record_has_lambdas_shape(engine: Engine) -> None:
    put(engine, "N1", MessageAttributes={"kind": {"DataType": "String", "StringValue": "x"}})
    engine.pump()
    (record,) = TOY.seen[0]["Records"]
    assert record["eventSource"] == "aws:sqs"
    assert record["eventSourceARN"].endswith(engine.stack.queues["NoticesQueue"].name)
    assert record["awsRegion"] == "eu-west-1"
    assert record["attributes"]["ApproximateReceiveCount"] == "1"
    assert record["attributes"]["SentTimestamp"] == str(int(START.timestamp() * 1000))
    assert record["messageAttributes"]["kind"]["stringValue"] == "x"
    assert {"messageId", "receiptHandle", "body", "md5OfBody"} <= set(record)


def test_only_what_failed_comes_back_and_only_after_its_time_out(engine: Engine) -> None:
    put(engine, "N1", "N2", "N3")
    TOY.refuses = {"N2"}
    pumped = engine.pump()
    assert (pumped.done["NoticesQueue"], pumped.failed["NoticesQueue"]) == (2, 1)
    assert left(engine) == ["N2"]
    TOY.refuses = set()
    engine.run_until(START + timedelta(seconds=1089))  # visibility is eighteen minutes
    assert TOY.batches == [["N1", "N2", "N3"]]
    engine.run_until(START + timedelta(seconds=1091))
    assert TOY.batches == [["N1", "N2", "N3"], ["N2"]]
    assert TOY.seen[1]["Records"][0]["attributes"]["ApproximateReceiveCount"] == "2"
    assert left(engine) == []


def test_a_poison_message_ends_among_the_dead_letters(engine: Engine) -> None:
    put(engine, "good", "poison")
    TOY.refuses = {"poison"}
    engine.run_until(START + timedelta(hours=2))
    assert TOY.batches == [["good", "poison"], *[["poison"]] * 4]  # the template's maxReceiveCount is 5
    assert left(engine) == []
    assert left(engine, "NoticesDeadLetters") == ["poison"]


def test_an_error_returns_the_whole_batch_and_is_shown(engine: Engine) -> None:
    put(engine, "N1", "N2")
    TOY.raises = RuntimeError("boom")
    pumped = engine.pump()
    assert pumped.failed == {"NoticesQueue": 2}
    assert [(function, str(error)) for function, error in pumped.errors] == [("SendNoticesFunction", "boom")]
    assert left(engine) == ["N1", "N2"]


def test_a_delayed_message_waits(engine: Engine) -> None:
    put(engine, "N1", DelaySeconds=60)
    engine.run_until(START + timedelta(seconds=59))
    assert TOY.batches == []
    engine.run_until(START + timedelta(seconds=60))
    assert TOY.batches == [["N1"]]


@pytest.mark.parametrize(
    ("result", "failed"),
    [
        (None, set()),
        ("", set()),
        ({}, set()),
        ({"batchItemFailures": None}, set()),
        ({"batchItemFailures": []}, set()),
        ({"batchItemFailures": [{"itemIdentifier": "a"}]}, {"a"}),
        # what Lambda cannot read fails the batch
        ({"batchItemFailures": [{"itemIdentifier": ""}]}, {"a", "b"}),
        ({"batchItemFailures": [{"itemIdentifier": None}]}, {"a", "b"}),
        ({"batchItemFailures": [{"itemIdentifier": "stranger"}]}, {"a", "b"}),
        ({"batchItemFailures": [{"identifier": "a"}]}, {"a", "b"}),
        ({"batchItemFailures": ["a"]}, {"a", "b"}),
        ({"batchItemFailures": "a"}, {"a", "b"}),
        ("text", {"a", "b"}),
    ],
)
def test_failures_named_by_a_handler(result: Any, failed: set[str]) -> None:
    assert failed_items(result, {"a", "b"}) == failed


def test_a_handler_sees_its_own_environment_and_nothing_else(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OF_THE_CALLER", "1")
    seen: dict[str, Any] = {}

    def look(event: Any, context: Any) -> dict[str, Any]:
        import os

        seen.update(os.environ)
        warnings.warn("a warning", stacklevel=1)
        print("a line")
        return {"name": context.function_name, "left": context.get_remaining_time_in_millis(), "got": event}

    engine._handlers["PlanRunFunction"] = look
    try:
        result = engine.invoke("PlanRunFunction", {"kind": "tick"})
    finally:
        engine._handlers["PlanRunFunction"] = QUIET["PlanRunFunction"]
    function = engine.stack.functions["PlanRunFunction"]
    assert result == {"name": function.name, "left": 300_000, "got": {"kind": "tick"}}
    assert {name: seen[name] for name in function.environment} == function.environment
    assert "OF_THE_CALLER" not in seen
    assert "CONFIGURATION_SET" not in seen  # another function's
    assert seen["AWS_REGION"] == "eu-west-1"
    assert engine.logs[-1] == "a line"
    assert any("UserWarning: a warning" in line for line in engine.logs)


def test_a_result_that_is_not_json_fails(engine: Engine) -> None:
    put(engine, "N1")
    TOY.answer = {"batchItemFailures": {1, 2}}
    assert engine.pump().failed == {"NoticesQueue": 1}


def test_sends_by_handlers_reach_the_next_function(engine: Engine) -> None:
    def plan(_event: Any, _context: Any) -> None:
        import os

        client("sqs").send_message(QueueUrl=os.environ["NOTICES_QUEUE_URL"], MessageBody='{"notice_id": "N9"}')

    engine._handlers["PlanRunFunction"] = plan
    try:
        engine.invoke("PlanRunFunction", {})
        engine.pump()
    finally:
        engine._handlers["PlanRunFunction"] = QUIET["PlanRunFunction"]
    assert TOY.batches == [["N9"]]
