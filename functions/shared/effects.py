"""What a committed decision wants done, as it lies in the account's outbox until `putting` has put it."""

from collections.abc import Iterable, Mapping
from datetime import date, datetime
from typing import Any, Final

from core.decide.model import Decision, NoticePlan, Setting
from core.decide.our_side import ProposalPlan, TaskPlan
from core.packing import pack_steps
from core.policy.step_facts import step_facts
from core.state import AccountState, DueStep
from core.trace import NOTHING, trace_of
from functions.shared.store import charges, digests, history, keys
from functions.shared.store.history import VerdictRecord
from functions.shared.store.notices import Clearance, NoticeRecord
from functions.shared.store.tasks import CAUSE_ENDED, Task

_MOST_ITEMS: Final = 200  # of a task that name them one by one
NONE_APPROVED: Final[Mapping[str, NoticeRecord]] = {}
APPROVE: Final = "approve"  # kind of the task that a proposal is


def effects_of(
    decision: Decision,
    setting: Setting,
    customer_id: str,
    now: datetime,
    *,
    run_on: date | None = None,
    before: AccountState | None = None,
    approved: Mapping[str, NoticeRecord] = NONE_APPROVED,
) -> dict[str, Any]:
    """The effects of a decision as plain values, by key.

    Args: `run_on` the run that decided; None: none did, and the night's own answers for it. `before` the memory that
    it was made from, where the run may have to be taken back. `approved` messages that a person let go in the run of
    an earlier night, as they stand: they go on waiting for nothing but their time.
    """
    effects = _of_messages(decision, setting, run_on or decision.as_of, now)
    for notice_id, notice in approved.items():
        if notice.run_on is not None and notice.planned_at is not None:
            answered = {"run_on": notice.run_on.isoformat(), "at": keys.instant(notice.planned_at)}
            effects[f"notice.{notice_id}"] |= {**answered, "clearance": notice.clearance}
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
        effects[f"close_task.{task_id}"] = {"kind": "close_task", "id": task_id, "reason": CAUSE_ENDED}
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
