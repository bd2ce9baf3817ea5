"""Corners of deciding that single changes of the code would pass by unseen: each edge with its neighbours."""

from dataclasses import replace
from datetime import date, timedelta
from fractions import Fraction
from typing import Any

import pytest

from core.decide.account import GROUP, decide
from core.decide.model import Reason, Setting
from core.late_interest import late_interest
from core.ledger import Credit, CreditKind
from core.policy.charges import AgreedRate, InterestTerms
from core.state import AccountState, DueStep, ItemState, OpenEffect, RepeatClock, Waiting
from tests.builders import DUE, a_policy, a_setting, an_item, facts, on
from tests.core.harsh import HOLD, LEGAL, WARNED, again, granted, harsh_setting, warned
from tests.core.night import nights

R0 = a_policy()


def credit(minor: int, currency: str = "EUR") -> Credit:
    return Credit(id=f"c{minor}", kind=CreditKind.CREDIT_NOTE, currency=currency, open_minor=minor, booked_on=DUE)


# ---------- credit as a gate ----------


@pytest.mark.parametrize(
    ("unlinked", "reason"),
    [
        ((credit(9_999),), Reason.STEP_DUE),
        ((credit(10_000),), Reason.COVERED),
        ((credit(6_000), credit(4_000)), Reason.COVERED),
        ((credit(50_000, "USD"),), Reason.STEP_DUE),
        ((), Reason.STEP_DUE),
    ],
)
def test_a_gate_is_shut_by_what_covers_all_that_is_overdue(unlinked: tuple[Credit, ...], reason: Reason) -> None:
    setting = a_setting(R0.model_copy(update={"unapplied": "gate"}))
    decision = decide(facts(an_item(), an_item("later", due_on=on(30)), credits=unlinked), setting, on(7))
    assert decision.verdicts[0].reason is reason
    assert [plan.totals for plan in decision.notices] == ([{"EUR": 10_000}] if reason is Reason.STEP_DUE else [])


def test_a_gate_without_credit_is_open_for_the_smallest_amount() -> None:
    setting = a_setting(R0.model_copy(update={"unapplied": "gate"}))
    decision = decide(facts(an_item(open_minor=1), credits=(credit(50_000, "USD"),)), setting, on(7))
    assert decision.verdicts[0].reason is Reason.STEP_DUE


# ---------- the words of a tone ----------

MAIL = {"template": "reminder", "audience": {"customer": ["ap_contact"]}}
WELCOME = {**MAIL, "id": "hello", "anchor": "event", "event": "new_invoice", "offset_days": 0, "template": "welcome"}
LOUD = {**MAIL, "id": "loud", "offset_days": 30, "level": 2, "template": "warning"}


def loud_setting(*steps: dict[str, Any], **changes: Any) -> Setting:
    setting = harsh_setting(**changes)
    return replace(setting, policy=type(setting.policy).model_validate(
        {**setting.policy.model_dump(exclude_unset=True), "steps": list(steps), **changes}
    ))  # fmt: skip


def test_a_word_beside_the_ladder_keeps_its_own_where_no_step_is_as_quiet() -> None:
    old, new = an_item(due_on=on(-3)), an_item("new", issued_on=DUE, due_on=on(30))
    decision = decide(facts(old, new), loud_setting(WELCOME, LOUD), DUE)
    assert [(plan.template, plan.level) for plan in decision.notices] == [("welcome", 0)]


def test_a_step_too_loud_for_the_amounts_takes_the_words_of_the_first() -> None:
    small, large = an_item("small", due_on=on(-30), open_minor=500), an_item("large", due_on=on(-1))
    decision = decide(facts(small, large), loud_setting(LOUD), DUE)
    assert [(plan.template, plan.level) for plan in decision.notices] == [("warning", 0)]


# ---------- what comes again ----------


