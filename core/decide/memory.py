"""What an account remembers of a night: what waits to be sent, what was broken, and nothing of what is settled."""

from core.decide.charges import interest_in
from core.decide.groups import GROUP, group_of
from core.decide.message import Message
from core.decide.model import NoticePlan
from core.decide.night import Night
from core.decide.words import ended_turns
from core.limits import limit_in
from core.plans import broken_key, outside_key
from core.state import AccountState, Waiting
from core.values import replace


def remembered(state: AccountState, night: Night, messages: list[Message]) -> AccountState:
    """The memory to commit: what is planned waits, what was broken stays broken, what is settled is forgotten."""
    planned = {one.group: _waiting(one.plan, one.heard) for one in messages if one.plan is not None}
    waiting = {**state.waiting, **planned}
    if planned and waiting != state.waiting:
        state = replace(state, waiting=waiting)
    broken = [broken_key(run.plan.id, run.missed_on) for run in night.plans if run.missed_on is not None]
    left_out = [outside_key(run.plan.id, run.outside) for run in night.plans if run.outside]
    news = tuple([key for key in (*broken, *left_out) if key not in state.done])
    if news:
        state = replace(state, done=(*state.done, *news))
    if night.policy.event_messages:
        turns = {key: n for key, n in ended_turns(night).items() if n != night.facts.state.turns.get(key)}
        state = replace(state, turns={**state.turns, **turns}) if turns else state
    return _forget_settled(_begin_anew(state, night), night)


def _waiting(plan: NoticePlan, heard: int) -> Waiting:
    """What is remembered of a planned message until it has ended."""
    own = {due.item for due in plan.steps}
    listed = tuple([line.item for line in plan.overdue if line.item not in own])
    return Waiting(plan.id, plan.steps, heard, interest_in(plan.charges), plan.pay_by, listed)


def _begin_anew(state: AccountState, night: Night) -> AccountState:
    """A group that owes nothing overdue any more is written to as if for the first time."""
    if not state.tones and not state.notices:
        return state  # as before the first message
    counts = night.policy.max_notices is not None or night.policy.advance == "repeat"
    used = {group for group, tone in state.tones.items() if tone > 0}
    used |= {group for group, sent in state.notices.items() if sent > 0 and counts}
    if not used:
        return state
    by_level = night.policy.group_by == "level"
    owing = _owing(night)
    if night.policy.advance == "repeat":
        owing -= _below_minimum(night)
    ended = set() if by_level and owing else used - owing
    if not ended:
        return state
    return replace(
        state,
        tones={group: tone for group, tone in state.tones.items() if group not in ended},
        notices={group: sent for group, sent in state.notices.items() if group not in ended},
    )


def _owing(night: Night) -> set[str]:
    """The groups with something overdue, asked for or not; a level's group changes with its items."""
    late = (row for row in night.rows if row.days_past_due > 0 and row.item.kind.principal and row.item.open_minor > 0)
    if night.policy.group_by in ("account", "level"):
        return set() if next(late, None) is None else {GROUP}
    return {group_of(row, row.level, night.policy) for row in late}


def _below_minimum(night: Night) -> set[str]:
    """Groups whose overdue amounts no longer reach the minimum: a campaign that ends, and begins anew."""
    sums: dict[str, dict[str, int]] = {}
    for row in night.rows:
        if row.dunnable and row.days_past_due > 0:
            of_group = sums.setdefault(group_of(row, row.level, night.policy), {})
            of_group[row.item.currency] = of_group.get(row.item.currency, 0) + row.due
    limits, entity = night.policy.minimum.account, night.setting.entity
    return {
        group
        for group, amounts in sums.items()
        if all(minor < limit_in(limits, currency, entity) for currency, minor in amounts.items())
    }


def _forget_settled(state: AccountState, night: Night) -> AccountState:
    """Drop the memory of items that are not open any more; the closed item's own record keeps it."""
    if not state.items:
        return state
    open_ids = {row.item.id for row in night.rows}
    if state.items.keys() <= open_ids:
        return state
    return replace(state, items={key: value for key, value in state.items.items() if key in open_ids})
