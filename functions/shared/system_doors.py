"""How each system lets us in: its address, and a token that a secret was changed for.

Secrets lie in Secrets Manager as JSON, named <stack>/connect/<source>; `settings.secret` names another last part.
"""

import base64
import json
from collections.abc import Callable, Mapping
from typing import Any, Final
from urllib.parse import urlencode

from botocore.exceptions import ClientError

from core.source import Source, SourceKind
from core.values import dataclass
from functions.shared import clock
from functions.shared import system_web as web
from functions.shared.settings import Settings
from functions.shared.wiring import client

Secret = dict[str, Any]
_TOKEN: Final = "/services/rest/auth/oauth2/v1/token"  # noqa: S105 - a path
_ASSERTION: Final = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
_LIVES: Final = 300  # seconds that a signed assertion is good for; NetSuite allows an hour


@dataclass(slots=True)
class Door:
    """The address of a system, and the headers that open it; asked for once a pull."""

    url: str
    _open: Callable[[], Mapping[str, str]]
    _headers: Mapping[str, str] | None = None

    def headers(self) -> Mapping[str, str]:
        """Raises: WebError where the system gives no token, or our secret is none."""
        if self._headers is None:
            try:
                self._headers = self._open()
            except (AttributeError, LookupError, TypeError, ValueError) as wrong:
                problem = f"the secret does not say what is needed ({type(wrong).__name__})"
                raise web.WebError("BAD_SECRET", problem) from None
        return self._headers


def opened(source: Source) -> Door:
    """The way into the system of a source. Nothing is asked before the first header is needed."""
    settings = source.settings
    make = {
        SourceKind.NETSUITE: _netsuite,
        SourceKind.STRIPE: _stripe,
        SourceKind.QUICKBOOKS: _quickbooks,
        SourceKind.XERO: _xero,
    }[source.kind]
    return make({**settings, "secret": secret_of(source)}, lambda: secret(source))


def secret(source: Source) -> Secret:
    """What the secret of a source says. Raises: WebError where there is none; ValueError for what is no JSON."""
    name = secret_of(source)
    try:
        kept: Secret = json.loads(client("secretsmanager").get_secret_value(SecretId=name)["SecretString"])
    except ClientError as error:
        if error.response["Error"]["Code"] != "ResourceNotFoundException":
            raise
        raise web.WebError("NO_SECRET", f"there is no secret {name}") from None
    return kept


def secret_of(source: Source) -> str:
    """The name of its secret: below the stack's own name, where alone this function may look."""
    return f"{Settings.from_env().deployment}/connect/{source.settings.get('secret', source.id)}"


def _netsuite(settings: Mapping[str, Any], secret: Callable[[], Secret]) -> Door:
    """Client credentials with a signed assertion. Source: Oracle's help, "OAuth 2.0 Client Credentials Flow"."""
    account = str(settings.get("account", "")).lower().replace("_", "-")
    url = settings.get("url") or f"https://{account}.suitetalk.api.netsuite.com"

    def open_() -> Mapping[str, str]:
        kept = secret()
        form = {
            "grant_type": "client_credentials",
            "client_assertion_type": _ASSERTION,
            "client_assertion": assertion(kept, url + _TOKEN),
        }
        return _bearer(url + _TOKEN, form, {})

    return Door(url, open_)


def assertion(secret: Secret, audience: str) -> str:
    """The signed statement of who asks."""
    from joserfc import jwt
    from joserfc.errors import JoseError
    from joserfc.jwk import ECKey, RSAKey

    algorithm = str(secret.get("algorithm", "PS256"))
    try:
        key = (ECKey if algorithm.startswith("ES") else RSAKey).import_key(secret["private_key"])
    except JoseError as wrong:
        raise ValueError("no private key") from wrong
    now = int(clock.now().timestamp())
    header = {"typ": "JWT", "alg": algorithm, "kid": secret["certificate_id"]}
    claims = {
        "iss": secret["client_id"],
        "scope": ["rest_webservices"],
        "iat": now,
        "exp": now + _LIVES,
        "aud": audience,
    }
    return jwt.encode(header, claims, key, algorithms=[algorithm])


def _stripe(settings: Mapping[str, Any], secret: Callable[[], Secret]) -> Door:
    """The restricted key itself."""
    return Door(
        settings.get("url") or "https://api.stripe.com", lambda: {"Authorization": f"Bearer {secret()['api_key']}"}
    )


def _xero(settings: Mapping[str, Any], secret: Callable[[], Secret]) -> Door:
    """A custom connection: client credentials. Source: Xero's developer pages."""
    url = settings.get("url")
    token = f"{url}/connect/token" if url else "https://identity.xero.com/connect/token"
    form = {"grant_type": "client_credentials", "scope": "accounting.transactions.read accounting.contacts.read"}
    return Door(url or "https://api.xero.com", lambda: _bearer(token, form, _basic(secret())))


def _quickbooks(settings: Mapping[str, Any], secret: Callable[[], Secret]) -> Door:
    """A refresh token, which is changed for a new one about once a day: the new one is kept at once.

    Source: Intuit's developer pages, OAuth 2.0.
    """
    url = settings.get("url")
    token = f"{url}/oauth2/v1/tokens/bearer" if url else "https://oauth.platform.intuit.com/oauth2/v1/tokens/bearer"

    def open_() -> Mapping[str, str]:
        kept = secret()
        form = {"grant_type": "refresh_token", "refresh_token": str(kept["refresh_token"])}
        answer = _changed(token, form, _basic(kept))
        renewed = answer.get("refresh_token")
        if renewed and renewed != kept["refresh_token"]:
            text = json.dumps({**kept, "refresh_token": renewed})
            client("secretsmanager").put_secret_value(SecretId=settings["secret"], SecretString=text)
        return {"Authorization": f"Bearer {answer['access_token']}"}

    return Door(url or "https://quickbooks.api.intuit.com", open_)


def _basic(secret: Secret) -> Mapping[str, str]:
    pair = f"{secret['client_id']}:{secret['client_secret']}".encode()
    return {"Authorization": f"Basic {base64.b64encode(pair).decode()}"}


def _bearer(url: str, form: Mapping[str, str], headers: Mapping[str, str]) -> Mapping[str, str]:
    return {"Authorization": f"Bearer {_changed(url, form, headers)['access_token']}"}


def _changed(url: str, form: Mapping[str, str], headers: Mapping[str, str]) -> dict[str, Any]:
    """What a secret was changed for. Raises: WebError."""
    sent = {**headers, "Content-Type": "application/x-www-form-urlencoded", "Accept": "application/json"}
    answer = web.ask("POST", url, headers=sent, body=urlencode(form).encode())
    if not isinstance(answer, dict) or "access_token" not in answer:
        raise web.WebError("NO_TOKEN", "the answer holds no access_token")
    return answer
