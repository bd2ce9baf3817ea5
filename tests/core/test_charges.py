"""Fees, interest and the fixed sum: once each, shown with their message, never the reason to write, never guessed."""

from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from core.decide.account import decide
from core.decide.model import Charge, Decision, Facts, Setting
from core.ledger import Credit, CreditKind, Dispute, Item, ItemKind, PartPayment, Waiver
from core.rehearsal.nights import after
from core.state import AccountState, ItemState
from tests.builders import DUE, a_customer, a_setting, an_item, facts, on
from tests.core.harsh import harsh_policy

FIVE = {"type": "flat", "flat": {"EUR": 500}}
TEN = {"type": "flat", "flat": {"EUR": 1000}}
TO = {"audience": {"customer": ["ap_contact"]}, "template": "reminder"}


def ladder(*levels: dict[str, Any], **changes: Any) -> Setting:
    """Level 1 at +7, 2 at +14, 3 at +21, each with the charges given, in place of the one warning."""
    steps = [{"id": f"l{n}", "offset_days": 7 * n, "level": n, **TO, **one} for n, one in enumerate(levels, start=1)]
    entity = changes.pop("entity", {})
    return a_setting(harsh_policy(**{"steps": steps, **changes}), **entity)


def told(decision: Decision) -> list[tuple[str, str, int, bool]]:
    """Of tonight's message: each charge's item, kind and amount, and whether it is new."""
    return [(c.item, c.kind.value, c.minor, c.new) for plan in decision.notices for c in plan.charges]


def lived(known: Facts, setting: Setting, *days: int) -> list[tuple[int, Decision]]:
    """The decisions of these nights, each message accepted and each charge posted in between."""
    found = []
    for dpd in days:
        decision = decide(known, setting, on(dpd))
        known = after(known, decision, setting)
        found.append((dpd, decision))
    return found


# ---------- fees of messages ----------


def test_the_fee_of_a_message_is_shown_in_it_and_stands_in_the_next() -> None:
    setting = ladder({"fee": FIVE}, {"fee": TEN})
    (_, first), (_, second) = lived(facts(an_item()), setting, 7, 14)
    assert (told(first), first.charges) == ([("I1", "fee", 500, True)], ())
    assert first.notices[0].totals == {"EUR": 10_500}
    assert told(second) == [("I1", "fee", 500, False), ("I1", "fee", 1_000, True)]
    assert second.notices[0].totals == {"EUR": 11_500}


def test_a_level_charges_its_fee_once_however_often_it_comes() -> None:
    again = {"fee": FIVE, "repeat": {"every_days": 7}}
    found = lived(facts(an_item()), ladder({"fee": FIVE}, again), 7, 14, 21, 28)
    assert [sum(one[3] for one in told(decision)) for _, decision in found] == [1, 1, 0, 0]
    assert [len(told(decision)) for _, decision in found] == [1, 2, 2, 2]


def test_a_message_that_has_not_gone_yet_asks_for_the_same_fee_the_next_night() -> None:
    setting, known = ladder({"fee": FIVE}), facts(an_item())
    first = decide(known, setting, on(7))
    second = decide(replace(known, state=first.state), setting, on(8))
    assert [one.id for one in first.notices[0].charges] == [one.id for one in second.notices[0].charges]


def test_two_items_and_two_levels_are_four_fees() -> None:
    setting = ladder({"fee": FIVE}, {"fee": TEN})
    found = lived(facts(an_item("A"), an_item("B")), setting, 7, 14)
    ids = {c.id for _, decision in found for plan in decision.notices for c in plan.charges if c.new}
    assert len(ids) == 4


def test_what_the_amounts_do_not_carry_costs_nothing() -> None:
    small, large = an_item("A", open_minor=50), an_item("B", open_minor=100_000, due_on=on(7))
    known = facts(small, large, state=AccountState(items={"A": ItemState(2, "l2", 2, last_on=on(14))}))
    setting = ladder({"fee": FIVE}, {"fee": FIVE}, {"fee": TEN})
    decision = decide(known, setting, on(21))
    assert decision.notices[0].level < 3
    assert [one[0] for one in told(decision)] == ["B"]
    loud = decide(known, ladder({"fee": FIVE}, {"fee": FIVE}, {"fee": TEN}, materiality_of="wording"), on(21))
    assert [one[0] for one in told(loud)] == ["A", "B"]


def test_the_fee_of_the_document_is_charged_once_by_its_highest_level() -> None:
    setting = ladder({"document_fee": FIVE}, {"document_fee": TEN})
    items = (an_item("young", due_on=on(7)), an_item("b"), an_item("a"))
    decision = decide(facts(*items, state=AccountState(items={})), setting, on(14))
    assert told(decision) == [("a", "fee", 1_000, True)]


