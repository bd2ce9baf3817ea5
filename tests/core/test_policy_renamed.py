"""A step under another id: found by what it does and when, with what that means for whoever had it."""

from typing import Any

import pytest

from core.policy.renamed import renamed
from core.policy.schema import Policy

MAIL = {"id": "a", "offset_days": 7, "level": 1, "template": "reminder", "audience": {"customer": ["ap_contact"]}}
FEE = {
    "id": "fee", "offset_days": 20, "effect": "fee", "fee": {"type": "flat", "flat": {"EUR": 500}}, "adverse": "fee",
    "requires_step": ["a"],
}  # fmt: skip
CALL = {"id": "call", "offset_days": 20, "effect": "task", "task": "t", "audience": {"ours": ["accounting"]}}


def policy(*steps: dict[str, Any]) -> Policy:
    return Policy.model_validate({"policy": "p", "version": 1, "steps": steps})


@pytest.mark.parametrize(("step", "means"), [
    (MAIL, "who got it stands at its level"),
    ({**MAIL, "level": 0}, "who got it may get it again"),
    ({**MAIL, "repeat": {"every_days": 7}}, "its repeats begin anew"),
    (CALL, "it is done again"),
])  # fmt: skip
def test_what_it_means_depends_on_the_step(step: dict[str, Any], means: str) -> None:
    (one,) = renamed(policy(step), policy({**step, "id": "new"}))
    assert (one.old, one.new, one.place, one.means.startswith(means)) == (step["id"], "new", 0, True)


def test_a_fee_is_charged_again() -> None:
    (one,) = renamed(policy(MAIL, FEE), policy(MAIL, {**FEE, "id": "late-fee"}))
    assert (one.place, one.means) == (1, "who was charged is charged again")


@pytest.mark.parametrize("after", [
    [MAIL, {**CALL, "offset_days": 7}],  # added
    [{**MAIL, "id": "b", "offset_days": 8}],  # another day
    [{**MAIL, "id": "b", "level": 2}],
    [{**CALL, "id": "b", "offset_days": 7}],
    [{**MAIL, "id": "b", "off": True}],
])  # fmt: skip
def test_another_step_is_none_under_another_id(after: list[dict[str, Any]]) -> None:
    assert list(renamed(policy(MAIL), policy(*after))) == []
