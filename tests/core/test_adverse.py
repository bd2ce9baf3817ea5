"""Harsh steps: after a delivered one, with fresh data and a person's word, not soon after a payment, not for little."""

from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest

from core.decide.account import decide
from core.decide.model import Decision, Facts, Reason, Setting
from core.ledger import ClosedItem, Credit, CreditKind, ItemKind, PartPayment, Promise
from core.state import AccountState, ItemState, OpenEffect, Sent
from tests.builders import a_customer, an_item, facts, on
from tests.core.harsh import HOLD, LEGAL, MARK, WARNED, WARNING, again, granted, harsh_policy, harsh_setting, warned


def said(decision: Decision) -> list[tuple[str, str]]:
    return [(one.what, one.value) for one in decision.announcements]


def held(known: Facts, setting: Setting, day: date) -> list[tuple[str, str, Reason, date | None]]:
    return [(one.item, one.step, one.reason, one.again_on) for one in decide(known, setting, day).held]


def stages(decision: Decision) -> list[tuple[str, str]]:
    """Who is told tonight, and of what."""
    return [(line.role, line.kind) for line in decision.digest]


# ---------- the step before it ----------


@pytest.mark.parametrize(
    ("sent", "dpd", "proposed", "again_on"),
    [
        ({}, 60, False, None),  # never warned: only a delivery changes that
        ({"warn": Sent(on(14))}, 60, True, None),  # silent for 72 hours is as good as delivered
        ({"warn": Sent(on(58))}, 60, False, on(64)),  # accepted + 3 days, + 3 days of interval
        ({"warn": Sent(on(58))}, 63, False, on(64)),
        ({"warn": Sent(on(58))}, 64, True, None),
        ({"warn": Sent(on(58), on(58))}, 60, False, on(61)),  # delivered at once: only the interval
        ({"warn": Sent(on(58), on(58))}, 61, True, None),
        ({"other": Sent(on(14), on(14))}, 60, False, None),
    ],
)
def test_a_harsh_step_waits_for_the_one_before_it(
    sent: dict[str, Sent], dpd: int, proposed: bool, again_on: date | None
) -> None:
    known = facts(an_item(), state=AccountState(items={"I1": replace(WARNED, sent=sent)}))
    setting = harsh_setting(HOLD)
    decision = decide(known, setting, on(dpd))
    assert bool(decision.proposals) is proposed
    if not proposed:
        assert held(known, setting, on(dpd)) == [("I1", "hold", Reason.NOT_DELIVERED, again_on)]
    if again_on is not None:
        assert decision.next_check_on == again_on


def test_court_needs_a_real_delivery() -> None:
    silent, arrived = replace(WARNED, sent={"warn": Sent(on(14))}), WARNED
    court = [
        bool(decide(facts(an_item(), state=AccountState(items={"I1": one})), harsh_setting(LEGAL), on(90)).proposals)
        for one in (silent, arrived)
    ]
    assert court == [False, True]


def test_one_of_several_required_steps_is_enough_and_the_first_delivery_counts() -> None:
    second = {"id": "final", "offset_days": 21, "level": 2, "template": "final",
              "audience": {"customer": ["ap_contact"]}}  # fmt: skip
    either = {**HOLD, "requires_step": ["warn", "final"], "requires_days": 10}
    state = replace(WARNED, sent={"final": Sent(on(50), on(51)), "warn": Sent(on(56), on(56))})
    known = facts(an_item(), state=AccountState(items={"I1": state}))
    assert not decide(known, harsh_setting(second, either), on(60)).proposals
    assert decide(known, harsh_setting(second, either), on(61)).proposals


# ---------- a person's word ----------


