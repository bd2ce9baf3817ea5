"""What may be asked for, and when it is asked for again: units, disputes, promises, plans, part payments, credit."""

from datetime import date, timedelta
from typing import Any

import pytest

from core.decide.account import decide, survey
from core.decide.model import Decision, Facts, Reason
from core.happenings import of_time
from core.ledger import (
    Credit,
    CreditKind,
    Dispute,
    Hold,
    Instalment,
    PartPayment,
    Plan,
    Promise,
    PromiseOutcome,
)
from core.plans import broken_key, broken_on, outside_key, outside_of
from core.policy.schema import Policy
from core.state import AccountState, Baseline, ItemState
from tests.builders import DUE, a_ladder, a_setting, an_event, an_item, facts, on
from tests.core.night import nights

LADDER = a_ladder()
TELLING = a_ladder(an_event("promise_broken"), an_event("instalment_missed"))


def told(last: int, ledger: Facts, policy: Policy = LADDER, first: int = 1, **memory: Any) -> dict[int, list[str]]:
    """By day past due, the steps that went out."""
    state = AccountState(**memory)
    found = nights(a_setting(policy), on(first), on(last), lambda _: ledger, skip_idle=True, state=state)
    return {(d.as_of - DUE).days: [s.step for p in d.notices for s in p.steps] for d in found if d.notices}


def night(dpd: int, *items: Any, policy: Policy = LADDER, **about: Any) -> Decision:
    return decide(facts(*(items or (an_item(),)), **about), a_setting(policy), on(dpd))


def had(level: int, dpd: int) -> ItemState:
    """An item that had its step of that level on that day."""
    return ItemState(level, f"l{level}", level, last_on=on(dpd), climbed_on=on(dpd))


# ---------- units ----------


@pytest.mark.parametrize(
    ("group_by", "groups"),
    [
        ("account", {"account": "ABC"}),
        ("account_currency", {"currency.EUR": "AB", "currency.USD": "C"}),
        ("department", {"department.north": "A", "department.south": "BC"}),
        ("level", {"level.1": "AB", "level.3": "C"}),
        ("item", {"item.A": "A", "item.B": "B", "item.C": "C"}),
    ],
)
def test_each_way_to_share_a_message(group_by: str, groups: dict[str, str]) -> None:
    items = (
        an_item("A", department="north"),
        an_item("B", department="south"),
        an_item("C", department="south", currency="USD", due_on=on(-23)),
    )
    decision = night(7, *items, policy=a_ladder(group_by=group_by))
    assert {p.group: "".join(sorted(line.item for line in p.overdue)) for p in decision.notices} == groups


def test_two_messages_of_an_account_never_share_an_id() -> None:
    decision = night(7, an_item("A"), an_item("B"), policy=a_ladder(group_by="item"))
    assert len({plan.id for plan in decision.notices}) == 2


@pytest.mark.parametrize("scope", ["group", "account"])
def test_the_second_message_of_a_day_is_not_held_by_the_first(scope: str) -> None:
    """The first was accepted an hour ago when the second is looked at again."""
    policy = a_ladder(group_by="department", min_gap_days=3, min_gap_scope=scope)
    setting, items = a_setting(policy), (an_item("A", department="north"), an_item("B", department="south"))
    first = decide(facts(*items), setting, on(7))
    mine, other = first.notices
    state = first.state.accept(mine.group, mine.steps, {}, on(7))
    only = frozenset((due.item, due.step) for due in other.steps)
    looked = decide(facts(*items, state=state), setting, on(7), only=only)
    assert ([plan.id for plan in looked.notices], looked.cancels) == ([other.id], ())


@pytest.mark.parametrize(("scope", "since", "held"), [("account", 2, True), ("account", 3, False), ("group", 2, False)])
def test_the_gap_is_one_of_the_account_or_of_each_group(scope: str, since: int, held: bool) -> None:
    policy = a_ladder(group_by="department", min_gap_days=3, min_gap_scope=scope)
    state = AccountState(last_accepted_on={"department.north": on(7 - since)})
    decision = night(7, an_item(department="south"), policy=policy, state=state)
    assert (decision.verdicts[0].reason is Reason.TOO_SOON) == held


