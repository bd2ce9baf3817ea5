"""Letters: a person prints and posts them, and says so. Nothing is mailed in their place."""

from datetime import datetime, timedelta
from typing import Final

from core.delivery import ACCEPTED
from functions.shared import asking
from functions.shared.store import tasks
from functions.shared.store.config import Configuration
from functions.shared.store.notices import NoticeRecord

KIND: Final = "post-letter"
CHANNEL: Final = "letter"
ON_ITS_WAY: Final = timedelta(days=3)  # from the post to the reader
LOOK_AGAIN: Final = timedelta(hours=6)  # whether the letter is still wanted


def ask(notice: NoticeRecord, configuration: Configuration, now: datetime) -> None:
    """Ask a person to post it; once a letter, and again where it was to be a mail in between."""
    asking.ask(KIND, notice, notice.id, configuration, now, note=notice.id, reopen=True)


def is_off(notice: NoticeRecord) -> bool:
    """Whether a notice that has ended may have left a task behind: it was no letter in the end, or was never posted."""
    posted = notice.channel == CHANNEL and notice.state in ACCEPTED
    return not posted and (notice.channel == CHANNEL or notice.waits_since is not None)


def withdraw(notice: NoticeRecord, now: datetime) -> None:
    """It is not wanted any more."""
    tasks.close(asking.id_of(KIND, notice, notice.id), notice.reason or "not wanted any more", now)
