"""Decide one account for one night: which message, which tasks and marks, who is told, why, and when to look again."""

from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from typing import NamedTuple

from core.balance import Netted, first_free_day, net, promise_ends_on
from core.calendar import SendDays, local_date, next_send_instant, night_to_run, run_instant
from core.decide.effects import FIND_ADDRESS, Effects, keep_task, role_gaps, run_effects
from core.decide.ladder import Climb, Reached, without_step, wound
from core.decide.model import (
    Decision,
    DigestLine,
    Facts,
    Line,
    NoticeCancel,
    NoticePlan,
    Reason,
    Recipient,
    Setting,
    Verdict,
)
from core.decide.readers import customer_readers, our_people
from core.decide.tone import step_of_tone, tone_level
from core.keys import notice_id
from core.ledger import Person
from core.policy.schema import Effect, Policy, Step
from core.state import AccountState, DueStep, Waiting

GROUP = "account"  # group_by: account; the one group of this version
ONE_DAY = timedelta(days=1)
# An account with open items always has a next look, or a review of every account (a new policy) would never meet it.
_AT_LATEST = timedelta(days=365)


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
    message to these (item, step) pairs: what is looked at again just before sending may shrink, never grow.
    """
    moment = at or run_instant(as_of, setting.entity.zone, setting.entity.run_hour)
    rows, night = survey(facts, setting, as_of)
    doubtful = {due.item for w in facts.state.waiting.values() if w.notice_id in facts.in_doubt for due in w.steps}
    stands = [_stand(row, facts, night, doubtful, only) for row in rows]

    live = setting.entity.live
    effects = run_effects(facts, setting, rows, night.clocks, as_of) if live else Effects(state=facts.state)
    if effects.state.repeats != night.clocks:
        effects.state = replace(effects.state, repeats=night.clocks)
    message = _message(facts, setting, stands, effects, as_of, moment)

    state = effects.state
    if message.plan is not None:
        waiting = {**state.waiting, GROUP: Waiting(message.plan.id, message.plan.steps)}
        state = replace(state, waiting=waiting)
    verdicts = tuple(_verdict(stand, message) for stand in stands)
    cancels = _cancels(facts, message, verdicts)
    digest, gaps = _digest(facts, setting, message.plan, effects, as_of)
    return Decision(
        as_of=as_of,
        policy=setting.policy.policy,
        policy_version=setting.policy.version,
        state=_forget_settled(state, facts),
        verdicts=verdicts,
        next_check_on=_next_look(facts, setting.policy, stands, message, effects, night.holidays, as_of),
        notices=(message.plan,) if message.plan else (),
        cancels=cancels,
        tasks=(*effects.tasks, *role_gaps(gaps, setting, as_of)),
        closed_tasks=tuple(effects.closed),
        digest=digest,
        done=tuple(DueStep(row.item.id, step.id) for step, row in effects.told),
    )


def survey(facts: Facts, setting: Setting, as_of: date) -> tuple[list[Netted], Climb]:
    """What may be asked for tonight, item by item, and the item clock that they are held against."""
    holidays = frozenset(setting.entity.holidays)
    rows = net(facts, setting.policy, holidays, as_of)
    clocks = wound(facts.state.repeats, setting.policy, rows, holidays, as_of)
    return rows, Climb(setting.policy, setting.policy.messages, clocks, holidays, as_of)


def next_check_on(facts: Facts, setting: Setting, as_of: date) -> date | None:
    """When to look again at an account whose memory changed after the night of `as_of` had been decided.

    A decision that would do something is not carried out here, so its own answer, which takes that as done, is not
    the right one: the next night does it.
    """
    decision = decide(facts, setting, as_of)
    return decision.next_check_on if decision.state == facts.state else as_of + ONE_DAY


class _Stand(NamedTuple):
    """One item tonight: what may be asked for it, and where it stands on the message track."""

    row: Netted
    reached: Reached
    in_doubt: bool


@dataclass(frozen=True, slots=True)
class _Message:
    """The outcome of the contact clock: a plan, or why there is none although a step is due."""

    plan: NoticePlan | None = None
    held: Reason | None = None
    again_on: date | None = None


def _stand(
    row: Netted, facts: Facts, night: Climb, doubtful: set[str], only: frozenset[tuple[str, str]] | None
) -> _Stand:
    if not row.dunnable:
        return _Stand(row, Reached(), in_doubt=False)
    reached = night.reached(row, facts.state.item(row.item.id))
    in_doubt = row.item.id in doubtful
    if in_doubt or (only is not None and reached.step and (row.item.id, reached.step.id) not in only):
        reached = without_step(reached)
    return _Stand(row, reached, in_doubt)


def _message(
    facts: Facts, setting: Setting, stands: list[_Stand], effects: Effects, as_of: date, moment: datetime
) -> _Message:
    """The contact clock: may what is due go out now, and to whom; guards first, one way out each."""
    due = [stand for stand in stands if stand.reached.step is not None]
    if not due:
        return _Message()
    held = _held(facts, setting, as_of)
    if held is not None:
        return held
    overdue = _lines([s for s in stands if s.row.dunnable and not s.in_doubt and s.row.days_past_due >= 1])
    coming = _lines([s for s in due if s.row.days_past_due < 1])
    if not _above_minimum(overdue + coming, setting.policy):
        return _Message(held=Reason.BELOW_MINIMUM)
    highest = max((s.reached.step for s in due if s.reached.step), key=lambda step: step.offset_days)
    level = tone_level(overdue, _levels(facts, due, overdue), setting.policy)
    tone = step_of_tone(level, highest, setting.policy)
    listener = highest if setting.policy.audience_of == "highest_step" else tone
    recipients, missing = customer_readers(facts, setting, listener.audience.customer)
    keep_task(FIND_ADDRESS, bool(missing), facts, setting, effects, as_of, ", ".join(missing))
    if not recipients:
        return _Message(held=Reason.NO_ADDRESS)
    send_at = _send_at(recipients, setting, moment, setting.policy.send_days)
    not_now = _not_now(facts, setting, recipients, as_of, moment, send_at)
    if not_now is not None:
        return not_now
    seq = facts.state.seq.get(GROUP, 0)
    return _Message(
        plan=NoticePlan(
            id=notice_id(setting.deployment, setting.entity.id, facts.customer.id, GROUP, seq),
            group=GROUP,
            level=level,
            template=tone.template or "",
            step=highest.id,
            steps=tuple(DueStep(s.row.item.id, s.reached.step.id, s.reached.occurrence) for s in due if s.reached.step),
            overdue=overdue,
            coming_due=coming,
            credits=_credits_used(overdue),
            recipients=recipients,
            not_before=send_at,
            as_of=as_of,
        )
    )


def _held(facts: Facts, setting: Setting, as_of: date) -> _Message | None:
    """What keeps the whole account from being written to tonight; None when nothing does."""
    if not setting.entity.live:
        return _Message(held=Reason.NOT_LIVE, again_on=as_of + ONE_DAY)
    pending = facts.state.waiting.get(GROUP)
    if pending is not None and pending.notice_id in facts.in_doubt:  # its id is taken until the doubt is settled
        return _Message(held=Reason.IN_DOUBT, again_on=as_of + ONE_DAY)
    return None


def _not_now(
    facts: Facts,
    setting: Setting,
    recipients: tuple[Recipient, ...],
    as_of: date,
    moment: datetime,
    send_at: datetime,
) -> _Message | None:
    """What keeps the message from leaving at `send_at`; None when nothing does.

    The gap counts entity-local dates from acceptance to the day that the night sends in, were it a send day: a night
    that runs in the evening sends a day later.
    """
    last, zone = facts.state.last_accepted_on.get(GROUP), setting.entity.zone
    if last is not None:
        opens = local_date(_send_at(recipients, setting, moment, "all"), zone)
        left = last + timedelta(days=setting.policy.min_gap_days) - opens
        if left > timedelta(0):
            return _Message(held=Reason.TOO_SOON, again_on=as_of + left)
    night = night_to_run(send_at, zone, setting.entity.run_hour)
    if night > as_of and send_at > moment:  # a later night decides before anything could go out
        return _Message(held=Reason.NO_SEND_DAY, again_on=night)
    return None


def _levels(facts: Facts, due: list[_Stand], overdue: tuple[Line, ...]) -> dict[str, int]:
    """For tone an item counts at the higher of its done level and the step due tonight."""
    tonight = {stand.row.item.id: stand.reached.step.level for stand in due if stand.reached.step}
    return {line.item: max(facts.state.item(line.item).level, tonight.get(line.item, 0)) for line in overdue}


def _send_at(recipients: tuple[Recipient, ...], setting: Setting, moment: datetime, send_days: SendDays) -> datetime:
    """The first instant at which every recipient's window has opened: that of the slowest of them."""
    zones = {recipient.zone for recipient in recipients}
    return max(
        next_send_instant(moment, zone, setting.entity.send_hours, send_days, setting.entity.holidays) for zone in zones
    ).astimezone(UTC)


