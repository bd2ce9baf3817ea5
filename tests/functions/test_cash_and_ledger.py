"""The bank and the ledger tell of the same money in any order: it counts once, and other money counts too."""

import json
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from core.bank import Remittance
from core.formats.changes import AccountChanges, ItemChange
from core.formats.errors import InputError
from core.formats.ledger_files import open_ledger
from core.formats.ledger_import import changes as changes_of
from core.formats.ledger_import import examine
from core.formats.mapping import Mapping
from core.ledger import Entity
from functions.shared import cash_decisions
from functions.shared.cash import book_statement, rematch
from functions.shared.cash_decisions import NotPossibleError
from functions.shared.settings import Settings
from functions.shared.store import bank, config, facts, payments
from functions.shared.store.payments import Use
from functions.shared.wiring import client
from tests.builders import a_customer, an_entity, an_item
from tests.functions.banking import book, company, entry, knows, on_account, open_items, record, statement
from tests.functions.stored import NOW, TODAY, KilledError, changes, watched
from tests.inbox.dropped import HEADER, MAPPING

BOOKED = ItemChange(an_item("I1", number="INV-1"), {"P1": 10_000}, paid_on=TODAY)
BACK: dict[str, Any] = {"reversal": True, "return_reason": "AM04"}


@pytest.fixture
def entity() -> Entity:
    return company()


def read(path: Path, mapping: Mapping | None) -> None:
    """A ledger's file is taken."""
    ledger = open_ledger(path, mapping, "E1")
    assert not isinstance(ledger, InputError)
    report = examine(ledger)
    assert not report.errors
    knows(*changes_of(ledger, report))


def books(path: Path, left: str = "100.00") -> None:
    """A table that says what is open of 100.00."""
    row = f"C1,Customer One,a@b.example,INV-1,2026-02-01,2026-03-02,100.00,{left},EUR"
    (path / "books.csv").write_text(f"{HEADER}\n{row}\n")
    read(path / "books.csv", Mapping.model_validate(MAPPING))


def lines(path: Path, *, noted: bool) -> None:
    """A native ledger: an invoice of 200.00, with a credit note of 100.00 or without."""
    of = {"entity": "E1", "customer": "C1", "currency": "EUR"}
    told: list[dict[str, Any]] = [
        {"t": "header", "version": 1, "source": "books", "as_of": "2026-03-09"},
        {"t": "customer", "id": "C1", "name": "Customer One"},
        {"t": "invoice", **of, "id": "I1", "number": "INV-1", "issued": "2026-02-01", "due": "2026-03-02",
         "total": 20_000},
    ]  # fmt: skip
    told += [{"t": "credit_note", **of, "id": "N1", "invoice": "I1", "date": "2026-03-08", "amount": 10_000}] * noted
    (path / "books.jsonl").write_text("".join(json.dumps(one) + "\n" for one in told))
    read(path / "books.jsonl", None)


# ---------- a credit note is no payment ----------
def test_a_credit_note_as_large_as_the_banks_payment_counts_beside_it(entity: Entity, tmp_path: Path) -> None:
    lines(tmp_path, noted=False)
    book(entity, entry(text="INV-1"))
    lines(tmp_path, noted=True)
    assert (open_items(), on_account()) == ({}, {})


def test_a_payment_as_large_as_a_credit_note_counts_beside_it(entity: Entity, tmp_path: Path) -> None:
    lines(tmp_path, noted=True)
    assert book(entity, entry(text="INV-1")).applied == 1
    assert (open_items(), on_account()) == ({}, {})


# ---------- the ledger first, the bank after it ----------
def test_what_a_table_said_first_counts_once_and_what_follows_counts_too(entity: Entity, tmp_path: Path) -> None:
    books(tmp_path)
    books(tmp_path, "60.00")
    assert book(entity, entry("K1", 4_000, "INV-1")).ignored == 1
    assert book(entity, entry("K2", 4_000, "INV-1")).applied == 1  # as much again, and the bank is first
    for _ in range(2):
        assert (open_items(), on_account()) == ({"INV-1": 2_000}, {})
        books(tmp_path, "20.00")
    assert book(entity, entry("K3", 2_000, "INV-1")).applied == 1
    books(tmp_path, "0.00")
    assert (open_items(), on_account()) == ({}, {})
    book(entity, entry("K4", 2_000, "INV-1"))  # once too often
    assert (open_items(), sum(on_account().values())) == ({}, 2_000)


def test_a_table_that_does_not_say_when_it_was_paid(entity: Entity, tmp_path: Path) -> None:
    books(tmp_path, "0.00")
    assert book(entity, entry("K1", text="INV-1")).ignored == 1
    assert (open_items(), on_account()) == ({}, {})
    assert book(entity, entry("K2", text="INV-1")).on_account == 1  # paid twice: one of them is the ledger's


def test_an_invoice_that_a_full_ledger_does_not_hold_any_more(entity: Entity) -> None:
    for which in ("I1", "I2"):
        knows(changes("C1", an_item("I1", number="INV-1"), an_item("I2", number="INV-2")))
        knows(AccountChanges("E1", a_customer(id="C1"), gone=(which,)))
    knows(AccountChanges("E1", a_customer(id="C1"), gone=("I1", "I2")))
    paid = book(entity, entry("K1", text="INV-1"), entry("K2", text="INV-2"))
    assert (paid.ignored, open_items(), on_account()) == (2, {}, {})


