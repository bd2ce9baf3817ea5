"""What a night does beside its messages: charges by acceptance, proposals that a person answers, what arrived."""

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from core.delivery import NoticeState
from core.ledger import Instalment, ItemKind, Plan
from functions.shared import approvals
from functions.shared.store import history
from local.engine import Engine, Killed
from local.engine.ses_script import delivered, soft_bounce
from tests.builders import a_policy, an_item
from tests.faults.stories import kept
from tests.faults.test_kills import die_at, lived, points
from tests.scenarios.company import ENTITY, NIGHT, Company, ap, invoice

DAY = timedelta(days=1)
REMINDER: dict[str, Any] = {
    "id": "b", "offset_days": 7, "level": 1, "template": "reminder", "audience": {"customer": ["ap_contact"]},
}  # fmt: skip
WITH_FEE = {**REMINDER, "fee": {"type": "flat", "flat": {"EUR": 500}}}
HOLD: dict[str, Any] = {
    "id": "hold", "offset_days": 10, "effect": "credit_hold", "adverse": "credit_hold", "requires_step": ["b"],
    "audience": {"ours": ["accounting"]},
}  # fmt: skip


def told(company: Company, kind: str) -> list[str]:
    """What was noted about the account, the earliest first."""
    return [one.what for one in history.activities(ENTITY, "C1") if one.kind == kind][::-1]


def fees(company: Company) -> list[tuple[str | None, int]]:
    """The open charges of the account: of which invoice, how much."""
    return [(i.of, i.open_minor) for i in company.account().facts.items if i.kind is ItemKind.FEE]


def test_a_fee_is_posted_by_the_acceptance_of_its_message_and_once(engine: Engine) -> None:
    company = Company(engine, policy=a_policy(steps=[WITH_FEE]))
    company.knows(invoice())
    company.night()
    assert (company.notice().totals, fees(company)) == ({"EUR": 10_500}, [])
    company.day()
    assert fees(company) == [("C1-I1", 500)]
    assert len(told(company, "charge")) == 1
    company.day(NIGHT + 3 * DAY)
    assert (len(company.mails), fees(company)) == (1, [("C1-I1", 500)])
    company.is_paid("C1-I1", 10_000)
    company.day(NIGHT + 4 * DAY)
    assert (len(company.mails), fees(company)) == (1, [("C1-I1", 500)])  # never the only reason to write


def test_a_cancelled_message_posts_nothing(engine: Engine) -> None:
    company = Company(engine, policy=a_policy(steps=[WITH_FEE]))
    company.knows(invoice())
    company.night()
    company.is_paid("C1-I1", 10_000)
    company.day()
    assert (company.mails, company.account().facts.items, told(company, "charge")) == ([], (), [])


def test_the_fee_of_a_message_that_reached_nobody_is_taken_back_and_posted_by_the_one_that_does(engine: Engine) -> None:
    company = Company(engine, policy=a_policy(steps=[WITH_FEE]))
    company.knows(invoice(contacts=[ap("C1", "bounce@customer.example")]))
    company.day()
    assert fees(company) == []
    assert len(told(company, "charge")) == len(told(company, "charge-taken-back")) == 1
    company.knows(invoice(contacts=[ap("C1", "new@customer.example")]))
    company.day(NIGHT + DAY)
    assert (len(company.mails), fees(company)) == (2, [("C1-I1", 500)])


def test_what_another_step_waits_for_is_known_to_have_arrived(engine: Engine) -> None:
    company = Company(engine, policy=a_policy(steps=[REMINDER, HOLD]))
    company.knows(invoice())
    company.day()
    assert company.account().facts.state.item("C1-I1").sent["b"].delivered_on == NIGHT


def test_what_came_back_has_not_arrived_however_long_nothing_more_is_heard_of_it(engine: Engine) -> None:
    company = Company(engine, policy=a_policy(steps=[REMINDER, {**HOLD, "needs_approval": False}]))
    company.knows(invoice())
    engine.ses.behaviour = lambda _mail: soft_bounce()
    company.day()
    engine.ses.behaviour = lambda _mail: delivered()
    company.day(NIGHT + 3 * DAY)  # once it counted as arrived on that day
    assert not company.account().facts.state.credit_hold
    assert [on for on, _ in company.sent()] == [NIGHT, NIGHT + DAY]
    company.day(NIGHT + 4 * DAY)  # three days after the one that arrived
    assert company.account().facts.state.credit_hold


