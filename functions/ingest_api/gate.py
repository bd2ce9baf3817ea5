"""Who may come in: a bearer token that is known, of this audience, not over, not revoked, and not too often used."""

import re
from collections.abc import Mapping
from datetime import datetime
from http import HTTPStatus
from typing import Any, Final

from core.values import dataclass
from functions.ingest_api.problems import ProblemError, not_found
from functions.shared.store import tokens
from functions.shared.store.tokens import WINDOW_SECONDS, Scope, Token

_BEARER: Final = re.compile(r"[Bb]earer +([A-Za-z0-9_-]+)")


@dataclass(frozen=True, slots=True)
class Caller:
    """Who asks; `secret` binds page tokens to this one token and is never written anywhere."""

    token: Token
    secret: str

    def __repr__(self) -> str:
        return f"Caller({self.token.id})"

    def may(self, scope: Scope) -> None:
        """Raises ProblemError where the token has not the scope."""
        if scope not in self.token.scopes:
            challenge = f'Bearer error="insufficient_scope", scope="{scope}"'
            detail = f"the token has not the scope {scope}"
            raise ProblemError(HTTPStatus.FORBIDDEN, "SCOPE", detail, headers={"www-authenticate": challenge})

    def at(self, entity: str) -> None:
        """Raises ProblemError where the token is not one of this entity, as for an entity that there is not."""
        if entity not in self.token.entities:
            raise not_found()


def admit(headers: Mapping[str, str], now: datetime) -> Caller:
    """The caller of a request. Raises ProblemError: 401, or 429 with the seconds after which to come again."""
    given = _BEARER.fullmatch(headers.get("authorization", "").strip())
    shown = tokens.show(given[1], now) if given else None
    if given is None or shown is None or not shown.token.good(now):
        detail = "send Authorization: Bearer with a token that is not over"
        raise ProblemError(HTTPStatus.UNAUTHORIZED, "TOKEN", detail, headers={"www-authenticate": "Bearer"})
    if shown.hits > shown.token.rate * WINDOW_SECONDS:
        wait = WINDOW_SECONDS - int(now.timestamp()) % WINDOW_SECONDS
        detail = f"more than {shown.token.rate} requests a second over {WINDOW_SECONDS} seconds"
        raise ProblemError(HTTPStatus.TOO_MANY_REQUESTS, "TOO_OFTEN", detail, headers={"retry-after": str(wait)})
    return Caller(shown.token, given[1])


def lower(event: Mapping[str, Any]) -> dict[str, str]:
    """The headers by lower-case name."""
    return {str(name).lower(): str(value) for name, value in (event.get("headers") or {}).items()}
