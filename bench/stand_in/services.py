"""Queues, the archive's bucket and the mail provider, as far as a night asks them."""

import base64
import io
import json
import smtplib
import socket
from collections import Counter, deque
from collections.abc import Mapping
from dataclasses import dataclass, field
from email.header import Header
from typing import Any, Final

from botocore.exceptions import ClientError

_BOUNDARY: Final = "=_pastdue_parts"


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
        self._connection = smtplib.SMTP("127.0.0.1", port, local_hostname="localhost") if port is not None else None
        if self._connection is not None and self._connection.sock is not None:
            self._connection.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.mails = 0

    def get_account(self) -> dict[str, Any]:
        """An account that holds nothing up."""
        return {
            "SendingEnabled": True,
            "ProductionAccessEnabled": True,
            "EnforcementStatus": "HEALTHY",
            "SendQuota": {"Max24HourSend": -1.0, "MaxSendRate": 1e6, "SentLast24Hours": float(self.mails)},
        }

    def send_email(self, **request: Any) -> dict[str, str]:
        """Take one mail."""
        self.mails += 1
        if self._connection is not None:
            destination: Mapping[str, list[str]] = request["Destination"]
            readers = [address for addresses in destination.values() for address in addresses]
            self._connection.sendmail("bounce@mail.example.com", readers, message_of(request))
        return {"MessageId": f"{self.mails:060d}"}

    def close(self) -> None:
        """Take leave of the sink."""
        if self._connection is not None:
            self._connection.quit()


def message_of(request: Mapping[str, Any]) -> bytes:
    """The MIME message that SES makes of the parts it is given."""
    content = request["Content"]
    if "Raw" in content:
        raw: bytes = content["Raw"]["Data"]
        return raw
    simple = content["Simple"]
    head = {
        "From": request["FromEmailAddress"],
        "To": ", ".join(request["Destination"]["ToAddresses"]),
        "Subject": _encoded(simple["Subject"]["Data"]),
        "MIME-Version": "1.0",
        **{one["Name"]: one["Value"] for one in simple.get("Headers", ())},
    }
    if request["Destination"].get("CcAddresses"):
        head["Cc"] = ", ".join(request["Destination"]["CcAddresses"])
    if request.get("ReplyToAddresses"):
        head["Reply-To"] = ", ".join(request["ReplyToAddresses"])
    lines = [f"{name}: {value}" for name, value in head.items()]
    lines.append(f'Content-Type: multipart/alternative; boundary="{_BOUNDARY}"')
    parts = [_part(name.lower(), simple["Body"][name]["Data"]) for name in ("Text", "Html")]
    return "\r\n".join((*lines, "", *parts, f"--{_BOUNDARY}--", "")).encode("ascii")


def _encoded(text: str) -> str:
    return text if text.isascii() else Header(text, "utf-8").encode(linesep="\r\n")


def _part(kind: str, text: str) -> str:
    body = base64.encodebytes(text.encode()).decode().replace("\n", "\r\n")
    subtype = "plain" if kind == "text" else "html"
    head = f"Content-Type: text/{subtype}; charset=utf-8\r\nContent-Transfer-Encoding: base64"
    return f"--{_BOUNDARY}\r\n{head}\r\n\r\n{body}"