@pytest.mark.parametrize(("op", "since", "held"), [(">=", 2, True), (">=", 3, False), (">", 3, True), (">", 4, False)])
def test_the_gap_at_least_or_more_than(op: str, since: int, held: bool) -> None:
    state = AccountState(last_accepted_on={"account": on(7 - since)})
    decision = night(7, policy=a_ladder(min_gap_days=3, min_gap_op=op), state=state)
    assert (decision.verdicts[0].reason is Reason.TOO_SOON) == held


def test_a_letter_names_the_debtor_of_each_item() -> None:
    (plan,) = night(7, an_item("A", debtor="North Ltd"), an_item("B", debtor="South Ltd")).notices
    assert [line.debtor for line in plan.overdue] == ["North Ltd", "South Ltd"]


@pytest.mark.parametrize(("name", "step", "reason"), [
    ("own", "l3", Reason.STEP_DUE),
    ("unknown", "l1", Reason.STEP_DUE),
    (None, "l1", Reason.STEP_DUE),
    ("none", None, Reason.EXCLUDED),
])  # fmt: skip
def test_the_nearest_policy_wins(name: str | None, step: str | None, reason: Reason) -> None:
    own = a_ladder(rungs=({**LADDER.steps[2].model_dump(exclude_defaults=True), "offset_days": 7},), policy="own")
    setting = a_setting(LADDER).__class__(
        entity=a_setting().entity, policy=LADDER, people=a_setting().people, policies={"own": own}
    )
    verdict = decide(facts(an_item(policy=name)), setting, on(7)).verdicts[0]
    assert (verdict.step, verdict.reason) == (step, reason)


@pytest.mark.parametrize(("minor", "small"), [(4_999, True), (5_000, False)])
def test_the_least_amount_of_an_item_is_that_of_its_own_policy(minor: int, small: bool) -> None:
    own = a_ladder(policy="own", minimum={"item": {"amount": {"EUR": 5_000}}})
    base = a_setting(a_ladder(minimum={"account": {"EUR": 9_000}}))
    setting = base.__class__(entity=base.entity, policy=base.policy, people=base.people, policies={"own": own})
    items = an_item("A", policy="own", open_minor=minor), an_item("B", open_minor=9_000)
    verdict = decide(facts(*items), setting, on(7)).verdicts[0]
    assert (verdict.reason is Reason.SMALL) == small


# ---------- credit ----------


def cash(minor: int, kind: CreditKind = CreditKind.PAYMENT, **changes: Any) -> Credit:
    return Credit(id="c", kind=kind, currency="EUR", open_minor=minor, booked_on=on(-30), **changes)


@pytest.mark.parametrize(
    ("rule", "minor", "asked"),
    [
        ("highest_level_first", 4_000, 6_000),
        ("highest_level_first", 10_000, None),
        ("oldest_first", 4_000, 6_000),
        ("ignore", 4_000, 10_000),
        ("gate", 9_999, 10_000),  # nothing is taken off
        ("gate", 10_000, None),
    ],
)
def test_what_unlinked_credit_does(rule: str, minor: int, asked: int | None) -> None:
    notices = night(7, policy=a_ladder(unapplied=rule), credits=(cash(minor),)).notices
    assert (notices[0].totals["EUR"] if notices else None) == asked


@pytest.mark.parametrize("rule", ["highest_level_first", "oldest_first", "gate", "ignore"])
def test_any_unapplied_cash_is_work(rule: str) -> None:
    decision = night(7, policy=a_ladder(unapplied=rule), credits=(cash(1),))
    assert "apply-cash" in [task.kind for task in decision.tasks]


@pytest.mark.parametrize(
    ("counts", "approved", "credit"),
    [("at_once", False, 1_000), ("when_approved", False, 0), ("when_approved", True, 1_000)],
)
def test_a_credit_note_counts_at_once_or_when_approved(counts: str, approved: bool, credit: int) -> None:
    note = cash(1_000, CreditKind.CREDIT_NOTE, approved=approved)
    (plan,) = night(7, policy=a_ladder(credit_notes=counts), credits=(note,)).notices
    assert plan.overdue[0].credit_minor == credit


