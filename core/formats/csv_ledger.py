"""Reads a CSV file of invoices through a column mapping, and gives the records of the native format."""

import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import BinaryIO, Final

from core.formats import csv_table
from core.formats.csv_plan import Plan, make_plan
from core.formats.csv_row import RowCells
from core.formats.csv_table import Line
from core.formats.errors import Code, InputError, Severity, clip
from core.formats.jsonl import Row
from core.formats.ledger_import import LedgerFile
from core.formats.mapping import Mapping
from core.formats.records import CustomerRecord

_FOOTER: Final = re.compile(r"(?i)\W*(sub|grand|overall)?\W*(totals?|sum|summe|gesamt\w*|somme|totale|totaal)\b")


def csv_ledger(
    path: Path,
    mapping: Mapping,
    default_entity: str,
    entities: frozenset[str] = frozenset(),
    *,
    name: str = "",
    only: bool = False,
) -> LedgerFile:
    """A CSV file as a ledger; how it is to be read is found out once. Args: `name` of the file in errors."""
    shown = name or path.name
    plans = list[Plan | list[InputError]]()

    def open_file() -> BinaryIO:
        return path.open("rb")

    def rows() -> Iterator[Row | InputError]:
        if not plans:
            plans.append(make_plan(open_file, shown, mapping))
        yield from read_csv(open_file, shown, mapping, plans[0])

    return LedgerFile(shown, rows, open_file, default_entity, entities, only)


def read_csv(
    open_file: Callable[[], BinaryIO], file: str, mapping: Mapping, plan: Plan | list[InputError] | None = None
) -> Iterator[Row | InputError]:
    """The records of a CSV file: for each row of data records, or errors, or a notice that it is a footer.

    Args: `plan` from an earlier reading of the same file.
    """
    plan = plan if plan is not None else make_plan(open_file, file, mapping)
    if isinstance(plan, list):
        yield from plan
        return
    yield from plan.notices
    reader = _Reader(file, mapping, plan)
    for line in csv_table.rows(open_file, file, plan.encoding, plan.delimiter):
        if isinstance(line, InputError):
            yield line
        elif line.number > plan.header.number:
            yield from reader.take(line)


class _Reader:
    """Turns rows into records, and remembers what the rows said of each customer."""

    def __init__(self, file: str, mapping: Mapping, plan: Plan) -> None:
        self._file, self._mapping, self._plan = file, mapping, plan
        self._customers = dict[str, tuple[int, CustomerRecord]]()  # id -> its first line, and what that said

    def take(self, line: Line) -> Iterator[Row | InputError]:
        """The records of one row, or what is wrong with it."""
        width = len(self._plan.header.cells)
        if self._is_footer(line):
            problem = f"'{clip(_first(line))}' is a footer and is left out"
            yield InputError(Code.FOOTER, self._file, line.number, problem, severity=Severity.NOTICE)
        elif len(line.cells) < width or any(cell.strip() for cell in line.cells[width:]):
            yield InputError(Code.RAGGED_ROW, self._file, line.number, f"{len(line.cells)} of {width} fields")
        else:
            yield from self._records(line)

    def _records(self, line: Line) -> Iterator[Row | InputError]:
        row = RowCells(self._file, self._mapping, self._plan, line)
        customer = row.customer()
        if customer is None:
            yield from row.errors
            return
        first, said = self._customers.setdefault(customer.id, (line.number, customer))
        if said != customer:
            problem = f"customer '{clip(customer.id)}' has other values on line {first}"
            shown = self._plan.heading("customer.id")
            yield InputError(Code.CONFLICT, self._file, line.number, problem, field=shown, hint="they are not merged")
            return
        if first == line.number:
            yield Row(line.number, customer)
        documents = row.documents()
        yield from row.errors
        yield from (Row(line.number, document) for document in documents if not row.errors)

    def _is_footer(self, line: Line) -> bool:
        """A row that begins with Total and names no invoice or no customer."""
        if not _FOOTER.match(_first(line)):
            return False
        keys = (self._plan.columns["customer.id"], self._plan.columns["invoice.number"])
        return any(i >= len(line.cells) or not line.cells[i].strip() for i in keys)


def _first(line: Line) -> str:
    return next((cell.strip() for cell in line.cells if cell.strip()), "")
