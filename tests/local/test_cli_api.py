"""`pastdue token`, `webhook` and `api` over a local state: what they make, show, end and serve."""

import json
import socket
import time
from pathlib import Path
from threading import Thread
from typing import Any
from urllib.error import URLError
from urllib.request import Request, urlopen

import pytest

from local.cli.errors import Exit
from tests.local.cli import pastdue
from tests.scenarios.receiver import receiving, verify


def _get(port: int, token: str, answers: list[Any]) -> None:
    """Ask as soon as somebody listens."""
    request = Request(f"http://127.0.0.1:{port}/v1/entities/acme/customers/C1/invoices/I1")
    request.add_header("Authorization", f"Bearer {token}")
    for _ in range(600):
        try:
            with urlopen(request, timeout=30) as answer:
                answers.append((answer.status, answer.headers["etag"], json.loads(answer.read())))
                return
        except URLError:
            time.sleep(0.05)


def test_the_api_of_this_machine_answers_a_token_that_was_made(state: Path) -> None:
    here = ("--state", state)
    made = pastdue("token", "create", "--entity", "acme", "--scope", "accounts:read", "--json", *here).data
    assert made["token"]["scopes"] == ["accounts:read"]
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    answers: list[Any] = []
    asking = Thread(target=_get, args=(port, made["secret"], answers))
    asking.start()
    said = pastdue("api", "--port", str(port), "--requests", "1", *here)
    asking.join()
    assert said.code == Exit.DONE
    assert "no token is good" not in said.err
    ((status, tag, body),) = answers
    assert (status, body["open"], body["number"], tag[0]) == (200, "1200.00", "INV-1", '"')
    wrong = pastdue("token", "create", "--entity", "acme", "--scope", "all", *here)
    assert wrong.code == Exit.FAILED
    assert "accounts:read" in wrong.err  # those that there are


def test_an_endpoint_is_added_tried_and_listed(state: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    here = ("--entity", "acme", "--state", state)
    with receiving() as receiver:
        made = pastdue("webhook", "add", "orders", receiver.url, "--type", "credit_hold.set", "--json", *here).data
        assert pastdue("webhook", "test", "orders", "--state", state).code == Exit.DONE  # only one entity has it
        assert "no endpoint ordes" in pastdue("webhook", "test", "ordes", "--state", state).err
        ((headers, body),) = receiver.requests
        assert json.loads(body)["type"] == "ping"
        assert verify(headers, body, made["secret"])
    (listed,) = pastdue("webhook", "list", "--json", "--state", state).data["endpoints"]
    assert (listed["id"], listed["state"], listed["types"], listed["deliveries"]) == (
        "orders", "on", ["credit_hold.set"], {},
    )  # fmt: skip
