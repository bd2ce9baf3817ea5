"""An address that is not written to any more, and what its account makes of it."""

from datetime import datetime
from typing import Final

from core.calendar import night_to_run
from core.keys import task_id
from functions.shared.observability import LogEvent, log
from functions.shared.settings import Settings
from functions.shared.store import accounts, customers, tasks
from functions.shared.store.config import Configuration
from functions.shared.store.notices import NoticeRecord
from functions.shared.store.tasks import Task

KIND: Final = "fix-address"
OWNER: Final = "accounting"  # who mends addresses


def leave(notice: NoticeRecord, address: str, reason: str, configuration: Configuration, now: datetime) -> bool:
    """The account of a notice stops using an address hash, looks for its next contact, and asks for a better one.

    Returns: whether a contact of the customer was switched off now.
    """
    entity = configuration.entity(notice.entity)
    today = night_to_run(now, entity.zone, entity.run_hour)
    log(LogEvent.ADDRESS_OFF, notice_id=notice.id, reason=reason)
    tasks.put(
        Task(
            id=task_id(Settings.from_env().deployment, notice.entity, notice.customer, KIND, address),
            entity=notice.entity,
            customer=notice.customer,
            kind=KIND,
            owner=configuration.holder(OWNER, notice.entity),
            owner_role=OWNER,
            due_on=today,
            created_on=today,
            note=reason,
        )
    )
    if notice.kind != "customer" or not customers.switch_off(notice.customer, address, reason):
        return False
    accounts.wake(notice.entity, notice.customer, today)
    return True
