"""What was answered to a request that may come again: then it gets the same answer, and nothing is done."""

import secrets
from datetime import datetime, timedelta
from typing import Any, Final

from core.packing import deflate, inflate
from core.values import dataclass
from functions.shared.store import keys
from functions.shared.store.keys import Key
from functions.shared.store.table import Row, table

KEPT: Final = timedelta(hours=24)
LEASE: Final = timedelta(seconds=40)  # longer than any request may take


@dataclass(frozen=True, slots=True)
class Claim:
    """The request is ours to carry out."""

    key: Key
    owner: str


@dataclass(frozen=True, slots=True)
class Before:
    """The key was used before."""

    same: bool  # for the same request
    answer: Any | None = None  # None: it is still being carried out


def claim(token_id: str, key_hash: str, fingerprint: str, now: datetime) -> Claim | Before:
    """Take a key for a request. A record that is over, or whose worker died, is taken over."""
    key, owner = keys.request(token_id, key_hash), secrets.token_hex(8)
    row: Row = {
        **key._asdict(),
        "fingerprint": fingerprint,
        "owner": owner,
        "lease_until": keys.instant(now + LEASE),
        "expires_at": int((now + KEPT).timestamp()),
    }
    free = (
        "attribute_not_exists(#pk) OR #expires_at < :now"
        " OR (attribute_not_exists(#answer) AND #fingerprint = :fingerprint AND #lease_until < :instant)"
    )
    values = {"now": int(now.timestamp()), "fingerprint": fingerprint, "instant": keys.instant(now)}

    def ours(there: Row) -> bool:
        return bool(there["owner"] == owner)

    if table().put_if(row, free, values, mine=ours):
        return Claim(key, owner)
    there = table().get(key) or {}
    packed = there.get("answer")
    return Before(there.get("fingerprint") == fingerprint, inflate(packed) if packed else None)


def answer(mine: Claim, said: Any) -> None:
    """Keep what was answered."""
    values = {"answer": deflate(said), "owner": mine.owner}
    table().update_if(mine.key, "SET #answer = :answer", "#owner = :owner", values)


def release(mine: Claim, now: datetime) -> None:
    """Nothing was done: the same request may come again at once."""
    values = {"over": keys.instant(now - timedelta(seconds=1)), "owner": mine.owner}
    table().update_if(mine.key, "SET #lease_until = :over", "#owner = :owner", values)
