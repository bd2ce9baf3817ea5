"""One invocation of a real handler, as Lambda makes it: its environment and nothing else, JSON in, JSON out."""

import contextlib
import importlib
import io
import json
import logging
import os
import secrets
import traceback
import uuid
import warnings
from collections import deque
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final

from local.engine.aws import CREDENTIALS
from local.engine.stack import Function

Handler = Callable[[Any, Any], Any]

LOG_LINES: Final = 20_000
# Not Lambda's, but what a test run or a Python started in an odd way needs to go on working.
_KEPT: Final = ("PYTHONPATH", "PYTEST_CURRENT_TEST", "COVERAGE_PROCESS_START", "HOME", "TMPDIR")


@dataclass(slots=True)
class Context:
    """The LambdaContext that a handler sees."""

    function_name: str
    invoked_function_arn: str
    memory_limit_in_mb: int
    deadline: datetime
    now: Callable[[], datetime]
    function_version: str = "$LATEST"
    aws_request_id: str = field(default_factory=lambda: str(uuid.uuid4()))
    log_group_name: str = ""
    log_stream_name: str = field(default_factory=lambda: f"[$LATEST]{secrets.token_hex(16)}")
    identity: None = None
    client_context: None = None

    def get_remaining_time_in_millis(self) -> int:
        """By the virtual clock: it stands still unless a test moves it."""
        return max(0, int((self.deadline - self.now()).total_seconds() * 1000))


class LogStream(io.TextIOBase):
    """Where handlers' stdout goes: the engine keeps the last lines.

    One for the process: a logger made at import holds on to the stream that it saw then.
    """

    def __init__(self) -> None:
        self.lines: deque[str] = deque(maxlen=LOG_LINES)
        self.hear: Callable[[str], None] | None = None  # each line, for whoever counts them
        self._open = ""

    def writable(self) -> bool:
        return True

    def write(self, text: str) -> int:
        *whole, self._open = (self._open + text).split("\n")
        self.lines.extend(whole)
        if self.hear is not None:
            for line in whole:
                self.hear(line)
        return len(text)


LOG: Final = LogStream()


def environment_of(function: Function) -> dict[str, str]:
    """What Lambda puts into the environment, with the function's own variables."""
    return {
        **{name: os.environ[name] for name in _KEPT if name in os.environ},
        "PATH": "/var/lang/bin:/usr/local/bin:/usr/bin:/bin:/opt/bin",
        "LANG": "en_US.UTF-8",
        "TZ": ":UTC",
        **CREDENTIALS,
        "AWS_LAMBDA_FUNCTION_NAME": function.name,
        "AWS_LAMBDA_FUNCTION_VERSION": "$LATEST",
        "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": str(function.memory_mb),
        "_HANDLER": function.handler,
        **function.environment,
    }


def invoke(function: Function, handler: Handler | None, event: Any, now: Callable[[], datetime]) -> Any:
    """Run the handler (None: the one that the stack names) on a copy of the event.

    Returns: its result after a trip through JSON.
    Raises: whatever the handler raises; TypeError for a result that is not JSON.
    """
    context = Context(
        function_name=function.name,
        invoked_function_arn=function.arn,
        memory_limit_in_mb=function.memory_mb,
        deadline=now() + timedelta(seconds=function.timeout_seconds),
        now=now,
        log_group_name=f"/aws/lambda/{function.name}",
    )
    with _environment(environment_of(function)), contextlib.redirect_stdout(LOG), _warnings_logged():
        run = handler or _load(function.handler)
        _hear(function.environment.get("POWERTOOLS_SERVICE_NAME", ""))
        try:
            result = run(json.loads(json.dumps(event)), context)
        except Exception as error:
            LOG.write(json.dumps(_as_lambda_says(error)) + "\n")
            raise
        return json.loads(json.dumps(result))


def _as_lambda_says(error: Exception) -> dict[str, Any]:
    """What the runtime writes into the log of an error that the handler let go. Source: awslambdaric, bootstrap."""
    trace = traceback.format_list(traceback.extract_tb(error.__traceback__))
    return {"level": "ERROR", "errorMessage": str(error), "errorType": type(error).__name__, "stackTrace": trace}


def _load(path: str) -> Handler:
    module, _, name = path.rpartition(".")
    loaded: Handler = getattr(importlib.import_module(module), name)
    return loaded


def _hear(service: str) -> None:
    """A logger that was made before the engine ran holds on to the stream of then, and would not be heard."""
    for handler in logging.getLogger(service).handlers if service else ():
        if isinstance(handler, logging.StreamHandler):
            handler.stream = LOG  # not setStream, which flushes the one of then: it may be closed by now


@contextlib.contextmanager
def _warnings_logged() -> Iterator[None]:
    """Warnings are a function's log lines too; the rest of stderr is left alone, for progress bars live there."""
    shown = warnings.showwarning
    warnings.showwarning = lambda message, category, filename, lineno, *_: LOG.write(  # type: ignore[assignment]
        warnings.formatwarning(message, category, filename, lineno)
    )
    try:
        yield
    finally:
        warnings.showwarning = shown


@contextlib.contextmanager
def _environment(variables: Mapping[str, str]) -> Iterator[None]:
    before = dict(os.environ)
    os.environ.clear()
    os.environ.update(variables)
    try:
        yield
    finally:
        os.environ.clear()
        os.environ.update(before)
