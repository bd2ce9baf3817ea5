"""Asking a person about a notice, where no policy step does: a doubt, a refusal, a dead address, too long a wait."""

from datetime import datetime
from typing import Final

from core.calendar import night_to_run
from core.keys import task_id
from functions.shared.settings import Settings
from functions.shared.store import tasks
from functions.shared.store.config import Configuration
from functions.shared.store.notices import NoticeRecord
from functions.shared.store.tasks import Task

OWNER: Final = "accounting"  # who sees to what the mail meets
_MOST_ITEMS: Final = 200  # named one by one


def ask(
    kind: str,
    notice: NoticeRecord,
    cause: str,
    configuration: Configuration,
    now: datetime,
    *,
    note: str,
    reopen: bool = False,
) -> None:
    """One open task of a kind for one cause of one account; asking twice is asking once.

    Args: `reopen` asks again where an earlier task of the same cause was ended.
    """
    entity = configuration.entity(notice.entity)
    today = night_to_run(now, entity.zone, entity.run_hour)
    tasks.put(
        Task(
            id=id_of(kind, notice, cause),
            entity=notice.entity,
            customer=notice.customer,
            kind=kind,
            items=tuple(due.item for due in notice.steps)[:_MOST_ITEMS],
            item_count=len(notice.steps),
            owner=configuration.holder(OWNER, notice.entity),
            owner_role=OWNER,
            due_on=today,
            created_on=today,
            note=note,
        ),
        reopen=reopen,
    )


def id_of(kind: str, notice: NoticeRecord, cause: str) -> str:
    """The task that stands for a cause."""
    return task_id(Settings.from_env().deployment, notice.entity, notice.customer, kind, cause)