def test_each_cent_is_used_once_over_all_departments() -> None:
    items = an_item("A", department="north", open_minor=3_000), an_item("B", department="south", open_minor=3_000)
    decision = night(7, *items, policy=a_ladder(group_by="department"), credits=(cash(4_000),))
    assert [(plan.group, plan.totals) for plan in decision.notices] == [("department.south", {"EUR": 2_000})]


# ---------- disputes ----------


def dispute(**changes: Any) -> Dispute:
    return Dispute(**{"id": "d", "item": "I1", "opened_on": on(1), **changes})


@pytest.mark.parametrize(
    ("open_minor", "amount", "credited", "asked"),
    [
        (10_000, 4_000, 0, 6_000),
        (9_000, 4_000, 1_000, 6_000),
        (6_000, 4_000, 4_000, 6_000),
        (5_000, 4_000, 5_000, 5_000),
    ],
)
def test_a_credit_linked_to_a_dispute_lowers_the_dispute_first(
    open_minor: int, amount: int, credited: int, asked: int
) -> None:
    item = an_item(original_minor=10_000, open_minor=open_minor)
    (plan,) = night(7, item, disputes=(dispute(amount_minor=amount, credited_minor=credited),)).notices
    assert plan.totals == {"EUR": asked}


@pytest.mark.parametrize(("dpd", "work"), [(9, []), (10, []), (11, ["dispute-late"]), (99, ["dispute-late"])])
def test_the_deadline_of_a_dispute_is_told_and_dunning_does_not_resume(dpd: int, work: list[str]) -> None:
    decision = night(dpd, disputes=(dispute(answer_by=on(10), owner="sales_rep"),))
    assert ([task.kind for task in decision.tasks], decision.notices) == (work, ())


@pytest.mark.parametrize(("by_customer", "work"), [((True, True), ["dispute-again"]), ((True, False), [])])
def test_a_second_dispute_of_an_item_by_the_customer_needs_a_person(
    by_customer: tuple[bool, ...], work: list[str]
) -> None:
    first, second = (
        dispute(id=f"d{n}", by_customer=by, closed_on=on(3) if n == 0 else None) for n, by in enumerate(by_customer)
    )
    assert [task.kind for task in night(7, disputes=(first, second)).tasks] == work


@pytest.mark.parametrize(
    ("amount", "credited", "days"),
    [
        (None, 0, {15: ["l1"], 16: ["l2"]}),  # closed on +13: last blocked day +12, free from +15
        (10_000, 0, {15: ["l1"], 16: ["l2"]}),
        (9_999, 0, {7: ["l1"], 14: ["l2"]}),  # the rest of the item went on all the time
        (10_000, 2_000, {7: ["l1"], 14: ["l2"]}),  # so did what the linked credit freed
    ],
)
def test_dunning_goes_on_after_a_dispute_about_all_of_it(
    amount: int | None, credited: int, days: dict[int, list[str]]
) -> None:
    ended = dispute(amount_minor=amount, credited_minor=credited, closed_on=on(13))
    assert told(20, facts(an_item(), disputes=(ended,))) == days


def test_a_message_says_how_much_credit_it_took_off() -> None:
    credit = Credit(id="c", kind=CreditKind.PAYMENT, currency="EUR", open_minor=12_000, booked_on=on(1))
    (plan,) = night(9, an_item("A"), an_item("B", due_on=on(1)), credits=(credit,)).notices
    assert (plan.totals, plan.credits) == ({"EUR": 8_000}, {"EUR": 2_000})  # A is paid by it, and not listed


# ---------- promises ----------


def promise(**changes: Any) -> Promise:
    return Promise(**{"id": "p", "item": "I1", "made_on": on(1), "promised_on": on(9), **changes})


