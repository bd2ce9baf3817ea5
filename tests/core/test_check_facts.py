"""What each rule of `why` says that it looked at, word for word; and what is said of steps that were held back."""

from typing import Any

import pytest

from core.decide.account import GROUP, decide
from core.decide.checks import EFFECT, with_checks
from core.decide.explain import explain
from core.decide.model import Facts, Held, Reason, Setting
from core.ledger import Contact, Credit, CreditKind, Dispute, Hold, Instalment, ItemKind, PartPayment, Plan, Promise
from core.state import AccountState, Baseline, DueStep, ItemState, Waiting
from tests.builders import DUE, a_customer, a_ladder, a_setting, an_item, facts, on
from tests.core.harsh import LEGAL, harsh_setting, warned
from tests.core.test_explain import euros, why

LADDER = a_setting(a_ladder())


def fact(rule: str, about: Facts, dpd: int = 7, setting: Setting = LADDER) -> str:
    """What the rule says of I1."""
    (found,) = [check.fact for check in why(about, on(dpd), setting).checks if check.rule == rule]
    return found


def promise(promise_id: str, dpd: int) -> Promise:
    return Promise(id=promise_id, item="I1", made_on=on(1), promised_on=on(dpd), amount_minor=1_000)


def plan(plan_id: str, due: int, item: str = "I1") -> Plan:
    return Plan(id=plan_id, items=(item,), agreed_on=on(1), instalments=(Instalment(due_on=on(due), minor=10_000),))


def note(**changes: Any) -> Credit:
    return Credit(**{"id": "c", "kind": CreditKind.CREDIT_NOTE, "currency": "EUR", "open_minor": 700, "booked_on": DUE,
                     **changes})  # fmt: skip


def doubtful(*notices: str) -> dict[str, Any]:
    waiting = {f"g{n}": Waiting(name, (DueStep("I1", "l1"),)) for n, name in enumerate(notices)}
    return {"state": AccountState(waiting=waiting), "in_doubt": frozenset(notices)}


@pytest.mark.parametrize(
    ("rule", "about", "said"),
    [
        ("hold", {}, "no hold"),
        ("hold", {"holds": (Hold(id="h", item="I2"),)}, "no hold"),
        ("hold", {"holds": (Hold(id="h"),)}, "hold h without end"),
        ("hold", {"holds": (Hold(id="h", until=on(20)), Hold(id="k", item="I1"))},
         "hold h until 2026-03-22, free from 2026-03-25; hold k without end"),
        ("dispute", {}, "disputed 0.00 EUR"),
        ("promise", {}, "promised 0.00 EUR"),
        ("promise", {"promises": (promise("p", 9), promise("q", 10))}, ("promised 20.00 EUR, "
         "for 2026-03-11, left alone until 2026-03-13, for 2026-03-12, left alone until 2026-03-16")),
        ("plan", {"plans": (plan("P", 30),)}, "in a plan 100.00 EUR"),
        ("plan", {"plans": (plan("R", 30), plan("Q", 2), plan("P", 1), plan("S", 1, "I2"))},
         "in a plan 100.00 EUR"),  # of the one that was agreed last
        ("resume", {"disputes": (Dispute(id="d", item="I1", opened_on=on(1), closed_on=on(6)),)},
         "free again from 2026-03-10"),
        ("credit", {"credits": (note(),)}, "7.00 EUR of 7.00 EUR unlinked credit used on it"),
        ("credit", {"credits": (note(), note(id="d", approved=True))},
         "14.00 EUR of 14.00 EUR unlinked credit used on it"),
        ("old ledger", {"state": AccountState(baseline=Baseline(on=on(5), release_on=on(9)))},
         "taken up on 2026-03-07, released on 2026-03-11"),
        ("doubt about the item", doubtful("n1", "n2"), "notice n1, n2 is in doubt"),
        ("gap", {"state": AccountState(last_accepted_on={GROUP: on(1)})},
         "last message 2026-03-03, at least 1 day apart"),
        ("readers", {"contacts": (), "customer": a_customer(email="office@customer.example")},
         "ap_contact at the account"),
    ],
)  # fmt: skip
def test_the_fact_of_a_rule(rule: str, about: dict[str, Any], said: str) -> None:
    items = (an_item(), an_item("I2")) if "plans" in about else (an_item(),)
    assert fact(rule, facts(*items, **about)) == said


