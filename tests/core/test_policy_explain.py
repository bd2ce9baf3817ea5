"""A policy in plain words."""

import pytest

from core.policy.explain import explain
from core.policy.load import load_policy, shipped
from core.policy.schema import Policy


def words(name: str, **changes: object) -> list[str]:
    policy = load_policy(shipped()[name])
    assert isinstance(policy, Policy)
    return explain(policy.model_copy(update=changes))


def test_the_steps_are_told_in_time_with_who_hears_of_them() -> None:
    said = words("machinery-manufacturer")
    assert said[1].startswith(
        "7 days before due (step a): the mail 'friendly' goes to the customer's AP contact, level 0"
    )
    assert any(
        line.startswith("31 days past due (step d): a task 'phone-call' for customer service rep") for line in said
    )
    assert any("again every day until it is settled" in line for line in said)
    assert any("only after 10 mails of step f" in line for line in said)
    assert all(line.endswith(".") for line in said)


@pytest.mark.parametrize("name", shipped())
def test_every_step_is_told(name: str) -> None:
    policy = load_policy(shipped()[name])
    assert isinstance(policy, Policy)
    text = "\n".join(explain(policy))
    for step in policy.steps:
        assert f"(step {step.id})" in text
        for role in (*step.audience.customer, *step.audience.ours):
            assert role.replace("ap_", "AP ").replace("ar_", "AR ").replace("_", " ").replace("ceo", "CEO") in text


@pytest.mark.parametrize(("changes", "expected"), [
    ({"send_days": "business_days"}, "Mails leave on the reader's business days only."),
    ({"due_rolls": "off"}, "Days count from the due date as printed, weekend or not."),
    ({"min_gap_days": 5}, "Between two mails to an account lie at least 5 days."),
    ({"max_jump": 1}, "A mail is at most 1 level above the last one that was accepted for the invoice."),
    ({"materiality_percent": 25},
     "A level sets the tone when the invoices at it make up at least 25 % of what is overdue."),
    ({"promise_grace_days": 1}, "A promise holds the reminders of its amount until its date and 1 business day more."),
])  # fmt: skip
def test_a_rule_is_told_with_its_value(changes: dict[str, object], expected: str) -> None:
    assert expected in words("machinery-manufacturer", **changes)


def test_minimums_are_written_as_money() -> None:
    text = GOOD.format(minimum="{ account: { EUR: 2550, JPY: 3000 } }")
    policy = load_policy(text)
    assert isinstance(policy, Policy)
    assert "Nothing goes out to an account that owes less than €25.50 or ¥3,000." in explain(policy)


GOOD = """
policy: test
version: 1
minimum: {minimum}
steps: [{{ id: a, offset_days: 1, template: reminder, audience: {{ customer: [ap_contact] }} }}]
"""