@pytest.mark.parametrize(
    ("offsets", "gap", "days"),
    [
        ((7, 14), 1, [7, 14, 21, 28, 35]),  # as far apart as the last two
        ((7, 14), 10, [7, 17, 27, 37]),
        ((2, 7, 17), 1, [2, 7, 17, 27, 37]),
        ((7, 8), 0, list(range(7, 40))),
        ((5,), 4, [5, 9, 13, 17, 21, 25, 29, 33, 37]),
        ((5,), 0, list(range(5, 40))),
    ],
)
def test_the_last_message_comes_again_as_far_apart_as_the_last_two(
    offsets: tuple[int, ...], gap: int, days: list[int]
) -> None:
    steps = [{**MAIL, "id": f"m{day}", "offset_days": day, "level": n} for n, day in enumerate(offsets, 1)]
    setting = loud_setting(*steps, after_last_step="repeat", min_gap_days=gap)
    found = nights(setting, on(0), on(39), lambda _: facts(an_item()), skip_idle=True)
    assert [(night.as_of - DUE).days for night in found if night.notices] == days


@pytest.mark.parametrize(
    ("anchors", "days"),
    [
        ((("issue", 2), ("due", 5)), [0, 5, 7, 9, 11]),
        ((("due", 1), ("due", 3), ("issue", 35)), [1, 3, 5, 7, 9, 11]),
    ],
)
def test_steps_from_two_dates_say_no_distance(anchors: tuple[tuple[str, int], ...], days: list[int]) -> None:
    steps = [
        {**MAIL, "id": f"m{n}", "anchor": anchor, "offset_days": day, "level": n}
        for n, (anchor, day) in enumerate(anchors, 1)
    ]
    setting = loud_setting(*steps, after_last_step="repeat", min_gap_days=2)
    found = nights(setting, on(0), on(12), lambda _: facts(an_item()), skip_idle=True)
    assert [(night.as_of - DUE).days for night in found if night.notices] == days


@pytest.mark.parametrize("scope", ["account", "item"])
@pytest.mark.parametrize(
    ("repeat", "opened"),
    [
        ({"every_days": 7, "until_dpd": 30}, 31),  # 10, 17, 24; the range is over on the day after
        ({"every_days": 7, "max": 2}, 18),  # 10 and 17, then the gap
        ({"every_days": 7, "max": 2, "until_dpd": 60}, 18),
        ({"every_days": 7}, None),
    ],
)
def test_somebody_decides_when_what_comes_again_is_over(repeat: dict[str, Any], scope: str, opened: int | None) -> None:
    step = {**MAIL, "id": "again", "offset_days": 10, "level": 1, "repeat": {**repeat, "scope": scope}}
    setting = loud_setting(step, after_last_step="task")
    found = nights(setting, on(0), on(70), lambda _: facts(an_item()), skip_idle=True)
    tasks = [(night.as_of - DUE).days for night in found if any(task.step == "decide-next" for task in night.tasks)]
    assert tasks[:1] == ([] if opened is None else [opened])


def test_an_unsent_notice_whose_steps_are_all_due_in_another_one_counts_as_settled() -> None:
    state = AccountState(waiting={"gone": Waiting("n1", (DueStep("I1", "b"),))})
    decision = decide(facts(an_item(), state=state), a_setting(R0), on(7))
    assert [(cancel.id, cancel.reason) for cancel in decision.cancels] == [("n1", Reason.SETTLED)]


# ---------- a group that begins anew ----------


@pytest.mark.parametrize(
    ("advance", "minor", "dpd", "kept"),
    [
        ("repeat", 5_000, 20, True),  # as much as the minimum
        ("repeat", 4_999, 20, False),
        ("latest", 4_999, 20, True),  # overdue all the same
        ("latest", 5_000, 1, True),
        ("latest", 5_000, 0, False),  # nothing overdue any more
        ("repeat", 5_000, 1, True),
        ("repeat", 4_999, 1, False),
        ("repeat", 5_000, 0, False),
    ],
)
def test_a_campaign_lasts_while_the_minimum_is_overdue(advance: str, minor: int, dpd: int, kept: bool) -> None:
    changes = {"minimum": type(R0.minimum)(account={"EUR": 5_000}), "max_notices": 9, "advance": advance}
    young = an_item("young", due_on=on(dpd), open_minor=90_000)  # due today
    state = AccountState(tones={GROUP: 2}, notices={GROUP: 3}, last_accepted_on={GROUP: on(-5)})
    known = facts(an_item(open_minor=minor), young, an_item("no", disputed_all=True, due_on=on(-9)), state=state)
    if dpd <= 0:
        known = facts(an_item(open_minor=minor), young, state=state)
    decision = decide(known, a_setting(R0.model_copy(update=changes)), on(dpd))
    assert (decision.state.tones, decision.state.notices) == (({GROUP: 2}, {GROUP: 3}) if kept else ({}, {}))


