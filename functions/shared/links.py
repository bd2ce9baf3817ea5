"""Links that a reader follows without signing in, and addresses to reply to: signed, each for one purpose.

Opening a link changes nothing: mail programs and scanners open every one. What it is for is done on the page, with
words typed there. A token holds ids only, no name and no amount.
"""

import base64
import hashlib
import hmac
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from functools import lru_cache
from typing import Any, Final

from itsdangerous import BadData, HMACAlgorithm, Signer, TimestampSigner, URLSafeTimedSerializer

from core.values import dataclass
from functions.shared import clock
from functions.shared.signing_keys import signing_keys

LIFETIME: Final = timedelta(days=30)
_FORMAT: Final = 1  # of the claims; a token of another one is no token
_NOTICE_DIGITS: Final = 26  # hexadecimal. Source: core.keys.stable_id
_SIGNATURE_BYTES: Final = 10  # 80 bits; with the notice's 104 the local part has 39 of its 64 characters
_REPLY: Final = "r+"
_ALGORITHM: Final = HMACAlgorithm(hashlib.sha256)
_SIGNER: Final[dict[str, Any]] = {"key_derivation": "hmac", "digest_method": hashlib.sha256}


class Purpose(StrEnum):
    """What a link is for; a token for one purpose opens no other."""

    VIEW = "view"
    PAY = "pay"
    PROMISE = "promise"
    PLAN = "plan"
    DISPUTE = "dispute"
    PAID = "paid"
    WRONG_PERSON = "wrong-person"
    PREFERENCES = "preferences"


@dataclass(frozen=True, slots=True)
class Claims:
    """Whose account a link is about, and the message that it stood in."""

    entity: str
    customer: str
    notice: str


@dataclass(frozen=True, slots=True)
class Opened:
    """What a good token says. Whoever revokes links compares `signed_at` with an instant of the customer's own."""

    claims: Claims
    signed_at: datetime


def link(page_url: str, purpose: Purpose, claims: Claims) -> str:
    """The address on the entity's page that does one thing for one account, for thirty days."""
    token = _serializer(signing_keys(), purpose).dumps([_FORMAT, claims.entity, claims.customer, claims.notice])
    return f"{page_url.rstrip('/')}/{purpose}/{token}"


def read(token: str, purpose: Purpose) -> Opened | None:
    """What the token says; None for a wrong, changed, expired or misused one alike, so that nobody learns which."""
    try:
        said, signed_at = _serializer(signing_keys(), purpose).loads(
            token, max_age=int(LIFETIME.total_seconds()), return_timestamp=True
        )
    except BadData:
        return None
    if not isinstance(said, list) or len(said) != 4 or said[0] != _FORMAT:
        return None
    _, entity, customer, notice = said
    return Opened(Claims(entity, customer, notice), signed_at.astimezone(UTC))


def reply_address(notice_id: str, domain: str) -> str:
    """The address that leads a reply back to its notice; letters and digits whose case does not matter."""
    signed = bytes.fromhex(notice_id) + _signature(signing_keys()[-1], notice_id)
    return f"{_REPLY}{base64.b32encode(signed).decode().rstrip('=').lower()}@{domain}"


def notice_of(address: str) -> str | None:
    """The notice that a reply address belongs to; None for any that we did not make."""
    local, _, _ = address.strip().rpartition("@")
    token = local.lower().removeprefix(_REPLY)
    try:
        signed = base64.b32decode(token.upper() + "=" * (-len(token) % 8))
    except ValueError:
        return None
    if local.lower() == token or len(signed) != _NOTICE_DIGITS // 2 + _SIGNATURE_BYTES:
        return None
    notice_id = signed[: _NOTICE_DIGITS // 2].hex()
    given = signed[_NOTICE_DIGITS // 2 :]
    known = [hmac.compare_digest(given, _signature(key, notice_id)) for key in signing_keys()]
    return notice_id if any(known) else None


class _ByOurClock(TimestampSigner):
    """Dated by the one clock of the cloud edge."""

    def get_timestamp(self) -> int:
        return int(clock.now().timestamp())


@lru_cache(maxsize=32)
def _serializer(keys: tuple[str, ...], purpose: Purpose) -> URLSafeTimedSerializer:
    return URLSafeTimedSerializer(list(keys), salt=f"link.{purpose}", signer=_ByOurClock, signer_kwargs=_SIGNER)


def _signature(key: str, notice_id: str) -> bytes:
    derived = Signer(key, salt="reply", **_SIGNER).derive_key()
    return _ALGORITHM.get_signature(derived, notice_id.encode())[:_SIGNATURE_BYTES]
