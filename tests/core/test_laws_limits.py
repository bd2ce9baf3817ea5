"""Where the laws end: the smallest stories in which the policy itself asks for what a law would forbid.

Each row is a sentence of docs/decisions/0023. Catch-up has its own beside its laws.
"""

from typing import Any

import pytest

from core.decide.account import decide
from core.decide.model import Facts
from core.ledger import ClosedItem, Credit, CreditKind, Item
from core.policy.schema import Policy
from core.state import AccountState, ItemState
from tests.builders import DUE, RUNGS, a_ladder, a_setting, an_event, an_item, facts, on
from tests.core.night import nights
from tests.core.worlds import pay

FIRST, SECOND, *_ = RUNGS  # level 1 at +7, level 2 at +14
SMALL = {"account": {"EUR": 2_500}, "item": {"amount": {"EUR": 2_000}}}


def told(known: Facts, policy: Policy, dpd: int) -> list[tuple[str, str]]:
    """Item and step of everything that is due on that day past due."""
    decision = decide(known, a_setting(policy), on(dpd))
    return sorted((due.item, due.step) for plan in decision.notices for due in plan.steps)


def days_told(known: Facts, policy: Policy, last: int, paid: Facts | None = None, paid_on: int = 0) -> dict[str, int]:
    """The day past due on which I1 heard each step. Args: `paid` the facts from `paid_on` on."""

    def ledger(day: Any) -> Facts:
        return paid if paid is not None and day >= on(paid_on) else known

    found = nights(a_setting(policy), DUE, on(last), ledger)
    return {
        due.step: (d.as_of - DUE).days for d in found for plan in d.notices for due in plan.steps if due.item == "I1"
    }


# ---------- paying ----------


def less(item: Item, *others: Item, minor: int, dpd: int, **about: Any) -> Facts:
    """The facts once a part of the first item is paid on that day past due of I1."""
    return pay(facts(item, *others, **about), item, minor, "p", on(dpd))


@pytest.mark.parametrize(
    ("when", "paid", "more"),
    [
        ({"item_open": {"EUR": {"at_most": 9_500}}}, 500, []),  # its own amount: less than a tenth holds nothing
        ({"account_balance": {"EUR": {"at_most": 15_000}}}, 5_000, ["I2"]),  # the amounts of the others too
        ({"unpaid_total": {"EUR": {"below": 20_000}}}, 1, ["I2"]),
    ],
)
def test_a_limit_from_above_is_reached_by_paying(when: dict[str, Any], paid: int, more: list[str]) -> None:
    """Letters for small rests and small accounts exist because a policy asks for them."""
    policy = a_ladder(rungs=(FIRST, {**SECOND, "offset_days": 8, "when": when}))
    others = [an_item(name) for name in more]
    before = told(facts(an_item(), *others), policy, 9)
    after = told(less(an_item(), *others, minor=paid, dpd=9), policy, 9)
    assert {step for _, step in before} == {"l1"}
    assert ("I2" if more else "I1", "l2") in after


def test_a_small_rest_is_chased_with_the_other_small_ones_some_days_later() -> None:
    """15.00 are left alone; with the rest of another invoice they reach the limit of small ones together."""
    policy = a_ladder(minimum=SMALL)
    small, large = an_item("I1", open_minor=1_500), an_item("I2", due_on=on(20))
    paid = less(large, small, minor=8_500, dpd=25)
    assert days_told(facts(small, large), policy, 40) == {}
    assert days_told(facts(small, large), policy, 40, paid, 25) == {"l1": 28}  # after hold_after_payment_days


def test_a_letter_that_is_not_needed_any_more_leaves_room_for_the_next() -> None:
    """I2 is paid before its reminder of +12; so I1's warning of +14 need not keep its distance to that."""
    policy = a_ladder(min_gap_days=5)
    item, other = an_item("I1"), an_item("I2", due_on=on(5))
    assert days_told(facts(item, other), policy, 20) == {"l1": 7, "l2": 17}
    assert days_told(facts(item, other), policy, 20, facts(item), 11) == {"l1": 7, "l2": 14}


def test_a_payment_that_comes_late_ends_the_friendly_word() -> None:
    policy = a_ladder(punctual={"at_least": 2, "percent": 60})
    in_time = [closed(10, 10), closed(20, 20)]
    item = an_item(issued_on=on(-40))
    assert told(facts(item, state=AccountState(paid=tuple(in_time))), policy, 7) == [("I1", "punctual")]
    late = (*in_time, closed(-30, 6), closed(-30, 7))
    assert told(facts(item, state=AccountState(paid=late)), policy, 7) == [("I1", "l1")]


def closed(due: int, paid: int) -> ClosedItem:
    return ClosedItem(issued_on=on(due - 30), due_on=on(due), paid_on=on(paid), currency="EUR", minor=100)


def test_an_answer_to_a_payment_follows_it() -> None:
    policy = a_ladder(an_event("payment_received"))
    assert told(facts(an_item()), policy, 3) == []
    assert told(less(an_item(), minor=500, dpd=3), policy, 3) == [("I1", "received")]


# ---------- a small old invoice ----------

OLD = an_item("old", due_on=on(-90), open_minor=1_999)


def loud(known: Facts, policy: Policy, dpd: int) -> int:
    (plan,) = decide(known, a_setting(policy), on(dpd)).notices
    return plan.level


@pytest.mark.parametrize("when", [{"account_balance": {"EUR": {"above": 10_000}}}, {"unpaid_count": {"at_least": 2}}])
def test_a_condition_on_the_account_counts_all_that_is_open(when: dict[str, Any]) -> None:
    """Small or not: such a step asks for what the account owes, not for what the letter lists."""
    policy = a_ladder(rungs=(FIRST, {**SECOND, "offset_days": 8, "when": when}), minimum=SMALL)
    assert [loud(facts(an_item(), *more), policy, 9) for more in ((), (OLD,))] == [1, 2]


def test_credit_that_an_old_small_invoice_uses_up_covers_nothing_else() -> None:
    """Each cent of it counts once: what it does not cover any more is large again, and as old as it is."""
    policy = a_ladder(minimum={**SMALL, "account": {}}, unapplied="oldest_first")
    note = Credit(id="c", kind=CreditKind.CREDIT_NOTE, currency="EUR", open_minor=8_500, booked_on=on(-60))
    older = an_item("older", due_on=on(-60))
    memory = AccountState(items={"older": ItemState(4, "l4", 4, last_on=on(-1))})
    found = [loud(facts(an_item(), older, *more, credits=(note,), state=memory), policy, 7) for more in ((), (OLD,))]
    assert found == [1, 4]


def test_a_letter_about_small_ones_may_list_a_large_one() -> None:
    """Nothing is due for the large one: small ones that make up a tenth of the letter are loud, at level 1."""
    policy = a_ladder(minimum=SMALL)
    large, rest = an_item(due_on=on(4)), an_item("rest", due_on=on(-50), open_minor=1_000)
    (plan,) = decide(facts(large, OLD, rest), a_setting(policy), on(7)).notices
    assert (plan.level, [line.item for line in plan.overdue]) == (1, ["old", "rest", "I1"])
