"""Reads a CSV file as a table: encoding, delimiter, heading and rows with their line numbers, a row at a time."""

import codecs
import csv
import re
from collections.abc import Callable, Iterator, Sequence
from io import TextIOWrapper
from itertools import islice
from typing import BinaryIO, Final, Protocol

from core.formats.errors import Code, InputError, clip
from core.formats.jsonl import foreign_file
from core.values import dataclass

LARGEST_FILE: Final = 250_000_000  # bytes
LARGEST_CELL: Final = 131_072  # characters, the limit of the standard reader
_CHUNK: Final = 1 << 20
_HEAD: Final = 30  # lines among which the heading is looked for
DELIMITERS: Final = (",", ";", "\t", "|")
BOMS: Final = {codecs.BOM_UTF8: "utf-8-sig", codecs.BOM_UTF16_LE: "utf-16", codecs.BOM_UTF16_BE: "utf-16"}
_FOREIGN_WORD: Final = re.compile("[\u00c0-\u00ff]{4}")  # Cyrillic or Greek, read as accents
_SIGN_IN_WORD: Final = re.compile(
    "[A-Za-z\u00c0-\u00ff][\u00a1-\u00b6\u00b8-\u00bf\u2020-\u2022\u0192][A-Za-z\u00c0-\u00ff]"
)
_MOST_CHAOS: Final = 0.03  # of charset-normalizer: how much of a text looks torn ...
_LEAST_SENSE: Final = 0.4  # ... and how much like a language
# Latin letters with other accents: which one it is, a text alone does not say.
_LATIN: Final = frozenset(
    {
        *("latin_1", "cp1252", "iso8859_15", "cp1250", "cp1254", "cp1257", "iso8859_2", "iso8859_4", "iso8859_9"),
        *("iso8859_10", "iso8859_13", "iso8859_14", "iso8859_16", "mac_roman", "mac_latin2", "mac_iceland"),
        *("mac_turkish", "cp437", "cp775", "cp850", "cp852", "cp858", "hp_roman8"),
    }
)


class Table(Protocol):
    """Rows with their numbers, wherever they come from."""

    @property
    def shown(self) -> str:
        """How the file is read, in words."""

    def rows(self) -> Iterator["Line | InputError"]:
        """From the start, each time."""


@dataclass(frozen=True, slots=True)
class Line:
    """One row of the table as it stood; `text` is the row itself where it can tell a column, else empty."""

    number: int
    cells: Sequence[str]
    text: str = ""

    @property
    def width(self) -> int:
        """Cells up to the last that says something."""
        return max((place for place, cell in enumerate(self.cells, start=1) if cell.strip()), default=0)

    def column(self, index: int) -> int | None:
        """Where the cell begins in its line, from 1; None where quotes or line breaks make that unclear."""
        return 1 + sum(len(cell) + 1 for cell in self.cells[:index]) if self.text else None


class EncodingError(ValueError):
    """The bytes are no text in the encoding that was found or given."""

    def __init__(self, problem: str, hint: str) -> None:
        super().__init__(problem)
        self.problem, self.hint = problem, hint


def not_csv(open_file: Callable[[], BinaryIO], file: str) -> InputError | None:
    """The error for a file that is no CSV at all, or too large to be taken; None when it may be one."""
    with open_file() as stream:
        first = stream.read(4096)
        if not first.strip():
            return InputError(Code.EMPTY_FILE, file, 0, "0 rows", hint="nothing was changed")
        foreign = None if first.startswith(tuple(BOMS)) else foreign_file(first, file)
        if foreign is not None:
            return InputError(Code.NOT_CSV, file, 1, foreign.problem, hint="save the table as CSV")
        size = len(first)
        while chunk := stream.read(_CHUNK):
            size += len(chunk)
            if size > LARGEST_FILE:
                return InputError(
                    Code.FILE_TOO_LARGE, file, 0, f"more than {LARGEST_FILE:,} bytes", hint="split the file"
                )
    return None


def find_encoding(open_file: Callable[[], BinaryIO], given: str | None) -> str:
    """The encoding of the whole file, read through once so that no later row can fail.

    Raises: EncodingError with the offset of the first byte that does not fit.
    """
    with open_file() as stream:
        first = stream.read(4)
    by_bom = next((name for bom, name in BOMS.items() if first.startswith(bom)), None)
    encoding = given or by_bom or "utf-8"
    wrong = _first_wrong_byte(open_file, encoding)
    if wrong is None:
        return encoding
    if given or by_bom:
        raise EncodingError(f"byte {wrong} is not {encoding}", "name the encoding in the mapping")
    guess = _guess(open_file, wrong)
    wrong_too = _first_wrong_byte(open_file, guess) if guess else wrong
    if guess is None or wrong_too is not None:
        raise EncodingError(
            f"byte {wrong} is not UTF-8, and no other encoding fits for certain", "name the encoding in the mapping"
        )
    return guess


def _first_wrong_byte(open_file: Callable[[], BinaryIO], encoding: str) -> int | None:
    """Offset from 1 of the first byte that cannot be decoded, about exact; None when all can."""
    try:
        decoder = codecs.getincrementaldecoder(encoding)("strict")
    except LookupError:
        raise EncodingError(f"there is no encoding '{clip(encoding)}'", "such as utf-8 or windows-1252") from None
    before = pending = 0
    with open_file() as stream:
        try:
            while chunk := stream.read(_CHUNK):
                pending = len(decoder.getstate()[0])
                if "\x00" in decoder.decode(chunk):
                    return before + 1
                before += len(chunk)
            pending = len(decoder.getstate()[0])
            decoder.decode(b"", final=True)
        except UnicodeDecodeError as failure:
            return before - pending + failure.start + 1
    return None


