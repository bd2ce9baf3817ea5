"""Rehearsals: what is told beforehand is what every single night decides, and payments follow the record alone."""

from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.decide.account import decide
from core.decide.model import Charge
from core.decide.our_side import Announcement, ProposalPlan
from core.ledger import ClosedItem, Dispute, Instalment, Item, ItemKind, Plan, Promise
from core.policy.load import load_policy
from core.policy.schema import Policy
from core.rehearsal.coming import Coming, What, coming
from core.rehearsal.nights import OURS, Assumed, Night, after, arrived, night_of, nights
from core.rehearsal.payments import Payment, lateness, payments
from core.state import AccountState, OpenEffect, Sent, Waiting
from tests.builders import DUE, POLICIES, a_policy, a_setting, an_item, facts, on
from tests.core import night as every_night

SETTING = a_setting()
SHIPPED = sorted((*POLICIES.glob("*.yaml"), *POLICIES.glob("packs/*.yaml")))
WHOLE = Payment("I1", 10_000)


def told(*items: Item, days: tuple[int, int] = (-10, 120), assumed: Assumed | None = None) -> list[tuple[Any, ...]]:
    """What is told of an account, each with its day."""
    played = nights(facts(*items), SETTING, on(days[0]), on(days[1]), assumed=assumed or Assumed())
    return [((one.on - DUE).days, one.what, one.name) for night in played for one in coming(night, "E1")]


def test_the_days_of_a_policy_are_told() -> None:
    found = told(an_item())
    messages = [day for day, what, _ in found if what is What.MESSAGE]
    assert messages == [-7, 7, 14, 60, *range(91, 121)]
    assert [(day, name) for day, what, name in found if what is What.TASK] == [(31, "phone-call"), (101, "review")]
    assert [(day, name) for day, what, name in found if what is What.STATUS] == [(60, "delinquent")]


@given(ages=st.lists(st.integers(-40, 95), min_size=1, max_size=4), minors=st.integers(1_000, 99_000))
@settings(max_examples=15)
def test_what_is_told_is_what_every_night_decides(ages: list[int], minors: int) -> None:
    setting = a_setting(a_policy(send_days="business_days", min_gap_days=2))
    items = [
        an_item(f"I{n}", due_on=DUE - timedelta(days=age), open_minor=minors * n + 1) for n, age in enumerate(ages)
    ]
    known, last = facts(*items), DUE + timedelta(days=45)
    beforehand = [
        night.decision for night in nights(known, setting, DUE, last) if night.decision.notices or night.decision.tasks
    ]
    lived = [
        decision
        for decision in every_night.nights(setting, DUE, last, lambda _: known)
        if decision.notices or decision.tasks
    ]
    assert [(d.as_of, d.notices, d.tasks) for d in beforehand] == [(d.as_of, d.notices, d.tasks) for d in lived]


def test_a_night_before_the_account_is_due_is_left_out() -> None:
    played = list(nights(facts(an_item()), SETTING, on(0), on(20), check_on=on(7)))
    assert next(night.decision.as_of for night in played) == on(7)
    assert not list(nights(facts(an_item()), SETTING, on(0), on(6), check_on=on(7)))


def test_a_message_counts_on_the_day_it_leaves() -> None:
    evening = a_setting(run_hour=22)  # decided in the evening, sent the next morning
    state = arrived(decide(facts(an_item()), evening, on(7)), evening)
    assert (state.last_accepted_on, state.item("I1").step, state.waiting) == ({"account": on(8)}, "b", {})


def test_what_may_have_gone_is_let_go_after_the_first_night() -> None:
    doubt = facts(
        an_item(), state=AccountState(waiting={"account": Waiting("n1", ())}), in_doubt=frozenset({"n1"})
    )  # fmt: skip
    found = [
        (night.decision.as_of, len(night.decision.notices)) for night in nights(doubt, SETTING, on(7), on(9))
    ]  # fmt: skip
    assert found[:2] == [(on(7), 0), (on(8), 1)]


def test_charges_become_items_of_their_own_once() -> None:
    known = facts(an_item())
    decision = decide(known, SETTING, on(7))
    fee = Charge("F1", "I1", "INV-I1", ItemKind.FEE, "EUR", 500, "b", new=True)
    stands = replace(fee, id="F0", new=False)
    (plan,) = decision.notices
    charged = decision._replace(notices=(replace(plan, charges=(stands, fee)),), charges=(replace(fee, id="F2"),))
    items = after(known, charged, SETTING).items
    assert [(item.id, item.kind, item.of, item.open_minor) for item in items[1:]] == [
        ("F2", ItemKind.FEE, "I1", 500),
        ("F1", ItemKind.FEE, "I1", 500),
    ]
    entries = coming(Night(known, charged), "E1")
    assert [(one.name, one.amounts) for one in entries if one.what is What.CHARGE] == [("fee", {"EUR": 500})] * 2
    assert entries[0].amounts == {"EUR": 11_000}  # what the message asks for, charges included


