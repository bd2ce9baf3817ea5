"""Messages of which nobody knows whether they arrived, while a final step waits for a real delivery.

Source: the decision semantics, "May it go out now": final notice, legal and agency need a real delivery or a person's
word. Where no event ever comes, somebody is asked for that word.
"""

from collections.abc import Iterable, Iterator
from datetime import date, timedelta

from core.balance import Netted
from core.decide.adverse import sent_before
from core.decide.conditions import holds
from core.decide.night import Night
from core.decide.outcome import Effects
from core.decide.reach import reach_on
from core.decide.tasks import keep_task
from core.decide.tracks import HAND_OVER
from core.policy.schema import Effect, Step
from core.state import SILENT_DAYS, AccountState, Sent
from core.values import replace

CONFIRM_DELIVERY = "confirm-delivery"


def ask_who_knows(night: Night, effects: Effects) -> None:
    """One task for the items whose next step waits for a delivery that nobody has heard of in three days."""
    asked: dict[str, None] = {}
    for row, _, sent in _waiting(night):
        on = max(one.accepted_on for one in sent.values()) + timedelta(days=SILENT_DAYS)
        if on > night.as_of:
            effects.ahead.append(on)
        else:
            asked[row.item.id] = None
    keep_task(CONFIRM_DELIVERY, bool(asked), night, effects, items=tuple(asked))


def confirmed(night: Night, items: Iterable[str], on: date) -> AccountState:
    """The memory after a person said that what these items wait for has arrived."""
    state, wanted = night.facts.state, set(items)
    memory = dict(state.items)
    for row, _, sent in _waiting(night):
        if row.item.id in wanted:
            was = memory.get(row.item.id, state.item(row.item.id))
            heard = {key: replace(one, delivered_on=on) for key, one in sent.items()}
            memory[row.item.id] = replace(was, sent={**was.sent, **heard})
    return replace(state, items=memory)


def _waiting(night: Night) -> Iterator[tuple[Netted, Step, dict[str, Sent]]]:
    """Each item and reached step that waits for a real delivery, with what was sent, by the key that remembers it."""
    for row in night.rows:
        for step in night.policy_of(row.item).insisting if row.dunnable else ():
            sent = sent_before(step, row, night)
            if sent and all(one.delivered_on is None for one in sent.values()) and _is_next(step, row, night):
                yield row, step, sent


def _is_next(step: Step, row: Netted, night: Night) -> bool:
    """Whether the step is reached and not yet done."""
    on, key, state = reach_on(step, row, night), night.key(step, row.item), night.state(row)
    if on is None or on > night.as_of or not holds(step, row, night) or HAND_OVER in state.effects:
        return False
    if step.effect is Effect.MESSAGE:
        return state.step != key and state.level <= step.level
    begun = any(effect.step == key for effect in night.facts.state.open_effects.values())
    done = any(mark.partition("#")[0] == key for mark in (*night.facts.state.done, *state.effects))
    return not begun and not done
