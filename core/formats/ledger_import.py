"""From a ledger file to changes of accounts, ready for storing: first everything is checked, then it is read again.

Memory holds one customer at a time; documents that do not follow their customer are put in order on the disk first.
"""

import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from itertools import groupby
from pathlib import Path
from typing import Final, Protocol, TextIO

from core.formats.book import Book
from core.formats.changes import AccountChanges
from core.formats.check import Check
from core.formats.documents import Placed
from core.formats.errors import Code, InputError, Severity
from core.formats.fields import LATEST
from core.formats.jsonl import Row, read_jsonl
from core.formats.records import CustomerRecord
from core.formats.register import Register
from core.formats.shelf import Shelf
from core.ledger import Entity, Person

MOST_ERRORS: Final = 10_000  # more is not a ledger with mistakes, it is another kind of file; and most remarks
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
    grouped: bool = True  # each customer's documents follow it
    as_of: date | None = None  # the day whose state the file says that it shows
    bank_as_of: date | None = None  # the day up to which it says that the bank's data are in it
    base_currency: str | None = None  # in which the file writes ...
    rates: Mapping[str, str] = field(default_factory=dict)  # ... what one unit of each other currency is worth
    complete: bool = True  # False: the file was not read to its end, so that no part of it can be taken


def jsonl_ledger(
    path: Path, default_entity: str, entities: frozenset[str] = frozenset(), *, name: str = "", only: bool = False
) -> LedgerFile:
    """A file in the native format. Args: `name` of the file in errors."""
    shown = name or path.name

    def rows() -> Iterator[Row | InputError]:
        with path.open("rb") as stream:
            yield from read_jsonl(stream, shown)

    return LedgerFile(shown, rows, lambda: text_lines(path), default_entity, entities, only)


def text_lines(path: Path) -> Iterator[tuple[int, str]]:
    """The lines of a text file with their numbers, as they stand."""
    with path.open("rb") as stream:
        for number, line in enumerate(stream, start=1):
            yield number, line.decode("utf-8", "replace").rstrip("\r\n")


class Watch(Protocol):
    """Who looks on while a ledger is examined."""

    def take(self, changes: AccountChanges) -> None:
        """One account as the ledger shows it."""

    def clear(self) -> None:
        """The ledger is read again from its start."""


def examine(ledger: LedgerFile, *, until: date = LATEST, watch: Watch | None = None) -> Report:
    """Read the whole ledger and say everything that is wrong with it.

    Args: `until` as it will be given to `changes`. Only without it are the open invoices of the end line compared.
    """
    first = _examine(ledger, until, watch, grouped=True)
    if first is not None:
        return first
    if watch is not None:
        watch.clear()
    return _examine(ledger, until, watch, grouped=False) or Report(ledger.name)


def changes(
    ledger: LedgerFile, report: Report, *, until: date = LATEST, skip_bad: bool = False
) -> Iterator[AccountChanges]:
    """What the ledger says of each account, for a ledger that was examined.

    Args: records dated after `until` are left out; `skip_bad` leaves out the lines that `report` calls errors.
    Raises: ValueError when there are errors and `skip_bad` was not asked for.
    """
    _refuse(report, skip_bad=skip_bad)
    with Register() as register:
        check = _check(ledger, register)
        for found in _read(ledger, check, until, grouped=report.grouped):
            if isinstance(found, AccountChanges):
                yield found


def by_date(
    ledger: LedgerFile, report: Report, *, skip_bad: bool = False
) -> Iterator[tuple[date, tuple[AccountChanges, ...]]]:
    """The ledger as it became known, a day at a time: what each day changed, an account at most once a day.

    An invoice is known on its issue date, money on its date, neither before the other. The whole file is in memory.
    A customer without documents comes with the first day. Raises: as `changes`.
    """
    _refuse(report, skip_bad=skip_bad)
    books = dict[str, Book]()
    with Register() as register:
        for found in _placed(ledger, _check(ledger, register)):
            if isinstance(found, Placed):
                _shelve(found, books, ledger.name)
    events = [(day, book, placed, end) for book in books.values() for day, placed, end in book.events()]
    events.sort(key=lambda event: event[0])
    silent = [book for book in books.values() if not any(placed.entity for placed in book.documents)]
    for day, of_day in groupby(events, key=lambda event: event[0]):
        news = [book.show(ledger.fallback_entity(report.entities), day) for book in silent]
        silent = []
        touched = dict[int, Book]()
        for _, book, placed, end in of_day:
            for _remark in book.book(placed, end=end):
                pass
            touched[id(book)] = book
        news += [book.show(entity, day) for book in touched.values() for entity in book.touched()]
        if news:
            yield day, tuple(news)


def write_rejects(ledger: LedgerFile, report: Report, out: TextIO) -> int:
    """Write every line that was left out, as it stood, with what is wrong with it. Returns: how many lines."""
    wrong = {error.line: error for error in reversed(report.errors)}
    for number, text in rejected_lines(ledger, report):
        error = wrong[number]
        rejected = {"line": number, "code": error.code, "field": error.field, "problem": error.problem}
        out.write(json.dumps({**rejected, "text": text}, ensure_ascii=False) + "\n")
    return len(wrong)


