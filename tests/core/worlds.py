"""Random accounts whose facts change from day to day, and their nights with a provider that is not always quick."""

import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from typing import Any, Final

from hypothesis import Phase, settings
from hypothesis import strategies as st

from core.calendar import local_date
from core.decide.account import decide, next_check_on
from core.decide.model import Charge, Decision, Facts, NoticePlan, Setting
from core.ledger import (
    Approval,
    ClosedItem,
    Contact,
    Credit,
    CreditKind,
    Customer,
    CustomerKind,
    Dispute,
    Hold,
    Instalment,
    Item,
    ItemKind,
    PartPayment,
    Plan,
    Promise,
    PromiseOutcome,
    Waiver,
)
from core.policy.step_facts import step_facts
from core.state import AccountState, Baseline, DueStep, ItemState
from tests.builders import DUE, a_customer, a_policy, a_setting, an_item, contacts
from tests.builders import POLICIES as POLICY_FILES
from tests.core.policies_drawn import chance, policies

TIMES: Final = float(os.environ.get("LAWS_TIMES", "1"))  # how much longer than usual to look for what breaks a law
SHRINK: Final = "LAWS_SHRINK" in os.environ  # to the smallest world; takes minutes, so a red run does without
POLICIES = {name: a_policy(name) for name in ("machinery-manufacturer", "headline-31-61-91")}
SHIPPED = tuple(
    a_policy(str(path.relative_to(POLICY_FILES).with_suffix(""))) for path in sorted(POLICY_FILES.rglob("*.yaml"))
)
NIGHTS = 125  # from the first day: past the first ten reminders of every day
DAY_ONE = DUE - timedelta(days=12)
# before both changes of the clock, a leap day, the ends of months and of a year
FIRST_DAYS = (DAY_ONE, date(2028, 1, 20), date(2026, 9, 25), date(2025, 12, 1), date(2027, 2, 26))
ZONES = ("UTC", "Pacific/Auckland", "America/Los_Angeles", "Europe/Berlin", "Asia/Kolkata")
CURRENCIES = ("EUR", "EUR", "EUR", "USD", "JPY", "KWD")


def worth(examples: int) -> settings:
    """So many examples, many times that where `LAWS_TIMES` asks for it, and then other ones in each run."""
    phases = [phase for phase in Phase if SHRINK or phase is not Phase.shrink]
    most = max(1, round(examples * TIMES))
    return settings(max_examples=most, derandomize=TIMES <= 1, deadline=None, phases=phases)


@dataclass(frozen=True)
class Event:
    """One change of an account's facts, known from the morning of `day` (counted from the first day) on."""

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
    post: tuple[tuple[str, int], ...]  # (accept | fail | doubt | bounce | deliver, days after it was planned)
    day_one: date = DAY_ONE
    nights: int = NIGHTS
    customer: Customer = field(default_factory=a_customer)
    contacts: tuple[Contact, ...] = field(default_factory=contacts)
    baseline: Baseline | None = None

    def __repr__(self) -> str:  # a failing example as one could write it down
        def short(one: Any) -> Any:
            return one.model_dump(exclude_defaults=True, exclude={"description"}, mode="json")

        entity, items = self.setting.entity, [short(item) for item in self.items]
        others = [short(policy) for policy in self.setting.policies.values()]
        parts = (short(self.setting.policy), *others, short(entity), short(self.customer), items, self.events)
        told = [contact.zone for contact in self.contacts]
        more = (self.post, self.day_one.isoformat(), self.nights, self.baseline, told)
        return "World(\n  " + "\n  ".join(map(repr, (*parts, *more))) + ")"

    def _repr_pretty_(self, printer: Any, cycle: bool) -> None:
        printer.text(repr(self))

    def day(self, number: int) -> date:
        """A date by its number from the first day."""
        return self.day_one + timedelta(days=number)


# the milder ones more often, or most stories end early
WEIGHTS = {
    "part": 4, "promise": 3, "dispute": 2, "hold": 2, "credit": 2, "cash": 2, "undo": 2,
    "pay": 1, "hold_all": 1, "address": 1, "insolvent": 1,
}  # fmt: skip
MORE = {
    "part": 4, "promise": 3, "promise_part": 2, "dispute": 2, "settle": 2, "hold": 2, "credit": 2, "cash": 2, "undo": 1,
    "pay": 2, "reverse": 2, "plan": 2, "plan_end": 1, "move": 2, "amend": 2, "answer": 3, "waive": 1, "hardship": 1,
    "spend": 1, "fee": 1, "hold_all": 1, "address": 1, "insolvent": 1, "kept": 1, "segment": 1, "refuse": 1,
}  # fmt: skip


