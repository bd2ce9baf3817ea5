"""Other systems are asked what changed since their last file was taken; what they say becomes a file in the inbox.

The inbox does the rest: it checks the file whole, takes it once, and moves the source's mark. So a pull that dies
leaves nothing half done; its pages are kept, and the next one goes on behind them. A file that was refused is asked for
again, as the mark has not moved.
"""

import secrets
from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import PurePosixPath
from tempfile import TemporaryDirectory
from typing import Final

from core.calendar import local_date
from core.connect import ADAPTERS, NAMED_BY_ID, Window
from core.connect.adapter import AnswerError
from core.ledger import Entity
from core.source import Source, Watermark
from core.values import replace
from functions.pull_ledgers import files
from functions.pull_ledgers.memory import Memory
from functions.pull_ledgers.questions import OutOfTimeError, Questions
from functions.shared.batches import place_of
from functions.shared.observability import LogEvent, log
from functions.shared.store import config, pulls, sources
from functions.shared.store.pulls import Pull
from functions.shared.system_doors import opened
from functions.shared.system_web import WebError

_STAMP: Final = "%Y%m%dT%H%M%SZ"
_SAID: Final = 200  # characters of a reason that are kept
# A list where an object should be, text where a number should: whatever an adapter meets that it does not look for.
_ODD: Final = (ArithmeticError, AttributeError, LookupError, OSError, TypeError, ValueError)


class Outcome(StrEnum):
    """What became of a source; also the name of its counter."""

    PULLED = "source_pulled"
    PAUSED = "source_paused"  # the next invocation goes on
    FAILED = "source_failed"
    RESTS = "source_rests"  # its time has not come, or another worker asks it


def pull_all(now: datetime, remaining: Callable[[], int], *, only: str | None = None) -> Counter[str]:
    """Ask every source that another system feeds, or the one that is named. Returns: how many came to which outcome."""
    outcomes: Counter[str] = Counter()
    entities, faults = config.read().entities, list[Exception]()
    for source in sources.read().values():
        if source.kind in ADAPTERS and source.entity in entities and only in (None, source.id):
            try:
                outcomes[pull(source, entities[source.entity], now, remaining)] += 1
            except Exception as error:  # noqa: BLE001 - the other sources are asked first
                faults.append(error)
    if faults:
        raise faults[0]
    return outcomes


def pull(source: Source, entity: Entity, now: datetime, remaining: Callable[[], int]) -> Outcome:
    """Ask one source, as far as the time goes."""
    state = pulls.take(source.id, secrets.token_hex(8), now)
    if state is None:
        return Outcome.RESTS
    window = Window(_taken_until(source, sources.watermark(source.id)), state.until)
    try:
        lines = _ask(source, entity, window, state, remaining)
    except OutOfTimeError:
        pulls.pause(state, now)
        return Outcome.PAUSED
    except (WebError, AnswerError) as error:
        code, reason = (error.code, str(error)) if isinstance(error, WebError) else ("BAD_ANSWER", error.where)
        sources.failed(source, at=now, failure=code, what=f"{state.id}, {error}"[:_SAID])
        again_at = pulls.fail(state, now, anew=isinstance(error, AnswerError))
        log(LogEvent.PULL_FAILED, source=source.id, code=code, reason=reason[:_SAID], again_at=again_at.isoformat())
        return Outcome.FAILED
    pulls.end(state, now, minutes=int(source.settings.get("every_minutes", 60)))
    log(LogEvent.PULL_DONE, source=source.id, lines=lines)
    return Outcome.PULLED


def _ask(source: Source, entity: Entity, window: Window, state: Pull, remaining: Callable[[], int]) -> int:
    """Put everything that the window holds into one file of the inbox. Returns: its lines."""
    questions = Questions(source, state.id, opened(source), remaining)
    stamp, since = state.until.strftime(_STAMP), window.since
    key = f"inbox/{source.entity}/{source.id}/pull-{stamp}.jsonl"
    with TemporaryDirectory() as folder:
        memory = Memory(f"{source.entity}/{source.id}", since.strftime(_STAMP) if since else None, folder)
        asked = replace(window, told=memory.told)
        try:
            path, count = files.write(
                memory.following(ADAPTERS[source.kind](source.settings, asked, questions.get)),
                system=source.kind.value,
                entity=source.entity,
                as_of=local_date(window.until, entity.zone),
                folder=folder,
            )
        except AnswerError:
            raise
        except _ODD as odd:
            where = f"{type(odd).__name__} at {place_of(odd)}"
            raise AnswerError(where, "the answer is not of the shape that is documented") from odd
        if source.kind in NAMED_BY_ID and source.snapshot != "full":
            memory.keep(stamp)
        files.put(key, path)
    return count


def _taken_until(source: Source, mark: Watermark | None) -> datetime | None:
    """Up to when the files that were taken reach; None: begin with everything that is open."""
    if source.snapshot == "full" or mark is None or mark.took is None:
        return None
    stem = PurePosixPath(mark.took).name.removeprefix("pull-").removesuffix(".jsonl")
    try:
        return datetime.strptime(stem, _STAMP).replace(tzinfo=UTC)
    except ValueError:
        return None  # a file that somebody dropped by hand