def _lines(stands: list[_Stand]) -> tuple[Line, ...]:
    lines = [
        Line(
            item=s.row.item.id,
            number=s.row.item.number,
            issued_on=s.row.item.issued_on,
            due_on=s.row.item.due_on,
            days_past_due=s.row.days_past_due,
            currency=s.row.item.currency,
            original_minor=s.row.item.original_minor,
            open_minor=s.row.item.open_minor,
            withheld_minor=s.row.disputed + s.row.promised,
            credit_minor=s.row.credit,
            due_minor=s.row.due,
        )
        for s in stands
    ]
    return tuple(sorted(lines, key=lambda line: (line.due_on, line.number, line.item)))


def _above_minimum(lines: tuple[Line, ...], policy: Policy) -> bool:
    sums: dict[str, int] = {}
    for line in lines:
        sums[line.currency] = sums.get(line.currency, 0) + line.due_minor
    return any(minor >= policy.minimum.account.get(currency, 0) for currency, minor in sums.items())


def _credits_used(lines: tuple[Line, ...]) -> dict[str, int]:
    used: dict[str, int] = {}
    for line in lines:
        if line.credit_minor:
            used[line.currency] = used.get(line.currency, 0) + line.credit_minor
    return used


def _verdict(stand: _Stand, message: _Message) -> Verdict:
    row, reached = stand.row, stand.reached
    if row.blocked is not None:
        reason = row.blocked
    elif stand.in_doubt:
        reason = Reason.IN_DOUBT
    elif reached.step is not None:
        reason = message.held or Reason.STEP_DUE
    elif reached.part_paid:
        reason = Reason.PART_PAID
    elif reached.too_soon_after_issue:
        reason = Reason.TOO_SOON_AFTER_ISSUE
    elif reached.lapsed and reached.ahead is None:
        reason = Reason.LAPSED
    else:
        reason = Reason.NOT_YET if reached.ahead is not None else Reason.UP_TO_DATE
    return Verdict(
        item=row.item.id,
        number=row.item.number,
        days_past_due=row.days_past_due,
        dunnable_minor=row.due,
        currency=row.item.currency,
        reason=reason,
        step=reached.step.id if reached.step else None,
        superseded=reached.superseded,
        next_check_on=message.again_on if reached.step and message.held else reached.ahead,
    )


