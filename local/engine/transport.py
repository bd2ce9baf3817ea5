"""The wire between clients and moto. SES is answered by our stand-in, a function by its handler; the rest by moto."""

import json
import re
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from typing import Any, Final
from urllib.parse import unquote, urlsplit

from moto.core.models import botocore_stubber

from local.engine import texts
from local.engine.bridge.patching import replace
from local.engine.calls import Calls
from local.engine.faults import Moment
from local.engine.ses import Ses

Invoke = Callable[[str, Any], Any]  # name or ARN of a function, event -> result
_INVOCATION: Final = re.compile(r"/2015-03-31/functions/([^/]+)/invocations")


@contextmanager
def answered_by(ses: Ses, calls: Calls, invoke: Invoke) -> Iterator[None]:
    """Requests to SES reach the stand-in while the block runs, and each request can be broken on its way.

    A function that is invoked runs its handler here and now: moto would look for a container.
    At this depth a request has been checked and serialised by the SDK, and a retry by the SDK is a second request.
    """
    stock = botocore_stubber.process_request

    def process(request: Any) -> Any:
        calls.show_attempt(Moment.BEFORE)
        with calls.aside():
            answer = answered(request)
        calls.show_attempt(Moment.AFTER)
        return answer

    def answered(request: Any) -> Any:
        address = urlsplit(request.url)
        if address.netloc.startswith("email."):
            answer = ses.answer(request.method, address.path, _body(request.body))
            if answer is not None:
                return answer
        text = texts.answer(address.netloc, _body(request.body), ses.now(), ses.outbox.append)
        if text is not None:
            return text
        called = _INVOCATION.fullmatch(address.path) if address.netloc.startswith("lambda.") else None
        if called is not None:
            return _invoked(lambda: invoke(unquote(called[1]), json.loads(_body(request.body) or b"{}")))
        return stock(request)

    with ExitStack() as undo:
        replace(undo, botocore_stubber, "process_request", process)
        yield


def _invoked(run: Callable[[], Any]) -> tuple[int, dict[str, str], str]:
    """What Lambda answers to a caller that waits; an error of the handler is an answer too."""
    try:
        return 200, {"Content-Type": "application/json"}, json.dumps(run())
    except Exception as error:  # noqa: BLE001 - as Lambda: whatever the handler raises
        failed = {"errorType": type(error).__name__, "errorMessage": str(error)}
        return 200, {"Content-Type": "application/json", "X-Amz-Function-Error": "Unhandled"}, json.dumps(failed)


def _body(body: Any) -> bytes:
    """Of a request whose service we answer; what is read as a stream, as a file for S3 is, is left to moto."""
    if isinstance(body, str):
        return body.encode()
    return bytes(body or b"") if isinstance(body, (bytes, bytearray, type(None))) else b""