def test_a_hold_is_proposed_heard_of_set_and_lifted() -> None:
    known, setting = facts(an_item(), state=warned()), harsh_setting(HOLD)
    asked = decide(known, setting, on(60))  # a Friday
    (proposal,) = asked.proposals
    assert (proposal.step, proposal.items, proposal.owner) == ("hold", ("I1",), "accounting")
    assert (asked.state.credit_hold, said(asked), asked.tasks) == (False, [], ())

    silent = again(known, asked, setting, on(70))
    assert (silent.proposals, silent.withdrawn, silent.state, silent.digest) == ((), (), asked.state, ())

    yes = replace(known, approvals=(granted(proposal.id, on(70)),))
    heard = again(yes, silent, setting, on(71))  # a Tuesday: the sales owner hears
    assert stages(asked) == [("accounting", "proposal")]
    assert stages(heard) == [("sales_rep", "approved")]
    assert (heard.state.credit_hold, heard.next_check_on) == (False, on(73))
    waiting = again(yes, heard, setting, on(72))
    assert (waiting.state.credit_hold, waiting.digest, waiting.state) == (False, (), heard.state)
    assert waiting.next_check_on == on(73)
    whys = [[(one.reason, one.again_on) for one in night.held] for night in (silent, heard, waiting)]
    assert whys == [[(Reason.NOT_APPROVED, None)], *[[(Reason.NOT_APPROVED, on(73))]] * 2]

    done = again(yes, heard, setting, on(73))
    assert (done.state.credit_hold, said(done), done.proposals) == (True, [("credit_hold_set", "")], ())
    assert stages(done) == [("accounting", "credit_hold")]
    assert len({line.key for decision in (asked, heard, done) for line in decision.digest}) == 3
    still = again(yes, done, setting, on(74))
    assert (still.state, said(still)) == (done.state, [])

    paid = again(replace(yes, items=()), still, setting, on(75))
    assert (paid.state.credit_hold, said(paid), paid.withdrawn) == (False, [("credit_hold_lifted", "")], ())
    assert (paid.state.open_effects, paid.state.turns) == ({}, {"hold": 1})

    back = again(replace(yes, state=warned()), paid, setting, on(76))  # the payment is reversed
    assert (back.state.credit_hold, said(back)) == (False, [])
    memory = replace(paid.state, items=warned().items)
    reversed_ = decide(replace(yes, state=memory), setting, on(76))
    assert reversed_.state.credit_hold is False
    assert [one.id for one in reversed_.proposals] != [proposal.id]
    assert len(reversed_.proposals) == 1


@pytest.mark.parametrize(
    ("decided", "first_look", "carried"),
    [
        (60, 60, 64),  # a Friday: Monday and Tuesday lie between
        (60, 63, 65),  # looked at on Monday only: heard then, carried out on Wednesday
        (61, 61, 64),  # a Saturday counts for nothing
    ],
)
def test_two_business_days_between_hearing_and_doing(decided: int, first_look: int, carried: int) -> None:
    known, setting = facts(an_item(), state=warned()), harsh_setting(HOLD)
    decision = decide(known, setting, on(59))
    assert not decision.proposals
    decision = decide(known, setting, on(60))
    yes = replace(known, approvals=(granted(decision.proposals[0].id, on(decided)),))
    for dpd in range(first_look, carried):
        decision = again(yes, decision, setting, on(dpd))
        assert decision.state.credit_hold is False
    assert again(yes, decision, setting, on(carried)).state.credit_hold is True


def test_a_holiday_between_is_no_business_day() -> None:
    known = facts(an_item(), state=warned())
    setting = harsh_setting(HOLD, entity={"holidays": (on(63),)})
    asked = decide(known, setting, on(60))
    yes = replace(known, approvals=(granted(asked.proposals[0].id, on(60)),))
    heard = again(yes, asked, setting, on(60))
    assert heard.next_check_on == on(65)


def test_a_refusal_holds_for_this_cause_and_no_longer() -> None:
    known, setting = facts(an_item(), state=warned()), harsh_setting(HOLD)
    asked = decide(known, setting, on(60))
    no = replace(known, approvals=(granted(asked.proposals[0].id, on(61), yes=False),))
    refused = again(no, asked, setting, on(62))
    assert (refused.proposals, refused.state.credit_hold) == ((), False)
    disputed = again(replace(no, items=(an_item(disputed_all=True),)), refused, setting, on(63))
    assert disputed.withdrawn == (asked.proposals[0].id,)
    (new,) = again(no, disputed, setting, on(64)).proposals
    assert new.id != asked.proposals[0].id


def test_what_was_granted_and_is_refused_later_is_taken_back() -> None:
    key = decide(facts(an_item(), state=warned()), harsh_setting(HOLD), on(60)).proposals[0].id
    on_hold = OpenEffect("hold", ("I1",), on(60), active=True, hold=True, heard_on=on(62))
    known = facts(an_item(), state=warned(done=("hold#0",), open_effects={key: on_hold}))
    yes, no = granted(key, on(62)), granted(key, on(70), yes=False)
    assert decide(replace(known, approvals=(yes,)), harsh_setting(HOLD), on(71)).state.credit_hold is True
    back = decide(replace(known, approvals=(yes, no)), harsh_setting(HOLD), on(71))
    assert (back.state.credit_hold, said(back)) == (False, [("credit_hold_lifted", "")])


def test_a_proposal_that_waits_is_withdrawn_with_its_cause_and_one_that_was_granted_too() -> None:
    known, setting = facts(an_item(), state=warned()), harsh_setting(LEGAL)
    asked = decide(known, setting, on(90))
    paid = again(replace(known, items=()), asked, setting, on(91))
    assert (paid.withdrawn, said(paid)) == ((asked.proposals[0].id,), [])
    yes = replace(known, approvals=(granted(asked.proposals[0].id, on(90)),))
    heard = again(yes, asked, setting, on(91))
    done = again(yes, heard, setting, on(97))
    assert (said(done), done.state.credit_hold) == ([("proposal_granted", "court")], False)
    assert again(replace(yes, items=()), done, setting, on(98)).withdrawn == (asked.proposals[0].id,)


