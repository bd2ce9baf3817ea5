"""The body of a request as plain values: JSON and nothing but, bounded before it is read."""

import base64
import binascii
import json
import re
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any, Final

from core.formats import strict_json
from core.formats.errors import clip
from functions.ingest_api.problems import ProblemError

LARGEST: Final = 1_000_000  # bytes
_DEEPEST: Final = 20
_JSON: Final = re.compile(r'application/json(\s*;\s*charset="?utf-8"?)?\s*', re.IGNORECASE)
# A string that is never closed is one up to the end: looked for from each of its quotes anew, a body takes minutes.
_STRUCTURE: Final = re.compile(r'"(?:[^"\\]++|\\.)*+"?|[\[{]|[\]}]', re.DOTALL)


def read(event: Mapping[str, Any], headers: Mapping[str, str]) -> str:
    """The text of the body, checked. Raises ProblemError: 413 too large, 415 not JSON in UTF-8, 400 no JSON."""
    coding = headers.get("content-encoding", "identity").strip().lower()
    if coding not in ("", "identity") or _JSON.fullmatch(headers.get("content-type", "").strip()) is None:
        detail = "send application/json in UTF-8, not compressed"
        raise ProblemError(HTTPStatus.UNSUPPORTED_MEDIA_TYPE, "MEDIA_TYPE", detail)
    raw = _bytes(event)
    if len(raw) > LARGEST:
        detail = f"the body has {len(raw):,} bytes, at most {LARGEST:,} are taken"
        raise ProblemError(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, "TOO_LARGE", detail)
    try:
        text = raw.decode()
    except UnicodeDecodeError as wrong:
        raise _bad(f"byte {wrong.start} is not UTF-8", wrong.start) from None
    _check_depth(text)
    loads(text)
    return text


def loads(text: str) -> Any:
    """JSON in which no key comes twice and every number is one. Raises ProblemError with the offset."""
    try:
        return strict_json.loads(text)
    except json.JSONDecodeError as wrong:
        raise _bad(f"not JSON: {wrong.msg}", wrong.pos) from None
    except strict_json.TwiceError as twice:
        raise _bad(f"the key '{clip(twice.key)}' comes twice in one object", _last(text, twice.key)) from None
    except strict_json.NoNumberError as wrong:
        raise _bad(f"{wrong} is not a JSON number", text.find(str(wrong))) from None
    except (RecursionError, ValueError):
        raise _bad("a number too long, or nested too deeply", 0) from None


def _bytes(event: Mapping[str, Any]) -> bytes:
    body = event.get("body") or ""
    if not event.get("isBase64Encoded"):
        return str(body).encode(errors="surrogatepass")
    try:
        return base64.b64decode(body, validate=True)
    except (binascii.Error, ValueError):
        raise _bad("the body cannot be decoded", 0) from None


def _check_depth(text: str) -> None:
    depth = 0
    for found in _STRUCTURE.finditer(text):
        mark = found[0]
        depth += (mark in "[{") - (mark in "]}")
        if depth > _DEEPEST:
            raise _bad(f"nested deeper than {_DEEPEST}", found.start())


def _last(text: str, key: str) -> int:
    return max(0, text.rfind(json.dumps(key, ensure_ascii=False)))


def _bad(detail: str, offset: int) -> ProblemError:
    return ProblemError(HTTPStatus.BAD_REQUEST, "NOT_JSON", detail, offset=offset)
