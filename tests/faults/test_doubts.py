"""Doubts are settled by silence where later mails were heard of, or by a person; never by guessing."""

from datetime import timedelta
from typing import Any

import pytest

from core.delivery import NoticeState
from functions.shared import doubts
from functions.shared.store import config
from local.engine import Engine
from local.engine.ses_script import delivered, timeout
from tests.builders import a_policy, an_item
from tests.scenarios.company import NIGHT, Company, invoice

TOMORROW, THE_DAY_AFTER = NIGHT + timedelta(days=1), NIGHT + timedelta(days=2)


def doubted(engine: Engine, **step: Any) -> Company:
    """C1's mail of the first night got no answer and never went; C2's mail of the next night went well."""
    policy = None
    if step:
        first = {"id": "a", "offset_days": 1, "template": "reminder", "audience": {"customer": ["ap_contact"]}}
        policy = a_policy(
            steps=[first, {"id": "b", "offset_days": 7, "level": 1, "audience": {"customer": ["ap_contact"]}, **step}],
            advance="latest",
        )
    company = Company(engine, policy=policy)
    engine.ses.behaviour = lambda mail: (
        timeout(accepted=False) if "c1@" in mail.to[0] and mail.sent_at.date() == NIGHT else delivered()
    )
    later = an_item("C2-I1", customer="C2", due_on=an_item().due_on + timedelta(days=1))
    company.knows(invoice("C1"), invoice("C2", later))
    company.day()
    assert states(company)["C1"] is NoticeState.UNKNOWN
    return company


def states(company: Company) -> dict[str, NoticeState]:
    return {notice.customer: notice.state for notice in company.notices()}


def to_first(company: Company) -> int:
    return sum("c1@" in mail.to[0] for mail in company.mails)


def test_f08_a_mail_that_was_never_heard_of_goes_once_more_when_later_ones_were(engine: Engine) -> None:
    company = doubted(engine)
    company.day(TOMORROW)
    company.day(THE_DAY_AFTER)
    assert (to_first(company), states(company)["C1"]) == (1, NoticeState.DELIVERED)
    (task,) = company.tasks("delivery-doubt")
    assert task.state == "CLOSED"
    assert company.account().facts.state.item("C1-I1").attempts == 1


def test_f08_without_word_of_later_mails_a_doubt_stays_one(engine: Engine) -> None:
    company = Company(engine)
    engine.ses.behaviour = lambda _mail: timeout(accepted=False)
    company.knows(invoice("C1"))
    company.day()
    company.day(TOMORROW)
    company.day(THE_DAY_AFTER)
    assert (to_first(company), states(company)["C1"]) == (0, NoticeState.UNKNOWN)


def test_f08_a_final_demand_waits_for_a_person(engine: Engine) -> None:
    company = doubted(engine, template="final-notice")
    company.day(TOMORROW)
    company.day(THE_DAY_AFTER)
    assert (to_first(company), states(company)["C1"]) == (0, NoticeState.UNKNOWN)


@pytest.mark.parametrize(
    ("went", "state", "mails"), [(True, NoticeState.ACCEPTED, 0), (False, NoticeState.DELIVERED, 1)]
)
def test_a_person_settles_a_doubt_once(engine: Engine, went: bool, state: NoticeState, mails: int) -> None:
    company = doubted(engine)
    (notice,) = (one for one in company.notices() if one.customer == "C1")
    doubts.settle_by_hand(notice.id, went=went, configuration=config.read(), now=engine.now)
    with pytest.raises(doubts.NotInDoubtError):
        doubts.settle_by_hand(notice.id, went=went, configuration=config.read(), now=engine.now)
    company.day(TOMORROW)
    assert (to_first(company), states(company)["C1"]) == (mails, state)
    assert company.account().facts.state.item("C1-I1").attempts == 1
    (task,) = company.tasks("delivery-doubt")
    assert task.state == "CLOSED"
