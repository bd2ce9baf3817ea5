"""What a committed decision wants done: kept in the account's outbox, put under its own key, then taken out.

Putting twice is putting once, so whoever finds an outbox that is not empty may simply put it.
"""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Any, Final

from core.decide.model import Decision, NoticePlan, Setting
from core.decide.our_side import ProposalPlan, TaskPlan
from core.packing import pack_steps, unpack_steps
from core.policy.step_facts import step_facts
from core.posting import item_of
from core.state import AccountState, DueStep
from core.stored import stored
from core.trace import NOTHING, trace_of
from functions.shared import news, queues, retraction
from functions.shared.observability import LogEvent, count, log
from functions.shared.settings import Settings
from functions.shared.store import accounts, charges, digests, history, keys, notices, runs, tasks
from functions.shared.store.accounts import AccountRecord
from functions.shared.store.history import Activity, VerdictRecord
from functions.shared.store.notices import Clearance, NoticeRecord
from functions.shared.store.runs import RunState
from functions.shared.store.tasks import Task

_MOST_ITEMS: Final = 200  # of a task that name them one by one
_NIGHTS: Final = 7
APPROVE: Final = "approve"  # kind of the task that a proposal is


def effects_of(
    decision: Decision,
    setting: Setting,
    customer_id: str,
    now: datetime,
    *,
    run_on: date | None = None,
    before: AccountState | None = None,
) -> dict[str, Any]:
    """The effects of a decision as plain values, by key.

    Args: `run_on` the run that decided; None: none did, and the night's own answers for it. `before` the memory that
    it was made from, where the run may have to be taken back.
    """
    effects = _of_messages(decision, setting, run_on or decision.as_of, now)
    effects |= _of_tasks(decision, setting.entity.id, customer_id)
    effects |= _of_account(decision, now)
    if decision.digest:
        lines = digests.pack_lines(decision.digest)
        effects["digest"] = {"kind": "digest", "on": decision.as_of.isoformat(), **lines}
    trace = NOTHING if before is None or run_on is None else trace_of(before, decision)
    said = VerdictRecord(
        now, decision.as_of, decision.policy, decision.policy_version, decision.verdicts, run_on=run_on, trace=trace
    )
    effects["verdict"] = {"kind": "verdict", **history.pack_verdicts(said)}
    return effects


def _of_messages(decision: Decision, setting: Setting, run_on: date, now: datetime) -> dict[str, Any]:
    effects: dict[str, Any] = {}
    for plan in decision.notices:
        effects[f"notice.{plan.id}"] = _notice_effect(plan, decision, setting, run_on, now)
    for cancel in decision.cancels:
        effects[f"cancel.{cancel.id}"] = {"kind": "cancel", "id": cancel.id, "reason": cancel.reason}
    return effects


def _of_tasks(decision: Decision, entity: str, customer_id: str) -> dict[str, Any]:
    """Work for people; what they are asked to decide is a task with the proposal's id."""
    plans = [*decision.tasks, *(_asked(proposal, decision.as_of) for proposal in decision.proposals)]
    effects = {f"task.{plan.id}": _task_effect(plan, entity, customer_id, decision.as_of) for plan in plans}
    for task_id in (*decision.closed_tasks, *decision.withdrawn):
        effects[f"close_task.{task_id}"] = {"kind": "close_task", "id": task_id, "reason": "cause_ended"}
    return effects


def _of_account(decision: Decision, now: datetime) -> dict[str, Any]:
    """Charges, and changes of the account that other systems may want to hear of."""
    on, at = decision.as_of.isoformat(), keys.instant(now)
    effects: dict[str, Any] = {
        f"charge.{charge.id}": {"kind": "charge", "charge": charges.pack(charge), "on": on, "at": at}
        for charge in decision.charges
    }
    for n, said in enumerate(decision.announcements):
        body = {"step": said.step, "value": said.value}
        effects[f"announcement.{n}"] = {"kind": "announcement", "what": said.what, "body": body, "at": at}
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
            if notices.put_planned(notice, now) and notice.not_before <= now and notice.clearance is None:
                due.append(notice.id)
        elif not retraction.put(effect, record, now) and not _put(key, effect, record, now, digest_on):
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
        case "task" | "close_task":
            _put_task(effect, now)
        case "cancel":
            notices.cancel(effect["id"], effect["reason"], now)
        case "charge":
            _post(effect, record, now)
        case "announcement":
            said = Activity(datetime.fromisoformat(effect["at"]), "announcement", effect["what"], effect["body"])
            history.note(record.entity, record.customer_id, said)
            news.tell_announcement(record.entity, record.customer_id, said, key, now)
        case news.EVENT:
            news.put(effect, record.entity, record.customer_id, now)
        case "digest":
            night = digest_on or digest_night(record.entity, date.fromisoformat(effect["on"]))
            digests.put(record.entity, night, record.customer_id, key, digests.unpack_lines(effect), now)
        case "verdict":
            history.put_verdicts(record.entity, record.customer_id, effect)
        case _:
            return False
    return True


def _put_task(effect: Mapping[str, Any], now: datetime) -> None:
    if effect["kind"] == "task":
        tasks.put(stored(Task, effect["task"]))
    else:
        tasks.close(effect["id"], effect["reason"], now)


def _post(effect: Mapping[str, Any], record: AccountRecord, now: datetime) -> None:
    charge = charges.unpack(effect["charge"])
    invoice = next((item for item in record.facts.items if item.id == charge.item), None)
    item = item_of(charge, invoice, record.customer_id, date.fromisoformat(effect["on"]))
    at = datetime.fromisoformat(effect["at"])
    charges.post(record.entity, item, source="", at=at)
    news.tell_charge(record.entity, record.customer_id, charge, "", at, now)


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


def clearance_of(setting: Setting) -> Clearance | None:
    """What a run must have before a notice of this policy may go; None: nothing, and nobody looks."""
    if setting.policy.runs == "reviewed":
        return "person"
    brakes = setting.policy.brakes
    return None if (brakes.volume_percent, brakes.most_messages) == (None, None) else "limits"


def needs_delivery(steps: Iterable[DueStep], setting: Setting) -> bool:
    """Whether a message with these steps is waited for by another step of the policy."""
    facts = step_facts(setting.policy, setting.policies)
    return any(due.step in facts and facts[due.step].required for due in steps)


def _notice_effect(
    plan: NoticePlan, decision: Decision, setting: Setting, run_on: date, now: datetime
) -> dict[str, Any]:
    clearance = clearance_of(setting)
    held = {"clearance": clearance, "run_on": run_on.isoformat(), "at": keys.instant(now)} if clearance else {}
    return {
        "kind": "notice",
        "id": plan.id,
        **held,
        "charges": [charges.pack(charge) for charge in plan.charges if charge.new],
        "required": needs_delivery(plan.steps, setting),
        "channel": plan.channel,
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
        charges=tuple(charges.unpack(values) for values in effect["charges"]),
        required=effect["required"],
        channel=effect["channel"],
        clearance=effect.get("clearance"),
        run_on=date.fromisoformat(effect["run_on"]) if "run_on" in effect else None,
        planned_at=datetime.fromisoformat(effect["at"]) if "at" in effect else None,
    )


def _asked(proposal: ProposalPlan, as_of: date) -> TaskPlan:
    """The task of whoever decides; its id is the proposal's."""
    return TaskPlan(
        id=proposal.id,
        kind=APPROVE,
        step=proposal.step,
        items=proposal.items,
        owner_role=proposal.owner_role,
        owner=proposal.owner,
        due_on=as_of,
        note=proposal.proposal,
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