@pytest.mark.parametrize(
    ("rule", "changes", "said"),
    [
        ("gap", {"min_gap_days": 3}, "last message never, at least 3 days apart"),
        ("gap", {"min_gap_days": 0}, "last message never, at least 0 days apart"),
        ("minimum", {"minimum": {"account": {"USD": 3_000, "EUR": 2_500}}},
         "minimum of the account 25.00 EUR, 30.00 USD"),
        ("most messages", {"max_notices": 2}, "2 messages, at most 2"),
        ("most messages", {"max_notices": 1}, "2 messages, at most 1"),
        ("credit", {"credit_notes": "when_approved"}, "0.00 EUR of 0.00 EUR unlinked credit used on it"),
    ],
)  # fmt: skip
def test_the_fact_of_a_rule_by_what_the_policy_says(rule: str, changes: dict[str, Any], said: str) -> None:
    state = AccountState(notices={GROUP: 2, "another": 9})
    about = facts(an_item(), state=state, credits=(note(approved=False),) if rule == "credit" else ())
    assert fact(rule, about, setting=a_setting(a_ladder(**changes))) == said


def test_a_campaign_that_repeats_ends_with_its_attempts() -> None:
    policy = a_ladder(advance="repeat", max_attempts=1)
    about = facts(an_item(), state=AccountState(notices={GROUP: 1}))
    assert fact("most messages", about, setting=a_setting(policy)) == "1 message, at most 1"


def test_two_readers_are_named() -> None:
    two = tuple(
        Contact(id=name, customer="C1", email=f"{name}@customer.example", roles=("ap_contact",))
        for name in ("k1", "k2")
    )
    assert fact("readers", facts(an_item(), contacts=two)) == "ap_contact k1, ap_contact k2"


def test_a_charge_says_what_it_was_charged_for() -> None:
    fee = an_item("F", kind=ItemKind.FEE, of="I1")
    said = why(facts(an_item(), fee), on(7), LADDER, item="F")
    assert [(check.rule, check.fact) for check in said.checks] == [
        ("open", "open 100.00 EUR"),
        ("principal", "fee on I1"),
    ]


def test_where_an_item_stands_on_its_ladder() -> None:
    had = AccountState(items={"I1": ItemState(1, "l1", 1, last_on=on(7), climbed_on=on(7))})
    assert fact("ladder", facts(an_item(), state=had), 9) == (
        "+9 days; level 1 after step l1; l2 from 2026-03-16; l3 from 2026-04-01; l4 from 2026-05-01"
    )
    steps = ({**LEGAL, "effect": "message", "template": "last", "level": 2, "proposal": None, "offset_days": 30,
              "audience": {"customer": ["ap_contact"], "ours": ["ceo"]}, "needs_approval": True},)  # fmt: skip
    late = facts(
        an_item(), state=AccountState(items={"I1": ItemState(1, "warn", 1, last_on=on(14), climbed_on=on(14))})
    )
    assert fact("ladder", late, 40, harsh_setting(*steps)).endswith(
        "legal waits for the delivery of an earlier step until further notice"
    )


# ---------- steps without message that were held back ----------

CALL = {"id": "call", "offset_days": 30, "effect": "task", "task": "call", "adverse": "agency",
        "requires_step": ["warn"], "needs_approval": False, "audience": {"ours": ["ceo"]}}  # fmt: skip


def test_what_was_held_back_of_an_item_is_a_rule_of_its_own() -> None:
    setting = harsh_setting(CALL)
    paid = an_item(part_payments=(PartPayment(id="p", recorded_on=on(30), minor=1_000),), original_minor=11_000)
    for about, held, said in (
        (facts(paid, an_item("I2", due_on=on(20)), state=warned()), "part_paid, again 2026-04-04", "2026-04-04"),
        (facts(an_item(), an_item("I2")), "not_delivered, again on an event", None),
    ):
        decision = decide(about, setting, on(30))
        (verdict, *_) = with_checks(decision, about, setting, money=euros).verdicts
        checks = [(check.rule, check.passed, check.fact) for check in verdict.checks if check.rule.startswith(EFFECT)]
        assert [one[1:] for one in checks] == [(False, held)]
        sentences = explain(decision, about, setting, on(30), "I1", money=euros).sentences
        (sentence,) = [one for one in sentences if one.startswith("Held back")]
        assert sentence.endswith(f"; looked at again on {said}." if said else "too recently.")
    assert decision.held == tuple(Held(item, "call", Reason.NOT_DELIVERED, None) for item in ("I1", "I2"))


def test_an_item_that_is_gone_has_one_rule() -> None:
    (check,) = why(facts(an_item()), on(7), item="I9").checks
    assert (check.rule, check.passed, check.fact) == ("open", False, "no open item")
