"""What an answer says where several things were said about one invoice, or what was said has come true by now."""

from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from core.decide.acknowledge import answers, open_now
from core.decide.answers import AnswerPlan
from core.ledger import Credit, CreditKind, Dispute, Instalment, PartPayment, Plan, Promise
from tests.builders import a_policy, a_setting, an_item, at, facts, on

SETTING = a_setting(a_policy(acknowledge=["promise", "plan", "dispute"], send_days="all"))


def planned(paid: int = 0, *, night: int = 8, leaves: int = 8, **said: Any) -> tuple[AnswerPlan, ...]:
    payments = (PartPayment(id="x", recorded_on=on(7), minor=paid),) if paid else ()
    invoice = an_item(open_minor=10_000 - paid, original_minor=10_000, part_payments=payments)
    return answers(facts(invoice, **said), SETTING, on(night), at(on(leaves), 9))


def lines(plans: tuple[AnswerPlan, ...]) -> list[list[tuple[int, int]]]:
    return [[(line.minor, line.rest_minor) for line in plan.lines] for plan in plans]


def a_dispute(name: str = "d", minor: int | None = 4_000, day: int = 7, **changes: Any) -> Dispute:
    return Dispute(id=name, item="I1", amount_minor=minor, opened_on=on(day), by_customer=True, **changes)


def a_promise(name: str = "p", minor: int | None = 4_000, **changes: Any) -> Promise:
    values = {"id": name, "item": "I1", "amount_minor": minor, "promised_on": on(10), "made_on": on(7), **changes}
    return Promise(**values)


def a_plan(*minors: int) -> Plan:
    parts = tuple(Instalment(due_on=on(20 + number), minor=minor) for number, minor in enumerate(minors))
    return Plan(id="P", items=("I1",), agreed_on=on(7), instalments=parts)


@pytest.mark.parametrize(("said", "told"), [
    ({"disputes": (a_dispute(), a_dispute("e", 3_000))}, [[(7_000, 3_000)]]),  # one invoice, not two
    ({"disputes": (a_dispute(), a_dispute("e", 9_000))}, [[(10_000, 0)]]),
    ({"disputes": (a_dispute(day=-20), a_dispute("e", 3_000))}, [[(3_000, 3_000)]]),  # the older one is not "the rest"
    ({"promises": (a_promise(), a_promise("q", 3_000))}, [[(7_000, 3_000)]]),
    ({"promises": (a_promise(minor=None),), "disputes": (a_dispute(day=-20),)}, [[(6_000, 4_000)]]),
    ({"plans": (a_plan(3_000, 3_000),), "disputes": (a_dispute(day=-20),)}, [[(6_000, 4_000)]]),
    ({"plans": (a_plan(3_000, 2_000),)}, [[(5_000, 5_000)]]),
])  # fmt: skip
def test_the_amounts_of_one_invoice_add_up(said: dict[str, Any], told: list[Any]) -> None:
    assert lines(planned(**said)) == told


@pytest.mark.parametrize("said", [
    {"promises": (a_promise(),), "paid": 4_000},
    {"promises": (a_promise(minor=None),), "disputes": (a_dispute(minor=None, day=-20),)},
    {"disputes": (a_dispute(credited_minor=4_000),)},
])  # fmt: skip
def test_what_has_come_true_is_not_answered_with_nothing(said: dict[str, Any]) -> None:
    assert planned(**said) == ()


@pytest.mark.parametrize(("leaves", "until"), [(10, [on(10)]), (11, [])])
def test_a_promise_is_not_noted_after_its_day(leaves: int, until: list[date]) -> None:
    assert [plan.until for plan in planned(leaves=leaves, promises=(a_promise(),))] == until


def test_no_longer_a_pause_is_told_than_the_invoices_own_policy_grants() -> None:
    soon = a_policy(policy="soon", promise_grace_days=0)
    setting = replace(SETTING, policies={"soon": soon})
    known = facts(an_item(policy="soon"), promises=(a_promise(),))
    (plan,) = answers(known, setting, on(8), at(on(8), 9))
    assert plan.paused_until == on(10)


@pytest.mark.parametrize(("leaves", "until"), [(10, on(10)), (11, None)])
def test_nobody_will_answer_by_a_day_that_is_over(leaves: int, until: date | None) -> None:
    (plan,) = planned(leaves=leaves, disputes=(a_dispute(answer_by=on(10)),))
    assert plan.until == until


@pytest.mark.parametrize(("unapplied", "minor", "left"), [
    ("highest_level_first", 9_000, 1_000), ("gate", 9_000, 10_000), ("gate", 10_000, 0), ("ignore", 10_000, 10_000),
])  # fmt: skip
def test_a_correction_says_nothing_is_open_that_lies_on_account(unapplied: str, minor: int, left: int) -> None:
    paid = Credit(id="c", kind=CreditKind.PAYMENT, currency="EUR", open_minor=minor, booked_on=on(5))
    setting = a_setting(a_policy(unapplied=unapplied))
    assert open_now(facts(an_item(), credits=(paid,)), setting, on(8)) == {"I1": left}


def test_of_two_plans_of_one_night_the_last_is_confirmed_and_says_what_it_leaves_out() -> None:
    """Both were: the customer had two sets of instalments for one invoice."""
    second = Plan(id="P2", items=("I1",), agreed_on=on(7), instalments=(Instalment(due_on=on(37), minor=7_000),))
    (answer,) = planned(plans=(a_plan(10_000), second))
    assert (answer.facts, answer.outside_minor) == (("plan#P2",), 3_000)
