"""Between the handlers and their clients: counting, permission, faults."""

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from threading import local
from time import process_time
from typing import Any, Protocol

from botocore.client import BaseClient
from botocore.exceptions import ClientError

from local.engine.aws import is_own
from local.engine.faults import Attempt, Call, Faults, Moment
from local.engine.needs import needs
from local.engine.permissions import Need, allowed
from local.engine.stack import Function, Stack

# SQS and S3 say it in their own words.
_DENIED = {"s3": "AccessDenied", "sqs": "AccessDenied"}


class Watcher(Protocol):
    """Sees what has been let through, and changes nothing."""

    def see(self, call: Call) -> None:
        """One call, before it is made and after it was answered."""

    def attempt(self, attempt: Attempt) -> None:
        """One request on the wire, before and after."""


@dataclass(slots=True)
class Calls:
    """The API calls of the function that runs now; those of the engine and of the CLI pass untouched."""

    stack: Stack
    faults: Faults
    check_permissions: bool = True
    function: Function | None = None
    counts: Counter[tuple[str, str, str]] = field(default_factory=Counter)  # function, service, operation
    writes: int = 0
    watcher: Watcher | None = None
    aside_s: float = 0  # CPU seconds in which the engine played AWS while a function waited
    _here: local = field(default_factory=local)  # of each thread: a function may make calls beside one another
    _allowed: dict[tuple[str, Need], bool] = field(default_factory=dict)

    @property
    def current(self) -> tuple[str, str, str] | None:
        """Function, service, operation: the call that is on its way."""
        return getattr(self._here, "call", None)

    @current.setter
    def current(self, call: tuple[str, str, str] | None) -> None:
        self._here.call = call

    @contextmanager
    def watched(self) -> Iterator[None]:
        """Stand in the way of every client of this process while the block runs."""
        stock = BaseClient._make_api_call  # type: ignore[attr-defined]  # noqa: SLF001  the one way every call goes
        watch = self._call

        def make_api_call(client: BaseClient, operation_name: str, api_params: dict[str, Any]) -> Any:
            if self.function is None or is_own(client):
                return stock(client, operation_name, api_params)
            return watch(stock, client, operation_name, api_params)

        BaseClient._make_api_call = make_api_call  # type: ignore[attr-defined]  # noqa: SLF001
        try:
            yield
        finally:
            BaseClient._make_api_call = stock  # type: ignore[attr-defined]  # noqa: SLF001

    def clear(self) -> None:
        self.counts.clear()
        self.writes = 0

    @contextmanager
    def by(self, function: Function) -> Iterator[None]:
        """Calls in the block are the function's; one function may invoke another."""
        before, self.function = self.function, function
        try:
            yield
        finally:
            self.function = before

    def _call(self, stock: Any, client: Any, operation: str, params: dict[str, Any]) -> Any:
        began = process_time()
        function = self.function
        assert function is not None
        service = client.meta.service_model.service_name
        if self.check_permissions:
            self._permit(function, client, service, operation, params)
        self.faults.counted += 1
        call = Call(self.faults.counted, Moment.BEFORE, function.logical_id, service, operation, params)
        self.counts[function.logical_id, service, operation] += 1
        self.writes += call.is_write
        self.faults.show(call)
        if self.watcher is not None:
            self.watcher.see(call)
        before, self.current = self.current, (function.logical_id, service, operation)
        self.aside_s += process_time() - began
        try:
            response = stock(client, operation, params)
        finally:
            self.current = before
            began = process_time()
        after = Call(call.number, Moment.AFTER, function.logical_id, service, operation, params, response)
        if self.watcher is not None:
            self.watcher.see(after)
        self.aside_s += process_time() - began
        self.faults.show(after)
        return response

    def show_attempt(self, moment: Moment) -> None:
        """One request of the current call, before it reaches moto or after; the engine's own have none."""
        if self.current is not None:
            attempt = Attempt(moment, *self.current)
            if self.watcher is not None:
                self.watcher.attempt(attempt)
            for hook in list(self.faults.attempt_hooks):
                hook(attempt)

    @contextmanager
    def aside(self) -> Iterator[None]:
        """What happens in the block is AWS's doing: whatever it puts aside itself is part of it."""
        before, began = self.aside_s, process_time()
        try:
            yield
        finally:
            self.aside_s = before + process_time() - began

    def _permit(self, function: Function, client: Any, service: str, operation: str, params: dict[str, Any]) -> None:
        for need in needs(self.stack, service, operation, params):
            key = (function.logical_id, need)
            if key not in self._allowed:
                self._allowed[key] = allowed(self.stack.policies_of(function.role_arn), need)
            if not self._allowed[key]:
                code = _DENIED.get(service, "AccessDeniedException")
                message = f"User: {function.role_arn} is not authorized to perform: {need}"
                error = {"Error": {"Code": code, "Message": message}, "ResponseMetadata": {"HTTPStatusCode": 403}}
                kind: type[ClientError] = client.exceptions.from_code(code)
                raise kind(error, operation)  # type: ignore[arg-type]  # metadata is filled by the wire
