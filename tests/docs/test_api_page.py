"""The requests of the page of the API are answered as it says; what it tells receivers verifies what we send."""

import json
import re
import time
from collections.abc import Iterator
from typing import Any

import pytest

from functions.shared import webhook_signature
from functions.shared.store import config
from functions.shared.store.hooks import Endpoint
from local.engine import Engine
from tests.builders import a_policy, an_entity, people
from tests.docs.pages import ROOT, page
from tests.functions.api import Api, a_token
from tests.replay.night import as_operator
from tests.scenarios.company import NIGHT, at

PAGE = page("docs/reference/api.md")
_PAIR = re.compile(r"```http\n(.*?)```\n\n```json\n(.*?)```", re.DOTALL)


@pytest.fixture(scope="module")
def engine() -> Iterator[Engine]:
    with Engine(start=at(NIGHT, 10)) as engine, as_operator(engine):
        assert config.put_entity(an_entity(id="acme"), was=0)
        assert config.put_policy(a_policy(), was=0)
        for person in people():
            assert config.put_person(person, was=0)
        yield engine


def within(told: Any, answered: Any) -> bool:
    """Whether an answer says all that the page shows of it."""
    if isinstance(told, dict):
        return isinstance(answered, dict) and all(within(value, answered.get(key)) for key, value in told.items())
    if isinstance(told, list):
        return len(told) <= len(answered) and all(map(within, told, answered))
    return bool(told == answered)


def test_each_request_is_answered_as_the_page_says(engine: Engine) -> None:
    api = Api(a_token("acme"))
    pairs = _PAIR.findall(PAGE.text)
    assert len(pairs) == 9
    for request, answer in pairs:
        head, _, body = request.partition("\n\n")
        (first, *lines) = head.strip().splitlines()
        method, address = first.split(" ")
        path, _, query = address.partition("?")
        headers = {name.lower().replace("-", "_"): value for name, value in (line.split(": ") for line in lines)}
        parameters = dict(part.split("=") for part in query.split("&") if part)
        answered = api.send(method, path, body.strip() or None, query=parameters, **headers)
        assert within(json.loads(answer), answered.body), (first, answered.text)


def test_what_the_page_tells_receivers_verifies_what_we_send(engine: Engine) -> None:
    (code,) = PAGE.blocks("python")
    there: dict[str, Any] = {}
    exec(code, there)
    endpoint = Endpoint(id="orders", entity="acme", url="https://orders.example.com/")
    body = b'{"type":"ping"}'
    signed = webhook_signature.headers(endpoint, "evt_1", body, engine.now)
    assert abs(time.time() - engine.now.timestamp()) < 1
    secret = webhook_signature.secret(endpoint)
    assert there["verify"](secret, signed, body)
    assert not there["verify"](secret, signed, body + b" ")
    assert not there["verify"](webhook_signature.secret(endpoint.model_copy(update={"id": "x"})), signed, body)
    assert not there["verify"](secret, {**signed, "webhook-timestamp": "1"}, body)


def test_every_event_is_explained() -> None:
    from core.happenings import Kind

    table = PAGE.sections()["Events for other systems"]
    assert {f"`{kind}`" for kind in Kind} <= set(re.findall(r"`[a-z_.]+`", table))


def test_every_scope_is_explained() -> None:
    from functions.shared.store.tokens import Scope

    assert {f"`{scope}`" for scope in Scope} <= set(re.findall(r"`[a-z:]+`", PAGE.sections()["Tokens"]))


def test_the_description_is_that_of_the_code() -> None:
    from infra.openapi import FILE, document

    assert json.loads(FILE.read_text(encoding="utf-8")) == document(), "run python -m infra.openapi"
    assert ROOT in FILE.parents