def test_a_hold_that_needs_no_person_is_set_at_once() -> None:
    setting = harsh_setting({**HOLD, "needs_approval": False})
    decision = decide(facts(an_item(), state=warned()), setting, on(60))
    assert (decision.proposals, said(decision), decision.state.credit_hold) == ((), [("credit_hold_set", "")], True)


def test_of_a_consumer_nothing_goes_to_court_without_a_person() -> None:
    fee = {"id": "court-fee", "offset_days": 90, "effect": "fee", "adverse": "legal", "needs_approval": False,
           "requires_step": ["warn"], "fee": {"type": "flat", "flat": {"EUR": 500}}}  # fmt: skip
    found = []
    for kind in ("business", "consumer"):
        known = facts(an_item(), state=warned(), customer=a_customer(kind=kind))
        decision = decide(known, harsh_setting(fee), on(90))
        found.append((len(decision.charges), len(decision.proposals)))
    assert found == [(1, 0), (0, 1)]


def test_who_may_object_hears_of_what_was_agreed_to_where_no_step_tells_our_side_anything() -> None:
    fee = {"id": "court-fee", "offset_days": 90, "effect": "fee", "adverse": "legal", "needs_approval": False,
           "requires_step": ["warn"], "fee": {"type": "flat", "flat": {"EUR": 500}}}  # fmt: skip
    known = facts(an_item(), state=warned(), customer=a_customer(kind="consumer"))
    asked = decide(known, harsh_setting(fee), on(90))
    yes = (granted(asked.proposals[0].id, on(90)),)
    assert stages(again(known, asked, harsh_setting(fee), on(91), approvals=yes)) == [("sales_rep", "approved")]


def test_what_a_person_agrees_to_is_then_done() -> None:
    fee = {"id": "court-fee", "offset_days": 90, "effect": "fee", "adverse": "legal", "requires_step": ["warn"],
           "fee": {"type": "flat", "flat": {"EUR": 500}}, "audience": {"ours": ["accounting"]}}  # fmt: skip
    known, setting = facts(an_item(), state=warned()), harsh_setting(fee)
    asked = decide(known, setting, on(90))
    yes = replace(known, approvals=(granted(asked.proposals[0].id, on(90)),))
    heard = again(yes, asked, setting, on(91))
    done = again(yes, heard, setting, on(97))
    assert (asked.charges, heard.charges, [one.minor for one in done.charges]) == ((), (), [500])
    assert again(yes, done, setting, on(98)).charges == ()


# ---------- brakes ----------


@pytest.mark.parametrize(
    ("entity", "proposed"),
    [
        ({}, True),  # not watched
        ({"ledger_as_of": on(58), "bank_as_of": on(58)}, True),
        ({"ledger_as_of": on(57)}, False),
        ({"bank_as_of": on(54)}, False),
        ({"bank_as_of": on(55)}, True),
    ],
)
def test_old_data_hold_harsh_steps_and_say_so(entity: dict[str, Any], proposed: bool) -> None:
    setting = harsh_setting(HOLD, MARK, brakes={"ledger_days": 2, "bank_days": 5}, entity=entity)
    known = facts(an_item(), state=warned())
    decision = decide(known, setting, on(60))
    assert (bool(decision.proposals), decision.state.status) == (proposed, "late")  # a mark harms nobody
    if not proposed:
        assert held(known, setting, on(60)) == [("I1", "hold", Reason.STALE, on(61))]
        assert decision.next_check_on == on(61)


@pytest.mark.parametrize("how", ["part", "credit", "paid"])
@pytest.mark.parametrize(("dpd", "proposed"), [(59, True), (60, False), (62, False), (63, True)])
def test_no_harsh_step_begins_so_soon_after_a_payment(how: str, dpd: int, proposed: bool) -> None:
    known = facts(an_item(due_on=on(-1)), an_item("I2", open_minor=90_000, due_on=on(40)), state=warned())
    if dpd >= 60:
        known = _paid(known, how, on(60))
    setting = harsh_setting({**HOLD, "offset_days": 60}, materiality_percent=0)
    decision = decide(known, setting, on(dpd))
    assert bool(decision.proposals) is proposed
    if not proposed:
        assert held(known, setting, on(dpd)) == [("I1", "hold", Reason.PART_PAID, on(63))]


def _paid(known: Facts, how: str, day: date) -> Facts:
    """One cent, or one item, was paid on the day."""
    if how == "paid":
        closed = ClosedItem(issued_on=on(0), due_on=on(30), paid_on=day)
        return replace(known, state=replace(known.state, paid=(closed,)))
    if how == "credit":
        note = Credit(id="c", kind=CreditKind.CREDIT_NOTE, currency="EUR", open_minor=1, booked_on=day)
        return replace(known, credits=(note,))
    payment = PartPayment(id="p", recorded_on=day, minor=1)
    return replace(known, items=(known.items[0], an_item("I2", due_on=on(40), part_payments=(payment,))))