def test_proposals_are_approved_only_when_asked() -> None:
    known = facts(an_item())
    decision = decide(known, SETTING, on(7))._replace(
        proposals=(ProposalPlan("P1", "legal", "legal", ("I1",), "accounting", "ann"),)
    )
    assert after(known, decision, SETTING).approvals == ()
    (granted,) = after(known, decision, SETTING, approve=True).approvals
    assert (granted.proposal, granted.granted, granted.decided_on, granted.by) == ("P1", True, on(7), OURS)
    (told_of,) = [one for one in coming(Night(known, decision), "E1") if one.what is What.PROPOSAL]
    assert (told_of.name, told_of.numbers, told_of.readers) == ("legal", ("INV-I1",), ("accounting", "ann"))


def test_credit_holds_are_told_when_they_come_and_go() -> None:
    known = facts(an_item())
    decision = decide(known, SETTING, on(1))
    held = decision._replace(
        state=replace(decision.state, open_effects={"e": OpenEffect("h", ("I1",), on(1), active=True)}),
        announcements=(Announcement("credit_hold_set", "h"), Announcement("status", "s")),
    )
    lifted = decision._replace(announcements=(Announcement("credit_hold_lifted", "h"),))
    assert [(one.what, one.numbers) for one in coming(Night(known, held), "E1")] == [
        (What.HOLD, ("INV-I1",)),
        (What.STATUS, ()),
    ]
    assert [one.what for one in coming(Night(known, lifted), "E1")] == [What.LIFT]


# ---------- payments ----------


def paid(*late: int) -> tuple[ClosedItem, ...]:
    return tuple(ClosedItem(issued_on=on(-60), due_on=on(-30), paid_on=on(-30 + days)) for days in late)


@pytest.mark.parametrize(
    ("own", "habits", "today", "expected"),
    [
        ((3, 5, 40), (), -5, 5),  # the median of its own record
        ((3, 5), (), -5, 3),  # of an even number the lower
        ((3, 5, 40), (90,), 0, 5),  # the others' record is not asked
        ((), (9, 1, 4), 0, 4),  # without a record, as the others
        ((3, 5, 40), (), 5, 5),  # may be paid today
        ((3, 5, 40), (), 6, 40),  # later than usual: as those that were later
        ((3, 5, 40), (), 41, None),  # never so late
        ((), (), 0, None),  # nobody has a record
        ((-4,), (), -5, -4),  # who pays early
    ],
)
def test_payments_follow_the_record(
    own: tuple[int, ...], habits: tuple[int, ...], today: int, expected: int | None
) -> None:
    known = facts(an_item(), state=AccountState(paid=paid(*own)))
    assert payments(known, habits, on(today)) == ({} if expected is None else {on(expected): (WHOLE,)})


def test_what_is_contested_is_not_paid_and_a_promise_not_before_its_day() -> None:
    state = AccountState(paid=paid(2))
    dispute = Dispute(id="d", item="I1", opened_on=on(0))
    fee = an_item("F", kind=ItemKind.FEE, of="I1")
    promise = Promise(id="p", item="I1", promised_on=on(9), made_on=on(0))
    assert not payments(facts(an_item(), state=state, disputes=(dispute,)), (), on(0))
    assert not payments(facts(an_item(disputed_all=True), state=state), (), on(0))
    assert not payments(facts(fee, state=state), (), on(0))
    assert payments(facts(an_item(), state=state, promises=(promise,)), (), on(0)) == {on(9): (WHOLE,)}
    over = dispute.model_copy(update={"closed_on": on(1)})
    assert payments(facts(an_item(), state=state, disputes=(over,)), (), on(1)) == {on(2): (WHOLE,)}


def test_instalments_are_paid_as_they_were_agreed() -> None:
    parts = tuple(Instalment(due_on=on(day), minor=minor) for day, minor in ((10, 4_000), (20, 4_000), (30, 7_000)))
    plan = Plan(id="p", items=("I1", "I2"), agreed_on=on(0), instalments=parts)
    items = (an_item(open_minor=8_000, original_minor=10_000), an_item("I2", open_minor=5_000))  # 2,000 are paid
    state = AccountState(paid=paid(2))
    assert payments(facts(*items, state=state, plans=(plan,)), (), on(1)) == {
        on(10): (Payment("I1", 2_000),),
        on(20): (Payment("I1", 4_000),),
        on(30): (Payment("I1", 2_000), Payment("I2", 5_000)),
    }
    missed = payments(facts(*items, state=state, plans=(plan,)), (), on(11))
    assert missed == {}
    ended = plan.model_copy(update={"ended_on": on(1)})
    assert set(payments(facts(*items, state=state, plans=(ended,)), (), on(1))) == {on(2)}


