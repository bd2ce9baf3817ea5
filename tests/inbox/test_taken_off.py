"""What a ledger moves or deletes: a payment counts where it is, and a dispute or hold that is gone is over."""

import json
from datetime import timedelta
from typing import Any

import pytest

from core.formats.changes import AccountChanges
from core.ledger import Hold
from functions.shared.store.settlements import Settlement
from local.engine import Engine
from tests.inbox.dropped import Inbox, a_program_tells, a_source
from tests.scenarios.company import ENTITY, NIGHT
from tests.settling import settle_items

OF = {"customer": "C1", "currency": "EUR"}
CUSTOMER = {"t": "customer", "id": "C1", "name": "One", "email": "ap@c1.example"}
DATES = {"issued": "2026-02-01", "due": "2026-03-02"}
I1, I2 = ({"t": "invoice", **OF, "id": f"I{n}", "number": f"N{n}", **DATES, "total": 10_000} for n in (1, 2))


def paid(invoice: str | None, amount: int = 10_000) -> dict[str, Any]:
    return {"t": "payment", **OF, "id": "P1", "invoice": invoice, "date": "2026-03-05", "amount": amount}


def an_inbox(engine: Engine, snapshot: str, *told: dict[str, Any]) -> Inbox:
    box = Inbox(engine, a_source(mapping=None, snapshot=snapshot))
    tells(box, *told)
    return box


def tells(box: Inbox, *told: dict[str, Any], source: str = "books") -> None:
    header = {"t": "header", "version": 1, "source": "books", "as_of": "2026-03-09"}
    box.drop("".join(json.dumps(line) + "\n" for line in (header, CUSTOMER, *told)).encode(), "books.jsonl", source)
    assert box.file.state.over


def owed(box: Inbox) -> tuple[dict[str, int], int]:
    """What is open by number, and what is on account."""
    return box.open(), sum(credit.open_minor for credit in box.company.account("C1").facts.credits)


@pytest.mark.parametrize("snapshot", ["full", "delta"])
def test_a_payment_that_was_posted_on_the_wrong_invoice(engine: Engine, snapshot: str) -> None:
    box = an_inbox(engine, snapshot, I1, I2, paid("I1"))
    assert owed(box) == ({"N2": 10_000}, 0)
    tells(box, I1, I2, paid("I2"))
    assert owed(box) == ({"N1": 10_000}, 0)
    tells(box, I1, I2, paid("I1"))
    assert owed(box) == ({"N2": 10_000}, 0)


def test_a_delta_that_names_one_of_the_two_invoices_has_nobody_asked_for_what_is_paid(engine: Engine) -> None:
    """Which other invoice the payment lay on it does not say; the next file that names both puts it right."""
    box = an_inbox(engine, "delta", I1, I2, paid("I1"))
    tells(box, I1, paid("I2"))
    assert (box.file.state, box.file.code, owed(box)) == ("refused", "UNKNOWN_REF", ({"N2": 10_000}, 0))
    for told, left in ((I2, paid("I2")), {}), ((I1,), {}), ((I1, I2, paid("I2")), {"N1": 10_000}):
        tells(box, *told)
        assert owed(box) == (left, 0)


def test_a_payment_that_was_deleted_and_comes_back(engine: Engine) -> None:
    """What others told stays: a program of the company, or a file of another book."""
    box = an_inbox(engine, "full", I1, I2, paid("I1"))
    settle_items(ENTITY, "C1", [Settlement("I2", {"X1": 4_000})], today=NIGHT, now=engine.now)
    for told, left in ((), 10_000), ((paid("I1", 3_000),), 7_000), ((paid("I1"),), 0), ((), 10_000):
        tells(box, I1, I2, *told)
        assert owed(box) == ({"N2": 6_000} | ({"N1": left} if left else {}), 0)


def test_a_payment_that_a_program_told_too_stays(engine: Engine) -> None:
    box = an_inbox(engine, "full", I1)
    a_program_tells(box, 3_000, "I1", "C1")
    for told in (paid("I1", 3_000),), ():
        tells(box, I1, *told)
        assert owed(box) == ({"N1": 7_000}, 0)


@pytest.mark.parametrize("snapshot", ["full", "delta"])
def test_a_payment_that_was_on_account_and_is_posted_on_an_invoice(engine: Engine, snapshot: str) -> None:
    """Else it would cover the other invoice too."""
    box = an_inbox(engine, snapshot, I1, I2, paid(None))
    assert owed(box) == ({"N1": 10_000, "N2": 10_000}, 10_000)
    tells(box, I1, I2, paid("I1"))
    assert owed(box) == ({"N2": 10_000}, 0)
    tells(box, I1, I2, paid("I1", 12_000))
    assert owed(box) == ({"N2": 10_000}, 2_000)