def test_a_proposal_is_granted_heard_of_carried_out_and_lifted_with_its_cause(engine: Engine) -> None:
    company = Company(engine, policy=a_policy(steps=[REMINDER, HOLD]))
    company.knows(invoice())
    for n in range(4):  # Thursday: three days after the reminder arrived
        company.day(NIGHT + n * DAY)
    (task,) = company.tasks("approve")
    assert (task.note, task.owner, task.items) == ("credit_hold", "accounting", ("C1-I1",))
    company.day(NIGHT + 4 * DAY)
    assert not company.account().facts.state.credit_hold
    today = company.today(ENTITY)
    approvals.answer(task.id, granted=True, by="accounting", note="", today=today, now=engine.now)
    held = []
    for n in range(5, 12):
        company.day(NIGHT + n * DAY)
        held.append(company.account().facts.state.credit_hold)
    assert held == sorted(held)
    assert held[:2] == [False, False]  # the weekend: two business days in which sales may object
    assert held[-1]
    company.is_paid("C1-I1", 10_000)
    company.day(NIGHT + 12 * DAY)
    assert not company.account().facts.state.credit_hold
    assert told(company, "announcement") == ["credit_hold_set", "credit_hold_lifted"]
    assert [task.state for task in company.tasks("approve")] == ["DONE"]


def test_a_refused_proposal_is_not_carried_out(engine: Engine) -> None:
    company = Company(engine, policy=a_policy(steps=[REMINDER, HOLD]))
    company.knows(invoice())
    for n in range(4):
        company.day(NIGHT + n * DAY)
    (task,) = company.tasks("approve")
    today = company.today(ENTITY)
    for _ in range(2):  # said twice is said once
        approvals.answer(task.id, granted=False, by="accounting", note="", today=today, now=engine.now)
    for n in range(4, 12):
        company.day(NIGHT + n * DAY)
    assert not company.account().facts.state.credit_hold
    assert len(company.tasks("approve")) == 1


def test_a_plan_is_left_alone_until_an_instalment_is_missed(engine: Engine) -> None:
    company = Company(engine, policy=a_policy(steps=[REMINDER]))
    days = NIGHT + 3 * DAY, NIGHT + 30 * DAY
    parts = tuple(Instalment(due_on=day, minor=5_000) for day in days)
    plan = Plan(id="PL", items=("I1",), agreed_on=NIGHT - DAY, instalments=parts)
    company.knows(invoice("C1", an_item("I1"), plans=(plan,)))
    company.day()
    assert (company.mails, company.reasons()[0]) == ([], "planned")
    for n in range(1, 12):
        company.day(NIGHT + n * DAY)
    assert len(company.mails) == 1


@pytest.mark.parametrize(
    "every", [3, pytest.param(1, marks=pytest.mark.heavy)]
)  # of the points; the suite tries a third
@pytest.mark.parametrize("function", ["SendNoticesFunction", "RecordFeedbackFunction"])
def test_a_death_at_any_call_posts_a_fee_once_or_takes_it_back_whole(
    engine: Engine, tmp_path: Path, function: str, every: int
) -> None:
    company = Company(engine, policy=a_policy(steps=[WITH_FEE]))
    reader = "bounce@customer.example" if function == "RecordFeedbackFunction" else None
    company.knows(invoice(contacts=[ap("C1", reader)]))
    company.night()
    story = kept(engine, tmp_path, company)
    for point in points(engine, function, story)[::every]:
        company = story()
        die_at(engine, function, point)
        with pytest.raises(Killed):
            lived(company)
        lived(company)
        (mail,) = [notice for notice in company.notices() if notice.channel == "email"]  # a letter follows a bounce
        doubt = mail.state is NoticeState.UNKNOWN  # dead between the fence and the call: nothing was sent
        posted = [] if doubt or reader else [("C1-I1", 500)]
        assert fees(company) == posted, point
        assert len(told(company, "charge")) == (0 if doubt else 1), point
        assert len(told(company, "charge-taken-back")) == (1 if reader else 0), point
