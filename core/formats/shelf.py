"""Puts the documents of a file customer by customer, in little memory, however they stand in the file."""

from collections.abc import Iterator
from datetime import date
from typing import Any, Final

from core.formats.book import Book
from core.formats.documents import Placed
from core.formats.notebook import Notebook
from core.formats.records import RECORD

_AT_ONCE: Final = 2_000  # documents between two writes
_CREATE: Final = (
    "CREATE TABLE IF NOT EXISTS owner (id TEXT PRIMARY KEY, who INT) WITHOUT ROWID",
    "CREATE TABLE IF NOT EXISTS placed (who INT, line INT, entity TEXT, day INT, record BLOB)",
)
_OF_ONE: Final = "SELECT line, entity, day, record FROM placed WHERE who = ? ORDER BY rowid"


class Shelf:
    """The records of one file, by customer."""

    def __init__(self, notebook: Notebook, file: str) -> None:
        self._database, self._file = notebook.database, file
        self._last, self._new = ("", 0), list[tuple[Any, ...]]()
        for table in _CREATE:
            self._database.execute(table)
        self.customers: int = self._database.execute("SELECT count(*) FROM owner").fetchone()[0]

    def add(self, placed: Placed) -> None:
        """Put a record where its customer's are."""
        who = self._who(placed.customer)
        self._new.append((who, placed.line, placed.entity, placed.known_on.toordinal(), placed.body))
        if len(self._new) >= _AT_ONCE:
            self.write()

    def write(self) -> None:
        """All that was added is in the database."""
        self._database.executemany("INSERT INTO placed VALUES (?, ?, ?, ?, ?)", self._new)
        self._new.clear()

    def holds(self, customer: str) -> bool:
        """Whether the file has this customer."""
        return self._number(customer) is not None

    def books(self, after: int = 0) -> Iterator[Book]:
        """Each customer's records, in the order in which the customers came, without the first `after` of them."""
        self.write()
        self._database.execute("CREATE INDEX IF NOT EXISTS of_one ON placed (who)")
        for who in range(after + 1, self.customers + 1):
            (_, _, _, first), *others = self._database.execute(_OF_ONE, (who,)).fetchall()
            customer: Any = RECORD.validate_json(first)  # a customer comes before what is its own
            book = Book(customer, self._file)
            for line, entity, day, body in others:
                record: Any = RECORD.validate_json(body)
                book.add(Placed(line, record, customer.id, entity, date.fromordinal(day)))
            yield book

    def _who(self, customer: str) -> int:
        """A number for a customer, in the order in which they came."""
        if customer == self._last[0]:
            return self._last[1]
        who = self._number(customer)
        if who is None:
            self.customers += 1
            who = self.customers
            self._database.execute("INSERT INTO owner VALUES (?, ?)", (customer, who))
        self._last = (customer, who)
        return who

    def _number(self, customer: str) -> int | None:
        row = self._database.execute("SELECT who FROM owner WHERE id = ?", (customer,)).fetchone()
        return None if row is None else int(row[0])
