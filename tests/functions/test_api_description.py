"""Whatever a caller sends, the API answers as its description says: no fault, no status or body that is not there.

A few requests an operation here; `make api-fuzz` tries many more.
"""

import json
import os
from collections.abc import Iterable
from typing import Any

import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from functions.ingest_api.handler import lambda_handler
from infra.openapi import FILE
from local.http_server import Start, wsgi
from tests.functions.api import CONTEXT, Api, a_payment, a_token, an_invoice
from tests.functions.stored import configured

EXAMPLES = int(os.environ.get("API_EXAMPLES", "2"))
DESCRIPTION = json.loads(FILE.read_text(encoding="utf-8"))
CHECKS = [not_a_server_error, status_code_conformance, content_type_conformance, response_schema_conformance]
IDS = {"customer": "C1", "invoice": "I1", "payment": "P1", "hold": "H1"}
_answer = wsgi(lambda event: lambda_handler(event, CONTEXT))  # type: ignore[arg-type]


def application(environ: dict[str, Any], start: Start) -> Iterable[bytes]:
    """The API, and its description where the fuzzer looks for it."""
    if environ["PATH_INFO"] != "/openapi.json":
        return _answer(environ, start)
    start("200 OK", [("Content-Type", "application/json")])
    return [json.dumps(DESCRIPTION).encode()]


SCHEMA = schemathesis.openapi.from_wsgi("/openapi.json", application)
OPERATIONS = [(path, method.upper()) for path, methods in DESCRIPTION["paths"].items() for method in methods]


def test_every_answer_is_described(stack: None) -> None:
    """Of every operation; what is found is shown as a command that asks it again."""
    configured()
    token = a_token()
    api = Api(token)
    for place, body in (
        ("C1", {"name": "Acme"}),
        ("C1/invoices/I1", an_invoice()),
        ("C1/payments/P1", a_payment(applied=[{"invoice": "I1", "amount": "1.00"}])),
        ("C1/holds/H1", {}),
    ):
        assert api.put(place, body).status == 201
    for path, method in OPERATIONS:
        ask(SCHEMA[path][method].as_strategy(), token)


def ask(cases: Any, token: str) -> None:
    """Send some cases of one operation: of ids that are there, and of others."""

    @settings(
        max_examples=EXAMPLES,
        deadline=None,
        database=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(case=cases, known=st.sets(st.sampled_from(sorted(IDS))))
    def answered(case: Any, known: set[str]) -> None:
        parameters = case.path_parameters
        parameters["entity"] = "E1"
        parameters |= {name: IDS[name] for name in known if name in parameters}
        case.call_and_validate(headers={"Authorization": f"Bearer {token}"}, checks=CHECKS)

    answered()
