"""Answers to what a customer did, and corrections of what we wrote: a notice each. No account depends on them."""

from datetime import date, datetime, timedelta
from typing import Final, get_args

from core.calendar import local_date
from core.decide.acknowledge import answers, correction, open_now
from core.decide.answers import TEMPLATES, AnsweredLine, AnswerPlan, Wrong
from core.decide.model import Setting
from core.delivery import ACCEPTED
from core.keys import stable_id
from core.plans import invoices_of
from core.state import DueStep
from core.values import replace
from functions.shared import notes
from functions.shared.putting import queue_notices
from functions.shared.settings import Settings
from functions.shared.store import accounts, items, notices
from functions.shared.store.accounts import AccountRecord
from functions.shared.store.config import Configuration
from functions.shared.store.notices import NoticeRecord

_SOON: Final = timedelta(minutes=1)  # no queue is at hand where a person corrects: the sweep offers it


def plan(record: AccountRecord, setting: Setting, as_of: date, now: datetime) -> tuple[AnswerPlan, ...]:
    """Write down the answers that are due, and say which; the account's next commit remembers them.

    Called before that commit: whoever stops half-way does it again, under the same ids.
    """
    planned = answers(record.facts, setting, as_of, now)
    due = []
    for answer in planned:
        notice = NoticeRecord(
            id=answer.id,
            kind="answer",
            entity=record.entity,
            customer=record.customer_id,
            as_of=as_of,
            not_before=answer.not_before,
            policy=setting.policy.policy,
            policy_version=setting.policy.version,
            template=TEMPLATES[answer.fact],
            steps=tuple(DueStep(key, answer.fact) for key in answer.facts),
            readers=len(answer.recipients),
        )
        if notices.put_planned(notice, now) and notice.not_before <= now:
            due.append(notice.id)
    queue_notices(due)
    return planned


def correct(notice: NoticeRecord, why: Wrong, configuration: Configuration, now: datetime) -> str | None:
    """Tell the readers of a message that it was wrong, or is overtaken; once a message, whoever says it again.

    Returns: the id of the correction; None where the message has reached nobody, or is none about invoices.
    """
    if notice.kind != "customer" or notice.state not in ACCEPTED or notice.accepted_on is None:
        return None
    told = NoticeRecord(
        id=stable_id("correction", notice.id),
        kind="answer",
        entity=notice.entity,
        customer=notice.customer,
        group=notice.id,
        step=why,
        as_of=local_date(now, configuration.entity(notice.entity).zone),
        not_before=now + _SOON,
        policy=notice.policy,
        policy_version=notice.policy_version,
        template=TEMPLATES["correction"],
        readers=notice.readers,
    )
    notices.put_planned(told, now)
    return told.id


def look(
    notice: NoticeRecord, configuration: Configuration, now: datetime
) -> tuple[AccountRecord, Setting, AnswerPlan] | None:
    """The answer as the ledger stands this moment; None where what it answers has gone."""
    record = accounts.read(notice.entity, notice.customer)
    if record is None:
        return None
    deployment = Settings.from_env().deployment
    setting = configuration.setting(notice.entity, notice.policy, notice.policy_version, deployment=deployment)
    if notice.template == notes.TEMPLATE:
        answer = notes.look(notice, record, setting, now)
        answer = answer and replace(answer, id=notice.id)
    elif notice.template == TEMPLATES["correction"]:
        answer = _correction(notice, record, setting, now)
    else:
        told = frozenset(due.item for due in notice.steps)
        answer = next(iter(answers(record.facts, setting, notice.as_of, now, told)), None)
    return None if answer is None else (record, setting, answer)


def _correction(notice: NoticeRecord, record: AccountRecord, setting: Setting, now: datetime) -> AnswerPlan | None:
    wrong = notices.get(notice.group)
    if wrong is None or wrong.accepted_on is None:
        return None
    listed = invoices_of(wrong.listed, record.facts.plans)
    known = {item.id: item for item in record.facts.items}
    known |= {
        item: stored.item
        for item, stored in items.closed(
            record.entity, record.customer_id, [item for item in listed if item not in known]
        ).items()
    }
    owed = open_now(record.facts, setting, notice.as_of)
    lines = tuple(
        AnsweredLine(item, known[item].number, known[item].currency, owed.get(item, known[item].open_minor))
        for item in listed
        if item in known
    )
    why: Wrong = next(word for word in get_args(Wrong) if word == notice.step)
    found = correction(record.facts, setting, lines, wrong.step, now)
    return found and replace(found, id=notice.id, on=wrong.accepted_on, as_of=notice.as_of, why=why)
