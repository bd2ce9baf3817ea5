"""The deployed system on one machine: the stack in moto, a virtual clock, and the real handlers."""

from collections.abc import Mapping
from contextlib import ExitStack, nullcontext
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Self

from moto import mock_aws
from moto.core.config import DefaultConfig
from moto.s3.models import s3_backends

from functions.shared import clock as functions_clock
from functions.shared import pacing, tally
from functions.shared.store import feedback, hooks, own_words, zones
from local.engine import invocation
from local.engine.aws import ACCOUNT, client
from local.engine.bridge import bridged
from local.engine.bridge.lookup import forget
from local.engine.bridge.patching import replace
from local.engine.bus import Bus
from local.engine.calls import Calls
from local.engine.clock import Clock
from local.engine.faults import Faults
from local.engine.invocation import Handler
from local.engine.outbox import Mail
from local.engine.permissions import Need, allowed
from local.engine.pump import NotGrantedError, Pump, Pumped, queue_messages
from local.engine.retries import Retries
from local.engine.ses import Ses
from local.engine.stack import DEFAULT_NAME, TEMPLATE, Schedule, Stack
from local.engine.state import StateFolder
from local.engine.streams import Streams
from local.engine.timetable import SWEEP, NextInstants, Timetable
from local.engine.transport import answered_by

if TYPE_CHECKING:
    from local.counting.meter import Meter

_MOTO: Final[DefaultConfig] = {"core": {"reset_boto3_session": False}}  # our clients outlive an engine
LOCAL_PARAMETERS: Final = {"Stage": "prod"}


