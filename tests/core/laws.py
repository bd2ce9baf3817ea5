"""What must hold of every night, whatever the policy: each law looks at one night and fails by itself."""

from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta
from typing import Any, Final

from core.calendar import add_business_days, local_date, zone_of
from core.decide.account import decide
from core.decide.model import Decision, Facts, Line, NoticePlan, Reason
from core.ledger import Dispute, Hold, Item, Plan, Promise
from core.policy.schema import PUNCTUAL, STATEMENT, Anchor, Effect, Policy, Step
from tests.core.worlds import Night, World, lived

HOUSE: Final = frozenset(
    {
        "apply-cash",
        "insolvency",
        "rate-missing",
        "find-address",
        "assign-role",
        "dispute-late",
        "dispute-again",
        "old-debt",
        "confirm-delivery",
    }
)
BLOCKED: Final = frozenset(
    {
        *(Reason.SETTLED, Reason.PAID_BY_CREDIT, Reason.DISPUTED, Reason.PROMISED, Reason.ON_HOLD, Reason.INSOLVENT),
        *(Reason.EXCLUDED, Reason.PLANNED, Reason.SMALL, Reason.RESUMING, Reason.CHARGE, Reason.COVERED),
        *(Reason.TOO_OLD, Reason.NOT_RELEASED),
    }
)


def doings(decision: Decision) -> dict[str, Any]:
    """Everything that a night does to the world outside; empty when it does nothing."""
    names = (
        "notices",
        "cancels",
        "tasks",
        "closed_tasks",
        "digest",
        "done",
        "charges",
        "proposals",
        "withdrawn",
        "announcements",
    )
    found = {name: getattr(decision, name) for name in names}
    return {name: value for name, value in found.items() if value}


def outcomes(decision: Decision) -> list[Any]:
    verdicts = [(v.item, v.reason, v.step, v.superseded, v.dunnable_minor) for v in decision.verdicts]
    return [decision.state.status, decision.state.credit_hold, *verdicts]


def skipping_changes_nothing(world: World) -> None:
    """An account that is left alone until its next look is decided as if every night had looked at it."""
    looked = {night.day: night for night in lived(world, skip_idle=True)}
    same: list[Any] | None = None  # what every night says until the next look; None: not yet said
    for night in lived(world, skip_idle=False):
        look = looked.get(night.day)
        assert doings(night.decision) == (doings(look.decision) if look else {}), night.day
        if same is None or look:
            same = outcomes(night.decision)
        assert (outcomes(look.decision) if look else same) == outcomes(night.decision), night.day
        if night.ended:
            same = None  # the memory has changed since the look


def policy_of(world: World, item: Item) -> Policy:
    return world.setting.policies.get(item.policy or "", world.setting.policy)


def step_of(world: World, key: str) -> Step:
    name, _, step_id = key.rpartition(":")
    policy = world.setting.policies[name] if name else world.setting.policy
    step = policy.step(step_id)
    assert step is not None
    return step


def lines_of(plan: NoticePlan) -> tuple[Line, ...]:
    return (*plan.overdue, *plan.coming_due)


# ---------- what may not be asked for, told again from the ledger ----------


def held_on(hold: Hold, day: date) -> bool:
    return (hold.placed_on is None or hold.placed_on <= day) and (hold.until is None or day <= hold.until)


def disputed(dispute: Dispute, item: Item, day: date) -> int:
    if dispute.closed_on is not None and dispute.closed_on <= day:
        return 0
    return item.open_minor if dispute.amount_minor is None else dispute.amount_minor - dispute.credited_minor


def promised(promise: Promise, item: Item, grace_days: int, holidays: frozenset[date], day: date) -> int:
    if promise.outcome is not None or day > add_business_days(promise.promised_on, grace_days, holidays):
        return 0
    if promise.amount_minor is None:
        return item.open_minor
    paid = sum(one.minor for one in item.part_payments if one.recorded_on >= promise.made_on)
    return max(0, promise.amount_minor - paid)


def in_force(plan: Plan, day: date) -> bool:
    """True while no instalment can have been missed."""
    return (plan.ended_on is None or day < plan.ended_on) and all(day <= part.due_on for part in plan.instalments)


