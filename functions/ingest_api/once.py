"""A request that changes something is carried out once for each of its keys; come again, it gets the same answer.

Source: the Idempotency-Key header field, an IETF draft; kept for 24 hours.
"""

import hashlib
import json
from collections.abc import Callable, Mapping
from datetime import datetime
from http import HTTPStatus
from typing import Any

from aws_lambda_powertools.event_handler import Response

from functions.ingest_api.problems import ProblemError
from functions.shared.store import requests
from functions.shared.store.requests import Before

Answer = Response[str]


def once(token_id: str, key: str, event: Mapping[str, Any], now: datetime, work: Callable[[], Answer]) -> Answer:
    """Carry `work` out, unless it was. What was refused wrote nothing: the same request may be tried anew.

    Raises: ProblemError 409 for a key that was used for another request, or whose request still runs.
    """
    taken = requests.claim(token_id, _digest(key), _fingerprint(event), now)
    if isinstance(taken, Before):
        return _again(taken)
    try:
        answer = work()
    except BaseException:
        requests.release(taken, now)
        raise
    kept = {"status": answer.status_code, "type": answer.content_type, "body": answer.body, "headers": answer.headers}
    requests.answer(taken, kept)
    return answer


def _again(before: Before) -> Answer:
    if not before.same:
        detail = "the Idempotency-Key was used for another request; nothing was written"
        raise ProblemError(HTTPStatus.CONFLICT, "IDEMPOTENCY_MISMATCH", detail)
    if before.answer is None:
        detail = "the same request is still being carried out"
        raise ProblemError(HTTPStatus.CONFLICT, "IN_PROGRESS", detail, headers={"retry-after": "2"})
    kept = before.answer
    headers = {**kept["headers"], "idempotent-replay": "true"}
    return Response(kept["status"], kept["type"], kept["body"], headers=headers)


def _fingerprint(event: Mapping[str, Any]) -> str:
    """What a request asks for: the same key with anything else is a mistake of the caller."""
    headers = {name.lower(): value for name, value in event["headers"].items()}
    said = [
        event["requestContext"]["http"]["method"],
        event["rawPath"],
        event.get("rawQueryString", ""),
        headers.get("if-match", ""),
        headers.get("if-none-match", ""),
        event.get("body") or "",
    ]
    return _digest(json.dumps(said))


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode(errors="surrogatepass")).hexdigest()
