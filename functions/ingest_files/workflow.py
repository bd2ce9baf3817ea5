"""An object in the inbox becomes a file of its source; the files of a source are taken one after the other.

Nothing of a file is stored before all of it is checked. Then its accounts are written one by one, each whole, and how
far that came is written down: a worker that dies or runs out of time leaves a file that the next one goes on with.
"""

import secrets
from collections import Counter
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, Final

from core.source import Source
from functions.ingest_files import endings, setting, taking
from functions.ingest_files.arrivals import Again, Arrival, arrivals, file_of
from functions.ingest_files.endings import Refused
from functions.ingest_files.moment import Moment
from functions.shared.observability import LogEvent, log
from functions.shared.outages import is_outage
from functions.shared.settings import Settings
from functions.shared.store import config, inbox, sources
from functions.shared.store.inbox import FileState, InboxFile


class Outcome(StrEnum):
    """What became of an object or a file; also the name of its counter."""

    RECEIVED = "file_received"
    SEEN_BEFORE = "file_seen_before"
    GONE = "file_gone"  # removed before anybody looked
    FOREIGN = "file_foreign"  # belongs to no entity
    BUSY = "file_busy"  # another worker takes this source
    PAUSED = "file_paused"  # the next invocation goes on
    TAKEN = "file_taken"
    HELD = "file_held"
    REFUSED = "file_refused"


_OF_STATE: Final = {
    FileState.TAKEN: Outcome.TAKEN,
    FileState.HELD: Outcome.HELD,
    FileState.REFUSED: Outcome.REFUSED,
}
MOST_ATTEMPTS: Final = 5  # at a file that brings its worker down; then a person looks
_OUTAGE: Final = timedelta(days=1)  # what lasts longer may be the file's: an object that we may not read, a full disk


def handle(message: dict[str, Any], moment: Moment) -> Counter[str]:
    """See to one message: a notification of S3, or word that a file was left half way. Returns: counts of outcomes."""
    outcomes: Counter[str] = Counter()
    touched: dict[tuple[str, str], None] = {}
    if "file" in message:
        again = Again.model_validate(message)
        file = inbox.get(again.entity, again.file)
        if file is not None and file.state.waiting:
            inbox.register(file)
            touched[file.entity, file.source] = None
    for arrival in arrivals(message, Settings.from_env().inbox_bucket):
        place = _received(arrival, moment.now, outcomes)
        if place is not None:
            touched[place] = None
    for entity, source in touched:
        outcomes += take_all(entity, source, moment)
    return outcomes


def _received(arrival: Arrival, now: datetime, outcomes: Counter[str]) -> tuple[str, str] | None:
    """Write an arrival down. Returns: its entity and source; None where nobody is to do anything."""
    place = arrival.place
    if place is None or place[0] not in config.read().entities:
        if arrival.size:  # a console makes folders as empty objects
            log(LogEvent.FILE_FOREIGN)
            outcomes[Outcome.FOREIGN] += 1
        return None
    file = file_of(arrival, *place, now)
    if file is None:
        outcomes[Outcome.GONE] += 1
        return None
    new = inbox.register(file)
    outcomes[Outcome.RECEIVED if new else Outcome.SEEN_BEFORE] += 1
    if new:
        log(LogEvent.FILE_RECEIVED, entity=file.entity, source=file.source, file=file.id, bytes=file.size)
    return place


def take_all(entity: str, source: str, moment: Moment) -> Counter[str]:
    """Take what lies unread of one source, the earliest first, unless another worker does."""
    owner, outcomes = secrets.token_hex(8), Counter[str]()
    while (first := next(inbox.waiting(entity, source), None)) is not None:
        if not inbox.take_source(source, owner, moment.now):
            outcomes[Outcome.BUSY] += 1
            break
        try:
            done = _take_each(first, moment, outcomes)
        finally:
            inbox.leave_source(source, owner, moment.now)
        if not done:
            break
    return outcomes


def _take_each(first: InboxFile, moment: Moment, outcomes: Counter[str]) -> bool:
    """Take files while there are any; False when the time is up."""
    for file in inbox.waiting(first.entity, first.source):
        if moment.is_over:
            inbox.move(file, look_at=moment.now)
            outcomes[Outcome.PAUSED] += 1
            return False
        state = _take(file, moment)
        outcomes[_OF_STATE.get(state, Outcome.PAUSED)] += 1
        if state.waiting:
            return False
    return True


def _take(file: InboxFile, moment: Moment) -> FileState:
    """One file, as far as it comes."""
    if file.attempts >= MOST_ATTEMPTS:
        return endings.hold(file, "FAILED", f"it was begun {file.attempts} times and never ended", moment.now).state
    source = _source_of(file)
    file = inbox.move(file, look_at=moment.now + inbox.LEASE, attempts=file.attempts + 1)
    if source is None:
        unknown = Refused("UNKNOWN_SOURCE", "no such source is configured for this entity")
        return endings.refuse(file, None, unknown, moment.now).state
    try:
        return taking.take(file, source, moment).state
    except Refused as refused:
        return endings.refuse(file, source, refused, moment.now).state
    except Exception as error:
        there = inbox.get(file.entity, file.id)
        if is_outage(error) and there is not None and _is_excused(there, moment.now):
            inbox.move(there, look_at=moment.now + inbox.LEASE, attempts=there.attempts - 1)
        raise


def _source_of(file: InboxFile) -> Source | None:
    """The file's source; None where none is configured. What is half written is written to its end nevertheless."""
    source = sources.get(file.source)
    if source is not None and source.entity == file.entity:
        return source
    return setting.unpacked(file) if file.state is FileState.TAKING and file.setting else None


def _is_excused(file: InboxFile, now: datetime) -> bool:
    """Whether an outage is taken for no fault of the file: its attempt does not count."""
    return bool(file.attempts) and now - file.received_at < _OUTAGE
