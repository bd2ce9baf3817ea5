"""Requests to other systems: repeated where that is safe, and what their failures are called."""

import json
from collections.abc import Mapping
from decimal import Decimal
from functools import cache
from typing import Any, Final, Self
from urllib.parse import urlsplit

import urllib3
from urllib3.exceptions import HTTPError, MaxRetryError
from urllib3.util import Retry

_LOOPBACK: Final = frozenset({"127.0.0.1", "localhost"})
_LONGEST_WAIT: Final = 20  # seconds, where a system says when to come again; later is another pull


class _Retry(Retry):
    """Waits as long as a system says, but not for hours: a day's limit that is used up is told as what it is."""

    def increment(self, *given: Any, **more: Any) -> Self:
        answer = more.get("response")
        if answer is not None and (self.get_retry_after(answer) or 0) > _LONGEST_WAIT:
            raise MaxRetryError(more["_pool"], "")  # the answer is given as it is
        return super().increment(*given, **more)


# Questions only, a POST of a query too: asking twice changes nothing. A system that says when to come again is heeded.
_AGAIN: Final = _Retry(
    total=4,
    backoff_factor=1.0,
    backoff_jitter=0.5,
    status_forcelist=frozenset({429, 500, 502, 503, 504}),
    allowed_methods=None,
    redirect=False,
    raise_on_status=False,
)
_ONCE: Final = Retry(total=0, redirect=False, raise_on_status=False)
_LARGEST: Final = 64 << 20  # bytes of one answer
_UNAVAILABLE: Final = 500  # and above: the other side's fault
_TOO_MANY: Final = 429
_REFUSED: Final = 300


class WebError(RuntimeError):
    """No usable answer. `code` says of what kind; the message holds no data of anybody."""

    def __init__(self, code: str, said: str) -> None:
        super().__init__(said)
        self.code = code


@cache
def _pool() -> urllib3.PoolManager:
    return urllib3.PoolManager(timeout=urllib3.Timeout(connect=5, read=60))


def ask(method: str, url: str, *, headers: Mapping[str, str], body: bytes | None = None) -> Any:
    """The decoded JSON answer of a question, its numbers exact. Raises: WebError."""
    content = _request(method, url, headers, body, _AGAIN)
    try:
        return json.loads(content, parse_float=Decimal)
    except (ValueError, RecursionError):
        raise WebError("NOT_JSON", f"{_checked(url)}: the answer is no JSON") from None


def send(method: str, url: str, *, headers: Mapping[str, str], body: bytes) -> None:
    """Change something, once: whoever asked comes again. Raises: WebError."""
    _request(method, url, headers, body, _ONCE)


def _request(method: str, url: str, headers: Mapping[str, str], body: bytes | None, retries: Retry) -> bytes:
    where = _checked(url)
    try:
        answer = _pool().request(method, url, headers=dict(headers), body=body, preload_content=False, retries=retries)
        content = answer.read(_LARGEST + 1, decode_content=True)
        answer.release_conn()
    except MaxRetryError as error:
        raise WebError("UNREACHABLE", f"{where}: {type(error.reason).__name__}") from None
    except HTTPError as error:
        raise WebError("UNREACHABLE", f"{where}: {type(error).__name__}") from None
    if answer.status >= _REFUSED:
        raise WebError(_code(answer.status), f"{where} answered {answer.status}")
    if len(content) > _LARGEST:
        raise WebError("TOO_LARGE", f"{where}: an answer of more than {_LARGEST:,} bytes")
    return content


def _checked(url: str) -> str:
    parts = urlsplit(url)
    if parts.scheme != "https" and parts.hostname not in _LOOPBACK:
        raise WebError("NOT_HTTPS", f"{parts.hostname}: only https is asked")
    return f"{parts.hostname}{parts.path}"


def _code(status: int) -> str:
    if status in (401, 403):
        return "NOT_ALLOWED"
    return "TOO_MANY_REQUESTS" if status == _TOO_MANY else "REFUSED" if status < _UNAVAILABLE else "UNAVAILABLE"
