"""A new invoice or a balance over a limit is decided at once, where the policy has such a step; else the night does."""

import pytest

from core.policy.schema import Audience, Policy, Step
from functions.shared import starts
from local.engine import Engine
from tests.builders import a_policy
from tests.inbox.dropped import Inbox, row, table
from tests.scenarios.company import ENTITY

NEW = {"issued": "2026-03-09", "due": "2026-04-08"}


def started(event: str, **changes: object) -> Policy:
    """A policy that greets: one step of an event, and nothing else."""
    step = {"id": "hello", "offset_days": 0, "anchor": "event", "event": event, "template": "reminder", **changes}
    greeting = Step.model_validate({**step, "audience": Audience(customer=("ap_contact",))})
    return a_policy(steps=(greeting,))


def test_a_new_invoice_is_decided_at_once(engine: Engine) -> None:
    box = Inbox(engine, policy=started("new_invoice"))
    box.drop(table([row("1001", **NEW), row("1002", **NEW)]))
    assert box.company.runs() == {}  # no night was needed
    assert [notice.template for notice in box.company.notices()] == ["reminder", "reminder"]
    version = box.company.account("C-1001").version
    box.drop(table([row("1001", **NEW), row("1002", **NEW)]), "again.csv")
    assert box.company.account("C-1001").version == version  # nothing new, nothing to decide


def test_a_balance_over_the_limit_is_decided_at_once(engine: Engine) -> None:
    limit = {"when": {"account_balance": {"EUR": {"above": 15_000}}}}
    box = Inbox(engine, policy=started("balance_over_limit", **limit))
    box.drop(table([row("1001", "C1", **NEW)]))
    assert box.company.notices() == []
    box.drop(table([row("1001", "C1", **NEW), row("1002", "C1", **NEW)]), "more.csv")
    assert len(box.company.notices()) == 1


def test_without_such_a_step_the_night_decides(engine: Engine) -> None:
    box = Inbox(engine)
    box.drop(table([row("1001")]))
    assert (box.company.queued(), box.company.notices()) == (0, [])
    assert starts.start(ENTITY, ["C-1001"], engine.now) == 0


def test_a_flood_is_left_to_the_night_and_its_brakes(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(starts, "MOST", 1)
    box = Inbox(engine, policy=started("new_invoice"))
    box.drop(table([row("1001", **NEW), row("1002", **NEW)]))
    assert (box.company.queued(), box.company.notices()) == (0, [])
