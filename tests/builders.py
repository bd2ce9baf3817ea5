"""Values for tests, each with sensible defaults and keyword changes."""

from datetime import UTC, date, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML

from core.decide.model import Facts, Setting
from core.ledger import Contact, Customer, Entity, Item, Person
from core.policy.schema import Policy
from core.state import AccountState, ItemState

DUE = date(2026, 3, 2)  # a Monday
POLICIES = Path(__file__).parent.parent / "core" / "policy"


@cache
def _shipped(name: str) -> dict[str, Any]:
    data: dict[str, Any] = YAML(typ="safe", pure=True).load((POLICIES / f"{name}.yaml").read_text())
    return data


def a_policy(name: str = "machinery-manufacturer", **changes: Any) -> Policy:
    """A shipped policy with some fields changed."""
    return Policy.model_validate({**_shipped(name), **changes})


def an_entity(**changes: Any) -> Entity:
    """A live entity in UTC that runs at six."""
    defaults: dict[str, Any] = {
        "id": "E1", "name": "Example Machines", "live": True, "sender": "ar@example.test",
        "contact_person": "accounting",
    }  # fmt: skip
    return Entity(**{**defaults, **changes})


ROLES = (
    "accounting", "customer_service_manager", "customer_service_rep", "sales_rep", "sales_manager",
    "sales_rep_supervisor", "ceo",
)  # fmt: skip


def people() -> tuple[Person, ...]:
    """One person a role, named after it."""
    return tuple(
        Person(
            id=role,
            name=role.replace("_", " ").title(),
            email=f"{role}@example.test",
            phone="+1 555 0100",
            roles=(role,),
        )
        for role in ROLES
    )


def a_setting(policy: Policy | None = None, **entity: Any) -> Setting:
    """Machinery-manufacturer for a live entity with all roles filled."""
    return Setting(entity=an_entity(**entity), policy=policy or a_policy(), people=people())


def a_customer(**changes: Any) -> Customer:
    """A business customer that speaks English."""
    return Customer(**{"id": "C1", "name": "Customer One", "language": "en", **changes})


def contacts() -> tuple[Contact, ...]:
    """An AP contact and an AP manager."""
    return (
        Contact(id="k1", customer="C1", name="Pat Payable", email="ap@customer.example", roles=("ap_contact",)),
        Contact(id="k2", customer="C1", name="Max Manager", email="manager@customer.example", roles=("ap_manager",)),
    )


def an_item(item_id: str = "I1", *, due_on: date = DUE, open_minor: int = 10_000, **changes: Any) -> Item:
    """An invoice over 100.00 EUR with thirty days' terms."""
    defaults: dict[str, Any] = {
        "id": item_id, "customer": "C1", "number": f"INV-{item_id}",
        "issued_on": due_on - timedelta(days=30), "due_on": due_on,
        "currency": "EUR", "original_minor": open_minor, "open_minor": open_minor,
    }  # fmt: skip
    return Item(**{**defaults, **changes})


def facts(*items: Item, state: AccountState | None = None, **changes: Any) -> Facts:
    """The facts of one account with its two contacts."""
    defaults: dict[str, Any] = {
        "customer": a_customer(), "contacts": contacts(), "items": items, "state": state or AccountState(),
    }  # fmt: skip
    return Facts(**{**defaults, **changes})


def on(dpd: int, due_on: date = DUE) -> date:
    """The date on which an item due on `due_on` is that many days past due."""
    return due_on + timedelta(days=dpd)


def had(level: int, dpd: int, **changes: Any) -> ItemState:
    """What is remembered of an item that got a step of `a_ladder` on that day and all steps before it."""
    return ItemState(level, f"l{level}", level, last_on=on(dpd), climbed_on=on(dpd), **changes)


def at(day: date, hour: int = 8) -> datetime:
    """A UTC hour of a day."""
    return datetime(day.year, day.month, day.day, hour, tzinfo=UTC)


AP = {"customer": ["ap_contact"]}
RUNGS: tuple[dict[str, Any], ...] = tuple(
    {"id": f"l{level}", "offset_days": days, "level": level, "template": "reminder", "audience": AP}
    for level, days in ((1, 7), (2, 14), (3, 30), (4, 60))
)


def a_ladder(*steps: dict[str, Any], rungs: tuple[dict[str, Any], ...] = RUNGS, **changes: Any) -> Policy:
    """Levels 1 to 4 at +7, +14, +30 and +60 and these steps; no limits, every day is a send day, one day's gap."""
    calm = {
        "policy": "ladder", "version": 1, "send_days": "all", "due_rolls": "off", "min_gap_days": 1, "max_jump": "any",
        "after_last_step": "nothing",
    }  # fmt: skip
    return Policy.model_validate({**calm, "steps": [*rungs, *steps], **changes})


def an_event(event: str, **changes: Any) -> dict[str, Any]:
    """A message step that an event starts at once."""
    told = {"id": event.rpartition("_")[2], "anchor": "event", "event": event, "offset_days": 0}
    return {**told, "template": "reminder", "audience": AP, **changes}