# ---------- what a person decided ----------


def test_a_proposal_withdrawn_comes_again_as_another_one_for_all_its_items() -> None:
    setting = harsh_setting(LEGAL)
    items = (an_item("I1"), an_item("I2"))
    known = facts(*items, state=warned("I1", "I2"))
    first = decide(known, setting, on(90))
    gone = again(
        replace(known, items=tuple(i.model_copy(update={"disputed_all": True}) for i in items)), first, setting, on(91)
    )
    assert gone.withdrawn == tuple(plan.id for plan in first.proposals)
    assert {item.effects for item in gone.state.items.values()} == {()}
    back = again(known, gone, setting, on(92))
    assert [plan.items for plan in back.proposals] == [("I1", "I2")]
    assert {plan.id for plan in back.proposals}.isdisjoint(gone.withdrawn)
    third = again(replace(known, items=()), back, setting, on(93))
    assert third.state.turns["legal"] == 2


@pytest.mark.parametrize("step", [LEGAL, {**LEGAL, "scope": "account"}])
def test_other_marks_stay_when_a_proposal_is_withdrawn(step: dict[str, Any]) -> None:
    note = {"id": "note", "offset_days": 20, "effect": "notify", "audience": {"ours": ["accounting"]}}
    wide = {**note, "id": "wide", "scope": "account"}
    setting = harsh_setting(step, note, wide)
    known = facts(an_item(), an_item("young", due_on=on(70)), state=warned())
    first = decide(known, setting, on(90))
    paid = again(replace(known, items=known.items[1:]), first, setting, on(91))
    assert paid.withdrawn == tuple(plan.id for plan in first.proposals)
    assert paid.state.done == ("wide#0",)
    assert paid.state.item("young").effects == ("note",)


def test_while_another_hold_stands_nobody_hears_of_one_lifted() -> None:
    """A hold whose step a policy dropped, or renamed, beside one whose step is there."""
    held = {key: OpenEffect(key, ("I1",), on(61), active=True, hold=True, heard_on=on(61)) for key in ("hold", "old")}
    state = replace(warned(), items={"I1": replace(WARNED, effects=("hold",))}, open_effects=held, done=("hold#0",))
    decision = decide(facts(an_item(), state=state), harsh_setting(HOLD), on(64))
    assert (set(decision.state.open_effects), decision.state.credit_hold) == ({"hold"}, True)
    assert decision.announcements == ()
    both = decide(facts(state=state), harsh_setting(HOLD), on(64))
    assert [one.what for one in both.announcements] == ["credit_hold_lifted"]


def test_a_refusal_says_which_hold_it_lifts() -> None:
    setting = harsh_setting(HOLD)
    effect = OpenEffect("hold", ("I1",), on(61), active=True, hold=True, heard_on=on(61))
    state = replace(
        warned(), items={"I1": replace(WARNED, effects=("hold",))}, open_effects={"p": effect}, done=("hold#0",)
    )
    decision = decide(facts(an_item(), state=state, approvals=(granted("p", on(64), yes=False),)), setting, on(64))
    assert [(one.what, one.step) for one in decision.announcements] == [("credit_hold_lifted", "hold")]
    assert decision.state.open_effects["p"] == replace(effect, active=False)
    ended = again(facts(an_item(disputed_all=True)), decision, setting, on(65))
    assert (ended.state.open_effects, ended.announcements, ended.withdrawn) == ({}, (), ("p",))
    paid = decide(facts(state=state), setting, on(64))
    assert [(one.what, one.step) for one in paid.announcements] == [("credit_hold_lifted", "hold")]


