"""What the memory of an account must know of a policy's steps when a message is accepted."""

from collections.abc import Mapping

from core.policy.schema import PUNCTUAL, STATEMENT, Policy, Step
from core.state import StepFacts

_NONE: Mapping[str, Policy] = {}


def step_facts(policy: Policy, others: Mapping[str, Policy] = _NONE) -> dict[str, StepFacts]:
    """By step key, of this version of the account's policy and of the `others` that its items name.

    A step of another policy is known as `policy:step`, so that two policies may use the same short ids.
    """
    facts = {PUNCTUAL: StepFacts(beside=True), STATEMENT: StepFacts(beside=True)}
    for prefix, one in [("", policy), *((f"{name}:", other) for name, other in others.items())]:
        required = {needed for step in one.steps for needed in step.requires_step}
        facts |= {prefix + step.id: _of(step, one, required) for step in one.steps}
    return facts


def _of(step: Step, policy: Policy, required: set[str]) -> StepFacts:
    return StepFacts(
        level=step.level,
        required=step.id in required,
        beside=step.event is not None,
        notice_due_days=step.notice_due_days,
        falls=policy.advance == "state" and policy.falls,
    )
