"""A short ladder with harsh steps beside it, and the memory of an item that was warned in time."""

from dataclasses import replace
from datetime import date
from typing import Any

from core.decide.account import decide
from core.decide.model import Decision, Facts, Setting
from core.ledger import Approval
from core.policy.schema import Policy
from core.state import AccountState, ItemState, Sent
from tests.builders import a_setting, on

WARNING = {
    "id": "warn", "offset_days": 14, "level": 1, "template": "warning", "audience": {"customer": ["ap_contact"]},
}  # fmt: skip
HOLD = {
    "id": "hold", "offset_days": 60, "effect": "credit_hold", "adverse": "credit_hold", "requires_step": ["warn"],
    "audience": {"ours": ["accounting"]},
}  # fmt: skip
LEGAL = {
    "id": "legal", "offset_days": 90, "effect": "proposal", "proposal": "court", "adverse": "legal",
    "requires_step": ["warn"], "audience": {"ours": ["sales_manager"]},
}  # fmt: skip
MARK = {"id": "mark", "offset_days": 30, "effect": "status", "status": "late"}
WARNED = ItemState(1, "warn", 1, last_on=on(14), sent={"warn": Sent(on(14), on(14))})


def harsh_policy(*steps: dict[str, Any], **changes: Any) -> Policy:
    """One warning at +14 and these steps; every day is a send day and nothing follows the last step."""
    calm = {
        "policy": "harsh", "version": 1, "send_days": "all", "due_rolls": "off", "min_gap_days": 1, "max_jump": "any",
        "after_last_step": "nothing",
    }  # fmt: skip
    return Policy.model_validate({**calm, "steps": [WARNING, *steps], **changes})


def harsh_setting(*steps: dict[str, Any], entity: dict[str, Any] | None = None, **changes: Any) -> Setting:
    """A live entity with that policy."""
    return a_setting(harsh_policy(*steps, **changes), **(entity or {}))


def warned(*ids: str, **changes: Any) -> AccountState:
    """The memory of an account whose items all had their warning, delivered at +14."""
    return AccountState(items=dict.fromkeys(ids or ("I1",), WARNED), **changes)


def granted(proposal: str, day: date, *, yes: bool = True) -> Approval:
    return Approval(proposal=proposal, granted=yes, decided_on=day, by="accounting")


def again(known: Facts, before: Decision, setting: Setting, day: date, **changes: Any) -> Decision:
    """The decision of a later night, with the memory that the one before left."""
    return decide(replace(known, state=before.state, **changes), setting, day)
