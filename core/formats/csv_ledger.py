"""Reads a CSV file of invoices through a column mapping, and gives the records of the native format."""

import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import BinaryIO, Final

from core.formats.csv_plan import Plan, headings, make_plan, plan_table
from core.formats.csv_row import RowCells
from core.formats.csv_table import Line
from core.formats.errors import Code, InputError, Severity, clip
from core.formats.examination import LedgerFile
from core.formats.fields import EARLIEST
from core.formats.jsonl import Row
from core.formats.ledger_import import text_lines
from core.formats.mapping import Mapping
from core.formats.notebook import Notebook
from core.formats.register import Known, Register, digest

MOST_ROWS: Final = 1_500_000  # of a table; more come in several files
_REMEMBERED: Final = 10_000  # customers; of others the register knows
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

    def plan() -> Plan | list[InputError]:
        return make_plan(lambda: path.open("rb"), shown, mapping)

    rows = Rows(shown, mapping, plan)
    return LedgerFile(shown, rows, lambda: text_lines(path), default_entity, entities, only)


def workbook_ledger(
    path: Path,
    mapping: Mapping,
    default_entity: str,
    entities: frozenset[str] = frozenset(),
    *,
    name: str = "",
    only: bool = False,
) -> LedgerFile:
    """A sheet of a spreadsheet as a ledger; as `csv_ledger`."""
    from core.formats.workbook import open_sheet, sheet_lines

    shown = name or path.name

    def plan() -> Plan | list[InputError]:
        sheet = open_sheet(path, shown, mapping.sheet, mapping.header_line, headings(mapping))
        return [sheet] if isinstance(sheet, InputError) else plan_table(sheet, shown, mapping)

    def lines() -> Iterator[tuple[int, str]]:
        return sheet_lines(path, shown, mapping.sheet, mapping.header_line, headings(mapping))

    return LedgerFile(shown, Rows(shown, mapping, plan), lines, default_entity, entities, only)


class Rows:
    """The records of a table, from the start at each call; how to read it is found out once."""

    def __init__(self, file: str, mapping: Mapping, plan: Callable[[], Plan | list[InputError]]) -> None:
        self._file, self._mapping, self._plan = file, mapping, plan
        self._found: Plan | list[InputError] | None = None

    def __call__(self) -> Iterator[Row | InputError]:
        if self._found is None:
            self._found = self._plan()
        return read_table(self._file, self._mapping, self._found)


def read_csv(open_file: Callable[[], BinaryIO], file: str, mapping: Mapping) -> Iterator[Row | InputError]:
    """The records of a CSV file."""
    return read_table(file, mapping, make_plan(open_file, file, mapping))


def read_table(file: str, mapping: Mapping, plan: Plan | list[InputError]) -> Iterator[Row | InputError]:
    """The records of a table: for each row of data records, or errors, or a notice that it is a footer."""
    if isinstance(plan, list):
        yield from plan
        return
    yield from plan.notices
    with Notebook() as notebook:
        reader = _Reader(file, mapping, plan, Register(notebook))
        for line in plan.table.rows():
            if isinstance(line, InputError):
                yield line
            elif line.number > plan.header.number:
                yield from reader.take(line)


class _Reader:
    """Turns rows into records, and remembers what the rows said of each customer."""

    def __init__(self, file: str, mapping: Mapping, plan: Plan, register: Register) -> None:
        self._file, self._mapping, self._plan, self._register = file, mapping, plan, register
        self._rows, self._of_customer = 0, plan.of_customer
        self._least, self._most = plan.header.width, len(plan.header.cells)  # a heading may end in empty cells
        self._told = set[tuple[str, ...]]()  # cells of customers that were read already, and were right

    def take(self, line: Line) -> Iterator[Row | InputError]:
        """The records of one row, or what is wrong with it."""
        self._rows += 1
        if self._rows > MOST_ROWS:
            if self._rows == MOST_ROWS + 1:
                problem = f"more than {MOST_ROWS:,} rows"
                yield InputError(Code.FILE_TOO_LARGE, self._file, line.number, problem, hint="split the file")
        elif self._is_footer(line):
            problem = f"'{clip(_first(line))}' is a footer and is left out"
            yield InputError(Code.FOOTER, self._file, line.number, problem, severity=Severity.NOTICE)
        elif len(line.cells) < self._least or (len(line.cells) > self._most and line.width > self._most):
            yield InputError(Code.RAGGED_ROW, self._file, line.number, f"{len(line.cells)} of {self._least} fields")
        elif not self._is_asked_for(line):
            problem = "the mapping asks for other rows only"
            yield InputError(Code.LEFT_OUT, self._file, line.number, problem, severity=Severity.NOTICE)
        else:
            yield from self._records(line)

    def _is_asked_for(self, line: Line) -> bool:
        return all(line.cells[place].strip().casefold() in said for place, said in self._plan.only.items())

    def _records(self, line: Line) -> Iterator[Row | InputError]:
        row = RowCells(self._file, self._mapping, self._plan, line)
        told = tuple(line.cells[place] for place in self._of_customer)
        if told not in self._told:
            customer = row.customer()
            if customer is None:
                row.documents()  # what is wrong with its other cells is said too
                yield from row.errors
                return
            own = Known(
                line.number, digest(customer.__pydantic_serializer__.to_json(customer)), customer.id, "", "", EARLIEST
            )
            before = self._register.add("customer", customer.id, own)
            if before is not None and before.digest != own.digest:
                problem = f"customer '{clip(customer.id)}' has other values on line {before.line}"
                shown = self._plan.heading("customer.id")
                yield InputError(
                    Code.CONFLICT, self._file, line.number, problem, field=shown, hint="they are not merged"
                )
                row.documents()
                yield from row.errors
                return
            if len(self._told) >= _REMEMBERED:
                self._told.clear()
            self._told.add(told)
            if before is None:
                yield Row(line.number, customer)
                if row.is_nameless:
                    problem = f"empty: messages call the customer '{clip(customer.id)}'"
                    shown = self._plan.heading("customer.name")
                    yield InputError(
                        Code.MISSING_FIELD, self._file, line.number, problem, field=shown, severity=Severity.WARNING
                    )
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
