"""Counts what the functions ask of AWS, request by request, while the local engine runs them."""

from collections import Counter
from copy import deepcopy
from dataclasses import dataclass, field
from typing import Any, Final

from moto.dynamodb.models.dynamo_type import DynamoType

from bench.units import Attributes, Index, indexes, read_units, size, write_units
from local.engine import Call, Engine, Moment

_WRITES: Final = frozenset({"PutItem", "UpdateItem", "DeleteItem"})


@dataclass(slots=True)
class Counts:
    """Of one stretch of time, over all functions."""

    requests: Counter[str] = field(default_factory=Counter)  # by function and operation
    rows_read: int = 0
    rows_written: int = 0
    refused: int = 0  # writes whose condition did not hold
    read_units: float = 0
    write_units: int = 0
    queued: Counter[str] = field(default_factory=Counter)  # messages, by queue
    mails: int = 0

    def of(self, function: str) -> int:
        """The requests of one function."""
        return sum(number for name, number in self.requests.items() if name.startswith(f"{function} "))


class Meter:
    """A hook on the engine's calls."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._indexes: tuple[Index, ...] = indexes(engine.stack.table)
        self._before: Attributes | None = None
        self._open = False  # a write whose answer is still to come
        self.counts = Counts()
        engine.faults.add(self._see)

    def taken(self) -> Counts:
        """What was counted until now; counting begins anew."""
        self._end_refused()
        counts, self.counts = self.counts, Counts()
        return counts

    def _see(self, call: Call) -> None:
        if call.moment is Moment.BEFORE:
            self._end_refused()
            self.counts.requests[f"{call.function} {call.service} {call.operation}"] += 1
            if call.operation in _WRITES:
                self._before, self._open = self._stored(_key(call)), True
        elif call.service == "dynamodb":
            self._answered(call, call.response or {})
        elif call.operation == "SendMessageBatch":
            self.counts.queued[self._queue(call)] += len(call.params["Entries"])
        elif call.operation == "SendEmail":
            self.counts.mails += 1

    def _answered(self, call: Call, response: dict[str, Any]) -> None:
        counts, consistent = self.counts, call.params.get("ConsistentRead", False)
        if call.operation in _WRITES:
            counts.rows_written += 1
            counts.write_units += write_units(self._before, self._stored(_key(call)), self._indexes)
            self._open = False
        elif call.operation == "Query":
            counts.rows_read += len(response["Items"])
            counts.read_units += read_units(map(size, response["Items"]), consistent=consistent)
        elif call.operation == "GetItem":
            self._read(call.params["Key"], consistent=consistent)
        elif call.operation == "BatchGetItem":
            for request in call.params["RequestItems"].values():
                for key in request["Keys"]:
                    self._read(key, consistent=request.get("ConsistentRead", False))
        else:
            raise NotImplementedError(f"{call.operation} is not metered")

    def _read(self, key: Attributes, *, consistent: bool) -> None:
        """A single record, charged whole whatever part of it is asked for."""
        there = self._stored(key)
        self.counts.rows_read += there is not None
        self.counts.read_units += read_units([size(there or {})], consistent=consistent)

    def _end_refused(self) -> None:
        if self._open:
            self.counts.refused += 1
            self.counts.write_units += write_units(self._before, self._before, ())
            self._open = False

    def _stored(self, key: Attributes) -> Attributes | None:
        rows: Any = self._engine.stack.table.items.get(DynamoType(dict(key["pk"])), {})
        item = rows.get(DynamoType(dict(key["sk"])))
        return None if item is None else deepcopy(dict(item.attrs))  # moto changes a record where it lies

    def _queue(self, call: Call) -> str:
        return self._engine.stack.queue_id(call.params["QueueUrl"].rsplit("/", 1)[-1])


def _key(call: Call) -> Attributes:
    found: Attributes = call.params["Item"] if call.operation == "PutItem" else call.params["Key"]
    return found
