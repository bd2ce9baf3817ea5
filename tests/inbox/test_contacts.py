"""Contacts that a full file lists no more: nobody writes to them, and what is known of their addresses stays."""

import json
from typing import Any

from core.keys import address_hash
from functions.shared.store import customers
from local.engine import Engine
from tests.inbox.dropped import Inbox, a_source
from tests.scenarios.company import NIGHT

FIRMS = ["C0", "C1"]


def contact(firm: str, key: str, **about: Any) -> dict[str, Any]:
    return {"t": "contact", "id": key, "customer": firm, "name": key, "email": f"{key}@{firm.lower()}.example", **about}


def lines(*more: dict[str, Any], firms: list[str] = FIRMS, leads: list[str] = FIRMS) -> bytes:
    """Firms with an invoice and an address each, and with somebody who leads."""
    told: list[dict[str, Any]] = [{"t": "header", "version": 1, "source": "books", "as_of": str(NIGHT)}]
    for firm in firms:
        dates = {"issued": "2026-02-01", "due": "2026-03-02", "currency": "EUR", "total": 10_000}
        told += [
            {"t": "customer", "id": firm, "name": firm, "email": f"ap@{firm.lower()}.example"},
            *([contact(firm, "lead", roles=["ap_manager"])] if firm in leads else []),
            *(one for one in more if one["customer"] == firm),
            {"t": "invoice", "id": f"I{firm}", "number": f"N{firm}", "customer": firm, **dates},
        ]
    return "".join(json.dumps(line) + "\n" for line in told).encode()


def reached(box: Inbox, firm: str = "C1") -> list[str]:
    """The contacts who are written to."""
    return sorted(one.id for one in box.company.account(firm).facts.contacts if one.email and one.off is None)


def drop(box: Inbox, content: bytes) -> tuple[str, str]:
    box.drop(content, "books.jsonl")
    return box.file.state, box.file.code


def test_who_is_listed_no_more_is_written_to_no_more(engine: Engine) -> None:
    box = Inbox(engine, a_source(mapping=None, most_closed_percent=50))
    clerk = contact("C1", "clerk", phone="+44 20 5550 0100", texts=["sms"])
    assert drop(box, lines(clerk)) == ("taken", "")
    assert reached(box) == ["clerk", "lead"]
    assert customers.switch_off("C1", address_hash("clerk@c1.example"), "HARD_BOUNCE")
    assert drop(box, lines()) == ("taken", "")
    left = {one.id: one for one in box.company.account("C1").facts.contacts}["clerk"]
    assert (left.email, left.phone, left.texts, left.off) == (None, None, ("sms",), "HARD_BOUNCE")
    assert reached(box) == ["ap", "lead"]
    drop(box, lines(clerk))  # it was left out by mistake
    assert reached(box) == ["lead"]


def test_what_a_file_does_not_speak_of_stays(engine: Engine) -> None:
    """A file without contact lines; one that does not name the customer, and the next that does."""
    box = Inbox(engine, a_source(mapping=None, most_closed_percent=50))
    drop(box, lines())
    drop(box, lines(leads=[]))
    assert reached(box) == ["ap", "lead"]
    drop(box, lines(firms=["C0"]))
    assert drop(box, lines(leads=["C0"])) == ("taken", "")
    assert (reached(box), reached(box, "C0")) == (["ap"], ["ap", "lead"])


def test_too_many_at_once_wait_for_a_person(engine: Engine) -> None:
    """Addresses of firms themselves do not make those of people fewer."""
    box = Inbox(engine, a_source(mapping=None, most_closed_percent=30))
    drop(box, lines())
    renamed = [contact(firm, "head", roles=["ap_manager"]) for firm in FIRMS]
    assert drop(box, lines(*renamed, leads=[])) == ("taken", "")
    assert drop(box, lines(renamed[0], leads=[])) == ("held", "CONTACTS_MISSING")
    assert (box.file.said[:38], reached(box)) == ("would end the mail to 1 of 2 contacts ", ["ap", "head"])
