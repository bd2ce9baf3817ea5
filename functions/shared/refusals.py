"""A notice that the mail provider will never take: visible as a task of a person, one an account while it lasts."""

from datetime import datetime
from typing import Final

from core.calendar import night_to_run
from core.keys import task_id
from functions.shared.settings import Settings
from functions.shared.store import tasks
from functions.shared.store.config import Configuration
from functions.shared.store.notices import NoticeRecord
from functions.shared.store.tasks import Task

KIND: Final = "delivery-failed"
OWNER: Final = "accounting"
_MOST_ITEMS: Final = 200


def open_refusal(notice: NoticeRecord, configuration: Configuration, now: datetime) -> None:
    """Ask a person. The next night tries again with a new notice; a task that is still open stands for that one too."""
    entity = configuration.entity(notice.entity)
    today = night_to_run(now, entity.zone, entity.run_hour)
    tasks.put(
        Task(
            id=task_id(Settings.from_env().deployment, notice.entity, notice.customer, KIND, notice.person),
            entity=notice.entity,
            customer=notice.customer,
            kind=KIND,
            items=tuple(due.item for due in notice.steps)[:_MOST_ITEMS],
            item_count=len(notice.steps),
            owner=configuration.holder(OWNER, notice.entity),
            owner_role=OWNER,
            due_on=today,
            created_on=today,
            note=notice.reason or "",
        ),
        reopen=True,
    )