def test_a_granted_hold_waits_out_the_days_after_a_payment() -> None:
    known, setting = facts(an_item(), state=warned()), harsh_setting(HOLD)
    asked = decide(known, setting, on(60))
    yes = replace(known, approvals=(granted(asked.proposals[0].id, on(60)),))
    heard = again(yes, asked, setting, on(60))
    payment = PartPayment(id="p", recorded_on=on(63), minor=100)
    part = replace(yes, items=(an_item(open_minor=9_900, original_minor=10_000, part_payments=(payment,)),))
    waits = again(part, heard, setting, on(64))
    assert (waits.state.credit_hold, waits.next_check_on) == (False, on(66))
    assert [(one.reason, one.again_on) for one in waits.held] == [(Reason.PART_PAID, on(66))]
    assert again(part, waits, setting, on(66)).state.credit_hold is True


def test_without_an_address_nothing_harsh_begins() -> None:
    known, setting = facts(an_item(), state=warned(), contacts=()), harsh_setting(HOLD)
    assert decide(known, setting, on(60)).proposals == ()
    assert held(known, setting, on(60)) == [("I1", "hold", Reason.NO_ADDRESS, None)]


@pytest.mark.parametrize(("changes", "hold"), [({"hardship": True}, False), ({"insolvent": True}, False), ({}, True)])
def test_hardship_and_insolvency_end_what_hurts(changes: dict[str, Any], hold: bool) -> None:
    setting = harsh_setting({**HOLD, "needs_approval": False}, LEGAL, MARK)
    before = decide(facts(an_item(), state=warned()), setting, on(90))
    assert (before.state.credit_hold, len(before.proposals)) == (True, 1)
    after = again(facts(an_item(), customer=a_customer(**changes)), before, setting, on(91))
    assert after.state.credit_hold is hold
    assert after.withdrawn == (() if hold else (before.proposals[0].id,))
    assert after.state.status == (None if changes.get("insolvent") else "late")
    assert [task.kind for task in after.tasks] == (["insolvency"] if changes.get("insolvent") else [])
    said_why = [(one.step, one.reason) for one in after.held if one.reason is Reason.HARDSHIP]
    assert said_why == ([("hold", Reason.HARDSHIP), ("legal", Reason.HARDSHIP)] if changes.get("hardship") else [])


# ---------- materiality ----------


@pytest.mark.parametrize(
    ("minor", "changes", "passes"),
    [
        (1_000, {}, True),  # 1,000 of 10,000 is one tenth
        (999, {}, False),
        (999, {"materiality_of": "wording"}, True),
        (1_000, {"minimum": {"account": {"EUR": 1_001}}}, False),
        (1_000, {"minimum": {"account": {"EUR": 1_000}}}, True),
        (1_000, {"minimum": {"account": {"USD": 1_000_000}}}, True),
    ],
)
@pytest.mark.parametrize("step", ["hold", "mark", "fee", "court", "note"])
def test_too_little_is_not_loud(step: str, minor: int, changes: dict[str, Any], passes: bool) -> None:
    steps: dict[str, dict[str, Any]] = {
        "hold": HOLD,
        "mark": {**MARK, "offset_days": 60},
        "fee": {"id": "fee", "offset_days": 60, "effect": "fee", "fee": {"type": "flat", "flat": {"EUR": 5}}},
        "court": {**LEGAL, "offset_days": 60, "requires_step": ["warn"]},
        "note": {"id": "note", "offset_days": 60, "effect": "notify", "audience": {"ours": ["ceo"]}},
    }
    young = an_item("I2", open_minor=10_000 - minor, due_on=on(50))
    known = facts(an_item(open_minor=minor), young, state=warned())
    setting = harsh_setting(steps[step], **changes)
    decision = decide(known, setting, on(60))
    assert bool(decision.done) is passes
    if not passes:
        assert [(item, reason) for item, _, reason, _ in held(known, setting, on(60))] == [("I1", Reason.IMMATERIAL)]


def test_each_currency_is_judged_by_itself() -> None:
    items = (an_item("A", open_minor=10), an_item("B", currency="USD"), an_item("C", open_minor=5_000, due_on=on(55)))
    known = facts(*items, state=warned("A", "B"))
    decision = decide(known, harsh_setting({**MARK, "offset_days": 60}), on(60))
    assert [due.item for due in decision.done] == ["B"]


