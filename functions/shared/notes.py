"""Notes to those who got a message of a run that was taken back: a notice each, sent once; no account needs them."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import date, datetime, timedelta
from typing import Final

from core.calendar import local_date
from core.decide.answers import TEMPLATES, AnsweredLine, AnswerPlan
from core.decide.model import Charge, Setting
from core.decide.retraction import retraction
from core.keys import stable_id
from core.ledger import Item
from core.plans import invoices_of
from core.state import DueStep
from functions.shared.settings import Settings
from functions.shared.store import accounts, items, notices
from functions.shared.store.accounts import AccountRecord
from functions.shared.store.config import Configuration
from functions.shared.store.notices import NoticeRecord

TEMPLATE: Final = TEMPLATES["retraction"]
_SOON: Final = timedelta(minutes=1)  # no queue is at hand where a person retracts: the sweep offers it


def id_of(entity: str, customer_id: str, on: date) -> str:
    """The id of the one note to an account about one run."""
    return stable_id("retraction", Settings.from_env().deployment, entity, customer_id, on.isoformat())


def plan(
    told: Sequence[NoticeRecord], charges: Iterable[Charge], on: date, configuration: Configuration, now: datetime
) -> str | None:
    """Write down the one note to an account. Args: `told` its messages of the run of `on` that somebody got."""
    if not told:
        return None
    first = told[0]
    return _put(id_of(first.entity, first.customer, on), told, tuple(charges), configuration, now)


def plan_late(notice: NoticeRecord, configuration: Configuration, now: datetime) -> str:
    """The note about one message alone: it was in doubt when its run was taken back, or was a subsidiary's copy."""
    return _put(stable_id("retraction", notice.id), (notice,), (), configuration, now)


def _put(
    note_id: str,
    told: Sequence[NoticeRecord],
    charges: tuple[Charge, ...],
    configuration: Configuration,
    now: datetime,
) -> str:
    first = told[0]
    note = NoticeRecord(
        id=note_id,
        kind="answer",
        entity=first.entity,
        customer=first.customer,
        as_of=local_date(now, configuration.entity(first.entity).zone),
        not_before=now + _SOON,
        policy=first.policy,
        policy_version=first.policy_version,
        template=TEMPLATE,
        steps=tuple(DueStep(notice.id, TEMPLATE) for notice in told),
        readers=max(notice.readers for notice in told),
        charges=charges,
    )
    notices.put_planned(note, now)
    return note.id


def look(note: NoticeRecord, record: AccountRecord, setting: Setting, now: datetime) -> AnswerPlan | None:
    """The note as it goes: about those of its messages that have really left, to those who got them."""
    found = [notices.get(due.item) for due in note.steps]
    told = [notice for notice in found if notice is not None and notice.accepted_on is not None]
    days = tuple(notice.accepted_on for notice in told if notice.accepted_on is not None)
    got = frozenset(address for notice in told for address, _ in notice.slots)
    lines = tuple({line.item: line for notice in told for line in _lines(notice, record)}.values())
    return retraction(record.facts, setting, lines, note.charges, days, got, now)


def _lines(notice: NoticeRecord, record: AccountRecord) -> Iterator[AnsweredLine]:
    """The invoices that it was about, with their whole amounts."""
    if notice.kind == "copy":  # they stand on the parent's account
        listed, owner = notice.subsidiaries.get(notice.customer, ()), notice.copy_of
        account = accounts.read(notice.entity, owner)
    else:
        listed, owner, account = notice.listed, notice.customer, record
    known: dict[str, Item] = {item.id: item for item in account.facts.items} if account else {}
    listed = invoices_of(listed, account.facts.plans if account else ())
    gone = [item for item in listed if item not in known]
    known |= {key: stored.item for key, stored in items.closed(notice.entity, owner, gone).items()}
    for item in listed:
        if item in known:
            yield AnsweredLine(item, known[item].number, known[item].currency, known[item].original_minor)
