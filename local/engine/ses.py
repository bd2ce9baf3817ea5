"""A stand-in for SES v2: moto keeps half a message and publishes nothing.

It answers what the functions call, refuses what SES refuses, keeps every mail, and has its mail events ready for the
instant at which they happen.
"""

import base64
import json
import re
import secrets
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email import message_from_bytes
from email.policy import SMTP
from email.utils import parseaddr
from heapq import heappop, heappush
from itertools import takewhile
from typing import Any, Final, Protocol

from botocore.exceptions import ReadTimeoutError

from local.engine.aws import ACCOUNT, REGION
from local.engine.outbox import Mail
from local.engine.ses_events import MailEvent, event_of
from local.engine.ses_script import Answer, Behaviour, Script, by_local_part
from local.engine.stack import EventDestination

Response = tuple[int, dict[str, str], str]

_TAG: Final = re.compile(r"[A-Za-z0-9_-]{1,256}")
_HEADER_NAME: Final = re.compile(r"[!-9;-@A-~]{1,126}")
_HEADER_VALUE: Final = re.compile(r"[ -~\t]{1,870}")
_ADDRESS: Final = re.compile(r"[!-~]+@[A-Za-z0-9.-]+\.[A-Za-z0-9-]+")  # ASCII before the @: SES takes no other
_MAX_RECIPIENTS: Final = 50
_MAX_HEADERS: Final = 15
_MAX_RAW: Final = 40 * 1024 * 1024
_MAX_LINE: Final = 998
# SES writes these itself.
_RESERVED_HEADERS: Final = frozenset({
    "bcc", "cc", "content-disposition", "content-type", "date", "from", "message-id", "mime-version", "reply-to",
    "return-path", "subject", "to", "feedback-id", "dkim-signature", "received", "sender",
})  # fmt: skip


class RefusedError(Exception):
    """SES says no."""

    def __init__(self, code: str, message: str, status: int = 400) -> None:
        super().__init__(message)
        self.code, self.message, self.status = code, message, status


class Account(Protocol):
    """What the account holds of SES, whoever created it."""

    @property
    def identities(self) -> Collection[str]:
        """Addresses and domains that may be sent from."""

    @property
    def configuration_sets(self) -> Collection[str]: ...

    @property
    def event_destinations(self) -> Collection[EventDestination]: ...


