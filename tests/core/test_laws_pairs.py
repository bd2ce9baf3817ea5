"""Laws about two stories that differ in one thing: a fee, a payment, a small old invoice."""

from dataclasses import replace
from datetime import date, timedelta
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from core.decide.account import decide
from core.decide.model import Decision, Facts, NoticePlan
from core.ledger import Item, ItemKind
from core.policy.schema import Minimum, MinimumItem, Policy
from core.state import ItemState
from tests.builders import an_item
from tests.core.laws import lines_of, step_of
from tests.core.worlds import MORE, Event, World, a_charge, any_worlds, lived, pay, worth

# What a payment could bring about by itself is left out: conditions with an upper limit, words that an event starts.
FORWARD: dict[str, Any] = {"only_from": True, "events": False}
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


def adverse(world: World, decision: Decision) -> set[Any]:
    """Every harsh thing of a night: fees, holds, proposals, and steps that say so."""
    found: set[Any] = {("charge", charge.id) for charge in decision.charges if charge.kind is ItemKind.FEE}
    found |= {("proposal", plan.step) for plan in decision.proposals}
    found |= {("hold", one.step) for one in decision.announcements if one.what == "credit_hold_set"}
    done = [*decision.done, *(due for plan in decision.notices for due in plan.steps)]
    return found | {(due.item, due.step) for due in done if step_of(world, due.step).adverse}


def levels_due(world: World, decision: Decision) -> dict[str, int]:
    """The level of the step that each item hears tonight."""
    return {due.item: step_of(world, due.step).level for plan in decision.notices for due in plan.steps}


def paid_tonight(facts: Facts, item: Item, share: int, day: date) -> Facts:
    return pay(facts, item, max(1, item.open_minor * share // 100), "tonight", day)


@given(world=any_worlds(kinds=CALM, nights=70, **FORWARD), which=st.integers(0, 3), share=st.sampled_from([5, 40, 100]))
@worth(15)
def test_paying_makes_nothing_worse_that_night(world: World, which: int, share: int) -> None:
    if world.setting.policy.minimum.item.amount or world.setting.policy.minimum.item.percent:
        return  # what a payment makes small is chased together with the other small ones
    for night in lived(world, skip_idle=False):
        owing = [item for item in night.facts.items if item.kind.principal]
        if not owing:
            continue
        item = owing[which % len(owing)]
        after = decide(paid_tonight(night.facts, item, share, night.day), world.setting, night.day)
        before = night.decision
        milder, was = levels_due(world, after), levels_due(world, before)
        assert {item: level for item, level in milder.items() if item not in was or level > was[item]} == {}, night.day
        tones = {plan.group: plan.level for plan in before.notices}
        assert all(plan.level <= tones[plan.group] for plan in after.notices), night.day
        assert adverse(world, after) <= adverse(world, before)
        level = night.decision.state.item(item.id).level
        assert after.state.item(item.id).level <= max(level, night.facts.state.item(item.id).level)


@given(world=any_worlds(kinds={}, nights=90, most_items=1, effects=False, **FORWARD), paid_on=st.integers(0, 80))
@worth(15)
def test_paying_a_part_brings_no_message_forward(world: World, paid_on: int) -> None:
    """Every message of an account with one invoice, however the nights go on."""
    world = replace(world, post=(("deliver", 0),))  # what becomes of a message would differ by its number
    paying = replace(world, events=(Event(paid_on, "part", item=0, share=40, days=0),))
    if world.setting.policy.advance not in ("latest", "next"):
        return  # a step may come again, and a later one is none brought forward
    without, with_it = (
        {due: night.day for night in reversed(list(lived(one, skip_idle=False))) for due in night.accepted}
        for one in (world, paying)
    )
    for due, day in with_it.items():
        level = step_of(world, due.step).level
        before = [on for other, on in without.items() if step_of(world, other.step).level >= level]
        assert day >= min(before, default=day), due


# ---------- a small old invoice ----------


def small_and_old(policy: Policy, day: date, age: int) -> Item:
    minor = policy.minimum.item.amount["EUR"] - 1
    return an_item("small", due_on=day - timedelta(days=age), open_minor=minor)


@given(world=any_worlds(kinds=CALM, nights=60, max_attempts=None), age=st.integers(30, 300))
@worth(15)
def test_small_and_old_never_makes_large_and_young_louder(world: World, age: int) -> None:
    least = {"EUR": 2_000, "USD": 2_000, "JPY": 200, "KWD": 7_000}
    minimum = Minimum(account=world.setting.policy.minimum.account, item=MinimumItem(amount=least))
    policy = world.setting.policy.model_copy(update={"minimum": minimum})
    world = replace(world, setting=replace(world.setting, policy=policy))
    top = max((step.level for step in policy.messages), default=0)
    for night in lived(world, skip_idle=False):
        old = small_and_old(policy, night.day, age)
        memory = replace(night.facts.state, items={**night.facts.state.items, old.id: ItemState(top, None, 3)})
        more = replace(night.facts, items=(*night.facts.items, old), state=memory)
        louder = {plan.group: plan.level for plan in decide(more, world.setting, night.day).notices}
        for plan in night.decision.notices:
            large = [line for line in lines_of(plan) if line.due_minor >= least.get(line.currency, 0)]
            if large:
                assert louder.get(plan.group, 0) <= max(plan.level, 1), night.day
