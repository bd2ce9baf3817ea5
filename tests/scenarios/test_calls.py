"""A call that a hold closed is on the list again after it; one that was made is not."""

from datetime import timedelta

import pytest

from core.ledger import Hold
from functions.shared import settle
from functions.shared.store import config, tasks
from local.engine import Engine
from tests.builders import a_policy
from tests.scenarios.company import NIGHT, Company, invoice

CALL = {
    "id": "call", "offset_days": 7, "effect": "task", "task": "phone-call",
    "audience": {"ours": ["accounting"]},
}  # fmt: skip


@pytest.mark.parametrize("called", [False, True])
def test_a_call_comes_back_after_a_hold_unless_somebody_made_it(engine: Engine, called: bool) -> None:
    company = Company(engine, policy=a_policy(steps=[CALL]))
    company.knows(invoice())
    company.day(NIGHT)
    (task,) = company.tasks("phone-call")
    if called:
        settle.finish(task, config.read(), engine.now)
        assert tasks.finish(task.id, "on Friday, they say", engine.now)
    company.learns(holds=(Hold(id="H", until=NIGHT + timedelta(days=2), placed_on=NIGHT + timedelta(days=1)),))
    company.day(NIGHT + timedelta(days=1))
    (after,) = company.tasks("phone-call")
    assert after.state == ("DONE" if called else "CLOSED")
    company.day(NIGHT + timedelta(days=5))
    (after,) = company.tasks("phone-call")
    assert (after.state, len(company.digests)) == (("DONE", 1) if called else ("OPEN", 2))