def test_a_part_payment_lowers_what_is_asked_for() -> None:
    found = list(nights(facts(an_item()), SETTING, on(5), on(14), assumed=Assumed({on(7): (Payment("I1", 4_000),)})))
    (last,) = [night for night in found if night.decision.as_of == on(14)]
    (item,) = last.facts.items
    assert (item.open_minor, [part.minor for part in item.part_payments]) == (6_000, [4_000])
    assert [plan.totals for night in found for plan in night.decision.notices] == [{"EUR": 10_000}, {"EUR": 6_000}]


def test_a_payment_ends_the_messages_from_the_night_after_its_day() -> None:
    found = told(
        an_item(), an_item("I2", due_on=on(40)), assumed=Assumed({on(14): (WHOLE,), on(100): (Payment("I2", 10_000),)})
    )
    days = [day for day, what, _ in found if what is What.MESSAGE]
    assert days == [-7, 7, 14, 33, 47, 54, 100]  # paid on the day of +14 and +60


def test_a_paid_invoice_takes_its_charges_along_and_is_remembered() -> None:
    known = facts(an_item(), an_item("F1", kind=ItemKind.FEE, of="I1"), an_item("I2", due_on=on(30)))
    *_, last = nights(known, SETTING, on(0), on(30), assumed=Assumed({on(1): (WHOLE,)}))
    assert [item.id for item in last.facts.items] == ["I2"]
    assert last.facts.state.paid == (ClosedItem(issued_on=on(-30), due_on=DUE, paid_on=on(1)),)


def test_only_the_last_ten_paid_items_are_remembered() -> None:
    known = facts(an_item(), an_item("I2"), state=AccountState(paid=paid(*range(10))))
    *_, last = nights(known, SETTING, on(0), on(9), assumed=Assumed({on(1): (WHOLE,)}))
    assert lateness(last.facts.state.paid) == (1, 1, 2, 3, 4, 5, 6, 7, 8, 9)


def test_a_rehearsal_is_the_same_every_time() -> None:
    known = facts(an_item(), an_item("I2", due_on=on(3)))
    first, second = (list(nights(known, SETTING, on(0), on(60))) for _ in range(2))
    assert first == second
    assert known.state == AccountState()


def test_a_delivery_is_noted_where_a_step_waits_for_it() -> None:
    setting = a_setting(_requiring())
    *_, last = nights(facts(an_item()), setting, on(7), on(14))
    assert last.facts.state.item("I1").sent == {"b": Sent(on(7), on(7))}


def _requiring() -> Any:
    policy = a_policy()
    steps = [
        step.model_copy(update={"requires_step": ("b",)}) if step.id == "c" else step for step in policy.steps
    ]  # fmt: skip
    return policy.model_copy(update={"steps": tuple(steps)})


@pytest.mark.parametrize("policy", [a_policy(), a_policy("headline-31-61-91")], ids=lambda policy: policy.policy)
def test_a_policy_that_was_stored_decides_as_before(policy: Policy) -> None:
    stored = Policy.model_validate(policy.model_dump(mode="json", exclude_none=True))
    first, second = (
        [night.decision for night in nights(facts(an_item()), a_setting(one), on(-8), on(100))]
        for one in (policy, stored)
    )
    assert first == second


@pytest.mark.parametrize("approve", [False, True])
@pytest.mark.parametrize("path", SHIPPED, ids=lambda path: path.stem)
def test_nights_that_are_left_out_bring_nothing_whatever_the_policy(path: Path, approve: bool) -> None:
    policy = load_policy(path)
    assert isinstance(policy, Policy)
    setting = a_setting(policy, rates={"INR": "0.01"}, currency="EUR")
    known = facts(an_item(open_minor=90_000), an_item("I2", due_on=on(25), open_minor=40_000))
    played = nights(known, setting, on(-8), on(100), assumed=Assumed(approve=approve))
    told = [one for night in played for one in coming(night, "E1")]
    every: list[Coming] = []
    for day in range(-8, 101):
        decision = decide(known, setting, on(day))
        every += coming(Night(known, decision), "E1")
        known = after(known, decision, setting, approve=approve)
    assert told == every
    assert told


def test_the_night_of_any_date_is_known() -> None:
    known = facts(an_item())
    for day in (7, 8, 13, 14):
        played = list(nights(known, SETTING, on(0), on(day)))
        night = night_of(known, SETTING, played, on(day))
        assert (night.decision.as_of, bool(night.decision.notices)) == (on(day), day in (7, 14))
        assert night.facts.state.item("I1").step == ("b" if day > 7 else "a")
    assert night_of(known, SETTING, [], on(7)).decision.notices


def test_dates_are_those_of_the_nights() -> None:
    played = nights(facts(an_item()), SETTING, date(2026, 3, 9), date(2026, 3, 9))
    assert [one.on for night in played for one in coming(night, "E1")] == [date(2026, 3, 9)]
