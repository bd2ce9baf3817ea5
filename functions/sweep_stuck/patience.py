"""A notice whose reader is written to so often that its own turn does not come: after three business days, a task."""

from datetime import datetime
from typing import Final

from core.calendar import add_business_days, local_date
from functions.shared import asking
from functions.shared.store.config import Configuration
from functions.shared.store.notices import NoticeRecord

KIND: Final = "contact-budget"
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
    asking.ask(KIND, notice, notice.id, configuration, now, note=notice.id)
