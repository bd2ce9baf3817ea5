"""A mail server that reports nothing: the final notice waits, somebody is asked, and their word lets it go."""

from datetime import timedelta

from functions.shared import settle
from functions.shared.store import config, tasks
from local.engine import Engine
from local.engine.ses_script import Script
from tests.builders import a_policy
from tests.scenarios.company import ENTITY, NIGHT, Company, invoice

READERS = {"customer": ["ap_contact"]}
STEPS = [
    {"id": "b", "offset_days": 7, "level": 1, "template": "reminder", "audience": READERS},
    {
        "id": "c", "offset_days": 14, "level": 2, "template": "final-notice", "adverse": "final_notice",
        "requires_step": ["b"], "audience": READERS,
    },
]  # fmt: skip


def test_a_persons_word_stands_for_the_delivery_that_nobody_reported(engine: Engine) -> None:
    engine.ses.behaviour = lambda _mail: Script(reactions=())
    company = Company(engine, policy=a_policy(steps=STEPS))
    company.knows(invoice())
    company.day()
    company.day(NIGHT + timedelta(days=7))
    (task,) = company.tasks("confirm-delivery")
    assert (task.state, task.items, len(company.mails)) == ("OPEN", ("C1-I1",), 1)
    settle.confirm(ENTITY, "C1", task.items, config.read(), engine.now)
    assert tasks.finish(task.id, "rang them", engine.now)
    company.day(NIGHT + timedelta(days=9))
    assert len(company.mails) == 1
    company.day(NIGHT + timedelta(days=10))
    assert [mail.sent_at.date() for mail in company.mails] == [NIGHT, NIGHT + timedelta(days=10)]
    assert len(company.tasks("confirm-delivery")) == 1
