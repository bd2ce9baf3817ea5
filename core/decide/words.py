"""Messages beside the ladder: what an event starts, the friendly word to a punctual payer, the statement at go-live."""

from collections.abc import Iterator
from datetime import date, timedelta
from typing import Final

from core.balance import Netted
from core.decide.activation import statement_due
from core.decide.adverse import wait_of_message
from core.decide.conditions import holds
from core.decide.looks import Reached
from core.decide.night import Night
from core.decide.payer import hears_friendly_first
from core.decide.reach import event_on, reach_on
from core.decide.tracks import forbidden
from core.policy.schema import NOT_KEPT, PUNCTUAL, Event, Policy, Step
from core.values import replace

ONE_DAY: Final = timedelta(days=1)
_SOON: Final = timedelta(days=5)
_LATER: Final = timedelta(days=30)


def before_the_ladder(row: Netted, night: Night, policy: Policy) -> Reached | None:
    """What an item hears instead of its ladder tonight; None when the ladder speaks."""
    baseline = night.facts.state.baseline
    if baseline is not None and row.days_past_due > 0:
        statement = statement_due(row, night.state(row), baseline, policy)
        if statement is not None:
            return Reached(step=statement)
    return _event(policy.words_first, row, night)


def after_the_ladder(reached: Reached, row: Netted, night: Night, policy: Policy) -> Reached:
    """The standing on the ladder with the friendly word in place of a first reminder, or an event's word in a gap."""
    if reached.step is not None:
        if policy.punctual is None:
            return reached
        friendly = policy.step(PUNCTUAL)
        first = friendly is not None and reached.step.level > 0
        paid = night.facts.state.paid
        if first and hears_friendly_first(row.item, night.state(row), row.age, paid, policy.punctual):
            return replace(reached, step=friendly, occurrence=0, superseded=())
        return reached
    event = _event(policy.words_beside, row, night)
    return reached if event is None else replace(event, ahead=reached.ahead)


def changes_on(row: Netted, night: Night, policy: Policy) -> Iterator[date]:
    """The dates on which one of these words begins or ends by itself."""
    if policy.punctual is not None and row.age < policy.punctual.until_dpd and not night.state(row).attempts:
        yield night.as_of + timedelta(days=policy.punctual.until_dpd - row.age)
    for step in policy.event_messages:
        reach = reach_on(step, row, night)
        if reach is not None:
            yield reach
            yield reach + _makes_sense(step) + ONE_DAY
            held = wait_of_message(step, row, night)
            yield from () if held is None or held.again_on is None else (held.again_on,)


def _event(steps: tuple[Step, ...], row: Netted, night: Night) -> Reached | None:
    for step in steps:
        if number := _occurrence(step, row, night):
            return Reached(step=step, occurrence=number)
    return None


def _occurrence(step: Step, row: Netted, night: Night) -> int:
    """The number of the event that the item has not been told of; 0: there is none. A day's number for dated events."""
    reach = reach_on(step, row, night)
    if reach is None or not reach <= night.as_of <= reach + _makes_sense(step):
        return 0
    if not holds(step, row, night) or forbidden(step, night):
        return 0
    if wait_of_message(step, row, night) is not None:
        return 0
    key, state = night.key(step, row.item), night.state(row)
    if step.event is Event.BALANCE_OVER_LIMIT:
        number = night.facts.state.turns.get(key, 0) + 1
        return 0 if f"{key}#{number}" in night.marks else number
    started = event_on(step, row, night)
    if started is None:
        return 0
    number = started.toordinal()
    late = step.event in NOT_KEPT and state.last_on is not None and state.last_on >= started
    return 0 if late or f"{key}#{number}" in state.effects else number


def ended_turns(night: Night) -> dict[str, int]:
    """How often each limit has been crossed back, tonight's crossings counted: the next one is news again."""
    turns = dict(night.facts.state.turns)
    for step in night.policy.event_messages:
        if step.event is not Event.BALANCE_OVER_LIMIT or not night.rows or holds(step, night.rows[0], night):
            continue
        number = turns.get(step.id, 0) + 1
        if f"{step.id}#{number}" in night.marks:
            turns[step.id] = number
    return turns


def _makes_sense(step: Step) -> timedelta:
    """How long after its event such a word still makes sense."""
    return _SOON if step.event is Event.NEW_INVOICE or step.event is Event.PAYMENT_RECEIVED else _LATER