@pytest.mark.parametrize(
    ("paid", "asked"), [(0, 4_000), (2_000, 4_000), (6_000, 4_000), (7_000, 3_000)]
)  # 6,000 of 10,000 were promised
def test_what_is_outstanding_of_a_promise_is_left_alone(paid: int, asked: int) -> None:
    payment = PartPayment(id="x", recorded_on=on(2), minor=paid)
    item = an_item(original_minor=10_000, open_minor=10_000 - paid, part_payments=(payment,) if paid else ())
    (plan,) = night(7, item, promises=(promise(amount_minor=6_000),)).notices
    assert plan.totals == {"EUR": asked}


@pytest.mark.parametrize(
    ("amount", "closed", "first"),
    [(None, 20, {22: ["l1"]}), (None, 10, {12: ["broken"]}), (4_000, 20, {12: ["broken"]})],  # of all, until; of a part
)
def test_a_promise_that_a_dispute_overtook_was_not_broken(
    amount: int | None, closed: int, first: dict[int, list[str]]
) -> None:
    """Promised for +9, with its grace until +11; disputed from +5 on."""
    about = Dispute(id="D", item="I1", amount_minor=amount, opened_on=on(5), closed_on=on(closed))
    known = facts(an_item(), promises=(promise(),), disputes=(about,))
    days = told(24, known, TELLING)
    assert dict(list(days.items())[:1]) == first
    assert len(list(of_time(known, a_setting(TELLING), on(12)))) == [*first.values()].count(["broken"])


@pytest.mark.parametrize(("ended", "first"), [(5, {7: ["l1"]}), (8, {10: ["l1"]}), (9, {12: ["broken"]})])
def test_a_promise_that_ended_before_its_day_was_not_broken(ended: int, first: dict[int, list[str]]) -> None:
    """Without an outcome: as one that was cancelled, with the days of `resume` after it; later its days were over."""
    days = told(13, facts(an_item(), promises=(promise(ended_on=on(ended)),)), TELLING)
    assert dict(list(days.items())[:1]) == first


@pytest.mark.parametrize(
    ("paid_on", "reason"),  # in the days of the first, in its grace; and after it: then it was for the second
    [(9, Reason.PROMISED), (11, Reason.PROMISED), (15, Reason.STEP_DUE)],
)
def test_two_parts_of_an_invoice_are_two_promises(paid_on: int, reason: Reason) -> None:
    """5,000 until +9 and 5,000 until +24: what was paid for the first is not paid for the second as well."""
    parts = (promise(amount_minor=5_000), promise(id="q", amount_minor=5_000, promised_on=on(24)))
    paid = PartPayment(id="x", recorded_on=on(paid_on), minor=5_000)
    item = an_item(original_minor=10_000, open_minor=5_000, part_payments=(paid,))
    assert night(23, item, promises=parts).verdicts[0].reason is reason


def test_payments_count_for_promises_in_the_order_of_their_days() -> None:
    """However the ledger names them: what came first is for the first."""
    parts = (promise(amount_minor=3_000), promise(id="q", amount_minor=2_000, made_on=on(2), promised_on=on(10)))
    early, late = (
        PartPayment(id=f"x{day}", recorded_on=on(day), minor=minor) for day, minor in ((1, 3_000), (3, 2_000))
    )
    for paid in ((early, late), (late, early)):
        item = an_item(original_minor=10_000, open_minor=5_000, part_payments=paid)
        row = survey(facts(item, promises=parts), a_setting(TELLING), on(20)).rows[0]
        assert row.blocks is not None
        assert row.blocks.broken == []


def test_a_broken_promise_is_said_first_and_the_ladder_goes_on_one_level_up() -> None:
    """Promised for Wednesday +9, left alone until Friday +11; the first word the day after."""
    known = facts(an_item(due_on=on(-60)), promises=(promise(),))
    days = told(20, known, TELLING, first=5, items={"I1": had(1, -40)})
    assert days == {12: ["broken"], 13: ["l2"], 14: ["l4"]}


