"""Tasks and marks: done once, late if need be, closed with their cause; and the work of mending the data."""

from datetime import date
from typing import Any

import pytest

from core.decide.account import decide
from core.decide.model import Decision, Facts, Setting
from core.ledger import Credit, CreditKind, Item, PartPayment
from core.state import AccountState, ItemState, OpenEffect, OpenTask, RepeatClock
from tests.builders import (
    DUE,
    RUNGS,
    a_customer,
    a_ladder,
    a_policy,
    a_setting,
    an_entity,
    an_item,
    contacts,
    facts,
    on,
    people,
)
from tests.core.night import accept, nights

SETTING = a_setting()


def kinds(decision: Decision) -> list[str]:
    return [task.kind for task in decision.tasks]


def opened(dpd: int, *items: Item, **about: Any) -> tuple[Decision, AccountState]:
    """A decision on that day and the memory once everything that it planned was accepted."""
    decision = decide(facts(*items, **about), SETTING, on(dpd))
    return decision, accept(decision, SETTING)


@pytest.mark.parametrize(
    ("dpd", "tasks", "status"),
    [
        (30, [], None),
        (31, ["phone-call"], None),
        (32, ["phone-call"], None),  # a missed night: late, never lost
        (59, ["phone-call"], None),
        (60, ["phone-call"], "delinquent"),
    ],
)
def test_a_track_of_its_own_is_done_late_if_need_be(dpd: int, tasks: list[str], status: str | None) -> None:
    decision, _ = opened(dpd, an_item())
    assert (kinds(decision), decision.state.status) == (tasks, status)


def test_one_task_names_all_items_that_reach_the_step_tonight_and_the_next_one_the_others() -> None:
    first, second = an_item("A"), an_item("B", due_on=on(5))
    decision, memory = opened(31, first, an_item("C"), second)
    assert [(task.items, task.owner_role, task.owner, task.due_on) for task in decision.tasks] == [
        (("A", "C"), "customer_service_rep", "customer_service_rep", on(31))
    ]
    later, _ = opened(36, first, an_item("C"), second, state=memory)
    assert [task.items for task in later.tasks] == [("B",)]
    assert later.tasks[0].id != decision.tasks[0].id
    assert later.closed_tasks == ()


def test_a_task_closes_when_none_of_its_items_needs_it() -> None:
    a, b = an_item("A"), an_item("B")
    call, memory = opened(31, a, b)
    task = call.tasks[0].id
    still, after = opened(32, b, state=memory)
    assert (still.closed_tasks, set(after.tasks)) == ((), {task})
    settled, after = opened(33, state=after)
    assert (settled.closed_tasks, after.tasks) == ((task,), {})


def test_a_call_of_a_step_that_the_policy_dropped_ends_with_its_invoice() -> None:
    call, memory = opened(31, an_item("A"), an_item("B"))
    steps = tuple(step for step in SETTING.policy.steps if step.id != "d")
    dropped = a_setting(SETTING.policy.model_copy(update={"steps": steps}))
    still = decide(facts(an_item("A"), state=memory), dropped, on(32))
    paid = decide(facts(state=memory), dropped, on(32))
    assert (still.closed_tasks, paid.closed_tasks) == ((), (call.tasks[0].id,))


def test_a_dispute_closes_the_call_and_its_end_opens_it_again_under_its_id() -> None:
    call, memory = opened(31, an_item())
    disputed, memory = opened(32, an_item(disputed_all=True), state=memory)
    assert disputed.closed_tasks == (call.tasks[0].id,)
    resumed, _ = opened(33, an_item(), state=memory)
    assert ([task.id for task in resumed.tasks], resumed.closed_tasks) == ([call.tasks[0].id], ())


