"""What the memory of an account must know of a policy's steps when a message is accepted."""

from typing import Final

from core.policy.schema import Policy, Step
from core.state import StepFacts

PUNCTUAL: Final = "punctual"  # the friendly word to a usually punctual payer: a step of no ladder
STATEMENT: Final = "statement"  # the neutral first message of an old ledger


def step_facts(policy: Policy) -> dict[str, StepFacts]:
    """By step id, of this version of the policy."""
    required = {needed for step in policy.steps for needed in step.requires_step}
    facts = {step.id: _of(step, policy, required) for step in policy.steps}
    return {PUNCTUAL: StepFacts(beside=True), STATEMENT: StepFacts(beside=True), **facts}


def _of(step: Step, policy: Policy, required: set[str]) -> StepFacts:
    return StepFacts(
        level=step.level,
        required=step.id in required,
        beside=step.event is not None,
        notice_due_days=step.notice_due_days,
        falls=policy.advance == "state",
    )
