"""Decide one account for one night: which messages, which effects, who is told, why, and when to look again."""

from collections.abc import Mapping
from datetime import date, datetime, timedelta
from typing import Final

from core.balance import Netted, net, plans_of
from core.calendar import run_instant
from core.decide.activation import set_old_apart
from core.decide.clocks import wound
from core.decide.digest import digest_lines
from core.decide.effects import end_begun, run_effects
from core.decide.groups import GROUP, group_of
from core.decide.housekeeping import keep_house
from core.decide.ladder import Climb
from core.decide.looks import Reached, without_step
from core.decide.memory import remembered
from core.decide.message import Message, by_group, plan_message
from core.decide.model import Decision, Facts, NoticeCancel, Reason, Setting, Verdict
from core.decide.next_look import next_look
from core.decide.night import Night
from core.decide.outcome import Effects
from core.decide.pins import pinned
from core.decide.tables import Stand
from core.decide.tasks import role_gaps
from core.decide.words import after_the_ladder, before_the_ladder
from core.state import DueStep
from core.values import replace

__all__ = ["GROUP", "decide", "next_check_on", "survey"]

ONE_DAY: Final = timedelta(days=1)
_NOWHERE: Final = Reached()
_made: Final = tuple.__new__  # a named tuple at once: by its own name it takes twice as long


def decide(
    facts: Facts,
    setting: Setting,
    as_of: date,
    *,
    at: datetime | None = None,
    only: frozenset[tuple[str, str]] | None = None,
) -> Decision:
    """Everything that the night of `as_of` means for one account; total, and each item gets its reason.

    Args: `at` is the aware instant of deciding, by default the entity's run hour of that night; `only` limits the
    messages to these (item, step) pairs: what is looked at again just before sending may shrink, never grow.
    """
    night = survey(facts, setting, as_of)
    stands = stand_tonight(night, only)
    return conclude(night, stands, effects_of(night), at or moment_of(setting, as_of))


def moment_of(setting: Setting, as_of: date) -> datetime:
    """When a night decides where nobody says when: at the entity's run hour."""
    return run_instant(as_of, setting.entity.zone, setting.entity.run_hour)


def effects_of(night: Night) -> Effects:
    """What the steps beside the messages do tonight; of an entity that is not live what was begun only ends."""
    return run_effects(night) if night.setting.entity.live else end_begun(night)


def conclude(
    night: Night, stands: list[Stand], effects: Effects, moment: datetime, *, items_on: date | None = None
) -> Decision:
    """What is done about where the items stand, and what is remembered of it.

    Args: `items_on` the first later date on which something about an item changes, where that is known already.
    """
    setting, as_of = night.setting, night.as_of
    posted = night if not effects.charges else replace(night, facts=replace(night.facts, state=effects.state))
    messages = [
        plan_message(group, members, posted, moment)
        for group, members in by_group(stands, night.facts.state.waiting).items()
    ]
    if setting.entity.live or not night.rows:
        keep_house(night, messages, effects)
    plans = tuple([message.plan for message in messages if message.plan is not None])
    verdicts = _verdicts(stands, messages, night)
    digest, gaps = digest_lines(night, plans, effects)
    return Decision(
        as_of,
        setting.policy.policy,
        setting.policy.version,
        remembered(effects.state, night, messages),
        verdicts,
        next_look(night, stands, messages, effects, items_on),
        notices=plans,
        cancels=_cancels(night, messages, verdicts),
        tasks=(*effects.tasks, *(role_gaps(gaps, setting, as_of) if gaps else ())),
        closed_tasks=tuple(effects.closed),
        digest=digest,
        done=tuple([DueStep(row.item.id, night.key(step, row.item)) for step, row in effects.told]),
        charges=tuple(effects.charges),
        proposals=tuple(effects.proposals),
        withdrawn=tuple(effects.withdrawn),
        announcements=tuple(effects.announcements),
        held=tuple(effects.held),
    )


def survey(facts: Facts, setting: Setting, as_of: date) -> Night:
    """What may be asked for tonight, item by item, the sums over it, and the repeat clocks wound to tonight."""
    treated = setting.policy.treated(facts.customer)
    if treated is not facts.customer:
        facts = replace(facts, customer=treated)
    holidays = setting.holidays
    plans = plans_of(facts, setting.policy, holidays, as_of)
    rows = net(facts, setting, holidays, as_of, plans)
    set_old_apart(rows, facts.state.baseline, setting.policy, as_of)
    return wound(pinned(Night(facts, setting, as_of, holidays, tuple(rows), tuple(plans))))


def next_check_on(facts: Facts, setting: Setting, as_of: date) -> date | None:
    """When to look again at an account whose memory changed after the night of `as_of` had been decided.

    A decision that would do something is not carried out here, so its own answer, which takes that as done, is not
    the right one: the next night does it.
    """
    decision = decide(facts, setting, as_of)
    return decision.next_check_on if decision.state == facts.state else as_of + ONE_DAY


