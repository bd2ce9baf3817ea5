"""How far an item has climbed, and on which day a step of a policy with business days begins."""

from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from core.decide.account import decide
from core.decide.ladder import position
from core.ledger import ClosedItem, Credit, CreditKind
from core.state import AccountState, Baseline, ItemState, RepeatClock
from tests.builders import AP, RUNGS, a_ladder, a_setting, an_event, an_item, facts, on
from tests.core.harsh import HOLD, LEGAL, MARK, again, harsh_setting, warned

MILD = {"id": "mild", "offset_days": 3, "level": 0, "template": "reminder", "audience": AP}
LADDER = a_ladder(rungs=(MILD, *RUNGS)).messages  # mild, l1 to l4


@pytest.mark.parametrize(
    ("state", "index"),
    [
        (ItemState(), -1),
        (ItemState(0, "of another policy"), -1),
        (ItemState(0, "mild"), 0),
        (ItemState(1, "of another policy"), 1),
        (ItemState(2, None), 2),
        (ItemState(9, "l1"), 1),  # what it had says more than how loud it was
    ],
)
def test_how_far_an_item_has_climbed(state: ItemState, index: int) -> None:
    assert position(state, LADDER) == index


def test_a_level_below_the_ladder_is_its_foot() -> None:
    assert position(ItemState(1, None), a_ladder(rungs=RUNGS[1:]).messages) == -1


def test_an_item_stands_on_the_ladder_of_its_own_policy() -> None:
    own = a_ladder(rungs=(RUNGS[0], {**RUNGS[1], "level": 1})).model_copy(update={"policy": "own"})
    setting = replace(a_setting(a_ladder()), policies={"own": own})
    state = AccountState(items={"I1": ItemState(1, "own:l1", 1, last_on=on(7), climbed_on=on(7))})
    assert decide(facts(an_item(policy="own"), state=state), setting, on(14)).verdicts[0].step == "l2"


def test_a_newer_policy_with_a_level_between_stops_no_item() -> None:
    """It has had l2, which is level 3 by now: l3, level 4, is one level up."""
    between = {**RUNGS[0], "id": "new", "offset_days": 10, "level": 2}
    rungs = (RUNGS[0], between, *({**rung, "level": rung["level"] + 1} for rung in RUNGS[1:]))
    state = AccountState(items={"I1": ItemState(2, "l2", 2, last_on=on(14), climbed_on=on(14))})
    verdict = decide(facts(an_item(), state=state), a_setting(a_ladder(rungs=rungs, max_jump=1)), on(30)).verdicts[0]
    assert verdict.step == "l3"


def test_a_step_that_rests_takes_the_place_of_nothing() -> None:
    policy = a_ladder(rungs=(*RUNGS[:2], {**RUNGS[2], "repeat": {"every_days": 7}}))
    state = AccountState(repeats={"l3": RepeatClock(on(30), last=0, count=1)})
    verdict = decide(facts(an_item(), state=state), a_setting(policy), on(33)).verdicts[0]
    assert (verdict.step, verdict.superseded) == (None, ())


SATURDAY = date(2026, 3, 7)


@pytest.mark.parametrize(
    ("offset", "holidays", "first"),
    [
        (0, (), date(2026, 3, 6)),  # before or on the due date: the business day before
        (1, (), date(2026, 3, 10)),  # after it: from the Monday on which it falls due
        (1, (date(2026, 3, 9),), date(2026, 3, 11)),
    ],
)
def test_from_which_day_a_step_counts(offset: int, holidays: tuple[date, ...], first: date) -> None:
    policy = a_ladder(
        rungs=({**RUNGS[0], "offset_days": offset},), send_days="business_days", due_rolls="next_business_day"
    )
    setting = a_setting(policy, holidays=holidays)
    days = [date(2026, 3, day) for day in range(5, 13)]
    found = [day for day in days if decide(facts(an_item(due_on=SATURDAY)), setting, day).verdicts[0].step]
    assert found[:1] == [first]


# ---------- words beside the ladder ----------

PUNCTUAL = tuple(
    ClosedItem(issued_on=on(-20), due_on=on(-5), paid_on=on(-5), currency="EUR", minor=1) for _ in range(5)
)


@pytest.mark.parametrize(
    ("rungs", "dpd", "step"), [((MILD, *RUNGS), 3, "mild"), ((MILD, *RUNGS), 7, "punctual"), (RUNGS, 20, "punctual")]
)
def test_the_friendly_word_stands_for_a_first_reminder(rungs: Any, dpd: int, step: str) -> None:
    known = facts(an_item(), state=AccountState(paid=PUNCTUAL))
    verdict = decide(known, a_setting(a_ladder(rungs=rungs, punctual={})), on(dpd)).verdicts[0]
    assert (verdict.step, verdict.superseded) == (step, ())


