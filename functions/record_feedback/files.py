"""Files of mail events that the stream put into the bucket: which of them a message names, and what is in one."""

import gzip
import json
from collections.abc import Iterator
from typing import Any, Final
from urllib.parse import unquote_plus

from core.values import dataclass
from functions.record_feedback.events import REPLAY_NAME
from functions.shared import archive
from functions.shared.settings import Settings

PREFIX: Final = "mail-events/"
_BY_FILE: Final = frozenset({"Send", "Delivery"})  # every other event came at once, by the queue
_GZIP: Final = b"\x1f\x8b"

Body = dict[str, Any]  # of an event, as EventBridge has it


class ForeignFileError(ValueError):
    """A message names an object that the stream did not put."""


@dataclass(frozen=True, slots=True)
class File:
    """One file of the bucket."""

    key: str
    replayed: bool = False  # all of it comes once more, for a table that was restored


def named(message: dict[str, Any]) -> list[File]:
    """The files that a message is about: S3's notification, or ours.

    Raises: ForeignFileError; KeyError for any other message.
    """
    if message.get("Event") == "s3:TestEvent":  # S3 tries a queue that it was told to use
        return []
    if message.get("v") == 1:
        return [File(message["file"], replayed=bool(message.get("replayed")))]
    return [_told(record["s3"]) for record in message["Records"]]


def _told(about: dict[str, Any]) -> File:
    bucket, key = about["bucket"]["name"], unquote_plus(about["object"]["key"])
    if bucket != Settings.from_env().archive_bucket or not key.startswith(PREFIX):
        raise ForeignFileError(f"{key} of {bucket}")
    return File(key)


def read(file: File) -> list[Body]:
    """The events of a file that are to be heard of it.

    Raises: botocore's ClientError, OSError or ValueError for a file that cannot be read.
    """
    content = archive.get(file.key)
    text = (gzip.decompress(content) if content.startswith(_GZIP) else content).decode()
    if file.replayed:
        return [{**body, REPLAY_NAME: file.key} for body in _bodies(text)]
    return [body for body in _bodies(text) if body.get("detail", {}).get("eventType", "Send") in _BY_FILE]


def _bodies(text: str) -> Iterator[Body]:
    """One JSON object after the other; nothing need stand between them."""
    decoder, rest = json.JSONDecoder(), text.lstrip()
    at = 0
    while at < len(rest):
        body, at = decoder.raw_decode(rest, at)
        yield body
        while at < len(rest) and rest[at].isspace():
            at += 1
