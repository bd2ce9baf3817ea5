"""The message of an event names the promise, the instalment or the balance, where one day and amount say it."""

from datetime import date, timedelta
from typing import Any

import pytest

from core.decide.account import decide, survey
from core.decide.model import Facts, Occasion, Setting
from core.decide.occasion import occasion_of
from core.ledger import Dispute, Instalment, Item, PartPayment, Plan, Promise, PromiseOutcome
from core.state import AccountState
from tests.builders import DUE, an_item, facts, on
from tests.core.harsh import harsh_setting, warned

EVENTS = {
    name: {"id": name[:8].replace("_", "-"), "offset_days": 0, "anchor": "event", "event": name, "template": template,
           "audience": {"customer": ["ap_contact"]}}
    for name, template in {
        "promise_broken": "promise-broken", "instalment_missed": "instalment-missed",
        "balance_over_limit": "balance-over-limit", "new_invoice": "welcome-terms",
    }.items()
}  # fmt: skip
OVER = EVENTS["balance_over_limit"] | {"when": {"account_balance": {"EUR": {"above": 5000}}}}


def a_promise(item: str = "I1", day: date = DUE, minor: int | None = 4000, **changes: Any) -> Promise:
    return Promise(id=f"p{item}{day}", item=item, amount_minor=minor, promised_on=day, made_on=DUE, **changes)


def named(event: str, known: Facts, setting: Setting, day: date) -> Occasion | None:
    night = survey(known, setting, day)
    step = next(step for step in setting.policy.steps if step.event == event)
    return occasion_of(step, night.rows, night)


@pytest.mark.parametrize(
    ("items", "promises", "occasion"),
    [
        (("I1",), [a_promise(day=on(5))], Occasion("EUR", 4000, on(5))),
        (("I1",), [a_promise(day=on(5), minor=None)], Occasion("EUR", 10_000, on(5))),  # whatever is open
        (("I1",), [a_promise(day=on(2)), a_promise(day=on(5), minor=300)], Occasion("EUR", 300, on(5))),
        (("I1", "I2"), [a_promise(day=on(5)), a_promise("I2", on(5), 100)], Occasion("EUR", 4100, on(5))),
        (("I1", "I2"), [a_promise(day=on(5)), a_promise("I2", on(2), 100)], Occasion("EUR", 4000, on(5))),
        (("I1",), [a_promise(day=on(5)), a_promise(day=on(20), minor=300)], Occasion("EUR", 4000, on(5))),  # of today
        (("I1",), [a_promise(day=on(5), outcome=PromiseOutcome.CANCELLED)], None),
        (("I1",), [], None),
    ],
)
def test_a_broken_promise(items: tuple[str, ...], promises: list[Promise], occasion: Occasion | None) -> None:
    known = facts(*(an_item(one) for one in items), promises=tuple(promises))
    assert named("promise_broken", known, harsh_setting(EVENTS["promise_broken"]), on(20)) == occasion


def test_all_that_was_promised_is_what_was_open_then_and_not_disputed() -> None:
    paid = PartPayment(id="x", recorded_on=on(3), minor=2000)
    known = facts(
        an_item(open_minor=8000, part_payments=(paid,)),
        promises=(a_promise(day=on(5), minor=None),),
        disputes=(Dispute(id="d", item="I1", amount_minor=3000, opened_on=on(1)),),
    )
    found = named("promise_broken", known, harsh_setting(EVENTS["promise_broken"]), on(20))
    assert found == Occasion("EUR", 7000, on(5))


def test_promises_in_two_currencies_are_told_in_general_words() -> None:
    known = facts(an_item(), an_item("I2", currency="USD"), promises=(a_promise(), a_promise("I2")))
    assert named("promise_broken", known, harsh_setting(EVENTS["promise_broken"]), on(20)) is None


def test_a_missed_instalment() -> None:
    parts = (Instalment(due_on=on(10), minor=6000), Instalment(due_on=on(40), minor=4000))
    plan = Plan(id="pl", items=("I1",), agreed_on=on(1), instalments=parts)
    known = facts(an_item(open_minor=10_000), plans=(plan,))
    setting = harsh_setting(EVENTS["instalment_missed"])
    assert named("instalment_missed", known, setting, on(20)) == Occasion("EUR", 6000, on(10))
    assert named("instalment_missed", known, setting, on(5)) is None


