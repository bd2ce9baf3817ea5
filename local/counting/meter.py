"""Counts what the functions ask of AWS, request by request, while the local engine runs them."""

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from copy import deepcopy
from dataclasses import dataclass
from datetime import datetime
from math import ceil
from time import process_time
from typing import Any, Final, Protocol

from moto.dynamodb.models.dynamo_type import DynamoType

from local.counting.counts import STREAM_UNIT, Counts, Share
from local.counting.units import Attributes, Index, indexes, read_units, size, write_units
from local.engine import invocation
from local.engine.calls import Calls
from local.engine.faults import Attempt, Call, Moment
from local.engine.stack import Function, Stack

_WRITES: Final = frozenset({"PutItem", "UpdateItem", "DeleteItem"})
_POLLED: Final = 10  # messages that one ReceiveMessage brings at most
_RECORD: Final = 100  # bytes that DynamoDB adds to each record and index entry in storage


class Counted(Protocol):
    """What of the engine is looked at."""

    stack: Stack
    calls: Calls

    @property
    def now(self) -> datetime: ...


@dataclass(slots=True)
class _Write:
    """One that is on its way."""

    share: Share
    before: Attributes | None
    attempts: int = 0


class Meter:
    """Stands behind the faults: what they break has not been asked for. `Engine.reset` leaves it where it is."""

    def __init__(self, engine: Counted) -> None:
        self._engine = engine
        self._indexes: tuple[Index, ...] = indexes(engine.stack.table)
        self._write: _Write | None = None
        self._hours: set[tuple[str, str]] = set()
        self._speaking: list[Share] = []
        self.counts = Counts()

    def taken(self) -> Counts:
        """What was counted until now; counting begins anew."""
        self._end_refused()
        self.counts.stored_bytes = self.stored()
        counts, self.counts, self._hours = self.counts, Counts(), set()
        return counts

    def stored(self) -> int:
        """Bytes of the table and its indexes, as DynamoDB bills them."""
        total = 0
        for rows in self._engine.stack.table.items.values():
            for item in rows.values():
                entries = [item.attrs, *(index.entry(item.attrs, ("pk", "sk")) for index in self._indexes)]
                total += sum(size(entry) + _RECORD for entry in entries if entry is not None)
        return total

    # ---------- what the engine tells ----------
    @contextmanager
    def invoked(self, function: Function, event: Any) -> Iterator[None]:
        """One invocation; the time that the engine takes to play AWS is not the function's."""
        share = self.counts.share(function.logical_id)
        share.invocations += 1
        share.memory_mb = function.memory_mb
        records = event.get("Records", []) if isinstance(event, Mapping) else []
        if records and records[0].get("eventSource") == "aws:sqs":
            share.polls += ceil(len(records) / _POLLED)
            share.records += len(records)
        calls, heard = self._engine.calls, invocation.LOG.hear
        began, aside = process_time(), calls.aside_s
        self._speaking.append(share)
        invocation.LOG.hear = self._said
        try:
            yield
        finally:
            invocation.LOG.hear = heard
            self._speaking.pop()
            share.cpu_s += process_time() - began - (calls.aside_s - aside)

    def published(self, entries: list[dict[str, Any]]) -> None:
        """Events of mails on the bus."""
        for entry in entries:
            self.counts.events[entry["DetailType"]] += 1
            size_of = len(json.dumps(entry, default=str).encode())
            self.counts.event_bytes += size_of
            self.counts.event_units += ceil(size_of / STREAM_UNIT)

    def attempt(self, attempt: Attempt) -> None:
        """One request on the wire."""
        if attempt.moment is Moment.BEFORE:
            share = self.counts.share(attempt.function)
            share.requests[f"{attempt.service} {attempt.operation}"] += 1
            if self._write is not None and attempt.operation in _WRITES:
                self._write.attempts += 1

    def see(self, call: Call) -> None:
        """One call by a function, before and after."""
        if call.moment is Moment.BEFORE:
            self._end_refused()
            if call.operation in _WRITES:
                self._write = _Write(self.counts.share(call.function), self._stored(_key(call)))
        elif call.service == "dynamodb":
            self._answered(call, self.counts.share(call.function), call.response or {})
        elif call.operation == "SendMessageBatch":
            self.counts.queued[self._queue(call)] += len(call.params["Entries"])
        elif call.operation == "SendEmail":
            self._mailed(call.params)

    # ---------- within ----------
    def _answered(self, call: Call, share: Share, response: dict[str, Any]) -> None:
        consistent = call.params.get("ConsistentRead", False)
        match call.operation:
            case "PutItem" | "UpdateItem" | "DeleteItem":
                self._written(self._stored(_key(call)))
            case "Query":
                share.rows_read += response["ScannedCount"]
                share.read_units += read_units(self._sizes(call, response), consistent=consistent)
            case "GetItem":
                self._read(share, call.params["Key"], consistent=consistent)
            case "BatchGetItem":
                self._read_all(share, call.params["RequestItems"])
            case "BatchWriteItem":
                self._put_all(share, call.params["RequestItems"])
            case _:
                raise NotImplementedError(f"{call.operation} is not metered")

    def _read_all(self, share: Share, tables: Mapping[str, Any]) -> None:
        for request in tables.values():
            for key in request["Keys"]:
                self._read(share, key, consistent=request.get("ConsistentRead", False))

    def _written(self, after: Attributes | None) -> None:
        write, self._write = self._write, None
        assert write is not None
        write.share.rows_written += 1
        write.share.write_units += write_units(write.before, after, self._indexes)
        # the SDK asked again because an answer was lost: its later requests were refused, and charged as such
        write.share.write_units += max(0, write.attempts - 1) * write_units(after, after, ())

    def _put_all(self, share: Share, tables: Mapping[str, Any]) -> None:
        """What was there before is not known any more, so each record counts as new."""
        for request in (one for requests in tables.values() for one in requests):
            share.rows_written += 1
            share.write_units += write_units(None, request.get("PutRequest", {}).get("Item"), self._indexes)

    def _sizes(self, call: Call, response: dict[str, Any]) -> list[int]:
        """Of the records that a Query went over; of a count, which sends none, the records are looked up."""
        if call.params.get("Select") != "COUNT":
            return [size(item) for item in response["Items"]]
        values = call.params["ExpressionAttributeValues"]
        rows: Any = self._engine.stack.table.items.get(DynamoType(values[":pk"]), {})
        begins = values.get(":prefix", {"S": ""})["S"]
        return [size(item.attrs) for sk, item in rows.items() if sk.value.startswith(begins)]

    def _read(self, share: Share, key: Attributes, *, consistent: bool) -> None:
        """A single record, charged whole whatever part of it is asked for."""
        there = self._stored(key)
        share.rows_read += there is not None
        share.read_units += read_units([size(there or {})], consistent=consistent)

    def _end_refused(self) -> None:
        if self._write is not None:
            write, self._write = self._write, None
            write.share.refused += 1
            write.share.write_units += max(1, write.attempts) * write_units(write.before, write.before, ())

    def _mailed(self, params: Mapping[str, Any]) -> None:
        to = params.get("Destination", {})
        self.counts.mails += 1
        self.counts.recipients += sum(len(to.get(kind, ())) for kind in ("ToAddresses", "CcAddresses", "BccAddresses"))
        self.counts.attachment_bytes += len(params["Content"].get("Raw", {}).get("Data", b""))

    def _said(self, line: str) -> None:
        """A line of the log; those that hold metrics are read."""
        self._speaking[-1].log_bytes += len(line.encode()) + 1
        if '"_aws"' in line:
            said = json.loads(line)
            names = [metric["Name"] for group in said["_aws"]["CloudWatchMetrics"] for metric in group["Metrics"]]
            hour = f"{self._engine.now:%Y-%m-%dT%H}"
            for name in names:
                if (name, hour) not in self._hours:
                    self._hours.add((name, hour))
                    self.counts.metric_hours[name] += 1
                if name == "accounts_decided":
                    self.counts.accounts += int(sum(said[name]))

    def _stored(self, key: Attributes) -> Attributes | None:
        rows: Any = self._engine.stack.table.items.get(DynamoType(dict(key["pk"])), {})
        item = rows.get(DynamoType(dict(key["sk"])))
        return None if item is None else deepcopy(dict(item.attrs))  # moto changes a record where it lies

    def _queue(self, call: Call) -> str:
        return self._engine.stack.queue_id(call.params["QueueUrl"].rsplit("/", 1)[-1])


def _key(call: Call) -> Attributes:
    found: Attributes = call.params["Item"] if call.operation == "PutItem" else call.params["Key"]
    return found
