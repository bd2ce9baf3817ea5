"""A bank's file: every statement of it is read and proved before the first entry is booked."""

from pathlib import Path

from core.source import Source
from functions.ingest_files.moment import Moment
from functions.ingest_files.taking import Refused
from functions.shared.store.inbox import InboxFile


def take(file: InboxFile, source: Source, path: Path, moment: Moment) -> InboxFile:  # noqa: ARG001
    """Take a bank's file.

    Raises: Refused.
    """
    raise Refused("NOT_TAKEN", "files of banks are not booked yet")
