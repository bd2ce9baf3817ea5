"""Random accounts whose facts change from day to day, and their nights with a provider that is not always quick."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Any

from hypothesis import strategies as st

from core.decide.account import GROUP, decide, next_check_on
from core.decide.model import Decision, Facts, NoticePlan, Setting
from core.ledger import Credit, CreditKind, Dispute, Hold, Item, PartPayment, Promise
from core.policy.step_facts import step_facts
from core.state import AccountState, DueStep, StepFacts
from tests.builders import DUE, a_customer, a_policy, a_setting, an_item, contacts

POLICIES = {name: a_policy(name) for name in ("machinery-manufacturer", "headline-31-61-91")}
NIGHTS = 125  # from DAY_ONE: past the first ten reminders of every day
DAY_ONE = DUE - timedelta(days=12)


@dataclass(frozen=True)
class Event:
    """One change of an account's facts, known from the morning of `day` (counted from DAY_ONE) on."""

    day: int
    kind: str
    item: int
    share: int  # percent of what the change is about
    days: int  # how long it lasts, where it lasts


@dataclass(frozen=True)
class World:
    """One account's whole story, and what becomes of its notices by their number."""

    setting: Setting
    items: tuple[Item, ...]
    events: tuple[Event, ...]
    post: tuple[tuple[str, int], ...]  # (accept | fail | doubt, days after it was planned), by notice number

    def __repr__(self) -> str:  # a failing example in a few lines
        policy = self.setting.policy
        items = [(i.id, i.issued_on, i.due_on, i.currency, i.open_minor) for i in self.items]
        changes = policy.model_dump(exclude={"steps", "description"}, mode="json")
        repeats = [step.repeat for step in policy.steps if step.repeat]
        return f"World({changes}, {repeats}, {self.setting.entity.holidays}, {items}, {self.events}, {self.post})"


# the milder ones more often, or most stories end early
WEIGHTS = {
    "part": 4, "promise": 3, "dispute": 2, "hold": 2, "credit": 2, "cash": 2, "undo": 2,
    "pay": 1, "hold_all": 1, "address": 1, "insolvent": 1,
}  # fmt: skip
KINDS = [kind for kind, weight in WEIGHTS.items() for _ in range(weight)]


@st.composite
def worlds(draw: st.DrawFn) -> World:
    """Up to four items in two currencies, up to eight changes, a shipped policy with some fields redrawn."""
    policy = POLICIES[draw(st.sampled_from(sorted(POLICIES)))]
    changes: dict[str, Any] = {
        "send_days": draw(st.sampled_from(["all", "business_days"])),
        "due_rolls": draw(st.sampled_from(["off", "next_business_day"])),
        "min_gap_days": draw(st.sampled_from([0, 1, 3, 10])),
        "max_jump": draw(st.sampled_from(["any", 1, 2])),
        "unapplied": draw(st.sampled_from(["highest_level_first", "oldest_first"])),
    }
    every = draw(st.sampled_from([1, 1, 7]))
    until = draw(st.sampled_from([None, None, 97]))
    most = draw(st.sampled_from([None, None, 3]))
    steps = [
        step
        if step.repeat is None
        else step.model_copy(
            update={"repeat": step.repeat.model_copy(update={"every_days": every, "until_dpd": until, "max": most})}
        )
        for step in policy.steps
    ]
    minimum = policy.minimum.model_copy(update={"account": draw(st.sampled_from([{}, {"EUR": 2500}]))})
    policy = policy.model_copy(update={**changes, "steps": tuple(steps), "minimum": minimum})
    holidays = tuple(DAY_ONE + timedelta(days=n) for n in draw(st.sets(st.integers(0, NIGHTS), max_size=4)))
    items = tuple(draw(st.lists(_items(), min_size=1, max_size=4)))
    numbered = tuple(item.model_copy(update={"id": f"I{n}", "number": f"INV-{n}"}) for n, item in enumerate(items))
    events = draw(
        st.lists(
            st.builds(
                Event,
                day=st.integers(0, NIGHTS),
                kind=st.sampled_from(KINDS),
                item=st.integers(0, len(items) - 1),
                share=st.sampled_from([1, 9, 10, 50, 100]),
                days=st.integers(0, 25),
            ),
            min_size=2,
            max_size=10,
        )
    )
    post = draw(
        st.lists(
            st.tuples(st.sampled_from(["accept", "accept", "fail", "doubt"]), st.sampled_from([0, 0, 0, 1, 3])),
            min_size=1,
            max_size=5,
        )
    )
    setting = a_setting(policy, holidays=holidays)
    return World(setting, numbered, tuple(sorted(events, key=lambda e: e.day)), tuple(post))


@st.composite
def _items(draw: st.DrawFn) -> Item:
    due_on = DUE + timedelta(days=draw(st.integers(-100, 40)))
    return an_item(
        due_on=due_on,
        open_minor=draw(st.sampled_from([100, 900, 10_000, 100_000])),
        issued_on=due_on - timedelta(days=draw(st.sampled_from([0, 3, 10, 30]))),
        currency=draw(st.sampled_from(["EUR", "EUR", "EUR", "USD"])),
    )