class Engine:
    """One stack, its queues, its mail and its time. Use as a context manager; one at a time per process.

    Args:
        start: where the clock begins; a state folder's own clock wins.
        parameters: of the template; unnamed ones take its defaults, but Stage is prod: the other stages have to
            divert their mail, and here no mail leaves the machine.
        state_dir: loaded on entry, saved on a clean exit; None keeps nothing.
        handlers: other handlers by logical id, for tests of the engine itself.
    """

    def __init__(
        self,
        *,
        start: datetime | None = None,
        template: Path = TEMPLATE,
        parameters: Mapping[str, str] | None = None,
        stack_name: str = DEFAULT_NAME,
        state_dir: Path | None = None,
        handlers: Mapping[str, Handler] | None = None,
        check_permissions: bool = True,
    ) -> None:
        self._template = template
        self._parameters = {**LOCAL_PARAMETERS, **(parameters or {})}
        self._stack_name = stack_name
        self._state = StateFolder(state_dir) if state_dir is not None else None
        self._handlers = dict(handlers or {})
        self._check_permissions = check_permissions
        self._clock = Clock(start or datetime.now(UTC).replace(microsecond=0))
        self._undo = ExitStack()
        self.faults = Faults()
        self._meter: Meter | None = None
        self.saves = True  # False: what happens is forgotten at the end, for those who only look

    def __enter__(self) -> Self:
        with ExitStack() as undo:
            if self._state is not None:
                undo.enter_context(self._state.locked())
            undo.enter_context(mock_aws(config=_MOTO))
            undo.enter_context(bridged())
            _as_a_new_process()
            self._clock.hold(undo)
            replace(undo, functions_clock, "wait_until", self._clock.wait_until)  # a sender that waits for its turn
            self.stack = Stack.create(template=self._template, parameters=self._parameters, name=self._stack_name)
            self.ses = Ses(self.stack, now=lambda: self.now)
            self.calls = Calls(self.stack, self.faults, check_permissions=self._check_permissions)
            self._pump = Pump(self.stack, self.invoke)
            self._bus = Bus(self.stack)
            self._streams = Streams(self.stack)
            self._retries = Retries(self.stack)
            undo.enter_context(answered_by(self.ses, self.calls, self._invoke_named))
            undo.enter_context(self.calls.watched())
            if self._state is not None:
                begin = partial(self._clock.move_to, back=True)
                self._state.load(self.stack, self.ses, self._retries, begin)
            self._undo = undo.pop_all()
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        try:
            if kind is None and self._state is not None and self.saves:
                self._state.save(self.stack, self.ses, self._retries, self.now)
        finally:
            self._empty_buckets()
            self._undo.close()

    # ---------- time ----------
    @property
    def now(self) -> datetime:
        return self._clock.now

    def move_to(self, instant: datetime) -> None:
        """Let the time pass; nothing is started by it. Raises: ValueError for an instant in the past."""
        self._clock.move_to(instant)

    def begin_at(self, instant: datetime) -> None:
        """Put the clock where the story begins, in the past too.

        Raises: ValueError once mail went out or messages wait: those have their time already.
        """
        if self.outbox or any(queue_messages(queue) for queue in self.stack.queues.values()):
            raise ValueError(f"the story has begun: the clock stands at {self.now:%Y-%m-%d %H:%M:%S} UTC")
        self._clock.move_to(instant, back=True)

    # ---------- what AWS starts ----------
    def invoke(self, logical_id: str, event: Any) -> Any:
        """Run a function's handler as Lambda would.

        Raises: what the handler raises; KeyError for a function that the stack has not.
        """
        function = self.stack.functions[logical_id]
        counted = self._meter.invoked(function, event) if self._meter else nullcontext()
        with self.calls.by(function), counted:
            return invocation.invoke(function, self._handlers.get(logical_id), event, lambda: self.now)

    def _invoke_named(self, name: str, event: Any) -> Any:
        """One function calls another and waits."""
        return self.invoke(self.stack.function_id(name), event)

    def pump(self) -> Pumped:
        """Deliver mail events and queued messages until neither is left for now."""
        pumped = Pumped()
        while True:
            entries = list(self.ses.take_due())
            self._bus.publish(entries)
            files = self._streams.put_due(self.now)
            if self._meter:
                self._meter.published(entries)
            step = self._pump.run()
            pumped += step
            if not (entries or files or step.total):
                return pumped

    def run_until(self, until: datetime, *, quiet: NextInstants | None = None) -> Pumped:
        """Let the time pass up to `until`, and all happen that happens by then.

        Args: `quiet` answers the instants that matter to planning, those of the last hour and the coming ones (run
        hours); schedules that could do nothing then do not fire. None fires every tick and every sweep.
        Returns: what was delivered and what failed, retries included.
        """
        timetable = Timetable(self.stack, lambda: self.now, quiet)
        pumped = self._pumped(timetable)
        while (instant := self._next_instant(timetable)) is not None and instant <= until:
            self.move_to(max(instant, self.now))  # a handler may have let time pass
            for retry in self._retries.take_due(self.now):
                self._start(retry.function, retry.event, retry.failed, pumped)
            for schedule in timetable.due():
                self._fire(schedule, timetable, pumped)
            pumped += self._pumped(timetable)
        self.move_to(max(until, self.now))
        return pumped

    def _next_instant(self, timetable: Timetable) -> datetime | None:
        candidates = (
            timetable.next_firing(),
            self.ses.next_event_at(),
            self._streams.next_put_at(),
            self._retries.next_at(),
            self._pump.next_receivable_at(self.now),
        )
        return min((at for at in candidates if at is not None), default=None)

    def _pumped(self, timetable: Timetable) -> Pumped:
        writes = self.calls.writes
        pumped = self.pump()
        if self.calls.writes != writes:
            timetable.changed()
        return pumped

    def _fire(self, schedule: Schedule, timetable: Timetable, pumped: Pumped) -> None:
        function = self.stack.functions[schedule.function]
        if not allowed(self.stack.policies_of(schedule.role_arn), Need("lambda:InvokeFunction", function.arn)):
            raise NotGrantedError(f"the role of schedule {schedule.name} may not invoke {function.name}")
        writes = self.calls.writes
        self._start(schedule.function, schedule.input, 0, pumped)
        if self.calls.writes != writes:
            timetable.changed()
        elif schedule.input.get("kind") == SWEEP:
            timetable.left_by_sweep()

    def _start(self, function: str, event: dict[str, Any], failed: int, pumped: Pumped) -> None:
        """One asynchronous invocation; what fails is tried again later, as often as the stack says."""
        try:
            self.invoke(function, event)
        except Exception as error:  # noqa: BLE001  as Lambda; the engine shows it
            pumped.errors.append((function, error))
            self._retries.failed(function, event, self.now, failed + 1)

    # ---------- looking in ----------
    def count(self) -> "Meter":
        """From now on, count what the functions ask of AWS; asked again, the same meter answers."""
        from local.counting.meter import Meter

        if self._meter is None:
            self._meter = self.calls.watcher = Meter(self)
        return self._meter

    @property
    def outbox(self) -> list[Mail]:
        """Every mail that SES accepted, oldest first."""
        return self.ses.outbox

    @property
    def logs(self) -> list[str]:
        """The last lines that handlers wrote."""
        return list(invocation.LOG.lines)

    def client(self, service: str) -> Any:
        """A client for tests and tools: nothing is checked or broken on its way."""
        return client(service)

    def messages(self, queue: str) -> list[str]:
        """The bodies in a queue, by logical id, in flight or not."""
        return [message.body for message in queue_messages(self.stack.queues[queue])]

    # ---------- anew ----------
    def reset(self, *, now: datetime | None = None) -> None:
        """Empty table, queues, buckets and outbox, forget faults and behaviour; the stack stays. For tests."""
        self.stack.table.items.clear()
        forget(self.stack.table)
        _as_a_new_process()
        for queue in self.stack.queues.values():
            queue_messages(queue).clear()
            queue.pending_messages.clear()
            queue.deleted_messages.clear()
        self._empty_buckets()
        self.ses.clear()
        self._streams.clear()
        self._retries.clear()
        self.faults.clear()
        self.calls.clear()
        invocation.LOG.lines.clear()
        if now is not None:
            self._clock.move_to(now, back=True)

    def _empty_buckets(self) -> None:
        """Moto keeps each object in a file of its own, and complains at the end of the process of those not closed."""
        for name in self.stack.buckets:
            kept = s3_backends[ACCOUNT]["aws"].get_bucket(name).keys
            for key in list(kept):
                for version in kept.getlist(key):
                    version.dispose()
            kept.clear()


def _as_a_new_process() -> None:
    """What functions remember between invocations is of another stack, or of another beginning."""
    for remembered in (feedback, hooks, own_words, pacing, tally, zones):
        remembered.forget()
