"""Remembers which ids a file has named, for duplicates and references, in little memory however long the file is."""

import sqlite3
from dataclasses import dataclass
from datetime import date
from hashlib import blake2b
from typing import Final, Self

from pydantic import BaseModel

_CREATE: Final = """CREATE TABLE seen (kind TEXT, id TEXT, line INT, digest INT, customer TEXT, entity TEXT,
  currency TEXT, day INT, PRIMARY KEY (kind, id)) WITHOUT ROWID"""
_GET: Final = "SELECT line, digest, customer, entity, currency, day FROM seen WHERE kind = ? AND id = ?"


@dataclass(frozen=True, slots=True)
class Known:
    """What a later record may need to know of an earlier one."""

    line: int
    digest: int  # of the whole record
    customer: str
    entity: str
    currency: str
    known_on: date


class Register:
    """A private database without a name: sqlite keeps it in a small cache and spills to a file of its own."""

    def __init__(self) -> None:
        self._database = sqlite3.connect("", isolation_level=None)
        self._database.executescript(
            "PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF; PRAGMA cache_size = -8000; BEGIN"
        )
        self._database.execute(_CREATE)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._database.close()

    def add(self, kind: str, key: str, known: Known) -> Known | None:
        """Remember an id of a kind. Returns: the earlier holder of the id, which stays, or None."""
        cursor = self._database.execute(
            "INSERT OR IGNORE INTO seen VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
            (
                kind,
                key,
                known.line,
                known.digest,
                known.customer,
                known.entity,
                known.currency,
                known.known_on.toordinal(),
            ),
        )
        return None if cursor.rowcount else self.get(kind, key)

    def get(self, kind: str, key: str) -> Known | None:
        """What is known of an id of a kind; None when the file has not named it."""
        row = self._database.execute(_GET, (kind, key)).fetchone()
        if row is None:
            return None
        line, digest_, customer, entity, currency, day = row
        return Known(line, digest_, customer, entity, currency, date.fromordinal(day))


def digest(record: BaseModel) -> int:
    """A number that differs for two records that differ."""
    return int.from_bytes(blake2b(record.__pydantic_serializer__.to_json(record), digest_size=7).digest())
