"""The form in which SES takes a mail: parts and headers where nothing is attached, else a whole MIME message.

Every text from outside was cleaned where it was composed. What still holds a line break, a NUL or another control
character here is refused, never repaired: it would add a header.
"""

import re
from collections.abc import Mapping
from dataclasses import field
from email.utils import formataddr
from typing import Any, Final

from core.render.clean import subject_line
from core.values import dataclass

HEADER_VALUE: Final = 870  # characters; SES takes no longer one in Simple content
HEADERS: Final = 15  # SES takes no more in Simple content
_NAME: Final = re.compile(r"[!-9;-@A-~]{1,126}")
_VALUE: Final = re.compile(r"[ -~]+")
# No quoted local part: no mail program needs one, and it could hold another address.
_ADDRESS: Final = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~.-]+@([A-Za-z0-9-]+\.)+[A-Za-z0-9-]+")
_MEDIA_TYPE: Final = re.compile(r"[a-z]+/[a-z0-9.+-]+")
_CONTENT_ID: Final = re.compile(r"[A-Za-z0-9._-]+@[A-Za-z0-9.-]+")
_CONTROL: Final = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]")
_PLAIN_NAME: Final = re.compile(r"[A-Za-z0-9 .,&'+/-]*")
WIDTH: Final = 78  # octets of a header line. Source: RFC 5322, 2.1.1


class HeaderInjectionError(ValueError):
    """A field holds what would become another header, or no field of a mail at all."""


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


def request_of(mail: Mail) -> dict[str, Any]:
    """Sender, recipients and content of a SendEmail request of SES v2.

    Raises: HeaderInjectionError; UnicodeError for a domain that is none.
    """
    _check(mail)
    request: dict[str, Any] = {
        "FromEmailAddress": _mailbox(subject_line(mail.sender_name), wire_address(mail.sender)),
        "Destination": {"ToAddresses": [wire_address(address) for address in mail.to]},
    }
    if mail.cc:
        request["Destination"]["CcAddresses"] = [wire_address(address) for address in mail.cc]
    if mail.attachments:
        return request | {"Content": {"Raw": {"Data": mime(mail)}}}
    if mail.reply_to:
        request["ReplyToAddresses"] = [wire_address(mail.reply_to)]
    simple = {
        "Subject": _utf8(mail.subject),
        "Body": {"Text": _utf8(mail.text), "Html": _utf8(mail.html)},
        "Headers": [{"Name": name, "Value": value} for name, value in mail.headers.items()],
    }
    return request | {"Content": {"Simple": simple}}


def mime(mail: Mail) -> bytes:
    """The mail as one MIME message of 7-bit lines; SES adds Date and Message-ID.

    Raises: HeaderInjectionError, UnicodeError.
    """
    from email.message import EmailMessage  # few mails are sent so

    from functions.shared.mime_policy import POLICY

    _check(mail)
    message = EmailMessage(policy=POLICY)
    message["From"] = _mailbox(subject_line(mail.sender_name), wire_address(mail.sender))
    for name, addresses in (("To", mail.to), ("Cc", mail.cc), ("Reply-To", (mail.reply_to,) if mail.reply_to else ())):
        if addresses:
            message[name] = ", ".join(map(wire_address, addresses))
    message["Subject"] = mail.subject if mail.subject.isascii() else _encoded(mail.subject)
    message.set_content(mail.text)
    message.add_alternative(mail.html, subtype="html")
    html: Any = message.get_payload(1)  # it is the second of two parts
    for one in mail.attachments:
        kind, _, subtype = one.media_type.partition("/")
        if one.content_id is None:
            message.add_attachment(one.content, maintype=kind, subtype=subtype, filename=one.name)
            continue
        cid = f"<{one.content_id}>"
        html.add_related(one.content, maintype=kind, subtype=subtype, filename=one.name, cid=cid, disposition="inline")
    for name, value in mail.headers.items():  # last: making parts would move Content-Language into the first of them
        message[name] = value
    return message.as_bytes()


def wire_address(address: str) -> str:
    """The address with its domain as the wire wants it; SES takes no other than ASCII.

    Raises: HeaderInjectionError, UnicodeError.
    """
    local, _, domain = address.rpartition("@")
    if not domain.isascii():
        import idna

        domain = idna.encode(domain, uts46=True).decode("ascii")
    wired = f"{local}@{domain}"
    if not _ADDRESS.fullmatch(wired):
        raise HeaderInjectionError("not one mail address")
    return wired


def _mailbox(name: str, address: str) -> str:
    """Name and address on one line of ASCII; in an encoded name nothing can be taken for an address."""
    return formataddr((name, address)) if _PLAIN_NAME.fullmatch(name) else f"{_encoded(name)} <{address}>"


def _encoded(text: str) -> str:
    """Encoded words of a legal length (RFC 2047), on one line."""
    from email.header import Header

    return Header(text, "utf-8", maxlinelen=WIDTH - 3).encode(linesep="")


def _check(mail: Mail) -> None:
    """Raises: HeaderInjectionError, saying where; never what, since that may be personal."""
    if not mail.subject or _CONTROL.search(mail.subject):
        raise HeaderInjectionError("subject")
    if len(mail.headers) > HEADERS:
        raise HeaderInjectionError("more headers than SES takes")
    for name, value in mail.headers.items():
        if not _NAME.fullmatch(name) or not _VALUE.fullmatch(value) or len(value) > HEADER_VALUE:
            raise HeaderInjectionError(f"header {name!a:.40}")
    for one in mail.attachments:
        if not one.name or _CONTROL.search(one.name) or not _MEDIA_TYPE.fullmatch(one.media_type):
            raise HeaderInjectionError("name or type of an attachment")
        if one.content_id is not None and not _CONTENT_ID.fullmatch(one.content_id):
            raise HeaderInjectionError("content id of an attachment")


def _utf8(data: str) -> dict[str, str]:
    return {"Data": data, "Charset": "UTF-8"}
