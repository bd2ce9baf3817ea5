"""How long bank statements take to be read and proved, and how much memory, each way in a process of its own."""

import io
import json
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

from bench.apart import ran
from bench.bank_files import bookings, camt, mt940
from bench.figures import Figure, Measured
from bench.memory import now_kb, peak_kb
from core.bank import BankStatement
from core.formats.bank import read_statements

_WRITE: Final[dict[str, Callable[..., None]]] = {"mt940": mt940, "camt": camt}


def measure(entries: int) -> Measured:
    """One statement with so many entries, and one with a tenth of them: what grows, grows with the entries."""
    figures, given = list[Figure](), dict[str, Any]()
    with tempfile.TemporaryDirectory() as folder:
        for name, write in _WRITE.items():
            for count in (max(1, entries // 10), entries):
                path = Path(folder) / f"{name}-{count}"
                with path.open("w", encoding="utf-8", newline="") as out:
                    write(out, bookings(count))
                given[f"{name}_{count}_megabytes"] = round(path.stat().st_size / 1e6, 1)
                figures += _figures(name, count, path)
    return Measured(
        what="one bank statement read from a file into values, its balances proved",
        beside="the library's parser alone",
        given=given | {"clock": "process CPU time, one run"},
        figures=tuple(figures),
    )


def _figures(name: str, count: int, path: Path) -> list[Figure]:
    ours, bare = ran("bench.bank", "read", name, path), ran("bench.bank", "parse", name, path)
    return [
        Figure(f"{name}_{count}", count / ours["seconds"], "entries/s", count / bare["seconds"]),
        Figure(f"{name}_{count}_peak_memory", ours["peak_kb"] / 1024, "MB", bare["peak_kb"] / 1024),
        Figure(f"{name}_{count}_memory_before", ours["before_kb"] / 1024, "MB", bare["before_kb"] / 1024),
    ]


def _read(name: str, content: bytes) -> None:
    (statement,) = read_statements(content, name)
    assert isinstance(statement, BankStatement), statement


def _parse(name: str, content: bytes) -> None:
    if name == "mt940":
        import mt940

        mt940.parse(content.decode())
        return
    from defusedxml.ElementTree import iterparse

    for _, element in iterparse(io.BytesIO(content), forbid_dtd=True):
        element.clear()


_WAYS: Final[dict[str, Callable[[str, bytes], None]]] = {"read": _read, "parse": _parse}


def _main(way: str, name: str, path: Path) -> dict[str, float]:
    read_statements(b"", name)
    before, content = now_kb(), path.read_bytes()
    began = time.process_time()
    _WAYS[way](name, content)
    return {"seconds": time.process_time() - began, "before_kb": before, "peak_kb": peak_kb()}


if __name__ == "__main__":
    print(json.dumps(_main(sys.argv[1], sys.argv[2], Path(sys.argv[3]))))
