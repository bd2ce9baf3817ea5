"""One delivery: when it is tried, how long, where nothing is sent, and what a receiver may verify."""

import socket
import threading
import time
from collections.abc import Iterator
from contextlib import suppress
from datetime import timedelta
from typing import Any

import pytest

from core.happenings import Happening, Kind
from functions.send_webhooks import wire, workflow
from functions.send_webhooks.wire import RefusedUrlError, Reply
from functions.send_webhooks.workflow import Outcome, send
from functions.shared import webhooks
from functions.shared.store import deliveries, hooks
from functions.shared.store.deliveries import Delivery, DeliveryState
from functions.shared.store.hooks import Endpoint
from functions.shared.wiring import client
from tests.functions.stored import NOW, attention, configured
from tests.scenarios.receiver import Receiver, receiving, verify


@pytest.fixture
def receiver(stack: None, monkeypatch: pytest.MonkeyPatch) -> Iterator[Receiver]:
    from functions.shared import signing_keys

    arn = client("secretsmanager").create_secret(Name="hooks", SecretString='{"current": "k2", "previous": "k1"}')[
        "ARN"
    ]
    monkeypatch.setenv("WEBHOOK_SECRET_ARN", arn)
    signing_keys._read.cache_clear()
    hooks.forget()
    configured()
    with receiving() as found:
        assert hooks.add(Endpoint(id="orders", entity="E1", url=found.url))
        yield found
    hooks.forget()


def told(about: str = "1") -> str:
    """One event, due now."""
    happening = Happening(Kind.STATUS_CHANGED, (about,), {"status": "red"})
    assert webhooks.tell("E1", "C1", [happening], NOW, NOW) == 1
    assert webhooks.tell("E1", "C1", [happening], NOW, NOW) == 0
    return happening.id("test", "E1", "C1")


def there(event: str) -> Delivery:
    found = deliveries.read("E1", "orders", event)
    assert found is not None
    return found


def test_an_event_that_nobody_takes_is_tried_for_three_days_and_then_shown(receiver: Receiver) -> None:
    receiver.answer = lambda _n: 503
    event, now, waits = told(), NOW, []
    while (found := there(event)).state is DeliveryState.PENDING:
        assert found.next_at is not None
        assert send("E1", "orders", event, found.next_at - timedelta(seconds=1)) is Outcome.NOT_DUE
        waits.append(found.next_at - now)
        now = found.next_at
        send("E1", "orders", event, now)
    assert len(receiver.requests) == found.attempts == 9
    planned = [timedelta(0), *(timedelta(minutes=minutes) for minutes in workflow.RETRY_MINUTES)]
    assert all(
        minutes <= wait < 1.2 * minutes + timedelta(minutes=1) for wait, minutes in zip(waits, planned, strict=True)
    )
    assert (found.state, found.last) == (DeliveryState.DEAD, "503")
    assert attention() == []
    assert deliveries.redrive(found, now)
    receiver.answer = lambda _n: 200
    assert send("E1", "orders", event, now) is Outcome.SENT
    assert send("E1", "orders", event, now) is Outcome.NOT_DUE


def test_two_workers_send_one_attempt(receiver: Receiver) -> None:
    event = told()
    found = there(event)
    first, second = deliveries.claim(found, NOW), deliveries.claim(found, NOW)
    assert (first is None, second is None) == (False, True)
    assert deliveries.claim(found, NOW + deliveries.LEASE) is not None  # the first one has stopped


def test_gone_turns_the_endpoint_off_at_once(receiver: Receiver) -> None:
    receiver.answer = lambda _n: 410
    assert send("E1", "orders", told(), NOW) is Outcome.GIVEN_UP
    assert hooks.read("E1", "orders").state == "off"  # type: ignore[union-attr]
    assert not webhooks.wanted("E1")


def test_both_of_our_keys_sign_while_they_change(receiver: Receiver) -> None:
    import base64

    from functions.shared.webhook_signature import _derived

    assert send("E1", "orders", told(), NOW) is Outcome.SENT
    ((headers, body),) = receiver.requests
    endpoint = hooks.read("E1", "orders")
    assert endpoint is not None
    for key in ("k1", "k2"):
        secret = "whsec_" + base64.b64encode(_derived(key, endpoint, 1)).decode()
        assert verify(headers, body, secret)
    assert not verify(headers, body + b" ", secret)
    assert headers["webhook-timestamp"] == str(int(NOW.timestamp()))