def nothing_is_said_about_what_is_blocked(world: World, night: Night) -> None:
    facts, day, holidays = night.facts, night.day, world.setting.holidays
    items = {item.id: item for item in facts.items}
    listed = [line for plan in night.decision.notices for line in lines_of(plan)]
    assert not (listed and facts.customer.insolvent)
    doubtful = {due.item for w in facts.state.waiting.values() if w.notice_id in facts.in_doubt for due in w.steps}
    for line in listed:
        assert line.item not in doubtful
        assert not any(held_on(hold, day) and hold.item in (None, line.item) for hold in facts.holds), line
        item = items.get(line.item)
        if item is None:
            assert line.item.partition("/")[0] in {plan.id for plan in facts.plans}, line
            continue
        assert item.policy != "none"
        assert item.kind.principal
        assert not any(item.id in plan.items and in_force(plan, day) for plan in facts.plans), line
        kept = sum(disputed(one, item, day) for one in facts.disputes if one.item == item.id)
        kept += item.open_minor if item.disputed_all else 0
        grace = world.setting.policy.promise_grace_days
        mine = [one for one in facts.promises if one.item == item.id]
        own = policy_of(world, item).promise_grace_days
        kept += sum(min(promised(one, item, days, holidays, day) for days in (grace, own)) for one in mine)
        assert line.due_minor + line.credit_minor <= max(0, item.open_minor - kept), line


# ---------- sums ----------


def what_is_shown_adds_up(world: World, night: Night) -> None:
    items = {item.id: item for item in night.facts.items}
    said = {verdict.item: verdict for verdict in night.decision.verdicts}
    listed = Counter(line.item for plan in night.decision.notices for line in lines_of(plan))
    assert listed.total() == len(listed), "an item in two messages"
    for plan in night.decision.notices:
        for line in lines_of(plan):
            assert line.due_minor > 0
            assert min(line.withheld_minor, line.credit_minor) >= 0
            assert line.due_minor + line.withheld_minor + line.credit_minor == line.open_minor
            assert line.due_minor == said[line.item].dunnable_minor
            assert line.item not in items or line.open_minor == items[line.item].open_minor
        assert {due.item for due in plan.steps} <= {line.item for line in lines_of(plan)}
        sums = Counter[str]()
        for line in plan.overdue:
            sums[line.currency] += line.due_minor
        for charge in plan.charges:
            sums[charge.currency] += charge.minor
        assert sums == Counter(plan.totals)
        for charge in plan.charges:
            assert charge.minor > 0
            assert charge.item in {line.item for line in lines_of(plan)}
            assert charge.new or charge.minor <= items[charge.id].open_minor


def a_plan_asks_for_what_its_items_owe(world: World, night: Night) -> None:
    owed = {item.id: item.open_minor for item in night.facts.items}
    for plan in night.facts.plans:
        parts = [v for v in night.decision.verdicts if v.item.startswith(f"{plan.id}/")]
        if parts:
            credit = _credit_used(night.decision, {part.item for part in parts})
            shown = sum(part.dunnable_minor for part in parts) + credit
            assert shown <= sum(owed.get(item, 0) for item in plan.items)


def _credit_used(decision: Decision, items: set[str]) -> int:
    return sum(line.credit_minor for plan in decision.notices for line in lines_of(plan) if line.item in items)


def each_credit_is_used_once(world: World, night: Night) -> None:
    there, used, told = Counter[str](), Counter[str](), Counter[str]()
    for credit in night.facts.credits:
        waits = world.setting.policy.credit_notes == "when_approved" and not credit.approved
        there[credit.currency] += 0 if waits else credit.open_minor
    for plan in night.decision.notices:
        for line in lines_of(plan):
            used[line.currency] += line.credit_minor
        told += Counter(dict(plan.credits))
    assert used <= there
    assert +used == told


def charges_are_made_once(world: World, night: Night) -> None:
    new = [charge.id for plan in night.decision.notices for charge in plan.charges if charge.new]
    new += [charge.id for charge in night.decision.charges]
    assert len(new) == len(set(new)), "twice in one night"
    assert not set(new) & {item.id for item in night.facts.items}, "it stands on the account already"
    shown = [charge.id for plan in night.decision.notices for charge in plan.charges]
    assert len(shown) == len(set(shown)), "shown twice"


def everything_overdue_is_listed(world: World, night: Night) -> None:
    """In the one message of an account whose limits are all zero."""
    policy = world.setting.policy
    if policy.group_by != "account" or policy.minimum.account or policy.minimum.of == "due":
        return
    doubtful = {v.item for v in night.decision.verdicts if v.reason is Reason.IN_DOUBT}
    for plan in night.decision.notices:
        late = {v.item for v in night.decision.verdicts if v.days_past_due > 0 and v.reason not in BLOCKED}
        assert {line.item for line in plan.overdue} == late - doubtful