def test_two_sources_that_number_alike(engine: Engine) -> None:
    """The second one's payment was the first one's, moved: that invoice was asked for again."""
    other = a_source("shop", mapping=None, own_numbers=True)
    box = Inbox(engine, a_source(mapping=None), other)
    tells(box, I1, I2, paid("I1", 4_000), {**paid(None, 500), "id": "P2"})
    back = {"t": "payment_reversal", "customer": "C1", "id": "R1", "payment": "P3", "date": "2026-03-06"}
    theirs = paid("I2", 3_000), {**paid(None, 100), "id": "P2"}, {**paid("I2", 1_000), "id": "P3"}, back
    tells(box, I1, I2, *theirs, source="shop")
    assert owed(box) == ({"N1": 6_000, "N2": 7_000}, 600)


def test_a_dispute_or_hold_that_a_full_file_does_not_set_any_more_is_over(engine: Engine) -> None:
    """The invoice would never be asked for again. What was said by others stays."""
    of_invoice = {"customer": "C1", "invoice": "I1"}
    hold = {"t": "hold", **of_invoice, "id": "H1", "placed": "2026-03-02"}
    dispute = {"t": "dispute", **of_invoice, "id": "D1", "opened": "2026-03-02", "amount": 1_000}
    box = an_inbox(engine, "full", I1, I2, hold, {**hold, "id": "H2", "invoice": None}, dispute)
    told = AccountChanges(ENTITY, box.company.account("C1").facts.customer, holds=(Hold(id="H3", item="I2"),))
    box.company.knows(told)
    for again in ((hold, {**hold, "id": "H2", "invoice": None}, dispute), (), ()):
        tells(box, I1, I2, *again)
        found = box.company.account("C1").facts
        assert [one.closed_on for one in found.disputes] == [None if again else NIGHT]
        ended = None if again else NIGHT - timedelta(days=1)
        assert {one.id: one.until for one in found.holds} == {"H1": ended, "H2": ended, "H3": None}
    tells(box, I1, I2, hold, dispute)  # it was left out by mistake
    found = box.company.account("C1").facts
    assert ({one.id: one.until for one in found.holds}["H1"], found.disputes[0].closed_on) == (None, None)


def test_a_payment_whose_id_begins_like_another_keeps_its_day(engine: Engine) -> None:
    """A promise that it kept was told to be broken."""
    box = an_inbox(engine, "full", I1, I2)
    other = {**paid("I1", 2_000), "id": "P1 b"}
    for told in (paid("I1", 1_000), other), (other,):
        tells(box, I1, I2, *told)
        parts = next(item for item in box.company.account("C1").facts.items if item.id == "I1").part_payments
        assert [part.recorded_on for part in parts] == [NIGHT for _ in told]


def test_what_two_files_told_in_part_or_with_mistakes_is_over_with_the_next(engine: Engine) -> None:
    """It was ended twice in one request, which is refused: no file was ever taken again."""
    hold = {"t": "hold", "customer": "C1", "invoice": "I1", "id": "H1", "placed": "2026-03-02"}
    box = Inbox(engine, a_source(mapping=None, snapshot="full", skip_bad=True))
    for told in (), ({**I2, "id": "I3", "total": "x"},):
        tells(box, I1, I2, hold, paid("I1", 1_000), *told)
    tells(box, I1, I2)
    found = box.company.account("C1").facts
    assert ([one.until for one in found.holds], owed(box)[0]["N1"]) == ([NIGHT - timedelta(days=1)], 10_000)


def test_the_bank_is_told_again_in_the_file_that_corrects_the_currency(engine: Engine) -> None:
    box = an_inbox(engine, "full", I1)
    settle_items(ENTITY, "C1", [Settlement("I1", {"bank:B1": 4_000})], today=NIGHT, now=engine.now)
    tells(box, {**I1, "currency": "USD", "total": 11_000}, {**paid("I1", 4_400), "currency": "USD"})
    assert owed(box) == ({"N1": 6_600}, 0)


def test_many_credits_hide_no_invoices_that_are_missing(engine: Engine) -> None:
    on_account = [{**paid(None, 100), "id": f"P{n}"} for n in range(20)]
    box = an_inbox(engine, "full", I1, I2, *on_account)
    box.drop(
        json.dumps({"t": "header", "version": 1, "source": "books", "as_of": "2026-03-09"}).encode()
        + b"\n"
        + "".join(json.dumps(line) + "\n" for line in (CUSTOMER, I1, *on_account)).encode(),
        "less.jsonl",
    )
    assert (box.file.state, box.file.code) == ("held", "CLOSES_TOO_MANY")
