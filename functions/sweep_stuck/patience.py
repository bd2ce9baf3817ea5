"""A notice whose reader is written to so often that its own turn does not come: after three business days, a task."""

from datetime import datetime
from typing import Final

from core.calendar import add_business_days, local_date, night_to_run
from core.keys import task_id
from functions.shared.settings import Settings
from functions.shared.store import tasks
from functions.shared.store.config import Configuration
from functions.shared.store.notices import NoticeRecord
from functions.shared.store.tasks import Task

KIND: Final = "contact-budget"
OWNER: Final = "accounting"
_BUSINESS_DAYS: Final = 3


def is_over(notice: NoticeRecord, configuration: Configuration, now: datetime) -> bool:
    """Whether it has waited for the contact budget for so long that a person should choose."""
    if notice.waits_for != "budget" or notice.waits_since is None:
        return False
    entity = configuration.entity(notice.entity)
    since = local_date(notice.waits_since, entity.zone)
    return local_date(now, entity.zone) >= add_business_days(since, _BUSINESS_DAYS, frozenset(entity.holidays))


def ask(notice: NoticeRecord, configuration: Configuration, now: datetime) -> None:
    """Once a notice."""
    entity = configuration.entity(notice.entity)
    today = night_to_run(now, entity.zone, entity.run_hour)
    tasks.put(
        Task(
            id=task_id(Settings.from_env().deployment, notice.entity, notice.customer, KIND, notice.id),
            entity=notice.entity,
            customer=notice.customer,
            kind=KIND,
            owner=configuration.holder(OWNER, notice.entity),
            owner_role=OWNER,
            due_on=today,
            created_on=today,
            note=notice.id,
        )
    )
