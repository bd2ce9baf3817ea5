"""The tracks beside the messages: tasks, marks on the account, notes to our people. The item clock alone rules them."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date, timedelta

from core.balance import Netted, unapplied
from core.decide.model import Facts, Setting, TaskPlan
from core.decide.readers import our_people
from core.keys import task_id
from core.ledger import CreditKind
from core.policy.schema import Effect, Scope, Step
from core.state import AccountState, ItemState, OpenTask, RepeatClock

APPLY_CASH = "apply-cash"
FIND_ADDRESS = "find-address"
INSOLVENCY = "insolvency"
ASSIGN_ROLE = "assign-role"
QUALITY_OWNER = "accounting"  # who mends the data


@dataclass(slots=True)
class Effects:
    """What tonight's steps without a message amount to."""

    state: AccountState
    tasks: list[TaskPlan] = field(default_factory=list)
    closed: list[str] = field(default_factory=list)
    told: list[tuple[Step, Netted]] = field(default_factory=list)  # digest lines to write, one an item
    ahead: list[date] = field(default_factory=list)


def run_effects(
    facts: Facts, setting: Setting, rows: list[Netted], clocks: Mapping[str, RepeatClock], as_of: date
) -> Effects:
    """Do each reached step once, close what has lost its cause, and say when to look again.

    Source: the decision semantics: steps without message are done once, late if need be; effects end with their cause.
    """
    done = Effects(state=facts.state)
    dunnable = [row for row in rows if row.dunnable]
    causes: dict[str, set[str]] = {}
    for step in setting.policy.effects:
        passing = [row for row in dunnable if row.days_past_due >= step.offset_days and _when(step, clocks)]
        causes[step.id] = {row.item.id for row in passing}
        done.ahead += [
            row.item.due_on + timedelta(days=step.offset_days)
            for row in dunnable
            if row.days_past_due < step.offset_days
        ]
        _do(step, _not_done(step, passing, done.state, clocks), facts, setting, done, clocks, as_of)
    status = _status(setting, causes)
    if status != done.state.status:
        done.state = replace(done.state, status=status)
    _close_ended(causes, facts, setting, done)
    _cash_and_insolvency(facts, setting, done, as_of)
    return done


def _when(step: Step, clocks: Mapping[str, RepeatClock]) -> bool:
    if step.when.occurrences_of is None or step.when.at_least is None:
        return True
    clock = clocks.get(step.when.occurrences_of)
    return clock is not None and clock.start_on is not None and clock.count >= step.when.at_least


def _account_key(step: Step, clocks: Mapping[str, RepeatClock]) -> str:
    clock = clocks.get(step.when.occurrences_of or "")
    return f"{step.id}#{clock.base}" if clock else step.id


def _not_done(
    step: Step, passing: list[Netted], state: AccountState, clocks: Mapping[str, RepeatClock]
) -> list[Netted]:
    if step.scope is Scope.ACCOUNT:
        return [] if _account_key(step, clocks) in state.done else passing
    return [row for row in passing if step.id not in state.item(row.item.id).effects]


def _do(
    step: Step,
    fresh: list[Netted],
    facts: Facts,
    setting: Setting,
    done: Effects,
    clocks: Mapping[str, RepeatClock],
    as_of: date,
) -> None:
    if not fresh:
        return
    done.told += [(step, row) for row in fresh]
    key = _account_key(step, clocks)
    if step.scope is Scope.ACCOUNT:
        done.state = replace(done.state, done=(*done.state.done, key))
        cause = key
    else:
        items: dict[str, ItemState] = dict(done.state.items)
        for row in fresh:
            was = done.state.item(row.item.id)
            items[row.item.id] = replace(was, effects=(*was.effects, step.id))
        done.state = replace(done.state, items=items)
        cause = f"{fresh[0].item.id}#{fresh[0].item.cycle}"
    if step.effect is Effect.TASK:
        ids = tuple(row.item.id for row in fresh)
        _open_task(step.id, step.task or step.id, cause, ids, step.audience.ours[0], facts, setting, done, as_of)