def test_the_mark_goes_with_its_cause_and_comes_back() -> None:
    _, memory = opened(60, an_item())
    paid, _ = opened(61, state=memory)
    assert (memory.status, paid.state.status) == ("delinquent", None)
    held, memory = opened(61, an_item(disputed_all=True), state=memory)
    assert held.state.status is None
    assert opened(62, an_item(), state=memory)[0].state.status == "delinquent"


def review(*items: Item, count: int, done: tuple[str, ...] = (), tasks: dict[str, OpenTask] | None = None) -> Decision:
    memory = AccountState(
        items={item.id: ItemState(4, "f", 14, ("d", "e-status")) for item in items},
        repeats={"f": RepeatClock(on(91), last=count - 1, count=count)},
        done=done,
        tasks=tasks or {},
    )
    return decide(facts(*items, state=memory), SETTING, on(91 + count))


@pytest.mark.parametrize(("count", "tasks"), [(9, []), (10, ["review"]), (11, ["review"])])
def test_the_review_comes_the_night_after_ten_occurrences(count: int, tasks: list[str]) -> None:
    assert kinds(review(an_item(), count=count)) == tasks


def test_the_review_comes_once_a_clock() -> None:
    decision = review(an_item(), count=10)
    assert decision.state.done == ("f-review#0",)
    assert kinds(review(an_item(), count=11, done=("f-review#0",))) == []
    assert kinds(review(an_item(), count=11, done=("f-review#7",))) == ["review"]  # of an earlier clock


def test_the_review_of_an_account_lasts_while_any_item_is_in_the_range() -> None:
    open_review = {"t1": OpenTask("f-review", ("paid-meanwhile",))}
    still = review(an_item(), count=12, done=("f-review#0",), tasks=open_review)
    assert (still.closed_tasks, kinds(still)) == ((), [])
    ended = decide(facts(state=AccountState(tasks=open_review)), SETTING, on(120))
    assert ended.closed_tasks == ("t1",)


def test_unapplied_cash_is_work_while_something_is_open() -> None:
    cash = Credit(id="c", kind=CreditKind.PAYMENT, currency="EUR", open_minor=1, booked_on=DUE)
    note = cash.model_copy(update={"kind": CreditKind.CREDIT_NOTE})
    assert kinds(opened(1, an_item(), credits=(note,))[0]) == []
    first, memory = opened(1, an_item(), credits=(cash,))
    assert (kinds(first), first.tasks[0].owner) == (["apply-cash"], "accounting")
    again, memory = opened(2, an_item(), credits=(cash,), state=memory)
    assert (again.tasks, again.closed_tasks) == ((), ())
    applied, memory = opened(3, an_item(), state=memory)
    assert applied.closed_tasks == (first.tasks[0].id,)
    once_more, _ = opened(4, an_item(), credits=(cash,), state=memory)
    assert kinds(once_more) == ["apply-cash"]
    assert once_more.tasks[0].id != first.tasks[0].id


def test_insolvency_stops_everything_and_is_work() -> None:
    call, memory = opened(31, an_item())
    stopped, _ = opened(60, an_item(), state=memory, customer=a_customer(insolvent=True))
    assert (stopped.notices, kinds(stopped), stopped.state.status) == ((), ["insolvency"], None)
    assert stopped.closed_tasks == (call.tasks[0].id,)


def test_a_missing_address_is_work_until_it_is_there_or_nothing_is_owed() -> None:
    missing, memory = opened(7, an_item(), contacts=())
    assert ([plan.channel for plan in missing.notices], kinds(missing)) == (["letter"], ["find-address"])
    assert missing.tasks[0].note == "ap_contact"
    again, memory = opened(8, an_item(), contacts=(), state=memory)
    assert (again.tasks, again.closed_tasks) == ((), ())
    found, _ = opened(9, an_item(), contacts=contacts(), state=memory)
    assert (found.notices, found.closed_tasks) == ((), (missing.tasks[0].id,))  # the letter was posted
    paid, _ = opened(9, contacts=(), state=memory)
    assert paid.closed_tasks == (missing.tasks[0].id,)