def test_the_ladder_keeps_its_gap_to_the_word_about_a_broken_promise() -> None:
    known, memory = facts(an_item(due_on=on(-60)), promises=(promise(),)), {"I1": had(1, -40)}
    policy = a_ladder(an_event("promise_broken"), min_gap_days=3)
    assert list(told(20, known, policy, first=5, items=memory)) == [12, 15, 18]


@pytest.mark.parametrize(
    ("outcome", "ended", "first"),
    [
        (PromiseOutcome.BROKEN, 8, {8: ["broken"]}),  # said by a person before its date
        (PromiseOutcome.CANCELLED, 8, {10: ["l1"]}),  # last blocked day +7, free from +10
        (PromiseOutcome.PARTLY_KEPT, 8, {8: ["broken"]}),  # what is left of it was not kept
        (PromiseOutcome.KEPT, 8, {7: ["l1"]}),
    ],
)
def test_how_a_promise_may_end(outcome: PromiseOutcome, ended: int, first: dict[int, list[str]]) -> None:
    known = facts(an_item(), promises=(promise(outcome=outcome, ended_on=on(ended)),))
    assert dict(list(told(13, known, TELLING).items())[:1]) == first


@pytest.mark.parametrize(("paid", "first"), [(3_999, {8: ["broken"]}), (4_000, {7: ["l1"]})])
def test_a_promise_that_was_kept_in_part_is_broken_for_what_is_left(paid: int, first: dict[int, list[str]]) -> None:
    payment = PartPayment(id="x", recorded_on=on(2), minor=paid)
    item = an_item(original_minor=10_000, open_minor=10_000 - paid, part_payments=(payment,))
    said = promise(amount_minor=4_000, outcome=PromiseOutcome.PARTLY_KEPT, ended_on=on(8))
    days = told(13, facts(item, promises=(said,)), TELLING)
    assert {day: steps for day, steps in days.items() if steps != ["l1"] or paid == 4_000} == first


# ---------- plans ----------


def plan(*parts: tuple[int, int], items: tuple[str, ...] = ("I1",), **changes: Any) -> Plan:
    """Instalments (day past due, minor units), agreed on +1."""
    instalments = tuple(Instalment(due_on=on(dpd), minor=minor) for dpd, minor in parts)
    return Plan(id="P", items=items, agreed_on=on(1), instalments=instalments, **changes)


HALVES = plan((30, 5_000), (60, 5_000))


@pytest.mark.parametrize(("dpd", "rows"), [(29, -1), (30, 0), (31, 1)])
def test_instalments_have_an_age_of_their_own(dpd: int, rows: int) -> None:
    verdicts = {v.item: v for v in night(dpd, plans=(HALVES,)).verdicts}
    assert (verdicts["I1"].reason, verdicts["P/1"].days_past_due) == (Reason.PLANNED, rows)


@pytest.mark.parametrize(
    ("dpd", "blocked"),
    [(31, Reason.PLANNED), (32, Reason.PLANNED), (33, Reason.STEP_DUE)],  # Wednesday +30, grace until Friday +32
)
def test_a_missed_instalment_past_its_grace_revives_the_age_of_the_item(dpd: int, blocked: Reason) -> None:
    verdicts = {v.item: v for v in night(dpd, plans=(HALVES,), policy=TELLING).verdicts}
    assert (verdicts["I1"].reason, verdicts["I1"].days_past_due) == (blocked, dpd)


def test_a_missed_instalment_is_said_first_and_the_ladder_goes_on_one_level_up() -> None:
    known = facts(an_item(due_on=on(-60)), plans=(HALVES,))
    days = told(36, known, TELLING, first=2, items={"I1": had(2, -40)})
    assert days == {33: ["missed"], 34: ["l3"], 35: ["l4"]}


@pytest.mark.parametrize(("ended", "days"), [(20, {22: ["l1"], 23: ["l2"]}), (41, {35: ["l1"], 36: ["l3"]})])
def test_after_a_plan_that_a_person_cancelled_the_ladder_goes_on_one_level_up(
    ended: int, days: dict[int, list[str]]
) -> None:
    """With the days of `resume` as after a promise that was cancelled; one that was missed before was over by then."""
    known = facts(an_item(), plans=(plan((30, 10_000), ended_on=on(ended)),))
    assert told(44 if ended > 30 else 29, known) == days


