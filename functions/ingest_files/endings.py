"""How a file ends: taken, held for a person, overtaken by a newer one, or refused with reasons."""

import json
from collections.abc import Iterable
from datetime import datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final

from core.formats.errors import Code, InputError
from core.source import Source
from functions.shared import inbox_objects as objects
from functions.shared.observability import LogEvent, log
from functions.shared.store import inbox, sources
from functions.shared.store.inbox import FileState, InboxFile

_SAID: Final = 300  # characters of a reason that are kept


class Refused(Exception):  # noqa: N818 - an answer about the file, not a failure of ours
    """The file is not taken: why, with what was found where."""

    def __init__(self, code: str, said: str, findings: Iterable[InputError] = ()) -> None:
        super().__init__(code)
        self.code, self.said, self.findings = code, said, tuple(findings)


def done(file: InboxFile, now: datetime, **changes: Any) -> InboxFile:
    """All of the file is stored."""
    file = inbox.move(file, state=FileState.TAKEN, finished_at=now, attempts=0, **changes)
    log(LogEvent.FILE_TAKEN, entity=file.entity, source=file.source, file=file.id, **file.counts)
    return file


def hold(file: InboxFile, code: str, said: str, now: datetime, **changes: Any) -> InboxFile:
    """A person decides about the file: `pastdue inbox`."""
    file = inbox.move(file, state=FileState.HELD, code=code, said=said, finished_at=now, attempts=0, **changes)
    log(LogEvent.FILE_HELD, entity=file.entity, source=file.source, file=file.id, code=code)
    return file


def overtake(file: InboxFile, now: datetime) -> None:
    """What was held of the same source and is older says nothing any more: this file held everything."""
    for older in inbox.held(file.entity):
        if older.source == file.source and older.modified_at < file.modified_at and not older.done:
            said = f"a newer file was taken, of {file.modified_at:%Y-%m-%d %H:%M:%S} UTC"
            inbox.move(older, state=FileState.REFUSED, code="OUTDATED", said=said, finished_at=now)


def refuse(file: InboxFile, source: Source | None, refused: Refused, now: datetime) -> InboxFile:
    """Nothing of the file is stored; what is wrong with it lies in its reject file."""
    there = inbox.get(file.entity, file.id) or file
    key = write_rejects(there, refused.findings) if refused.findings else ""
    if source is not None:
        sources.failed(source, at=now, failure=refused.code, what=file.key)
    event = LogEvent.FILE_OTHER_ENTITY if refused.code == Code.TENANT_MISMATCH else LogEvent.FILE_REFUSED
    log(event, entity=file.entity, source=file.source, file=file.id, code=refused.code)
    said = refused.said[:_SAID]
    return inbox.move(
        there, state=FileState.REFUSED, code=refused.code, said=said, rejects=key or there.rejects, finished_at=now
    )


def write_rejects(file: InboxFile, findings: Iterable[InputError], lines: dict[int, str] | None = None) -> str:
    """What is wrong with a file, a finding a line, with the rejected line where it is known. Returns: its key."""
    key = f"rejects/{file.entity}/{file.source}/{file.id}.jsonl"
    with TemporaryDirectory() as folder:
        path = Path(folder) / "rejects"
        with path.open("w", encoding="utf-8") as out:
            for found in findings:
                shown = {"file": file.name, **_shown(found)}
                text = (lines or {}).get(found.line)
                out.write(json.dumps({**shown, "text": text} if text is not None else shown, ensure_ascii=False) + "\n")
        objects.put(key, path, "application/x-ndjson")
    return key


def _shown(found: InputError) -> dict[str, Any]:
    shown = {
        "line": found.line,
        "column": found.column,
        "code": found.code,
        "field": found.field,
        "problem": found.problem,
        "found": found.found,
        "allowed": found.allowed,
        "hint": found.hint,
        "severity": found.severity,
    }
    return {name: value for name, value in shown.items() if value is not None}
