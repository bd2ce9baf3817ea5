"""What every shipped policy writes, whatever the level: how it goes on, how to pay, whom to ask, what to agree on.

The words themselves are held in every language elsewhere; here each policy is held to messages that have them.
"""

import re
from functools import cache

import pytest

from core.ledger import CustomerKind
from core.policy.load import load_policy, shipped
from core.policy.schema import Policy
from core.render.messages import OF_POLICIES
from tests.core.render_samples import ANNA, CUSTOMER, a_mail, rendered, rich_plan

PROPERTIES = {
    "says that it is automatic": r"This message was written automatically",
    "says how the process works": r"Every day our system compares .+ and writes",
    "says what happens next": r"what happens next",
    "names a person": re.escape(ANNA.name),
    "has the person's phone": re.escape(ANNA.phone or ""),
    "has the person's address": re.escape(ANNA.email or ""),
    "says how to pay": r"how to (pay|give).+DE02 1203 0000 0000 2020 51",
    "offers a promise or a plan": r"on which date .+ in instalments",
    "has a consumer's way out": r"STOP",
}


@cache
def said(template: str) -> str:
    """The text of a message to a consumer, in one line."""
    consumer = CUSTOMER.model_copy(update={"kind": CustomerKind.CONSUMER})
    return " ".join(rendered(a_mail(rich_plan(template), "en", consumer)).text.split())


def templates(policy: Policy) -> set[str]:
    """Every message that the policy may send, switched off or not."""
    of_steps = {step.template for step in policy.steps if step.template}
    return of_steps | {policy.activation.statement} | ({policy.punctual.template} if policy.punctual else set())


@pytest.mark.parametrize("name", shipped())
def test_every_message_keeps_what_all_of_them_keep(name: str) -> None:
    policy = load_policy(shipped()[name], templates=[kind.value for kind in OF_POLICIES])
    assert isinstance(policy, Policy), policy
    for template in templates(policy):
        missing = [what for what, words in PROPERTIES.items() if not re.search(words, said(template), re.IGNORECASE)]
        assert missing == [], template