@pytest.mark.parametrize(("holidays", "free"), [((), 64), ((on(63),), 65), ((on(64),), 65)])
def test_a_word_waits_two_days_on_which_somebody_works(holidays: Any, free: int) -> None:
    """Heard on +61, a Saturday."""
    setting = harsh_setting(HOLD, entity={"holidays": holidays})
    effect = OpenEffect("hold", ("I1",), on(60), hold=True, heard_on=on(61))
    state = replace(warned("I1", "I2"), open_effects={"p": effect}, done=("hold#0",))
    known = facts(an_item(), an_item("I2"), state=state, approvals=(granted("p", on(60)),))
    waiting, done = (decide(known, setting, on(day)) for day in (free - 1, free))
    assert [(one.item, one.step, one.reason, one.again_on) for one in waiting.held] == [
        (item, "hold", Reason.NOT_APPROVED, on(free)) for item in ("I1", "I2")
    ]
    assert (waiting.state.credit_hold, waiting.next_check_on) == (False, on(free))
    assert done.state.credit_hold
    assert on(61).weekday() == 5


def test_what_a_brake_holds_is_not_done_although_a_person_agreed() -> None:
    mark = {"id": "mark", "offset_days": 30, "effect": "status", "status": "late", "adverse": "agency",
            "requires_step": ["warn"], "audience": {"ours": ["accounting"]}}  # fmt: skip
    setting = harsh_setting(mark, HOLD, brakes={"ledger_days": 5}, entity={"ledger_as_of": on(40)})
    effects = {
        "p": OpenEffect("mark", ("I1",), on(31), heard_on=on(31)),
        "q": OpenEffect("hold", ("I1",), on(60), hold=True, heard_on=on(60)),
    }
    items = {"I1": replace(WARNED, effects=("mark",))}
    state = replace(warned(), items=items, open_effects=effects, done=("hold#0",))
    known = facts(an_item(), state=state, approvals=(granted("p", on(31)), granted("q", on(60))))
    decision = decide(known, setting, on(66))
    assert (decision.state.status, decision.state.credit_hold) == (None, False)
    assert [(one.step, one.reason) for one in decision.held] == [("mark", Reason.STALE), ("hold", Reason.STALE)]
    assert decision.next_check_on == on(67)
    fresh = replace(setting, entity=setting.entity.model_copy(update={"ledger_as_of": on(62)}))
    assert decide(known, fresh, on(66)).state.credit_hold


def test_a_clock_of_one_item_counts_for_that_item() -> None:
    clocks = {"again@I1": RepeatClock(on(10), last=1, count=2)}
    step = {
        **MAIL,
        "id": "again",
        "offset_days": 10,
        "level": 1,
        "repeat": {"every_days": 7, "max": 2, "scope": "item"},
    }
    state = AccountState(
        items={name: ItemState(1, "again", 2, last_on=on(17), climbed_on=on(17)) for name in ("I1", "I2")},
        repeats={**clocks, "again@I2": RepeatClock(on(10), last=0, count=1)},
    )
    decision = decide(facts(an_item(), an_item("I2"), state=state), loud_setting(step, after_last_step="task"), on(19))
    assert [task.items for task in decision.tasks if task.step == "decide-next"] == [("I1",)]
    assert decision.as_of - timedelta(days=2) == on(17)


def test_a_fee_of_the_account_is_charged_once_an_invoice_though_its_cause_comes_anew() -> None:
    flat = {"type": "flat", "flat": {"EUR": 500}}
    fee = {"id": "fee", "offset_days": 30, "effect": "fee", "scope": "account", "fee": flat}
    setting = harsh_setting({**fee, "adverse": "fee", "requires_step": ["warn"]})
    later = an_item("I2", disputed_all=True)
    first = decide(facts(an_item(), later, state=warned("I1", "I2")), setting, on(30))
    blocked = again(facts(an_item(disputed_all=True), later), first, setting, on(31))
    anew = again(facts(an_item(), an_item("I2")), blocked, setting, on(32))
    assert [[charge.item for charge in one.charges] for one in (first, blocked, anew)] == [["I1"], [], ["I2"]]


