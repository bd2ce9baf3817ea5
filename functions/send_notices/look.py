"""What of a notice is wanted this moment: the last look at the account before a message goes."""

from datetime import date, datetime, timedelta
from typing import Final

from core.calendar import local_date, next_send_instant, night_to_run, run_instant
from core.decide.account import decide, why_not
from core.decide.model import NoticePlan, Reason, Setting
from core.state import Waiting
from core.values import replace
from functions.send_notices.attempt import PAUSE, Attempt, Outcome
from functions.shared import copies, letters
from functions.shared.effects import needs_delivery
from functions.shared.insolvency import heeded
from functions.shared.settings import Settings
from functions.shared.store import accounts
from functions.shared.store.accounts import AccountRecord
from functions.shared.store.notices import NoticeRecord

_NOT_TONIGHT: Final = frozenset({Reason.NO_SEND_DAY, Reason.TOO_SOON})


def look(attempt: Attempt) -> tuple[AccountRecord, Setting, NoticePlan | Reason] | None:
    """The notice as the ledger wants it this moment: what of it is left, or why nothing is.

    The policy is the one that decided; paid, disputed, promised, held or switched off since then wins.
    """
    notice = attempt.notice
    if notice.kind == "copy":
        return copies.look(notice, attempt.configuration, attempt.now)
    record = accounts.read(notice.entity, notice.customer)
    if record is None:
        return None
    record = heeded(record)
    waiting = record.facts.state.waiting.get(notice.group)
    setting = attempt.configuration.setting(
        notice.entity, notice.policy, notice.policy_version, deployment=Settings.from_env().deployment
    )
    if waiting is None or waiting.notice_id != notice.id:
        return record, setting, Reason.SETTLED
    if waiting.retracted:
        return record, setting, Reason.RETRACTED
    today = local_date(attempt.now, setting.entity.zone)
    if notice.channel != letters.CHANNEL:
        wanted = _wanted(record, setting, waiting, notice.group, today, attempt.now)
        anew = _decided_anew(attempt, record)
        later = anew is not None and not isinstance(wanted, Reason)
        return record, setting, replace(wanted, not_before=anew) if later else wanted
    plan = _wanted(record, setting, waiting, notice.group, today)  # a person posts at any hour of the day
    if isinstance(plan, Reason) and plan in _NOT_TONIGHT:  # on any day: as the night that asked for it saw it
        plan = _wanted(record, setting, waiting, notice.group, notice.as_of)
    return record, setting, plan


def _wanted(
    record: AccountRecord, setting: Setting, waiting: Waiting, group: str, on: date, moment: datetime | None = None
) -> NoticePlan | Reason:
    only = frozenset((due.item, due.step) for due in waiting.steps)
    decision = decide(record.facts, setting, on, at=moment, only=only)
    plan = next((plan for plan in decision.notices if plan.group == group), None)
    return why_not(waiting.steps, decision.verdicts) if plan is None else _of_its_night(plan, waiting, setting)


def _of_its_night(plan: NoticePlan, waiting: Waiting, setting: Setting) -> NoticePlan:
    """A daily reminder counts for the night that planned it, though it leaves on the day after, as an evening's does.

    One that comes again less often may be the next one by then: the night that it would be due in asks for it no more.
    """
    planned = {(due.item, due.step): due for due in waiting.steps}
    steps = [planned.get((due.item, due.step), due) if _is_daily(due.step, setting) else due for due in plan.steps]
    return replace(plan, steps=tuple(steps))


def _is_daily(key: str, setting: Setting) -> bool:
    name, _, step_id = key.rpartition(":")
    policy = setting.policies.get(name) if name else setting.policy
    step = None if policy is None else policy.step(step_id)
    return step is not None and step.repeat is not None and step.repeat.every_days == 1


def _decided_anew(attempt: Attempt, record: AccountRecord) -> datetime | None:
    """The next night, where the customer has another policy by now than the one that decided; None: it has not.

    A newer version of the same policy is no other one.
    """
    entity = attempt.configuration.entity(attempt.notice.entity)
    if (record.facts.customer.policy or entity.policy) == attempt.notice.policy:
        return None
    tonight = night_to_run(attempt.now, entity.zone, entity.run_hour)
    return run_instant(tonight + timedelta(days=1), entity.zone, entity.run_hour)


def not_wanted(attempt: Attempt, setting: Setting, record: AccountRecord, reason: Reason) -> Outcome:
    """A notice that the last look does not want: for tonight only, or for good."""
    if reason in _NOT_TONIGHT:  # still wanted; the night decides it again
        return attempt.wait("window", opens(attempt.now + PAUSE, setting, record.facts.customer.zone))
    return attempt.cancel(reason)


def opens(after: datetime, setting: Setting, zone: str | None) -> datetime:
    """When a message may next reach a reader in `zone`; None: the entity's own."""
    where = zone or setting.entity.zone
    return next_send_instant(after, where, setting.entity.send_hours, setting.policy.send_days, setting.entity.holidays)


def is_as_read(record: AccountRecord) -> bool:
    """Nothing about the account has changed since."""
    return accounts.version_of(record.entity, record.customer_id) == record.version


def as_it_goes(
    attempt: Attempt, record: AccountRecord, setting: Setting, plan: NoticePlan, slots: tuple[tuple[str, str], ...]
) -> NoticeRecord:
    """The notice as the fence writes it down: exactly what is about to leave."""
    return replace(
        attempt.notice,
        steps=plan.steps,
        totals=plan.totals,
        level=plan.level,
        template=plan.template,
        step=plan.step,
        readers=len(plan.recipients),
        channel=plan.channel,
        subsidiaries=plan.of_subsidiaries if plan.copy_of is None else attempt.notice.subsidiaries,
        charges=tuple(charge for charge in plan.charges if charge.new),
        required=needs_delivery(plan.steps, setting),
        slots=slots,
        was=record.facts.state.before(plan.group, plan.steps),
    )
