"""What a full ledger holds, in a private database: memory does not grow with the file."""

import sqlite3
from collections.abc import Iterable, Iterator
from typing import Self

from core.formats.book import Book
from core.ledger import Credit

Named = tuple[str, str]  # customer, invoice
OnAccount = tuple[str, str, str, str, str]  # customer, credit, its kind, currency and day
Told = tuple[str, str, str]  # customer, then invoice and entry of a payment, or what kind of thing and its id


class Manifest:
    """The invoices, credits, payments, disputes, holds and contacts that a file names."""

    def __init__(self) -> None:
        self._database = sqlite3.connect("", isolation_level=None)
        self._database.executescript(
            "PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF; PRAGMA cache_size = -8000; BEGIN;"
            "CREATE TABLE named (customer TEXT, item TEXT, open INT, PRIMARY KEY (customer, item)) WITHOUT ROWID;"
            "CREATE TABLE credit (customer TEXT, id TEXT, kind TEXT, currency TEXT, booked_on TEXT, open INT,"
            " PRIMARY KEY (customer, id)) WITHOUT ROWID;"
            "CREATE TABLE told (what TEXT, customer TEXT, of TEXT, id TEXT,"
            " PRIMARY KEY (what, customer, of, id)) WITHOUT ROWID"
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._database.close()

    def take(self, customer: str, invoices: Iterable[tuple[str, int]]) -> None:
        """Note what a file says of one customer: invoices, and what is open of each."""
        self._database.executemany(
            "INSERT OR REPLACE INTO named VALUES (?, ?, ?)", [(customer, key, minor > 0) for key, minor in invoices]
        )

    def watch(self, book: Book) -> None:
        """Note all that a file says of one customer."""
        self.take(book.customer_id, book.invoices())
        for credit in book.credits():
            self.take_credits([_listed(book.customer_id, credit)], is_open=credit.open_minor > 0)
        self.note("payments", ((book.customer_id, item, entry) for item, entry in book.payments()))
        self.note("standing", ((book.customer_id, kind, key) for kind, key in book.standing()))
        self.note("customers", [(book.customer_id, "", "")])
        self.note("contacts", ((book.customer_id, kind, key) for kind, key in book.told_contacts()))

    def note(self, what: str, listed: Iterable[Told]) -> None:
        """Note payments of invoices that are told one by one, disputes and holds, or contacts; twice is once."""
        rows = ((what, *one) for one in listed)
        self._database.executemany("INSERT OR REPLACE INTO told VALUES (?, ?, ?, ?)", rows)

    def told(self, what: str) -> Iterator[Told]:
        """Those of one kind, by customer."""
        asked = "SELECT customer, of, id FROM told WHERE what = ? ORDER BY customer, of, id"
        yield from self._database.execute(asked, (what,))

    def lacks(self, what: str, listed: Told) -> bool:
        """Whether the file does not know one of them."""
        asked = "SELECT 1 FROM told WHERE (what, customer, of, id) = (?, ?, ?, ?)"
        return self._database.execute(asked, (what, *listed)).fetchone() is None

    def count(self, what: str, customer: str, of: str) -> int:
        """How many of one kind the file has of a customer."""
        asked = "SELECT COUNT(*) FROM told WHERE (what, customer, of) = (?, ?, ?)"
        return int(self._database.execute(asked, (what, customer, of)).fetchone()[0])

    def took_back(self, what: str, listed: Told) -> bool:
        """As `lacks`, where the file says anything of such things."""
        return self.lacks(what, listed) and self.speaks_of(what, listed)

    def speaks_of(self, what: str, listed: Told) -> bool:
        """Whether it could hold one: a payment where it names its invoice, a contact where it names its customer.

        A file without any contact of that kind is one that has no columns for them.
        """
        if what != "contacts":
            return what != "payments" or self.holds(listed[:2])
        customer, kind, _ = listed
        asked = "SELECT 1 FROM told WHERE what = 'contacts' AND of = ? LIMIT 1"
        return (
            not self.lacks("customers", (customer, "", ""))
            and self._database.execute(asked, (kind,)).fetchone() is not None
        )

    def take_credits(self, listed: Iterable[OnAccount], *, is_open: bool = True) -> None:
        """Note credits."""
        rows = [(*one, is_open) for one in listed]
        self._database.executemany("INSERT OR REPLACE INTO credit VALUES (?, ?, ?, ?, ?, ?)", rows)

    def holds_credit(self, listed: OnAccount) -> bool:
        """Whether the file names a credit, used up or not, or as the payment of an invoice."""
        asked = (
            "SELECT 1 FROM credit WHERE customer = ?1 AND id = ?2 UNION ALL "
            "SELECT 1 FROM told WHERE what = 'payments' AND customer = ?1 AND id = ?2"
        )
        return self._database.execute(asked, listed[:2]).fetchone() is not None

    def credits(self) -> Iterator[OnAccount]:
        """What is on account by the file, by customer."""
        yield from self._database.execute(
            "SELECT customer, id, kind, currency, booked_on FROM credit WHERE open ORDER BY customer, id"
        )

    def holds(self, named: Named) -> bool:
        """Whether the file names an invoice, open or settled."""
        return (
            self._database.execute("SELECT 1 FROM named WHERE customer = ? AND item = ?", named).fetchone() is not None
        )

    def open_items(self) -> Iterator[Named]:
        """What is open by the file, by customer."""
        yield from self._database.execute("SELECT customer, item FROM named WHERE open ORDER BY customer, item")


def _listed(customer: str, credit: Credit) -> OnAccount:
    return customer, credit.id, credit.kind.value, credit.currency, credit.booked_on.isoformat()