@pytest.mark.parametrize("how", ["part", "credit", "paid"])
@pytest.mark.parametrize(("dpd", "marked"), [(60, False), (62, False), (63, True)])
def test_a_payment_makes_nothing_loud_that_was_not(how: str, dpd: int, marked: bool) -> None:
    """500 of 10,000 was too little; once 9,000 are paid it would be half, and counts so only after three days."""
    old, young = an_item(open_minor=500), an_item("I2", open_minor=9_500, due_on=on(40))
    known = facts(old, young, state=warned())
    if how == "part":
        payment = PartPayment(id="p", recorded_on=on(60), minor=9_000)
        known = facts(old, an_item("I2", open_minor=500, original_minor=9_500, due_on=on(40), part_payments=(payment,)),
                      state=warned())  # fmt: skip
    elif how == "credit":  # the loudest first: it is used on the young one
        note = Credit(id="c", kind=CreditKind.CREDIT_NOTE, currency="EUR", open_minor=9_000, booked_on=on(60))
        loud = AccountState(items={"I1": WARNED, "I2": replace(WARNED, level=2)})
        known = facts(old, young, state=loud, credits=(note,))
    else:
        closed = ClosedItem(issued_on=on(0), due_on=on(40), paid_on=on(60), currency="EUR", minor=9_500)
        known = facts(old, state=warned(paid=(closed,)))
    decision = decide(known, harsh_setting({**MARK, "offset_days": 60}), on(dpd))
    assert decision.state.status == ("late" if marked else None)
    if not marked:
        assert decision.next_check_on is not None
        assert decision.next_check_on <= on(63)


def test_what_was_paid_in_time_is_no_part_of_what_was_overdue() -> None:
    closed = ClosedItem(issued_on=on(0), due_on=on(60), paid_on=on(60), currency="EUR", minor=9_500)
    known = facts(an_item(open_minor=500), state=warned(paid=(closed,)))
    assert decide(known, harsh_setting(MARK), on(60)).state.status == "late"


def test_a_fee_is_never_the_cause() -> None:
    fee = an_item("F1", kind=ItemKind.FEE, of="gone", due_on=on(0))
    decision = decide(facts(fee, state=warned("F1")), harsh_setting(HOLD, MARK), on(95))
    assert (decision.proposals, decision.state.status, decision.done) == ((), None, ())


# ---------- marks ----------


def test_the_last_mark_that_holds_wins_and_each_change_is_said() -> None:
    setting = harsh_setting(MARK, {**MARK, "id": "worse", "offset_days": 60, "status": "delinquent"})
    old, young = an_item("A"), an_item("B", due_on=on(25))
    first = decide(facts(old, young, state=warned("A", "B")), setting, on(60))
    assert (first.state.status, said(first)) == ("delinquent", [("status", "delinquent")])
    second = again(facts(young), first, setting, on(61))
    assert (second.state.status, said(second)) == ("late", [("status", "late")])
    third = again(facts(), second, setting, on(62))
    assert (third.state.status, said(third)) == (None, [("status", "")])


def test_a_state_is_computed_anew_each_night() -> None:
    setting = harsh_setting(
        {**MARK, "when": {"unpaid_count": {"at_least": 2}}},
        {**MARK, "id": "worse", "status": "blocked", "when": {"unpaid_count": {"at_least": 3}}},
        advance="state",
        clear_stage="clear",
    )
    items = [an_item(str(n)) for n in range(4)]
    memory = warned(*"0123")
    found = []
    for count in (1, 2, 4, 2, 0):
        decision = decide(facts(*items[:count], state=memory), setting, on(40))
        memory = decision.state
        found.append(memory.status)
    assert found == ["clear", "late", "blocked", "late", "clear"]


@pytest.mark.parametrize("told", [ItemState(1, "gone", 1, last_on=on(14)), ItemState(1, None, 1)])
def test_a_state_that_was_told_under_another_id_is_not_told_again(told: ItemState) -> None:
    """A newer policy calls the step otherwise, or another system reached its level; the next one goes."""
    worse = {**WARNING, "id": "worse", "offset_days": 30, "level": 2}
    setting, memory = harsh_setting(worse, advance="state"), AccountState(items={"I1": told})
    found = [decide(facts(an_item(), state=memory), setting, on(day)).notices for day in (29, 30)]
    assert [[plan.level for plan in plans] for plans in found] == [[], [2]]


def test_an_account_wide_step_comes_anew_after_its_cause_has_ended() -> None:
    call = {"id": "call", "offset_days": 45, "effect": "task", "task": "phone-call", "scope": "account",
            "audience": {"ours": ["accounting"]}}  # fmt: skip
    setting, known = harsh_setting(call), facts(an_item("A"), state=warned("A", "B"))
    first = decide(known, setting, on(45))
    both = again(facts(an_item("A"), an_item("B")), first, setting, on(46))
    assert (len(first.tasks), both.tasks) == (1, ())  # one open at a time
    ended = again(facts(), both, setting, on(47))
    assert ended.closed_tasks == (first.tasks[0].id,)
    (second,) = again(facts(an_item("B")), ended, setting, on(48)).tasks
    assert second.id != first.tasks[0].id


# ---------- what repeats, and what follows the last step ----------