def test_a_fee_in_another_currency_is_left_out_and_one_that_converts_uses_the_months_rate() -> None:
    item = an_item(currency="CHF")
    assert told(decide(facts(item), ladder({"fee": FIVE}), on(7))) == []
    convert = {"fee": {"type": "convert", "currency": "EUR", "fee": FIVE}}
    setting = ladder(convert, entity={"currency": "EUR", "rates": {"CHF": "1.25"}})
    assert told(decide(facts(item), setting, on(7))) == [("I1", "fee", 400, True)]


def test_a_sequence_counts_the_messages() -> None:
    sequence = {"fee": {"type": "sequence", "fees": [FIVE, TEN]}}
    found = lived(facts(an_item()), ladder(sequence, sequence, sequence), 7, 14, 21)
    assert [told(decision)[-1][2] for _, decision in found] == [500, 1_000, 1_000]


@pytest.mark.parametrize(
    ("waiver", "charged"),
    [
        ({}, [False, False]),  # all of the invoice
        ({"level": 1}, [False, True]),
        ({"step": "l2"}, [True, False]),
        ({"item": "other"}, [True, True]),
    ],
)
def test_what_is_waived_is_not_charged(waiver: dict[str, Any], charged: list[bool]) -> None:
    word = Waiver(**{"id": "w", "item": "I1", "waived_on": on(0), **waiver})
    setting = ladder({"fee": FIVE}, {"fee": TEN})
    found = lived(facts(an_item(), waivers=(word,)), setting, 7, 14)
    assert [any(one[3] for one in told(decision)) for _, decision in found] == charged


@pytest.mark.parametrize("waiver", [{}, {"level": 1}])
def test_what_is_waived_after_it_was_posted_is_not_asked_for(waiver: dict[str, Any]) -> None:
    setting, known = ladder({"fee": FIVE}, {"fee": TEN}), facts(an_item())
    known = after(known, decide(known, setting, on(7)), setting)
    word = Waiver(**{"id": "w", "item": "I1", "waived_on": on(10), **waiver})
    shown = told(decide(replace(known, waivers=(word,)), setting, on(14)))
    assert shown == ([("I1", "fee", 1_000, True)] if waiver else [])


def test_hardship_is_charged_nothing() -> None:
    setting = ladder({"fee": FIVE, "document_fee": TEN})
    assert told(decide(facts(an_item(), customer=a_customer(hardship=True)), setting, on(7))) == []


# ---------- a charge is never the reason ----------


def test_a_fee_alone_is_nothing_to_write_about() -> None:
    fee = an_item("F", kind=ItemKind.FEE, of="I1", open_minor=100_000)
    assert decide(facts(fee), ladder({"fee": FIVE}), on(30)).notices == ()


def test_a_fee_lifts_no_limit() -> None:
    fee = an_item("F", kind=ItemKind.FEE, of="I1", open_minor=1_000)
    known = facts(an_item(open_minor=2_000), fee)
    setting = ladder({}, minimum={"account": {"EUR": 2_500}})
    assert decide(known, setting, on(30)).notices == ()


# ---------- fees of steps without a message ----------

FEE = {"id": "fee", "offset_days": 30, "effect": "fee", "fee": FIVE}


def test_a_fee_step_posts_at_the_commit_once() -> None:
    setting = a_setting(harsh_policy(FEE))
    known = facts(an_item("A"), an_item("B", due_on=on(1)))
    found = lived(known, setting, 29, 30, 31, 32)
    posted = [(dpd, c.item, c.minor) for dpd, decision in found for c in decision.charges]
    assert posted == [(30, "A", 500), (31, "B", 500)]
    assert decide(known, setting, on(30)).charges[0].id == found[1][1].charges[0].id


def test_a_new_cycle_is_a_new_fee() -> None:
    setting = a_setting(harsh_policy(FEE))
    ids = {decide(facts(an_item(cycle=n)), setting, on(30)).charges[0].id for n in (0, 0, 1)}
    assert len(ids) == 2


# ---------- the fixed sum of the law ----------


@pytest.mark.parametrize(
    ("customer", "item", "entity", "minor"),
    [
        ({}, {}, {"country": "DE"}, 4_000),
        ({"kind": "public"}, {}, {"country": "FR"}, 4_000),
        ({"kind": "consumer"}, {}, {"country": "DE"}, 0),
        ({}, {"currency": "GBP", "open_minor": 99_999}, {"country": "GB"}, 4_000),
        ({}, {"currency": "GBP", "open_minor": 100_000}, {"country": "GB"}, 7_000),
        ({}, {"currency": "USD"}, {"country": "DE"}, 0),
        ({}, {}, {"country": None}, 0),
    ],
)
def test_the_fixed_sum(customer: dict[str, Any], item: dict[str, Any], entity: dict[str, Any], minor: int) -> None:
    setting = ladder({"charge_compensation": True}, compensation={}, entity=entity)
    decision = decide(facts(an_item(**item), customer=a_customer(**customer)), setting, on(7))
    assert [one[2] for one in told(decision) if one[1] == "compensation"] == ([minor] if minor else [])


