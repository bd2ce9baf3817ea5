"""Queues, the archive's bucket and the mail provider, as far as a night asks them."""

import io
import json
import time
from collections import Counter, deque
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from botocore.exceptions import ClientError

from bench.stand_in.smtp import Sink, message_of


@dataclass(slots=True)
class Queues:
    """SQS: bodies by queue, oldest first; a delay is none."""

    waiting: dict[str, deque[str]] = field(default_factory=dict)
    requests: int = 0
    queued: Counter[str] = field(default_factory=Counter)

    def send_message_batch(self, *, QueueUrl: str, Entries: list[dict[str, Any]]) -> dict[str, Any]:  # noqa: N803 - AWS's names
        """Queue up to ten messages."""
        self.requests += 1
        self.queued[QueueUrl] += len(Entries)
        self.waiting.setdefault(QueueUrl, deque()).extend(entry["MessageBody"] for entry in Entries)
        return {"Failed": []}

    def take(self, url: str, most: int) -> list[str]:
        """The next messages of a queue."""
        waiting = self.waiting.get(url, deque())
        return [waiting.popleft() for _ in range(min(most, len(waiting)))]


@dataclass(slots=True)
class Bucket:
    """S3: objects by key."""

    objects: dict[str, bytes] = field(default_factory=dict)

    def put_object(self, *, Key: str, Body: bytes, **_: Any) -> dict[str, Any]:  # noqa: N803
        """Keep an object."""
        self.objects[Key] = Body
        return {}

    def get_object(self, *, Key: str, **_: Any) -> dict[str, Any]:  # noqa: N803
        """An object that is there."""
        if Key not in self.objects:
            raise ClientError({"Error": {"Code": "NoSuchKey", "Message": "not there"}}, "GetObject")
        return {"Body": io.BytesIO(self.objects[Key])}


class Documents:
    """Lambda: the function that makes papers, in this process."""

    def invoke(self, *, Payload: bytes, **_: Any) -> dict[str, Any]:  # noqa: N803
        """Make the papers of one notice."""
        from functions.render_documents.workflow import make_documents

        asked = json.loads(Payload)
        make_documents(asked["notice_id"], asked["digest"])
        return {}


class Smtp:
    """SES: what it would take goes over SMTP to a sink on loopback; without a port it is counted and dropped."""

    def __init__(self, port: int | None) -> None:
        self._sink = None if port is None else Sink(port)
        self.mails = 0
        self.requests = 0
        self.per_second = 1e6  # recipients that the account may write to
        self.cpu_s = 0.0  # of making the message and handing it over: SES's work and the network's, not ours

    def get_account(self) -> dict[str, Any]:
        """An account that holds nothing up."""
        self.requests += 1
        return {
            "SendingEnabled": True,
            "ProductionAccessEnabled": True,
            "EnforcementStatus": "HEALTHY",
            "SendQuota": {"Max24HourSend": -1.0, "MaxSendRate": self.per_second, "SentLast24Hours": float(self.mails)},
        }

    def send_email(self, **request: Any) -> dict[str, str]:
        """Take one mail."""
        self.mails += 1
        self.requests += 1
        if self._sink is not None:
            began = time.process_time()
            destination: Mapping[str, list[str]] = request["Destination"]
            readers = [address for addresses in destination.values() for address in addresses]
            self._sink.send(readers, message_of(request))
            self.cpu_s += time.process_time() - began
        return {"MessageId": f"{self.mails:060d}"}

    def close(self) -> None:
        """Take leave of the sink."""
        if self._sink is not None:
            self._sink.close()
