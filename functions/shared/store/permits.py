"""The permit to send: a count in the table and, beside it, in the bucket. A restored table falls behind the bucket.

The count is written down in the table as meant before the bucket has it, so that a table which lost nothing is never
behind, whoever stops where.
"""

import json
from datetime import datetime
from typing import Any, Final

from botocore.exceptions import ClientError

from core.values import dataclass
from functions.shared import archive
from functions.shared.store import keys
from functions.shared.store.keys import Key, instant
from functions.shared.store.table import Row, table

KEY: Final = Key(keys.CONFIG, "permit")  # read with the configuration: asking costs nothing
MARKER: Final = "guard/sending.json"
# Without the right to list a bucket, S3 says of a file that is not there that it is denied.
_NOT_THERE: Final = frozenset({"NoSuchKey", "404", "AccessDenied"})


@dataclass(frozen=True, slots=True)
class Learning:
    """The files of mail events that are read again after a restore."""

    since: datetime  # files of which time
    listed_at: datetime
    files: int  # that were there then
    queued_at: datetime  # when the last of them was given to its queue


@dataclass(frozen=True, slots=True)
class Permit:
    """What the table says."""

    n: int = 0
    meant: int = 0  # the count that is being written, or `n`
    until: datetime | None = None  # may be sent until then without asking again
    at: datetime | None = None  # when `n` was written: nothing that was sent before is missing
    held: str = ""  # why nothing is sent; empty: it is
    held_at: datetime | None = None
    learning: Learning | None = None  # what makes good what is missing


@dataclass(frozen=True, slots=True)
class Marker:
    """What the bucket says."""

    n: int = 0
    held: str = ""  # by hand, before somebody restores the table


def read() -> Permit:
    """The table's side, strongly read."""
    return permit_of(table().get(KEY) or {})


def permit_of(row: Row) -> Permit:
    """The permit of a row; of none, the first."""
    return Permit(
        n=row.get("n", 0),
        meant=int(row.get("meant", 0)),
        until=_instant(row.get("until")),
        at=_instant(row.get("at")),
        held=row.get("held", ""),
        held_at=_instant(row.get("held_at")),
        learning=_learning(row.get("learning")),
    )


def _learning(said: Row | None) -> Learning | None:
    if said is None:
        return None
    since, listed_at, queued_at = (datetime.fromisoformat(said[name]) for name in ("since", "listed_at", "queued_at"))
    return Learning(since, listed_at, int(said["files"]), queued_at)


def marker() -> Marker | None:
    """The bucket's side; None when there is none."""
    try:
        said = json.loads(archive.get(MARKER))
    except ClientError as error:
        if error.response["Error"]["Code"] not in _NOT_THERE:
            raise
        return None
    return Marker(said["n"], said.get("held", ""))


def put_marker(said: Marker, *, first: bool = False) -> bool:
    """Write the bucket's side. Args: `first` none could be read; one that is there after all stays, which is False."""
    content = json.dumps({"n": said.n, "held": said.held}).encode()
    if first:
        return archive.put_once(MARKER, content, "application/json")
    archive.put(MARKER, content, "application/json")
    return True


def mean(permit: Permit, n: int) -> bool:
    """Write down which count the bucket gets next; False when somebody else is further."""
    values: dict[str, Any] = {"n": n, "was": permit.n}
    condition = "#n = :was" if permit.n else "attribute_not_exists(#n) OR #n = :was"
    return table().update_if(KEY, "SET #meant = :n", condition, values, mine=lambda there: there.get("meant") == n)


def renew(n: int, now: datetime, until: datetime) -> bool:
    """Both sides have the count: it may be sent until then. False when somebody else is further."""
    values = {"n": n, "now": instant(now), "until": instant(until)}
    return table().update_if(
        KEY,
        "SET #n = :n, #at = :now, #until = :until",
        "#meant = :n AND attribute_not_exists(#held)",
        values,
        mine=lambda there: bool(there.get("n") == n),
    )


def hold(reason: str, now: datetime) -> bool:
    """From here on nothing is sent; False when that is so already."""
    values = {"reason": reason, "now": instant(now)}
    update = "SET #held = :reason, #held_at = :now REMOVE #learning"
    return table().update_if(KEY, update, "attribute_not_exists(#held)", values)


def note_learning(learning: Learning) -> None:
    """What is read again; nothing where nothing is held."""
    said = {
        "since": instant(learning.since),
        "listed_at": instant(learning.listed_at),
        "files": learning.files,
        "queued_at": instant(learning.queued_at),
    }
    table().update_if(KEY, "SET #learning = :said", "attribute_exists(#held)", {"said": said})


def lift(n: int, now: datetime) -> None:
    """Both sides agree again; whoever sends next asks anew."""
    values = {"n": n, "now": instant(now)}
    update = "SET #n = :n, #meant = :n, #at = :now REMOVE #held, #held_at, #until, #learning"
    table().update_if(KEY, update, "attribute_exists(#pk) OR attribute_not_exists(#pk)", values)


def _instant(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None