# ---------- the bank first, the ledger after it ----------
def test_money_on_account_whose_invoice_is_gone_from_a_full_ledger(entity: Entity) -> None:
    knows(changes("C1", *(an_item(f"I{n}", number=f"INV-{n}") for n in (1, 2, 3))))
    book(entity, entry("K0", text="INV-3"))
    assert book(entity, entry(text="thanks")).on_account == 1
    knows(AccountChanges("E1", a_customer(id="C1"), gone=("I1",)))
    assert (open_items(), on_account()) == ({"I2": 10_000}, {})


def test_what_is_paid_twice_is_not_lost_when_the_ledger_tells_one(entity: Entity, tmp_path: Path) -> None:
    books(tmp_path)
    book(entity, entry("K1", text="INV-1"))
    books(tmp_path, "0.00")
    assert book(entity, entry("K2", text="INV-1")).on_account == 1
    knows(changes("C1", an_item("I1", number="INV-9")))
    book(entity, entry("K3", text="INV-9"))
    knows(changes("C1", ItemChange(an_item("I1", number="INV-9"), {"P1": 10_000}, paid_on=TODAY)))
    assert book(entity, entry("K4", text="INV-9")).on_account == 1
    assert sum(on_account().values()) == 20_000


def test_a_payment_that_the_ledger_told_after_the_bank_comes_back(entity: Entity) -> None:
    said = Remittance(text="INV-1", end_to_end="E2E-7")
    knows(changes("C1", an_item("I1", number="INV-1")))
    book(entity, entry(remittance=said))
    knows(changes("C1", BOOKED))
    assert open_items() == {}
    assert book(entity, entry("R1", -10_000, remittance=said, **BACK)).reversed == 1
    assert (open_items(), on_account()) == ({"I1": 10_000}, {})
    knows(changes("C1", BOOKED))  # its books have not heard of the return yet
    assert open_items() == {"I1": 10_000}


def test_f27_what_a_table_says_was_paid_after_a_return_counts_anew(entity: Entity, tmp_path: Path) -> None:
    books(tmp_path)
    books(tmp_path, "0.00")
    book(entity, entry("R1", -10_000, "RETURN INV-1", **BACK))
    for left, open_ in (("0.00", 10_000), ("100.00", 10_000), ("0.00", 0)):
        books(tmp_path, left)
        assert sum(open_items().values()) == open_, left


def test_a_worker_dies_and_the_ledger_tells_before_the_next_one_comes(entity: Entity) -> None:
    knows(changes("C1", an_item("I1", number="INV-1")))
    with pytest.raises(KilledError), watched(die_after=4):
        book(entity, entry(text="INV-1"))
    assert (record().state, open_items()) == ("planned", {})
    knows(changes("C1", BOOKED))
    book(entity, entry(text="INV-1"))
    assert (record().state, open_items(), on_account()) == ("applied", {}, {})


def test_what_can_never_be_done_holds_the_next_statement_and_no_ledger(entity: Entity) -> None:
    knows(changes("C1", an_item("I1", number="INV-1")))
    with pytest.raises(KilledError), watched(die_before=3):
        book(entity, entry(text="INV-1"))
    assert (record().state, open_items()) == ("planned", {"I1": 10_000})
    key = {"pk": {"S": "ACCT#E1#C1"}, "sk": {"S": "I#I1"}}
    client("dynamodb").delete_item(TableName=Settings.from_env().table_name, Key=key)
    assert (rematch(entity, NOW), record().state) == (0, "planned")
    with pytest.raises(LookupError, match="I1"):
        book(entity, entry("K2", text="INV-2"))


def test_a_part_that_another_program_tells_after_the_bank(entity: Entity) -> None:
    knows(changes("C1", an_item("I1", number="INV-1", open_minor=20_000)))
    book(entity, entry(text="INV-1"))
    for n, on in enumerate((TODAY, TODAY + timedelta(days=30))):  # the same; then as much again
        use = Use(f"P{n}", "EUR", 10_000, on, parts={"I1": 10_000})
        for _ in range(2):
            payments.book("E1", "C1", use, today=TODAY, now=NOW)
        assert (sum(open_items().values()), on_account()) == (10_000 - n * 10_000, {})


# ---------- what a person may not do ----------
def test_what_the_ledger_tells_by_now_is_not_taken_off_here(entity: Entity) -> None:
    knows(changes("C1", an_item("I1", number="INV-1")))
    book(entity, entry(text="INV-1"))
    knows(changes("C1", BOOKED))
    with pytest.raises(NotPossibleError, match="the ledger tells"):
        cash_decisions.unapply(record().id, by="anna", entity=entity, now=NOW)
    assert (open_items(), on_account()) == ({}, {})


def test_a_payment_comes_back_once_and_in_its_own_company(entity: Entity) -> None:
    other = an_entity(id="E2", bank_accounts=entity.bank_accounts)
    assert config.put_entity(other, was=0)
    knows(changes("C1", an_item("I1", number="INV-1")))
    facts.apply_account(changes("C1", entity="E2"), today=TODAY, now=NOW)
    unclear: dict[str, Any] = {"reversal": True, "payer_account": None, "payer_name": None}
    book(entity, entry(text="INV-1"), entry("R1", -10_000, "", **unclear))
    book(entity, entry("R2", -10_000, "", **unclear))
    book_statement(statement(entry("R3", -10_000, "", **unclear)), other, "bank-2", NOW)
    with pytest.raises(NotPossibleError, match="there is no payment"):
        cash_decisions.returns(bank.entry_id("E2", "R3"), record().id, by="anna", entity=other, now=NOW)
    cash_decisions.returns(record("R1").id, record().id, by="anna", entity=entity, now=NOW)
    with pytest.raises(NotPossibleError, match="nothing of it can come back"):
        cash_decisions.returns(record("R2").id, record().id, by="anna", entity=entity, now=NOW)
    assert list(bank.half_done("E2")) == []