def test_while_a_part_is_disputed_the_fixed_sum_is_not_charged() -> None:
    setting = ladder({"charge_compensation": True}, compensation={"statutory": "EU"})
    part = Dispute(id="d", item="I1", amount_minor=1, opened_on=on(1))
    assert told(decide(facts(an_item(), disputes=(part,)), setting, on(7))) == []


@pytest.mark.parametrize(("paid_on", "minor"), [(on(-5), 4_000), (on(0), 4_000), (on(1), 7_000)])
def test_the_fixed_sum_goes_by_the_debt_when_it_became_late(paid_on: date, minor: int) -> None:
    payment = PartPayment(id="p", recorded_on=paid_on, minor=20_000)
    item = an_item(currency="GBP", original_minor=110_000, open_minor=90_000, part_payments=(payment,))
    setting = ladder({"charge_compensation": True}, compensation={"statutory": "GB"})
    assert told(decide(facts(item), setting, on(7))) == [("I1", "compensation", minor, True)]


def test_the_fixed_sum_comes_once_ever() -> None:
    each = {"charge_compensation": True}
    setting = ladder(each, each, compensation={"statutory": "EU"})
    found = lived(facts(an_item()), setting, 7, 14)
    assert [told(decision) for _, decision in found] == [
        [("I1", "compensation", 4_000, True)],
        [("I1", "compensation", 4_000, False)],
    ]
    (_, paid) = lived(
        replace(facts(an_item()), state=AccountState(items={"I1": ItemState(1, "l1", 1, last_on=on(7))})), setting, 14
    )[0]
    assert told(paid) == []  # it was charged with level 1, and paid
    later = decide(facts(an_item(cycle=1)), setting, on(7)).notices[0].charges[0].id
    assert later == found[0][1].notices[0].charges[0].id


# ---------- interest ----------

TERMS = {"interest": {"rates": [{"annual_percent": "3.65"}]}}  # a cent a day for every 100.00


def test_interest_in_messages_adds_up_to_the_whole() -> None:
    each = {"charge_interest": True}
    found = lived(facts(an_item()), ladder(each, each, each, **TERMS), 7, 14, 21)
    new = [[one[2] for one in told(decision) if one[3]] for _, decision in found]
    assert new == [[7], [7], [7]]
    assert found[-1][1].notices[0].totals == {"EUR": 10_021}
    ids = {c.id for _, decision in found for c in decision.notices[0].charges}
    assert len(ids) == 3


def test_payments_lower_interest_from_the_day_after_they_were_recorded() -> None:
    payment = PartPayment(id="p", recorded_on=on(10), minor=5_000)
    item = an_item(original_minor=10_000, open_minor=5_000, part_payments=(payment,))
    state = AccountState(items={"I1": ItemState(1, "l1", 1, last_on=on(7))})
    decision = decide(facts(item, state=state), ladder({}, {"charge_interest": True}, **TERMS), on(30))
    assert told(decision) == [("I1", "interest", 20, True)]  # 10 days on 100.00, 20 on 50.00


@pytest.mark.parametrize("linked", [True, False])
def test_money_that_is_with_us_bears_no_interest_from_the_day_on_which_it_came(linked: bool) -> None:
    """Whether it was heard of later, or lies on account because it named no invoice."""
    payment = PartPayment(id="p", recorded_on=on(20), minor=5_000)
    credit = Credit(id="c", kind=CreditKind.PAYMENT, currency="EUR", open_minor=5_000, booked_on=on(10))
    part = an_item(original_minor=10_000, open_minor=5_000, part_payments=(payment,), paid_days={"p": on(10)})
    state = AccountState(items={"I1": ItemState(1, "l1", 1, last_on=on(7))})
    known = facts(part, state=state) if linked else facts(an_item(), state=state, credits=(credit,))
    decision = decide(known, ladder({}, {"charge_interest": True}, **TERMS), on(30))
    assert told(decision) == [("I1", "interest", 20, True)]  # 10 days on 100.00, 20 on 50.00


def test_disputed_money_bears_no_interest() -> None:
    item = an_item(disputed_all=True)
    setting = a_setting(harsh_policy({"id": "i", "offset_days": 30, "effect": "interest"}, **TERMS))
    assert decide(facts(item), setting, on(30)).charges == ()


def test_an_interest_step_posts_what_is_not_posted_yet() -> None:
    steps = (
        {"id": "i1", "offset_days": 30, "effect": "interest"},
        {"id": "i2", "offset_days": 40, "effect": "interest"},
    )
    setting = a_setting(harsh_policy(*steps, **TERMS))
    found = lived(facts(an_item()), setting, 30, 35, 40, 41)
    assert [(dpd, c.minor) for dpd, decision in found for c in decision.charges] == [(30, 30), (40, 10)]
    assert found[-1][1].state.item("I1").interest_minor == 40


