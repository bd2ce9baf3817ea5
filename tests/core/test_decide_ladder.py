"""The shipped policies day by day: what goes out, what does not, and the days on either side."""

from collections import defaultdict
from datetime import date, timedelta

import pytest

from core.decide.account import decide
from core.decide.model import Reason
from core.ledger import Dispute
from core.state import AccountState, ItemState
from tests.builders import DUE, a_policy, a_setting, an_item, facts, on
from tests.core.night import nights


def sent_days(policy_name: str, first: int, last: int) -> dict[int, list[str]]:
    """Day past due -> steps that a customer message carried, for one invoice that is never paid."""
    setting = a_setting(a_policy(policy_name))
    found = defaultdict(list)
    for decision in nights(setting, on(first), on(last), lambda _: facts(an_item())):
        for notice in decision.notices:
            found[(decision.as_of - DUE).days] += [due.step for due in notice.steps]
    return dict(found)


def test_machinery_manufacturer_writes_on_exactly_these_days() -> None:
    days = sent_days("machinery-manufacturer", -30, 100)
    assert days == {-7: ["a"], 7: ["b"], 14: ["c"], 60: ["e"], **{day: ["f"] for day in range(91, 101)}}


def test_headline_writes_on_exactly_these_days() -> None:
    assert sent_days("headline-31-61-91", -30, 120) == {31: ["reminder"], 61: ["warning"], 91: ["delinquent"]}


def test_the_call_at_31_and_the_mark_at_60_are_done_once() -> None:
    tasks, told, status = [], [], {}
    for decision in nights(a_setting(), on(-10), on(95), lambda _: facts(an_item())):
        day = (decision.as_of - DUE).days
        tasks += [(day, task.kind, task.owner) for task in decision.tasks]
        told += [(day, line.step, line.role) for line in decision.digest]
        status[day] = decision.state.status
    assert tasks == [(31, "phone-call", "customer_service_rep")]
    assert [row for row in told if row[1] == "d"] == [(31, "d", "customer_service_rep"), (31, "d", "accounting")]
    assert (status[59], status[60], status[95]) == (None, "delinquent", "delinquent")


def test_review_comes_once_after_ten_occurrences_and_the_mail_goes_on() -> None:
    decisions = list(nights(a_setting(), on(91), on(110), lambda _: facts(an_item())))
    assert [(d.as_of - DUE).days for d in decisions if any(t.kind == "review" for t in d.tasks)] == [101]
    assert all(d.notices for d in decisions)
    assert [d.notices[0].steps[0].occurrence for d in decisions[:3]] == [1, 2, 3]


@pytest.mark.parametrize(
    ("dpd", "state", "step", "reason"),
    [
        (-8, None, None, Reason.NOT_YET),
        (-7, None, "a", Reason.STEP_DUE),
        (0, None, "a", Reason.STEP_DUE),  # an early step may go out late, until the due date
        (1, None, None, Reason.NOT_YET),
        (6, None, None, Reason.NOT_YET),
        (7, None, "b", Reason.STEP_DUE),
        (8, None, "b", Reason.STEP_DUE),  # a missed night delays, never loses
        (13, ItemState(1, "b"), None, Reason.NOT_YET),
        (14, ItemState(1, "b"), "c", Reason.STEP_DUE),
        (59, ItemState(2, "c"), None, Reason.NOT_YET),
        (60, ItemState(2, "c"), "e", Reason.STEP_DUE),
        (95, None, "f", Reason.STEP_DUE),  # first seen late: the latest step, the others are superseded
    ],
)
def test_step_by_day(dpd: int, state: ItemState | None, step: str | None, reason: Reason) -> None:
    memory = AccountState(items={"I1": state}) if state else AccountState()
    verdict = decide(facts(an_item(), state=memory), a_setting(), on(dpd)).verdicts[0]
    assert (verdict.step, verdict.reason) == (step, reason)


def test_first_seen_at_95_does_every_track_at_once() -> None:
    decision = decide(facts(an_item()), a_setting(), on(95))
    assert [due.step for due in decision.notices[0].steps] == ["f"]
    assert decision.verdicts[0].superseded == ("a", "b", "c", "e")[1:]  # a lapsed on the due date
    assert [task.kind for task in decision.tasks] == ["phone-call"]
    assert decision.state.status == "delinquent"
    assert {(line.step, line.role) for line in decision.digest} == {
        ("d", "customer_service_rep"), ("d", "accounting"), ("f", "sales_rep_supervisor"),
        ("f", "customer_service_manager"), ("f", "ceo"), ("f", "accounting"),
    }  # fmt: skip


def test_business_days_move_an_early_step_to_the_day_before_and_hold_a_late_one() -> None:
    setting = a_setting(a_policy(send_days="business_days"))
    saturday = date(2026, 3, 7)
    early = an_item(due_on=saturday + timedelta(days=7))  # -7 falls on the Saturday
    late = an_item(due_on=saturday - timedelta(days=7))
    assert decide(facts(early), setting, saturday - timedelta(days=1)).verdicts[0].step == "a"
    held = decide(facts(late), setting, saturday)
    assert (held.notices, held.verdicts[0].reason, held.next_check_on) == ((), Reason.NO_SEND_DAY, date(2026, 3, 9))
    assert decide(facts(late), setting, date(2026, 3, 9)).verdicts[0].step == "b"


def test_readers_are_those_of_the_highest_step_and_words_follow_the_amounts() -> None:
    items = (
        an_item("old", due_on=on(-95), open_minor=100),
        an_item("new", due_on=on(-7), open_minor=100_000),
    )
    plan = decide(facts(*items), a_setting(), DUE).notices[0]
    assert [(due.item, due.step) for due in plan.steps] == [("old", "f"), ("new", "b")]
    assert [r.role for r in plan.recipients] == ["ap_contact", "ap_manager"]
    assert (plan.level, plan.template) == (1, "friendly")  # 1.00 of 1,001.00 does not make a harsh letter


def test_our_side_is_told_what_the_mail_asks_for() -> None:
    """Of 100 half is disputed: the call and the mail are about the other half."""
    part = Dispute(id="d", item="I1", amount_minor=5_000, opened_on=on(1))
    lines = decide(facts(an_item(), disputes=(part,)), a_setting(), on(31)).digest
    assert {(line.open_minor, line.asked_minor, line.to_pay_minor) for line in lines} == {(10_000, 5_000, 5_000)}
    assert {line.kind for line in lines} == {"message", "task"}
    assert {line.asked_minor for line in decide(facts(an_item()), a_setting(), on(31)).digest} == {None}
