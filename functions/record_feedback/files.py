"""Files of mail events that the stream put into the bucket: which of them a message names, and what is in one."""

import gzip
import io
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
_STEP: Final = 65_536  # characters unpacked at a time: a stream that falls behind makes files of many megabytes

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


def read(file: File) -> Iterator[Body]:
    """The events of a file that are to be heard of it, as they are unpacked.

    Raises: botocore's ClientError, OSError, EOFError or ValueError for a file that cannot be read, or not to its end.
    """
    content = archive.get(file.key)
    raw = io.BytesIO(content)
    unpacked = gzip.GzipFile(fileobj=raw) if content.startswith(_GZIP) else raw
    for body in _bodies(io.TextIOWrapper(unpacked, "utf-8")):
        if file.replayed:
            yield {**body, REPLAY_NAME: file.key}
        elif is_waited_for(body):
            yield body


def is_waited_for(body: Body) -> bool:
    """Whether an event comes by files: a doubt may wait for it. One that does not say its kind may."""
    return body.get("detail", {}).get("eventType", "Send") in _BY_FILE


def _bodies(text: io.TextIOBase) -> Iterator[Body]:
    """One JSON object after the other; nothing need stand between them."""
    decoder, rest = json.JSONDecoder(), ""
    while step := text.read(_STEP):
        rest = (rest + step).lstrip()
        while rest:
            try:
                body, end = decoder.raw_decode(rest)
            except ValueError:
                break  # it goes on in the next step
            yield body
            rest = rest[end:].lstrip()
    if rest:
        raise ValueError("the file ends within an event, or holds something else")
