"""Money on account keeps what was agreed: a promise, an instalment of a plan. It is not told to be missing."""

from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from core.decide.account import decide, survey
from core.decide.model import Decision, Reason
from core.happenings import of_time
from core.ledger import Credit, CreditKind, Instalment, PartPayment, Plan, Promise, PromiseOutcome
from core.state import AccountState, ItemState
from tests.builders import a_ladder, a_setting, an_event, an_item, facts, on

TELLING = a_setting(a_ladder(an_event("promise_broken"), an_event("instalment_missed")))
HALVES = Plan(
    id="P", items=("I1",), agreed_on=on(1), instalments=tuple(Instalment(due_on=on(d), minor=5_000) for d in (30, 60))
)


def money(minor: int, day: int, **changes: Any) -> Credit:
    told = {"id": f"bank:{day}", "kind": CreditKind.PAYMENT, "currency": "EUR", "open_minor": minor}
    return Credit(**{**told, "booked_on": on(day), **changes})


def promise(minor: int | None, day: int, **changes: Any) -> Promise:
    told = {"id": f"p{day}", "item": "I1", "amount_minor": minor, "made_on": on(1), "promised_on": on(day)}
    return Promise(**{**told, **changes})


def night(day: int, **known: Any) -> Decision:
    return decide(facts(an_item(), **known), TELLING, on(day))


def said(decision: Decision) -> list[str]:
    return [due.step for notice in decision.notices for due in notice.steps]


@pytest.mark.parametrize(
    ("credit", "step"),
    [
        (money(4_000, 8), "l1"),
        (money(3_999, 8), "broken"),
        (money(4_000, 0), "broken"),  # there before it was promised
        (money(4_000, 8, currency="USD"), "broken"),
        (money(4_000, 8, kind=CreditKind.CREDIT_NOTE), "l1"),
    ],
)
def test_a_promise_is_kept_by_money_on_account(credit: Credit, step: str) -> None:
    known: dict[str, Any] = {"promises": (promise(4_000, 9),), "credits": (credit,)}
    assert said(night(12, **known)) == [step]
    told = [one.kind.value for one in of_time(facts(an_item(), **known), TELLING, on(12))]
    assert told == (["promise.broken"] if step == "broken" else [])


def test_each_cent_on_account_keeps_one_promise() -> None:
    both = (promise(4_000, 9), promise(3_000, 10, item="I2"))
    items = (an_item(), an_item("I2"))
    for minor, broken in ((7_000, []), (6_999, ["I2"]), (3_000, ["I1", "I2"])):
        decision = decide(facts(*items, promises=both, credits=(money(minor, 8),)), TELLING, on(15))
        steps = [due.item for notice in decision.notices for due in notice.steps if due.step == "broken"]
        assert steps == broken


def test_what_came_in_time_is_for_the_promise_of_its_days() -> None:
    both = (promise(4_000, 3), promise(4_000, 20, item="I2", made_on=on(15)))
    account = facts(an_item(), an_item("I2"), promises=both, credits=(money(4_000, 19),))
    row = survey(account, TELLING, on(26)).rows[1]
    assert row.blocks is not None
    assert row.blocks.broken == []


def test_a_day_that_was_put_off_is_kept_by_money_on_account() -> None:
    both = (promise(5_000, 3), promise(5_000, 10, made_on=on(6)))
    assert said(night(16, promises=both, credits=(money(5_000, 8),))) == ["l2"]
    paid = (PartPayment(id="x", recorded_on=on(8), minor=5_000),)
    linked = facts(an_item(open_minor=5_000, original_minor=10_000, part_payments=paid), promises=both)
    assert said(decide(linked, TELLING, on(16))) == ["l2"]


@pytest.mark.parametrize(("came", "step"), [(11, "broken"), (12, "l2")])
def test_a_promise_that_was_said_to_be_broken_is_kept_by_what_came_since(came: int, step: str) -> None:
    broken = promise(4_000, 9, outcome=PromiseOutcome.BROKEN, ended_on=on(12))
    assert said(night(16, promises=(broken,), credits=(money(4_000, came),))) == [step]


def test_a_promise_that_was_ended_early_takes_no_money_from_another() -> None:
    both = (promise(5_000, 5, ended_on=on(3)), promise(5_000, 10, item="I2"))
    account = facts(an_item(), an_item("I2"), promises=both, credits=(money(5_000, 9),))
    assert said(decide(account, TELLING, on(16))) == ["l2", "l2"]


@pytest.mark.parametrize("ignored", ["ignore", "gate"])
def test_a_policy_that_ignores_money_on_account_ignores_it_here(ignored: str) -> None:
    setting = a_setting(a_ladder(an_event("promise_broken"), unapplied=ignored))
    decision = decide(facts(an_item(), promises=(promise(4_000, 9),), credits=(money(4_000, 8),)), setting, on(12))
    assert said(decision) == (["broken"] if ignored == "ignore" else ["l1"])


