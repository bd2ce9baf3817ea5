"""Mail over SMTP to a sink on loopback, with as little of its own as the protocol allows."""

import base64
import socket
from collections.abc import Iterator, Mapping
from typing import Any, Final

_BOUNDARY: Final = "=_pastdue_parts"
_SENDER: Final = "bounce@mail.example.com"
_WORD_BYTES: Final = 45  # of text in one encoded word: RFC 2047 gives the whole word 75 characters


class SinkError(RuntimeError):
    """The sink refused something, or closed the connection."""


class Sink:
    """One connection, kept open. Commands go out together where the sink says that they may (RFC 2920)."""

    def __init__(self, port: int) -> None:
        self._socket = socket.create_connection(("127.0.0.1", port))
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._answers = self._socket.makefile("rb")
        self._answered(b"220")
        self._ask(b"EHLO localhost\r\n")
        self._together = b"PIPELINING" in self._answered(b"250").upper()

    def send(self, readers: list[str], message: bytes) -> None:
        """Hand over one message. Raises: SinkError unless the sink took it."""
        envelope = [f"MAIL FROM:<{_SENDER}>\r\n", *(f"RCPT TO:<{reader}>\r\n" for reader in readers)]
        commands = [*(line.encode() for line in envelope), b"DATA\r\n"]
        wanted = [*(b"250" for _ in envelope), b"354"]
        if self._together:
            self._ask(b"".join(commands))
            for code in wanted:
                self._answered(code)
        else:
            for command, code in zip(commands, wanted, strict=True):
                self._ask(command)
                self._answered(code)
        stuffed = message.replace(b"\r\n.", b"\r\n..") if b"\r\n." in message else message
        self._ask(stuffed + b".\r\n")
        self._answered(b"250")

    def close(self) -> None:
        """Take leave."""
        self._ask(b"QUIT\r\n")
        self._answered(b"221")
        self._answers.close()
        self._socket.close()

    def _ask(self, data: bytes) -> None:
        self._socket.sendall(data)

    def _answered(self, code: bytes) -> bytes:
        said = b""
        while True:
            line = self._answers.readline()
            said += line
            if line[3:4] != b"-":  # the last line of an answer, or the end of the connection
                break
        if not line.startswith(code):
            raise SinkError(f"expected {code.decode()}, the sink said {said.decode(errors='replace').strip()!r}")
        return said


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
        "Subject": encoded(simple["Subject"]["Data"]),
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


def encoded(text: str) -> str:
    """A header's text, as words that any transport carries (RFC 2047)."""
    return text if text.isascii() else "\r\n ".join(_words(text))


def _words(text: str) -> Iterator[str]:
    word = b""
    for character in text:
        more = character.encode()
        if len(word) + len(more) > _WORD_BYTES:
            yield _word(word)
            word = b""
        word += more
    yield _word(word)


def _word(data: bytes) -> str:
    return f"=?utf-8?b?{base64.b64encode(data).decode()}?="


def _part(kind: str, text: str) -> str:
    body = base64.encodebytes(text.encode()).decode().replace("\n", "\r\n")
    subtype = "plain" if kind == "text" else "html"
    head = f"Content-Type: text/{subtype}; charset=utf-8\r\nContent-Transfer-Encoding: base64"
    return f"--{_BOUNDARY}\r\n{head}\r\n\r\n{body}"
