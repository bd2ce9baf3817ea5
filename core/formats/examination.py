"""Reads a ledger once and keeps what it says by customer, so that nothing has to be read again to be stored.

A reading can stop between two rows and go on later, elsewhere, from its notebook; what comes out is the same.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import asdict, field
from datetime import date
from pathlib import Path
from typing import Any, Final

from core.formats.book import Book
from core.formats.changes import AccountChanges
from core.formats.check import Check
from core.formats.documents import Placed
from core.formats.errors import Code, InputError, Severity
from core.formats.fields import LATEST
from core.formats.jsonl import Row
from core.formats.notebook import Notebook
from core.formats.register import Register
from core.formats.shelf import Shelf
from core.ledger import Entity, Person
from core.values import dataclass

MOST_ERRORS: Final = 10_000  # more is not a ledger with mistakes, it is another kind of file; and most remarks
SAVED_AS: Final = 1  # the form of a saved reading; one that was saved otherwise is not gone on with
LOOK_AT_CLOCK: Final = 1_000  # rows between two looks at the clock
# After these the rest of a file is unread, or read wrongly.
_FATAL: Final = frozenset(
    {
        Code.UNCLOSED_QUOTE,
        Code.CELL_TOO_LARGE,
        Code.ENCODING,
        Code.NOT_CSV,
        Code.MISSING_COLUMN,
        Code.DUPLICATE_COLUMN,
        Code.AMBIGUOUS_DATE,
        Code.AMBIGUOUS_AMOUNT,
        Code.FILE_TOO_LARGE,
        Code.EMPTY_FILE,
    }
)


@dataclass(frozen=True, slots=True)
class LedgerFile:
    """A ledger that can be read more than once, whatever its format."""

    name: str  # in errors
    rows: Callable[[], Iterator[Row | InputError]]  # from the start, each time
    lines: Callable[[], Iterator[tuple[int, str]]]  # number and text of each, for the reject file
    default_entity: str  # of documents in a file without entity lines
    entities: frozenset[str] = frozenset()  # that are configured, beside those of the file
    only: bool = False  # it may speak of the default entity and of no other
    policies: frozenset[str] | None = None  # that there are, beside those of its entities; None: any may be named

    def fallback_entity(self, of_file: Iterable[Entity]) -> str:
        """The entity of a customer without documents."""
        return next((entity.id for entity in of_file), self.default_entity)


@dataclass(frozen=True, slots=True)
class Report:
    """What a check found; nothing is stored before it is known."""

    file: str
    errors: tuple[InputError, ...] = ()  # by line; a file with any is not imported, unless its bad lines are left out
    remarks: tuple[InputError, ...] = ()  # warnings and notices
    counts: Mapping[str, int] = field(default_factory=dict)  # records by type
    open_items: int = 0
    currencies: frozenset[str] = frozenset()
    entities: tuple[Entity, ...] = ()
    people: tuple[Person, ...] = ()
    as_of: date | None = None  # the day whose state the file says that it shows
    bank_as_of: date | None = None  # the day up to which it says that the bank's data are in it
    base_currency: str | None = None  # in which the file writes ...
    rates: Mapping[str, str] = field(default_factory=dict)  # ... what one unit of each other currency is worth
    complete: bool = True  # False: the file was not read to its end, so that no part of it can be taken

    def allow(self, *, skip_bad: bool = False) -> None:
        """Raises: ValueError when there are errors, and `skip_bad` was not asked for or cannot help."""
        if self.errors and not skip_bad:
            raise ValueError(f"{self.file} has {len(self.errors)} errors and is not imported")
        if not self.complete:
            raise ValueError(f"{self.file} was not read to its end and cannot be imported in part")


Watch = Callable[[Book], None]  # all that the ledger says of one customer, booked


class Examination:
    """One reading of one ledger, and what it found."""

    def __init__(self, ledger: LedgerFile, notebook: Notebook) -> None:
        """Args: `notebook` a new one, or that of a reading of the same ledger which stopped."""
        self._ledger, self._notebook = ledger, notebook
        register = Register(notebook)
        self._shelf: Final = Shelf(notebook, ledger.name)
        self._check = Check(
            register,
            ledger.name,
            ledger.default_entity,
            ledger.entities,
            policies=ledger.policies,
            only=ledger.only,
        )
        self._errors, self._remarks = list[InputError](), list[InputError]()
        self.line = -1  # of the last row that was read
        self.is_read = False  # to its end
        self.is_new = False  # something was read that is not saved
        saved = notebook.noted("reading")
        if saved is not None:
            self._restore(saved)

    @property
    def customers(self) -> int:
        """How many the file has, as far as it is read."""
        return self._shelf.customers

    def read(self, is_over: Callable[[], bool] = lambda: False) -> bool:
        """Read on. Returns: False when the time was over before the file was; then `save`."""
        last, count = self.line, 0
        for row in self._ledger.rows() if not self.is_read else ():
            line = row.line
            if line <= last:  # read before we stopped
                continue
            if line != self.line:
                count += 1
                if not count % LOOK_AT_CLOCK and is_over():
                    return False
                self.line, self.is_new = line, True
            self._take(row)
            if len(self._errors) >= MOST_ERRORS:
                break
        else:
            self._take_all(self._check.finish() if not self.is_read else ())
        self.is_new |= not self.is_read
        self.is_read = True
        return True

    def save(self) -> Path:
        """Put all that was learned into the notebook. Returns: its file, which may be copied now."""
        self._shelf.write()
        saved = {
            "line": self.line,
            "is_read": self.is_read,
            "check": self._check.saved(),
            "errors": [asdict(each) for each in self._errors],
            "remarks": [asdict(each) for each in self._remarks],
        }
        self._notebook.note("reading", saved)
        self.is_new = False
        return self._notebook.flush()

    def report(self, until: date = LATEST, watch: Watch | None = None) -> Report:
        """What the whole ledger has wrong with it, and what it holds; reads on to its end.

        Args: `until` as it will be given to `accounts`: only without it are the open invoices of the end line
        compared; `watch` is shown each customer.
        """
        self.read()
        errors, remarks, open_items = list(self._errors), list(self._remarks), 0
        for book in self._shelf.books():
            for found in book.settle(self._fallback, until):
                self._sort(found, errors, remarks)
            open_items += sum(minor > 0 for _, minor in book.invoices())
            if watch is not None:
                watch(book)
            if len(errors) >= MOST_ERRORS:
                break
        if until == LATEST:
            errors.extend(_count_open(self._ledger.name, self._check, open_items))
        header = self._check.header
        return Report(
            self._ledger.name,
            _by_line(errors),
            tuple(sorted(remarks, key=lambda remark: remark.line)),
            self._check.counts,
            open_items,
            self._check.currencies,
            tuple(self._check.entities.values()),
            tuple(self._check.people.values()),
            header.as_of if header else None,
            header.bank_as_of if header else None,
            header.base_currency if header else None,
            (header.rates if header else None) or {},
            len(errors) < MOST_ERRORS and not any(error.code in _FATAL for error in errors),
        )

    def accounts(self, until: date = LATEST, after: int = 0) -> Iterator[AccountChanges]:
        """What the ledger says of each account; what is wrong with it is left out.

        Args: records dated after `until` are left out; so are the first `after` customers.
        """
        for book in self._shelf.books(after):
            for found in book.changes(self._fallback, until):
                if isinstance(found, AccountChanges):
                    yield found

    def names(self, customer: str) -> bool:
        """Whether the ledger has this customer."""
        return self._shelf.holds(customer)

    def books(self) -> Iterator[Book]:
        """All that the ledger says, customer by customer."""
        return self._shelf.books()

    def _take(self, row: Row | InputError) -> None:
        if isinstance(row, InputError):
            self._sort(row, self._errors, self._remarks)
        else:
            self._take_all(self._check.take(row))

    def _take_all(self, found: Iterable[Placed | InputError]) -> None:
        for each in found:
            if isinstance(each, InputError):
                self._sort(each, self._errors, self._remarks)
            else:
                self._shelf.add(each)

    @staticmethod
    def _sort(found: InputError, errors: list[InputError], remarks: list[InputError]) -> None:
        if found.severity is Severity.ERROR:
            errors.append(found)
        elif len(remarks) < MOST_ERRORS:
            remarks.append(found)

    @property
    def _fallback(self) -> str:
        return self._ledger.fallback_entity(self._check.entities.values())

    def _restore(self, saved: Mapping[str, Any]) -> None:
        self.line, self.is_read = saved["line"], saved["is_read"]
        self._check.restore(saved["check"])
        self._errors = [_finding(each) for each in saved["errors"]]
        self._remarks = [_finding(each) for each in saved["remarks"]]


def _finding(saved: Mapping[str, Any]) -> InputError:
    return InputError(**{**saved, "code": Code(saved["code"]), "severity": Severity(saved["severity"])})


def _count_open(file: str, check: Check, open_items: int) -> Iterator[InputError]:
    said = check.end.open_invoices if check.end else None
    if said is not None and said != open_items:
        problem = f"the file says {said}, {open_items} are open by its own documents"
        yield InputError(Code.COUNT_MISMATCH, file, 0, problem, field="open_invoices", found=str(open_items))


def _by_line(errors: list[InputError]) -> tuple[InputError, ...]:
    """By line; that counts do not add up, or nothing is there, is no news where lines are bad."""
    real = [error for error in errors if error.code not in (Code.COUNT_MISMATCH, Code.EMPTY_FILE)]
    return tuple(sorted(real or errors, key=lambda error: error.line))