@dataclass(slots=True)
class Ses:
    """The account's SES. `outbox` holds what was accepted, oldest first."""

    account: Account
    now: Callable[[], datetime]
    behaviour: Behaviour = by_local_part
    outbox: list[Mail] = field(default_factory=list)
    requests: int = 0
    daily_quota: float = 50_000.0
    send_rate: float = 14.0
    production: bool = True
    enabled: bool = True
    standing: str = "HEALTHY"
    down: bool = False  # GetAccount fails; what becomes of mails says the behaviour
    strict: bool = True  # refuses what is over its quotas, to the instant
    _pending: list[tuple[datetime, int, MailEvent]] = field(default_factory=list)
    _order: int = 0

    # ---------- requests ----------
    def answer(self, method: str, path: str, body: bytes) -> Response | None:
        """SES's answer to a request, or None for what moto does as well."""
        if method == "POST" and path == "/v2/email/outbound-emails":
            return self._answered(lambda: self._send(json.loads(body)))
        if method == "GET" and path == "/v2/email/account":
            return self._answered(self._account)
        return None

    def _answered(self, act: Callable[[], dict[str, Any]]) -> Response:
        headers = {"Content-Type": "application/json", "x-amzn-RequestId": secrets.token_hex(16)}
        try:
            return 200, headers, json.dumps(act())
        except RefusedError as refusal:
            headers["x-amzn-ErrorType"] = refusal.code
            return refusal.status, headers, json.dumps({"message": refusal.message})

    def _send(self, request: dict[str, Any]) -> dict[str, Any]:
        self.requests += 1
        check(request, self.account)
        mail = _mail(request, self.now())
        if self.strict:
            self._check_quotas(mail)
        script = self.behaviour(mail)
        if script.error is not None:
            raise RefusedError(*script.error)
        if script.accepted:
            self._accept(mail, script)
        if script.answer is Answer.TIMEOUT:
            raise ReadTimeoutError(endpoint_url=f"https://email.{REGION}.amazonaws.com/v2/email/outbound-emails")
        if script.answer is Answer.SERVER_ERROR:
            raise RefusedError("InternalServiceErrorException", "", 500)
        return {"MessageId": mail.message_id}

    def _accept(self, mail: Mail, script: Script) -> None:
        self.outbox.append(mail)
        for reaction in script.reactions:
            self.expect(event_of(mail, reaction))

    def _sent_since(self, since: datetime) -> list[int]:
        """How many recipients each mail had that was accepted after an instant, the latest first."""
        return [len(mail.recipients) for mail in takewhile(lambda mail: mail.sent_at > since, reversed(self.outbox))]

    def _check_quotas(self, mail: Mail) -> None:
        """A mail with many recipients may pass at once; what follows it so soon may not."""
        if not self.enabled:
            raise RefusedError("SendingPausedException", "Email sending is disabled for this account.")
        last = self._sent_since(self.now() - timedelta(seconds=1))
        if last and sum(last) >= self.send_rate + max(last) - 1:
            raise RefusedError("TooManyRequestsException", "Maximum sending rate exceeded.", 429)
        if 0 <= self.daily_quota < sum(self._sent_since(self.now() - timedelta(days=1))) + len(mail.recipients):
            raise RefusedError("TooManyRequestsException", "Daily message quota exceeded.", 429)

    def _account(self) -> dict[str, Any]:
        if self.down:
            raise RefusedError("ServiceUnavailable", "", 503)
        return {
            "DedicatedIpAutoWarmupEnabled": False,
            "EnforcementStatus": self.standing,
            "ProductionAccessEnabled": self.production,
            "SendingEnabled": self.enabled,
            "SendQuota": {
                "Max24HourSend": self.daily_quota,
                "MaxSendRate": self.send_rate,
                "SentLast24Hours": float(sum(self._sent_since(self.now() - timedelta(days=1)))),
            },
            "SuppressionAttributes": {"SuppressedReasons": ["BOUNCE", "COMPLAINT"]},
        }

    # ---------- events ----------
    def expect(self, event: MailEvent) -> None:
        """Publish the event when its instant has come."""
        self._order += 1
        heappush(self._pending, (event.at, self._order, event))

    def next_event_at(self) -> datetime | None:
        return self._pending[0][0] if self._pending else None

    def take_due(self) -> Iterator[dict[str, Any]]:
        """PutEvents entries of the events that are due and that the configuration set publishes."""
        now = self.now()
        while self._pending and self._pending[0][0] <= now:
            _, _, event = heappop(self._pending)
            if self._is_published(event):
                yield event.entry()

    def _is_published(self, event: MailEvent) -> bool:
        return any(
            destination.enabled
            and destination.configuration_set == event.configuration_set
            and event.kind.matching_type in destination.event_types
            and destination.event_bus_arn == f"arn:aws:events:{REGION}:{ACCOUNT}:event-bus/default"
            for destination in self.account.event_destinations
        )

    # ---------- state ----------
    def clear(self) -> None:
        self.outbox.clear()
        self._pending.clear()
        self.behaviour = by_local_part
        self.requests = 0
        self.daily_quota, self.send_rate, self.production = 50_000.0, 14.0, True
        self.enabled, self.standing, self.down, self.strict = True, "HEALTHY", False, True

    def pending(self) -> list[MailEvent]:
        return [event for _, _, event in sorted(self._pending, key=lambda entry: entry[:2])]


def check(request: dict[str, Any], account: Account) -> None:
    """Raises: RefusedError, where SES would refuse the request."""
    recipients = [address for part in request.get("Destination", {}).values() for address in part or []]
    if not recipients:
        raise RefusedError("BadRequestException", "Destination is missing recipients.")
    if len(recipients) > _MAX_RECIPIENTS:
        raise RefusedError("BadRequestException", f"Recipient count exceeds {_MAX_RECIPIENTS}.")
    for address in (*recipients, request.get("FromEmailAddress", ""), *request.get("ReplyToAddresses", [])):
        _check_address(address)
    for tag in request.get("EmailTags", []):
        if not (_TAG.fullmatch(tag["Name"]) and _TAG.fullmatch(tag["Value"])):
            raise RefusedError("BadRequestException", f"Invalid tag {tag['Name']!r}: letters, digits, - and _ only.")
    content = request.get("Content", {})
    if "Raw" in content:
        _check_raw(base64.b64decode(content["Raw"].get("Data", "")))
    else:
        _check_content(content.get("Simple", {}))
    _check_identity(request["FromEmailAddress"], account.identities)
    name = request.get("ConfigurationSetName")
    if name is not None and name not in account.configuration_sets:
        raise RefusedError("NotFoundException", f"Configuration set <{name}> does not exist.", 404)


def _check_address(address: str) -> None:
    if "\n" in address or "\r" in address or not _ADDRESS.fullmatch(parseaddr(address)[1]):
        raise RefusedError("BadRequestException", f"Illegal address: {address!r}")


