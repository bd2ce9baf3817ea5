"""What a line of the log holds, and what it leaves to those who know it anyway: each is billed by its bytes."""

import json
import logging
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime, timedelta
from io import StringIO
from typing import Any

import pytest
from aws_lambda_powertools.utilities.typing import LambdaContext

from functions.shared.observability import LogEvent, log, logger, together, told_together


class _Context(LambdaContext):
    def __init__(self) -> None:
        self._function_name, self._memory_limit_in_mb = "send", 256
        self._invoked_function_arn, self._aws_request_id = "arn", "r-1"


def said(event: LogEvent, **fields: str | int | None) -> dict[str, Any]:
    @logger.inject_lambda_context(clear_state=True)
    def handler(_event: dict[str, Any], _context: LambdaContext) -> None:
        log(event, **fields)

    (line,) = lines(handler)
    return line


def lines(handler: Callable[[dict[str, Any], LambdaContext], None]) -> list[dict[str, Any]]:
    """What an invocation writes, though it may fail."""
    written, stream = StringIO(), logger.registered_handler
    assert isinstance(stream, logging.StreamHandler)
    before = stream.setStream(written)
    try:
        with suppress(ValueError):
            handler({}, _Context())
    finally:
        stream.setStream(before or written)
    return [json.loads(line) for line in written.getvalue().splitlines()]


def test_what_went_as_it_should_says_what_and_when_and_nothing_that_is_known() -> None:
    line = said(LogEvent.NOTICE_HANDLED, notice_id="8e83918f0f2ff8f4e50e7c1900", outcome="accepted")
    at = datetime.fromisoformat(line.pop("timestamp"))
    assert at.utcoffset() == timedelta()
    assert line == {
        "level": "INFO",
        "message": "notice handled",
        "event": "PD1301",
        "notice_id": "8e83918f0f2ff8f4e50e7c1900",
        "outcome": "accepted",
    }


@pytest.mark.parametrize("event", [LogEvent.NOTICE_REFUSED, LogEvent.RECORD_FAILED])
def test_trouble_says_also_where(event: LogEvent) -> None:
    line = said(event, reason="r")
    assert (line["event"], line["reason"], line["function_request_id"]) == (event.code, "r", "r-1")
    assert line["location"].startswith("log:")
    assert not {"function_name", "function_arn", "function_memory_size", "service"} & line.keys()


def test_what_is_the_same_of_many_is_one_line_at_the_end_though_the_invocation_fails() -> None:
    @told_together
    def handler(_event: dict[str, Any], _context: LambdaContext) -> None:
        for notice_id, outcome in (("n1", "accepted"), ("n2", "waits"), ("n3", "accepted")):
            together(LogEvent.NOTICE_HANDLED, notice_id, outcome=outcome)
        raise ValueError

    for _ in range(2):  # nothing is left over for the next one
        told = [(line["event"], line["notice_ids"], line["outcome"]) for line in lines(handler)]
        assert told == [("PD1301", "n1 n3", "accepted"), ("PD1301", "n2", "waits")]
