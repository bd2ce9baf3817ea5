"""What is looked up is what would have been decided: one night of many accounts, against each of them by itself."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import date
from random import Random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.decide.account import decide
from core.decide.model import Facts, Setting
from core.decide.separable import is_separable, looks_at_item
from core.decide.tonight import Tonight
from core.ledger import Dispute, Hold, Item, PartPayment
from core.policy.schema import Policy
from core.state import AccountState, ItemState
from tests.builders import DUE, RUNGS, a_customer, a_ladder, a_policy, a_setting, an_item, facts, on
from tests.core.harsh import harsh_policy, warned
from tests.core.worlds import World, any_worlds, lived, worlds, worth

RANDOM = st.randoms(use_true_random=False)


def separable(policy: Policy) -> Policy:
    """The nearest policy that looks at each item by itself."""
    steps = {step.id: step for step in policy.steps if looks_at_item(step)}
    known = [s for s in steps.values() if steps.keys() >= {*s.requires_step, *filter(None, [s.when.occurrences_of])}]
    changes = {
        "steps": tuple(known),
        "advance": policy.advance if policy.advance in ("latest", "next") else "latest",
        "group_by": "account",
        "punctual": None,
        "max_notices": None,
        "minimum": policy.minimum.model_copy(update={"item": a_policy().minimum.item}),
    }
    return policy.model_copy(update=changes)


def plain(account: Facts) -> Facts:
    """The account without what ties its items together."""
    was = account.state
    state = AccountState(
        items=was.items, last_accepted_on=was.last_accepted_on, tones=was.tones, notices=was.notices, seq=was.seq
    )
    return Facts(customer=account.customer, contacts=account.contacts, items=account.items, state=state)


def with_items(account: Facts, items: Sequence[Item], memory: Mapping[str, ItemState]) -> Facts:
    ids = {item.id for item in items}
    known = {key: state for key, state in memory.items() if key in ids}
    return replace(account, items=tuple(items), state=replace(account.state, items=known))


def like(account: Facts, random: Random) -> Iterator[Facts]:
    """Other accounts of the same items: fewer, more, larger and smaller, with the memory of one another."""
    if not account.items:
        return
    own = account.state.items
    others = [
        item.model_copy(
            update={
                "id": f"{item.id}x",
                "open_minor": max(1, item.open_minor * random.choice((1, 3, 50)) // random.choice((1, 7))),
                "currency": random.choice(("EUR", "USD", item.currency)),
            }
        )
        for item in account.items
    ]
    crossed = {item.id: random.choice((ItemState(), *own.values())) for item in others[::2]}
    yield with_items(account, [random.choice(account.items)], own)
    yield with_items(account, [*reversed(account.items), *others], {**own, **crossed})
    yield with_items(account, others, {})


def fresh(setting: Setting) -> Setting:
    """The same setting, of which nothing is known yet: what a policy keeps of a night is not shared with another."""
    others = {name: policy.model_copy() for name, policy in setting.policies.items()}
    return replace(setting, policy=setting.policy.model_copy(), policies=others)


def decided_otherwise(world: World, random: Random) -> list[date]:
    """The nights on which an account of the world, or another like it, is not decided as it is in full.

    One after another in one night, and all again.
    """
    found: list[date] = []
    for night in lived(world, skip_idle=False):
        tonight, in_full = Tonight(world.setting, night.day), fresh(world.setting)
        bare = plain(night.facts)
        accounts = 2 * (night.facts, bare, *like(bare, random))
        found += [night.day for one in accounts if tonight.decide(one) != decide(one, in_full, night.day)]
    return found


@given(world=worlds(), random=RANDOM)
@worth(3)
def test_many_accounts_are_decided_as_each_by_itself(world: World, random: Random) -> None:
    assert decided_otherwise(world, random) == []


@given(world=any_worlds(nights=40), random=RANDOM)
@worth(6)
def test_so_they_are_under_any_policy_that_looks_at_each_item_by_itself(world: World, random: Random) -> None:
    policy = separable(world.setting.policy)
    assert is_separable(policy)
    assert decided_otherwise(replace(world, setting=replace(world.setting, policy=policy)), random) == []


@given(world=any_worlds(nights=25), random=RANDOM)
@worth(3)
def test_so_they_are_under_any_policy(world: World, random: Random) -> None:
    assert decided_otherwise(world, random) == []


def in_full(account: Facts, as_of: date = DUE, policy: Policy | None = None) -> bool:
    """Whether the account has to be decided by itself, although its like was met before; decides it."""
    setting = a_setting(policy or a_ladder())
    tonight = Tonight(setting, as_of)
    once = tonight.decide(account)
    assert once == tonight.decide(account) == decide(account, setting, as_of)
    return tonight.in_full == 2


def test_nothing_due_and_a_message_due_are_both_looked_up() -> None:
    assert not in_full(facts(an_item("A"), an_item("B", due_on=on(30))))
    assert not in_full(facts(an_item("A"), an_item("B", disputed_all=True)), on(8))


@pytest.mark.parametrize(
    "account",
    [
        facts(an_item("A"), holds=(Hold(id="H", reason="asked"),)),
        facts(an_item("A"), an_item("B"), disputes=(Dispute(id="D", item="B", amount_minor=1, opened_on=DUE),)),
        facts(an_item("A", policy="none"), an_item("B")),
        facts(an_item("B"), state=AccountState(items={"A": ItemState(level=1)})),  # it was settled
        facts(an_item("A"), state=AccountState(status="late")),
        facts(),
    ],
)
def test_what_ties_items_together_is_decided_in_full(account: Facts) -> None:
    assert in_full(account)


def test_a_policy_that_weighs_items_against_each_other_is_decided_in_full() -> None:
    weighing: list[dict[str, Any]] = [
        {"group_by": "item"},
        {"minimum": {"item": {"amount": {"EUR": 500}}}},
        {"punctual": {}},
    ]
    for changes in weighing:
        assert in_full(facts(an_item("A")), policy=a_ladder(**changes))


@pytest.mark.parametrize(("paid_on", "due"), [(on(6), True), (on(5), True), (on(4), False), (on(-9), False)])
def test_a_payment_of_the_last_days_is_seen_on_its_own_item_alone(paid_on: date, due: bool) -> None:
    """The step of the item that was paid in part waits for three days; that of the other one goes out."""
    paid = an_item("A", original_minor=20_000, part_payments=(PartPayment(id="P", recorded_on=paid_on, minor=10_000),))
    tonight = Tonight(a_setting(a_ladder()), on(7))
    tonight.decide(facts(an_item("C")))
    decision = tonight.decide(facts(paid, an_item("B")))
    assert decision == decide(facts(paid, an_item("B")), a_setting(a_ladder()), on(7))
    assert [verdict.step is None for verdict in decision.verdicts] == [due, False]
    assert tonight.in_full == 1  # the first of its kind


def test_what_is_no_longer_open_does_not_spoil_what_is_known_of_others() -> None:
    tonight = Tonight(a_setting(a_ladder()), DUE)
    tonight.decide(facts(an_item("A", open_minor=0)))
    tonight.decide(facts(an_item("B", open_minor=0)))
    tonight.decide(facts(an_item("C")))
    assert tonight.in_full == 2  # the first of them


def test_a_process_that_meets_ever_other_items_does_not_grow(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("core.decide.tonight._MOST_KNOWN", 5)
    setting = a_setting(a_ladder())
    tonight = Tonight(setting, DUE)
    for late in range(-40, 0):
        account = facts(an_item("A", due_on=on(-late)))
        for _ in range(2):
            assert tonight.decide(account) == decide(account, setting, DUE)
    kept = sum(map(len, tonight._known.values()))
    assert 0 < kept <= 6
    assert 40 <= tonight.in_full < 50  # each the first of its kind; some were forgotten before the second one


def as_in_full(policy: Policy, as_of: date, *accounts: Facts) -> Tonight:
    """One night in which each of these accounts is decided as it is by itself, the first time and later."""
    setting = a_setting(policy)
    tonight = Tonight(setting, as_of)
    for account in (*accounts, *accounts):
        assert tonight.decide(account) == decide(account, setting, as_of)
    return tonight


def test_items_that_differ_in_what_a_step_looks_at_are_not_alike() -> None:
    """Of two invoices with one due date the younger is not reminded so soon; nor is one of another currency."""
    early = {**RUNGS[0], "id": "early", "offset_days": -3, "level": 0, "min_days_after_issue": 5}
    old, young = an_item(issued_on=on(-30)), an_item(issued_on=on(-4))
    assert as_in_full(a_ladder(rungs=(early,)), on(-3), facts(old), facts(young)).in_full == 2
    dollars = {**RUNGS[0], "when": {"currency": ["USD"]}}
    assert as_in_full(a_ladder(rungs=(dollars,)), on(7), facts(an_item(currency="USD")), facts(an_item())).in_full == 2


def test_customers_that_differ_in_what_a_step_looks_at_are_not_alike() -> None:
    told = {**RUNGS[0], "when": {"segment": ["key"]}}
    accounts = [facts(an_item(), customer=a_customer(segments=segments)) for segments in (("key",), (), ("other",))]
    assert as_in_full(a_ladder(rungs=(told,)), on(7), *accounts).in_full == 3


def test_a_payment_on_one_invoice_holds_a_harsh_letter_about_another() -> None:
    final = {
        **RUNGS[1], "id": "final", "offset_days": 40, "level": 2, "adverse": "final_notice", "requires_step": ["warn"],
    }  # fmt: skip
    paid = an_item("B", due_on=on(30), part_payments=(PartPayment(id="P", recorded_on=on(39), minor=9_000),))
    policy = harsh_policy(final)
    calm = facts(an_item("A"), an_item("B", due_on=on(30)), state=warned("A"))
    held = facts(an_item("A"), paid, state=warned("A"))
    tonight = as_in_full(policy, on(40), calm, held)
    assert tonight.decide(calm).verdicts[0].step == "final"
    assert tonight.decide(held).verdicts[0].step is None
