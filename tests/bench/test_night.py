"""The night over a ledger file: its three steps, and mail at a sink."""

import json
import socket
import threading
from collections.abc import Iterator
from email import message_from_bytes, policy
from email.header import decode_header, make_header
from pathlib import Path

import pytest

from bench import night
from bench.generate import Ledger, write
from bench.stand_in import smtp


class Sink:
    """An SMTP server that takes everything."""

    def __init__(self) -> None:
        self._listening = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listening.getsockname()[1]
        self.mails = list[bytes]()
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self) -> None:
        connection, _ = self._listening.accept()
        with connection, connection.makefile("rwb", buffering=0) as wire:
            wire.write(b"220 sink\r\n")
            for line in wire:
                word = line[:4].upper()
                if word == b"DATA":
                    wire.write(b"354 go on\r\n")
                    self.mails.append(b"".join(iter(wire.readline, b".\r\n")))
                wire.write(b"221 bye\r\n" if word == b"QUIT" else b"250 fine\r\n")

    def close(self) -> None:
        self._listening.close()


@pytest.fixture
def sink() -> Iterator[Sink]:
    found = Sink()
    yield found
    found.close()


def test_a_night_decides_sends_and_then_has_nothing_to_do(
    tmp_path: Path, sink: Sink, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "ledger.jsonl"
    with path.open("w", encoding="utf-8") as out:
        write(Ledger(60), out)
    night.main([str(path), "--smtp-port", str(sink.port), "--check"])
    found = json.loads(capsys.readouterr().out.splitlines()[-1])
    assert found.keys() == {"decide", "process", "idle"}
    assert found["decide"]["open_invoices"] == 60
    assert found["decide"]["actionable"] >= found["process"]["mails"] == len(sink.mails) > 5
    assert {"seconds", "cpu_s", "peak_mib"} <= found["decide"].keys() & found["process"].keys()
    first = message_from_bytes(sink.mails[0], policy=policy.default)
    assert [part.get_content_type() for part in first.walk()] == ["multipart/alternative", "text/plain", "text/html"]
    assert "Example Machines" in str(first["From"])
    assert "INV-" in str(first.get_body(("plain",)).get_content())  # type: ignore[union-attr]


@pytest.mark.parametrize("text", ["Mahnung für Ångström", "株式会社青木: " + "未払いの請求書" * 12, "plain"])
def test_a_subject_travels_as_short_words_and_arrives_whole(text: str) -> None:
    written = smtp.encoded(text)
    assert written.isascii()
    assert all(len(word) <= 75 for word in written.split("\r\n "))  # RFC 2047
    assert str(make_header(decode_header(written))) == text


def test_a_sink_that_takes_commands_together_gets_the_same_mail(sink: Sink) -> None:
    connection = smtp.Sink(sink.port)
    connection.send(["a@c1.example"], b"Subject: one\r\n\r\n.hidden\r\n")
    connection._together = True  # as if the sink had said so
    connection.send(["a@c1.example", "b@c1.example"], b"Subject: two\r\n\r\nlast\r\n")
    connection.close()
    assert sink.mails == [b"Subject: one\r\n\r\n..hidden\r\n", b"Subject: two\r\n\r\nlast\r\n"]
