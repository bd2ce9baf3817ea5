"""Remembers which ids a file has named, for duplicates and references."""

from datetime import date
from hashlib import blake2b
from typing import Final

from core.formats.notebook import Notebook
from core.values import dataclass

_CREATE: Final = """CREATE TABLE IF NOT EXISTS seen (kind TEXT, id TEXT, line INT, digest INT, customer TEXT,
  entity TEXT, currency TEXT, day INT, PRIMARY KEY (kind, id)) WITHOUT ROWID"""
_ADD: Final = "INSERT OR IGNORE INTO seen VALUES (?, ?, ?, ?, ?, ?, ?, ?)"
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
    """The ids of one file."""

    def __init__(self, notebook: Notebook) -> None:
        self._database = notebook.database
        self._database.execute(_CREATE)
        self._last = ("", "")  # what was added last is most often asked for next: a payment follows its invoice
        self._last_known: Known | None = None

    def add(self, kind: str, key: str, known: Known) -> Known | None:
        """Remember an id of a kind. Returns: the earlier holder of the id, which stays, or None."""
        k = known
        row = (kind, key, k.line, k.digest, k.customer, k.entity, k.currency, k.known_on.toordinal())
        if not self._database.execute(_ADD, row).rowcount:
            return self.get(kind, key)
        self._last, self._last_known = (kind, key), known
        return None

    def get(self, kind: str, key: str) -> Known | None:
        """What is known of an id of a kind; None when the file has not named it."""
        if self._last == (kind, key):
            return self._last_known
        row = self._database.execute(_GET, (kind, key)).fetchone()
        if row is None:
            return None
        line, digest_, customer, entity, currency, day = row
        return Known(line, digest_, customer, entity, currency, date.fromordinal(day))


def digest(record: bytes) -> int:
    """A number that differs for two records that differ."""
    return int.from_bytes(blake2b(record, digest_size=7).digest())
