"""What can go wrong at any effect: before it, after it, instead of it; by chance, or armed for one call."""

import json
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from enum import StrEnum
from random import Random
from typing import Any, Final

from botocore.exceptions import ConnectionClosedError

from local.engine import Attempt, Call, Engine, Killed, Moment
from local.engine.faults import client_error
from local.engine.pump import queue_messages


class Trouble(StrEnum):
    """One kind of fault."""

    DIES_BEFORE = "the process dies before the call"
    DIES_AFTER = "the process dies after the call"
    TIMES_OUT = "the call is done, and the function's time is over"
    THROTTLED = "the service is too busy"
    DENIED = "the role may not"
    DONE_BUT_FAILED = "the call is done, and its answer is an error"
    ANSWER_LOST = "the call is done, and its answer is lost on the wire"
    FROZEN = "the process sleeps for minutes before the call"
    ANOTHER_WORKER = "somebody else does the same work just before the call"
    HIDDEN_IN_INDEX = "the index does not hold the newest row yet"
    STILL_IN_INDEX = "the index still holds what has left it"
    SENT_TWICE = "the queue takes a message and delivers it twice"
    SENT_LATE = "the queue delivers a message late"
    SENT_AND_LOST = "the queue takes a message and loses it"
    SHUFFLED = "the queue delivers in another order"


_ANY: Final = (Trouble.DIES_BEFORE, Trouble.DIES_AFTER, Trouble.TIMES_OUT, Trouble.FROZEN, Trouble.ANOTHER_WORKER)
_ERRORS: Final = (Trouble.THROTTLED, Trouble.DENIED, Trouble.DONE_BUT_FAILED, Trouble.ANSWER_LOST)
_OF_INDEX: Final = (Trouble.HIDDEN_IN_INDEX, Trouble.STILL_IN_INDEX)
_OF_QUEUE: Final = (Trouble.SENT_TWICE, Trouble.SENT_LATE, Trouble.SENT_AND_LOST, Trouble.SHUFFLED)
AFTERWARDS: Final = frozenset({
    Trouble.DIES_AFTER, Trouble.TIMES_OUT, Trouble.DONE_BUT_FAILED, *_OF_INDEX, *_OF_QUEUE,
})  # fmt: skip
_BUSY: Final = {"dynamodb": "ProvisionedThroughputExceededException", "sqs": "RequestThrottled"}
_DENIED: Final = {"dynamodb": "AccessDeniedException", "sqs": "AccessDenied"}
_BROKEN: Final = {"dynamodb": "InternalServerError", "sqs": "InternalError"}


def kinds_for(call: Call) -> tuple[Trouble, ...]:
    """What can happen to this call. What the mail provider answers is the provider's own matter."""
    if call.service == "sesv2":
        return (*_ANY, Trouble.ANSWER_LOST)
    if "IndexName" in call.params:
        return (*_ANY, *_ERRORS, *_OF_INDEX)
    if call.operation == "SendMessageBatch":
        return (*_ANY, *_ERRORS, *_OF_QUEUE)
    return (*_ANY, *_ERRORS) if call.service in _BUSY else _ANY


