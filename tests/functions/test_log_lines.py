"""What a line of the log holds, and what it leaves to those who know it anyway: each is billed by its bytes."""

import json
import logging
from datetime import datetime, timedelta
from io import StringIO
from typing import Any

import pytest
from aws_lambda_powertools.utilities.typing import LambdaContext

from functions.shared.observability import LogEvent, log, logger


class _Context(LambdaContext):
    def __init__(self) -> None:
        self._function_name, self._memory_limit_in_mb = "send", 256
        self._invoked_function_arn, self._aws_request_id = "arn", "r-1"


def said(event: LogEvent, **fields: str | int | None) -> dict[str, Any]:
    @logger.inject_lambda_context(clear_state=True)
    def handler(_event: dict[str, Any], _context: LambdaContext) -> None:
        log(event, **fields)

    written, stream = StringIO(), logger.registered_handler
    assert isinstance(stream, logging.StreamHandler)
    before = stream.setStream(written)
    try:
        handler({}, _Context())
    finally:
        stream.setStream(before or written)
    line: dict[str, Any] = json.loads(written.getvalue())
    return line


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
