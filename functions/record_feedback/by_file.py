"""The events of a file, each by itself: one that fails holds none of the others."""

from collections.abc import Callable
from datetime import datetime
from itertools import islice
from typing import Final

from core.delivery import DeliveryEvent
from functions.record_feedback import files
from functions.record_feedback.events import MailEvent, read_event
from functions.record_feedback.files import Body, File
from functions.shared import queues
from functions.shared.batches import place_of
from functions.shared.observability import LogEvent, count, log
from functions.shared.settings import Settings
from functions.shared.store import feedback

RESERVE: Final = 60_000  # milliseconds that are kept for handing on what is left
_PIECE: Final = 400  # events that are looked at together: a minute of mails

Hear = Callable[[MailEvent], None]
Read = tuple[Body, MailEvent | None]  # an event as it came, and what it says; None for one that cannot be read


class NothingHeardError(RuntimeError):
    """Of a whole piece nothing could be heard: that is no fault of one event."""


def hear_file(file: File, hear: Hear, now: datetime, remaining: Callable[[], int]) -> None:
    """Hear what a file says. What fails, or has no time left, goes on alone by the queue of single events.

    Where all fails, the file waits for what is out of order: alone, its events would soon be given up on.

    Args: `hear` one event; `remaining` milliseconds of the invocation.
    Raises: what reading the file raises, NothingHeardError and QueueRefusedError; then it comes again.
    """
    bodies = files.read(file)
    while piece := list(islice(bodies, _PIECE)):
        said = spared([(body, _read(body)) for body in piece], now)
        if left := _left(said, hear, remaining, alone=file.replayed):
            queues.send(Settings.from_env().feedback_queue_url, left)
            count("mail_event_apart", len(left))


def _left(events: list[Read], hear: Hear, remaining: Callable[[], int], *, alone: bool) -> list[Body]:
    """Those that failed, and those for which no time was left.

    Args: `alone` even if all fail: somebody waits for the end of a file that comes once more.
    """
    failed: list[Body] = []
    tried = 0
    for body, event in events:
        if remaining() < RESERVE:
            break
        tried += 1
        if not _is_heard(body, event, hear):
            failed.append(body)
    if failed and len(failed) == tried and not alone:
        raise NothingHeardError(f"{tried} mail events")
    return [*failed, *(body for body, _ in events[tried:])]


def _is_heard(body: Body, event: MailEvent | None, hear: Hear) -> bool:
    try:
        hear(event or read_event(body))  # what cannot be read says why
    except Exception as error:  # noqa: BLE001 - it is tried again by itself, and ends as a dead letter by itself
        log(LogEvent.MAIL_EVENT_APART, error=type(error).__name__, place=place_of(error))
        return False
    return True


def spared(events: list[Read], now: datetime) -> list[Read]:
    """Without those that say nothing more: that a mail went, where it is said beside it that it arrived."""
    arrived = {event.message_id: event for _, event in events if event and event.kind is DeliveryEvent.DELIVERY}
    return [
        (body, event)
        for body, event in events
        if event is None or not _says_nothing(event, arrived.get(event.message_id), now)
    ]


def _says_nothing(event: MailEvent, arrived: MailEvent | None, now: datetime) -> bool:
    """A late one does say something where its arrival is not late: that events lag."""
    if event.kind is not DeliveryEvent.ACCEPT or arrived is None:
        return False
    return feedback.in_time(event.happened_at, now) or not feedback.in_time(arrived.happened_at, now)


def _read(body: Body) -> MailEvent | None:
    """The event; None for one that cannot be read, which fails by itself."""
    try:
        return read_event(body)
    except (LookupError, TypeError, ValueError, AttributeError):
        return None