def _check_content(simple: dict[str, Any]) -> None:
    subject = simple.get("Subject", {}).get("Data", "")
    if not subject or "\n" in subject or "\r" in subject:
        raise RefusedError("BadRequestException", "Subject is missing, or holds a line break.")
    if not simple.get("Body"):
        raise RefusedError("BadRequestException", "Body is missing.")
    headers = simple.get("Headers", [])
    if len(headers) > _MAX_HEADERS:
        raise RefusedError("BadRequestException", f"More than {_MAX_HEADERS} headers.")
    for header in headers:
        if not _HEADER_NAME.fullmatch(header["Name"]) or header["Name"].lower() in _RESERVED_HEADERS:
            raise RefusedError("BadRequestException", f"Invalid header name {header['Name']!r}.")
        if not _HEADER_VALUE.fullmatch(header["Value"]):
            raise RefusedError("BadRequestException", f"Invalid value of header {header['Name']}.")


def _check_raw(message: bytes) -> None:
    """Source: SES developer guide, "Sending raw email": 7-bit lines of at most 998 octets, 40 MB, one From."""
    if not message or len(message) > _MAX_RAW:
        raise RefusedError("BadRequestException", "The message is empty or too large.")
    if not message.isascii() or any(len(line) > _MAX_LINE for line in message.split(b"\r\n")):
        raise RefusedError("BadRequestException", "A line is too long, or not 7-bit.")
    if b"\n" in message.replace(b"\r\n", b"") or b"\x00" in message:
        raise RefusedError("BadRequestException", "Lines end with CR LF.")
    names = [name.lower() for name, _ in message_from_bytes(message, policy=SMTP).items()]
    for name in ("from", "to", "subject", "content-type", "mime-version"):
        if names.count(name) != 1:
            raise RefusedError("BadRequestException", f"One header {name} is needed.")
    if len(set(names)) != len(names):
        raise RefusedError("BadRequestException", "A header comes twice.")


def _check_identity(sender: str, identities: Collection[str]) -> None:
    """An address may be sent from when it, its domain or a parent domain is an identity."""
    address = parseaddr(sender)[1].lower()
    labels = address.rpartition("@")[2].split(".")
    domains = {".".join(labels[start:]) for start in range(len(labels))}
    if not {name.lower() for name in identities} & {address, *domains}:
        raise RefusedError(
            "MessageRejected",
            "Email address is not verified. The following identities failed the check in region "
            f"{REGION.upper()}: {address}",
        )


def _mail(request: dict[str, Any], now: datetime) -> Mail:
    content, destination = request["Content"], request["Destination"]
    parts = _parts(base64.b64decode(content["Raw"]["Data"])) if "Raw" in content else _simple(content["Simple"])
    parts.setdefault("reply_to", tuple(request.get("ReplyToAddresses") or ()))
    return Mail(
        message_id=f"0102{secrets.token_hex(6)}-{secrets.token_hex(4)}-{secrets.token_hex(16)}-000000",
        sent_at=now.astimezone(UTC),
        sender=request["FromEmailAddress"],
        to=tuple(destination.get("ToAddresses") or ()),
        cc=tuple(destination.get("CcAddresses") or ()),
        bcc=tuple(destination.get("BccAddresses") or ()),
        tags={tag["Name"]: tag["Value"] for tag in request.get("EmailTags", [])},
        configuration_set=request.get("ConfigurationSetName", ""),
        **parts,
    )


def _simple(simple: dict[str, Any]) -> dict[str, Any]:
    return {
        "subject": simple["Subject"]["Data"],
        "text": simple["Body"].get("Text", {}).get("Data", ""),
        "html": simple["Body"].get("Html", {}).get("Data", ""),
        "headers": tuple((header["Name"], header["Value"]) for header in simple.get("Headers", [])),
    }


def _parts(raw: bytes) -> dict[str, Any]:
    """What a whole message says, in the terms of one that was handed over in parts."""
    message = message_from_bytes(raw, policy=SMTP)
    bodies = {kind: message.get_body((kind,)) for kind in ("plain", "html")}
    said = {kind: str(body.get_content()) if body else "" for kind, body in bodies.items()}
    return {
        "subject": str(message["Subject"]),
        "text": said["plain"],
        "html": said["html"],
        "headers": tuple(
            (name, str(value)) for name, value in message.items() if name.lower() not in _RESERVED_HEADERS
        ),
        "reply_to": tuple(str(value) for value in message.get_all("Reply-To", [])),
        "raw": raw,
    }
