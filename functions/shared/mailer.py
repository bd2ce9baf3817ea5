"""One mail to the provider, once; and what its answer says about whether the mail went."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from email.utils import formataddr
from typing import Any, Final

from botocore.exceptions import (
    BotoCoreError,
    ClientError,
    ConnectTimeoutError,
    EndpointConnectionError,
    ParamValidationError,
)

from core.render.clean import one_line
from functions.shared.settings import Settings
from functions.shared.wiring import client

READ_TIMEOUT_SECONDS: Final = 20  # of the mail client in functions.shared.wiring
_HEADER_VALUE: Final = 870  # characters; SES takes no longer one

# Answers after which the mail has surely not gone and may go later. Source: Amazon SES API v2, SendEmail errors.
_LATER: Final = frozenset(
    {
        "TooManyRequestsException",
        "Throttling",
        "ThrottlingException",
        "LimitExceededException",
        "SendingPausedException",
        "AccountSuspendedException",
        "MailFromDomainNotVerifiedException",
        "AccessDeniedException",
        "AccessDenied",
        "ExpiredTokenException",
        "UnrecognizedClientException",
    }
)
# Answers after which this mail will never be taken.
_NEVER: Final = frozenset({"MessageRejected", "BadRequestException", "NotFoundException", "ValidationException"})


@dataclass(frozen=True, slots=True)
class Attachment:
    """A file that goes with a mail, or a picture that its HTML shows."""

    name: str  # of the file, as the reader sees it
    media_type: str  # "application/pdf"
    content: bytes
    content_id: str | None = None  # the HTML shows it as cid:<this>; None for a file of its own


@dataclass(frozen=True, slots=True)
class Mail:
    """A mail in full, before any diversion."""

    sender: str
    sender_name: str
    to: tuple[str, ...]
    subject: str
    text: str
    html: str
    reply_to: str | None = None
    cc: tuple[str, ...] = ()  # our own people
    headers: Mapping[str, str] = field(default_factory=dict)
    attachments: tuple[Attachment, ...] = ()


@dataclass(frozen=True, slots=True)
class Accepted:
    """The provider took it."""

    message_id: str


@dataclass(frozen=True, slots=True)
class RefusedForNow:
    """Surely not sent; worth another try."""

    reason: str


@dataclass(frozen=True, slots=True)
class RefusedForever:
    """Surely not sent, and never will be as it stands."""

    reason: str


@dataclass(frozen=True, slots=True)
class InDoubt:
    """It may have gone."""

    reason: str


Answer = Accepted | RefusedForNow | RefusedForever | InDoubt


def send(notice_id: str, mail: Mail) -> Answer:
    """Hand one mail to SES: one request, no retry. The notice's id travels as a tag, so that every event names it."""
    try:
        answer = client("sesv2").send_email(**_request(notice_id, mail, Settings.from_env()))
    except ClientError as error:
        return _refusal(error)
    except (UnicodeError, ParamValidationError) as error:
        return RefusedForever(type(error).__name__)  # it never left us
    except (EndpointConnectionError, ConnectTimeoutError) as error:
        return RefusedForNow(type(error).__name__)  # no connection, so nothing was handed over
    except BotoCoreError as error:
        return InDoubt(type(error).__name__)
    return Accepted(answer["MessageId"])


def _refusal(error: ClientError) -> Answer:
    code = error.response["Error"]["Code"]
    status = error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)
    if code in _NEVER:
        return RefusedForever(code)
    if code in _LATER or status == 429:
        return RefusedForNow(code)
    return InDoubt(code)


def _request(notice_id: str, mail: Mail, settings: Settings) -> dict[str, Any]:
    to, headers = mail.to, dict(mail.headers)
    diverted = settings.divert_all_mail_to
    if diverted:
        headers["X-Pastdue-Diverted-From"] = ", ".join(_wire(address) for address in mail.to)[:_HEADER_VALUE]
        to = (diverted,)
    headers |= {
        "X-Pastdue-Notice": notice_id,
        "Auto-Submitted": "auto-generated",  # RFC 3834
        "X-Auto-Response-Suppress": "OOF, AutoReply",
    }
    body = {"Text": _utf8(mail.text), "Html": _utf8(mail.html)}
    request: dict[str, Any] = {
        "FromEmailAddress": formataddr((one_line(mail.sender_name), _wire(mail.sender))),
        "Destination": {"ToAddresses": [_wire(address) for address in to]},
        "ConfigurationSetName": settings.configuration_set,
        "EmailTags": [
            {"Name": "notice_id", "Value": notice_id},
            {"Name": "deployment", "Value": settings.deployment},
        ],
        "Content": {
            "Simple": {
                "Subject": _utf8(mail.subject),
                "Body": body,
                "Headers": [{"Name": name, "Value": value} for name, value in headers.items()],
            }
        },
    }
    if mail.cc and not diverted:
        request["Destination"]["CcAddresses"] = [_wire(address) for address in mail.cc]
    if mail.reply_to:
        request["ReplyToAddresses"] = [_wire(mail.reply_to)]
    return request


def _wire(address: str) -> str:
    """The address with its domain as the wire wants it; SES takes no other than ASCII there."""
    local, _, domain = address.rpartition("@")
    return f"{local}@{domain.encode('idna').decode('ascii')}" if not domain.isascii() else address


def _utf8(data: str) -> dict[str, str]:
    return {"Data": data, "Charset": "UTF-8"}