def _kinds(weights: dict[str, int]) -> list[str]:
    return [kind for kind, weight in weights.items() for _ in range(weight)]


@st.composite
def worlds(draw: st.DrawFn) -> World:
    """Up to four items in two currencies, up to ten changes, a shipped policy with some fields redrawn."""
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
    events = draw(st.lists(_some_event(_kinds(WEIGHTS), len(items), NIGHTS), min_size=2, max_size=10))
    post = draw(
        st.lists(
            st.tuples(st.sampled_from(["accept", "accept", "fail", "doubt"]), st.sampled_from([0, 0, 0, 1, 3])),
            min_size=1,
            max_size=5,
        )
    )
    return World(a_setting(policy, holidays=holidays), numbered, _in_order(events), tuple(post))


def _some_event(kinds: list[str], items: int, nights: int) -> st.SearchStrategy[Event]:
    return st.builds(
        Event,
        day=st.integers(0, nights),
        kind=st.sampled_from(kinds),
        item=st.integers(0, items - 1),
        share=st.sampled_from([1, 9, 10, 50, 100]),
        days=st.integers(0, 25),
    )


def _in_order(events: list[Event]) -> tuple[Event, ...]:
    return tuple(sorted(events, key=lambda event: event.day))


@st.composite
def _items(draw: st.DrawFn) -> Item:
    due_on = DUE + timedelta(days=draw(st.integers(-100, 40)))
    return an_item(
        due_on=due_on,
        open_minor=draw(st.sampled_from([100, 900, 10_000, 100_000])),
        issued_on=due_on - timedelta(days=draw(st.sampled_from([0, 3, 10, 30]))),
        currency=draw(st.sampled_from(["EUR", "EUR", "EUR", "USD"])),
    )


# ---------- any policy, any zone ----------


@st.composite
def any_items(draw: st.DrawFn, first: date, count: int, *, others: bool = False) -> tuple[Item, ...]:
    """Invoices in many currencies, some due long before `first`; now and then an instalment, or one left out."""
    found = []
    for number in range(count):
        due_on = first + timedelta(days=draw(st.integers(-100, 60)))
        minor = draw(st.sampled_from([10_000, 100, 900, 2_500, 100_000]))
        item = an_item(
            f"I{number}",
            due_on=due_on,
            number=f"INV-{number}",
            open_minor=minor,
            original_minor=minor * draw(st.sampled_from([1, 1, 1, 4])),
            issued_on=due_on - timedelta(days=draw(st.sampled_from([30, 10, 3, 0]))),
            currency=draw(st.sampled_from(CURRENCIES)),
            department=draw(st.sampled_from([None, "D1", "D2"])),
            policy=draw(st.sampled_from([None, None, None, "other", "none"])) if others else None,
            kind=ItemKind.INSTALMENT if chance(draw, 8) else ItemKind.INVOICE,
            disputed_all=chance(draw, 20),
        )
        found.append(item)
    return tuple(found)


