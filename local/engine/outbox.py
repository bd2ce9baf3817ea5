"""What was handed to SES, kept as it was handed over, and written out as .eml files."""

import base64
import re
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from datetime import datetime
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime, parseaddr
from pathlib import Path
from typing import Any, Final, Self

NOTICE_TAG: Final = "notice_id"
_UNFOLDED: Final = SMTP.clone(max_line_length=990)  # the standard library loses spaces where it folds encoded words


@dataclass(frozen=True, slots=True)
class Mail:
    """One mail that SES accepted."""

    message_id: str
    sent_at: datetime
    sender: str
    to: tuple[str, ...]
    cc: tuple[str, ...]
    bcc: tuple[str, ...]
    reply_to: tuple[str, ...]
    subject: str
    text: str
    html: str
    headers: tuple[tuple[str, str], ...]
    tags: dict[str, str]
    configuration_set: str
    raw: bytes = b""  # the message as it was handed over, where it was handed over whole

    @property
    def recipients(self) -> tuple[str, ...]:
        return (*self.to, *self.cc, *self.bcc)

    @property
    def file_name(self) -> str:
        """When, to whom, which: 2026-01-08T0800_jane-doe-at-example.com_N1.eml."""
        address = parseaddr(self.recipients[0])[1].replace("@", "-at-")
        which = self.tags.get(NOTICE_TAG, self.message_id)
        parts = (f"{self.sent_at:%Y-%m-%dT%H%M}", _safe(address)[:80], _safe(which)[:80])
        return "_".join(parts) + ".eml"

    @property
    def attachments(self) -> tuple[tuple[str, str, bytes], ...]:
        """Name, media type and content of each file and picture that came with it."""
        parts = message_from_bytes(self.raw, policy=SMTP).walk() if self.raw else ()
        files = [part for part in parts if part.get_content_disposition() in ("attachment", "inline")]
        contents: list[Any] = [part.get_payload(decode=True) for part in files]
        return tuple(
            (part.get_filename() or "", part.get_content_type(), content)
            for part, content in zip(files, contents, strict=True)
        )

    @property
    def page(self) -> str:
        """Its HTML with the pictures that came with it, to be looked at by itself."""
        shown = self.html
        for part in message_from_bytes(self.raw, policy=SMTP).walk() if self.raw else ():
            name, content = (part["Content-ID"] or "").strip("<> "), part.get_payload(decode=True)
            if name and isinstance(content, bytes):
                picture = f"data:{part.get_content_type()};base64,{base64.b64encode(content).decode()}"
                shown = shown.replace(f"cid:{name}", picture)
        return shown

    def as_bytes(self) -> bytes:
        """The mail as a mailbox gets it: with what SES writes on its own."""
        if not self.raw:
            return self.as_message().as_bytes(policy=_UNFOLDED)
        return b"".join(f"{name}: {value}\r\n".encode() for name, value in self._of_ses()) + self.raw

    def as_message(self) -> EmailMessage:
        message = EmailMessage(policy=SMTP)
        for name, value in self._own_headers():
            message[name] = value
        for name, value in self.headers:
            message[name] = value
        message.set_content(self.text)
        if self.html:
            message.add_alternative(self.html, subtype="html")
        return message

    def _own_headers(self) -> Iterable[tuple[str, str]]:
        yield "From", self.sender
        for name, addresses in (("To", self.to), ("Cc", self.cc), ("Reply-To", self.reply_to)):
            if addresses:
                yield name, ", ".join(addresses)
        yield "Subject", self.subject
        yield from self._of_ses()

    def _of_ses(self) -> Iterable[tuple[str, str]]:
        yield "Date", format_datetime(self.sent_at)
        yield "Message-ID", f"<{self.message_id}@eu-west-1.amazonses.com>"  # SES replaces whatever was given
        yield "X-SES-CONFIGURATION-SET", self.configuration_set
        yield "X-SES-MESSAGE-TAGS", ", ".join(f"{name}={value}" for name, value in self.tags.items())

    def to_json(self) -> dict[str, Any]:
        raw = base64.b64encode(self.raw).decode()
        return {**asdict(self), "sent_at": self.sent_at.isoformat(), "raw": raw}

    @classmethod
    def from_json(cls, record: dict[str, Any]) -> Self:
        lists = {name: tuple(record[name]) for name in ("to", "cc", "bcc", "reply_to")}
        headers = tuple((name, value) for name, value in record["headers"])
        sent_at, raw = datetime.fromisoformat(record["sent_at"]), base64.b64decode(record.get("raw", ""))
        return cls(**{**record, **lists, "headers": headers, "sent_at": sent_at, "raw": raw})


def write_folder(mails: Iterable[Mail], folder: Path) -> list[Path]:
    """Write each mail as a file of its own; a mail that is there already is written over.

    Returns: the paths, in the mails' order.
    """
    folder.mkdir(parents=True, exist_ok=True)
    written = []
    for mail in mails:
        path = folder / mail.file_name
        path.write_bytes(mail.as_bytes())
        written.append(path)
    return written


def _safe(text: str) -> str:
    return re.sub(r"[^A-Za-z0-9.@+-]+", "-", text).strip("-.") or "unknown"