def rejected_lines(ledger: LedgerFile, report: Report) -> Iterator[tuple[int, str]]:
    """Every line that was left out, as it stood, with its number."""
    wrong = {error.line for error in report.errors}
    return ((number, text) for number, text in ledger.lines() if number in wrong)


class _Seen:
    """What an examination gathers."""

    def __init__(self, watch: Watch | None) -> None:
        self.errors, self.remarks, self.open_items = list[InputError](), list[InputError](), 0
        self._watch = watch

    def take(self, found: AccountChanges | InputError) -> None:
        if isinstance(found, AccountChanges):
            self.open_items += sum(change.item.open_minor > 0 for change in found.items)
            if self._watch is not None:
                self._watch.take(found)
        elif found.severity is Severity.ERROR:
            self.errors.append(found)
        elif len(self.remarks) < MOST_ERRORS:
            self.remarks.append(found)


def _examine(ledger: LedgerFile, until: date, watch: Watch | None, *, grouped: bool) -> Report | None:
    """The report; None when documents that stand apart from their customer turned up and were not expected."""
    seen = _Seen(watch)
    with Register() as register:
        check = _check(ledger, register)
        for found in _read(ledger, check, until, grouped=grouped):
            seen.take(found)
            if len(seen.errors) >= MOST_ERRORS:
                break
    if grouped and not check.grouped:
        return None
    errors, remarks, open_items = seen.errors, seen.remarks, seen.open_items
    if until == LATEST:
        errors.extend(_count_open(ledger.name, check, open_items))
    return Report(
        ledger.name,
        _by_line(errors),
        tuple(sorted(remarks, key=lambda remark: remark.line)),
        check.counts,
        open_items,
        check.currencies,
        tuple(check.entities.values()),
        tuple(check.people.values()),
        check.grouped,
        check.header.as_of if check.header else None,
        check.header.bank_as_of if check.header else None,
        check.header.base_currency if check.header else None,
        (check.header.rates if check.header else None) or {},
        len(errors) < MOST_ERRORS and not any(error.code in _FATAL for error in errors),
    )


def _count_open(file: str, check: Check, open_items: int) -> Iterator[InputError]:
    said = check.end.open_invoices if check.end else None
    if said is not None and said != open_items:
        problem = f"the file says {said}, {open_items} are open by its own documents"
        yield InputError(Code.COUNT_MISMATCH, file, 0, problem, field="open_invoices", found=str(open_items))


def _by_line(errors: list[InputError]) -> tuple[InputError, ...]:
    """By line; that counts do not add up, or nothing is there, is no news where lines are bad."""
    real = [error for error in errors if error.code not in (Code.COUNT_MISMATCH, Code.EMPTY_FILE)]
    return tuple(sorted(real or errors, key=lambda error: error.line))


def _refuse(report: Report, *, skip_bad: bool) -> None:
    if report.errors and not skip_bad:
        raise ValueError(f"{report.file} has {len(report.errors)} errors and is not imported")
    if not report.complete:
        raise ValueError(f"{report.file} was not read to its end and cannot be imported in part")


def _check(ledger: LedgerFile, register: Register) -> Check:
    return Check(register, ledger.name, ledger.default_entity, ledger.entities, only=ledger.only)


def _placed(ledger: LedgerFile, check: Check) -> Iterator[Placed | InputError]:
    for row in ledger.rows():
        if isinstance(row, InputError):
            yield row
        else:
            yield from check.take(row)
    yield from check.finish()


def _read(ledger: LedgerFile, check: Check, until: date, *, grouped: bool) -> Iterator[AccountChanges | InputError]:
    """Changes and findings; stops where a document stands apart from its customer although the file is `grouped`."""
    yield from (_read_grouped if grouped else _read_apart)(ledger, check, until)


def _read_grouped(ledger: LedgerFile, check: Check, until: date) -> Iterator[AccountChanges | InputError]:
    books = dict[str, Book]()
    for found in _placed(ledger, check):
        if isinstance(found, InputError):
            yield found
            continue
        if isinstance(found.record, CustomerRecord):
            yield from _close(books, ledger, check, until)
        if not check.grouped:
            return
        _shelve(found, books, ledger.name)
    yield from _close(books, ledger, check, until)


def _read_apart(ledger: LedgerFile, check: Check, until: date) -> Iterator[AccountChanges | InputError]:
    with Shelf(ledger.name) as shelf:
        for found in _placed(ledger, check):
            if isinstance(found, InputError):
                yield found
            else:
                shelf.add(found)
        for book in shelf.books():
            yield from book.changes(ledger.fallback_entity(check.entities.values()), until)


def _shelve(placed: Placed, books: dict[str, Book], file: str) -> None:
    if isinstance(placed.record, CustomerRecord):
        books[placed.customer] = Book(placed.record, file)
    else:
        books[placed.customer].add(placed)


def _close(
    books: dict[str, Book], ledger: LedgerFile, check: Check, until: date
) -> Iterator[AccountChanges | InputError]:
    for book in books.values():
        yield from book.changes(ledger.fallback_entity(check.entities.values()), until)
    books.clear()
