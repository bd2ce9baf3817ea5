"""Systems that answer oddly, or to do harm: each pull ends, a person hears why, logs hold no value, nobody starves."""

import json
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from core.connect import Ask, netsuite, quickbooks, stripe, xero
from core.connect.adapter import AnswerError, minor
from core.connect.netsuite_writes import writes
from core.source import Source, SourceKind
from functions.shared import system_web
from functions.shared.store import sources
from functions.shared.system_web import WebError
from local.cli.doctor_sources import sources as doctor
from local.cli.target import Target
from local.engine import Engine
from tests.connect.test_adapters import FIRST
from tests.inbox.dropped import Inbox, a_source

SECRET = "Meier GmbH, IBAN DE02"
CUSTOMER = {"id": "cus_1", "name": "Firm", "created": 1}
INVOICE = {
    "id": "in_1", "status": "open", "customer": CUSTOMER, "currency": "eur", "created": 1_770_000_000,
    "amount_due": 500, "amount_remaining": 500,
}  # fmt: skip


@dataclass(slots=True)
class System:
    """Answers each question by its path: `answers` gives bytes or what becomes JSON."""

    answers: Callable[[str], Any] = lambda path: {"data": []}
    asked: list[str] = field(default_factory=list)
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    url: str = ""

    def told(self, path: str) -> bytes:
        self.asked.append(path)
        found = self.answers(path)
        return found if isinstance(found, bytes) else json.dumps(found).encode()


@pytest.fixture
def system() -> Iterator[System]:
    found = System()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            content = found.told(self.path)
            self.send_response(found.status)
            for name, value in found.headers.items():
                self.send_header(name, value)
            self.send_header("content-length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *_: object) -> None: ...

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    found.url = f"http://127.0.0.1:{server.server_port}"
    yield found
    server.shutdown()
    server.server_close()


def keep(engine: Engine, name: str, said: str) -> None:
    keeper, name = engine.client("secretsmanager"), f"{engine.stack.name}/connect/{name}"
    if name not in [each["Name"] for each in keeper.list_secrets()["SecretList"]]:
        keeper.create_secret(Name=name, SecretString="{}")
    keeper.put_secret_value(SecretId=name, SecretString=said)


ODD: list[Any] = [
    {"data": [None]},
    {"data": [[1]]},
    {"data": [{**INVOICE, "id": None, "amount_due": SECRET}]},
    {"data": [{**INVOICE, "amount_due": SECRET}]},
    {"data": [{**INVOICE, "created": 10**30}]},
    {"data": [{**INVOICE, "due_date": SECRET}]},
    {"data": [{**INVOICE, "customer": {**CUSTOMER, "preferred_locales": [1.5]}}]},
    {"data": [{**INVOICE, "customer": {**CUSTOMER, "name": "\ud800"}}]},
    {"data": [INVOICE], "has_more": True},  # the same page for ever
    b"[" * 200_000,
    b"<html>",
]


def a_system(key: str, url: str, secret: str = "odd") -> Source:
    settings = {"url": url, "secret": secret}
    return a_source(key, kind=SourceKind.STRIPE, mapping=None, snapshot="delta", settings=settings)


def test_odd_answers_and_secrets_are_told_and_starve_no_other_source(
    engine: Engine, system: System, caplog: pytest.LogCaptureFixture
) -> None:
    """The good one is asked last, after all that misbehave."""
    system.answers = lambda path: {"data": [INVOICE]} if "good" in path else ODD[int(path.split("/")[1])]
    box = Inbox(engine, *(a_system(f"odd-{n}", f"{system.url}/{n}") for n in range(len(ODD))))
    for key, secret in (("odd-without", "nowhere"), ("odd-with-none", "broken"), ("well", "odd")):
        assert sources.put(a_system(key, f"{system.url}/good", secret), was=0)
    keep(engine, "odd", json.dumps({"api_key": "rk_1"}))
    keep(engine, "broken", '["no key"]')

    told = engine.invoke("PullLedgersFunction", {"kind": "pull"})
    assert told == {"source_failed": len(ODD) + 2, "source_pulled": 1}
    assert not engine.pump().errors
    assert box.open() == {"in_1": 500}

    marks = sources.watermarks(sources.read())
    failures = [marks[f"odd-{n}"].failure for n in range(len(ODD))]
    assert failures == ["BAD_ANSWER"] * (len(ODD) - 2) + ["NOT_JSON"] * 2
    assert (marks["odd-without"].failure, marks["odd-with-none"].failure) == ("NO_SECRET", "BAD_SECRET")
    said = " ".join(finding.found for finding in doctor(Target(engine.stack.name, engine.stack.outputs, "", engine)))
    assert "invoice in_1: 'Meier GmbH" in said  # a person sees what was found
    assert "Meier" not in caplog.text + str([vars(record) for record in caplog.records])
    assert len(system.asked) < 3 * len(ODD)


@pytest.mark.parametrize(
    ("status", "headers", "code", "asked"),
    [
        (
            429,
            {"Retry-After": "86400"},
            "TOO_MANY_REQUESTS",
            1,
        ),  # a day's limit: a pull that waits for it starves others
        (503, {"Retry-After": "Fri, 31 Dec 2049 23:59:59 GMT"}, "UNAVAILABLE", 1),
        (429, {"Retry-After": "1"}, "TOO_MANY_REQUESTS", 5),
        (302, {"Location": "/elsewhere"}, "REFUSED", 1),  # our key goes nowhere else
        (200, {"Content-Encoding": "gzip"}, "UNREACHABLE", 1),
    ],
)
def test_when_to_come_again_and_where_to(
    system: System, status: int, headers: dict[str, str], code: str, asked: int
) -> None:
    system.status, system.headers = status, headers
    with pytest.raises(WebError) as refused:
        system_web.ask("GET", f"{system.url}/v1/invoices", headers={"Authorization": "Bearer key"})
    assert (refused.value.code, len(system.asked)) == (code, asked)


@pytest.mark.parametrize(
    ("adapter", "key", "size"),
    [(xero, "InvoiceID", xero.PAGE), (quickbooks, "Id", quickbooks.PAGE), (netsuite, "id", 3), (stripe, "id", 3)],
)
def test_pages_that_never_end(adapter: Any, key: str, size: int) -> None:
    rows = [{key: str(n + 1), "Type": "ACCREC"} for n in range(size)]
    asked = list[Ask]()

    def answer(question: Ask) -> Any:
        asked.append(question)
        assert len(asked) < 20, "it never ends"
        return {
            "Invoices": rows, "QueryResponse": {"Invoice": rows}, "items": rows, "hasMore": True,
            "data": rows, "has_more": True,
        }  # fmt: skip

    with pytest.raises(AnswerError, match="page"):
        list(adapter.lines({"company": "9"}, FIRST, answer))


@pytest.mark.parametrize("value", ["1E+999999999", "-1E+999999999", "1E-999999999", "1e31"])
def test_a_number_beyond_all_amounts(value: str) -> None:
    with pytest.raises(AnswerError) as wrong:
        minor(value, "EUR", "invoice 7")
    assert wrong.value.where == "invoice 7"


@pytest.mark.parametrize("customer", ["7/../../vendor/12", "..", "7?replace=addressbook", "C-1", "\u0667", ""])
def test_an_id_leads_to_no_other_record(customer: str) -> None:
    """Any program with a token may make a customer of such an id; what happens to it is written with our key."""
    assert writes("credit_hold.set", {"customer": customer, "step": "hold"}, "evt_1", {}) == []