def nights(known: Facts, setting: Setting, days: range) -> list[tuple[int, Decision]]:
    found, memory = [], known.state
    for dpd in days:
        decision = decide(replace(known, state=memory), setting, on(dpd))
        memory = decision.state
        found.append((dpd, decision))
    return found


def test_a_task_that_repeats_comes_on_its_grid_one_open_at_a_time() -> None:
    call = {"id": "call", "offset_days": 60, "effect": "task", "task": "phone-call", "scope": "account",
            "repeat": {"every_days": 14, "until_dpd": 90}, "audience": {"ours": ["accounting"]}}  # fmt: skip
    setting = harsh_setting(call)
    told = nights(facts(an_item(), state=warned()), setting, range(55, 100))
    assert [dpd for dpd, decision in told if decision.tasks] == [60, 74, 88]
    assert [dpd for dpd, decision in told if decision.closed_tasks] == [74, 88, 91]
    assert all(len(decision.state.tasks) <= 1 for _, decision in told)
    assert [dpd for dpd, decision in told if decision.digest] == [60, 74, 88]
    looks = [decision.next_check_on for dpd, decision in told if dpd in (60, 74, 88)]
    assert looks == [on(74), on(88), on(91)]


def test_a_missed_night_delays_a_call_and_a_missed_occurrence_lapses() -> None:
    call = {"id": "call", "offset_days": 60, "effect": "task", "task": "phone-call",
            "repeat": {"every_days": 14, "scope": "item"}, "audience": {"ours": ["accounting"]}}  # fmt: skip
    setting, known = harsh_setting(call), facts(an_item("A"), an_item("B", due_on=on(3)), state=warned("A", "B"))
    first = decide(known, setting, on(60))
    late = again(known, first, setting, on(89))  # 74 of A and 63 of B were missed, 88 and 77 too
    assert [task.items for task in (*first.tasks, *late.tasks)] == [("A",), ("A",), ("B",)]
    assert late.closed_tasks == (first.tasks[0].id,)
    assert late.next_check_on == on(91)  # B again


def test_after_the_last_step_somebody_decides_every_thirty_days() -> None:
    setting = harsh_setting(after_last_step="task")
    told = nights(facts(an_item(), state=warned()), setting, range(14, 80))
    opened = [(dpd, task.kind, task.owner) for dpd, decision in told for task in decision.tasks]
    assert opened == [(15, "decide-next", "accounting"), (45, "decide-next", "accounting"),
                      (75, "decide-next", "accounting")]  # fmt: skip
    assert all(len(decision.state.tasks) <= 1 for _, decision in told)
    ended = again(facts(), told[-1][1], setting, on(80))
    assert (len(ended.closed_tasks), ended.state.done) == (1, ())


@pytest.mark.parametrize(
    ("changes", "state", "dpd"),
    [
        ({}, WARNED, 15),
        ({"min_gap_days": 5}, WARNED, 19),
        ({"min_gap_days": 5, "min_gap_op": ">"}, WARNED, 20),
        ({"max_attempts": 3}, ItemState(0, None, 3, last_on=on(5)), 6),
        ({}, ItemState(0, None, 3, last_on=on(5)), None),  # the warning lies ahead
        ({"highest_level": 1}, WARNED, 15),
    ],
)
def test_when_the_ladder_is_used_up(changes: dict[str, Any], state: ItemState, dpd: int | None) -> None:
    setting = harsh_setting(after_last_step="task", **changes)
    known = facts(an_item(), state=AccountState(items={"I1": state}))
    first = next((day for day, decision in nights(known, setting, range(6, 60)) if decision.tasks), None)
    if dpd is not None:
        assert first == dpd
    else:
        assert first is None


def test_what_is_handed_over_hears_and_does_nothing_more() -> None:
    setting = harsh_setting(HOLD, MARK, after_last_step="final")
    told = nights(facts(an_item(), state=warned()), setting, range(14, 95))
    assert [(dpd, task.kind) for dpd, decision in told for task in decision.tasks] == [(15, "hand-over")]
    assert (told[-1][1].state.status, told[-1][1].done, told[-1][1].proposals) == (None, (), ())
    paid = again(facts(), told[-1][1], setting, on(95))
    assert paid.closed_tasks == tuple(told[-1][1].state.tasks)


def test_deciding_twice_does_nothing_twice() -> None:
    setting = harsh_setting({**HOLD, "needs_approval": False}, LEGAL, MARK, after_last_step="task")
    known = facts(an_item(), state=warned())
    first = decide(known, setting, on(95))
    second = again(known, first, setting, on(95))
    assert (second.state, second.tasks, second.proposals, second.announcements) == (first.state, (), (), ())
    assert first.next_check_on is not None
    assert first.next_check_on > on(95) - timedelta(days=1)


# ---------- harsh messages ----------

NOTICE = {
    "id": "default", "offset_days": 49, "level": 2, "template": "final", "adverse": "default_notice",
    "requires_step": ["warn"], "audience": {"customer": ["ap_contact"], "ours": ["accounting"]},
}  # fmt: skip


