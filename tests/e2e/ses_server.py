"""The local engine's stand-in for SES behind HTTP, for functions that run in other processes."""

import threading
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from botocore.exceptions import ReadTimeoutError

from local.engine.outbox import Mail
from local.engine.ses import Ses
from local.engine.stack import EventDestination

_ENTRIES = 10  # of one PutEvents
_LOOK_SECONDS = 0.2
_ANSWER_SECONDS = 25  # longer than the functions wait


@dataclass(slots=True)
class DeployedAccount:
    """What the account holds of SES, as SES's own API says; nothing before `read_from`."""

    identities: Collection[str] = ()
    configuration_sets: Collection[str] = ()
    event_destinations: Collection[EventDestination] = ()

    def read_from(self, sesv2: Any) -> None:
        self.identities = [found["IdentityName"] for found in sesv2.list_email_identities()["EmailIdentities"]]
        self.configuration_sets = sesv2.list_configuration_sets()["ConfigurationSets"]
        self.event_destinations = [
            EventDestination(
                configuration_set=name,
                enabled=found["Enabled"],
                event_types=frozenset(_camel_case(kind) for kind in found["MatchingEventTypes"]),
                event_bus_arn=found.get("EventBridgeDestination", {}).get("EventBusArn"),
            )
            for name in self.configuration_sets
            for found in sesv2.get_configuration_set_event_destinations(ConfigurationSetName=name)["EventDestinations"]
        ]


def _camel_case(name: str) -> str:
    """DELIVERY_DELAY -> deliveryDelay."""
    first, *others = name.lower().split("_")
    return first + "".join(word.capitalize() for word in others)


@dataclass(slots=True)
class SesServer:
    """The stand-in at work. `publish` takes PutEvents entries once it is set."""

    url: str
    account: DeployedAccount
    ses: Ses
    publish: Callable[[list[dict[str, Any]]], None] | None = None
    lock: threading.Lock = field(default_factory=threading.Lock)
    failures: list[BaseException] = field(default_factory=list)

    @property
    def outbox(self) -> list[Mail]:
        with self.lock:
            return list(self.ses.outbox)

    @property
    def idle(self) -> bool:
        """Whether every mail event is out."""
        with self.lock:
            return self.ses.next_event_at() is None

    def publish_due(self) -> None:
        with self.lock:
            entries = list(self.ses.take_due()) if self.publish else []
        for chunk in _chunks(entries):
            assert self.publish is not None
            self.publish(chunk)


def _chunks(entries: Sequence[dict[str, Any]]) -> Iterator[list[dict[str, Any]]]:
    for start in range(0, len(entries), _ENTRIES):
        yield list(entries[start : start + _ENTRIES])


@contextmanager
def serving() -> Iterator[SesServer]:
    """Answer on a free port of loopback while the block runs."""
    account = DeployedAccount()
    http = ThreadingHTTPServer(("127.0.0.1", 0), _Requests)
    http.daemon_threads = True
    url = f"http://127.0.0.1:{http.server_address[1]}"
    http.stand_in = server = SesServer(url, account, Ses(account, now=lambda: datetime.now(UTC), strict=False))  # type: ignore[attr-defined]
    ended = threading.Event()

    def publish() -> None:
        while not ended.wait(_LOOK_SECONDS):
            try:
                server.publish_due()
            except Exception as error:  # noqa: BLE001  a thread has nobody to raise to
                server.failures.append(error)

    threads = [threading.Thread(target=http.serve_forever), threading.Thread(target=publish)]
    for thread in threads:
        thread.start()
    try:
        yield server
    finally:
        ended.set()
        http.shutdown()
        for thread in threads:
            thread.join()
        http.server_close()


class _Requests(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        self._answer()

    def do_POST(self) -> None:
        self._answer()

    def _answer(self) -> None:
        stand_in: SesServer = self.server.stand_in  # type: ignore[attr-defined]
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        try:
            with stand_in.lock:
                answer = stand_in.ses.answer(self.command, self.path, body)
        except ReadTimeoutError:
            threading.Event().wait(_ANSWER_SECONDS)
            self.close_connection = True
            return
        status, headers, text = answer or (404, {}, "{}")
        content = text.encode()
        self.send_response(status)
        for name, value in {**headers, "Content-Length": str(len(content))}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *_: object) -> None:
        """Say nothing."""
