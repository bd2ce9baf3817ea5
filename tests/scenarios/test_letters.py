"""A step by letter: nothing is mailed, a person posts it and says so, and from then on it counts."""

from datetime import timedelta

from functions.send_notices.workflow import Outcome, letter_of, post_letter
from local.engine import Engine
from tests.builders import a_policy
from tests.scenarios.company import NIGHT, Company, invoice

LETTER = {
    "id": "b", "offset_days": 7, "level": 1, "template": "reminder", "channel": "letter",
    "audience": {"customer": ["ap_contact"]},
}  # fmt: skip


def test_a_letter_is_a_task_until_somebody_has_posted_it(engine: Engine) -> None:
    company = Company(engine, policy=a_policy(steps=[LETTER]))
    company.knows(invoice())
    company.day()
    company.day(NIGHT + timedelta(days=1))
    assert company.mails == []
    (task,) = company.tasks("post-letter")
    assert (task.state, task.note) == ("OPEN", company.notice().id)
    assert "INV-C1-I1" in (letter_of(task.note, engine.now) or "")
    assert company.account().facts.state.item("C1-I1").level == 0
    assert [post_letter(task.note, engine.now) for _ in range(2)] == [Outcome.ACCEPTED, Outcome.DUPLICATE]
    assert company.account().facts.state.item("C1-I1").level == 1
    company.day(NIGHT + timedelta(days=2))
    assert (company.mails, len(company.notices())) == ([], 1)


def test_a_letter_that_is_not_wanted_any_more_is_not_asked_for(engine: Engine) -> None:
    company = Company(engine, policy=a_policy(steps=[LETTER]))
    company.knows(invoice())
    company.day()
    company.is_paid("C1-I1", 10_000)
    company.day(NIGHT + timedelta(days=1))
    assert [task.state for task in company.tasks("post-letter")] == ["CLOSED"]
    assert letter_of(company.notice().id, engine.now) is None