def test_after_an_events_word_the_ladder_is_looked_at_on_its_day() -> None:
    decision = decide(facts(an_item(issued_on=on(-9))), a_setting(a_ladder(an_event("new_invoice"))), on(-9))
    assert (decision.verdicts[0].step, decision.verdicts[0].next_check_on) == ("invoice", on(7))


def test_what_was_overdue_by_a_day_at_go_live_gets_the_statement() -> None:
    state = AccountState(baseline=Baseline(on=on(1), release_on=on(1)))
    assert decide(facts(an_item(), state=state), a_setting(a_ladder()), on(1)).verdicts[0].step == "statement"


FAR = ({**RUNGS[0], "offset_days": 90},)


def test_the_account_is_looked_at_when_the_friendly_word_would_come_too_late() -> None:
    known = facts(an_item(), state=AccountState(paid=PUNCTUAL))
    assert decide(known, a_setting(a_ladder(rungs=FAR, punctual={})), on(20)).next_check_on == on(30)


@pytest.mark.parametrize(("day", "again"), [(1, 6), (5, 6), (6, 30)])
def test_the_account_is_looked_at_when_an_events_word_would_come_too_late(day: int, again: int) -> None:
    """A new invoice of +0, due on +30; there is nobody to write to, so nothing is said meanwhile."""
    policy = a_ladder(an_event("new_invoice"), rungs=FAR)
    known = facts(an_item(issued_on=on(0), due_on=on(30)), contacts=())
    assert decide(known, a_setting(policy), on(day)).next_check_on == on(again)


# ---------- steps without message ----------


def test_a_harsh_message_that_asks_nobody_is_no_step_beside_the_ladder() -> None:
    final = {**RUNGS[1], "adverse": "final_notice", "requires_step": ["l1"], "template": "final-notice"}
    decision = decide(facts(an_item()), a_setting(a_ladder(rungs=(RUNGS[0], final))), on(20))
    assert (decision.done, decision.held, decision.proposals) == ((), (), ())


@pytest.mark.parametrize(("scope", "withdrawn"), [("account", 0), ("item", 1)])
def test_a_proposal_for_the_account_stands_while_any_item_is_its_cause(scope: str, withdrawn: int) -> None:
    """Of two proposals the second one lost its item; another one, which it is not about, has reached the step."""
    setting = harsh_setting(HOLD, {**LEGAL, "scope": scope})
    items = an_item("A"), an_item("B", due_on=on(10))
    first = decide(facts(*items, state=warned("A", "B")), setting, on(90))
    later = again(facts(items[1]), first, setting, on(100))
    assert len(later.withdrawn) == withdrawn
    assert len(first.proposals) == 2


def test_a_turn_of_the_account_ends_once_and_leaves_the_others() -> None:
    call = {"id": "call", "offset_days": 10, "effect": "task", "task": "call", "audience": {"ours": ["accounting"]}}
    wide = [{**call, "id": name, "scope": "account", "when": {"currency": [money]}}
            for name, money in (("euros", "EUR"), ("dollars", "USD"))]  # fmt: skip
    setting, both = harsh_setting(call, *wide), (an_item("A"), an_item("B", currency="USD"))
    first = decide(facts(*both, state=warned("A", "B")), setting, on(20))
    ended = again(facts(both[1]), first, setting, on(21))
    assert (first.state.done, ended.state.done) == (("euros#0", "dollars#0"), ("dollars#0",))
    assert ended.state.turns == {"euros": 1}


def test_a_mark_that_ends_names_no_step() -> None:
    setting = harsh_setting(MARK)
    first = decide(facts(an_item(), state=warned()), setting, on(30))
    ended = again(facts(an_item(disputed_all=True)), first, setting, on(31))
    assert [(one.what, one.step, one.value) for one in (*first.announcements, *ended.announcements)] == [
        ("status", "mark", "late"),
        ("status", "", ""),
    ]


@pytest.mark.parametrize(
    ("amounts", "note"),
    [([("EUR", 300), ("USD", 200)], "unapplied, minor units: EUR 300, USD 200"), ([("EUR", 0)], None)],
)
def test_what_is_to_be_applied_is_named(amounts: list[tuple[str, int]], note: str | None) -> None:
    payments = tuple(
        Credit(id=f"c{n}", kind=CreditKind.PAYMENT, currency=currency, open_minor=minor, booked_on=on(-9))
        for n, (currency, minor) in enumerate(amounts)
    )
    decision = decide(facts(an_item(), credits=payments), a_setting(a_ladder()), on(1))
    assert [task.note for task in decision.tasks if task.kind == "apply-cash"] == ([note] if note else [])
