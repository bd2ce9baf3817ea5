"""Reads a sheet of a spreadsheet (XLSX) as a table. Its cells have types: a date is a date, and no text of one."""

import re
from collections.abc import Callable, Iterator
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any, Final, TypeVar
from zipfile import BadZipFile, ZipFile

from core.formats import archive, sheet_extent
from core.formats.cells import Typed
from core.formats.csv_table import LARGEST_CELL, Line, heading, normal
from core.formats.errors import Code, InputError, clip, listing

_T = TypeVar("_T")
MOST_MEMBERS: Final = 2_000  # parts of a workbook: sheets, drawings, comments
_EXACT: Final = 10**15  # a larger number has lost its last digits in the spreadsheet already
_1904: Final = re.compile(rb"<workbookPr\b[^<>]*\bdate1904=\"(1|true)\"")
_EPOCHS: Final = {False: date(1899, 12, 30), True: date(1904, 1, 1)}
_DAYS: Final = range(20_000, 75_000)  # day numbers that a date column may hold: the years 1954 to 2105


def is_workbook(path: Path) -> bool:
    """Whether a ZIP is a spreadsheet."""
    try:
        with ZipFile(path) as packed:
            return "xl/workbook.xml" in packed.namelist()
    except (OSError, ValueError, BadZipFile):
        return False


class Sheet:
    """One sheet, read row by row; `shown` says how."""

    def __init__(self, path: Path, file: str, name: str, found: Any) -> None:
        self.shown = f"sheet '{clip(name)}'"
        self._file, self._found, self._first = file, found, (found.start or (0, 0))[0]
        self._epoch = _EPOCHS[_counts_from_1904(path)]

    def rows(self) -> Iterator[Line | InputError]:
        """Every row that is not empty, with its number."""
        for number, row in enumerate(self._found.iter_rows(), start=self._first + 1):
            cells = [self._text(value) for value in row]
            if any(len(cell) > LARGEST_CELL for cell in cells):
                problem = f"a cell of more than {LARGEST_CELL:,} characters"
                yield InputError(Code.CELL_TOO_LARGE, self._file, number, problem)
                return
            if any(cell.strip() for cell in cells):
                yield Line(number, cells)

    def _text(self, value: Any) -> str:
        match value:
            case str():
                return value
            case bool():
                return "true" if value else "false"
            case datetime():
                return Typed(value.date().isoformat()) if value.time() == time() else Typed(value.isoformat(" "))
            case date():
                return Typed(value.isoformat())
            case int() | float():
                return _number(value, self._epoch)
            case time() | timedelta():
                return str(value)
        return ""


def sheet_lines(
    path: Path, file: str, named: str | None, header_line: int | None, wanted: frozenset[str]
) -> Iterator[tuple[int, str]]:
    """The rows of the sheet with their numbers, cells apart by TABs."""
    sheet = open_sheet(path, file, named, header_line, wanted)
    for line in sheet.rows() if isinstance(sheet, Sheet) else ():
        if isinstance(line, Line):
            yield line.number, "\t".join(line.cells)


def _number(value: float, epoch: date) -> str:
    """A number as it stands in the cell: fifteen digits are what a spreadsheet keeps."""
    if value != value or abs(value) >= _EXACT:
        return f"{value:E}"
    whole = int(value)
    if value == whole:
        day = epoch + timedelta(days=whole) if whole in _DAYS else None
        return Typed(str(whole), day)
    return Typed(format(Decimal(f"{value:.15g}"), "f"))


def _counts_from_1904(path: Path) -> bool:
    with ZipFile(path) as packed:
        return _1904.search(packed.read("xl/workbook.xml")) is not None


def open_sheet(
    path: Path, file: str, named: str | None, header_line: int | None, wanted: frozenset[str]
) -> Sheet | InputError:
    """The sheet that holds the table: the one that is named, else the only one with its headings.

    Args: `wanted` headings, normal.
    """
    return _open(path, file, lambda book: _choose(book, path, file, named, header_line, wanted))


def _open(path: Path, file: str, use: Callable[[Any], _T]) -> _T | InputError:
    """What `use` makes of the workbook; the error where it is not to be read, or its reader gives up."""
    from python_calamine import CalamineError, CalamineWorkbook

    wrong = archive.check(path, file, members=MOST_MEMBERS, nested=True) or sheet_extent.check(path, file)
    if wrong is not None:
        return wrong
    try:
        return use(CalamineWorkbook.from_path(path))
    except BaseException as broken:
        panicked = type(broken).__name__ == "PanicException"  # how its reader gives up; not an Exception
        if not (panicked or isinstance(broken, (CalamineError, OSError, ValueError))):
            raise
        problem = f"the spreadsheet cannot be read: {clip(str(broken))}"
        return InputError(Code.NOT_CSV, file, 0, problem, hint="save it anew as XLSX, without a password")


def sheets(path: Path, file: str) -> list[Sheet] | InputError:
    """Every sheet that can be seen."""
    return _open(path, file, lambda book: [Sheet(path, file, n, book.get_sheet_by_name(n)) for n in _visible(book)])


def _choose(
    book: Any, path: Path, file: str, named: str | None, header_line: int | None, wanted: frozenset[str]
) -> Sheet | InputError:
    names = _visible(book)
    if named is not None and named not in book.sheet_names:
        problem, allowed = f"there is no sheet '{clip(named)}'", listing(map(clip, names))
        return InputError(
            Code.MISSING_COLUMN, file, 0, problem, field="sheet", allowed=allowed, hint=f"it has {allowed}"
        )
    sheets = {name: Sheet(path, file, name, book.get_sheet_by_name(name)) for name in ([named] if named else names)}
    fits = {name: _fit(sheet, header_line, wanted) for name, sheet in sheets.items()}
    best = max(fits.values(), default=0)
    chosen = [name for name, fit in fits.items() if fit == best]
    if not chosen:
        return InputError(Code.EMPTY_FILE, file, 0, "0 sheets", hint="nothing was changed")
    if len(chosen) > 1 and best == 0:
        problem = f"none of {len(chosen)} sheets has a heading of the mapping"
        return InputError(Code.MISSING_COLUMN, file, 0, problem, hint="name the sheet in the mapping: `sheet`")
    if len(chosen) > 1:
        problem = f"{len(chosen)} sheets have the headings: {listing(map(clip, chosen))}"
        return InputError(
            Code.AMBIGUOUS_SHEET, file, 0, problem, field="sheet", hint="name one in the mapping: `sheet`"
        )
    return sheets[chosen[0]]


def _visible(book: Any) -> list[str]:
    from python_calamine import SheetVisibleEnum

    shown = [each.name for each in book.sheets_metadata if each.visible == SheetVisibleEnum.Visible]
    return shown or list(book.sheet_names)


def _fit(sheet: Sheet, header_line: int | None, wanted: frozenset[str]) -> int:
    first = heading(sheet.rows(), header_line, wanted)
    return len({normal(cell) for cell in first.cells} & wanted) if isinstance(first, Line) else 0
