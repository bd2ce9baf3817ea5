"""Roles resolved to people: chains and gaps on the customer's side, nearest wins on ours."""

from typing import Any

import pytest

from core.decide.model import Setting
from core.decide.readers import customer_readers, our_people
from core.ledger import Contact, Person
from tests.builders import a_customer, a_policy, a_setting, an_entity, facts, people

BOTH = ("ap_contact", "ap_manager")


def contact(contact_id: str, *roles: str, **changes: Any) -> Contact:
    return Contact(
        **{"id": contact_id, "customer": "C1", "email": f"{contact_id}@c.example", "roles": roles, **changes}
    )


def read(roles: tuple[str, ...], *known: Contact, **customer: Any) -> tuple[list[tuple[str, str]], tuple[str, ...]]:
    about = facts(contacts=known, customer=a_customer(**customer))
    readers, missing = customer_readers(about, a_setting(), roles)
    return [(reader.contact, reader.role) for reader in readers], missing


@pytest.mark.parametrize(
    ("known", "customer", "found", "missing"),
    [
        ([contact("k1", "ap_contact")], {}, [("k1", "ap_contact")], ()),
        ([contact("k1", "main_contact")], {}, [("k1", "ap_contact")], ()),  # next in the chain
        ([], {"email": "office@c.example"}, [("", "ap_contact")], ()),  # the account's own address
        ([contact("k1", "sales")], {}, [], ("ap_contact",)),
        ([contact("k1", "ap_contact", email=None), contact("k2", "main_contact")], {}, [("k2", "ap_contact")], ()),
        ([contact("k1", "ap_contact", off="bounced"), contact("k2", "main_contact")], {}, [("k2", "ap_contact")], ()),
        ([contact("k1", "ap_contact", off="bounced")], {"email": "K1@C.example"}, [], ("ap_contact",)),  # the same one
        (
            [contact("k1", "ap_contact"), contact("k2", "ap_contact")],
            {},
            [("k1", "ap_contact"), ("k2", "ap_contact")],
            (),
        ),
    ],
)
def test_the_chain_of_the_ap_contact(
    known: list[Contact], customer: dict[str, Any], found: list[tuple[str, str]], missing: tuple[str, ...]
) -> None:
    assert read(("ap_contact",), *known, **customer) == (found, missing)


def test_the_accounts_own_address_is_written_to() -> None:
    about = facts(contacts=(), customer=a_customer(email="office@c.example"))
    (reader,), _ = customer_readers(about, a_setting(), ("ap_contact",))
    assert (reader.email, reader.name) == ("office@c.example", None)


def test_a_role_without_a_chain_is_missing_and_the_others_still_read() -> None:
    assert read(BOTH, contact("k1", "ap_contact")) == ([("k1", "ap_contact")], ("ap_manager",))


def test_one_address_gets_one_copy() -> None:
    same = contact("k2", "ap_manager", email="K1@c.EXAMPLE")
    assert read(BOTH, contact("k1", "ap_contact"), same) == ([("k1", "ap_contact")], ())
    assert read(BOTH, contact("k1", *BOTH)) == ([("k1", "ap_contact")], ())


@pytest.mark.parametrize(
    ("of_contact", "of_customer", "expected"),
    [
        ({"language": "fr", "zone": "Asia/Tokyo"}, {"language": "de", "zone": "Europe/Berlin"}, ("fr", "Asia/Tokyo")),
        ({}, {"language": "de", "zone": "Europe/Berlin"}, ("de", "Europe/Berlin")),
        ({}, {"language": None}, ("en", "UTC")),
    ],
)
def test_language_and_zone_come_from_the_nearest(
    of_contact: dict[str, Any], of_customer: dict[str, Any], expected: tuple[str, str]
) -> None:
    about = facts(contacts=(contact("k1", "ap_contact", **of_contact),), customer=a_customer(**of_customer))
    readers, _ = customer_readers(about, a_setting(), ("ap_contact",))
    assert [(reader.language, reader.zone) for reader in readers] == [expected]


def ours(role: str, *extra: Person, team: dict[str, str] | None = None) -> list[str]:
    setting = Setting(entity=an_entity(), policy=a_policy(), people=(*people(), *extra))
    return [person.id for person in our_people(facts(customer=a_customer(team=team or {})), setting, role)]


def test_the_customers_own_team_wins_over_the_role() -> None:
    assert ours("sales_rep") == ["sales_rep"]
    assert ours("sales_rep", team={"sales_rep": "ceo"}) == ["ceo"]
    assert ours("sales_rep", team={"sales_rep": "left-the-company"}) == ["sales_rep"]
    assert ours("sales_rep", Person(id="gone", name="Gone"), team={"sales_rep": "gone"}) == ["sales_rep"]


def test_a_person_of_another_entity_does_not_hear() -> None:
    here = Person(id="here", name="Here", roles=("clerk",), entities=("E1", "E2"))
    there = Person(id="there", name="There", roles=("clerk",), entities=("E2",))
    assert ours("clerk", here, there) == ["here"]
    assert ours("clerk", there) == []