def _cancels(facts: Facts, message: _Message, verdicts: tuple[Verdict, ...]) -> tuple[NoticeCancel, ...]:
    """An unsent notice that tonight's facts do not ask for any more; one in doubt is left alone."""
    waiting = facts.state.waiting.get(GROUP)
    if waiting is None or message.plan is not None or waiting.notice_id in facts.in_doubt:
        return ()
    return (NoticeCancel(waiting.notice_id, GROUP, why_not(waiting.steps, verdicts)),)


def why_not(steps: tuple[DueStep, ...], verdicts: tuple[Verdict, ...]) -> Reason:
    """Why none of these steps is wanted any more: the first item's own reason; an item that is gone was settled."""
    by_item = {verdict.item: verdict for verdict in verdicts}
    reasons = [by_item[due.item].reason if due.item in by_item else Reason.SETTLED for due in steps]
    return next((reason for reason in reasons if reason is not Reason.STEP_DUE), Reason.SETTLED)


def _digest(
    facts: Facts, setting: Setting, plan: NoticePlan | None, effects: Effects, as_of: date
) -> tuple[tuple[DigestLine, ...], set[str]]:
    """Tonight's lines for our own people, by each item's own step; and the roles that nobody holds.

    A line rides with its message: what the same unsent notice already told on an earlier night is not told again.
    """
    told = {due for waiting in facts.state.waiting.values() for due in waiting.steps}
    items = {item.id: item for item in facts.items}
    events: list[tuple[Step, str, int]] = [(step, row.item.id, 0) for step, row in effects.told]
    for due in plan.steps if plan else ():
        step = setting.policy.step(due.step)
        if step is not None and due not in told:
            events.append((step, due.item, due.occurrence))
    lines, gaps, holders = list[DigestLine](), set[str](), dict[str, tuple[Person, ...]]()
    for step, item_id, occurrence in events:
        item = items[item_id]
        for role in step.audience.ours:
            people = holders.get(role)
            if people is None:
                people = holders[role] = our_people(facts, setting, role)
            if not people:
                gaps.add(role)
            lines += [
                DigestLine(
                    key=f"{facts.customer.id}#{item_id}#{item.cycle}#{step.id}#{occurrence}#{role}",
                    person=person.id,
                    role=role,
                    step=step.id,
                    item=item_id,
                    number=item.number,
                    days_past_due=(as_of - item.due_on).days,
                    currency=item.currency,
                    open_minor=item.open_minor,
                    kind="message" if step.effect is Effect.MESSAGE else step.effect.value,
                )
                for person in people
            ]
    return tuple(lines), gaps


