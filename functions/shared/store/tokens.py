"""Keys of the API: 256 random bits whose hash alone is kept, for some entities and scopes, until they end.

One UpdateItem finds a token and counts its request; a revoked one is refused from the next request on.
"""

import hashlib
import secrets
from collections.abc import Iterator
from datetime import datetime
from enum import StrEnum
from typing import Final

from botocore.exceptions import ClientError

from core.frozen import Frozen
from core.values import dataclass
from functions.shared.settings import Settings
from functions.shared.store import keys
from functions.shared.store.attributes import read_row, write_row
from functions.shared.store.rows import fact_of, fields_of
from functions.shared.store.table import Row, table
from functions.shared.wiring import client

PREFIX: Final = "pdk_"  # whoever finds one in a log or a repository knows what it is
AUDIENCE: Final = "api"
WINDOW_SECONDS: Final = 10
DEFAULT_RATE: Final = 20  # requests a second, over a window
_AGAIN: Final = ("SET #hits = #hits + :one", "#window = :window")
_FIRST: Final = ("SET #window = :window, #hits = :one", "attribute_exists(#pk) AND #window <> :window")
_FAILED: Final = "ConditionalCheckFailedException"


class Scope(StrEnum):
    """What a token may be used for."""

    CUSTOMERS_READ = "customers:read"
    CUSTOMERS_WRITE = "customers:write"
    LEDGER_WRITE = "ledger:write"
    AGREEMENTS_WRITE = "agreements:write"
    ACCOUNTS_READ = "accounts:read"


class Token(Frozen):
    """One token, without what is kept secret."""

    id: str
    note: str = ""  # who uses it
    entities: tuple[str, ...]
    scopes: tuple[Scope, ...]
    audience: str = AUDIENCE
    rate: int = DEFAULT_RATE
    created_at: datetime
    ends_at: datetime
    revoked_at: datetime | None = None

    def good(self, now: datetime) -> bool:
        """Whether it opens anything now."""
        return self.audience == AUDIENCE and self.revoked_at is None and now < self.ends_at


@dataclass(frozen=True, slots=True)
class Shown:
    """A token and how many requests it made in the present window."""

    token: Token
    hits: int


def create(token: Token) -> str:
    """Keep a new token. Returns: its secret, which nobody can show again."""
    secret = PREFIX + secrets.token_urlsafe(32)
    key = keys.token(_hash(secret))
    row: Row = {**key._asdict(), **fields_of(token), "window": 0, "hits": 0}
    listed: Row = {**keys.token_listed(token.id)._asdict(), "token_pk": key.pk}
    table().put_if(listed, "attribute_not_exists(#pk)")
    table().put_if(row, "attribute_not_exists(#pk)")
    return secret


def listed() -> Iterator[Token]:
    """Every token, revoked and ended ones too."""
    for row in table().query(keys.TOKENS):
        found = table().get(keys.Key(row["token_pk"], "T"))
        if found is not None:
            yield fact_of(Token, found)


def revoke(token_id: str, now: datetime) -> bool:
    """End a token at once; False when there is none of that id."""
    row = table().get(keys.token_listed(token_id))
    if row is None:
        return False
    at = {"now": now.isoformat()}
    key = keys.Key(row["token_pk"], "T")
    table().update_if(key, "SET #revoked_at = :now", "attribute_exists(#pk) AND attribute_not_exists(#revoked_at)", at)
    return True


def show(secret: str, now: datetime) -> Shown | None:
    """The token of a secret, with this request counted; None for a secret that nobody was given."""
    if not secret.startswith(PREFIX) or len(secret) > 100:
        return None
    window = int(now.timestamp()) // WINDOW_SECONDS
    key = keys.token(_hash(secret))
    for update, condition in (_AGAIN, _FIRST, _AGAIN):  # twice: somebody else may have begun the window
        row, there = _update(key, update, condition, window)
        if row is not None:
            return Shown(fact_of(Token, row), row["hits"])
        if not there:
            return None
    return None


def _update(key: keys.Key, update: str, condition: str, window: int) -> tuple[Row | None, bool]:
    """The row after the update, None where the condition does not hold; and whether there is one at all."""
    names = {f"#{name}": name for name in ("pk", "window", "hits") if f"#{name}" in update + condition}
    try:
        answer = client("dynamodb").update_item(
            TableName=Settings.from_env().table_name,
            Key=write_row(key._asdict()),
            UpdateExpression=update,
            ConditionExpression=condition,
            ExpressionAttributeNames=names,
            ExpressionAttributeValues=write_row({":one": 1, ":window": window}),
            ReturnValues="ALL_NEW",
            ReturnValuesOnConditionCheckFailure="ALL_OLD",
        )
    except ClientError as error:
        if error.response["Error"]["Code"] != _FAILED:
            raise
        return None, bool(error.response.get("Item"))
    return read_row(answer["Attributes"]), True


def _hash(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()
