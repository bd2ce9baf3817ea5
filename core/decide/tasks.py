"""Work for our own people: opened when its cause appears, closed when its cause has gone."""

from collections.abc import Mapping
from datetime import date
from typing import Final

from core.balance import Netted
from core.decide.clocks import occurrence
from core.decide.model import Setting
from core.decide.night import Night
from core.decide.our_side import TaskPlan
from core.decide.outcome import Effects
from core.decide.readers import our_people
from core.decide.tracks import HAND_OVER, Track, by_person
from core.keys import task_id
from core.policy.schema import Scope, Step
from core.state import AccountState, OpenTask, RepeatClock
from core.values import replace

__all__ = ["ASSIGN_ROLE", "FIND_ADDRESS", "QUALITY_OWNER", "Effects", "keep_task", "role_gaps"]

FIND_ADDRESS: Final = "find-address"
ASSIGN_ROLE: Final = "assign-role"
QUALITY_OWNER: Final = "accounting"  # who mends the data


def open_task(
    step_id: str,
    kind: str,
    cause: str,
    items: tuple[str, ...],
    role: str,
    night: Night,
    done: Effects,
    note: str = "",
) -> None:
    """Open one task for the first holder of the role; the same cause gives the same id."""
    setting, customer = night.setting, night.facts.customer.id
    owners = our_people(night.facts, setting, role)
    task = TaskPlan(
        id=task_id(setting.deployment, setting.entity.id, customer, step_id, cause),
        kind=kind,
        step=step_id,
        items=items,
        owner_role=role,
        owner=owners[0].id if owners else None,
        due_on=night.as_of,
        note=note,
    )
    done.tasks.append(task)
    if task.id in done.closed:  # an earlier look of the same night had opened it for another item: it goes on
        done.closed.remove(task.id)
    done.state = replace(done.state, tasks={**done.state.tasks, task.id: OpenTask(step_id, items)})


def close_task(key: str, done: Effects) -> None:
    """Close one task whose cause has gone."""
    done.closed.append(key)
    done.state = replace(done.state, tasks={k: v for k, v in done.state.tasks.items() if k != key})


def open_of(step_id: str, done: Effects) -> list[str]:
    """The ids of the open tasks of a step."""
    return [key for key, task in done.state.tasks.items() if task.step == step_id]


def keep_task(
    step_id: str,
    wanted: bool,
    night: Night,
    done: Effects,
    *,
    note: str = "",
    items: tuple[str, ...] = (),
    role: str = QUALITY_OWNER,
) -> None:
    """One open task of a kind while its cause lasts: opened when the cause appears, closed when it has gone."""
    if not wanted and not done.state.tasks:
        return  # as for most accounts
    open_ones = open_of(step_id, done)
    if wanted and not open_ones:
        cause = night.as_of.isoformat()  # the same cause may come again after its task was closed
        open_task(step_id, step_id, cause, items, role, night, done, note)
    elif not wanted:
        for key in open_ones:
            close_task(key, done)


def repeat_task(track: Track, rows: list[Netted], night: Night, done: Effects) -> None:
    """Open the occurrence that is due, of the account or of each item; it takes the place of the one before."""
    scope = track.step.repeat.scope if track.step.repeat is not None else Scope.ACCOUNT
    if scope is Scope.ACCOUNT:
        _repeat(track, track.key, rows, night, done)
        return
    for row in rows:
        _repeat(track, f"{track.key}@{row.item.id}", [row], night, done)


def _repeat(track: Track, key: str, rows: list[Netted], night: Night, done: Effects) -> None:
    clock = done.state.repeats.get(key)
    number, following = occurrence(track.step, clock, night.as_of)
    done.ahead += [following] if following is not None else []
    if clock is None or not number or not rows:
        return
    ids = tuple(row.item.id for row in rows)
    for before, task in night.facts.state.tasks.items():
        if task.step == track.key and (key == track.key or task.items == ids):
            close_task(before, done)
    _task_of(track.step, track.key, f"{key}#{number}", ids, night, done)
    later = replace(clock, last=number - 1 - clock.base, count=clock.count + 1)
    repeats: Mapping[str, RepeatClock] = {**done.state.repeats, key: later}
    done.state = replace(done.state, repeats=repeats)
    done.also_told += [(track.step, row, number) for row in rows]


def task_once(track: Track, rows: list[Netted], cause: str, night: Night, done: Effects) -> None:
    """The task of a step for the items that are new to it."""
    _task_of(track.step, track.key, cause, tuple(row.item.id for row in rows), night, done)


def _task_of(step: Step, key: str, cause: str, ids: tuple[str, ...], night: Night, done: Effects) -> None:
    open_task(key, step.task or step.id, cause, ids, step.audience.ours[0], night, done)


def close_ended(causes: Mapping[str, frozenset[str]], wide: frozenset[str], night: Night, done: Effects) -> None:
    """Close each task of a step that none passes any more: of its own items, or of the account.

    One of no step, or of a step that the policy had, lasts while any of its items is open.
    Args: `causes` item ids by step key; `wide` the keys of steps that look at the account as a whole.
    """
    there = frozenset(row.item.id for row in night.rows)
    for key, task in night.facts.state.tasks.items():
        unknown = there if task.items else None
        cause = causes.get(task.step, frozenset() if ":" in task.step else unknown)
        if cause is None or key not in done.state.tasks:
            continue
        if not (cause if task.step in wide else cause.intersection(task.items)):
            close_task(key, done)
            _may_come_again(task, done)


def _may_come_again(task: OpenTask, done: Effects) -> None:
    """Nobody did it: what is still open of its items needs it again once the step passes them again."""
    items = dict(done.state.items)
    for item in task.items:
        was = items.get(item)
        if was is not None and task.step != HAND_OVER and by_person(task.step) not in was.effects:
            items[item] = replace(was, effects=tuple(mark for mark in was.effects if mark != task.step))
    done.state = replace(done.state, items=items)


def finished(state: AccountState, task_id: str) -> AccountState:
    """The memory after a person did a task: whatever closes it later, its step is not asked for again."""
    task = state.tasks.get(task_id)
    if task is None:
        return state
    items, mark = dict(state.items), by_person(task.step)
    for item in task.items:
        was = items.get(item)
        if was is not None and task.step in was.effects and mark not in was.effects:
            items[item] = replace(was, effects=(*was.effects, mark))
    return state if items == state.items else replace(state, items=items)


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
