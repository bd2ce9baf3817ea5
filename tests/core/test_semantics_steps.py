"""Steps, catch-up and tracks: what each way to advance sends, what waits, what repeats, and on which day."""

from datetime import date, timedelta
from typing import Any

import pytest

from core.decide.account import decide
from core.decide.model import Facts, Reason, Setting
from core.ledger import ClosedItem, Dispute, Item, PartPayment, Promise, PromiseOutcome
from core.policy.schema import Policy
from core.state import AccountState, Baseline, ItemState, RepeatClock, Sent
from tests.builders import AP, DUE, RUNGS, a_ladder, a_setting, an_event, an_item, facts, had, on
from tests.core.night import nights

ANY = a_ladder()
ONE = a_ladder(max_jump=1)


def told(first: int, last: int, ledger: Facts, policy: Policy, **memory: Any) -> dict[int, str]:
    """By day past due, the steps that went out, in one word."""
    state = AccountState(**memory)
    found = nights(a_setting(policy), on(first), on(last), lambda _: ledger, skip_idle=True, state=state)
    sent = {(d.as_of - DUE).days: [s.step for p in d.notices for s in p.steps] for d in found}
    return {day: " ".join(steps) for day, steps in sent.items() if steps}


def due_step(dpd: int, policy: Policy, state: ItemState | None = None, item: Item | None = None, **about: Any) -> Any:
    """The message step that is due for an item, or why there is none."""
    memory = AccountState(items={"I1": state} if state else {}, **about.pop("memory", {}))
    verdict = decide(facts(item or an_item(), state=memory, **about), a_setting(policy), on(dpd)).verdicts[0]
    return verdict.step or verdict.reason


def rung(step: str, days: int, level: int = 1, **changes: Any) -> dict[str, Any]:
    return {"id": step, "offset_days": days, "level": level, "template": "reminder", "audience": AP, **changes}


# ---------- how a policy advances ----------


@pytest.mark.parametrize(
    ("changes", "days"),
    [
        ({"max_jump": "any"}, {35: "l3", 60: "l4"}),  # the latest, the others are superseded
        ({"max_jump": 1}, {35: "l1", 36: "l2", 37: "l3", 60: "l4"}),  # never contacted: from level 1
        ({"max_jump": 2}, {35: "l2", 36: "l3", 60: "l4"}),
        ({"advance": "next"}, {35: "l1", 36: "l2", 37: "l3", 60: "l4"}),
        ({"max_jump": 1, "min_gap_days": 3}, {35: "l1", 38: "l2", 41: "l3", 60: "l4"}),
        ({"advance": "none"}, {}),
        ({"highest_level": 2}, {35: "l2"}),
        ({"max_attempts": 1}, {35: "l3"}),
        ({"max_notices": 1}, {35: "l3"}),
    ],
)
def test_first_seen_at_35(changes: dict[str, Any], days: dict[int, str]) -> None:
    assert told(35, 70, facts(an_item()), a_ladder(**changes)) == days


def test_what_the_latest_step_takes_the_place_of_is_recorded() -> None:
    verdict = decide(facts(an_item()), a_setting(ANY), on(35)).verdicts[0]
    assert (verdict.step, verdict.superseded) == ("l3", ("l1", "l2"))


def test_what_is_left_out_just_before_sending_takes_the_place_of_nothing() -> None:
    verdict = decide(facts(an_item()), a_setting(ANY), on(35), only=frozenset()).verdicts[0]
    assert (verdict.step, verdict.superseded) == (None, ())


DOLLARS = {**RUNGS[0], "when": {"currency": ["USD"]}}


@pytest.mark.parametrize(
    ("changes", "dpd", "step"),
    [
        ({"max_jump": 1}, 35, "l1"),
        ({"max_jump": 2}, 35, "l2"),
        ({"max_jump": 1, "advance": "state"}, 35, "l3"),  # it stands where it stands
        ({"max_jump": 1, "advance": "repeat"}, 35, "l3"),
        ({"max_jump": 1, "advance": "next", "rungs": (DOLLARS, *RUNGS[1:])}, 35, "l2"),  # the next that is meant for it
    ],
)
def test_how_far_a_first_message_may_jump(changes: dict[str, Any], dpd: int, step: str) -> None:
    assert due_step(dpd, a_ladder(**changes)) == step


