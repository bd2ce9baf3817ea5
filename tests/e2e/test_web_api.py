"""The API through the emulator's own gateway: function, route, permission, event. Comes last, since it writes."""

import json
from typing import Any
from urllib.error import HTTPError
from urllib.request import Request, urlopen

import pytest

from tests.e2e.company import ENTITY
from tests.e2e.night import Deployed, Night
from tests.e2e.test_operation import _pastdue

pytestmark = pytest.mark.e2e


def ask(deployed: Deployed, method: str, path: str, token: str, body: Any = None) -> tuple[int, Any]:
    """One request at the emulator, which knows an API by its host."""
    api = deployed.stack.outputs["ApiUrl"].removeprefix("https://").partition(".")[0]
    headers = {
        "Host": f"{api}.execute-api.localhost:{deployed.cloud.port}",
        "Authorization": f"Bearer {token}",
        "Content-Type": "application/json",
        "Idempotency-Key": f"{method}{path}",
    }
    data = json.dumps(body).encode() if body is not None else None
    request = Request(f"{deployed.cloud.url}{path}", data, headers, method=method)
    try:
        with urlopen(request, timeout=60) as answer:
            return answer.status, json.loads(answer.read())
    except HTTPError as refused:
        return refused.code, json.loads(refused.read() or b"null")


def test_the_api_stores_and_shows_through_the_gateway(deployed: Deployed, found: Night) -> None:
    made = _pastdue(
        deployed, "token", "create", "--entity", ENTITY, "--scope", "customers:write", "--scope", "ledger:write",
        "--scope", "accounts:read",
    )  # fmt: skip
    token, at = made["secret"], f"/v1/entities/{ENTITY}/customers/api-1"
    assert ask(deployed, "GET", f"{at}/account", "pdk_wrong")[0] == 401
    assert ask(deployed, "GET", f"{at}/account", token)[0] == 404
    assert ask(deployed, "PUT", at, token, {"name": "Käufer & Söhne"})[0] == 201
    invoice = {
        "number": "A-1", "issued_on": "2026-02-01", "due_on": "2026-03-02", "currency": "EUR", "total": "119.00",
    }  # fmt: skip
    assert ask(deployed, "PUT", f"{at}/invoices/A%2D1", token, invoice)[0] == 201
    status, account = ask(deployed, "GET", f"{at}/account", token)
    assert (status, account["sums"][0]["open"]) == (200, "119.00")
    status, page = ask(deployed, "GET", f"{at}/invoices?limit=1", token)
    assert (status, [one["id"] for one in page["invoices"]], page["next"]) == (200, ["A-1"], None)
    _pastdue(deployed, "token", "revoke", made["token"]["id"])
    assert ask(deployed, "GET", f"{at}/account", token)[0] == 401
