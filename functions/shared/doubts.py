"""A notice of which nobody knows whether it went: visible as a task of a person, until something settles it."""

from datetime import datetime
from typing import Final

from functions.shared import asking
from functions.shared.observability import LogEvent, log
from functions.shared.store import tasks
from functions.shared.store.config import Configuration
from functions.shared.store.notices import NoticeRecord

KIND: Final = "delivery-doubt"


def open_doubt(notice: NoticeRecord, configuration: Configuration, now: datetime) -> None:
    """Ask a person, and say it in the log at a level that raises an alarm. Twice is the same as once."""
    log(LogEvent.NOTICE_IN_DOUBT, notice_id=notice.id)
    asking.ask(KIND, notice, notice.id, configuration, now, note=notice.id)


def close_doubt(notice: NoticeRecord, now: datetime) -> None:
    """The provider's events said that it went."""
    tasks.close(asking.id_of(KIND, notice, notice.id), "settled by a mail event", now)
