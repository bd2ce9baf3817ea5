"""A system around us that takes webhooks: on this machine, by real HTTP, checking each as its programmers would."""

import base64
import hashlib
import hmac
import json
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, HTTPServer
from threading import Thread
from typing import Any

from functions.send_webhooks.wire import loopback_allowed


@dataclass
class Receiver:
    """What came in, and how it is answered: `answer` is asked for a status, 200 where there is none."""

    url: str = ""
    requests: list[tuple[dict[str, str], bytes]] = field(default_factory=list)
    answer: Callable[[int], int] = lambda _n: 200
    headers: dict[str, str] = field(default_factory=dict)

    def events(self) -> dict[str, dict[str, Any]]:
        """Each event once, by its id."""
        return {headers["webhook-id"]: json.loads(body) for headers, body in self.requests}

    def types(self) -> Counter[str]:
        return Counter(event["type"] for event in self.events().values())

    def verified(self, secret: str) -> list[bool]:
        return [verify(headers, body, secret) for headers, body in self.requests]


def verify(headers: dict[str, str], body: bytes, secret: str) -> bool:
    """As the documentation tells a receiver to."""
    key = base64.b64decode(secret.removeprefix("whsec_"))
    said = f"{headers['webhook-id']}.{headers['webhook-timestamp']}.".encode() + body
    wanted = base64.b64encode(hmac.new(key, said, hashlib.sha256).digest()).decode()
    given = [one.partition(",")[2] for one in headers["webhook-signature"].split(" ") if one.startswith("v1,")]
    return any(hmac.compare_digest(one, wanted) for one in given)


@contextmanager
def receiving() -> Iterator[Receiver]:
    """A receiver that listens while the block runs."""
    receiver = Receiver()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["content-length"]))
            receiver.requests.append(({name.lower(): value for name, value in self.headers.items()}, body))
            self.send_response(receiver.answer(len(receiver.requests)))
            for name, value in receiver.headers.items():
                self.send_header(name, value)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            return

    server = HTTPServer(("127.0.0.1", 0), Handler)
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    receiver.url = f"http://127.0.0.1:{server.server_port}/hooks?from=us"
    try:
        with loopback_allowed():
            yield receiver
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
