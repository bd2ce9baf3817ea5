"""Invoices of a company that is chased at its parent: they follow it to another one, with all that is said of them."""

import json
from datetime import timedelta
from typing import Any

import pytest

from core.formats.changes import AccountChanges
from core.ledger import Dispute
from functions.ingest_files import ledger
from functions.shared import money_told
from functions.shared.store import moneys
from local.engine import Engine
from tests.inbox.dropped import Inbox, a_program_tells, a_source
from tests.scenarios.company import ENTITY, NIGHT

OF = {"customer": "S", "invoice": "I1"}
HOLD = {"t": "hold", **OF, "id": "H1", "placed": "2026-03-02"}
DISPUTE = {"t": "dispute", **OF, "id": "D1", "opened": "2026-03-02", "amount": 1_000}


def of(key: str, parent: str | None = None) -> dict[str, Any]:
    about = {"parent": parent, "chase_at": "parent"} if parent else {}
    return {"t": "customer", "id": key, "name": f"Firm {key}", "email": f"ap@{key.lower()}.example", **about}


def bill(n: int, customer: str) -> dict[str, Any]:
    dates = {"issued": "2026-02-01", "due": "2026-03-02"}
    named = {"id": f"I{n}", "number": f"N{n}", "customer": customer, "currency": "EUR"}
    return {"t": "invoice", **named, **dates, "total": 10_000}


def tells(box: Inbox, *told: dict[str, Any]) -> None:
    header = {"t": "header", "version": 1, "source": "books", "as_of": "2026-03-09"}
    box.drop("".join(json.dumps(line) + "\n" for line in (header, *told)).encode(), "books.jsonl")
    assert box.file.state == "taken", box.file.said


def an_inbox(engine: Engine, snapshot: str, *told: dict[str, Any]) -> Inbox:
    box = Inbox(engine, a_source(mapping=None, snapshot=snapshot, most_closed_percent=100))
    tells(box, *told)
    return box


def on_account(box: Inbox) -> list[tuple[str, int]]:
    """What is left of credits, by account."""
    rows = (each for each in box.company.rows("ACCT#") if each["sk"].startswith("C#") and each["open_minor"])
    return sorted((each["pk"].rpartition("#")[2], each["open_minor"]) for each in rows)


def owed(box: Inbox) -> list[tuple[str, str]]:
    """What is open, by account and number."""
    rows = (each for each in box.company.rows("ACCT#") if each["sk"].startswith("I#"))
    return sorted((each["customer"], each["number"]) for each in rows)


@pytest.mark.parametrize(("snapshot", "parent"), [("full", "P2"), ("full", None), ("delta", "P2"), ("delta", None)])
def test_an_invoice_leaves_the_parent_whom_its_customer_had(engine: Engine, snapshot: str, parent: str | None) -> None:
    """It stayed open there even when it was paid."""
    box = an_inbox(engine, snapshot, of("P"), of("P2"), of("S", "P"), bill(1, "S"), bill(2, "S"), bill(3, "P"))
    assert owed(box) == [("P", "N1"), ("P", "N2"), ("P", "N3")]
    paid = {"t": "payment", "id": "X2", "customer": "S", "invoice": "I2", "date": "2026-03-05", "amount": 10_000}
    more = () if snapshot == "full" else (bill(2, "S"), {**paid, "currency": "EUR"})
    for _ in range(2):
        tells(box, of("P"), of("P2"), of("S", parent), bill(1, "S"), *more, bill(3, "P"))
        assert owed(box) == [("P", "N3"), (parent or "S", "N1")]


@pytest.mark.parametrize(("snapshot", "between"), [("full", None), ("delta", "P2")])
def test_it_lies_in_one_place_when_the_parent_comes_back(engine: Engine, snapshot: str, between: str | None) -> None:
    """What is on account goes along, and counts there alone: it was asked for, and counted, in two places."""
    paid = {"t": "payment", "id": "X", "customer": "S", "date": "2026-03-05", "amount": 4_000, "currency": "EUR"}
    box = an_inbox(engine, snapshot, of("P"), of("P2"), of("S", "P"), bill(1, "S"), paid)
    for parent, account in (between, between or "S"), ("P", "P" if between else "S"):
        tells(box, of("P"), of("P2"), of("S", parent), bill(1, "S"), paid)
        assert (owed(box), on_account(box)) == ([(account, "N1")], [(account, 4_000)])


def test_it_is_not_closed_where_another_company_of_the_group_gets_it(engine: Engine) -> None:
    box = an_inbox(engine, "delta", of("P"), of("S", "P"), of("T", "P"), bill(1, "S"))
    tells(box, of("P"), of("T", "P"), bill(1, "T"))
    assert owed(box) == [("P", "N1")]
    assert "reopened" not in {name for name, n in box.file.counts.items() if n}


def test_what_is_disputed_moves_to_the_parent(engine: Engine) -> None:
    box = an_inbox(engine, "delta", of("P"), of("S", "P"), of("A"), bill(1, "A"))
    dispute = Dispute(id="D1", item="I1", amount_minor=10_000, opened_on=NIGHT)
    box.company.knows(AccountChanges(ENTITY, box.company.account("A").facts.customer, disputes=(dispute,)))
    tells(box, of("P"), of("S", "P"), bill(1, "S"))
    assert (owed(box), box.company.account("P").facts.disputes) == ([("P", "N1")], (dispute,))


def test_what_is_disputed_moves_from_an_account_that_the_file_wrote_before(
    engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ledger, "CHUNK", 1)
    box = an_inbox(engine, "full", of("A"), bill(1, "A"), bill(2, "A"), of("B"))
    dispute = Dispute(id="D1", item="I1", amount_minor=10_000, opened_on=NIGHT)
    box.company.knows(AccountChanges(ENTITY, box.company.account("A").facts.customer, disputes=(dispute,)))
    tells(box, of("A"), bill(2, "A"), of("B"), bill(1, "B"))
    assert (owed(box), box.company.account("B").facts.disputes) == ([("A", "N2"), ("B", "N1")], (dispute,))


def test_a_dispute_or_hold_at_the_parent_ends_with_its_ledger(engine: Engine) -> None:
    own = {**HOLD, "id": "H2", "customer": "P", "invoice": None}
    box = an_inbox(engine, "full", of("P"), own, of("S", "P"), bill(1, "S"), HOLD, DISPUTE)
    tells(box, of("P"), own, of("S", "P"), bill(1, "S"))
    found = box.company.account("P").facts
    assert [one.closed_on for one in found.disputes] == [NIGHT]
    assert {one.id: one.until for one in found.holds} == {"H1": NIGHT - timedelta(days=1), "H2": None}


def test_a_program_takes_a_payment_back_where_its_invoice_is_now(engine: Engine) -> None:
    box = an_inbox(engine, "delta", of("A"), bill(1, "A"), of("B"))
    a_program_tells(box, 10_000, "I1")
    tells(box, of("B"), bill(1, "B"))
    assert owed(box) == []
    told = moneys.get(ENTITY, "A", "P1")
    assert told is not None
    back = moneys.put(ENTITY, "A", told.model_copy(update={"gone": ("I1",), "reversed_on": NIGHT}))
    assert back is not None
    money_told.follow(ENTITY, back, today=NIGHT, now=engine.now)
    assert owed(box) == [("B", "N1")]
