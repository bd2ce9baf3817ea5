"""Stripe's webhooks: what it signed has its source asked sooner, whatever it says; anything else changes nothing."""

import base64
import hashlib
import hmac
import json
from datetime import timedelta
from typing import Any

import pytest

from core.source import SourceKind
from functions.shared.store import pulls, sources
from local.engine import Engine
from tests.inbox.dropped import a_source

BODY = json.dumps({"id": "evt_1", "type": "invoice.paid", "data": {"object": {}}})


def signed(engine: Engine, key: str, body: str = BODY, ago: int = 0) -> str:
    """Source: Stripe's documentation, "Verify webhook signatures manually"."""
    at = int(engine.now.timestamp()) - ago
    said = hmac.new(key.encode(), f"{at}.{body}".encode(), hashlib.sha256).hexdigest()
    return f"t={at},v1={said}"


def post(engine: Engine, signature: str, body: str = BODY, source: str = "cards", *, encoded: bool = False) -> int:
    content = base64.b64encode(body.encode()).decode() if encoded else body
    event: dict[str, Any] = {
        "version": "2.0",
        "routeKey": "POST /hooks/stripe/{source}",
        "rawPath": f"/hooks/stripe/{source}",
        "headers": {"content-type": "application/json", **({"stripe-signature": signature} if signature else {})},
        "pathParameters": {"source": source},
        "body": content,
        "isBase64Encoded": encoded,
    }
    status: int = engine.invoke("ReceiveWebhooksFunction", event)["statusCode"]
    return status


@pytest.fixture
def stripe(engine: Engine) -> Engine:
    """A source that was asked just now and rests for a day."""
    source = a_source("cards", kind=SourceKind.STRIPE, mapping=None, snapshot="delta")
    assert sources.put(source, was=0)
    name, keeper = f"{engine.stack.name}/connect/cards", engine.client("secretsmanager")
    if name not in [each["Name"] for each in keeper.list_secrets()["SecretList"]]:
        keeper.create_secret(Name=name, SecretString="{}")
    kept = {"api_key": "rk_1", "signing_secret": "whsec_new", "previous_signing_secret": "whsec_old"}
    keeper.put_secret_value(SecretId=name, SecretString=json.dumps(kept))
    pull = pulls.take("cards", "me", engine.now)
    assert pull is not None
    pulls.end(pull, engine.now, minutes=1440)
    return engine


def rests(engine: Engine) -> bool:
    return pulls.take("cards", "next", engine.now + timedelta(minutes=1)) is None


@pytest.mark.parametrize("key", ["whsec_new", "whsec_old"])
@pytest.mark.parametrize("encoded", [False, True])
def test_what_stripe_signed_has_its_source_asked_sooner(stripe: Engine, key: str, encoded: bool) -> None:
    assert rests(stripe)
    assert post(stripe, signed(stripe, key), encoded=encoded) == 200
    assert post(stripe, signed(stripe, key)) == 200  # twice is once
    assert not rests(stripe)


@pytest.mark.parametrize("source", ["x" * 3000, "cards#1", "", "../cards", "\u00e4" * 600])
def test_what_can_be_no_source_is_unknown(stripe: Engine, source: str) -> None:
    """Anybody may ask; an id that is longer than a key of the table may be would be an error of ours, with an alarm."""
    assert post(stripe, signed(stripe, "whsec_new"), source=source) == 404
    assert rests(stripe)


def test_what_nobody_signed_changes_nothing(stripe: Engine) -> None:
    wrong = [
        signed(stripe, "whsec_other"),
        signed(stripe, "whsec_new", ago=600),  # an old request, sent again
        signed(stripe, "whsec_new", body=BODY.replace("paid", "void")),
        "t=1,v0=abc",
        "nonsense",
        f"t={int(stripe.now.timestamp())},v1=\u00e9",
        "",
    ]
    assert [post(stripe, signature) for signature in wrong] == [400] * len(wrong)
    assert post(stripe, signed(stripe, "whsec_new"), source="books") == 404
    assert post(stripe, signed(stripe, "whsec_new"), source="../cards") == 404
    assert rests(stripe)
