"""What feeds the ledger: files that were left half way go on, and sources that have gone quiet are told of."""

from datetime import datetime

from core.source import age, is_stale
from functions.shared import queues
from functions.shared.observability import LogEvent, gauge, log
from functions.shared.settings import Settings
from functions.shared.store import config, inbox, sources
from functions.shared.store.attention import Due


def go_on(due: Due, now: datetime) -> bool:
    """Have a file taken that nobody takes now; False when it is over.

    The sweep starts it, so that no function ever queues to itself.
    """
    file = inbox.get(due.entity, due.what)
    if file is None or not file.state.waiting:
        return False
    queues.send(Settings.from_env().inbox_queue_url, [{"v": 1, "entity": file.entity, "file": file.id}])
    inbox.look_later(file, now)
    return True


def watch(now: datetime) -> None:
    """Say how many sources are stale, and how many files or sources wait for a person."""
    configuration = config.read()
    if not any(key.startswith("source#") for key in configuration.versions):
        return
    known = sources.read()
    marks = sources.watermarks(known)
    stale = 0
    for source in known.values():
        mark, entity = marks.get(source.id), configuration.entities.get(source.entity)
        if entity is not None and is_stale(source, mark, now, entity.zone):
            old = age(mark, now, entity.zone)
            hours = None if old is None else int(old.total_seconds() // 3600)
            log(LogEvent.SOURCE_STALE, entity=source.entity, source=source.id, hours=hours)
            stale += 1
    gauge("sources_stale", stale)
    held = sum(len(inbox.held(entity)) for entity in configuration.entities)
    gauge("files_not_taken", held + sum(mark.failure is not None for mark in marks.values()))
