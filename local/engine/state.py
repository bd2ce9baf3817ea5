"""What the engine keeps between two processes: one file, replaced as a whole.

JSON lines, by `t`: engine (clock), item, message, mail, event (of SES, still to come), retry (of a failed tick or
sweep), object (of S3), secret, streamed (a record that waits in a stream). Everything is kept under logical ids;
physical names are new in each process.
"""

import base64
import fcntl
import json
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Final

from moto.dynamodb.models.dynamo_type import DynamoType, Item, LimitedSizeDict
from moto.s3.models import s3_backends
from moto.sqs.models import Message

from local.engine.aws import ACCOUNT, client
from local.engine.bridge.lookup import forget
from local.engine.outbox import Mail
from local.engine.pump import queue_messages
from local.engine.retries import Retries, Retry
from local.engine.ses import Ses
from local.engine.ses_events import MailEvent
from local.engine.stack import Stack
from local.engine.streams import Streams

FORMAT: Final = 1
FILE_NAME: Final = "engine.jsonl"
_LOCK_NAME: Final = "lock"
_FILES_KEPT: Final = timedelta(days=3)  # those of mail events, for who restores the table
_MESSAGE_FIELDS: Final = (
    "sent_timestamp", "approximate_first_receive_timestamp", "approximate_receive_count", "visible_at", "delayed_until",
    "receipt_handle",
)  # fmt: skip

Record = dict[str, Any]


class StateFolderBusyError(RuntimeError):
    """Another process has the folder open."""


class UnknownStateFormatError(ValueError):
    """The file was written by another version."""


@dataclass(frozen=True, slots=True)
class StateFolder:
    """A folder that holds the engine's state."""

    folder: Path

    @property
    def path(self) -> Path:
        return self.folder / FILE_NAME

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Keep other processes out while the block runs. Raises: StateFolderBusyError."""
        self.folder.mkdir(parents=True, exist_ok=True)
        with (self.folder / _LOCK_NAME).open("w") as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                raise StateFolderBusyError(f"{self.folder} is in use by another process") from None
            yield

    def save(self, stack: Stack, ses: Ses, retries: Retries, now: datetime) -> None:
        """Write everything; the file before stays whole until the new one is."""
        new = self.path.with_suffix(".new")
        with new.open("w", encoding="utf-8") as file:
            for record in _records(stack, ses, retries, now):
                file.write(json.dumps(record, ensure_ascii=False, separators=(",", ":")) + "\n")
            file.flush()
            os.fsync(file.fileno())
        new.replace(self.path)

    def load(self, stack: Stack, ses: Ses, retries: Retries, begin: Callable[[datetime], None]) -> None:
        """Fill an empty stack with what was saved, if anything; `begin` sets the clock to where it stood.

        Raises: UnknownStateFormatError.
        """
        if not self.path.exists():
            return
        with self.path.open(encoding="utf-8") as file:
            head = json.loads(next(file))
            if head.get("t") != "engine" or head.get("format") != FORMAT:
                raise UnknownStateFormatError(
                    f"{self.path} has format {head.get('format')}, this version reads {FORMAT}"
                )
            begin(datetime.fromisoformat(head["now"]))
            filling = _Filling(stack, ses, retries)
            for line in file:
                filling.take(json.loads(line))
        forget(stack.table)


# ---------- out ----------
def _records(stack: Stack, ses: Ses, retries: Retries, now: datetime) -> Iterator[Record]:
    yield {"t": "engine", "format": FORMAT, "now": now.isoformat()}
    for item in stack.table.all_items():
        yield {"t": "item", "item": {name: _plain(value) for name, value in item.attrs.items()}}
    for logical_id, queue in stack.queues.items():
        yield from (_message(logical_id, message) for message in queue_messages(queue))
    yield from ({"t": "mail", **mail.to_json()} for mail in ses.outbox)
    yield from ({"t": "event", **event.to_json()} for event in ses.pending())
    yield from (_retry(retry) for retry in retries.waiting())
    yield from _objects(stack, now)
    yield from _streamed(stack)
    yield from _secrets(stack)


def _plain(value: DynamoType) -> Record:
    """An attribute value as DynamoDB writes it in JSON; moto holds bytes as such."""
    content = value.value
    if isinstance(content, dict):
        content = {name: _plain(inner) for name, inner in content.items()}
    elif isinstance(content, list):
        content = [_plain(inner) if isinstance(inner, DynamoType) else _text(inner) for inner in content]
    return {value.type: _text(content)}


def _text(content: Any) -> Any:
    return base64.b64encode(content).decode() if isinstance(content, bytes) else content


def _attribute(plain: Record) -> DynamoType:
    """The opposite of `_plain`."""
    ((kind, content),) = plain.items()
    if kind == "B":
        content = base64.b64decode(content)
    elif kind == "BS":
        content = [base64.b64decode(part) for part in content]
    elif kind == "M":
        content = {name: _attribute(inner) for name, inner in content.items()}
    elif kind == "L":
        content = [_attribute(inner) for inner in content]
    return DynamoType({kind: content})


def _message(logical_id: str, message: Message) -> Record:
    fields = {name: getattr(message, name) for name in _MESSAGE_FIELDS}
    return {"t": "message", "queue": logical_id, "id": message.id, "body": message.body, **fields}


def _retry(retry: Retry) -> Record:
    at = retry.at.isoformat()
    return {"t": "retry", "at": at, "function": retry.function, "event": retry.event, "failed": retry.failed}


def bucket_of(name: str) -> Any:
    """Moto's own bucket."""
    return s3_backends[ACCOUNT]["aws"].get_bucket(name)


