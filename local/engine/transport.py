"""The wire between clients and moto. SES is answered by our stand-in; all else goes on to moto."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import Any
from urllib.parse import urlsplit

from moto.core.models import botocore_stubber

from local.engine.bridge.patching import replace
from local.engine.calls import Calls
from local.engine.faults import Moment
from local.engine.ses import Ses


@contextmanager
def answered_by(ses: Ses, calls: Calls) -> Iterator[None]:
    """Requests to SES reach the stand-in while the block runs, and each request can be broken on its way.

    At this depth a request has been checked and serialised by the SDK, and a retry by the SDK is a second request.
    """
    stock = botocore_stubber.process_request

    def process(request: Any) -> Any:
        calls.show_attempt(Moment.BEFORE)
        answer = answered(request)
        calls.show_attempt(Moment.AFTER)
        return answer

    def answered(request: Any) -> Any:
        address = urlsplit(request.url)
        if address.netloc.startswith("email."):
            answer = ses.answer(request.method, address.path, _body(request.body))
            if answer is not None:
                return answer
        return stock(request)

    with ExitStack() as undo:
        replace(undo, botocore_stubber, "process_request", process)
        yield


def _body(body: Any) -> bytes:
    return body.encode() if isinstance(body, str) else bytes(body or b"")