@pytest.mark.parametrize(("due", "step"), [(DUE, "l3"), (DUE - timedelta(days=1), "l1")])
def test_what_was_overdue_when_the_ledger_was_taken_up_begins_at_level_one(due: date, step: str) -> None:
    state = {"baseline": Baseline(on=DUE, release_on=DUE)}
    assert due_step(35, ANY, ItemState(effects=("statement",)), an_item(due_on=due), memory=state) == step
    assert due_step(35, ANY, None, an_item(due_on=due), memory=state) == ("l3" if due == DUE else "statement")


@pytest.mark.parametrize(
    ("closed", "climbed", "step"),
    [
        (-2, None, "l3"),  # free from the due date on: it had blocked nothing
        (-1, None, "l1"),
        (10, 11, "l2"),
        (10, 12, "l3"),  # it has climbed since it was free
    ],
)
def test_after_a_block_an_item_rises_one_level_at_first(closed: int, climbed: int | None, step: str) -> None:
    """A dispute about all of it; two days after it was closed it may be chased again."""
    ended = Dispute(id="d", item="I1", opened_on=on(-20), closed_on=on(closed))
    state = None if climbed is None else had(1, climbed)
    assert due_step(35, ANY, state, disputes=(ended,)) == step


def test_level_zero_never_counts_for_a_jump() -> None:
    policy = a_ladder(rungs=(rung("early", -7, 0), rung("mild", 3, 0), *RUNGS), max_jump=1)
    assert due_step(9, policy) == "l1"


@pytest.mark.parametrize(("open_minor", "step"), [(5_000, Reason.UP_TO_DATE), (4_999, "l1")])
def test_a_state_is_computed_anew_and_may_fall(open_minor: int, step: Any) -> None:
    bound = {"account_balance": {"EUR": {"at_least": 5_000}}}
    rungs = (rung("l1", 7), rung("l2", 7, 2, when=bound))
    policy = a_ladder(rungs=rungs, advance="state")
    item = an_item(open_minor=open_minor, original_minor=10_000)
    assert due_step(14, policy, had(2, 7), item) == step


@pytest.mark.parametrize(("level", "step"), [(0, "l1"), (1, Reason.UP_TO_DATE), (2, Reason.UP_TO_DATE)])
def test_a_state_that_may_not_fall_is_not_told_again_at_its_own_level_where_its_step_is_unknown(
    level: int, step: Any
) -> None:
    policy = a_ladder(rungs=RUNGS[:1], advance="state", falls=False)
    assert due_step(7, policy, ItemState(level, "of another policy")) == step


# ---------- the latest step that is permitted ----------

FINAL = rung("last", 60, 4, adverse="final_notice", requires_step=["l3"], template="final-notice")
TO_FINAL = a_ladder(rungs=(*RUNGS[:3], FINAL))


@pytest.mark.parametrize(
    ("state", "dpd", "step"),
    [
        (None, 95, "l3"),  # the step that the final notice requires is not superseded by it
        (had(2, 80), 95, "l3"),
        (had(3, 90), 95, Reason.NOT_DELIVERED),
        (had(3, 90, sent={"l3": Sent(on(90), on(91))}), 93, Reason.NOT_DELIVERED),
        (had(3, 90, sent={"l3": Sent(on(90), on(91))}), 94, "last"),  # three days after its first delivery
        (had(3, 90, sent={"l3": Sent(on(90))}), 99, Reason.NOT_DELIVERED),  # silence is not enough for it
    ],
)
def test_when_the_latest_step_is_not_permitted_the_one_before_it_goes(
    state: ItemState | None, dpd: int, step: Any
) -> None:
    assert due_step(dpd, TO_FINAL, state) == step


