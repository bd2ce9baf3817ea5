"""Laws about two stories that differ in one thing: a fee, a payment, a small old invoice."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from core.decide.account import decide
from core.decide.model import Decision, Facts, NoticePlan
from core.ledger import ClosedItem, Item, ItemKind
from core.policy.schema import MinimumItem, Policy, Scope
from core.state import DueStep, ItemState
from tests.builders import an_item
from tests.core.laws import lines_of, step_of
from tests.core.worlds import MORE, Event, Night, World, a_charge, any_worlds, lived, pay, worth

CALM = {kind: weight for kind, weight in MORE.items() if kind not in ("fee", "reverse")}


# ---------- a fee ----------


def said(plan: NoticePlan) -> Any:
    """All of a message but its charges."""
    readers = tuple(reader.email for reader in plan.recipients)
    about = (plan.id, plan.group, plan.level, plan.template, plan.step, plan.steps, lines_of(plan), plan.credits)
    return (*about, readers, plan.not_before, plan.pay_by, plan.channel, plan.sender)


def with_fees(world: World, facts: Facts, kinds: tuple[ItemKind, ...]) -> Facts:
    """The same facts with a large old charge on every invoice."""
    charges = [
        a_charge(item, f"fee-{item.id}-{kind}", item.due_on, 900_000, kind)
        for item in facts.items
        if item.kind.principal
        for kind in kinds
    ]
    return replace(facts, items=(*facts.items, *charges))


@given(world=any_worlds(nights=70), interest=st.booleans())
@worth(15)
def test_a_fee_causes_no_contact(world: World, interest: bool) -> None:
    """Neither its existence, nor its time, tone or readers."""
    kinds = (ItemKind.FEE, ItemKind.INTEREST) if interest else (ItemKind.FEE,)
    for night in lived(world, skip_idle=False):
        charged = decide(with_fees(world, night.facts, kinds), world.setting, night.day)
        assert [said(plan) for plan in charged.notices] == [said(plan) for plan in night.decision.notices], night.day
        was = {verdict.item: verdict for verdict in night.decision.verdicts}
        assert was.items() <= {verdict.item: verdict for verdict in charged.verdicts}.items()
        assert (charged.proposals, charged.done) == (night.decision.proposals, night.decision.done)
        assert charged.state.status == night.decision.state.status


# ---------- a payment ----------

ANY_PAYMENT: dict[str, Any] = {"which": st.integers(0, 3), "share": st.sampled_from([5, 40, 100])}
ANSWER = "payment_received"  # a word that answers the customer's own act, and is no dunning


def harsh(world: World, decision: Decision) -> set[Any]:
    """Every harsh thing of a night: fees, holds, and steps that say so."""
    found: set[Any] = {("charge", charge.id) for charge in decision.charges if charge.kind is ItemKind.FEE}
    found |= {("hold", one.step) for one in decision.announcements if one.what == "credit_hold_set"}
    found |= {("proposal", one.step) for one in decision.proposals if step_of(world, one.step).adverse}
    done = [*decision.done, *(due for plan in decision.notices for due in plan.steps)]
    return found | {(due.item, due.step) for due in done if step_of(world, due.step).adverse}


def levels_due(world: World, decision: Decision) -> dict[str, int]:
    """The level of the step that each item hears tonight, beside an answer."""
    steps = ((due.item, step_of(world, due.step)) for plan in decision.notices for due in plan.steps)
    return {item: step.level for item, step in steps if step.event != ANSWER}


def paid_tonight(facts: Facts, item: Item, share: int, day: date) -> Facts:
    """The facts once a share of an item is paid; a closed item goes on the payer's record."""
    minor = max(1, item.open_minor * share // 100)
    paid = pay(facts, item, minor, "tonight", day)
    if minor < item.open_minor:
        return paid
    told = {"issued_on": item.issued_on, "due_on": item.due_on, "currency": item.currency}
    record = (*facts.state.paid, ClosedItem(paid_on=day, minor=minor, **told))
    return replace(paid, state=replace(facts.state, paid=record[-10:]))


def paying(world: World, which: int, share: int) -> Iterator[tuple[Night, Item, Decision]]:
    """Each night with something open: as it was decided, the item that is paid, and what is decided then."""
    for night in lived(world, skip_idle=False):
        owing = [item for item in night.facts.items if item.kind.principal]
        if owing:
            item = owing[which % len(owing)]
            after = decide(paid_tonight(night.facts, item, share, night.day), world.setting, night.day)
            yield night, item, after


def held_after_payments(world: World) -> World:
    """The same world, its policies holding something after a payment, as they do by default."""
    every = {name: _held(policy) for name, policy in world.setting.policies.items()}
    return replace(world, setting=replace(world.setting, policy=_held(world.setting.policy), policies=every))


def _held(policy: Policy) -> Policy:
    return policy.model_copy(update={"hold_after_payment_days": policy.hold_after_payment_days or 3})


@given(world=any_worlds(kinds=CALM, nights=70, only_from=True, punctual=None), **ANY_PAYMENT)
@worth(15)
def test_paying_makes_nothing_worse_that_night(world: World, which: int, share: int) -> None:
    """For none of the items, where no condition has an upper limit that a payment could bring about."""
    for night, item, after in paying(held_after_payments(world), which, share):
        before = night.decision
        milder, was = levels_due(world, after), levels_due(world, before)
        assert {item: level for item, level in milder.items() if item not in was or level > was[item]} == {}, night.day
        tones = {plan.group: plan.level for plan in before.notices}
        assert all(plan.level <= tones.get(plan.group, 9) for plan in after.notices), night.day
        assert harsh(world, after) <= harsh(world, before)
        assert {plan.step for plan in after.proposals} <= {plan.step for plan in before.proposals}
        level = night.decision.state.item(item.id).level
        assert after.state.item(item.id).level <= max(level, night.facts.state.item(item.id).level)


@given(world=any_worlds(nights=70), **ANY_PAYMENT)
@worth(15)
def test_nothing_harsh_begins_on_the_night_of_a_payment(world: World, which: int, share: int) -> None:
    """Under any policy: whatever its conditions and events ask for waits some days."""
    world = held_after_payments(world)
    for night, _, after in paying(world, which, share):
        assert harsh(world, after) <= harsh(world, night.decision), night.day


@given(world=any_worlds(nights=70), which=st.integers(0, 3), share=st.sampled_from([11, 40, 90]))
@worth(15)
def test_what_is_paid_in_part_rises_no_level_that_night(world: World, which: int, share: int) -> None:
    """Under any policy, for the first two real part payments of an item."""
    world = held_after_payments(world)
    for night, item, after in paying(world, which, share):
        if len(item.part_payments) < 2:
            level = levels_due(world, night.decision).get(item.id, 0)
            most = max(level, night.facts.state.item(item.id).level)
            assert levels_due(world, after).get(item.id, 0) <= most, night.day


def days_of_messages(world: World) -> dict[DueStep, date]:
    """The day on which each item had each step."""
    return {due: night.day for night in reversed(list(lived(world, skip_idle=False))) for due in night.accepted}


def nothing_comes_sooner(world: World, event: Event) -> None:
    """No item has a step before the day on which it had one of that level without the payment."""
    world = replace(world, post=(("deliver", 0),))  # what becomes of a message would differ by its number
    policy = world.setting.policy
    if policy.advance not in ("latest", "next") or any(step.event == ANSWER for step in policy.steps):
        return  # a step may come again, and a later one is none brought forward
    without, with_it = days_of_messages(world), days_of_messages(replace(world, events=(event,)))
    for due, day in with_it.items():
        level = step_of(world, due.step).level
        mine = ((on, step_of(world, other.step)) for other, on in without.items() if other.item == due.item)
        assert day >= min((on for on, step in mine if step.level >= level), default=day), due


@given(
    world=any_worlds(kinds={}, nights=90, most_items=1, effects=False, only_from=True, sums=False),
    paid_on=st.integers(0, 80),
    share=st.sampled_from([5, 40, 95]),
)
@worth(20)
def test_paying_a_part_brings_no_message_forward(world: World, paid_on: int, share: int) -> None:
    """Every message of an account with one invoice, however the nights go on."""
    nothing_comes_sooner(world, Event(paid_on, "part", item=0, share=share, days=0))


@given(
    world=any_worlds(
        kinds={}, nights=90, effects=False, events=False, only_from=True, sums=False, min_gap_days=0, max_notices=None
    ),
    paid_on=st.integers(0, 80),
    item=st.integers(0, 3),
    share=st.sampled_from([5, 40, 100]),
)
@worth(15)
def test_paying_one_invoice_brings_no_message_about_another_forward(
    world: World, paid_on: int, item: int, share: int
) -> None:
    """Where nothing but the account's sums ties them together: no gap, no common clock, no small ones as a group."""
    policy = world.setting.policy
    tied = any(step.repeat is not None and step.repeat.scope is Scope.ACCOUNT for step in policy.messages)
    if not tied and not policy.minimum.item.amount and not policy.minimum.item.percent:
        nothing_comes_sooner(world, Event(paid_on, "part", item % len(world.items), share, days=0))


# ---------- a small old invoice ----------


LEAST = {"EUR": 2_000, "USD": 2_000, "JPY": 200, "KWD": 7_000}
# without what nets the small one first: credit that it uses up covers nothing else
UNTIED = {kind: weight for kind, weight in CALM.items() if kind not in ("credit", "cash", "spend")}


def small_and_old(policy: Policy, day: date, age: int) -> Item:
    minor = policy.minimum.item.amount["EUR"] - 1
    return an_item("small", due_on=day - timedelta(days=age), open_minor=minor)


def with_small_ones(world: World) -> World:
    """The same world, where 20.00 EUR are small."""
    minimum = world.setting.policy.minimum.model_copy(update={"item": MinimumItem(amount=LEAST)})
    policy = world.setting.policy.model_copy(update={"minimum": minimum})
    return replace(world, setting=replace(world.setting, policy=policy))


@given(world=any_worlds(kinds=UNTIED, nights=60, sums=False), age=st.integers(30, 300), told=st.booleans())
@worth(20)
def test_small_and_old_never_makes_large_and_young_louder(world: World, age: int, told: bool) -> None:
    """Whatever the small one has heard: a letter with a step for a large one keeps its tone."""
    world = with_small_ones(world)
    policy = world.setting.policy
    top = max((step.level for step in policy.messages), default=0) if told else 0
    for night in lived(world, skip_idle=False):
        old = small_and_old(policy, night.day, age)
        memory = replace(night.facts.state, items={**night.facts.state.items, old.id: ItemState(top, None, 3 * told)})
        more = replace(night.facts, items=(*night.facts.items, old), state=memory)
        louder = {plan.group: plan.level for plan in decide(more, world.setting, night.day).notices}
        for plan in night.decision.notices:
            raised = {due.item for due in plan.steps}
            asked = [line for line in lines_of(plan) if line.item in raised]
            if any(line.due_minor >= LEAST[line.currency] for line in asked):
                assert louder.get(plan.group, 0) <= plan.level, night.day
