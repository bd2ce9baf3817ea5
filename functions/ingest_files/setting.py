"""The source by which a file is read, kept with the file: a change of the source is for the files after it."""

from core.packing import deflate, inflate
from core.source import Source
from functions.shared.store.inbox import InboxFile


def packed(source: Source) -> bytes:
    """A source as it is kept with a file that is read by it."""
    return deflate(source.model_dump(mode="json", exclude_none=True))


def unpacked(file: InboxFile) -> Source:
    """The source by which a file was read, whatever it says by now."""
    return Source.model_validate(inflate(file.setting))
