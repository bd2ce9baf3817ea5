"""What follows when an item has used up its ladder: a task to decide, again every so often, or a last hand-over.

Source: the decision semantics, "Steps, tracks, catch-up": `after_last_step`.
"""

from collections.abc import Mapping
from datetime import date, timedelta
from typing import Final

from core.balance import Netted
from core.decide.conditions import concerns
from core.decide.groups import group_of
from core.decide.ladder import position
from core.decide.night import Night
from core.decide.outcome import Effects
from core.decide.reach import reach_on
from core.decide.tasks import close_task, open_of, open_task
from core.decide.tracks import HAND_OVER, by_person, first_of, forbidden
from core.keys import task_id
from core.policy.schema import Policy, Step
from core.state import ItemState
from core.values import replace

DECIDE_NEXT: Final = "decide-next"


def after_last(night: Night, done: Effects) -> dict[str, frozenset[str]]:
    """Open what follows the last step, and look again when it falls due.

    Returns: the items that are the cause of each kind of task.
    """
    over: dict[str, list[Netted]] = {}
    states, spent = night.facts.state.items, _spent_groups(night)
    for row in night.rows:
        state = states.get(row.item.id)
        if (state is None and not spent) or not row.dunnable or not row.item.kind.principal:
            continue
        policy = night.policy_of(row.item)
        used_on = None if state is None or state.last_on is None else _used_up_on(row, state, policy, night)
        if used_on is None and spent:
            used_on = _group_over_on(row, state, policy, night, spent)
        if used_on is None:
            continue
        done.ahead.append(used_on)
        if used_on <= night.as_of:
            over.setdefault(policy.after_last_step, []).append(row)
    handed, asked = over.get("final", []), over.get("task", [])
    _decide_next(asked, night, done)
    _hand_over(handed, night, done)
    return {HAND_OVER: frozenset([row.item.id for row in handed]), DECIDE_NEXT: frozenset([r.item.id for r in asked])}


def _group_over_on(
    row: Netted, state: ItemState | None, policy: Policy, night: Night, spent: Mapping[str, date]
) -> date | None:
    """As for the item by itself, where its group may get no message more, whether or not it ever had one."""
    first = spent.get(group_of(row, row.level, night.policy)) if row.days_past_due > 0 else None
    if first is None:
        return None
    if policy.after_last_step == "final":
        first = max(first, _ladder_over_on(row, policy, night))
    if state is None or state.last_on is None:
        return first
    return max(first, _rests_until(row, state, policy, night))


def _used_up_on(row: Netted, state: ItemState, policy: Policy, night: Night) -> date | None:
    """The first night on which nothing more will be written about the item; None while more may come."""
    last = policy.last_message
    if policy.max_attempts is not None and state.attempts >= policy.max_attempts:
        return _rests_until(row, state, policy, night)
    if last is None:
        return None
    if not _had(last, row, state, night):
        return _cut_short_on(row, state, policy, night)
    if last.repeat is None:
        return _rests_until(row, state, policy, night)
    ends_on = _repeat_ends_on(last, row, night)
    return None if ends_on is None else max(_rests_until(row, state, policy, night), ends_on)


def _cut_short_on(row: Netted, state: ItemState, policy: Policy, night: Night) -> date | None:
    """The same for an item that never gets the last step: small, another segment's, or its days went by in a hold.

    It is put to a person when the ladder would be over for another: what stands beside the ladder comes before.
    """
    ladder, prefix = policy.messages, "" if policy is night.policy else f"{policy.policy}:"
    last = len(ladder) - 1
    while last >= 0 and _never_goes(ladder[last], row, policy, night):
        last -= 1
    if position(state, ladder, prefix) < last:
        return None
    days = [_rests_until(row, state, policy, night), _ladder_over_on(row, policy, night)]
    if last >= 0 and ladder[last].repeat is not None:
        ends_on = _repeat_ends_on(ladder[last], row, night)
        if ends_on is None:
            return None
        days.append(ends_on)
    return max(days)


def _ladder_over_on(row: Netted, policy: Policy, night: Night) -> date:
    last = policy.last_message
    reach = reach_on(last, row, night) if last is not None else None
    return date.min if reach is None else reach + timedelta(days=max(1, policy.min_gap_days))


def _never_goes(step: Step, row: Netted, policy: Policy, night: Night) -> bool:
    most = 1 if row.small else policy.highest_level
    too_high = most is not None and step.level > most
    return too_high or forbidden(step, night) or not concerns(step, row, night)