@dataclass
class Troubles:
    """A hook of the engine's faults. `odds` is the chance of any call; `arm` waits for one call of a function."""

    engine: Engine
    random: Random
    odds: float = 0.0
    happened: Counter[Trouble] = field(default_factory=Counter)
    _armed: list[tuple[Trouble, str, int]] = field(default_factory=list)  # what, at which function, calls to go
    _pending: tuple[int, Trouble] | None = None
    _losing: bool = False
    _busy: bool = False  # whoever interferes is not interfered with
    _seen: dict[str, list[Any]] = field(default_factory=dict)  # index and partition -> what it held before

    def begin(self) -> None:
        self.engine.faults.hooks.append(self)
        self.engine.faults.attempt_hooks.append(self._on_wire)

    def end(self) -> None:
        """From here on nothing goes wrong any more."""
        self.odds, self._armed, self._pending, self._losing = 0.0, [], None, False
        self.engine.faults.clear()

    def arm(self, trouble: Trouble, function: str, calls: int) -> None:
        """It happens once, at the n-th call that the function makes from now on (of those it can happen to)."""
        self._armed.append((trouble, function, calls))

    def __call__(self, call: Call) -> None:
        if self._busy:
            return
        if call.moment is Moment.BEFORE:
            trouble = self._next(call)
            if trouble is not None:
                self.happened[trouble] += 1
                if trouble in AFTERWARDS:
                    self._pending = call.number, trouble
                else:
                    self._before(trouble, call)
            return
        pending, self._pending = self._pending, None
        if pending is not None and pending[0] == call.number:
            self._after(pending[1], call)
        if "IndexName" in call.params:
            self._seen[_view(call)] = list((call.response or {}).get("Items", ()))

    def _next(self, call: Call) -> Trouble | None:
        kinds = kinds_for(call)
        for place, (trouble, function, left) in enumerate(self._armed):
            if function == call.function and trouble in kinds:
                if left <= 1:
                    del self._armed[place]
                    return trouble
                self._armed[place] = trouble, function, left - 1
        return self.random.choice(kinds) if self.odds and self.random.random() < self.odds else None

    # ---------- before the effect ----------
    def _before(self, trouble: Trouble, call: Call) -> None:
        match trouble:
            case Trouble.DIES_BEFORE:
                raise Killed(f"{call.function} {call.operation}")
            case Trouble.THROTTLED:
                raise client_error(call.operation, _BUSY[call.service])
            case Trouble.DENIED:
                raise client_error(call.operation, _DENIED[call.service], status=403)
            case Trouble.ANSWER_LOST:
                self._losing = True
            case Trouble.FROZEN:
                self._undisturbed(lambda: self._pass(timedelta(seconds=self.random.randint(5, 600))))
            case Trouble.ANOTHER_WORKER:
                self._undisturbed(self._work)

    def _on_wire(self, attempt: Attempt) -> None:
        if self._losing and attempt.moment is Moment.AFTER:
            self._losing = False
            raise ConnectionClosedError(endpoint_url=f"https://{attempt.service}")

    def _work(self) -> None:
        act = self.random.choice((
            self.engine.pump,
            lambda: self.engine.invoke("SweepStuckFunction", {"kind": "sweep"}),
            lambda: self.engine.invoke("PlanRunFunction", {"kind": "tick"}),
        ))  # fmt: skip
        act()

    def _undisturbed(self, act: Callable[[], object]) -> None:
        """As another process would: its calls are not this function's."""
        calls, self._busy = self.engine.calls, True
        worker, calls.function = calls.function, None
        current, calls.current = calls.current, None
        try:
            act()
        finally:
            calls.function, calls.current, self._busy = worker, current, False

    def _pass(self, time: timedelta) -> None:
        self.engine.move_to(self.engine.now + time)

    # ---------- after the effect ----------
    def _after(self, trouble: Trouble, call: Call) -> None:
        match trouble:
            case Trouble.DIES_AFTER:
                raise Killed(f"{call.function} {call.operation}")
            case Trouble.TIMES_OUT:
                self._undisturbed(lambda: self._pass(timedelta(seconds=120)))
                raise Killed(f"{call.function} {call.operation}: out of time")
            case Trouble.DONE_BUT_FAILED:
                raise client_error(call.operation, _BROKEN[call.service], status=500)
            case Trouble.HIDDEN_IN_INDEX if call.response and call.response["Items"]:
                call.response["Items"].pop()
            case Trouble.STILL_IN_INDEX if call.response:
                held = call.response["Items"]
                held += [item for item in self._seen.get(_view(call), ()) if item not in held]
            case Trouble.SENT_TWICE | Trouble.SENT_LATE | Trouble.SENT_AND_LOST | Trouble.SHUFFLED:
                self._undisturbed(lambda: self._misplace(trouble, call))

    def _misplace(self, trouble: Trouble, call: Call) -> None:
        url = call.params["QueueUrl"]
        queue = next(queue for queue in self.engine.stack.queues.values() if queue.physical_resource_id == url)
        bodies = {entry["MessageBody"] for entry in call.params["Entries"]}
        messages = queue_messages(queue)
        one = self.random.choice([message for message in messages if message.body in bodies])
        match trouble:
            case Trouble.SENT_TWICE:
                self.engine.client("sqs").send_message(QueueUrl=url, MessageBody=one.body)
            case Trouble.SENT_LATE:
                late = self.engine.now + timedelta(minutes=self.random.randint(1, 240))
                one.delayed_until = late.timestamp() * 1000
            case Trouble.SENT_AND_LOST:
                messages.remove(one)
            case _:
                self.random.shuffle(messages)


def _view(call: Call) -> str:
    """Which part of which index a query looks at; the bounds may differ from one look to the next."""
    values = call.params["ExpressionAttributeValues"]
    return json.dumps([call.params["IndexName"], values[":pk"], values.get(":low")], sort_keys=True)