def _objects(stack: Stack, now: datetime) -> Iterator[Record]:
    prefixes = {stream.bucket: stream.prefix for stream in Streams(stack).each()}
    for logical_id in stack.logical_ids("AWS::S3::Bucket"):
        bucket = stack.physical_id(logical_id)
        for key in bucket_of(bucket).keys:
            stored = bucket_of(bucket).keys[key]
            of_a_stream = key.startswith(prefixes.get(bucket, "\0"))
            if of_a_stream and stored.last_modified < now.replace(tzinfo=None) - _FILES_KEPT:
                continue
            body = client("s3").get_object(Bucket=bucket, Key=key)["Body"].read()
            seen = {"version": stored.version_id, "modified": stored.last_modified.isoformat()}
            text = base64.b64encode(body).decode()
            yield {"t": "object", "bucket": logical_id, "key": key, "body": text, **seen}


def _secrets(stack: Stack) -> Iterator[Record]:
    for logical_id in stack.logical_ids("AWS::SecretsManager::Secret"):
        found = client("secretsmanager").get_secret_value(SecretId=stack.physical_id(logical_id))
        yield {"t": "secret", "secret": logical_id, "value": found["SecretString"]}


def _streamed(stack: Stack) -> Iterator[Record]:
    for stream in Streams(stack).each():
        yield from (
            {"t": "streamed", "stream": stream.logical_id, "at": at, "said": said} for at, said in stream.records
        )


# ---------- in ----------
class _Filling:
    """Puts records where moto keeps them, past its own methods: those would weigh and check each item again."""

    def __init__(self, stack: Stack, ses: Ses, retries: Retries) -> None:
        self._stack, self._ses, self._retries, self._table = stack, ses, retries, stack.table
        self._kinds = {
            "item": self._item,
            "message": self._message,
            "mail": self._mail,
            "event": self._event,
            "retry": self._retry,
            "object": self._object,
            "secret": self._secret,
            "streamed": self._streamed,
            "archived": self._of_earlier_code,
        }

    def take(self, record: Record) -> None:
        self._kinds[record.pop("t")](record)

    def _item(self, record: Record) -> None:
        attributes = LimitedSizeDict()
        for name, value in record["item"].items():
            dict.__setitem__(attributes, name, _attribute(value))
        range_name = self._table.range_key_attr
        assert range_name is not None
        item = Item(attributes[self._table.hash_key_attr], attributes[range_name], {})
        item.attrs = attributes
        self._table.items[item.hash_key][item.range_key] = item

    def _message(self, record: Record) -> None:
        message = Message(record["id"], record["body"])
        for name in _MESSAGE_FIELDS:
            setattr(message, name, record[name])
        queue = self._stack.queues[record["queue"]]
        queue_messages(queue).append(message)
        if not message.visible:
            queue.pending_messages.add(message)

    def _mail(self, record: Record) -> None:
        self._ses.outbox.append(Mail.from_json(record))

    def _event(self, record: Record) -> None:
        self._ses.expect(MailEvent.from_json(record))

    def _retry(self, record: Record) -> None:
        at = datetime.fromisoformat(record["at"])
        self._retries.expect(at, record["function"], record["event"], record["failed"])

    def _object(self, record: Record) -> None:
        name = self._stack.physical_id(record["bucket"])
        bucket = bucket_of(name)
        told, bucket.notification_configuration = bucket.notification_configuration, None  # nothing is new about it
        client("s3").put_object(Bucket=name, Key=record["key"], Body=base64.b64decode(record["body"]))
        bucket.notification_configuration = told
        stored = bucket.keys[record["key"]]
        if "version" in record:
            stored._version_id = record["version"]  # noqa: SLF001  moto gives each its own
            stored.last_modified = datetime.fromisoformat(record["modified"])

    def _secret(self, record: Record) -> None:
        arn = self._stack.physical_id(record["secret"])
        client("secretsmanager").put_secret_value(SecretId=arn, SecretString=record["value"])

    def _of_earlier_code(self, _record: Record) -> None:
        """A mail event of an archive: such are in files now."""

    def _streamed(self, record: Record) -> None:
        stream = next(one for one in Streams(self._stack).each() if one.logical_id == record["stream"])
        stream.records.append((record["at"], record["said"]))