WEEKLY = a_ladder(rungs=(*RUNGS[:2], {**RUNGS[2], "repeat": {"every_days": 7}}), max_jump=1)


def clock(last: int, **changes: Any) -> dict[str, Any]:
    """The weekly step has run since +30."""
    return {"repeats": {"l3": RepeatClock(on(30), last=last, count=last + 1, **changes)}}


@pytest.mark.parametrize(("dpd", "step"), [(36, Reason.NOT_YET), (37, "l3"), (43, "l3")])  # 43: delayed, not lapsed
def test_an_item_on_the_repeating_step_waits_for_its_occurrence(dpd: int, step: Any) -> None:
    assert due_step(dpd, WEEKLY, had(3, 30), memory=clock(0)) == step


def test_an_item_that_may_not_jump_to_a_repeating_step_is_not_held_by_its_rest() -> None:
    assert due_step(33, WEEKLY, memory=clock(0)) == "l1"


def test_an_item_that_comes_too_late_for_a_repeating_step_hears_the_one_before() -> None:
    three = {**RUNGS[2], "repeat": {"every_days": 7, "max": 2}}
    assert due_step(50, a_ladder(rungs=(*RUNGS[:2], three)), had(1, 7), memory=clock(1)) == "l2"


def test_each_item_may_have_a_clock_of_its_own() -> None:
    three = {**RUNGS[2], "repeat": {"every_days": 7, "scope": "item"}}
    items = an_item("A"), an_item("B", due_on=on(3))
    days = told(30, 45, facts(*items), a_ladder(rungs=(three,)))
    assert days == {30: "l3", 33: "l3", 37: "l3", 40: "l3", 44: "l3"}


@pytest.mark.parametrize(
    "when", [{"department": ["north"]}, {"item_open": {"EUR": {"at_least": 5_000}}}, {"currency": ["EUR"]}]
)
def test_an_item_that_a_repeating_step_is_not_meant_for_starts_no_clock(when: dict[str, Any]) -> None:
    """B enters the range on +33, three days after an item that the step passes by."""
    weekly = {**RUNGS[2], "repeat": {"every_days": 7}, "when": when}
    other = an_item("A", department="south", open_minor=4_000, currency="USD")
    items = other, an_item("B", due_on=on(3), department="north")
    assert list(told(30, 45, facts(*items), a_ladder(rungs=(weekly,)))) == [33, 40]


# ---------- on which day a step is reached ----------


@pytest.mark.parametrize(
    ("step", "item", "first"),
    [
        (rung("s", 7), {}, on(7)),
        (rung("s", 7, op=">"), {}, on(8)),
        (rung("s", 0, op=">"), {}, on(1)),
        (rung("s", 7, end_of_month=True), {}, date(2026, 3, 31)),  # +7 is March 9
        (rung("s", 30, end_of_month=True), {}, date(2026, 4, 30)),  # April 1
        (rung("s", 7, end_of_month=True, op=">"), {}, date(2026, 4, 1)),
        (rung("s", 40, anchor="issue"), {"issued_on": on(-30)}, on(10)),
        (rung("s", 10, anchor="oldest_unpaid_due"), {}, on(5)),  # of the other item
    ],
)
def test_the_first_day_of_a_step(step: dict[str, Any], item: dict[str, Any], first: date) -> None:
    setting, known = a_setting(a_ladder(rungs=(step,))), facts(an_item(**item), an_item("other", due_on=on(-5)))
    found = [decide(known, setting, first - timedelta(days=back)).verdicts[0].step for back in (1, 0)]
    assert found == [None, "s"]


@pytest.mark.parametrize(
    ("anchor", "days", "first"), [("previous_notice", 5, 12), ("previous_notice_deadline", 1, 18)]
)  # level 1 was accepted on +7 and asked to pay within ten days
def test_a_step_may_count_from_the_message_before(anchor: str, days: int, first: int) -> None:
    one = {**RUNGS[0], "notice_due_days": 10}
    assert list(told(1, 30, facts(an_item()), a_ladder(rungs=(one, rung("l2", days, 2, anchor=anchor))))) == [7, first]


