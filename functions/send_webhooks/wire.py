"""The one request to an endpoint: by https, to a public address, once, wherever it points; nothing is followed.

The name is looked up here and the connection goes to the address that was judged: a second look-up could say another.
A receiver that answers a byte now and then, each before the time is up, is cut off: no worker waits for it for ever.
"""

import ipaddress
import socket
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from http.client import HTTPException
from threading import Timer
from typing import Final
from urllib.parse import urlsplit

import urllib3

from core.values import dataclass

CONNECT_SECONDS: Final = 3.0
READ_SECONDS: Final = 10.0
WHOLE_SECONDS: Final = CONNECT_SECONDS + READ_SECONDS  # from the connection to the last line of the answer's head
_HTTPS: Final = 443
_LOOPBACK: Final[list[bool]] = []  # one entry while a receiver on this machine may be reached


class RefusedUrlError(ValueError):
    """An address that nothing is sent to."""


@dataclass(frozen=True, slots=True)
class Reply:
    """What came of a request: a status, or what went wrong before there was one."""

    status: int | None
    error: str = ""
    retry_after: int = 0  # seconds

    @property
    def taken(self) -> bool:
        return self.status is not None and 200 <= self.status < 300

    @property
    def said(self) -> str:
        """For records and logs."""
        return str(self.status) if self.status is not None else self.error


@contextmanager
def loopback_allowed() -> Iterator[None]:
    """For one machine: a receiver beside the engine may be reached, by http too. No function on AWS calls this."""
    _LOOPBACK.append(True)
    try:
        yield
    finally:
        _LOOPBACK.pop()


def check(url: str) -> None:
    """Raises RefusedUrlError for an address that would be refused, as far as it says so itself."""
    parts = urlsplit(url)
    if parts.scheme != "https" and not (_LOOPBACK and parts.scheme == "http"):
        raise RefusedUrlError("only https is taken")
    if not parts.hostname or parts.username is not None or parts.password is not None or parts.fragment:
        raise RefusedUrlError("a host and a path, without user and password")
    if not url.isascii() or any(ord(char) <= 32 for char in url):
        raise RefusedUrlError("ASCII without blanks; a name in other letters in its IDNA form")
    try:
        _judge(parts.hostname)
    except ValueError as wrong:
        if isinstance(wrong, RefusedUrlError):
            raise


def post(url: str, headers: Mapping[str, str], body: bytes) -> Reply:
    """Send once. Raises nothing that the other side can cause."""
    parts = urlsplit(url)
    try:
        check(url)
        address = _public_address(parts.hostname or "", parts.port or _HTTPS)
    except (RefusedUrlError, OSError, UnicodeError, ValueError) as wrong:
        return Reply(None, "refused address" if isinstance(wrong, RefusedUrlError) else "unknown host")
    host = parts.hostname or ""
    target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    named = host if parts.port in (None, _HTTPS) else f"{host}:{parts.port}"
    with _pool(parts.scheme, address, parts.port or _HTTPS, host) as pool:
        try:
            answer = pool.urlopen(
                "POST",
                target,
                body=body,
                headers={**headers, "host": named, "connection": "close"},
                redirect=False,
                retries=False,
                timeout=urllib3.Timeout(connect=CONNECT_SECONDS, read=READ_SECONDS),
                preload_content=False,
            )
        except (urllib3.exceptions.HTTPError, HTTPException) as failed:
            return Reply(None, type(failed).__name__)
        answer.close()  # the status says all; a body could be of any size
        return Reply(answer.status, retry_after=_seconds(answer.headers.get("retry-after")))


class _Bounded:
    """A connection that ends when its time is up, whatever comes: the time-out of a socket begins anew at each byte."""

    _alarm: Timer | None = None
    _line: socket.socket | None = None

    def _new_conn(self) -> socket.socket:
        made: socket.socket = super()._new_conn()  # type: ignore[misc]  # of the connection that this is mixed into
        self._line = made.dup()  # its own handle: TLS takes the first one, and a number may soon be another's
        self._alarm = Timer(WHOLE_SECONDS, self._cut)
        self._alarm.daemon = True
        self._alarm.start()
        return made

    def _cut(self) -> None:
        with suppress(OSError):
            if self._line is not None:
                self._line.shutdown(socket.SHUT_RDWR)

    def close(self) -> None:
        if self._alarm is not None:
            self._alarm.cancel()
        if self._line is not None:
            self._line.close()
        super().close()  # type: ignore[misc]


class _Plain(_Bounded, urllib3.connection.HTTPConnection):
    pass


class _Encrypted(_Bounded, urllib3.connection.HTTPSConnection):
    pass


class _PlainPool(urllib3.HTTPConnectionPool):
    ConnectionCls = _Plain


class _EncryptedPool(urllib3.HTTPSConnectionPool):
    ConnectionCls = _Encrypted


def _pool(scheme: str, address: str, port: int, host: str) -> urllib3.HTTPConnectionPool:
    if scheme == "http":
        return _PlainPool(address, port)
    return _EncryptedPool(address, port, server_hostname=host, assert_hostname=host, cert_reqs="CERT_REQUIRED")


def _public_address(host: str, port: int) -> str:
    """The first of the host's addresses; each of them must be public. Raises RefusedUrlError, OSError."""
    found = [str(entry[4][0]) for entry in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)]
    for address in found:
        _judge(address)
    return found[0]


def _judge(address: str) -> None:
    """Raises RefusedUrlError for an address that is not public, ValueError for what is none."""
    ip = ipaddress.ip_address(address.partition("%")[0])
    inner = getattr(ip, "ipv4_mapped", None) or getattr(ip, "sixtofour", None) or ip
    if _LOOPBACK and inner.is_loopback:
        return
    if not inner.is_global or inner.is_multicast or inner.is_reserved or not ip.is_global:
        raise RefusedUrlError("not a public address")


def _seconds(text: str | None) -> int:
    return min(int(text), 86_400) if text and text.isdigit() and len(text) < 8 else 0