@pytest.mark.parametrize(
    ("due", "minor"),
    [(date(2026, 5, 15), 74_04)],  # GBP 5,000, 46 days at 11.75 %
)
def test_a_golden_sum_through_a_message(due: date, minor: int) -> None:
    setting = ladder({}, {}, {"charge_interest": True, "charge_compensation": True}, max_jump="any",
                     interest={"statutory": "GB"}, compensation={"statutory": "GB"})  # fmt: skip
    item = an_item(due_on=due, open_minor=5_000_00, currency="GBP")
    decision = decide(facts(item), setting, date(2026, 6, 30))
    assert told(decision) == [("I1", "interest", minor, True), ("I1", "compensation", 70_00, True)]


def test_without_a_rate_nothing_is_charged_and_somebody_is_asked() -> None:
    setting = ladder({"charge_interest": True}, interest={"statutory": "EU"})
    item = an_item(due_on=date(2040, 1, 2), issued_on=date(2039, 12, 1))
    decision = decide(facts(item), setting, date(2040, 1, 9))
    assert (len(decision.notices), told(decision)) == (1, [])
    (task,) = decision.tasks
    assert (task.kind, task.owner) == ("rate-missing", "accounting")
    assert "2040" in task.note
    paid = decide(facts(state=decision.state), setting, date(2040, 1, 10))
    assert paid.closed_tasks == (task.id,)


def test_the_rate_of_a_consumer_is_asked_for_and_not_that_of_a_business() -> None:
    setting = ladder({"charge_interest": True}, interest={"statutory": "DE"})
    business, consumer = (
        told(decide(facts(an_item(open_minor=1_000_000), customer=a_customer(kind=kind)), setting, on(7)))[0][2]
        for kind in ("business", "consumer")
    )
    assert business > consumer > 0


def test_a_charge_that_was_taken_back_counts_no_longer() -> None:
    each = {"charge_interest": True}
    setting, known = ladder(each, each, **TERMS), facts(an_item())
    first = decide(known, setting, on(7))
    plan, memory = first.notices[0], first.state
    before = memory.before(plan.group, plan.steps)
    accepted = after(known, first, setting).state
    assert accepted.item("I1").interest_minor == 7
    undone = accepted.take_back(plan.group, plan.steps, before, on(7))
    assert undone.item("I1").interest_minor == 0
    assert undone.take_back(plan.group, plan.steps, before, on(7)) == undone


def posted(charge: Charge) -> Item:
    return an_item(charge.id, kind=charge.kind, of=charge.item, open_minor=charge.minor, due_on=DUE)


def test_a_payment_that_came_back_never_stopped_the_interest_and_nothing_is_posted_twice() -> None:
    """10,000 at 3.65 %: a cent a day. Paid in part at +10, posted at +20, and the payment came back before +30."""
    setting = ladder({}, {}, interest={"rates": [{"annual_percent": "3.65"}]}).policy
    steps = [{"id": f"i{n}", "offset_days": n, "effect": "interest"} for n in (20, 30)]
    charging = a_setting(harsh_policy(*steps, interest=setting.interest))
    paid = an_item(open_minor=4_000, original_minor=10_000,
                   part_payments=(PartPayment(id="x", recorded_on=on(10), minor=6_000),))  # fmt: skip
    first = decide(facts(paid), charging, on(20))
    assert [charge.minor for charge in first.charges] == [14]  # ten days on all of it, ten on 4,000
    back = decide(facts(an_item(), state=first.state), charging, on(30))
    assert [charge.minor for charge in back.charges] == [30 - 14]


def test_a_charge_posted_already_is_never_shown_as_new() -> None:
    setting, known = ladder({"fee": FIVE}), facts(an_item())
    (charge,) = decide(known, setting, on(7)).notices[0].charges
    shown = told(decide(replace(known, items=(*known.items, posted(charge))), setting, on(7)))
    assert shown == [("I1", "fee", 500, False)]


def test_interest_that_a_step_posts_tonight_is_not_in_tonights_message_as_well() -> None:
    setting = ladder({}, {}, {"charge_interest": True}, **TERMS)
    step = harsh_policy({"id": "i", "offset_days": 21, "effect": "interest"}, **TERMS).steps[-1]
    both = replace(setting, policy=setting.policy.model_copy(update={"steps": (*setting.policy.steps, step)}))
    state = AccountState(items={"I1": ItemState(2, "l2", 2, last_on=on(14))})
    decision = decide(facts(an_item(), state=state), both, on(21))
    assert [c.minor for c in decision.charges] == [21]
    assert told(decision) == []