@pytest.mark.parametrize(
    ("changes", "first_at", "second"),
    [
        ({}, 10, 14),
        ({"keep_threshold_gap": True}, 10, 17),  # a late level 1 moves level 2 as far
        ({"keep_threshold_gap": True}, 7, 14),
        ({"wait_for_notice_deadline": True}, 7, 18),  # the day after the deadline of +17
    ],
)
def test_the_distance_between_two_levels(changes: dict[str, Any], first_at: int, second: int) -> None:
    rungs = ({**RUNGS[0], "notice_due_days": 10}, RUNGS[1])
    assert list(told(first_at, 30, facts(an_item()), a_ladder(rungs=rungs, **changes))) == [first_at, second]


@pytest.mark.parametrize(("again", "step"), [(False, Reason.TOO_CLOSE), (True, "l2")])
def test_two_levels_on_one_day_only_where_the_policy_says_so(again: bool, step: Any) -> None:
    policy = a_ladder(advance="next", same_day_advance=again, min_gap_days=0)
    assert due_step(35, policy, had(1, 35)) == step


@pytest.mark.parametrize(("dpd", "step"), [(23, Reason.TOO_CLOSE), (24, "l2")])
def test_the_last_message_keeps_the_policys_gap_to_itself_whatever_the_account_heard(dpd: int, step: Any) -> None:
    policy = a_ladder(rungs=RUNGS[:2], after_last_step="repeat", min_gap_days=10)
    assert due_step(dpd, policy, had(2, 14)) == step


@pytest.mark.parametrize(("until", "dpd", "step"), [
    (None, 0, "early"), (None, 1, Reason.NOT_YET), (2, 2, "early"), (2, 3, Reason.NOT_YET), (-2, -2, "early"),
    (-2, -1, Reason.NOT_YET),
])  # fmt: skip
def test_how_long_an_early_step_is_good(until: int | None, dpd: int, step: Any) -> None:
    early = rung("early", -3, 0, valid_until_dpd=until)
    assert due_step(dpd, a_ladder(rungs=(early, *RUNGS))) == step


EARLY_CALL = {"id": "call", "offset_days": -2, "effect": "task", "task": "call", "audience": {"ours": ["accounting"]}}


@pytest.mark.parametrize(("day", "tasks"), [(6, 0), (7, 1)])
def test_an_early_task_follows_the_item_clock_and_no_calendar(day: int, tasks: int) -> None:
    """Due on Monday the 9th: two days before is a Saturday, and a message would go out on the Friday."""
    policy = a_ladder(EARLY_CALL, send_days="business_days")
    decision = decide(facts(an_item(due_on=date(2026, 3, 9))), a_setting(policy), date(2026, 3, day))
    assert len(decision.tasks) == tasks


# ---------- the friendly word to a punctual payer ----------


def record(*late: int) -> tuple[ClosedItem, ...]:
    """Paid items, the last of them issued after the open one; by days paid after the due date."""
    rows = [(-160 + 10 * n, -140 + 10 * n, days) for n, days in enumerate(late[:-1])] + [(-20, -5, late[-1])]
    return tuple(
        ClosedItem(issued_on=on(issued), due_on=on(due), paid_on=on(due + days), currency="EUR", minor=1)
        for issued, due, days in rows
    )


@pytest.mark.parametrize(
    ("paid", "step"),
    [
        (record(0, 0, 0, 0), "l1"),  # four say nothing
        (record(0, 0, 0, 0, 0), "punctual"),
        (record(3, 3, 3, 3, 3), "punctual"),
        (record(0, 0, 0, 0, 4), "l1"),  # 80 %
        (record(4, *[0] * 9), "punctual"),  # 90 % of ten
        (record(4, 4, *[0] * 8), "l1"),
        (record(9, 9, *[0] * 10), "punctual"),  # only the last ten are looked at
        (record(*[0] * 8, 4), "l1"),  # 8 of 9
    ],
)
def test_who_is_a_punctual_payer(paid: tuple[ClosedItem, ...], step: str) -> None:
    assert due_step(7, a_ladder(punctual={}), memory={"paid": paid}) == step