def _spent_groups(night: Night) -> dict[str, date]:
    """The groups that had all the messages which the policy allows them, and the first day after the gap since."""
    policy, memory = night.policy, night.facts.state
    most = policy.most_notices
    if most is None or not memory.notices:
        return {}
    gap = timedelta(days=max(1, policy.min_gap_days + (policy.min_gap_op == ">")))
    last = memory.last_accepted_on
    return {group: last.get(group, night.as_of - gap) + gap for group, had in memory.notices.items() if had >= most}


def _rests_until(row: Netted, state: ItemState, policy: Policy, night: Night) -> date:
    """The first day after the gap that the last message is given; asked after what the policy itself asks a person."""
    days = [state.last_on or date.min]
    for step in policy.asking_beside if policy.after_last_step == "task" else ():
        day = None if forbidden(step, night) else reach_on(step, row, night)
        if day is not None:
            days.append(day)
    gap = max(1, policy.min_gap_days + (policy.min_gap_op == ">"))
    rests_until = max(days) + timedelta(days=gap)
    if state.pay_by is not None:  # the customer was given until then
        rests_until = max(rests_until, state.pay_by + timedelta(days=1))
    return rests_until


def _had(last: Step, row: Netted, state: ItemState, night: Night) -> bool:
    """True when the item has had its last step; a step of another policy, or imported, counts by its level."""
    if state.step is not None and night.step(state.step) is not None:
        return state.step == night.key(last, row.item)
    return state.level >= last.level > 0


def _repeat_ends_on(last: Step, row: Netted, night: Night) -> date | None:
    repeat, key = last.repeat, night.key(last, row.item)
    if repeat is None:
        return None
    clock = night.clocks.get(key) or night.clocks.get(f"{key}@{row.item.id}")
    if repeat.max is not None and clock is not None and clock.count >= repeat.max:
        return night.as_of
    if repeat.until_dpd is None:
        return None
    return night.as_of + timedelta(days=repeat.until_dpd + 1 - row.age)


def _decide_next(found: list[Netted], night: Night, done: Effects) -> None:
    """One task at a time for the account; a new one in its place every `after_last_days`."""
    mark = next((key for key in done.state.done if key.startswith(f"{DECIDE_NEXT}#")), None)
    before = open_of(DECIDE_NEXT, done)
    if not found:
        for key in before:
            close_task(key, done)
        if mark is not None:
            _remember(mark, None, done)
        return
    if mark is None:
        start = night.as_of
        _remember(None, f"{DECIDE_NEXT}#{start.toordinal()}", done)
    else:
        start = date.fromordinal(int(mark.removeprefix(f"{DECIDE_NEXT}#")))
    every = night.policy.after_last_days
    number = max(0, (night.as_of - start).days // every)
    done.ahead.append(start + timedelta(days=(number + 1) * every))
    cause = f"{start.isoformat()}#{number}"
    setting = night.setting
    key = task_id(setting.deployment, setting.entity.id, night.facts.customer.id, DECIDE_NEXT, cause)
    if key in before:
        return
    for old in before:
        close_task(old, done)
    ids = tuple(row.item.id for row in found)
    open_task(DECIDE_NEXT, DECIDE_NEXT, cause, ids, night.policy.after_last_owner, night, done)


def _remember(was: str | None, now: str | None, done: Effects) -> None:
    kept = tuple(key for key in done.state.done if key != was)
    done.state = replace(done.state, done=kept if now is None else (*kept, now))


def _hand_over(rows: list[Netted], night: Night, done: Effects) -> None:
    """Once an item: it goes to a person, and nothing else happens about it. What closed unfinished opens again."""
    asked = {item for task in done.state.tasks.values() if task.step == HAND_OVER for item in task.items}
    fresh = [row for row in rows if row.item.id not in asked and not _has(by_person(HAND_OVER), row, done)]
    if not fresh:
        return
    ids = tuple(row.item.id for row in fresh)
    open_task(HAND_OVER, HAND_OVER, first_of(fresh), ids, night.policy.after_last_owner, night, done)
    done.mark(HAND_OVER, [row for row in fresh if not _has(HAND_OVER, row, done)])


def _has(mark: str, row: Netted, done: Effects) -> bool:
    return mark in done.state.item(row.item.id).effects
