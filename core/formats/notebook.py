"""What a reading remembers of a file, in a private database: memory does not grow with the file.

Without a path it has no name, and sqlite spills it to a file of its own. With one, a copy of it is all that somebody
else needs to go on.
"""

import json
import sqlite3
from pathlib import Path
from typing import Any, Final, Self

_CREATE: Final = """PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF; PRAGMA cache_size = -24000; BEGIN;
CREATE TABLE IF NOT EXISTS note (name TEXT PRIMARY KEY, value TEXT)"""


class Notebook:
    """One database; its tables belong to those who write in them."""

    def __init__(self, path: Path | None = None) -> None:
        self._path = path
        self.database: Final = sqlite3.connect(str(path or ""), isolation_level=None)
        self.database.executescript(_CREATE)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.database.close()

    def note(self, name: str, value: Any) -> None:
        """Keep a small value under a name, over what was there. Args: `value` as JSON has them."""
        self.database.execute("INSERT OR REPLACE INTO note VALUES (?, ?)", (name, json.dumps(value)))

    def noted(self, name: str) -> Any | None:
        """What is kept under a name; None where nothing is."""
        row = self.database.execute("SELECT value FROM note WHERE name = ?", (name,)).fetchone()
        return None if row is None else json.loads(row[0])

    def flush(self) -> Path:
        """All of it is in the file now. Returns: the file. Raises: ValueError for a notebook without one."""
        if self._path is None:
            raise ValueError("a notebook without a path has no file")
        self.database.execute("COMMIT")
        self.database.execute("BEGIN")
        return self._path