# ---------- levels, jumps, caps ----------


def a_level_never_falls(world: World, night: Night) -> None:
    if any(
        policy.advance == "state" and policy.falls
        for policy in (world.setting.policy, *world.setting.policies.values())
    ):
        return
    for item in night.facts.items:
        was, decided, after = (
            state.item(item.id).level for state in (night.facts.state, night.decision.state, night.after)
        )
        assert was <= decided <= after


def no_jump_is_too_far(world: World, night: Night) -> None:
    items = {item.id: item for item in night.facts.items}
    ages = {verdict.item: verdict.days_past_due for verdict in night.decision.verdicts}
    for plan in night.decision.notices:
        for due in plan.steps:
            step = step_of(world, due.step)
            policy = policy_of(world, items[due.item]) if due.item in items else world.setting.policy
            if policy.max_jump == "any" or policy.advance != "latest" or step.level == 0:
                continue
            here = night.facts.state.item(due.item).level
            between = [one for one in policy.messages if here < one.level <= step.level]
            rungs = {one.level for one in between if may_come(one, items.get(due.item), policy, night, ages[due.item])}
            assert len(rungs) <= policy.max_jump


def may_come(step: Step, item: Item | None, policy: Policy, night: Night, age: int) -> bool:
    """Whether nothing keeps an item from a step for good: the customer, what it is of, or a last day that is over."""
    standing = {"segment", "currency", "department", "customer_kind"}
    if standing & step.when.asked or (step.adverse is not None and night.facts.customer.hardship):
        return False
    if policy.age_basis == "issue":
        if item is None:
            return False  # of an instalment it is not told here
        age = (night.day - item.issued_on).days
    dpd, lasts = step.when.dpd, [step.last_valid_dpd, step.repeat.until_dpd if step.repeat else None]
    if dpd is not None:
        lasts += [dpd.at_most, None if dpd.below is None else dpd.below - 1]
    return all(last is None or age <= last for last in lasts)


def caps_hold(world: World, night: Night) -> None:
    items = {item.id: item for item in night.facts.items}
    policy = world.setting.policy
    for plan in night.decision.notices:
        assert policy.max_notices is None or night.facts.state.notices.get(plan.group, 0) < policy.max_notices
        for due in plan.steps:
            own = policy_of(world, items[due.item]) if due.item in items else policy
            step, state = step_of(world, due.step), night.facts.state.item(due.item)
            assert own.highest_level is None or step.level <= own.highest_level
            rung = step.event is None and step.id not in (PUNCTUAL, STATEMENT) and own.advance != "repeat"
            assert not rung or own.max_attempts is None or state.attempts < own.max_attempts
    small = {v.item for v in night.decision.verdicts if v.reason is Reason.SMALL}
    assert not small & {line.item for plan in night.decision.notices for line in lines_of(plan)}


def the_tone_is_carried(world: World, night: Night) -> None:
    """What is listed at the tone's level or above reaches the minimum, and the share of what is listed overdue."""
    policy = world.setting.policy
    if policy.minimum.item.amount or policy.minimum.item.percent:
        return  # small ones are no louder than level 1
    limits = policy.minimum.account
    if limits and world.setting.entity.currency is not None and world.setting.entity.rates:
        return  # the minimum in other currencies is told elsewhere
    for plan in night.decision.notices:
        if plan.level == 0 or not plan.overdue:
            continue
        due = {one.item: step_of(world, one.step).level for one in plan.steps}
        carried = []
        for currency in {line.currency for line in plan.overdue}:
            table = [line for line in plan.overdue if line.currency == currency]
            loud = [
                line
                for line in table
                if max(night.facts.state.item(line.item).level, due.get(line.item, 0)) >= plan.level
            ]
            minor, total = sum(one.due_minor for one in loud), sum(one.due_minor for one in table)
            enough = minor * 100 >= policy.materiality_percent * total
            carried.append(bool(loud) and enough and minor >= limits.get(currency, 0))
        assert any(carried), plan.level


# ---------- when ----------


def the_gap_is_kept(world: World, night: Night) -> None:
    policy, accepted = world.setting.policy, night.facts.state.last_accepted_on
    least = timedelta(days=policy.min_gap_days + (policy.min_gap_op == ">"))
    for plan in night.decision.notices:
        on = local_date(plan.not_before, world.setting.entity.zone)
        for group, last in accepted.items():
            if group == plan.group or (policy.min_gap_scope == "account" and last < on):
                assert on - last >= least, (group, last, on)