def _guess(open_file: Callable[[], BinaryIO], near: int) -> str | None:
    from charset_normalizer import from_bytes  # only for files that are not UTF-8

    with open_file() as stream:
        stream.seek(max(0, near - _CHUNK // 32))
        sample = stream.read(_CHUNK // 16)
    if _is_western(sample):
        return "cp1252"
    likely = [each for each in from_bytes(sample) if each.chaos <= _MOST_CHAOS and each.coherence >= _LEAST_SENSE]
    encodings = dict.fromkeys(each.encoding for each in likely)
    # code pages of one family read each other's text as other letters: among them nobody can tell
    return next(iter(encodings), None) if not _LATIN & encodings.keys() else None


@dataclass(frozen=True, slots=True)
class CsvText:
    """The rows of a CSV file."""

    open: Callable[[], BinaryIO]
    file: str  # in errors
    encoding: str
    delimiter: str

    @property
    def shown(self) -> str:
        """How the file is read, in words."""
        return f"{self.encoding}, delimiter {'TAB' if self.delimiter == chr(9) else self.delimiter}"

    def rows(self) -> Iterator[Line | InputError]:
        """From the start, each time."""
        return rows(self.open, self.file, self.encoding, self.delimiter)


def _is_western(sample: bytes) -> bool:
    """Whether it reads as Windows-1252: words with a few accents, no sign in the middle of one.

    A short text says too little to a guess by statistics: 'Müller' is a word in a dozen code pages.
    """
    try:
        text = sample.decode("cp1252")
    except UnicodeDecodeError:
        return False
    return not (_FOREIGN_WORD.search(text) or _SIGN_IN_WORD.search(text))


def rows(open_file: Callable[[], BinaryIO], file: str, encoding: str, delimiter: str) -> Iterator[Line | InputError]:
    """Every row that is not empty, with the number of its first line; an unclosed quote ends the reading."""
    with open_file() as stream, TextIOWrapper(stream, encoding, newline="") as text:
        source = _Source(text)
        reader = csv.reader(source, delimiter=delimiter, strict=True)
        while True:
            source.begin()
            try:
                cells = next(reader, None)
            except csv.Error as wrong:
                yield _broken(wrong, file, source.first)
                if source.exhausted or "field limit" in str(wrong):
                    return
                continue
            if cells is None:
                return
            if any(cell.strip() for cell in cells):
                yield Line(source.first, cells, source.plain())


def _broken(wrong: csv.Error, file: str, line: int) -> InputError:
    if "unexpected end" in str(wrong):
        return InputError(Code.UNCLOSED_QUOTE, file, line, "a quote that opens here is never closed")
    if "field limit" in str(wrong):
        problem = f"a cell of more than {LARGEST_CELL:,} characters"
        return InputError(Code.CELL_TOO_LARGE, file, line, problem, hint="is a quote not closed?")
    return InputError(
        Code.UNCLOSED_QUOTE, file, line, "text after a closing quote", hint='a quote in a cell is written ""'
    )


class _Source:
    """Feeds lines to the reader, and knows which ones the current row is made of."""

    def __init__(self, text: TextIOWrapper) -> None:
        self.first, self.exhausted = 1, False
        self._text, self._number, self._last = text, 0, ""

    def begin(self) -> None:
        """A new row begins with the next line."""
        self.first = self._number + 1

    def plain(self) -> str:
        """The line of a row that is one line without quotes, else nothing."""
        return self._last if self.first == self._number and '"' not in self._last else ""

    def __iter__(self) -> "_Source":
        return self

    def __next__(self) -> str:
        # a line of more than two cells of the largest size stops the reader before it fills the memory
        self._last = self._text.readline(2 * LARGEST_CELL)
        if not self._last:
            self.exhausted = True
            raise StopIteration
        self._number += 1
        return self._last


def find_delimiter(
    open_file: Callable[[], BinaryIO], encoding: str, header_line: int | None, wanted: frozenset[str]
) -> str:
    """The delimiter under which the heading has most of the wanted columns, and most columns at all."""

    def fit(delimiter: str) -> tuple[int, int]:
        first = heading(rows(open_file, "", encoding, delimiter), header_line, wanted)
        names = {normal(cell) for cell in first.cells} if isinstance(first, Line) else set[str]()
        return len(names & wanted), len(names)

    return max(DELIMITERS, key=fit)


def heading(
    lines: Iterator[Line | InputError], header_line: int | None, wanted: frozenset[str] = frozenset()
) -> Line | InputError | None:
    """The heading: the given line, or the first of the file's head that has most of the wanted columns.

    Where none has any it is the first line that is not empty. What stands above the heading is skipped.
    """
    if header_line is not None:
        return next((line for line in lines if _number(line) >= header_line), None)
    head = list(islice(lines, _HEAD if wanted else 1))
    return max(head, key=lambda line: _columns(line, wanted), default=None)


def _number(line: Line | InputError) -> int:
    return line.number if isinstance(line, Line) else line.line


def _columns(line: Line | InputError, wanted: frozenset[str]) -> int:
    return len({normal(cell) for cell in line.cells} & wanted) if isinstance(line, Line) else 0


def normal(name: str) -> str:
    """A heading as it is compared: case and blanks at its ends do not count."""
    return " ".join(name.split()).casefold()
