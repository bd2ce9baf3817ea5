"""Puts the documents of a file customer by customer, in little memory, however they stand in the file."""

import sqlite3
from collections.abc import Iterator
from datetime import date
from itertools import groupby
from operator import itemgetter
from typing import Any, Final, Self

from core.formats.book import Book
from core.formats.documents import Placed
from core.formats.records import RECORD

_AT_ONCE: Final = 2_000  # documents between two writes
_CREATE: Final = """CREATE TABLE owner (id TEXT PRIMARY KEY, who INT) WITHOUT ROWID;
CREATE TABLE placed (who INT, line INT, entity TEXT, day INT, record BLOB)"""
_SORTED: Final = """SELECT owner.id, line, entity, day, record FROM placed JOIN owner USING (who)
  ORDER BY who, placed.rowid"""


class Shelf:
    """A private database without a name: sqlite keeps it in a small cache and spills to a file of its own."""

    def __init__(self, file: str) -> None:
        self._file, self._last, self._customers = file, ("", 0), 0
        self._new = list[tuple[Any, ...]]()
        self._database = sqlite3.connect("", isolation_level=None)
        self._database.executescript(
            f"PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF; PRAGMA cache_size = -16000; BEGIN; {_CREATE}"
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._database.close()

    def add(self, placed: Placed) -> None:
        """Put a record where its customer's are."""
        body = placed.record.__pydantic_serializer__.to_json(placed.record, exclude_none=True)
        who = self._who(placed.customer)
        self._new.append((who, placed.line, placed.entity, placed.known_on.toordinal(), body))
        if len(self._new) >= _AT_ONCE:
            self._write()

    def books(self) -> Iterator[Book]:
        """Each customer's records, in the order in which the customers came."""
        self._write()
        self._database.execute("CREATE UNIQUE INDEX whose ON owner (who)")
        rows = self._database.execute(_SORTED)
        for customer, documents in groupby(rows, key=itemgetter(0)):
            (_, _, _, _, first), *others = documents
            book = Book(RECORD.validate_json(first), self._file)  # type: ignore[arg-type]  # a customer comes first
            for _, line, entity, day, body in others:
                record: Any = RECORD.validate_json(body)
                book.add(Placed(line, record, customer, entity, date.fromordinal(day)))
            yield book

    def _who(self, customer: str) -> int:
        """A number for a customer, in the order in which they came."""
        if customer == self._last[0]:
            return self._last[1]
        row = self._database.execute("SELECT who FROM owner WHERE id = ?", (customer,)).fetchone()
        if row is None:
            self._customers += 1
            row = (self._customers,)
            self._database.execute("INSERT INTO owner VALUES (?, ?)", (customer, *row))
        self._last = (customer, row[0])
        return int(row[0])

    def _write(self) -> None:
        self._database.executemany("INSERT INTO placed VALUES (?, ?, ?, ?, ?)", self._new)
        self._new.clear()
