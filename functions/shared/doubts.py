"""A notice of which nobody knows whether it went: visible as a task of a person, until something settles it."""

from datetime import datetime
from typing import Final

from core.calendar import night_to_run
from core.keys import task_id
from functions.shared.observability import LogEvent, log
from functions.shared.settings import Settings
from functions.shared.store import tasks
from functions.shared.store.config import Configuration
from functions.shared.store.notices import NoticeRecord
from functions.shared.store.tasks import Task

KIND: Final = "delivery-doubt"
OWNER: Final = "accounting"
_MOST_ITEMS: Final = 200


def open_doubt(notice: NoticeRecord, configuration: Configuration, now: datetime) -> None:
    """Ask a person, and say it in the log at a level that raises an alarm. Twice is the same as once."""
    entity = configuration.entity(notice.entity)
    today = night_to_run(now, entity.zone, entity.run_hour)
    log(LogEvent.NOTICE_IN_DOUBT, notice_id=notice.id)
    tasks.put(
        Task(
            id=_task_id(notice),
            entity=notice.entity,
            customer=notice.customer,
            kind=KIND,
            items=tuple(due.item for due in notice.steps)[:_MOST_ITEMS],
            item_count=len(notice.steps),
            owner=configuration.holder(OWNER, notice.entity),
            owner_role=OWNER,
            due_on=today,
            created_on=today,
            note=notice.id,
        )
    )


def close_doubt(notice: NoticeRecord, now: datetime) -> None:
    """The provider's events said that it went."""
    tasks.close(_task_id(notice), "settled by a mail event", now)


def _task_id(notice: NoticeRecord) -> str:
    return task_id(Settings.from_env().deployment, notice.entity, notice.customer, KIND, notice.id)