@pytest.mark.parametrize(("dpd", "step"), [(7, "punctual"), (29, "punctual"), (30, "l1")])
def test_the_friendly_word_comes_first_and_before_day_thirty(dpd: int, step: str) -> None:
    assert due_step(dpd, a_ladder(punctual={}, max_jump=1), memory={"paid": record(*[0] * 5)}) == step


@pytest.mark.parametrize("max_jump", [1, "any"])
def test_after_the_friendly_word_the_ladder_begins_at_level_one(max_jump: Any) -> None:
    policy = a_ladder(punctual={}, max_jump=max_jump)
    days = told(20, 40, facts(an_item()), policy, paid=record(*[0] * 5))
    assert days == {20: "punctual", 21: "l1", 22: "l2", 30: "l3"}


@pytest.mark.parametrize("issued", [-60, -30])  # the open one: -30
def test_who_paid_nothing_issued_later_did_not_skip_this_one(issued: int) -> None:
    older = tuple(closed.model_copy(update={"issued_on": on(issued)}) for closed in record(*[0] * 5))
    assert due_step(7, a_ladder(punctual={}), memory={"paid": older}) == "l1"


@pytest.mark.parametrize(("at_least", "step"), [(1, "punctual"), (2, "l1")])
def test_who_is_punctual_the_policy_says(at_least: int, step: str) -> None:
    assert due_step(7, a_ladder(punctual={"at_least": at_least}), memory={"paid": record(0)}) == step


def test_the_friendly_word_costs_nothing() -> None:
    fee = {**RUNGS[0], "fee": {"type": "flat", "flat": {"EUR": 500}}}
    state = AccountState(paid=record(*[0] * 5))
    policy = a_ladder(rungs=(fee,), punctual={})
    (plan,) = decide(facts(an_item(), state=state), a_setting(policy), on(7)).notices
    assert plan.charges == ()


# ---------- events ----------


def test_a_new_invoice_is_welcomed_and_no_ladder_is_climbed() -> None:
    item = an_item(issued_on=on(-9))
    days = told(-9, 10, facts(item), a_ladder(an_event("new_invoice")))
    assert days == {-9: "invoice", 7: "l1"}


@pytest.mark.parametrize(("minor", "step"), [(10_000, Reason.NOT_YET), (10_001, "limit")])
def test_a_balance_over_its_limit_is_said(minor: int, step: Any) -> None:
    over = an_event("balance_over_limit", when={"account_balance": {"EUR": {"above": 10_000}}})
    assert due_step(-20, a_ladder(over), item=an_item(open_minor=minor)) == step


@pytest.mark.parametrize(("recorded", "step"), [((1, 4), Reason.NOT_YET), ((1, 3), "received"), ((), Reason.NOT_YET)])
def test_a_payment_is_answered_some_days_after_the_last_one(recorded: tuple[int, ...], step: Any) -> None:
    parts = tuple(PartPayment(id=f"p{day}", recorded_on=on(day), minor=1_000) for day in recorded)
    item = an_item(original_minor=20_000, part_payments=parts)
    assert due_step(6, a_ladder(an_event("payment_received", offset_days=3)), item=item) == step


