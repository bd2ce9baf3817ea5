"""The objects of the inbox bucket: files as they came, reject files, and lists of what full ledgers held."""

from datetime import datetime
from pathlib import Path
from typing import Any, Final

from botocore.exceptions import ClientError

from core.values import dataclass
from functions.shared.settings import Settings
from functions.shared.wiring import client

_GONE: Final = frozenset({"404", "NoSuchKey", "NoSuchVersion", "MethodNotAllowed"})  # the last one: a delete marker
_BLOCK: Final = 1 << 20


@dataclass(frozen=True, slots=True)
class Found:
    """One version of an object."""

    version: str  # empty: the bucket keeps none
    etag: str
    size: int
    modified_at: datetime


class GoneError(LookupError):
    """The object, or this version of it, was removed."""


def look(key: str, version: str) -> Found | None:
    """What S3 says of an object, of its newest version where none is named; None when there is none."""
    try:
        head = client("s3").head_object(**_named(key, version))
    except ClientError as error:
        if error.response["Error"]["Code"] in _GONE:
            return None
        raise
    etag = head["ETag"].strip('"')
    return Found(_version(head.get("VersionId")), etag, head["ContentLength"], head["LastModified"])


def fetch(key: str, version: str, to: Path) -> None:
    """Copy one version of an object into a file, a block at a time. Raises: GoneError."""
    try:
        body = client("s3").get_object(**_named(key, version))["Body"]
    except ClientError as error:
        if error.response["Error"]["Code"] in _GONE:
            raise GoneError(key) from None
        raise
    with to.open("wb") as out:
        for block in body.iter_chunks(_BLOCK):
            out.write(block)


def put(key: str, path: Path, media_type: str) -> None:
    """Write a file as an object, over what was there: its content follows from its key."""
    with path.open("rb") as content:
        client("s3").put_object(Bucket=Settings.from_env().inbox_bucket, Key=key, Body=content, ContentType=media_type)


def _named(key: str, version: str) -> dict[str, Any]:
    named = {"Bucket": Settings.from_env().inbox_bucket, "Key": key}
    return {**named, "VersionId": version} if version else named


def _version(said: str | None) -> str:
    return "" if said in (None, "null") else str(said)
