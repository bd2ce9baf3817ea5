"""A ledger file as what it is: told by its first bytes, not by its name."""

from enum import StrEnum
from pathlib import Path
from typing import Final

from core.formats import archive
from core.formats.csv_ledger import csv_ledger, workbook_ledger
from core.formats.csv_table import BOMS
from core.formats.errors import Code, InputError, clip
from core.formats.examination import LedgerFile
from core.formats.jsonl import foreign_file, one_document
from core.formats.ledger_import import jsonl_ledger
from core.formats.mapping import Mapping
from core.formats.workbook import is_workbook

_LOOK: Final = 4096  # bytes that tell what a file is
_OLE: Final = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_TABLE_NAMES: Final = (".csv", ".tsv", ".txt")


class Form(StrEnum):
    """What a file of a ledger may be."""

    JSONL = "jsonl"
    CSV = "csv"
    XLSX = "xlsx"


def recognise(path: Path, name: str) -> Form | InputError:
    """What a file is, or why it is no ledger. Args: `name` of the file in errors."""
    with path.open("rb") as stream:
        first = stream.read(_LOOK)
    if not first.strip():
        return InputError(Code.EMPTY_FILE, name, 0, "0 rows", hint="nothing was changed")
    packed = archive.packed_as(first)
    if packed is not None:
        return archive.refused(name, f"it is packed with {packed}")
    if first.startswith(archive.ZIP):
        return _of_zip(path, name)
    if first.startswith(_OLE):
        problem = "the file looks like an old spreadsheet (XLS), or one with a password"
        return InputError(Code.NOT_CSV, name, 1, problem, hint="save it as XLSX, without a password")
    wide = first.startswith((b"\xff\xfe", b"\xfe\xff"))
    foreign = None if wide else foreign_file(first, name)
    if foreign is not None:
        return InputError(Code.NOT_CSV, name, 1, foreign.problem, hint="save the table as CSV")
    spread = one_document(first, name)
    if spread is not None:
        return spread
    text = next((first.removeprefix(bom) for bom in BOMS if first.startswith(bom)), first)
    return Form.JSONL if text.lstrip().startswith(b"{") else Form.CSV


def _of_zip(path: Path, name: str) -> Form | InputError:
    """A spreadsheet is a ZIP too. One that is named as a table of text was saved as what it is not."""
    if not is_workbook(path):
        return archive.check(path, name) or archive.refused(name, "a ledger is dropped as it is, not packed")
    if name.lower().endswith(_TABLE_NAMES):
        problem = f"the file looks like a spreadsheet (XLSX), and is named {clip(name[name.rindex('.') :])}"
        return InputError(Code.NOT_CSV, name, 1, problem, hint="name it .xlsx, or save the table as CSV")
    return Form.XLSX


def open_ledger(
    path: Path,
    mapping: Mapping | None,
    default_entity: str,
    entities: frozenset[str] = frozenset(),
    *,
    name: str = "",
    only: bool = False,
) -> LedgerFile | InputError:
    """A file as a ledger, or why it is none.

    Args: `mapping` of its columns where it is a table; `entities` that its documents may name beside the default, which
    is the only one with `only`; `name` of the file in errors.
    """
    shown = name or path.name
    form = recognise(path, shown)
    if isinstance(form, InputError):
        return form
    if form is Form.JSONL:
        return jsonl_ledger(path, default_entity, entities, name=shown, only=only)
    if mapping is None:
        problem, hint = "the file is a table, and nothing says which column is what", "give it a mapping"
        return InputError(Code.MISSING_COLUMN, shown, 1, problem, hint=hint)
    read = workbook_ledger if form is Form.XLSX else csv_ledger
    return read(path, mapping, default_entity, entities, name=shown, only=only)
