"""Copies to subsidiaries whose invoices their parent was asked for: a notice each, sent once that message was accepted.

A copy is sent as any other notice, within the contact budget of its reader; nothing on an account depends on it.
"""

from datetime import datetime, timedelta
from typing import Final

from core.calendar import local_date
from core.decide.copies import Original, copy_plan, reader_of
from core.decide.model import NoticePlan, Reason, Setting
from core.keys import copy_id
from core.ledger import ChaseAt
from functions.shared.settings import Settings
from functions.shared.store import accounts, customers, notices
from functions.shared.store.accounts import AccountRecord
from functions.shared.store.config import Configuration
from functions.shared.store.notices import NoticeRecord

_SOON: Final = timedelta(minutes=1)  # no queue is at hand where notices end: the sweep offers the copy


def plan(notice: NoticeRecord, now: datetime) -> None:
    """Write down the copies that an accepted message calls for; twice is the same as once."""
    for customer_id, items in notice.subsidiaries.items():
        found = customers.read(customer_id)
        if found is None or found[0].chase_at is not ChaseAt.BOTH:
            continue
        copy = NoticeRecord(
            id=copy_id(notice.id, customer_id),
            kind="copy",
            entity=notice.entity,
            customer=customer_id,
            copy_of=notice.customer,
            subsidiaries={customer_id: items},
            group=notice.group,
            as_of=notice.as_of,
            not_before=now + _SOON,
            policy=notice.policy,
            policy_version=notice.policy_version,
            step=notice.step,
            level=notice.level,
            template=notice.template,
        )
        notices.put_planned(copy, now)


def look(
    copy: NoticeRecord, configuration: Configuration, now: datetime
) -> tuple[AccountRecord, Setting, NoticePlan | Reason] | None:
    """What of a copy is still wanted, on the parent's account as the subsidiary may see it; None when that is gone."""
    record, found = accounts.read(copy.entity, copy.copy_of), customers.read(copy.customer)
    if record is None or found is None:
        return None
    reader = reader_of(record.facts.customer, found[0]), found[1]
    setting = configuration.setting(
        copy.entity, copy.policy, copy.policy_version, deployment=Settings.from_env().deployment
    )
    original = Original(copy.id, copy.group, copy.step, copy.level, copy.template)
    items, today = copy.subsidiaries.get(copy.customer, ()), local_date(now, setting.entity.zone)
    wanted = copy_plan(record.facts, reader, setting, original, items, now, today)
    return record.read_by(*reader), setting, wanted
