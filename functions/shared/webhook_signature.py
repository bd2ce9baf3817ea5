"""Signs what is sent to other systems, as Standard Webhooks does, and knows each endpoint's secret.

An endpoint's secret follows from our own key and its version, so that none is stored. For a day after a change both
secrets are good, and an event carries a signature of each.
Source: Standard Webhooks specification 1.0, "Signature scheme".
"""

import base64
import hashlib
import hmac
from datetime import datetime
from typing import Final

from functions.shared.signing_keys import webhook_keys
from functions.shared.store.hooks import Endpoint

PREFIX: Final = "whsec_"
_VERSION: Final = "v1"


def secret(endpoint: Endpoint) -> str:
    """The secret that the receiver is given: what signs now."""
    return PREFIX + base64.b64encode(_derived(webhook_keys()[-1], endpoint, endpoint.secret_version)).decode()


def headers(endpoint: Endpoint, event: str, body: bytes, now: datetime) -> dict[str, str]:
    """What a signed event carries, besides its body."""
    timestamp = str(int(now.timestamp()))
    said = f"{event}.{timestamp}.".encode() + body
    signatures = (f"{_VERSION},{_signature(key, said)}" for key in _good(endpoint, now))
    return {"webhook-id": event, "webhook-timestamp": timestamp, "webhook-signature": " ".join(signatures)}


def _good(endpoint: Endpoint, now: datetime) -> list[bytes]:
    """Every secret that a receiver may still verify with, the present one first."""
    versions = [endpoint.secret_version]
    if endpoint.previous_until is not None and now < endpoint.previous_until:
        versions.append(endpoint.secret_version - 1)
    return [_derived(key, endpoint, version) for key in reversed(webhook_keys()) for version in versions]


def _derived(key: str, endpoint: Endpoint, version: int) -> bytes:
    purpose = "\0".join(("webhook", endpoint.entity, endpoint.id, str(version)))
    return hmac.new(key.encode(), purpose.encode(), hashlib.sha256).digest()


def _signature(key: bytes, said: bytes) -> str:
    return base64.b64encode(hmac.new(key, said, hashlib.sha256).digest()).decode()
