"""Letters: a person prints and posts them, and says so. Nothing is mailed in their place."""

from datetime import datetime, timedelta
from typing import Final

from functions.shared import asking
from functions.shared.store import tasks
from functions.shared.store.config import Configuration
from functions.shared.store.notices import NoticeRecord

KIND: Final = "post-letter"
LOOK_AGAIN: Final = timedelta(hours=6)  # whether the letter is still wanted


def ask(notice: NoticeRecord, configuration: Configuration, now: datetime) -> None:
    """Ask a person to post it; once a letter."""
    asking.ask(KIND, notice, notice.id, configuration, now, note=notice.id)


def withdraw(notice: NoticeRecord, now: datetime) -> None:
    """It is not wanted any more."""
    tasks.close(asking.id_of(KIND, notice, notice.id), notice.reason or "not wanted any more", now)