def test_one_missing_reader_of_two_is_work_and_the_other_reads() -> None:
    decision, _ = opened(91, an_item(), contacts=contacts()[:1])
    assert [r.role for r in decision.notices[0].recipients] == ["ap_contact"]
    assert [(task.kind, task.note) for task in decision.tasks][-1] == ("find-address", "ap_manager")


def test_a_role_that_nobody_holds_is_work_with_one_id_for_the_whole_entity() -> None:
    setting = Setting(an_entity(), a_policy(), tuple(p for p in people() if p.id != "ceo"))
    ids = set()
    for customer in ("C1", "C2"):
        about: Facts = facts(an_item(customer=customer), customer=a_customer(id=customer))
        gaps = [task for task in decide(about, setting, on(91)).tasks if task.kind == "assign-role"]
        assert [(task.note, task.owner) for task in gaps] == [("ceo", "accounting")]
        ids.add(gaps[0].id)
    assert len(ids) == 1


def test_nothing_is_done_before_go_live() -> None:
    decision = decide(facts(an_item()), a_setting(live=False), on(95))
    assert (decision.tasks, decision.notices, decision.digest, decision.done) == ((), (), (), ())
    assert (decision.state.items, decision.state.status) == ({}, None)


@pytest.mark.parametrize("others", [(), (an_item("I2", due_on=on(55)),)])
def test_what_was_begun_ends_while_the_sending_is_stopped(others: tuple[Item, ...]) -> None:
    """Paid meanwhile: nobody is asked to call, nobody stays on hold. An account with nothing open is not met again."""
    held = {"hold": OpenEffect("hold", ("I1",), on(50), active=True, hold=True)}
    memory = AccountState(open_effects=held, tasks={"call": OpenTask("d", ("I1",))}, status="delinquent")
    decision = decide(facts(*others, state=memory), a_setting(live=False), on(60))
    assert decision.closed_tasks == ("call",)
    assert not decision.state.open_effects
    assert "credit_hold_lifted" in [said.what for said in decision.announcements]
    assert decision.state.status is None or others


@pytest.mark.parametrize(("days", "as_of"), [("business_days", date(2026, 4, 4)), ("all", date(2026, 4, 4))])
def test_effects_follow_the_item_clock_on_every_day_of_the_week(days: str, as_of: date) -> None:
    saturday = an_item(due_on=date(2026, 3, 4))  # +31 is a Saturday
    policy = a_policy(send_days=days, due_rolls="next_business_day")
    assert kinds(decide(facts(saturday), a_setting(policy), as_of)) == ["phone-call"]


def test_a_part_payment_holds_the_message_and_not_the_call() -> None:
    half = PartPayment(id="p", recorded_on=on(59), minor=5_000)
    paid = an_item(original_minor=10_000, open_minor=5_000, part_payments=(half,))
    decision = decide(facts(paid, state=AccountState(items={"I1": ItemState(2, "c")})), SETTING, on(60))
    assert (decision.notices, kinds(decision), decision.state.status) == ((), ["phone-call"], "delinquent")


@pytest.mark.parametrize(("days", "asked_on"), [(None, 10), (1, 10), (2, 10), (14, 22)])
@pytest.mark.parametrize(("after", "kind"), [("task", "decide-next"), ("final", "hand-over")])
def test_what_follows_the_last_step_waits_for_the_deadline_that_it_named(
    days: int | None, asked_on: int, after: str, kind: str
) -> None:
    last = {**RUNGS[0], "notice_due_days": days}
    setting = a_setting(a_ladder(rungs=(last,), after_last_step=after, min_gap_days=3))
    found = nights(setting, on(7), on(30), lambda _: facts(an_item()), skip_idle=True)
    assert {task.kind: (decision.as_of - DUE).days for decision in found for task in decision.tasks} == {kind: asked_on}
