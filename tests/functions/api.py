"""Requests to the API as API Gateway hands them to the real handler."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from itertools import count
from types import SimpleNamespace
from typing import Any
from urllib.parse import quote, urlencode

from functions.ingest_api.handler import lambda_handler
from functions.shared import clock
from functions.shared.store import tokens
from functions.shared.store.tokens import Scope, Token
from local.http_event import http_event

_NUMBERS = count()
CONTEXT = SimpleNamespace(
    function_name="api", memory_limit_in_mb=256, invoked_function_arn="arn", aws_request_id="r",
    get_remaining_time_in_millis=lambda: 29_000,
)  # fmt: skip


@dataclass(frozen=True)
class Answer:
    status: int
    headers: Mapping[str, str]
    text: str

    @property
    def body(self) -> Any:
        return json.loads(self.text)

    @property
    def pointers(self) -> list[str]:
        return [error["pointer"] for error in self.body.get("errors", [])]


def a_token(*entities: str, scopes: tuple[Scope, ...] = tuple(Scope), **changes: Any) -> str:
    now = clock.now()
    values: dict[str, Any] = {
        "id": f"T{next(_NUMBERS)}", "entities": entities or ("E1",), "scopes": scopes, "created_at": now,
        "ends_at": now + timedelta(days=1), "rate": 1_000,
    }  # fmt: skip
    return tokens.create(Token(**{**values, **changes}))


@dataclass
class Api:
    """One caller."""

    token: str | None = field(default_factory=a_token)
    entity: str = "E1"

    def send(self, method: str, path: str, body: Any = None, *, query: Any = None, **headers: str) -> Answer:
        """A request; `body` as JSON unless it is text already. Headers with _ for -; an empty one is left out."""
        raw = None if body is None else body if isinstance(body, str | bytes) else json.dumps(body)
        given: dict[str, str] = {}
        if self.token is not None:
            given["authorization"] = f"Bearer {self.token}"
        if raw is not None:
            given["content-type"] = "application/json"
        if method in ("PUT", "POST", "DELETE"):
            given["idempotency-key"] = f"k{next(_NUMBERS)}"
        given |= {name.replace("_", "-"): value for name, value in headers.items()}
        given = {name: value for name, value in given.items() if value}
        event = http_event(method, path, urlencode(query or {}), given, raw)
        answer = lambda_handler(event, CONTEXT)  # type: ignore[arg-type]
        return Answer(answer["statusCode"], answer["headers"], answer.get("body") or "")

    def put(self, place: str, body: Any, **headers: str) -> Answer:
        """Below a customer: `C1/invoices/I1`."""
        return self.send("PUT", self.path(place), body, **headers)

    def get(self, place: str, **query: Any) -> Answer:
        return self.send("GET", self.path(place), query=query)

    def path(self, place: str) -> str:
        return f"/v1/entities/{self.entity}/customers/{quote(place)}"


def an_invoice(**changes: Any) -> dict[str, Any]:
    return {
        "number": "2026-1001", "issued_on": "2026-02-01", "due_on": "2026-03-02", "currency": "EUR", "total": "119.00",
        **changes,
    }  # fmt: skip


def a_payment(**changes: Any) -> dict[str, Any]:
    return {"booked_on": "2026-03-05", "currency": "EUR", "amount": "100.00", **changes}
