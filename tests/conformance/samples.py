"""The least that the core's public functions need around what a case is about: a live entity, a customer, a policy."""

from collections.abc import Mapping
from datetime import date
from typing import Any

from core.decide.account import decide
from core.decide.model import Facts, Setting
from core.ledger import Customer, Entity, Person
from core.policy.schema import Policy
from core.policy.step_facts import step_facts
from core.state import AccountState

ROLE = "customer"  # the one customer-side role of policies made from a case
OWNER = "owner"  # the one role of ours
ADDRESS = "customer@customer.example"


def entity(**changes: Any) -> Entity:
    """A live entity that writes on every day."""
    defaults: dict[str, Any] = {"id": "seller", "name": "Seller", "live": True, "sender": "ar@seller.example"}
    return Entity(**{**defaults, **changes})


def customer(**changes: Any) -> Customer:
    """A customer with an address of its own."""
    return Customer(**{"id": "customer", "name": "Customer", "email": ADDRESS, **changes})


def policy(fields: Mapping[str, Any]) -> Policy:
    """A policy without any of the shipped habits: no gap, no minimum, every day, one unlimited reader."""
    plain: dict[str, Any] = {
        "policy": "case", "version": 1, "send_days": "all", "due_rolls": "off", "min_gap_days": 0, "max_jump": "any",
        "materiality_percent": 0, "materiality_of": "wording", "budget": {"per_day": 9999, "per_seven_days": 9999},
        "hold_after_payment_days": 0,
        "resume": {"after_days": 1, "max_jump": "any"}, "promise_grace_days": 0, "unapplied": "ignore",
        "after_last_step": "nothing", "after_last_owner": OWNER, "fallbacks": {ROLE: ["account"]},
    }  # fmt: skip
    return Policy.model_validate({**plain, **fields})


def setting(made: Policy, others: Mapping[str, Policy] | None = None, **changes: Any) -> Setting:
    """A policy at work for the live entity. Args: `others` that items name."""
    person = Person(id=OWNER, name="Owner", email="owner@seller.example", roles=(OWNER,))
    return Setting(entity=entity(**changes), policy=made, people=(person,), policies=others or {})


def message(**changes: Any) -> dict[str, Any]:
    """A message step to the customer."""
    return {"template": "reminder", "audience": {"customer": [ROLE]}, **changes}


def night(facts: Facts, at_work: Setting, as_of: date) -> AccountState:
    """The account's memory after a night on which the provider takes everything that is planned."""
    decision = decide(facts, at_work, as_of)
    state = decision.state
    for notice in decision.notices:
        state = state.accept(notice.group, notice.steps, step_facts(at_work.policy), as_of)
    return state