@pytest.mark.parametrize(
    "url",
    [
        "http://example.com/", "ftp://example.com/", "https://user:pw@example.com/", "https:///x", "https://127.0.0.1/",
        "https://10.0.0.8/", "https://192.168.1.1/", "https://172.16.0.1/", "https://169.254.169.254/",
        "https://[::1]/", "https://[fd00::1]/", "https://[fe80::1%25eth0]/", "https://[::ffff:10.0.0.1]/",
        "https://0.0.0.0/",
        "https://[2002:0a00:0001::]/",
        "https://100.64.0.1/", "https://224.0.0.1/", "https://exämple.com/", "https://a b/",
        "https://example.com/#part",
    ],
)  # fmt: skip
def test_nothing_is_sent_to_what_is_no_public_https_address(url: str) -> None:
    with pytest.raises(RefusedUrlError):
        wire.check(url)
    assert wire.post(url, {}, b"{}").status is None


@pytest.mark.parametrize("answers", [["10.0.0.8"], ["93.184.216.34", "127.0.0.1"], ["::1"], ["169.254.169.254"]])
def test_a_name_that_leads_inside_is_refused_when_it_is_looked_up(
    answers: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def look_up(_host: str, port: int, **_: Any) -> list[Any]:
        return [(0, 0, 0, "", (address, port)) for address in answers]

    monkeypatch.setattr("socket.getaddrinfo", look_up)
    wire.check("https://example.com/")
    assert wire.post("https://example.com/", {}, b"{}") == Reply(None, "refused address")


def test_the_connection_goes_to_the_address_that_was_judged(monkeypatch: pytest.MonkeyPatch) -> None:
    """With the host's own name for its certificate: a second look-up could say another address."""
    monkeypatch.setattr("socket.getaddrinfo", lambda *_, **__: [(0, 0, 0, "", ("93.184.216.34", 443))])
    pool = wire._pool("https", wire._public_address("example.com", 443), 443, "example.com")
    assert (pool.host, pool.conn_kw["server_hostname"], pool.assert_hostname) == (  # type: ignore[attr-defined]
        "93.184.216.34", "example.com", "example.com",
    )  # fmt: skip
    assert pool.cert_reqs == "CERT_REQUIRED"  # type: ignore[attr-defined]


def test_a_receiver_that_is_not_there_is_a_reply_too() -> None:
    with wire.loopback_allowed():
        reply = wire.post("http://127.0.0.1:9/", {}, b"{}")
    assert reply.status is None
    assert "Connection" in reply.said


def test_no_function_may_reach_this_machine() -> None:
    """Only what runs beside the engine says so."""
    from pathlib import Path

    callers = {
        path.relative_to(Path(__file__).parents[2]).parts[0]
        for folder in ("functions", "local", "core")
        for path in (Path(__file__).parents[2] / folder).rglob("*.py")
        if "loopback_allowed" in path.read_text(encoding="utf-8") and path.name != "wire.py"
    }
    assert callers == {"local"}


def test_what_a_receiver_writes_and_its_address_are_in_no_log(caplog: pytest.LogCaptureFixture) -> None:
    """The HTTP library warns of a head that it cannot read, with all of it, and with the address and its key."""
    with socket.create_server(("127.0.0.1", 0)) as server, wire.loopback_allowed():

        def answer() -> None:
            line, _ = server.accept()
            with line:
                line.recv(1000)
                line.sendall(b"HTTP/1.1 200 OK\r\nnothing\r\nMeier GmbH, Berlin\r\n\r\n")

        threading.Thread(target=answer, daemon=True).start()
        assert wire.post(f"http://127.0.0.1:{server.getsockname()[1]}/?key=secret", {}, b"{}").taken
    assert caplog.text == ""


@pytest.mark.parametrize(
    ("scheme", "begin", "on"),
    [
        ("http", b"HTTP/1.1 200 OK\r\nx: ", b"a"),
        ("http", b"", b"HTTP/1.1 100 Continue\r\n\r\n"),
        ("https", b"\x16\x03\x03\x40\x00", b"a"),
    ],
)
def test_a_receiver_that_never_comes_to_an_end_is_left(
    scheme: str, begin: bytes, on: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A little now and then, each before the time is up: a worker waited for ever, and four other events with it."""
    monkeypatch.setattr(wire, "WHOLE_SECONDS", 0.2)
    with socket.create_server(("127.0.0.1", 0)) as server, wire.loopback_allowed():

        def answer() -> None:
            line, _ = server.accept()
            with suppress(OSError), line:
                line.sendall(begin)
                for _ in range(300):  # three seconds, so that a test of other code ends too
                    line.sendall(on)
                    time.sleep(0.01)

        threading.Thread(target=answer, daemon=True).start()
        began = time.monotonic()
        wire.post(f"{scheme}://127.0.0.1:{server.getsockname()[1]}/", {}, b"{}")
    assert time.monotonic() - began < 2
    left = [each for each in threading.enumerate() if isinstance(each, threading.Timer)]
    assert all(each.finished.is_set() for each in left)