@pytest.mark.parametrize(("paid", "said"), [(5999, ["instalment-missed"]), (6000, ["warning"])])
def test_an_instalment_that_came_late_is_not_said_to_be_missing(paid: int, said: list[str]) -> None:
    """Nor is the next one, which lies ahead: the plan is over, and the ladder goes on."""
    parts = (Instalment(due_on=on(10), minor=6000), Instalment(due_on=on(40), minor=4000))
    plan = Plan(id="pl", items=("I1",), agreed_on=on(1), instalments=parts)
    setting = harsh_setting(EVENTS["instalment_missed"])
    broken = decide(facts(an_item(), plans=(plan,)), setting, on(18)).state
    late = PartPayment(id="x", recorded_on=on(18), minor=paid)
    known = facts(an_item(open_minor=10_000 - paid, part_payments=(late,)), plans=(plan,), state=broken)
    assert [one.template for one in decide(known, setting, on(22)).notices] == said
    assert named("instalment_missed", known, setting, on(20)) == (
        None if paid == 6000 else Occasion("EUR", 6000, on(10))
    )


@pytest.mark.parametrize(("paid_on", "told"), [(on(11), True), (on(12), False), (on(13), False)])
def test_a_promise_that_was_said_to_be_broken_and_is_paid_since_is_not_asked_for(paid_on: date, told: bool) -> None:
    paid = PartPayment(id="x", recorded_on=paid_on, minor=4000)
    said = a_promise(day=on(9), outcome=PromiseOutcome.BROKEN, ended_on=on(12))
    known = facts(an_item(open_minor=6000, part_payments=(paid,)), promises=(said,))
    plans = decide(known, harsh_setting(EVENTS["promise_broken"]), on(20)).notices
    assert [one.template == "promise-broken" for one in plans] == [told]


def test_the_missed_instalment_of_another_item_is_not_named() -> None:
    parts = (Instalment(due_on=on(10), minor=6000),)
    plans = tuple(Plan(id=f"pl{item}", items=(item,), agreed_on=on(1), instalments=parts) for item in ("I1", "I2"))
    setting = harsh_setting(EVENTS["instalment_missed"])
    night = survey(facts(an_item(), an_item("I2"), plans=plans), setting, on(20))
    step = next(step for step in setting.policy.steps if step.event)
    rows = [row for row in night.rows if row.item.id == "I1"]
    assert occasion_of(step, rows, night) == Occasion("EUR", 6000, on(10))


@pytest.mark.parametrize(
    ("items", "occasion"),
    [
        ([an_item()], Occasion("EUR", 10_000, None, 5000)),
        ([an_item(), an_item("I2", open_minor=1)], Occasion("EUR", 10_001, None, 5000)),
        ([an_item(), an_item("I2", currency="USD")], None),  # one balance of two currencies cannot be named
        ([an_item(currency="USD")], None),
    ],
)
def test_a_balance_over_its_limit(items: list[Item], occasion: Occasion | None) -> None:
    assert named("balance_over_limit", facts(*items), harsh_setting(OVER), on(1)) == occasion


def test_a_balance_as_large_as_its_limit() -> None:
    step = EVENTS["balance_over_limit"] | {"when": {"account_balance": {"EUR": {"at_least": 10_000}}}}
    told = named("balance_over_limit", facts(an_item()), harsh_setting(step), on(1))
    assert told == Occasion("EUR", 10_000, None, 10_000)


def test_other_events_have_none() -> None:
    assert named("new_invoice", facts(an_item()), harsh_setting(EVENTS["new_invoice"]), on(1)) is None


@pytest.mark.parametrize("state", [None, warned()])
def test_the_message_carries_it_in_its_own_words(state: AccountState | None) -> None:
    """Also where a warning was delivered before: the first message after a broken promise is about that."""
    known = facts(an_item(), state=state, promises=(a_promise(day=on(25)),))
    setting = harsh_setting(EVENTS["promise_broken"])
    plans = [plan for n in range(26, 34) for plan in decide(known, setting, DUE + timedelta(days=n)).notices]
    told = [plan.occasion for plan in plans if plan.template == "promise-broken"]
    assert told[:1] == [Occasion("EUR", 4000, on(25))]
