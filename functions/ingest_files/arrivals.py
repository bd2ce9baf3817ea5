"""Which object of the inbox a message is about. Keys of the notification are URL-encoded; ours are ids."""

from datetime import datetime
from typing import Any, Final, Literal
from urllib.parse import unquote_plus

from core.frozen import Frozen
from core.keys import stable_id
from core.values import dataclass
from functions.shared import inbox_objects as objects
from functions.shared.store.inbox import InboxFile

_PREFIX: Final = "inbox"
_PARTS: Final = 4  # inbox / entity / source / name


class Again(Frozen):
    """A message of our own: go on with a file that was left half way."""

    v: Literal[1]
    entity: str
    file: str


@dataclass(frozen=True, slots=True)
class Arrival:
    """A version of an object, and where in the inbox it lies."""

    key: str
    version: str
    etag: str
    size: int

    @property
    def place(self) -> tuple[str, str] | None:
        """Entity and source of the key; None where it names none, or is a folder."""
        parts = self.key.split("/", _PARTS - 1)
        if len(parts) < _PARTS or parts[0] != _PREFIX or not all(parts) or self.key.endswith("/"):
            return None
        return parts[1], parts[2]


def arrivals(message: dict[str, Any], bucket: str) -> list[Arrival]:
    """The objects that an S3 notification tells of; other buckets, test events and removals tell of none."""
    found = []
    for record in message.get("Records", ()):
        told = record.get("s3", {})
        if record.get("eventSource") != "aws:s3" or told.get("bucket", {}).get("name") != bucket:
            continue
        if not str(record.get("eventName", "")).removeprefix("s3:").startswith("ObjectCreated"):
            continue
        one = told["object"]
        found.append(
            Arrival(unquote_plus(one["key"]), one.get("versionId", ""), one.get("eTag", ""), int(one.get("size", 0)))
        )
    return found


def file_of(arrival: Arrival, entity: str, source: str, now: datetime) -> InboxFile | None:
    """The arrival as a file of its source; None when the object is not there any more.

    Told twice it is one file: its id is that of key, version and etag.
    """
    found = objects.look(arrival.key, arrival.version)
    if found is None:
        return None
    return InboxFile(
        id=stable_id("file", arrival.key, found.version, found.etag),
        entity=entity,
        source=source,
        key=arrival.key,
        version=found.version,
        etag=found.etag,
        size=found.size,
        modified_at=found.modified_at,
        received_at=now,
    )
