"""Tokens that open the next page: bound to the caller's own token and to the list, good for an hour."""

import base64
import binascii
import hashlib
import hmac
import json
from datetime import datetime, timedelta
from http import HTTPStatus
from typing import Any, Final

from functions.ingest_api.problems import ProblemError

_LIFETIME: Final = timedelta(hours=1)
_MAC: Final = 16  # bytes


def sign(secret: str, place: str, after: list[Any], now: datetime) -> str:
    """The token of the page after `after`. Args: `place` names the list."""
    said = json.dumps([int((now + _LIFETIME).timestamp()), after], separators=(",", ":")).encode()
    return base64.urlsafe_b64encode(_mac(secret, place, said) + said).decode().rstrip("=")


def read(secret: str, place: str, token: str, now: datetime) -> list[Any]:
    """What the token says. Raises ProblemError for a forged, foreign or old one alike."""
    try:
        raw = base64.urlsafe_b64decode(token + "=" * (-len(token) % 4))
    except (binascii.Error, ValueError):
        raise _refused() from None
    said = raw[_MAC:]
    if not hmac.compare_digest(raw[:_MAC], _mac(secret, place, said)):
        raise _refused()
    until, after = json.loads(said)
    if now.timestamp() > until or not isinstance(after, list):
        raise _refused()
    return after


def _mac(secret: str, place: str, said: bytes) -> bytes:
    key = hashlib.sha256(b"page" + secret.encode()).digest()
    return hmac.new(key, place.encode() + b"\0" + said, hashlib.sha256).digest()[:_MAC]


def _refused() -> ProblemError:
    return ProblemError(HTTPStatus.BAD_REQUEST, "PAGE", "the page token is not one of this list, or too old")
