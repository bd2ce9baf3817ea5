"""What a committed decision wants done: kept in the account's outbox, put under its own key, then taken out.

Putting twice is putting once, so whoever finds an outbox that is not empty may simply put it.
"""

from collections.abc import Mapping
from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Any, Final

from core.decide.model import Decision, NoticePlan, Setting, TaskPlan
from core.packing import pack_steps, unpack_steps
from functions.shared import queues
from functions.shared.observability import LogEvent, count, log
from functions.shared.settings import Settings
from functions.shared.store import accounts, digests, history, notices, runs, tasks
from functions.shared.store.accounts import AccountRecord
from functions.shared.store.history import VerdictRecord
from functions.shared.store.notices import NoticeRecord
from functions.shared.store.runs import RunState
from functions.shared.store.tasks import Task

_MOST_ITEMS: Final = 200  # of a task that name them one by one
_NIGHTS: Final = 7


def effects_of(decision: Decision, setting: Setting, customer_id: str, now: datetime) -> dict[str, Any]:
    """The effects of a decision as plain values, by key."""
    effects: dict[str, Any] = {}
    for plan in decision.notices:
        effects[f"notice.{plan.id}"] = _notice_effect(plan, decision, setting, customer_id)
    for cancel in decision.cancels:
        effects[f"cancel.{cancel.id}"] = {"kind": "cancel", "id": cancel.id, "reason": cancel.reason}
    for task in decision.tasks:
        effects[f"task.{task.id}"] = _task_effect(task, setting.entity.id, customer_id, decision.as_of)
    for task_id in decision.closed_tasks:
        effects[f"close_task.{task_id}"] = {"kind": "close_task", "id": task_id, "reason": "cause_ended"}
    if decision.digest:
        lines = digests.pack_lines(decision.digest)
        effects["digest"] = {"kind": "digest", "on": decision.as_of.isoformat(), **lines}
    said = VerdictRecord(now, decision.as_of, decision.policy, decision.policy_version, decision.verdicts)
    effects["verdict"] = {"kind": "verdict", **history.pack_verdicts(said)}
    return effects


def put_effects(record: AccountRecord, now: datetime, *, digest_on: date | None = None) -> AccountRecord:
    """Put every effect in the outbox under its own key, queue the notices that may go now, then empty the outbox.

    Args: `digest_on` the night whose digest still takes lines; None: it is looked up.
    Returns: the account with what is left in its outbox: only what this code does not know.
    """
    put: list[str] = []
    due: list[str] = []
    for key, effect in record.outbox.items():
        if effect["kind"] == "notice":
            notice = _notice_of(effect, record)
            if notices.put_planned(notice, now) and notice.not_before <= now:
                due.append(notice.id)
        elif not _put(key, effect, record, now, digest_on):
            log(LogEvent.EFFECTS_UNREADABLE, entity=record.entity, customer=record.customer_id, effect=key)
            count("effects_unreadable")
            continue
        put.append(key)
    queue_notices(due)
    if put or not record.outbox:
        accounts.remove_outbox(record.entity, record.customer_id, put)
    return replace(record, outbox={key: effect for key, effect in record.outbox.items() if key not in put})


def _put(key: str, effect: Mapping[str, Any], record: AccountRecord, now: datetime, digest_on: date | None) -> bool:
    """Put one effect that is no notice; False for a kind that this code does not know."""
    match effect["kind"]:
        case "cancel":
            notices.cancel(effect["id"], effect["reason"], now)
        case "task":
            tasks.put(Task.model_validate(effect["task"]))
        case "close_task":
            tasks.close(effect["id"], effect["reason"], now)
        case "digest":
            night = digest_on or digest_night(record.entity, date.fromisoformat(effect["on"]))
            digests.put(record.entity, night, record.customer_id, key, digests.unpack_lines(effect), now)
        case "verdict":
            history.put_verdicts(record.entity, record.customer_id, effect)
        case _:
            return False
    return True


def queue_notices(notice_ids: list[str]) -> None:
    """Offer notices to the sender."""
    if notice_ids:
        bodies = [{"v": 1, "notice_id": notice_id} for notice_id in notice_ids]
        queues.send(Settings.from_env().notices_queue_url, bodies)


def digest_night(entity: str, on: date) -> date:
    """The night whose digest still takes a line that was decided for `on`: the first whose run has not ended."""
    for days in range(_NIGHTS):
        night = on + timedelta(days=days)
        run = runs.read(entity, night)
        if run is None or run.state in (RunState.PLANNING, RunState.PLANNED):
            return night
    return on + timedelta(days=_NIGHTS)


def _notice_effect(plan: NoticePlan, decision: Decision, setting: Setting, customer_id: str) -> dict[str, Any]:
    return {
        "kind": "notice",
        "id": plan.id,
        "entity": setting.entity.id,
        "customer": customer_id,
        "group": plan.group,
        "as_of": plan.as_of.isoformat(),
        "not_before": plan.not_before.isoformat(),
        "policy": decision.policy,
        "policy_version": decision.policy_version,
        "step": plan.step,
        "level": plan.level,
        "template": plan.template,
        "steps": pack_steps(plan.steps),
        "totals": plan.totals,
        "readers": len(plan.recipients),
    }


def _notice_of(effect: Mapping[str, Any], record: AccountRecord) -> NoticeRecord:
    return NoticeRecord(
        id=effect["id"],
        kind="customer",
        entity=record.entity,
        customer=record.customer_id,
        group=effect["group"],
        as_of=date.fromisoformat(effect["as_of"]),
        not_before=datetime.fromisoformat(effect["not_before"]),
        policy=effect["policy"],
        policy_version=effect["policy_version"],
        step=effect["step"],
        level=effect["level"],
        template=effect["template"],
        steps=unpack_steps(effect["steps"]),
        totals=effect["totals"],
        readers=effect["readers"],
    )


def _task_effect(plan: TaskPlan, entity: str, customer_id: str, as_of: date) -> dict[str, Any]:
    task = Task(
        id=plan.id,
        entity=entity,
        customer=customer_id,
        kind=plan.kind,
        step=plan.step,
        items=plan.items[:_MOST_ITEMS],
        item_count=len(plan.items),
        owner=plan.owner,
        owner_role=plan.owner_role,
        due_on=plan.due_on,
        note=plan.note,
        created_on=as_of,
    )
    return {"kind": "task", "task": task.model_dump(mode="json", exclude_none=True)}
