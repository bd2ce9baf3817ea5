"""How far the reading of a ledger came, kept in the bucket for the next invocation."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

from core.formats.examination import SAVED_AS, Examination
from core.formats.notebook import Notebook
from core.source import Source
from functions.ingest_files import setting
from functions.ingest_files.moment import Moment
from functions.shared import inbox_objects as objects
from functions.shared.observability import LogEvent, log
from functions.shared.store import inbox
from functions.shared.store.inbox import InboxFile

_MEDIA_TYPE: Final = "application/vnd.sqlite3"


@contextmanager
def notebook(file: InboxFile, source: Source) -> Iterator[Notebook]:
    """What an earlier invocation learned of the file by the same source; where there is nothing, a new one."""
    with TemporaryDirectory() as folder:
        path = Path(folder) / "notebook"
        if _goes_on(file, source):
            try:
                objects.fetch(file.form["kept"], "", path)
            except objects.GoneError:  # it is read again from the start
                path.unlink(missing_ok=True)
        with Notebook(path) as found:
            yield found


def _goes_on(file: InboxFile, source: Source) -> bool:
    """Whether something is kept, by this code, of the file as the source has it read."""
    if "kept" not in file.form or file.form["saved_as"] != SAVED_AS:
        return False
    return setting.unpacked(file) == source


def pause(file: InboxFile, source: Source, examination: Examination, moment: Moment, *, came_on: bool) -> InboxFile:
    """Keep what was learned; the next invocation goes on. Args: `came_on` False: it was one more attempt in vain."""
    form = dict(file.form)
    if examination.is_new:
        form |= {"kept": f"checks/{file.entity}/{file.source}/{file.id}.{file.rev}", "saved_as": SAVED_AS}
        objects.put(form["kept"], examination.save(), _MEDIA_TYPE)
    log(
        LogEvent.FILE_PAUSED,
        entity=file.entity,
        source=file.source,
        file=file.id,
        read=max(0, examination.line),
        done=file.done,
    )
    attempts = 0 if came_on else file.attempts
    return inbox.move(file, moment.now, setting=setting.packed(source), form=form, attempts=attempts)