def it_is_sent_in_the_readers_hours(world: World, night: Night) -> None:
    hours, policy = world.setting.entity.send_hours, world.setting.policy
    for plan in night.decision.notices:
        assert plan.recipients
        zones = {reader.zone for reader in plan.recipients}
        local = [plan.not_before.astimezone(zone_of(zone)) for zone in zones]
        if len(local) == 1:  # several zones may share no hour: the last to open rules
            assert hours.start <= local[0].strftime("%H:%M") < hours.until
            closed = local[0].weekday() >= 5 or local[0].date() in world.setting.holidays
            assert policy.send_days == "all" or not closed or plan.channel == "letter"  # posted on whatever day


def there_is_a_next_look(world: World, night: Night) -> None:
    check_on = night.decision.next_check_on
    assert (check_on is None) <= (not night.facts.items and not night.decision.state.waiting)
    assert check_on is None or check_on > night.day
    assert {item.id for item in night.facts.items} <= {verdict.item for verdict in night.decision.verdicts}


# ---------- what hurts ----------


def hardship_hears_nothing_harsh(world: World, night: Night) -> None:
    if not night.facts.customer.hardship:
        return
    decision = night.decision
    assert not [charge for plan in decision.notices for charge in plan.charges if charge.new]
    assert not [charge for charge in decision.charges if charge.kind == "fee"]
    assert not decision.proposals
    assert not decision.state.credit_hold
    assert not [due for plan in decision.notices for due in plan.steps if step_of(world, due.step).adverse]
    assert not [due for due in decision.done if step_of(world, due.step).adverse]


def insolvency_leaves_its_task(world: World, night: Night) -> None:
    if not night.facts.customer.insolvent:
        return
    decision, state = night.decision, night.decision.state
    assert (decision.notices, decision.proposals, decision.charges, decision.done) == ((), (), (), ())
    assert {task.step for task in decision.tasks} <= HOUSE
    assert {task.step for task in state.tasks.values()} <= HOUSE
    assert (state.open_effects, state.credit_hold) == ({}, False)
    assert state.status in (None, world.setting.policy.clear_stage)
    if night.facts.items:
        assert [task for task in state.tasks.values() if task.step == "insolvency"]


def a_harsh_step_follows_a_delivered_one(world: World, night: Night) -> None:
    asked = [due for plan in night.decision.notices for due in plan.steps]
    for due in (*asked, *night.decision.done):
        step, state = step_of(world, due.step), night.facts.state.item(due.item)
        if not step.requires_step:
            continue
        prefix = due.step.removesuffix(step.id)
        sent = [state.sent[prefix + one] for one in step.requires_step if prefix + one in state.sent]
        arrived = [one.arrived_on() for one in sent]
        assert any(day and day + timedelta(days=step.requires_days) <= night.day for day in arrived), due


def a_person_is_asked_first(world: World, night: Night) -> None:
    granted = {answer.proposal for answer in night.facts.approvals if answer.granted}
    before = night.facts.state.open_effects
    for plan in night.decision.notices:
        for due in plan.steps:
            if step_of(world, due.step).approval:
                assert [key for key, one in before.items() if one.step == due.step and key in granted and one.active]
    for key, effect in night.decision.state.open_effects.items():
        if effect.active and step_of(world, effect.step).approval:
            assert key in granted


# ---------- what ends ----------


def effects_end_with_their_cause(world: World, night: Night) -> None:
    state = night.decision.state
    free = {v.item: v for v in night.decision.verdicts if v.reason not in BLOCKED and v.dunnable_minor > 0}
    causes = {**state.tasks, **state.open_effects}
    policies = (world.setting.policy, *world.setting.policies.values())
    by_due_date = all(policy.age_basis == "due" for policy in policies)
    for one in causes.values():
        if one.step in HOUSE:
            continue
        assert free, one
        if one.step in ("decide-next", "hand-over"):
            continue
        step = step_of(world, one.step)
        wide = step.effect is Effect.CREDIT_HOLD or step.scope == "account" or step.repeat is not None
        mine = free if wide else {key: verdict for key, verdict in free.items() if key in one.items}
        assert mine, one
        if step.anchor is Anchor.DUE and by_due_date and step.effect is not Effect.MESSAGE:
            early = 4 if step.early else 0  # on the business day before
            assert any(v.days_past_due >= step.offset_days - early - 10 * bool(early) for v in mine.values()), one
    marks = [step for step in world.setting.policy.effects if step.status is not None and step.status == state.status]
    simple = bool(marks) and all(step.anchor is Anchor.DUE for step in marks) and not world.setting.policies
    if simple and world.setting.policy.age_basis == "due":
        latest = max((verdict.days_past_due for verdict in free.values()), default=-999)
        assert latest >= min(step.offset_days - 10 * step.early for step in marks), state.status
    if not free:
        assert state.status in (None, world.setting.policy.clear_stage)
        cancelled = {cancel.id for cancel in night.decision.cancels}
        assert {waiting.notice_id for waiting in state.waiting.values()} <= night.facts.in_doubt | cancelled


