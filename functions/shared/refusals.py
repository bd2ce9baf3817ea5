"""A notice that the mail provider will never take: visible as a task of a person, one an account while it lasts."""

from datetime import datetime
from typing import Final

from functions.shared import asking
from functions.shared.store import tasks
from functions.shared.store.config import Configuration
from functions.shared.store.notices import NoticeRecord
from functions.shared.store.tasks import TaskState

KIND: Final = "delivery-failed"


def open_refusal(notice: NoticeRecord, configuration: Configuration, now: datetime) -> None:
    """Ask a person. The next night tries again with a new notice; a task that is still open stands for that one too.

    Where the reader's server did not take it, the new one waits for the task, a week at most: sent every night, it
    would harm the sender's name and reach nobody.
    """
    asking.ask(KIND, notice, notice.person, configuration, now, note=notice.reason or "", reopen=True)


def is_open(notice: NoticeRecord) -> bool:
    """Whether a person of whom that was asked for this account has not seen to it yet."""
    task = tasks.read(asking.id_of(KIND, notice, notice.person))
    return task is not None and task.state is TaskState.OPEN
