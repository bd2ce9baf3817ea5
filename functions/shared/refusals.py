"""A notice that the mail provider will never take: visible as a task of a person, one an account while it lasts."""

from datetime import datetime
from typing import Final

from functions.shared import asking
from functions.shared.store.config import Configuration
from functions.shared.store.notices import NoticeRecord

KIND: Final = "delivery-failed"


def open_refusal(notice: NoticeRecord, configuration: Configuration, now: datetime) -> None:
    """Ask a person. The next night tries again with a new notice; a task that is still open stands for that one too."""
    asking.ask(KIND, notice, notice.person, configuration, now, note=notice.reason or "", reopen=True)