def _open_task(
    step_id: str,
    kind: str,
    cause: str,
    items: tuple[str, ...],
    role: str,
    facts: Facts,
    setting: Setting,
    done: Effects,
    as_of: date,
    note: str = "",
) -> None:
    owners = our_people(facts, setting, role)
    task = TaskPlan(
        id=task_id(setting.deployment, setting.entity.id, facts.customer.id, step_id, cause),
        kind=kind,
        step=step_id,
        items=items,
        owner_role=role,
        owner=owners[0].id if owners else None,
        due_on=as_of,
        note=note,
    )
    done.tasks.append(task)
    done.state = replace(done.state, tasks={**done.state.tasks, task.id: OpenTask(step_id, items)})


def _status(setting: Setting, causes: dict[str, set[str]]) -> str | None:
    marks = [s.status for s in setting.policy.effects if s.effect is Effect.STATUS and causes[s.id]]
    return marks[-1] if marks else None


def _close_ended(causes: dict[str, set[str]], facts: Facts, setting: Setting, done: Effects) -> None:
    """Close each task of a policy step whose condition none passes any more: of its own items, or of the account."""
    for key, task in facts.state.tasks.items():
        step = setting.policy.step(task.step)
        if step is None or task.step not in causes:
            continue
        still = causes[task.step] if step.scope is Scope.ACCOUNT else causes[task.step].intersection(task.items)
        if not still:
            _close(key, done)


def _close(key: str, done: Effects) -> None:
    done.closed.append(key)
    done.state = replace(done.state, tasks={k: v for k, v in done.state.tasks.items() if k != key})


def keep_task(
    step_id: str, wanted: bool, facts: Facts, setting: Setting, done: Effects, as_of: date, note: str = ""
) -> None:
    """One open task of a kind while its cause lasts: opened when the cause appears, closed when it has gone."""
    open_ones = [key for key, task in done.state.tasks.items() if task.step == step_id]
    if wanted and not open_ones:
        cause = as_of.isoformat()  # the same cause may come again after its task was closed
        _open_task(step_id, step_id, cause, (), QUALITY_OWNER, facts, setting, done, as_of, note)
    elif not wanted:
        for key in open_ones:
            _close(key, done)


def _cash_and_insolvency(facts: Facts, setting: Setting, done: Effects, as_of: date) -> None:
    cash = any(credit.kind is CreditKind.PAYMENT and credit.open_minor > 0 for credit in facts.credits)
    amounts = ", ".join(f"{currency} {minor}" for currency, minor in sorted(unapplied(facts).items()))
    keep_task(APPLY_CASH, cash and bool(facts.items), facts, setting, done, as_of, f"unapplied, minor units: {amounts}")
    if not facts.items:  # opened with a message; with nothing left to write about, no message will close it
        keep_task(FIND_ADDRESS, wanted=False, facts=facts, setting=setting, done=done, as_of=as_of)
    keep_task(INSOLVENCY, facts.customer.insolvent and bool(facts.items), facts, setting, done, as_of)


def role_gaps(roles: set[str], setting: Setting, as_of: date) -> list[TaskPlan]:
    """One task a role that none of our people holds, the same for every account of the entity that meets the gap."""
    entity, owners = setting.entity.id, [p for p in setting.people if QUALITY_OWNER in p.roles]
    return [
        TaskPlan(
            id=task_id(setting.deployment, entity, "", ASSIGN_ROLE, role),
            kind=ASSIGN_ROLE,
            step=ASSIGN_ROLE,
            items=(),
            owner_role=QUALITY_OWNER,
            owner=owners[0].id if owners else None,
            due_on=as_of,
            note=role,
        )
        for role in sorted(roles)
    ]