def test_an_invoice_is_of_the_plan_that_was_agreed_last() -> None:
    """Agreed anew before anything was missed: the parts of the first plan are neither asked for nor missed."""
    first, anew = plan((30, 5_000), (60, 15_000), items=("I1", "I2")), plan((40, 2_000), (60, 8_000))
    anew = anew.model_copy(update={"id": "Q", "agreed_on": on(5)})
    about = facts(an_item(), an_item("I2"), plans=(first, anew))
    rows = {row.item.id: row.due for row in survey(about, a_setting(TELLING), on(9)).rows if row.due}
    assert rows == {"P/2": 10_000, "Q/1": 2_000, "Q/2": 8_000}


def test_a_broken_promise_is_said_as_that_although_a_plan_for_another_item_was_missed() -> None:
    """Both are told on +12, each by its own word."""
    other = plan((9, 10_000), items=("I2",))
    known = facts(an_item(), an_item("I2"), promises=(promise(),), plans=(other,))
    days = told(12, known, TELLING, first=12, items={one: had(1, 7) for one in ("I1", "I2")})
    assert sorted(days[12]) == ["broken", "missed"]


def test_an_instalment_climbs_from_the_foot_whatever_its_item_had() -> None:
    (notice,) = night(37, plans=(plan((30, 5_000), (60, 5_000)),), policy=a_ladder(promise_grace_days=9)).notices
    assert [(due.item, due.step) for due in notice.steps] == [("P/1", "l1")]


@pytest.mark.parametrize(
    ("open_minor", "left"),
    [
        (10_000, [5_000, 5_000]),
        (6_000, [1_000, 5_000]),  # paid to the earliest first
        (5_000, [5_000]),
        (12_000, [5_000, 5_000, 2_000]),  # what the plan does not cover is due on its last day, by itself
    ],
)
def test_what_is_left_of_each_instalment(open_minor: int, left: list[int]) -> None:
    verdicts = night(3, an_item(open_minor=open_minor), plans=(HALVES,)).verdicts
    assert [v.dunnable_minor for v in verdicts if v.item.startswith("P/")] == left


def test_what_a_plan_left_out_is_due_with_its_last_instalment_under_the_invoices_own_number() -> None:
    """Also when an invoice is paid and gone: the account remembers what was left out when the plan was agreed."""
    both = plan((30, 5_000), (60, 5_000), items=("A", "B"))
    state = night(3, an_item("A", open_minor=5_000), an_item("B", open_minor=7_000), plans=(both,)).state
    rows = night(60, an_item("B", open_minor=7_000), plans=(both,), state=state).verdicts
    parts = [(v.number, v.days_past_due, v.dunnable_minor) for v in rows if v.item.startswith("P/")]
    assert parts == [("INV-B (2/2)", 0, 5_000), ("INV-B", 0, 2_000)]


@pytest.mark.parametrize(
    ("about", "missed_on"),
    [
        ({}, 33),  # +30, a Wednesday, and two business days of grace
        ({"promises": (promise(made_on=on(30), promised_on=on(37), amount_minor=5_000),)}, 40),
        ({"promises": (promise(made_on=on(30), promised_on=on(37), amount_minor=4_000),)}, 33),  # not all of it
        ({"promises": (promise(made_on=on(34), promised_on=on(37), amount_minor=5_000),)}, 33),  # too late
        ({"disputes": (dispute(opened_on=on(25), closed_on=on(40)),)}, 44),
        ({"disputes": (dispute(opened_on=on(25), closed_on=on(40), amount_minor=1_000),)}, 33),
        ({"disputes": (dispute(opened_on=on(25), closed_on=on(31)),)}, 36),
        ({"disputes": (dispute(opened_on=on(25), closed_on=on(40), amount_minor=5_000),)}, 44),  # all of the first one
        ({"promises": (promise(made_on=on(-12), promised_on=on(37), amount_minor=5_000),)}, 33),  # the plan is newer
    ],
)
def test_an_instalment_that_is_promised_or_was_contested_is_not_missed_yet(
    about: dict[str, Any], missed_on: int
) -> None:
    """The promise was confirmed by mail, and a few days later the customer heard that the plan was broken."""
    known = facts(an_item(), plans=(HALVES,), **about)
    found = told(50, known, TELLING, first=24)
    assert next(iter(found.items())) == (missed_on, ["missed"])