def test_of_two_policies_steps_equally_loud_the_order_of_the_invoices_chooses_none() -> None:
    mails = [{**MAIL, "id": "x", "offset_days": 7, "level": 1, "template": name} for name in ("reminder", "warning")]
    own, other = (loud_setting(mail).policy for mail in mails)
    setting = replace(
        loud_setting(mails[0]), policy=own, policies={"other": other.model_copy(update={"policy": "other"})}
    )
    items = (an_item("I1"), an_item("I2", policy="other"))
    found = [decide(facts(*order), setting, on(7)).notices[0] for order in (items, items[::-1])]
    assert {(plan.template, plan.step, plan.level) for plan in found} == {("reminder", "x", 1)}  # the account's own


def test_everything_that_is_asked_in_one_night() -> None:
    """Two proposals and a hold that needs no person, each with its items, its owner and its lines."""
    court = {**LEGAL, "audience": {"ours": ["sales_manager", "ceo"]}}
    mark = {"id": "mark", "offset_days": 30, "effect": "status", "status": "late", "needs_approval": True,
            "audience": {"ours": ["ceo"]}}  # fmt: skip
    free = {**HOLD, "needs_approval": False}
    setting = harsh_setting(court, mark, free)
    known = facts(an_item("I1"), an_item("I2"), state=warned("I1", "I2"))
    night = decide(known, setting, on(90))
    asked = [(one.step, one.proposal, one.items, one.owner_role, one.owner) for one in night.proposals]
    both = ("I1", "I2")
    assert asked == [
        ("legal", "court", both, "sales_manager", "sales_manager"),
        ("mark", "late", both, "ceo", "ceo"),
    ]
    assert [(one.what, one.step) for one in night.announcements] == [("credit_hold_set", "hold")]
    assert night.done == tuple(DueStep(item, step) for step in ("legal", "mark", "hold") for item in both)
    effects = {one.step: one for one in night.state.open_effects.values()}
    assert {one.since for one in effects.values()} == {on(90)}
    assert {key: (one.active, one.hold) for key, one in effects.items()} == {
        "legal": (False, False), "mark": (False, False), "hold": (True, True),
    }  # fmt: skip
    waiting = again(known, night, setting, on(91))
    assert [(one.item, one.step, one.reason, one.again_on) for one in waiting.held] == [
        (item, step, Reason.NOT_APPROVED, None) for step in ("legal", "mark") for item in both
    ]
    words = tuple(granted(one.id, on(91)) for one in night.proposals)
    heard = again(replace(known, approvals=words), waiting, setting, on(91))
    assert [(line.role, line.step, line.item) for line in heard.digest] == [
        ("sales_rep", step, item) for step in ("legal", "mark") for item in both
    ]
    assert {(one.step, one.again_on) for one in heard.held} == {("legal", on(93)), ("mark", on(93))}
    done = again(replace(known, approvals=words), heard, setting, on(93))
    assert {(one.what, one.step) for one in done.announcements} == {
        ("proposal_granted", "legal"), ("proposal_granted", "mark"), ("status", "mark"),
    }  # fmt: skip


def test_the_account_is_asked_about_once_and_the_next_time_anew() -> None:
    """The id of an account-wide proposal does not depend on its items; that of another one does."""
    ids = {}
    for scope in ("account", "item"):
        setting = harsh_setting({**LEGAL, "scope": scope})
        for name in ("I1", "I2"):
            night = decide(facts(an_item(name), state=warned(name)), setting, on(90))
            ids[scope, name] = [plan.id for plan in night.proposals]
    assert ids["account", "I1"] == ids["account", "I2"]
    assert ids["item", "I1"] != ids["item", "I2"]


# ---------- interest by the day count of its terms ----------


