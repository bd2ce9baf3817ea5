"""How far the sheets of a spreadsheet reach: their reader makes room for every cell up to the last one, empty or not.

One word in the last corner of a sheet, a slip of the hand, is a file of two kilobytes and a table of half a terabyte.
"""

import re
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path
from typing import Final
from xml.parsers import expat
from zipfile import ZipFile, ZipInfo

from core.formats.errors import Code, InputError, clip

MOST_CELLS: Final = 25_000_000  # of all sheets together; each takes 32 bytes
_BLOCK: Final = 1 << 20
_SHEET: Final = b"sheetData"
_OTHERS: Final = frozenset({"content.xml", "xl/workbook.bin"})  # of formats whose sheets are written in other ways
_DIGITS: Final = "0123456789"
_LETTERS: Final = re.compile(r"[A-Z]{1,3}", re.IGNORECASE | re.ASCII)


def check(path: Path, file: str) -> InputError | None:
    """Why a workbook is not to be read, whose unpacked size is known to be small; None when it may be."""
    with ZipFile(path) as packed:
        if _OTHERS & set(packed.namelist()):
            return _refused(file, Code.NOT_CSV, "the spreadsheet is of two formats at once", "save it anew as XLSX")
        cells = 0
        for member in packed.infolist():
            if _is_sheet(packed, member):
                extent = _Extent()
                try:
                    extent.read(_blocks(packed, member))
                except (expat.ExpatError, ValueError):
                    problem = f"'{clip(member.filename)}' is no sheet as spreadsheets write them"
                    return _refused(file, Code.NOT_CSV, problem, "save it anew as XLSX")
                cells += extent.cells
                if cells > MOST_CELLS:
                    problem = f"the sheets reach to {clip(extent.last)}, {cells:,} cells with the empty ones"
                    return _refused(file, Code.FILE_TOO_LARGE, problem, "delete what stands far outside the table")
    return None


def _refused(file: str, code: Code, problem: str, hint: str) -> InputError:
    return InputError(code, file, 0, problem, hint=hint)


def _is_sheet(packed: ZipFile, member: ZipInfo) -> bool:
    """By its content: a part may have any name."""
    before = b""
    for block in _blocks(packed, member):
        if _SHEET in before + block:
            return True
        before = block[-len(_SHEET) :]
    return False


def _blocks(packed: ZipFile, member: ZipInfo) -> Iterator[bytes]:
    with packed.open(member) as stream:
        while block := stream.read(_BLOCK):
            yield block


class _Extent:
    """Follows the cells of one sheet. One that does not say its place comes next, farther where readers may differ."""

    def __init__(self) -> None:
        self.last = "A1"  # as it is written in the file
        self._row = self._column = 0  # of the cell at hand, from 1
        self._rows = self._columns = 0  # up to the farthest cell that says anything
        self._here, self._number = "", ""

    @property
    def cells(self) -> int:
        """For how many there must be room."""
        return self._rows * self._columns

    def read(self, blocks: Iterator[bytes]) -> None:
        """Raises: ExpatError, ValueError for what is no sheet."""
        parser = expat.ParserCreate()
        parser.StartDoctypeDeclHandler = self._refuse
        parser.StartElementHandler = self._begin
        for block in blocks:
            parser.Parse(block, False)  # noqa: FBT003 - its own interface
        parser.Parse(b"", True)  # noqa: FBT003

    def _refuse(self, *_: object) -> None:
        raise ValueError("a sheet declares no document type")

    def _begin(self, tag: str, said: dict[str, str]) -> None:
        name = tag if ":" not in tag else tag.rpartition(":")[2]
        if name == "c":
            self._cell(said.get("r", ""))
        elif name in ("v", "is"):
            if self._row > self._rows or self._column > self._columns:
                self._rows, self._columns = max(self._rows, self._row), max(self._columns, self._column)
                self.last = self._here or self.last
        elif name == "row":
            self._row, self._column = int(said["r"]) if "r" in said else self._row + 1, 0

    def _cell(self, said: str) -> None:
        self._here = said
        if not said:
            self._column += 1
            return
        letters = said.rstrip(_DIGITS)
        self._column = _column(letters)
        number = said[len(letters) :]
        if number != self._number:  # of its row, as that says itself
            self._number = number
            self._row = max(self._row, int(number))


@lru_cache(maxsize=16_384)
def _column(letters: str) -> int:
    """From 1. Raises ValueError."""
    if _LETTERS.fullmatch(letters) is None:
        raise ValueError("no column has such a name")
    return sum(26**n * (ord(letter) - ord("A") + 1) for n, letter in enumerate(reversed(letters.upper())))