def test_what_is_remembered_of_a_plan_is_of_none_whose_id_begins_alike() -> None:
    short, long = HALVES.model_copy(update={"id": "P"}), HALVES.model_copy(update={"id": "P#1"})
    done = (broken_key("P#1", on(33)), outside_key("P#1", 2_000))
    assert (broken_on("P", done), outside_of(short, (), done)) == (None, 0)
    assert (broken_on("P#1", done), outside_of(long, (), done)) == (on(33), 2_000)


@pytest.mark.parametrize(
    ("paid_on", "done", "open_minor"),
    [
        (29, (), 7_000),  # seen first after the payment, which the ledger still names
        (1, (), 7_000),  # on the day of the agreement: the plan counts on more than is open
        (29, ("plan-outside#P#2000",), 7_000),
        (29, (), 8_000),  # and a credit note was taken back since
        (29, ("plan-outside#P#2000",), 8_000),
    ],
)
def test_who_pays_the_first_instalment_of_a_plan_for_less_than_all_has_missed_nothing(
    paid_on: int, done: tuple[str, ...], open_minor: int
) -> None:
    """The payment was counted to what the plan leaves out, the instalment told to be missing and the plan broken."""
    paid = (PartPayment(id="x", recorded_on=on(paid_on), minor=5_000),)
    item = an_item(open_minor=open_minor, original_minor=12_000, part_payments=paid)
    decision = night(45, item, plans=(HALVES,), state=AccountState(done=done), policy=TELLING)
    assert (decision.notices, [v.reason for v in decision.verdicts if v.item == "I1"]) == ((), [Reason.PLANNED])


@pytest.mark.parametrize(("amount", "left"), [(1, 9_999), (4_000, 6_000), (10_000, 0), (None, 0)])
def test_no_instalment_asks_for_what_is_disputed(amount: int | None, left: int) -> None:
    verdicts = night(3, plans=(HALVES,), disputes=(dispute(amount_minor=amount),)).verdicts
    assert sum(v.dunnable_minor for v in verdicts) == left


@pytest.mark.parametrize(("until", "reason"), [(33, Reason.ON_HOLD), (34, Reason.ON_HOLD), (35, Reason.NOT_YET)])
def test_a_hold_on_an_item_holds_the_instalments_that_stand_for_it(until: int, reason: Reason) -> None:
    hold = Hold(id="h", item="I1", until=on(67 - until))
    verdicts = {v.item: v.reason for v in night(35, plans=(plan((34, 10_000)),), holds=(hold,)).verdicts}
    assert verdicts["P/1"] is reason


# ---------- part payments ----------


def after_a_payment(minor: int, item: dict[str, Any] | None = None, policy: Policy = LADDER, **about: Any) -> Reason:
    """Of the verdict on +14, when that much of 10,000 was recorded on the day before; level 1 was sent on +7."""
    part = PartPayment(id="x", recorded_on=on(13), minor=minor)
    paid = an_item(original_minor=10_000, open_minor=10_000 - minor, part_payments=(part,), **(item or {}))
    setting = a_setting(policy, currency="EUR", rates={"CZK": "0.05"})
    return decide(facts(paid, state=AccountState(items={"I1": had(1, 7)}), **about), setting, on(14)).verdicts[0].reason


@pytest.mark.parametrize(("minor", "reason"), [(199, Reason.STEP_DUE), (200, Reason.PART_PAID)])
def test_a_real_part_payment_is_a_tenth_of_what_may_be_asked_for(minor: int, reason: Reason) -> None:
    """8,000 of 10,000 are disputed: 2,000 could be asked for before the payment."""
    assert after_a_payment(minor, disputes=(dispute(amount_minor=8_000),)) is reason


