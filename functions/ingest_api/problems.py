"""Every answer that is not what was asked for: problem details with a code, and a JSON pointer per mistake.

Source: RFC 9457, problem details for HTTP APIs; RFC 6901, JSON pointer.
"""

import json
from collections.abc import Iterable, Mapping
from http import HTTPStatus
from typing import Any, Final

from aws_lambda_powertools.event_handler import Response

from core.values import dataclass

MEDIA_TYPE: Final = "application/problem+json"
_MOST_ERRORS: Final = 50


@dataclass(frozen=True, slots=True)
class Mistake:
    """One thing that is wrong with the body."""

    pointer: str  # RFC 6901, into the body
    code: str
    detail: str
    found: str | None = None
    allowed: str | None = None
    hint: str | None = None

    def data(self) -> dict[str, str]:
        named = {"pointer": self.pointer, "code": self.code, "detail": self.detail}
        more = {"found": self.found, "allowed": self.allowed, "hint": self.hint}
        return named | {name: value for name, value in more.items() if value is not None}


class ProblemError(Exception):
    """Ends a request. Nothing was written, unless `detail` says so."""

    def __init__(
        self,
        status: HTTPStatus,
        code: str,
        detail: str,
        mistakes: Iterable[Mistake] = (),
        *,
        headers: Mapping[str, str] | None = None,
        **more: Any,
    ) -> None:
        super().__init__(code)
        self.status, self.code, self.detail = status, code, detail
        self.mistakes, self.headers, self.more = tuple(mistakes), dict(headers or {}), more

    def body(self) -> dict[str, Any]:
        """As JSON."""
        said: dict[str, Any] = {
            "type": f"urn:pastdue:problem:{self.code.lower().replace('_', '-')}",
            "title": self.status.phrase,
            "status": int(self.status),
            "code": self.code,
            "detail": self.detail,
            **self.more,
        }
        if self.mistakes:
            said["errors"] = [mistake.data() for mistake in self.mistakes[:_MOST_ERRORS]]
        return said

    def response(self) -> Response[str]:
        """As the resolver sends it."""
        return Response(int(self.status), MEDIA_TYPE, json.dumps(self.body()), headers=dict(self.headers))

    def event(self) -> dict[str, Any]:
        """As Lambda answers it, where no route was looked for."""
        headers = {"content-type": MEDIA_TYPE, "cache-control": "no-store", **self.headers}
        return {
            "statusCode": int(self.status),
            "headers": headers,
            "body": json.dumps(self.body()),
            "isBase64Encoded": False,
        }


def not_found() -> ProblemError:
    """Unknown, and not for this caller, are told alike."""
    return ProblemError(HTTPStatus.NOT_FOUND, "NOT_FOUND", "there is nothing here that this token may see")


def unfit(mistakes: Iterable[Mistake]) -> ProblemError:
    """The body is JSON, and not what is asked for here."""
    detail = "the body does not fit; nothing was written"
    return ProblemError(HTTPStatus.UNPROCESSABLE_ENTITY, "UNFIT", detail, mistakes)
