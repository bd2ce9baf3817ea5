"""Our own people in a mail to a customer: what becomes of their copy says nothing of its reader."""

from typing import Any

import pytest

from core.delivery import DeliveryEvent
from core.keys import address_hash
from functions.record_feedback.events import read_event

READER, OURS = "ap@customer.example", "accounting@example.test"


def event(kind: str, *addresses: str, cc: tuple[str, ...] = (OURS,)) -> dict[str, Any]:
    """An event about some of the addresses of a mail."""
    failed = [{"emailAddress": address} for address in addresses]
    bodies: dict[str, dict[str, Any]] = {
        "Delivery": {"delivery": {"recipients": list(addresses)}},
        "Bounce": {"bounce": {"bounceType": "Permanent", "bouncedRecipients": failed}},
        "Complaint": {"complaint": {"complainedRecipients": failed}},
    }
    mail = {"messageId": "m", "tags": {"notice_id": ["N"]}, "commonHeaders": {"to": [READER], "cc": list(cc)}}
    return {"detail": {"eventType": kind, "mail": mail, **bodies[kind]}}


@pytest.mark.parametrize(
    ("kind", "addresses", "heard", "off"),
    [
        ("Delivery", (READER,), DeliveryEvent.DELIVERY, ()),
        ("Delivery", (READER, OURS), DeliveryEvent.DELIVERY, ()),
        ("Delivery", (OURS,), None, ()),
        ("Bounce", (READER,), DeliveryEvent.HARD_BOUNCE, (READER,)),
        ("Bounce", (READER, OURS), DeliveryEvent.HARD_BOUNCE, (READER,)),
        ("Bounce", (OURS,), None, ()),
        ("Complaint", (OURS,), None, ()),
    ],
)
def test_what_becomes_of_a_copy_is_no_news_of_the_reader(
    kind: str, addresses: tuple[str, ...], heard: DeliveryEvent | None, off: tuple[str, ...]
) -> None:
    found = read_event(event(kind, *addresses))
    assert (found.kind, found.addresses) == (heard, tuple(address_hash(address) for address in off))


def test_a_name_beside_a_copied_address_changes_nothing() -> None:
    assert read_event(event("Delivery", OURS, cc=(f"Accounting <{OURS}>",))).kind is None