@st.composite
def any_setting(draw: st.DrawFn, first: date, nights: int, *, others: bool = False, **policy: Any) -> Setting:
    """Any policy for an entity in any zone. Args: `policy` as for `policies`."""
    named = {"other": draw(policies("other", **policy))} if others else {}
    holidays = draw(st.sets(st.integers(0, nights), max_size=4))
    told_until = draw(st.sampled_from([None, None, nights // 2]))
    entity: dict[str, Any] = {
        "zone": draw(st.sampled_from(ZONES)),
        "run_hour": draw(st.sampled_from([6, 6, 0, 19, 23])),
        "holidays": tuple(first + timedelta(days=n) for n in sorted(holidays)),
        "currency": draw(st.sampled_from(["EUR", "EUR", None])),
        "rates": draw(st.sampled_from([{}, {"USD": "0.9", "JPY": "0.0061"}, {"KWD": "2.99", "USD": "0.9"}])),
        "ledger_as_of": None if told_until is None else first + timedelta(days=told_until),
        "country": "DE",
    }
    shipped = not policy and chance(draw, 4)
    own = draw(st.sampled_from(SHIPPED)) if shipped else draw(policies(**policy))
    return replace(a_setting(own, **entity), policies=named)


@st.composite
def any_worlds(
    draw: st.DrawFn,
    *,
    kinds: dict[str, int] | None = None,
    nights: int = 100,
    most_items: int = 4,
    most_events: int = 10,
    **policy: Any,
) -> World:
    """Any account under any policy. Args: `kinds` of event by weight; `policy` as for `policies`."""
    first = draw(st.sampled_from(FIRST_DAYS))
    others = chance(draw, 5)
    setting = draw(any_setting(first, nights, others=others, **policy))
    items = draw(any_items(first, draw(st.integers(1, most_items)), others=others))
    weights = MORE if kinds is None else kinds
    events = draw(st.lists(_some_event(_kinds(weights), len(items), nights), max_size=most_events)) if weights else []
    fates = st.sampled_from(["accept", "deliver", "deliver", "fail", "doubt", "bounce"])
    post = draw(st.lists(st.tuples(fates, st.sampled_from([0, 0, 0, 1, 3])), min_size=1, max_size=4))
    customer = a_customer(
        kind=draw(st.sampled_from(list(CustomerKind))), segments=draw(st.sampled_from([(), ("key",)]))
    )
    zones = (draw(st.sampled_from([None, None, *ZONES])), draw(st.sampled_from([None, *ZONES])))
    told = tuple(c.model_copy(update={"zone": zone}) for c, zone in zip(contacts(), zones, strict=True))
    baseline = Baseline(first, first + timedelta(days=draw(st.integers(0, 20)))) if chance(draw, 6) else None
    return World(setting, items, _in_order(events), tuple(post), first, nights, customer, told, baseline)


# ---------- what is known on a day ----------


def facts_on(world: World, day: date) -> Facts:
    """What is known about the account on a day, by replaying its events; the memory is empty."""
    facts = Facts(
        customer=world.customer, contacts=world.contacts, items=tuple(i for i in world.items if i.issued_on <= day)
    )
    for number, event in enumerate(world.events):
        on = world.day(event.day)
        if on <= day:
            facts = _apply(facts, event, f"e{number}", on, world)
    return facts


def changing_days(world: World) -> set[date]:
    """The days on which something becomes known."""
    return {world.day(event.day) for event in world.events} | {item.issued_on for item in world.items}


def _apply(facts: Facts, event: Event, name: str, on: date, world: World) -> Facts:
    target = next((item for item in facts.items if item.id == f"I{event.item}"), None)
    about = _ABOUT_ITEM.get(event.kind)
    if about is not None:
        return facts if target is None else about(facts, event, target, name, on)
    of_account = _OF_ACCOUNT.get(event.kind)
    if of_account is not None:
        return of_account(facts, event, name, on)
    if event.kind == "reverse":
        return _reverse(facts, event, world)
    return facts


def _until(event: Event, on: date) -> date:
    return on + timedelta(days=event.days)


def _part(event: Event, item: Item) -> int | None:
    return None if event.share == 100 else item.open_minor * event.share // 100


def _changed(facts: Facts, item: Item, **changes: Any) -> Facts:
    new = item.model_copy(update=changes)
    return replace(facts, items=tuple(new if one.id == item.id else one for one in facts.items))


def _customer(facts: Facts, **changes: Any) -> Facts:
    return replace(facts, customer=facts.customer.model_copy(update=changes))


def pay(facts: Facts, item: Item, minor: int, name: str, on: date) -> Facts:
    """The facts once an amount of an item is paid."""
    left = item.open_minor - minor
    if left <= 0:
        return replace(facts, items=tuple(i for i in facts.items if i.id != item.id))
    if minor <= 0:
        return facts
    payment = PartPayment(id=name, recorded_on=on, minor=minor)
    return _changed(facts, item, open_minor=left, part_payments=(*item.part_payments, payment))


def _reverse(facts: Facts, event: Event, world: World) -> Facts:
    """Payments come back: the item is open as it was, at its full age."""
    known = next(item for item in world.items if item.id == f"I{event.item}")
    rest = tuple(item for item in facts.items if item.id != known.id)
    return replace(facts, items=tuple(sorted((*rest, known), key=lambda item: item.id)))


def _hold(facts: Facts, event: Event, name: str, on: date) -> Facts:
    until = None if event.days == 0 else _until(event, on)
    item = None if event.kind == "hold_all" else f"I{event.item}"
    placed = on + timedelta(days=2) if event.share == 1 else None
    return replace(facts, holds=(*facts.holds, Hold(id=name, item=item, until=until, placed_on=placed)))


def _credit(facts: Facts, event: Event, name: str, on: date) -> Facts:
    kind = CreditKind.CREDIT_NOTE if event.kind == "credit" else CreditKind.PAYMENT
    currency = CURRENCIES[event.days % len(CURRENCIES)]
    approved = event.kind == "cash" or event.share != 9
    credit = Credit(
        id=name, kind=kind, currency=currency, open_minor=event.share * 100, booked_on=on, approved=approved
    )
    return replace(facts, credits=(*facts.credits, credit))


def _undo(facts: Facts, event: Event, name: str, on: date) -> Facts:
    return replace(facts, disputes=facts.disputes[:-1], promises=facts.promises[1:], holds=facts.holds[:-1], credits=())


def _dispute(facts: Facts, event: Event, item: Item, name: str, on: date) -> Facts:
    new = Dispute(
        id=name,
        item=item.id,
        amount_minor=_part(event, item),
        opened_on=on,
        by_customer=event.days % 2 == 0,
        answer_by=_until(event, on) if event.days % 3 == 0 else None,
    )
    return replace(facts, disputes=(*facts.disputes, new))


def _settle_dispute(facts: Facts, event: Event, name: str, on: date) -> Facts:
    """The first open dispute is closed, some of it by a credit; now and then from a later day on."""
    closed_on = on + timedelta(days=event.days % 3)
    first = next((one for one in facts.disputes if one.closed_on is None), None)
    if first is None:
        return facts
    credited = 0 if first.amount_minor is None else first.amount_minor * (event.share // 10) // 20
    ended = first.model_copy(update={"closed_on": closed_on, "credited_minor": credited})
    return replace(facts, disputes=tuple(ended if one is first else one for one in facts.disputes))


def _promise(facts: Facts, event: Event, item: Item, name: str, on: date) -> Facts:
    amount = item.open_minor // 3 if event.kind == "promise_part" else _part(event, item)
    new = Promise(id=name, item=item.id, amount_minor=amount, promised_on=_until(event, on), made_on=on)
    return replace(facts, promises=(*facts.promises, new))


def _end_promise(facts: Facts, event: Event, name: str, on: date) -> Facts:
    outcome = list(PromiseOutcome)[event.days % 4]
    ended = tuple(
        one.model_copy(update={"outcome": outcome, "ended_on": on}) if one.outcome is None else one
        for one in facts.promises
    )
    return replace(facts, promises=ended)


def _plan(facts: Facts, event: Event, item: Item, name: str, on: date) -> Facts:
    """Two or three instalments for one item, or for all of its currency."""
    if any(item.id in plan.items and plan.ended_on is None for plan in facts.plans) or not item.kind.principal:
        return facts
    mine = [one for one in facts.items if one.currency == item.currency and one.kind.principal and not one.of]
    planned = {one for plan in facts.plans if plan.ended_on is None for one in plan.items}
    together = [one for one in mine if one.id not in planned] if event.share == 100 else [item]
    total, count = sum(one.open_minor for one in together), 2 + event.days % 2
    each = total // count
    amounts = [each] * (count - 1) + [total - each * (count - 1)]
    parts = tuple(
        Instalment(due_on=on + timedelta(days=event.days + 10 * number), minor=minor)
        for number, minor in enumerate(amounts)
        if minor > 0
    )
    plan = Plan(id=name, items=tuple(one.id for one in together), agreed_on=on, instalments=parts)
    return replace(facts, plans=(*facts.plans, plan))


def _address(facts: Facts, event: Event, name: str, on: date) -> Facts:
    return replace(facts, contacts=() if facts.contacts else contacts()[: 1 + event.days % 2])


def _fee(facts: Facts, event: Event, item: Item, name: str, on: date) -> Facts:
    charge = a_charge(item, name, on, event.share * 100)
    return replace(facts, items=(*facts.items, charge)) if item.kind.principal else facts


def a_charge(item: Item, name: str, on: date, minor: int, kind: ItemKind = ItemKind.FEE) -> Item:
    """A fee or interest on an invoice, as the ledger posts it."""
    changes = {"id": name, "number": name, "kind": kind, "of": item.id, "issued_on": on, "due_on": on, "policy": None}
    return item.model_copy(
        update={**changes, "original_minor": minor, "open_minor": minor, "part_payments": (), "disputed_all": False}
    )


_ABOUT_ITEM: Final[dict[str, Callable[[Facts, Event, Item, str, date], Facts]]] = {
    "part": lambda f, e, item, name, on: pay(f, item, item.open_minor * e.share // 100, name, on),
    "pay": lambda f, e, item, name, on: pay(f, item, item.open_minor, name, on),
    "dispute": _dispute,
    "promise": _promise,
    "promise_part": _promise,
    "plan": _plan,
    "fee": _fee,
    "move": lambda f, e, item, name, on: _changed(f, item, due_on=item.due_on + timedelta(days=e.days - 10)),
    "amend": lambda f, e, item, name, on: _changed(
        f, item, open_minor=max(1, item.open_minor * (150 - e.share) // 100), original_minor=item.original_minor * 2
    ),
    "waive": lambda f, e, item, name, on: replace(
        f, waivers=(*f.waivers, Waiver(id=name, item=item.id, waived_on=on, level=e.days % 3 or None))
    ),
}
_OF_ACCOUNT: Final[dict[str, Callable[[Facts, Event, str, date], Facts]]] = {
    "hold": _hold,
    "hold_all": _hold,
    "credit": _credit,
    "cash": _credit,
    "undo": _undo,
    "settle": _settle_dispute,
    "kept": _end_promise,
    "address": _address,
    "spend": lambda f, e, name, on: replace(f, credits=f.credits[1:]),
    "plan_end": lambda f, e, name, on: replace(
        f, plans=tuple(p if p.ended_on else p.model_copy(update={"ended_on": on}) for p in f.plans)
    ),
    "insolvent": lambda f, e, name, on: _customer(f, insolvent=not f.customer.insolvent),
    "hardship": lambda f, e, name, on: _customer(f, hardship=not f.customer.hardship),
    "segment": lambda f, e, name, on: _customer(f, segments=() if f.customer.segments else ("key",)),
}


# ---------- whole lives ----------


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
    posted: tuple[Charge, ...] = ()  # by what was accepted in the evening
    after: AccountState = field(default_factory=AccountState)  # the memory when the evening is over


def lived(world: World, *, skip_idle: bool, missed: Callable[[int], bool] = lambda _: False) -> Iterator[Night]:
    """Every night that is looked at. With `skip_idle` that is a night whose facts changed, or that the last look named;
    after a notice ended, the next look is asked for anew. Args: `missed` nights by number, on which nothing runs."""
    life = Life(world)
    for number in range(world.nights):
        day = world.day(number)
        now = life.morning(day)
        idle = now == life.known and (life.check_on is None or life.check_on > day)
        if missed(number) or (skip_idle and idle):
            continue
        yield life.night(now, day)


class Life:
    """What an account's story has come to."""

    def __init__(self, world: World) -> None:
        self.world, self.levels = world, step_facts(world.setting.policy, world.setting.policies)
        self.changing = changing_days(world)
        self.memory = AccountState(baseline=world.baseline)
        self.known: Facts | None = None
        self.check_on: date | None = world.day_one
        self.told: Facts | None = None
        self.items: dict[str, Item] = {}
        self.closed: dict[str, ItemState] = {}
        self.charges: tuple[Item, ...] = ()
        self.approvals: tuple[Approval, ...] = ()
        self.post: dict[str, _Post] = {}
        self.arriving: list[tuple[date, str, NoticePlan, AccountState, date]] = []

    def learn(self, world: World) -> None:
        """The same story with more events, known from the next morning on."""
        self.world, self.changing = world, changing_days(world)

    def morning(self, day: date) -> Facts:
        """What is known when the night begins, with what became of items that came or went since."""
        if self.told is None or day in self.changing:
            self.told = facts_on(self.world, day)
            self._answer(day)
            self._come_and_gone({item.id: item for item in self.told.items}, day)
        ids = {item.id for item in self.told.items}
        mine = tuple(charge for charge in self.charges if charge.of in ids or (ids and "/" in (charge.of or "")))
        now = replace(self.told, items=(*self.told.items, *mine), approvals=self.approvals)
        for arrived in [one for one in self.arriving if one[0] <= day]:
            self.arriving.remove(arrived)
            self._arrive(arrived)
            self.check_on = day  # an event of the account
        return now

    def _answer(self, day: date) -> None:
        answers = [e.kind for e in self.world.events if self.world.day(e.day) == day and e.kind in ("answer", "refuse")]
        for kind in answers:
            for key in self.memory.open_effects:
                answer = Approval(proposal=key, granted=kind == "answer", decided_on=day, by="ceo")
                self.approvals = (*self.approvals, answer)

    def _come_and_gone(self, now: dict[str, Item], day: date) -> None:
        memory = dict(self.memory.items)
        for key, item in self.items.items():
            if key not in now:
                if key in memory:
                    self.closed[key] = memory.pop(key)
                if item.kind.principal:
                    paid = ClosedItem(
                        issued_on=item.issued_on,
                        due_on=item.due_on,
                        paid_on=day,
                        currency=item.currency,
                        minor=item.open_minor,
                    )
                    self.memory = replace(self.memory, paid=(*self.memory.paid, paid)[-10:])
        for key in now:
            if key not in self.items and key in self.closed:
                memory[key] = self.closed.pop(key)
        self.memory, self.items = replace(self.memory, items=memory), now

    def _arrive(self, arrived: tuple[date, str, NoticePlan, AccountState, date]) -> None:
        day, fate, plan, was, on = arrived
        if fate == "bounce":
            self.memory = self.memory.take_back(plan.group, plan.steps, was, on)
            keys = {charge.id for charge in plan.charges if charge.new}
            self.charges = tuple(charge for charge in self.charges if charge.id not in keys)
        else:
            self.memory = self.memory.deliver(plan.steps, day)

    def night(self, now: Facts, day: date) -> Night:
        """Decide, then let the provider do its work."""
        doubt = frozenset(post.plan.id for post in self.post.values() if post.fate == "doubt")
        told = replace(now, state=self.memory, in_doubt=doubt)
        decision = decide(told, self.world.setting, day)
        self.memory, self.known, self.check_on = decision.state, now, decision.next_check_on
        self._charge(decision.charges, day)
        for cancel in decision.cancels:
            self.memory = self.memory.end(cancel.group)
            self.post.pop(cancel.group, None)
        for plan in decision.notices:
            self.post[plan.group] = self._posted(plan, day)
        ended = [post for post in self.post.values() if post.ends_on <= day]
        accepted, charged = tuple[DueStep, ...](), tuple[Charge, ...]()
        for post in ended:
            accepted += post.taken
            charged += self._end(post, day)
        if ended:
            self.check_on = next_check_on(replace(now, state=self.memory), self.world.setting, day)
        return Night(day, told, decision, accepted, bool(ended), charged, self.memory)

    def _posted(self, plan: NoticePlan, day: date) -> _Post:
        post = self.post.get(plan.group)
        if post is not None:  # overwritten under the same id, on the way already
            return replace(post, plan=plan)
        fate, days = self.world.post[int(plan.id[:6], 16) % len(self.world.post)]
        return _Post(plan, fate, day + timedelta(days=days))

    def _end(self, post: _Post, day: date) -> tuple[Charge, ...]:
        plan = post.plan
        del self.post[plan.group]
        if post.fate == "fail":
            self.memory = self.memory.end(plan.group)
            return ()
        was = self.memory.before(plan.group, plan.steps)
        on = max(day, local_date(plan.not_before, self.world.setting.entity.zone))
        self.memory = self.memory.accept(plan.group, plan.steps, self.levels, on)
        charged = tuple(charge for charge in plan.charges if charge.new)
        self._charge(charged, on)
        if post.fate in ("bounce", "deliver"):
            self.arriving.append((on + timedelta(days=1 + len(plan.steps) % 2), post.fate, plan, was, on))
        return charged

    def _charge(self, charges: tuple[Charge, ...], on: date) -> None:
        """Post what was charged, as items of their own."""
        for charge in charges:
            known = self.items.get(charge.item) or next(iter(self.items.values()), None)  # an instalment is no item
            if known is None:
                continue  # all was paid while the notice was in doubt
            posted = a_charge(known, charge.id, on, charge.minor, charge.kind)
            self.charges += (posted.model_copy(update={"of": charge.item, "currency": charge.currency}),)