def test_a_message_that_a_person_must_agree_to_waits_for_that() -> None:
    known, setting = facts(an_item(), state=warned()), harsh_setting(NOTICE)
    asked = decide(known, setting, on(49))
    assert (asked.notices, [one.step for one in asked.proposals]) == ((), ["default"])
    assert asked.verdicts[0].reason is Reason.NOT_APPROVED
    yes = replace(known, approvals=(granted(asked.proposals[0].id, on(49)),))
    heard = again(yes, asked, setting, on(50))
    agreed = again(yes, heard, setting, on(52))
    assert (agreed.notices, agreed.next_check_on) == ((), on(53))
    assert again(yes, agreed, setting, on(52)).notices == ()  # nor does a rerun of that night send it
    (sent,) = again(yes, agreed, setting, on(53)).notices
    assert (sent.template, sent.level) == ("final", 2)


def test_in_hardship_no_message_threatens() -> None:
    setting = harsh_setting({**NOTICE, "needs_approval": False})
    found = [
        bool(decide(facts(an_item(), state=warned(), customer=a_customer(hardship=poor)), setting, on(49)).notices)
        for poor in (False, True)
    ]
    assert found == [True, False]


@pytest.mark.parametrize("brake", ["stale", "payment", "undelivered"])
def test_a_harsh_message_waits_like_any_harsh_step(brake: str) -> None:
    state = WARNED if brake != "undelivered" else replace(WARNED, sent={})
    item = an_item(part_payments=(PartPayment(id="p", recorded_on=on(48), minor=1),) if brake == "payment" else ())
    setting = harsh_setting(
        {**NOTICE, "needs_approval": False},
        brakes={"ledger_days": 1},
        entity={"ledger_as_of": on(40) if brake == "stale" else on(49)},
    )
    decision = decide(facts(item, state=AccountState(items={"I1": state})), setting, on(49))
    assert decision.notices == ()
    reasons = {"stale": Reason.STALE, "payment": Reason.PART_PAID, "undelivered": Reason.NOT_DELIVERED}
    assert decision.verdicts[0].reason is reasons[brake]


def test_any_message_may_wait_for_another_one_to_arrive() -> None:
    second = {"id": "second", "offset_days": 21, "level": 2, "template": "final", "requires_step": ["warn"],
              "audience": {"customer": ["ap_contact"]}}  # fmt: skip
    known = facts(an_item(), state=AccountState(items={"I1": replace(WARNED, sent={"warn": Sent(on(16), on(19))})}))
    found = [len(decide(known, harsh_setting(second), on(dpd)).notices) for dpd in (21, 22)]
    assert found == [0, 1]


# ---------- items with a policy of their own ----------


def test_the_steps_of_an_items_own_policy_run_beside_those_of_the_account() -> None:
    other = harsh_policy(HOLD, MARK, policy="other")
    own = replace(harsh_setting({**MARK, "offset_days": 50}), policies={"other": other})
    theirs = replace(WARNED, step="other:warn", sent={"other:warn": Sent(on(14), on(14))})
    known = facts(an_item("A"), an_item("B", policy="other"), state=AccountState(items={"A": WARNED, "B": theirs}))
    decision = decide(known, own, on(60))
    assert [(one.step, one.items) for one in decision.proposals] == [("other:hold", ("B",))]
    assert decision.state.item("A").effects == ("mark",)
    assert decision.state.item("B").effects == ("other:mark",)
    gone = again(replace(known, items=(an_item("A"),)), decision, own, on(61))
    assert gone.withdrawn == (decision.proposals[0].id,)
    assert gone.state.status == "late"


@pytest.mark.parametrize(
    ("brakes", "entity", "again_on"),
    [
        ({"ledger_days": 4}, {"ledger_as_of": on(49)}, on(54)),
        ({"bank_days": 2, "ledger_days": 4}, {"ledger_as_of": on(49), "bank_as_of": on(48)}, on(51)),
        ({"ledger_days": 4}, {"bank_as_of": on(48)}, None),
        ({}, {"ledger_as_of": on(49)}, None),
    ],
)
def test_what_waits_for_a_word_is_looked_at_again_when_data_get_too_old(
    brakes: dict[str, int], entity: dict[str, date], again_on: date | None
) -> None:
    decision = decide(facts(an_item(), state=warned()), harsh_setting(NOTICE, brakes=brakes, entity=entity), on(49))
    assert decision.verdicts[0].reason is Reason.NOT_APPROVED
    assert decision.verdicts[0].next_check_on == again_on