def stand_tonight(night: Night, only: frozenset[tuple[str, str]] | None = None) -> list[Stand]:
    """Where every item stands on the message track tonight. Args: `only` as for `decide`."""
    facts = night.facts
    doubtful = {due.item for w in facts.state.waiting.values() if w.notice_id in facts.in_doubt for due in w.steps}
    own = Climb(night, night.policy)
    climbs: dict[int, Climb] = {id(night.policy): own}
    stands = []
    for row in night.rows:
        climb = own
        if row.item.policy is not None:
            policy = night.policy_of(row.item)
            climb = climbs.setdefault(id(policy), Climb(night, policy))
        reached = _reached(climb, row) if row.dunnable else _NOWHERE
        in_doubt = row.item.id in doubtful
        if reached.step is not None and (
            in_doubt or (only is not None and (row.item.id, night.key(reached.step, row.item)) not in only)
        ):
            reached = without_step(reached)
        level = max(row.level, reached.step.level if reached.step else 0)
        stands.append(Stand(row, reached, in_doubt, level, group_of(row, level, night.policy)))
    return stands


def _reached(climb: Climb, row: Netted) -> Reached:
    if climb.policy.advance == "none":
        return Reached(held=Reason.NO_LADDER)
    first = before_the_ladder(row, climb.night, climb.policy)
    if first is not None:
        return first
    return after_the_ladder(climb.reached(row), row, climb.night, climb.policy)


def _verdicts(stands: list[Stand], messages: list[Message], night: Night) -> tuple[Verdict, ...]:
    """What was decided for each item: a message of its group has it in, or says why not."""
    by_group = {message.group: message for message in messages}
    return tuple([_verdict(stand, by_group, night) for stand in stands])


def _verdict(stand: Stand, messages: Mapping[str, Message], night: Night) -> Verdict:
    row, reached = stand.row, stand.reached
    item, step = row.item, reached.step
    reason, again_on = stand.reason or reason_of(stand), reached.ahead
    if row.blocks is not None or row.blocked is Reason.NOT_RELEASED:
        again_on = _free_on(row, reached, night)
    if step is not None:
        message = messages[stand.group]
        held = Reason.BELOW_MINIMUM if item.id in message.left_out else message.held
        if held is not None:
            reason, again_on = held, message.again_on
    return _made(
        Verdict,
        (
            item.id,
            item.number,
            row.days_past_due,
            row.due,
            item.currency,
            reason,
            None if step is None else step.id,
            reached.superseded,
            again_on,
            (),
        ),
    )


def _free_on(row: Netted, reached: Reached, night: Night) -> date | None:
    """The next date on which something about the item may change by itself: a step, or the end of what blocks it."""
    blocks, baseline = row.blocks, night.facts.state.baseline
    days = [reached.ahead, *(blocks.changes if blocks else ()), baseline.release_on if baseline else None]
    return min((day for day in days if day is not None and day > night.as_of), default=None)


def reason_of(stand: Stand, held: Reason | None = None) -> Reason:
    """Why the item is where it is. Args: `held` what keeps its step from going out."""
    row, reached = stand.row, stand.reached
    if row.blocked is not None:
        return row.blocked
    if stand.in_doubt:
        return Reason.IN_DOUBT
    if reached.step is not None:
        return held or Reason.STEP_DUE
    if reached.held is not None:
        return reached.held
    if reached.too_soon_after_issue:
        return Reason.TOO_SOON_AFTER_ISSUE
    if reached.ahead is not None:
        return Reason.NOT_YET
    return Reason.LAPSED if reached.lapsed else Reason.UP_TO_DATE


def _cancels(night: Night, messages: list[Message], verdicts: tuple[Verdict, ...]) -> tuple[NoticeCancel, ...]:
    """Unsent notices that tonight's facts do not ask for any more; one in doubt is left alone.

    So is one that only waits for the next day on which mail goes: whoever let it go on a Friday need not on the Monday.
    """
    waiting, in_doubt = night.facts.state.waiting, night.facts.in_doubt
    if not waiting:
        return ()
    held = [one for one in messages if one.plan is None and one.held is not Reason.NO_SEND_DAY]
    unwanted = [one.group for one in held if one.group in waiting]
    cancelled = [(group, waiting[group]) for group in unwanted if waiting[group].notice_id not in in_doubt]
    return tuple([NoticeCancel(was.notice_id, group, why_not(was.steps, verdicts)) for group, was in cancelled])


def why_not(steps: tuple[DueStep, ...], verdicts: tuple[Verdict, ...]) -> Reason:
    """Why none of these steps is wanted any more: the first item's own reason; an item that is gone was settled."""
    by_item = {verdict.item: verdict for verdict in verdicts}
    reasons = [by_item[due.item].reason if due.item in by_item else Reason.SETTLED for due in steps]
    return next((reason for reason in reasons if reason is not Reason.STEP_DUE), Reason.SETTLED)
