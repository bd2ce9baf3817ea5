"""Opens a table that nobody has described: by its content, its most even delimiter, its sheets."""

from collections import Counter
from collections.abc import Callable
from itertools import islice
from pathlib import Path
from typing import BinaryIO, Final

from core.formats import csv_table
from core.formats.csv_table import CsvText, EncodingError, Line, Table
from core.formats.errors import Code, InputError
from core.formats.ledger_files import Form, recognise
from core.formats.propose import Proposal, propose
from core.formats.workbook import sheets

_LOOKED_AT: Final = 50  # rows by which a delimiter is judged


def propose_for(path: Path) -> Proposal | InputError:
    """A mapping for a file, of its sheet with the most meaning; or why there is none."""
    tables = open_tables(path, path.name)
    if isinstance(tables, InputError):
        return tables
    found = [proposal for table in tables if (proposal := propose(table)) is not None]
    if not found:
        return InputError(Code.EMPTY_FILE, path.name, 0, "no row looks like a heading", hint="give the file a heading")
    return max(found, key=lambda proposal: len(proposal.columns))


def open_tables(path: Path, name: str) -> list[Table] | InputError:
    """The tables of a file, or why it holds none."""
    form = recognise(path, name)
    if isinstance(form, InputError):
        return form
    if form is Form.JSONL:
        return InputError(Code.NOT_CSV, name, 1, "the file is JSON lines", hint="it needs no mapping")
    if form is Form.XLSX:
        found = sheets(path, name)
        return found if isinstance(found, InputError) else list(found)

    def open_file() -> BinaryIO:
        return path.open("rb")

    wrong = csv_table.not_csv(open_file, name)
    if wrong is not None:
        return wrong
    try:
        encoding = csv_table.find_encoding(open_file, None)
    except EncodingError as failed:
        return InputError(Code.ENCODING, name, 0, failed.problem, hint=failed.hint)
    return [CsvText(open_file, name, encoding, _delimiter(open_file, encoding))]


def _delimiter(open_file: Callable[[], BinaryIO], encoding: str) -> str:
    """The delimiter under which most rows have the same number of cells, and more than one."""

    def evenness(delimiter: str) -> tuple[int, int]:
        rows = islice(csv_table.rows(open_file, "", encoding, delimiter), _LOOKED_AT)
        widths = Counter(len(line.cells) for line in rows if isinstance(line, Line))
        wide = {width: count for width, count in widths.items() if width > 1}
        width, count = max(wide.items(), key=lambda pair: (pair[1], pair[0]), default=(0, 0))
        return count, width

    return max(csv_table.DELIMITERS, key=evenness)