def _next_look(
    facts: Facts,
    policy: Policy,
    stands: list[_Stand],
    message: _Message,
    effects: Effects,
    holidays: frozenset[date],
    as_of: date,
) -> date | None:
    """The earliest later date on which any rule's answer may change by itself; None when nothing is open.

    Law: skipping the account until then changes neither outcome nor message.
    Source: the decision semantics, `next_check_on`.
    """
    if not stands:
        return as_of + ONE_DAY if facts.state.waiting else None
    dates = [stand.reached.ahead for stand in stands]
    dates += [stand.row.item.due_on + ONE_DAY for stand in stands]  # becomes overdue: listed, and covered by credit
    dates += [first_free_day(hold, policy) for hold in facts.holds]
    dates += [promise_ends_on(promise, policy, holidays) + ONE_DAY for promise in facts.promises]
    dates += effects.ahead
    dates.append(message.again_on)
    if message.plan is not None or facts.state.waiting:
        dates.append(as_of + ONE_DAY)  # until what is planned has gone
    later = [day for day in dates if day is not None and day > as_of]
    return min(later, default=as_of + _AT_LATEST)


def _forget_settled(state: AccountState, facts: Facts) -> AccountState:
    """Drop the memory of items that are not open any more; the closed item's own record keeps it."""
    if not state.items:
        return state
    open_ids = {item.id for item in facts.items}
    if all(item in open_ids for item in state.items):
        return state
    return replace(state, items={key: value for key, value in state.items.items() if key in open_ids})