def test_a_word_for_the_account_speaks_for_items_that_come_later() -> None:
    setting = harsh_setting({**NOTICE, "scope": "account"})
    asked = decide(facts(an_item(), state=warned("I1", "I2")), setting, on(49))
    one = OpenEffect("default", ("I1",), on(52), active=True, heard_on=on(50))
    memory = warned("I1", "I2", done=("default#0",), open_effects={asked.proposals[0].id: one})
    known = facts(an_item(), an_item("I2", due_on=on(1)), state=memory)
    (plan,) = decide(known, setting, on(53)).notices
    assert [due.item for due in plan.steps] == ["I1", "I2"]
    (alone,) = decide(replace(known, state=replace(memory, done=())), harsh_setting(NOTICE), on(53)).notices
    assert [due.item for due in alone.steps] == ["I1"]


def test_what_was_paid_before_it_was_due_is_no_part_of_what_is_overdue() -> None:
    early = PartPayment(id="p", recorded_on=on(60), minor=50_000)
    young = an_item("I2", open_minor=1, original_minor=50_001, due_on=on(60), part_payments=(early,))
    decision = decide(facts(an_item(open_minor=500), young, state=warned()), harsh_setting(MARK), on(60))
    assert decision.state.status == "late"


def test_a_step_that_nobody_required_when_it_went_out_counts_three_silent_days_later() -> None:
    """A new version of the policy asks for a step before, and the letter of the old version did arrive."""
    known = facts(
        an_item(), state=AccountState(items={"I1": ItemState(1, "warn", 1, last_on=on(57), climbed_on=on(57))})
    )
    setting = harsh_setting({**HOLD, "needs_approval": False}, hold_after_payment_days=0)
    held = [[one.again_on for one in decide(known, setting, on(dpd)).held] for dpd in (60, 62, 63)]
    assert held == [[on(63)], [on(63)], []]


@pytest.mark.parametrize(("last", "waits"), [("warn", False), ("elsewhere", False), (None, False), ("other", True)])
def test_another_step_of_the_same_level_is_not_the_required_one(last: str | None, waits: bool) -> None:
    """What is known of the item is that `other` went out, and no more; a step of an older policy counts by level."""
    other = {**WARNING, "id": "other", "offset_days": 15}
    state = AccountState(items={"I1": ItemState(1, last, 1, last_on=on(20), climbed_on=on(20))})
    setting = harsh_setting(other, {**HOLD, "needs_approval": False})
    assert bool(decide(facts(an_item(), state=state), setting, on(60)).held) == waits


# ---------- a harsh word that an event starts ----------

BROKEN = {
    "id": "broken", "anchor": "event", "event": "promise_broken", "offset_days": 0, "template": "final-notice",
    "adverse": "final_notice", "requires_step": ["warn"], "audience": {"customer": ["ap_contact"], "ours": ["ceo"]},
}  # fmt: skip
PROMISED = Promise(id="p", item="I1", promised_on=on(16), made_on=on(15))  # left alone until +18


def after_a_broken_promise(day: int = 20, memory: ItemState = WARNED, step: Any = BROKEN, **about: Any) -> Decision:
    known = facts(an_item(), promises=(PROMISED,), state=AccountState(items={"I1": memory}), **about)
    return decide(known, harsh_setting(step), on(day))


def words(decision: Decision) -> list[str]:
    return [due.step for plan in decision.notices for due in plan.steps]


@pytest.mark.parametrize(
    ("memory", "about", "said"),
    [
        (WARNED, {}, ["broken"]),
        (replace(WARNED, sent={}, level=0, step=None), {}, ["warn"]),  # the step before never went out
        (replace(WARNED, sent={"warn": Sent(on(14))}), {}, []),  # accepted, and no word that it arrived
        (replace(WARNED, sent={"warn": Sent(on(14), on(18))}), {}, []),  # two days ago
        (WARNED, {"customer": a_customer(hardship=True)}, []),
    ],
)
def test_the_word_of_an_event_waits_like_any_harsh_step(memory: ItemState, about: dict[str, Any], said: Any) -> None:
    assert words(after_a_broken_promise(memory=memory, **about)) == said


def test_the_look_after_such_a_wait_is_on_its_day() -> None:
    decision = after_a_broken_promise(memory=replace(WARNED, sent={"warn": Sent(on(14), on(18))}))
    assert decision.next_check_on == on(21)


def test_the_word_of_an_event_is_agreed_to_by_a_person_where_it_must_be() -> None:
    """Proposed on the day on which it could go; carried out two business days after it was heard, said the next."""
    step = {**BROKEN, "adverse": "default_notice"}
    first = after_a_broken_promise(step=step)
    (asked,) = first.proposals
    assert (words(first), asked.step, asked.items) == ([], "broken", ("I1",))
    known = facts(an_item(), promises=(PROMISED,), approvals=(granted(asked.id, on(21)),))
    said, decision = {}, first
    for day in range(21, 30):
        decision = again(known, decision, harsh_setting(step), on(day))
        if words(decision):
            said[day] = words(decision)
            break
    assert said == {24: ["broken"]}  # agreed to and heard of on a Monday