def facts_on(world: World, day: date) -> Facts:
    """What is known about the account on a day, by replaying its events; the memory is empty."""
    facts = Facts(customer=a_customer(), contacts=contacts(), items=tuple(i for i in world.items if i.issued_on <= day))
    for number, event in enumerate(world.events):
        on = DAY_ONE + timedelta(days=event.day)
        if on <= day:
            facts = _apply(facts, event, f"e{number}", on)
    return facts


def _apply(facts: Facts, event: Event, name: str, on: date) -> Facts:
    until = on + timedelta(days=event.days)
    target = next((item for item in facts.items if item.id == f"I{event.item}"), None)
    if target is not None:
        facts = _about_item(facts, event, target, name, on)
    match event.kind:
        case "hold" | "hold_all":
            hold = Hold(
                id=name,
                item=None if event.kind == "hold_all" else f"I{event.item}",
                until=None if event.days == 0 else until,
            )
            return replace(facts, holds=(*facts.holds, hold))
        case "credit" | "cash":
            kind = CreditKind.CREDIT_NOTE if event.kind == "credit" else CreditKind.PAYMENT
            credit = Credit(id=name, kind=kind, currency="EUR", open_minor=event.share * 100, booked_on=on)
            return replace(facts, credits=(*facts.credits, credit))
        case "undo":
            return replace(
                facts, disputes=facts.disputes[:-1], promises=facts.promises[1:], holds=facts.holds[:-1], credits=()
            )
        case "address":
            return replace(facts, contacts=() if facts.contacts else contacts()[: 1 + event.days % 2])
        case "insolvent":
            return replace(facts, customer=a_customer(insolvent=not facts.customer.insolvent))
    return facts


def _about_item(facts: Facts, event: Event, target: Item, name: str, on: date) -> Facts:
    until, amount = on + timedelta(days=event.days), target.open_minor * event.share // 100
    part = None if event.share == 100 else amount
    match event.kind:
        case "part" | "pay":
            return _pay(facts, target, target.open_minor if event.kind == "pay" else amount, name, on)
        case "dispute":
            new = Dispute(id=name, item=target.id, amount_minor=part, opened_on=on)
            return replace(facts, disputes=(*facts.disputes, new))
        case "promise":
            promise = Promise(id=name, item=target.id, amount_minor=part, promised_on=until, made_on=on)
            return replace(facts, promises=(*facts.promises, promise))
    return facts


def _pay(facts: Facts, item: Item, minor: int, name: str, on: date) -> Facts:
    left = item.open_minor - minor
    if left <= 0:
        return replace(facts, items=tuple(i for i in facts.items if i.id != item.id))
    if minor <= 0:
        return facts
    payment = PartPayment(id=name, recorded_on=on, minor=minor)
    paid = item.model_copy(update={"open_minor": left, "part_payments": (*item.part_payments, payment)})
    return replace(facts, items=tuple(paid if i.id == item.id else i for i in facts.items))


@dataclass
class _Post:
    """The notice that is on its way: when and how it ends."""

    plan: NoticePlan
    fate: str
    ends_on: date

    @property
    def taken(self) -> tuple[DueStep, ...]:
        return () if self.fate == "fail" else self.plan.steps


@dataclass(frozen=True)
class Night:
    """One night that was looked at: what was known, what was decided, and what the provider took on that day."""

    day: date
    facts: Facts
    decision: Decision
    accepted: tuple[DueStep, ...]  # in the evening, after deciding
    ended: bool  # a notice ended in the evening, accepted or failed


def lived(world: World, *, skip_idle: bool) -> Iterator[Night]:
    """Every night that is looked at. With `skip_idle` that is a night whose facts changed, or that the last look named;
    after a notice ended, the next look is asked for anew."""
    memory, known, check_on = AccountState(), None, DAY_ONE
    post: _Post | None = None
    levels = step_facts(world.setting.policy)
    for n in range(NIGHTS):
        day = DAY_ONE + timedelta(days=n)
        now, accepted, ended = facts_on(world, day), tuple[DueStep, ...](), False
        if skip_idle and now == known and (check_on is None or check_on > day):
            continue
        doubt = frozenset({post.plan.id}) if post is not None and post.fate == "doubt" else frozenset[str]()
        told = replace(now, state=memory, in_doubt=doubt)
        decision = decide(told, world.setting, day)
        memory, known, check_on = decision.state, now, decision.next_check_on
        if decision.cancels:
            memory, post = memory.end(GROUP), None
        elif decision.notices:
            post = _posted(world, decision.notices[0], post, day)
        if post is not None and post.ends_on <= day:
            accepted, ended = post.taken, True
            memory, post = _ended(memory, post, levels, day), None
            check_on = next_check_on(replace(now, state=memory), world.setting, day)
        yield Night(day, told, decision, accepted, ended)


def _posted(world: World, plan: NoticePlan, post: _Post | None, day: date) -> _Post:
    if post is not None:  # overwritten under the same id, on the way already
        return replace(post, plan=plan)
    fate, days = world.post[int(plan.id[:6], 16) % len(world.post)]
    return _Post(plan, fate, day + timedelta(days=days))


def _ended(memory: AccountState, post: _Post, levels: dict[str, StepFacts], day: date) -> AccountState:
    if post.fate == "fail":
        return memory.end(GROUP)
    return memory.accept(GROUP, post.plan.steps, levels, day)