@pytest.mark.parametrize(
    ("day_count", "rounding", "days", "minor", "exact"),
    [
        ("act/365", "daily_half_up", 59, 531, Fraction(10_000 * 59 * 345, 1_000 * 365)),  # 9.45 a day
        ("act/360", "daily_half_up", 59, 590, Fraction(10_000 * 59 * 345, 1_000 * 360)),  # 9.58 a day
        ("30/360", "daily_half_up", 60, 600, Fraction(10_000 * 60 * 345, 1_000 * 360)),
        ("30/360", "half_up", 60, 575, Fraction(575)),
        ("30/360", "half_up_per_segment", 60, 575, Fraction(575)),
    ],
)
def test_each_figure_of_interest_has_the_day_count_of_its_terms(
    day_count: Any, rounding: Any, days: int, minor: int, exact: Fraction
) -> None:
    """100.00 at 34.5 % from 15 January to 15 March 2026."""
    terms = InterestTerms(rates=(AgreedRate(annual_percent="34.5"),), day_count=day_count, rounding=rounding)
    found = late_interest(
        terms, principal_minor=10_000, currency="EUR", due_on=date(2026, 1, 15), to_on=date(2026, 3, 15)
    )
    assert (found.minor, found.exact, [part.days for part in found.segments]) == (minor, exact, [days])


# ---------- what was agreed to is done on its night and no sooner ----------

CALL = {"id": "call", "offset_days": 30, "effect": "task", "task": "agency", "adverse": "agency",
        "requires_step": ["warn"], "audience": {"ours": ["ceo"]}}  # fmt: skip


def test_agreed_work_waits_for_its_days_and_for_data() -> None:
    fees = {"id": "fee", "offset_days": 30, "effect": "fee", "adverse": "fee", "requires_step": ["warn"],
            "needs_approval": True, "audience": {"ours": ["ceo"]},
            "fee": {"type": "flat", "flat": {"EUR": 500}}}  # fmt: skip
    setting = harsh_setting(CALL, fees, brakes={"ledger_days": 5})
    known = facts(an_item("I1"), an_item("I2"), state=warned("I1", "I2"))
    asked = decide(known, setting, on(30))
    known = replace(known, approvals=tuple(granted(one.id, on(31)) for one in asked.proposals))
    heard = again(known, asked, setting, on(31))
    assert [(one.item, one.step) for one in heard.held] == [(i, s) for s in ("call", "fee") for i in ("I1", "I2")]
    stale = replace(setting, entity=setting.entity.model_copy(update={"ledger_as_of": on(20)}))
    for where, day, reason, again_on in (
        (setting, 32, Reason.NOT_APPROVED, on(35)),  # heard of on a Thursday, free on Monday
        (stale, 35, Reason.STALE, on(36)),
    ):
        waiting = again(known, heard, where, on(day))
        assert [(one.item, one.step, one.reason, one.again_on) for one in waiting.held] == [
            (item, step, reason, again_on) for step in ("call", "fee") for item in ("I1", "I2")
        ]
        assert (waiting.tasks, waiting.charges, waiting.next_check_on) == ((), (), again_on)
    done = again(known, heard, setting, on(35))
    assert [(task.kind, task.items) for task in done.tasks] == [("agency", ("I1", "I2"))]
    assert [charge.item for charge in done.charges] == ["I1", "I2"]


def test_without_an_address_what_was_agreed_to_has_no_day() -> None:
    setting = harsh_setting(CALL)
    effect = OpenEffect("call", ("I1",), on(30), heard_on=on(31))
    state = replace(warned(), items={"I1": replace(WARNED, effects=("call",))}, open_effects={"p": effect})
    known = facts(an_item(), state=state, contacts=(), approvals=(granted("p", on(31)),))
    decision = decide(known, setting, on(40))
    assert [(one.step, one.reason, one.again_on) for one in decision.held] == [("call", Reason.NO_ADDRESS, None)]
    assert [task.step for task in decision.tasks] == []


def test_a_letter_goes_in_the_name_of_its_role() -> None:
    letter = {**MAIL, "id": "letter", "offset_days": 7, "level": 1, "channel": "letter", "sender": "ceo"}
    plan = decide(facts(an_item()), loud_setting(letter), on(7)).notices[0]
    assert (plan.channel, plan.sender) == ("letter", "ceo")
