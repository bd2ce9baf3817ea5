"""From a ledger file to changes of accounts, ready for storing: everything is checked before anything is taken."""

import json
from collections.abc import Iterator
from datetime import date
from itertools import groupby
from pathlib import Path
from typing import TextIO

from core.formats.book import Book
from core.formats.changes import AccountChanges
from core.formats.errors import InputError
from core.formats.examination import Examination, LedgerFile, Report
from core.formats.fields import LATEST
from core.formats.jsonl import Row, read_jsonl
from core.formats.notebook import Notebook


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


def examine(ledger: LedgerFile, *, until: date = LATEST) -> Report:
    """Read the whole ledger and say everything that is wrong with it; as `Examination.report`."""
    with Notebook() as notebook:
        return Examination(ledger, notebook).report(until)


def changes(
    ledger: LedgerFile, report: Report, *, until: date = LATEST, skip_bad: bool = False
) -> Iterator[AccountChanges]:
    """What the ledger says of each account, for a ledger that was examined; it is read again for it.

    Args: records dated after `until` are left out; `skip_bad` leaves out the lines that `report` calls errors.
    Raises: ValueError when there are errors and `skip_bad` was not asked for.
    """
    report.allow(skip_bad=skip_bad)
    with Notebook() as notebook:
        examination = Examination(ledger, notebook)
        examination.read()
        yield from examination.accounts(until)


def by_date(
    ledger: LedgerFile, report: Report, *, skip_bad: bool = False, first: date = date.min
) -> Iterator[tuple[date, tuple[AccountChanges, ...]]]:
    """The ledger as it became known, a day at a time: what each day changed, an account at most once a day.

    An invoice is known on its issue date, money on its date, neither before the other. The whole file is in memory.
    A customer without documents comes with the first day. Raises: as `changes`.
    Args: `first` the day on which all that is older is told at once, as it stood then: with what another system had
    reached, which is known of an invoice only when it is new.
    """
    report.allow(skip_bad=skip_bad)
    with Notebook() as notebook:
        examination = Examination(ledger, notebook)
        examination.read()
        books = list(examination.books())
    events = [(day, book, placed, end) for book in books for day, placed, end in book.events()]
    events.sort(key=lambda event: event[0])
    silent = [book for book in books if not any(placed.entity for placed in book.documents)]
    for day, of_day in groupby(events, key=lambda event: max(event[0], first)):
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
