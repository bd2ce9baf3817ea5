"""An address that is not written to any more, and what its account makes of it."""

from datetime import datetime
from typing import Final

from core.calendar import night_to_run
from functions.shared import asking
from functions.shared.observability import LogEvent, log
from functions.shared.store import accounts, customers
from functions.shared.store.config import Configuration
from functions.shared.store.notices import NoticeRecord

KIND: Final = "fix-address"


def leave(notice: NoticeRecord, address: str, reason: str, configuration: Configuration, now: datetime) -> bool:
    """The account of a notice stops using an address hash, looks for its next contact, and asks for a better one.

    Returns: whether a contact of the customer was switched off now.
    """
    log(LogEvent.ADDRESS_OFF, notice_id=notice.id, reason=reason)
    asking.ask(KIND, notice, address, configuration, now, note=reason)
    if not notice.customer or not customers.switch_off(notice.customer, address, reason):
        return False
    entity = configuration.entity(notice.entity)
    accounts.wake(notice.entity, notice.customer, night_to_run(now, entity.zone, entity.run_hour))
    return True
