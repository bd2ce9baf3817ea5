"""What a message lists, from which day on, and how loud it is at the edges of what was said, paid or small before."""

from typing import Any

import pytest

from core.decide.account import GROUP, decide
from core.decide.model import NoticePlan, Reason, Verdict
from core.ledger import ClosedItem, Credit, CreditKind, Dispute
from core.state import AccountState, ItemState
from tests.builders import AP, RUNGS, a_ladder, a_setting, an_item, facts, on

FIRST = {**RUNGS[0], "offset_days": 1}
DAILY = a_ladder(rungs=(FIRST, *RUNGS[1:]))


def letter(dpd: int, *items: Any, policy: Any = DAILY, **about: Any) -> NoticePlan:
    (plan,) = decide(facts(*items, **about), a_setting(policy), on(dpd)).notices
    return plan


@pytest.mark.parametrize("limit", [{}, {"EUR": 2}])
def test_an_item_is_overdue_from_the_first_day_on(limit: dict[str, int]) -> None:
    early = {"id": "soon", "offset_days": -2, "level": 0, "template": "friendly", "audience": AP}
    policy = a_ladder(rungs=(early, FIRST, *RUNGS[1:]), minimum={"account": limit})
    items = (an_item("A"), an_item("B", due_on=on(1)), an_item("C", due_on=on(-1)))
    plan = letter(1, *items, policy=policy)
    assert [line.item for line in plan.overdue] == ["C", "A"]
    assert [line.item for line in plan.coming_due] == ["B"]


@pytest.mark.parametrize(
    ("template", "listed"),
    [
        ("statement", ["B", "C"]),  # "our books show so many open invoices": all of them
        ("friendly", []),
    ],
)
def test_a_statement_lists_what_is_not_due_yet_too(template: str, listed: list[str]) -> None:
    policy = a_ladder(rungs=({**FIRST, "level": 0, "template": template}, *RUNGS[1:]))
    items = (an_item("A"), an_item("C", due_on=on(9)), an_item("B", due_on=on(1)), an_item("D", due_on=on(5)))
    disputed = (Dispute(id="d", item="D", opened_on=on(-1)),)
    plan = letter(1, *items, policy=policy, disputes=disputed)
    assert ([line.item for line in plan.overdue], [line.item for line in plan.coming_due]) == (["A"], listed)
    assert [due.item for due in plan.steps] == ["A"]


def test_a_line_carries_its_own_way_to_pay() -> None:
    plan = letter(1, an_item(pay_url="https://pay.example/1"))
    assert [line.pay_url for line in plan.overdue] == ["https://pay.example/1"]


@pytest.mark.parametrize(
    ("credit", "changes", "reason"),
    [
        (8_000, {}, Reason.STEP_DUE),
        (8_001, {}, Reason.BELOW_MINIMUM),  # what is left of 100.00 is less than 20.00
        (8_001, {"credit_notes": "when_approved"}, Reason.STEP_DUE),
        (8_001, {"unapplied": "ignore"}, Reason.STEP_DUE),
        (10_000, {}, Reason.COVERED),
    ],
)
def test_a_gate_counts_for_the_minimum(credit: int, changes: dict[str, Any], reason: Reason) -> None:
    policy = a_ladder(**{"unapplied": "gate", "minimum": {"account": {"EUR": 2_000}}, **changes})
    note = Credit(
        id="c", kind=CreditKind.CREDIT_NOTE, currency="EUR", open_minor=credit, booked_on=on(-9), approved=False
    )
    verdict: Verdict = decide(facts(an_item(), credits=(note,)), a_setting(policy), on(7)).verdicts[0]
    assert verdict.reason is reason


# ---------- how loud ----------


def at_level(level: int) -> ItemState:
    return ItemState(level, f"l{level}", level, last_on=on(-30), climbed_on=on(-30))


@pytest.mark.parametrize(
    ("tone", "had", "dpd", "level"),
    [
        (1, 1, 35, 3),  # it is as loud as the last message was: tonight it may jump
        (0, 3, 65, 1),  # held back wholly so far: released from the first level on
        (1, 3, 65, 2),
        (2, 3, 65, 3),
        (3, 3, 65, 4),
        (None, 3, 65, 4),
    ],
)
def test_from_where_a_level_rises(tone: int | None, had: int, dpd: int, level: int) -> None:
    state = AccountState(items={"I1": at_level(had)}, tones={} if tone is None else {GROUP: tone})
    assert letter(dpd, an_item(), state=state).level == level


def test_a_ladder_without_levels_has_none_to_release() -> None:
    words = a_ladder(rungs=({**RUNGS[0], "level": 0},))
    state = AccountState(items={"I1": ItemState(2, "of another policy", 1)}, tones={GROUP: 0})
    assert letter(7, an_item(), policy=words, state=state).level == 0


@pytest.mark.parametrize(("minor", "level"), [(40_000, 1), (40_001, 0)])
def test_what_was_paid_for_what_is_gone_is_below_every_level(minor: int, level: int) -> None:
    """50.00 at level 1 beside 50.00 without one: a tenth of all, with what was paid tonight."""
    closed = ClosedItem(issued_on=on(-40), due_on=on(-10), paid_on=on(7), currency="EUR", minor=minor)
    items = (an_item("A", open_minor=5_000), an_item("B", open_minor=5_000, due_on=on(4)))
    state = AccountState(paid=(closed,))
    assert letter(7, *items, policy=a_ladder(), state=state).level == level


@pytest.mark.parametrize("small", [True, False])
def test_small_items_are_chased_at_level_one(small: bool) -> None:
    limits = {"account": {"EUR": 1_000}, "item": {"amount": {"EUR": 2_500 if small else 1}}}
    items = (an_item("A", open_minor=2_000), an_item("B", open_minor=2_000))
    state = AccountState(items={name: at_level(3) for name in ("A", "B")})
    decision = decide(facts(*items, state=state), a_setting(a_ladder(minimum=limits, highest_level=4)), on(65))
    assert [plan.level for plan in decision.notices] == ([] if small else [4])
    first = decide(facts(*items), a_setting(a_ladder(minimum=limits)), on(65))
    assert [plan.level for plan in first.notices] == ([1] if small else [4])


def test_of_two_steps_equally_far_the_louder_one_is_named() -> None:
    policy = a_ladder()
    items = (an_item("A", due_on=on(-7)), an_item("B", due_on=on(-60)), an_item("C", due_on=on(-14)))
    assert letter(0, *items, policy=policy).step == "l4"
