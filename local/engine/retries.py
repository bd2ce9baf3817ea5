"""Asynchronous invocations that failed: Lambda tries again, then hands the event to the failure destination."""

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from heapq import heappop, heappush
from typing import Any, Final

from botocore.exceptions import ClientError

from local.engine.aws import client
from local.engine.stack import Stack

# Source: AWS Lambda developer guide, "How Lambda handles errors and retries with asynchronous invocation".
_DEFAULT_ATTEMPTS: Final = 2
_WAITS: Final = (timedelta(minutes=1), timedelta(minutes=2))


@dataclass(frozen=True, slots=True, order=True)
class Retry:
    """An event that is to be tried again."""

    at: datetime
    order: int
    function: str = field(compare=False)
    event: dict[str, Any] = field(compare=False)
    failed: int = field(compare=False)  # times


@dataclass(slots=True)
class Retries:
    """The asynchronous events of this stack that failed and are not given up."""

    stack: Stack
    _waiting: list[Retry] = field(default_factory=list)
    _order: int = 0

    def failed(self, function: str, event: dict[str, Any], now: datetime, times: int) -> None:
        """Note a failure: another attempt later, or the failure destination when there were enough."""
        config = self._config(function)
        if times > int(config.get("MaximumRetryAttempts", _DEFAULT_ATTEMPTS)):
            self._give_up(config, event)
            return
        self.expect(now + _WAITS[times - 1], function, event, times)

    def expect(self, at: datetime, function: str, event: dict[str, Any], failed: int) -> None:
        """Try the event at that instant."""
        self._order += 1
        heappush(self._waiting, Retry(at, self._order, function, event, failed))

    def waiting(self) -> list[Retry]:
        return sorted(self._waiting)

    def next_at(self) -> datetime | None:
        return self._waiting[0].at if self._waiting else None

    def take_due(self, now: datetime) -> Iterator[Retry]:
        while self._waiting and self._waiting[0].at <= now:
            yield heappop(self._waiting)

    def clear(self) -> None:
        self._waiting.clear()

    def _config(self, function: str) -> dict[str, Any]:
        name = self.stack.functions[function].name
        try:
            found: dict[str, Any] = client("lambda").get_function_event_invoke_config(FunctionName=name)
        except ClientError:  # none declared
            return {}
        return found

    def _give_up(self, config: dict[str, Any], event: dict[str, Any]) -> None:
        arn = config.get("DestinationConfig", {}).get("OnFailure", {}).get("Destination", "")
        if ":sqs:" in arn:
            queue = self.stack.queues[self.stack.queue_id(arn.rsplit(":", 1)[-1])]
            body = json.dumps({"version": "1.0", "requestPayload": event})
            client("sqs").send_message(QueueUrl=queue.physical_resource_id, MessageBody=body)