@pytest.mark.parametrize(
    ("credits_", "day", "steps"),
    [
        ((), 33, ["missed"]),
        ((money(5_000, 29),), 33, []),
        ((money(5_000, 29),), 65, ["missed"]),  # the second one
        ((money(5_000, 29), money(5_000, 59)), 65, []),
        ((money(4_999, 29),), 33, ["missed"]),
        ((money(5_000, 0),), 33, ["missed"]),  # there before the plan was agreed
    ],
)
def test_an_instalment_is_not_missed_while_its_money_lies_on_account(
    credits_: tuple[Credit, ...], day: int, steps: list[str]
) -> None:
    assert said(night(day, plans=(HALVES,), credits=credits_)) == steps


def test_the_letter_about_a_missed_instalment_waits_no_longer_once_its_money_lies_there() -> None:
    broken = AccountState(done=(f"plan-broken#P#{on(33).toordinal()}",))
    assert said(night(35, plans=(HALVES,), state=broken)) == ["missed"]
    assert said(night(35, plans=(HALVES,), state=broken, credits=(money(5_000, 34),))) == []


def test_money_is_for_a_plan_that_stands_rather_than_for_a_broken_one() -> None:
    other = HALVES.model_copy(update={"id": "Q", "items": ("I2",)})
    broken = AccountState(done=(f"plan-broken#P#{on(13).toordinal()}",))
    account = facts(an_item(), an_item("I2"), plans=(HALVES, other), credits=(money(5_000, 28),), state=broken)
    verdicts = decide(account, TELLING, on(33)).verdicts
    assert [one.reason for one in verdicts if one.item == "I2"] == [Reason.PLANNED]


def test_a_plan_stands_again_after_one_that_was_taken_back() -> None:
    anew = HALVES.model_copy(update={"id": "Q", "agreed_on": on(10), "ended_on": on(12)})
    assert night(11, plans=(HALVES, anew)).next_check_on == on(12)
    assert night(12, plans=(HALVES, anew)).verdicts[0].reason is Reason.PLANNED
    assert said(night(33, plans=(HALVES, anew))) == ["l1"]  # of which nobody missed an instalment


def test_the_account_is_looked_at_again_when_the_next_instalment_is_missed() -> None:
    looks: list[date | None] = []
    day = 33
    while day < 66 and (decision := night(day, plans=(HALVES,), credits=(money(5_000, 29),))).next_check_on:
        looks.append(decision.next_check_on)
        day = (decision.next_check_on - on(0)).days
    assert on(65) in looks  # due on Friday, grace until Tuesday


@pytest.mark.parametrize(
    ("minor", "came", "heard", "told"),
    [
        (4_000, 13, None, Reason.PART_PAID),  # yesterday: no higher level for three days
        (4_000, 9, 13, Reason.PART_PAID),
        (4_000, 9, None, Reason.STEP_DUE),
        (999, 13, None, Reason.STEP_DUE),  # less than a tenth
    ],
)
def test_a_part_of_it_on_account_is_a_part_payment(minor: int, came: int, heard: int | None, told: Reason) -> None:
    credit = money(minor, came, heard_on=None if heard is None else on(heard))
    known = AccountState(items={"I1": ItemState(level=1, step="l1", attempts=1, last_on=on(7), climbed_on=on(7))})
    decision = night(14, credits=(credit,), state=known)
    assert decision.verdicts[0].reason is told
    if told is Reason.PART_PAID:
        assert decision.next_check_on == on((heard or came) + 3)
        later = decide(facts(an_item(), credits=(credit,), state=known), TELLING, on((heard or came) + 3))
        assert said(later) == ["l2"]


CLIMBED = AccountState(items={"I1": ItemState(level=1, step="l1", attempts=1, last_on=on(7), climbed_on=on(7))})


def test_a_cent_on_account_does_not_make_what_lay_there_news() -> None:
    assert said(night(14, credits=(money(5_000, 0), money(1, 13)), state=CLIMBED)) == ["l2"]


def test_a_credit_note_on_account_pays_nothing() -> None:
    """It is taken off like money; nobody has paid, so nothing waits for more. Of one that one policy counts too."""
    own = replace(TELLING, policies={"own": a_ladder(credit_notes="when_approved")})
    note = money(4_000, 13, kind=CreditKind.CREDIT_NOTE, approved=False)
    for setting, item in ((TELLING, an_item()), (own, an_item(policy="own"))):
        decision = decide(facts(item, credits=(note,), state=CLIMBED), setting, on(14))
        assert decision.verdicts[0].reason is Reason.STEP_DUE