def changes_of_state_are_told(world: World, night: Night) -> None:
    before, after, decision = night.facts.state, night.decision.state, night.decision
    opened, closed = {task.id for task in decision.tasks if task.step != "assign-role"}, set(decision.closed_tasks)
    assert set(after.tasks) == (set(before.tasks) | opened) - closed
    assert closed <= set(before.tasks) | opened
    said = [one.what for one in decision.announcements]
    assert (before.status == after.status) or "status" in said
    assert before.credit_hold or not after.credit_hold or "credit_hold_set" in said
    assert not before.credit_hold or after.credit_hold or "credit_hold_lifted" in said
    holds = [what for what in said if what.startswith("credit_hold")]
    assert not holds or (holds[-1] == "credit_hold_set") == after.credit_hold


# ---------- order ----------


def order_changes_nothing(world: World, night: Night) -> None:
    facts = night.facts
    names = ("items", "credits", "disputes", "promises", "holds", "plans", "waivers", "approvals", "contacts")
    turned = replace(facts, **{name: tuple(reversed(getattr(facts, name))) for name in names})
    assert sorted_(decide(turned, world.setting, night.day)) == sorted_(night.decision)


def sorted_(decision: Decision) -> dict[str, Any]:
    """A decision with everything that has no order of its own sorted."""

    def key(one: Any) -> str:
        return repr(one)

    plans = [
        replace(
            plan,
            steps=tuple(sorted(plan.steps, key=key)),
            recipients=tuple(sorted(plan.recipients, key=key)),
            charges=tuple(sorted(plan.charges, key=key)),
        )
        for plan in decision.notices
    ]
    tasks = [replace(task, items=tuple(sorted(task.items))) for task in decision.tasks]
    proposals = [replace(one, items=tuple(sorted(one.items))) for one in decision.proposals]
    state = decision.state
    memory = {
        "items": {name: replace(one, effects=tuple(sorted(one.effects))) for name, one in state.items.items()},
        "repeats": dict(state.repeats),
        "done": sorted(state.done),
        "tasks": {name: (one.step, sorted(one.items)) for name, one in state.tasks.items()},
        "waiting": {name: (one.notice_id, sorted(one.steps, key=key)) for name, one in state.waiting.items()},
        "open_effects": {n: replace(one, items=tuple(sorted(one.items))) for n, one in state.open_effects.items()},
        "status": state.status,
        "turns": dict(state.turns),
    }
    names = ("verdicts", "cancels", "closed_tasks", "digest", "done", "charges", "withdrawn", "announcements")
    rest = {name: sorted(getattr(decision, name), key=key) for name in names}
    return {
        **rest,
        "notices": sorted(plans, key=key),
        "tasks": sorted(tasks, key=key),
        "proposals": sorted(proposals, key=key),
        "memory": memory,
        "next_check_on": decision.next_check_on,
    }


Law = Callable[[World, Night], None]
LAWS: Final[tuple[Law, ...]] = (
    nothing_is_said_about_what_is_blocked,
    what_is_shown_adds_up,
    a_plan_asks_for_what_its_items_owe,
    each_credit_is_used_once,
    charges_are_made_once,
    everything_overdue_is_listed,
    a_level_never_falls,
    no_jump_is_too_far,
    caps_hold,
    the_tone_is_carried,
    the_gap_is_kept,
    it_is_sent_in_the_readers_hours,
    there_is_a_next_look,
    hardship_hears_nothing_harsh,
    insolvency_leaves_its_task,
    a_harsh_step_follows_a_delivered_one,
    a_person_is_asked_first,
    effects_end_with_their_cause,
    changes_of_state_are_told,
    order_changes_nothing,
)
__all__ = ["LAWS", "Facts", "Law"]
