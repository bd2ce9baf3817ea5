"""Stripe says that something changed: its source is asked at the next quarter of an hour and not at its usual time.

What is said is not used, only that it was said by Stripe. So an event that comes twice, late or never changes nothing:
the source is asked anyway, and tells itself how things stand.
"""

import re
from datetime import datetime
from http import HTTPStatus

from core.source import ID, SourceKind
from functions.shared.observability import LogEvent, log
from functions.shared.store import pulls, sources
from functions.shared.system_doors import secret


def receive(source_id: str, content: bytes, signature: str, now: datetime) -> HTTPStatus:
    """Check the signature, and remember that the source has news.

    Returns: 404 for what is no source of ours, 400 for what Stripe did not sign, or longer ago than five minutes.
    """
    source = sources.get(source_id) if re.fullmatch(ID, source_id) else None  # a key has a greatest length
    if source is None or source.kind is not SourceKind.STRIPE:
        return HTTPStatus.NOT_FOUND
    if not any(_signed(content, signature, key) for key in _keys(secret(source))):
        log(LogEvent.WORD_NOT_SIGNED, source=source.id)
        return HTTPStatus.BAD_REQUEST
    pulls.wake(source.id, now)
    return HTTPStatus.OK


def _keys(kept: dict[str, str]) -> list[str]:
    """The endpoint's signing secret, and the one before it while it is being changed."""
    return [kept[name] for name in ("signing_secret", "previous_signing_secret") if kept.get(name)]


def _signed(content: bytes, signature: str, key: str) -> bool:
    from stripe import SignatureVerificationError, WebhookSignature

    if not signature.isascii():
        return False
    try:
        WebhookSignature.verify_header(content.decode(), signature, key, 300)
    except (SignatureVerificationError, UnicodeDecodeError):
        return False
    return True