@pytest.mark.parametrize(
    ("event", "last"),
    [("new_invoice", 5), ("payment_received", 5), ("promise_broken", 30)],
)
def test_a_word_that_comes_too_late_is_not_said(event: str, last: int) -> None:
    """Each event is of +1."""
    about: dict[str, Any] = {"item": an_item(
        issued_on=on(1), original_minor=11_000, part_payments=(PartPayment(id="p", recorded_on=on(1), minor=1_000),)
    )}  # fmt: skip
    if event == "promise_broken":
        word = Promise(
            id="p", item="I1", made_on=on(-9), promised_on=on(-2), outcome=PromiseOutcome.BROKEN, ended_on=on(1)
        )
        about["promises"] = (word,)
    policy = a_ladder(an_event(event), rungs=(rung("far", 90),))
    found = [due_step(1 + days, policy, **about) for days in (0, last, last + 1)]
    assert found == [event.rpartition("_")[2]] * 2 + [Reason.NOT_YET]


@pytest.mark.parametrize(("heard", "step"), [(11, "broken"), (12, "l2"), (13, "l2")])
def test_a_broken_promise_is_not_said_after_another_message(heard: int, step: str) -> None:
    """Promised for Wednesday +9, left alone until Friday +11."""
    word = Promise(id="p", item="I1", made_on=on(1), promised_on=on(9))
    assert due_step(14, a_ladder(an_event("promise_broken")), had(1, heard), promises=(word,)) == step


def test_a_limit_is_told_once_each_time_that_it_is_crossed() -> None:
    over = an_event("balance_over_limit", when={"account_balance": {"EUR": {"above": 10_000}}})
    policy, days = a_ladder(over, rungs=(rung("far", 90),)), []
    item = an_item(open_minor=10_001, due_on=on(30))

    def ledger(day: date) -> Facts:
        paid = {} if not on(4) <= day < on(8) else {"open_minor": 10_000}
        return facts(item.model_copy(update=paid), *([an_item("I2", due_on=on(30))] if day >= on(11) else []))

    for night in nights(a_setting(policy), on(0), on(20), ledger, skip_idle=True):
        days += [(night.as_of - DUE).days for plan in night.notices for due in plan.steps if due.step == "limit"]
    assert days == [0, 8]


# ---------- tracks ----------

LATE = {"id": "mark", "offset_days": 20, "effect": "status", "status": "late"}
CALL = {"id": "call", "offset_days": 10, "effect": "task", "task": "call", "audience": {"ours": ["accounting"]}}
NOTE = {"id": "note", "offset_days": 12, "effect": "notify", "audience": {"ours": ["sales_rep"]}}


def test_a_later_message_supersedes_messages_and_nothing_else() -> None:
    decision = decide(facts(an_item()), a_setting(a_ladder(CALL, NOTE, LATE)), on(35))
    did = [due.step for due in decision.done]
    assert (did, decision.verdicts[0].superseded) == (["call", "note", "mark"], ("l1", "l2"))


@pytest.mark.parametrize(("dpd", "done"), [(19, True), (20, True), (21, False)])
def test_a_track_whose_range_closed_is_not_made_up_for(dpd: int, done: bool) -> None:
    call = {**CALL, "when": {"dpd": {"at_most": 20}}}
    decision = decide(facts(an_item()), a_setting(a_ladder(call)), on(dpd))
    assert bool(decision.tasks) == done


@pytest.mark.parametrize("held", ["gap", "weekend"])
def test_the_contact_clock_binds_no_track(held: str) -> None:
    policy = a_ladder(CALL, LATE, min_gap_days=30, send_days="business_days" if held == "weekend" else "all")
    last = {"account": on(33)} if held == "gap" else {}
    known = facts(an_item(), state=AccountState(last_accepted_on=last))
    decision = decide(known, a_setting(policy), on(34) if held == "weekend" else on(35))  # on(34): a Sunday
    kinds = {task.kind for task in decision.tasks}
    assert (decision.notices, "call" in kinds, decision.state.status) == ((), True, "late")


def test_lines_for_our_people_ride_with_the_message_of_their_step() -> None:
    rungs = tuple({**step, "audience": {**AP, "ours": ["accounting"]}} for step in RUNGS)
    decision = decide(facts(an_item()), a_setting(a_ladder(NOTE, rungs=rungs)), on(35))
    assert [(line.step, line.role) for line in decision.digest] == [("note", "sales_rep"), ("l3", "accounting")]