@pytest.mark.parametrize(
    ("minor", "currency", "reason"),
    [
        (24, "EUR", Reason.STEP_DUE),
        (25, "EUR", Reason.PART_PAID),
        (499, "CZK", Reason.STEP_DUE),
        (500, "CZK", Reason.PART_PAID),  # the limit of the entity at the pinned rate
    ],
)
def test_a_part_payment_of_the_accounts_minimum_is_a_real_one(minor: int, currency: str, reason: Reason) -> None:
    policy = a_ladder(minimum={"account": {"EUR": 25}})
    assert after_a_payment(minor, {"currency": currency}, policy) is reason


@pytest.mark.parametrize(("minor", "reason"), [(699, Reason.STEP_DUE), (700, Reason.PART_PAID)])
def test_a_second_part_payment_is_weighed_against_what_the_first_one_left(minor: int, reason: Reason) -> None:
    parts = (
        PartPayment(id="x1", recorded_on=on(1), minor=3_000), PartPayment(id="x2", recorded_on=on(13), minor=minor)
    )  # fmt: skip
    item = an_item(original_minor=10_000, open_minor=7_000 - minor, part_payments=parts)
    verdict = decide(facts(item, state=AccountState(items={"I1": had(1, 7)})), a_setting(LADDER), on(14)).verdicts[0]
    assert verdict.reason is reason


def test_the_least_minimum_makes_every_payment_a_real_one() -> None:
    assert after_a_payment(1, policy=a_ladder(minimum={"account": {"EUR": 1}})) is Reason.PART_PAID


def test_a_second_cycle_of_holds_needs_a_third_payment_that_is_not_heard() -> None:
    parts = tuple(PartPayment(id=f"x{n}", recorded_on=on(day), minor=2_000) for n, day in enumerate((2, 9, 13)))
    item = an_item(original_minor=20_000, open_minor=14_000, part_payments=parts)
    verdict = decide(facts(item, state=AccountState(items={"I1": had(1, 7)})), a_setting(LADDER), on(14)).verdicts[0]
    assert verdict.reason is Reason.STEP_DUE


# ---------- the verdict's next date ----------


@pytest.mark.parametrize(
    ("about", "again"),
    [
        ({"holds": (Hold(id="h", until=on(20)),)}, 23),
        ({"promises": (promise(),)}, 12),
        ({"disputes": (dispute(closed_on=on(9)),)}, 9),
        ({"disputes": (dispute(answer_by=on(9)),)}, 10),
        ({"disputes": (dispute(),)}, None),
        ({"holds": (Hold(id="h"),)}, None),
    ],
)
def test_a_blocked_item_says_when_that_may_end(about: dict[str, Any], again: int | None) -> None:
    verdict = night(7, **about).verdicts[0]
    assert verdict.next_check_on == (None if again is None else on(again))


def test_an_old_item_before_its_day_of_the_ramp_says_that_day() -> None:
    state = AccountState(baseline=Baseline(on=on(5), release_on=on(9)))
    assert night(7, state=state).verdicts[0].next_check_on == on(9)


@pytest.mark.parametrize(("due_on", "step"), [(on(-30), "l1"), (on(5), "l3")])
def test_only_what_was_old_at_go_live_climbs_one_level_at_a_time(due_on: date, step: str) -> None:
    policy = a_ladder(activation={"statement": "statement", "wait_days": 0})
    memory = ItemState(0, None, 1, ("statement",), last_on=on(1)) if due_on < on(1) else ItemState()
    state = AccountState(items={"I1": memory}, baseline=Baseline(on=on(1), release_on=on(1)))
    verdict = decide(
        facts(an_item(due_on=due_on), state=state),
        a_setting(policy),
        due_on + timedelta(days=30 if due_on > on(1) else 50),
    )
    assert verdict.verdicts[0].step == step
