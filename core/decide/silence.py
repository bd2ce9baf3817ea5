"""What a harsh step waits for and will never hear of: somebody is asked, and their word is enough.

A final notice, legal action or an agency waits for a real delivery, which some mail servers never report. And a step
that a newer policy puts below the place which an item has reached never goes out, nor does one that the item passed.
Source: the decision semantics, "May it go out now": a real delivery or a person's word.
"""

from collections.abc import Collection, Iterable, Iterator
from datetime import date, timedelta

from core.balance import Netted
from core.decide.adverse import sent_before
from core.decide.clocks import in_range
from core.decide.conditions import days_are_over, holds
from core.decide.ladder import position
from core.decide.night import Night
from core.decide.outcome import Effects
from core.decide.reach import reach_on
from core.decide.tasks import keep_task
from core.decide.tracks import HAND_OVER, forbidden
from core.policy.schema import Anchor, Effect, Policy, Step
from core.state import SILENT_DAYS, AccountState, ItemState, Sent
from core.values import replace

CONFIRM_DELIVERY = "confirm-delivery"
_UNTOUCHED = ItemState()


def ask_who_knows(night: Night, effects: Effects) -> None:
    """One task for the items whose next step waits for what nobody has heard of in three days, or never comes."""
    waits = night.policy.requiring or night.setting.policies
    if waits and effects.state is not night.facts.state:  # what was begun or handed over tonight waits no more
        night = replace(night, facts=replace(night.facts, state=effects.state))
    asked: dict[str, None] = {}
    for row, _, sent in _waiting(night):
        on = max(one.accepted_on for one in sent.values()) + timedelta(days=SILENT_DAYS)
        if on > night.as_of:
            effects.ahead.append(on)
        else:
            asked[row.item.id] = None
    asked |= {row.item.id: None for row, _ in _passed(night)}
    keep_task(CONFIRM_DELIVERY, bool(asked), night, effects, items=tuple(asked))


def confirmed(night: Night, items: Iterable[str], on: date) -> AccountState:
    """The memory after a person said that what these items wait for has arrived, or is not to be waited for.

    Their task is forgotten with it: other items of the account may wait too, and are asked about in the next night.
    """
    state, wanted = night.facts.state, set(items)
    memory = dict(state.items)
    for row, _, sent in _waiting(night):
        if row.item.id in wanted:
            was = memory.get(row.item.id, state.item(row.item.id))
            heard = {key: replace(one, delivered_on=on) for key, one in sent.items()}
            memory[row.item.id] = replace(was, sent={**was.sent, **heard})
    for row, key in _passed(night):
        if row.item.id in wanted:
            was = memory.get(row.item.id, state.item(row.item.id))
            memory[row.item.id] = replace(was, sent={**was.sent, key: Sent(on, on)})
    if memory == state.items:
        return state
    answered = {key for key, one in state.tasks.items() if one.step == CONFIRM_DELIVERY and wanted & set(one.items)}
    tasks = {key: one for key, one in state.tasks.items() if key not in answered}
    return replace(state, items=memory, tasks=tasks)


def _waiting(night: Night) -> Iterator[tuple[Netted, Step, dict[str, Sent]]]:
    """Each item and reached step that waits for a real delivery, with what was sent, by the key that remembers it."""
    for row in night.rows:
        for step in night.policy_of(row.item).insisting if row.dunnable else ():
            sent = sent_before(step, row, night)
            if sent and all(one.delivered_on is None for one in sent.values()) and _is_next(step, row, night):
                yield row, step, sent


def _passed(night: Night) -> Iterator[tuple[Netted, str]]:
    """Each item with a reached step that requires others, none of which went out or can go out any more.

    Their places lie behind the item, or their days are over. Returns: with it the key of the first of them.
    """
    memory = night.facts.state.items
    for row in night.rows if night.policy.requiring or night.setting.policies else ():
        policy = night.policy_of(row.item)
        if not row.dunnable or row.small or policy.advance not in ("latest", "next"):
            continue
        for step in policy.requiring:
            if row.age < step.offset_days and step.anchor is Anchor.DUE and not step.early:
                continue  # as mostly: not reached
            state, prefix = memory.get(row.item.id, _UNTOUCHED), night.key(step, row.item).removesuffix(step.id)
            behind = {one.id for one in policy.messages[: position(state, policy.messages, prefix) + 1]}
            if step.id in behind or not all(_is_gone(name, behind, row, policy) for name in step.requires_step):
                continue
            if _waits_in_vain(step, row, night):
                yield row, prefix + step.requires_step[0]


def _is_gone(name: str, behind: Collection[str], row: Netted, policy: Policy) -> bool:
    """Whether a message can go no more, whatever happens to the item."""
    step = policy.step(name)
    return name in behind or step is None or step.off or days_are_over(step, row)


def _waits_in_vain(step: Step, row: Netted, night: Night) -> bool:
    """Whether the step would be done tonight, had anything gone out that it waits for."""
    late = step.last_valid_dpd is not None and row.age > step.last_valid_dpd
    if late or (step.repeat is not None and not in_range(step, row.age)) or forbidden(step, night):
        return False
    return _is_next(step, row, night) and not sent_before(step, row, night)


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