def test_an_edit_of_policy_or_due_date_repeats_nothing() -> None:
    state, setting = AccountState(items={"I1": had(2, 14)}), a_setting(ANY.model_copy(update={"version": 2}))
    moved = an_item(due_on=on(5))  # it is fifteen days past due by its new date
    assert decide(facts(moved, state=state), setting, on(20)).notices == ()


def test_two_invoices_that_reach_a_step_on_two_days_both_get_their_message() -> None:
    known = facts(an_item("A"), an_item("B", due_on=on(2)))
    assert told(7, 13, known, a_ladder(rungs=RUNGS[:1])) == {7: "l1", 9: "l1"}


def test_a_step_that_the_policy_no_longer_has_counts_by_its_level() -> None:
    state = ItemState(2, "gone", 2, last_on=on(14))
    assert due_step(35, ANY, state) == "l3"


def readers(tone_of: str) -> list[str]:
    """Of a message that raises a small old item to level 4 and a large young one to level 1."""
    rungs = (*RUNGS[:3], {**RUNGS[3], "audience": {"customer": ["ap_contact", "ap_manager"]}})
    setting: Setting = a_setting(a_ladder(rungs=rungs, audience_of=tone_of))
    items = an_item("old", due_on=on(-60), open_minor=100), an_item("new", due_on=on(-7), open_minor=90_000)
    return [reader.role for reader in decide(facts(*items), setting, DUE).notices[0].recipients]


@pytest.mark.parametrize(
    ("audience_of", "roles"), [("tone", ["ap_contact"]), ("highest_step", ["ap_contact", "ap_manager"])]
)
def test_who_reads_a_merged_message(audience_of: str, roles: list[str]) -> None:
    assert readers(audience_of) == roles


@pytest.mark.parametrize(("copy", "copies"), [(False, ()), (True, ("accounting@example.test", "ceo@example.test"))])
def test_our_people_stand_in_the_mail_only_where_the_step_says_so(copy: bool, copies: tuple[str, ...]) -> None:
    told = {**RUNGS[0], "audience": {**AP, "ours": ["accounting", "ceo", "accounting"], "copy": copy}}
    (plan,) = decide(facts(an_item()), a_setting(a_ladder(rungs=(told,))), on(7)).notices
    assert plan.copies == copies


HOLD = {
    "id": "hold", "offset_days": 20, "effect": "credit_hold", "adverse": "credit_hold", "requires_step": ["l1"],
    "needs_approval": False, "audience": {"ours": ["accounting"]},
}  # fmt: skip


def test_a_hold_that_a_payment_lifted_is_not_set_again_without_a_person() -> None:
    setting = a_setting(a_ladder(HOLD, rungs=RUNGS[:1]))
    state = AccountState(items={"I1": had(1, 7, sent={"l1": Sent(on(7), on(7))})})
    set_ = decide(facts(an_item(), state=state), setting, on(20))
    paid = decide(facts(an_item("I2", due_on=on(19)), state=set_.state), setting, on(24))
    reversed_ = AccountState(items={"I1": set_.state.item("I1")}, turns=paid.state.turns)  # as its history kept it
    back = decide(facts(an_item(), state=reversed_), setting, on(28))
    said = [[one.what for one in night.announcements] for night in (set_, paid, back)]
    assert (said, len(back.proposals)) == ([["credit_hold_set"], ["credit_hold_lifted"], []], 1)


def test_a_new_item_may_set_a_hold_that_needs_no_person() -> None:
    setting = a_setting(a_ladder(HOLD, rungs=RUNGS[:1]))
    state = AccountState(items={"I2": had(1, 7, sent={"l1": Sent(on(7), on(7))})}, turns={"hold": 1})
    decision = decide(facts(an_item("I2"), state=state), setting, on(20))
    assert (decision.state.credit_hold, decision.proposals) == (True, ())
