"""One file: fetched, then read as what its source sends."""

from pathlib import Path
from tempfile import TemporaryDirectory

from core.formats.csv_table import LARGEST_FILE
from core.formats.errors import Code
from core.source import Source, SourceKind
from functions.ingest_files.endings import Refused
from functions.ingest_files.moment import Moment
from functions.shared import inbox_objects as objects
from functions.shared.store.inbox import InboxFile


def take(file: InboxFile, source: Source, moment: Moment) -> InboxFile:
    """Take one file; it may end held, or go on in a later invocation.

    Raises: Refused.
    """
    if file.size > LARGEST_FILE:
        raise Refused(Code.FILE_TOO_LARGE, f"{file.size:,} bytes, at most {LARGEST_FILE:,} are read; split the file")
    with TemporaryDirectory() as folder:
        path = Path(folder) / "file"
        try:
            objects.fetch(file.key, file.version, path)
        except objects.GoneError:
            raise Refused("FILE_GONE", "the object was removed before it was read") from None
        if source.kind is SourceKind.BANK:
            from functions.ingest_files import bank

            return bank.take(file, source, path, moment)
        from functions.ingest_files import ledger

        return ledger.take(file, source, path, moment)
