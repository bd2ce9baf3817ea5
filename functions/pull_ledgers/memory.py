"""What a system's open documents said last, as of each file of it: one that is deleted there is named by its id alone.

The memory of a pull is that of the file where its window begins, with what it tells itself: so a file that is refused
changes nothing, and the next pull, which begins at the same place, remembers the same.
"""

import gzip
import json
from collections.abc import Collection, Iterator, Mapping
from pathlib import Path
from typing import Any, Final

from core.connect.adapter import Line
from core.formats.changes import STATED
from functions.shared import kept_answers

_CREDITS: Final = ("payment", "credit_note")


class Memory:
    """The open documents of one source. Args: `since` the stamp of the file where the window begins; None: none."""

    def __init__(self, source: str, since: str | None, folder: str) -> None:
        self._source, self._since, self._folder = source, since, Path(folder)
        self._news: dict[str, tuple[int, str] | None] = {}  # amount and line; None: nothing of it is open

    def told(self, ids: Collection[str]) -> Mapping[str, Line]:
        """What was told last of those that were open."""
        wanted = frozenset(ids)
        return {key: json.loads(line) for key, line in self._lines() if key in wanted} if wanted else {}

    def following(self, lines: Iterator[Line]) -> Iterator[Line]:
        """The lines of a pull, which are remembered while they pass."""
        for line in lines:
            self._note(line)
            yield line

    def keep(self, stamp: str) -> None:
        """Remember the documents as of the file with this stamp; again it is the same."""
        path = self._folder / "after"
        with gzip.GzipFile(path, "wb", mtime=0) as out:
            for key, line in self._lines():
                if key not in self._news:
                    out.write(f"{key}\t{line}\n".encode())
            for key, news in self._news.items():
                if news is not None:
                    out.write(f"{key}\t{news[1]}\n".encode())
        kept_answers.put(self._key(stamp), path.read_bytes())

    def _note(self, line: Mapping[str, Any]) -> None:
        kind = line["t"]
        if kind == "invoice":
            self._news[line["id"]] = line["total"], json.dumps(line)
        elif str(line["id"]).endswith(STATED):
            invoice = self._news.get(line["invoice"])
            if invoice is not None and line["amount"] >= invoice[0]:
                self._news[line["invoice"]] = None
        elif kind in _CREDITS:
            self._news[line["id"]] = (line["amount"], json.dumps(line)) if line["amount"] else None

    def _lines(self) -> Iterator[tuple[str, str]]:
        path = self._folder / "before"
        if not path.exists():
            kept = kept_answers.get(self._key(self._since)) if self._since is not None else None
            path.write_bytes(kept if kept is not None else gzip.compress(b""))
        with gzip.open(path, "rt", encoding="utf-8", newline="\n") as lines:
            for line in lines:
                key, _, text = line.rstrip("\n").partition("\t")
                yield key, text

    def _key(self, stamp: str) -> str:
        return f"known/{self._source}/{stamp}.gz"
