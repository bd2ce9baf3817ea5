"""Answers to what a customer did: a notice each, put when the account is decided. No account depends on them."""

from datetime import date, datetime

from core.decide.acknowledge import answers
from core.decide.answers import TEMPLATES, AnswerPlan
from core.decide.model import Setting
from functions.shared.effects import queue_notices
from functions.shared.settings import Settings
from functions.shared.store import accounts, notices
from functions.shared.store.accounts import AccountRecord
from functions.shared.store.config import Configuration
from functions.shared.store.notices import NoticeRecord


def plan(record: AccountRecord, setting: Setting, as_of: date, now: datetime) -> int:
    """Write down the answers that are due; twice is the same as once, since an id stands for what it answers.

    Called before the decision is committed: whoever stops half-way does it again. Returns: how many wait to be sent.
    """
    put = []
    for answer in answers(record.facts, setting, as_of, now):
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
            readers=len(answer.recipients),
        )
        if notices.put_planned(notice, now):
            put.append(notice)
    queue_notices([notice.id for notice in put if notice.not_before <= now])
    return len(put)


def look(
    notice: NoticeRecord, configuration: Configuration, now: datetime
) -> tuple[AccountRecord, Setting, AnswerPlan] | None:
    """The answer as the ledger stands this moment; None where what it answers has gone."""
    record = accounts.read(notice.entity, notice.customer)
    if record is None:
        return None
    deployment = Settings.from_env().deployment
    setting = configuration.setting(notice.entity, notice.policy, notice.policy_version, deployment=deployment)
    found = answers(record.facts, setting, notice.as_of, now)
    answer = next((one for one in found if one.id == notice.id), None)
    return None if answer is None else (record, setting, answer)
