"""An SMTP server on loopback that takes everything, in a process of its own: what it does is not the product's work."""

import socket
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from subprocess import PIPE, Popen
from typing import Final

_ANSWERS: Final = {b"EHLO": b"250-sink\r\n250 PIPELINING\r\n", b"QUIT": b"221 bye\r\n"}


def serve() -> None:
    """Say the port on standard output, then take the mails of one connection after the other."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        sys.stdout.write(f"{listening.getsockname()[1]}\n")
        sys.stdout.flush()
        while True:
            connection, _ = listening.accept()
            with connection, connection.makefile("rb") as lines:
                connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                connection.sendall(b"220 sink\r\n")
                for line in lines:
                    word = line[:4].upper()
                    if word == b"DATA":
                        connection.sendall(b"354 go on\r\n")
                        for part in iter(lines.readline, b".\r\n"):
                            if not part:
                                return
                    connection.sendall(_ANSWERS.get(word, b"250 fine\r\n"))


@contextmanager
def listening() -> Iterator[int]:
    """The port of such a server, while the block runs."""
    with Popen([sys.executable, __file__], stdout=PIPE) as process:  # by its file: it needs nothing else of ours
        try:
            if process.stdout is None:
                raise RuntimeError("the sink says nothing")
            yield int(process.stdout.readline())
        finally:
            process.terminate()


if __name__ == "__main__":
    serve()
