"""Every AWS call of a handler, seen before and after it is made: the place where tests break things."""

from collections.abc import Callable
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Final

from botocore.exceptions import ClientError, ConnectionClosedError

READS: Final = frozenset({
    "BatchGetItem", "GetItem", "Query", "Scan", "TransactGetItems", "ReceiveMessage", "GetObject", "HeadObject",
    "ListObjectsV2", "GetAccount", "GetQueueAttributes", "DescribeTable",
})  # fmt: skip


class Killed(BaseException):
    """The process dies here. No handler code may catch it, hence not an Exception."""


class Moment(StrEnum):
    BEFORE = "before"  # nothing has happened yet
    AFTER = "after"  # it has happened, and the caller does not know yet


@dataclass(frozen=True, slots=True)
class Call:
    """One API call by a handler. `number` counts from 1 since the faults were last cleared."""

    number: int
    moment: Moment
    function: str  # logical id
    service: str
    operation: str
    params: dict[str, Any]
    response: dict[str, Any] | None = field(default=None)

    @property
    def is_write(self) -> bool:
        return self.operation not in READS


@dataclass(frozen=True, slots=True)
class Attempt:
    """One request on the wire: a call that the SDK repeats is several."""

    moment: Moment
    function: str  # logical id
    service: str
    operation: str


Hook = Callable[[Call], None]
AttemptHook = Callable[[Attempt], None]


@dataclass(slots=True)
class Faults:
    """What shall go wrong. A hook raises what the caller shall see; one that returns lets the call pass."""

    hooks: list[Hook] = field(default_factory=list)
    attempt_hooks: list[AttemptHook] = field(default_factory=list)
    counted: int = 0

    def clear(self) -> None:
        self.hooks.clear()
        self.attempt_hooks.clear()
        self.counted = 0

    def kill_at(self, number: int, moment: Moment = Moment.BEFORE, *, writes_only: bool = False) -> None:
        """Die at the k-th call from here on (or the k-th write)."""
        self.add(_at(number, moment, writes_only, Killed(f"{moment} call {number}")))

    def fail_at(
        self, number: int, error: Exception, moment: Moment = Moment.BEFORE, *, writes_only: bool = False
    ) -> None:
        """Raise at the k-th call from here on (or the k-th write)."""
        self.add(_at(number, moment, writes_only, error))

    def lose_answer(self, operation: str, *, times: int = 1) -> None:
        """The next requests of an operation do their work and their answers are lost: the SDK asks again."""
        left = times

        def hook(attempt: Attempt) -> None:
            nonlocal left
            if left and attempt.moment is Moment.AFTER and attempt.operation == operation:
                left -= 1
                raise ConnectionClosedError(endpoint_url=f"https://{attempt.service}")

        self.attempt_hooks.append(hook)

    def add(self, hook: Hook) -> None:
        self.hooks.append(hook)

    def show(self, call: Call) -> None:
        for hook in list(self.hooks):
            hook(call)


def _at(number: int, moment: Moment, writes_only: bool, error: BaseException) -> Hook:
    seen = 0

    def hook(call: Call) -> None:
        nonlocal seen
        if call.moment is Moment.BEFORE and (call.is_write or not writes_only):
            seen += 1
        if seen == number and call.moment is moment and (call.is_write or not writes_only):
            seen += moment is Moment.AFTER  # once
            raise error

    return hook


def client_error(operation: str, code: str, message: str = "injected", status: int = 400) -> ClientError:
    """An error as AWS answers it."""
    return ClientError(
        {"Error": {"Code": code, "Message": message}, "ResponseMetadata": {"HTTPStatusCode": status}},  # type: ignore[typeddict-item]
        operation,
    )
