"""Queues to functions, as Lambda's own poller does it."""

import math
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, Self

from moto.sqs.models import Message, Queue

from local.engine.aws import REGION, client
from local.engine.permissions import Need, allowed
from local.engine.stack import QueueMapping, Stack

Invoke = Callable[[str, Any], Any]  # logical id, event -> result

_BATCH_LIMIT = 10  # of ReceiveMessage and DeleteMessageBatch


@dataclass(slots=True)
class Pumped:
    """What one pumping did, by the queue's logical id."""

    done: Counter[str] = field(default_factory=Counter)
    failed: Counter[str] = field(default_factory=Counter)
    errors: list[tuple[str, Exception]] = field(default_factory=list)  # function, what its handler raised

    def __iadd__(self, other: "Pumped") -> Self:
        self.done += other.done
        self.failed += other.failed
        self.errors += other.errors
        return self

    @property
    def total(self) -> int:
        return self.done.total() + self.failed.total()


class NotGrantedError(PermissionError):
    """Something would not work on AWS for want of a permission in the template."""


@dataclass(frozen=True, slots=True)
class Pump:
    """Delivers what the stack's mappings deliver, one batch after the other."""

    stack: Stack
    invoke: Invoke

    def run(self) -> Pumped:
        """Deliver until nothing more can be received now."""
        pumped = Pumped()
        while any([self._deliver(mapping, pumped) for mapping in self.stack.mappings]):  # noqa: C419  each, in turn
            pass
        return pumped

    def next_receivable_at(self, now: datetime) -> datetime | None:
        """When a message that is hidden or delayed now comes back to a queue that feeds a function."""
        instants = (
            at
            for mapping in self.stack.mappings
            for message in queue_messages(self._queue(mapping))
            if (at := receivable_at(message)) > now
        )
        return min(instants, default=None)

    def _queue(self, mapping: QueueMapping) -> Queue:
        return self.stack.queues[self.stack.queue_id(mapping.queue_name)]

    def _deliver(self, mapping: QueueMapping, pumped: Pumped) -> bool:
        """One batch of one mapping; whether there was one."""
        queue = self._queue(mapping)
        if not queue.messages:  # cheaper than to ask SQS
            return False
        self._check_poller(mapping)
        sqs, url, name = client("sqs"), queue.physical_resource_id, self.stack.queue_id(mapping.queue_name)
        received = list(_received(sqs, url, mapping.batch_size))
        if not received:
            return False
        failed = self._failed(mapping, received, pumped)
        done = [message for message in received if message["MessageId"] not in failed]
        for start in range(0, len(done), _BATCH_LIMIT):
            some = done[start : start + _BATCH_LIMIT]
            entries = [{"Id": str(i), "ReceiptHandle": message["ReceiptHandle"]} for i, message in enumerate(some)]
            sqs.delete_message_batch(QueueUrl=url, Entries=entries)
        pumped.done[name] += len(done)
        pumped.failed[name] += len(failed)
        return True

    def _failed(self, mapping: QueueMapping, received: list[dict[str, Any]], pumped: Pumped) -> set[str]:
        """The ids of the messages that stay in the queue."""
        ids = {message["MessageId"] for message in received}
        event = {"Records": [record(message, mapping.queue_arn) for message in received]}
        try:
            result = self.invoke(mapping.function, event)
        except Exception as error:  # noqa: BLE001  as Lambda: any error fails the batch; the engine shows it
            pumped.errors.append((mapping.function, error))
            return ids
        return failed_items(result, ids) if mapping.partial_failures else set()

    def _check_poller(self, mapping: QueueMapping) -> None:
        policies = self.stack.policies_of(self.stack.functions[mapping.function].role_arn)
        for action in ("sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueAttributes"):
            if not allowed(policies, Need(action, mapping.queue_arn)):
                raise NotGrantedError(
                    f"{mapping.function} may not {action} on {mapping.queue_arn}: its mapping cannot poll"
                )


def _received(sqs: Any, url: str, most: int) -> Iterator[dict[str, Any]]:
    """What can be received now for one batch; a larger one is gathered by several requests."""
    while most > 0:
        asked = min(_BATCH_LIMIT, most)
        got = sqs.receive_message(
            QueueUrl=url,
            MaxNumberOfMessages=asked,
            MessageSystemAttributeNames=["All"],
            MessageAttributeNames=["All"],
        ).get("Messages", [])
        yield from got
        most -= asked if len(got) == asked else most


def failed_items(result: Any, ids: set[str]) -> set[str]:
    """Which messages a handler gave back.

    An answer that Lambda cannot read (a wrong shape, an id that is empty or not in the batch) fails the whole batch.
    Source: AWS Lambda developer guide, "Handling errors for an SQS event source".
    """
    if not result:
        return set()
    if not isinstance(result, dict):
        return ids
    listed = result.get("batchItemFailures")
    if not listed:
        return set()
    if not isinstance(listed, list) or not all(isinstance(entry, dict) for entry in listed):
        return ids
    named = {entry.get("itemIdentifier") for entry in listed}
    return {str(name) for name in named} if named <= ids else ids


def record(message: dict[str, Any], queue_arn: str) -> dict[str, Any]:
    """A received message as a record of Lambda's SQS event."""
    return {
        "messageId": message["MessageId"],
        "receiptHandle": message["ReceiptHandle"],
        "body": message["Body"],
        "attributes": message["Attributes"],
        "messageAttributes": {
            name: {
                "stringValue": value.get("StringValue"),
                "binaryListValues": [],
                "stringListValues": [],
                "dataType": value["DataType"],
            }
            for name, value in message.get("MessageAttributes", {}).items()
        },
        "md5OfBody": message["MD5OfBody"],
        "eventSource": "aws:sqs",
        "eventSourceARN": queue_arn,
        "awsRegion": REGION,
    }


def queue_messages(queue: Queue) -> list[Message]:
    """All messages of a queue, visible or not."""
    return queue._messages  # noqa: SLF001  the public list leaves out those in flight


def receivable_at(message: Message) -> datetime:
    """From when on the message can be received. moto wants the clock past the end of a visibility time-out."""
    milliseconds = math.ceil(max(message.visible_at + 1, message.delayed_until))
    return datetime.fromtimestamp(0, UTC) + timedelta(milliseconds=milliseconds)  # exact, unlike a float of seconds
