"""An invoice that a ledger names under another customer from one file to the next: asked for there alone, and once."""

from datetime import timedelta
from typing import Any

import pytest

from core.bank import BankEntry, BankStatement, Remittance
from core.formats.changes import AccountChanges
from core.ledger import BankAccount, Credit, CreditKind, Dispute, Promise
from functions.shared import cash_decisions
from functions.shared.cash import Booked, book_statement
from functions.shared.store import config
from functions.shared.store.bank import waiting as waiting_entries
from functions.shared.store.inbox import FileState
from local.engine import Engine
from local.engine.faults import Killed
from tests.inbox.dropped import Inbox, a_program_tells, a_source, row, table
from tests.scenarios.company import ENTITY, NIGHT

IBAN = "DE89370400440532013000"
BACK: dict[str, Any] = {"reversal": True, "return_reason": "AM04"}


def an_inbox(engine: Engine, snapshot: str) -> Inbox:
    """Two invoices of one customer."""
    box = Inbox(engine, a_source(snapshot=snapshot, most_closed_percent=100))
    entity = config.read().entity(ENTITY)
    account = BankAccount(holder="Seller", iban=IBAN)
    was = config.read().versions[f"entity#{ENTITY}"]
    assert config.put_entity(entity.model_copy(update={"bank_accounts": (account,)}), was=was)
    box.drop(table([row("1001", "A"), row("1002", "A")]))
    return box


def names_it(box: Inbox, customer: str, left: str | None = None) -> None:
    """The next file, with 1001 under this customer; a full one holds all else too."""
    rest = [row("1002", "A")] if "closes" in box.file.form else []
    box.drop(table([row("1001", customer, left=left), *rest]))


def bank(box: Inbox, key: str, minor: int, text: str = "INV 1001", **about: Any) -> None:
    booked, entity = came_in(box, key, minor, text, **about), config.read().entity(ENTITY)
    if booked.on_account:  # a part is a person's to apply
        (waiting,) = waiting_entries(ENTITY)
        cash_decisions.apply(waiting.id, {"1001": minor}, rest_of=None, by="anna", entity=entity, now=box.engine.now)
    assert booked.applied + booked.reversed + booked.on_account == 1


def owed(box: Inbox, number: str = "1001") -> dict[str, int]:
    """What is open of an invoice, by customer."""
    rows = (each for each in box.company.rows("ACCT#") if each["sk"].startswith("I#"))
    return {each["customer"]: each["open_minor"] for each in rows if each["number"] == number and each["open_minor"]}


@pytest.mark.parametrize(("snapshot", "paid"), [("full", 10_000), ("delta", 4_000)])
def test_what_the_bank_told_goes_along(engine: Engine, snapshot: str, paid: int) -> None:
    box = an_inbox(engine, snapshot)
    bank(box, "K1", paid)
    left = {"B": 10_000 - paid} if paid < 10_000 else {}
    for _ in range(2):  # the ledger has not heard of it yet
        names_it(box, "B")
        assert owed(box) == left
    bank(box, "R1", -paid, **BACK)
    assert owed(box) == {"B": 10_000}
    names_it(box, "B")
    assert (owed(box), owed(box, "1002")) == ({"B": 10_000}, {"A": 10_000})


@pytest.mark.parametrize("snapshot", ["full", "delta"])
def test_what_the_file_tells_again_of_it_counts_once(engine: Engine, snapshot: str) -> None:
    box = an_inbox(engine, snapshot)
    bank(box, "K1", 4_000)
    names_it(box, "B", left="60.00")
    assert (owed(box), box.company.account("B").facts.credits) == ({"B": 6_000}, ())


def test_it_goes_back_with_all_of_it(engine: Engine) -> None:
    box = an_inbox(engine, "delta")
    bank(box, "K1", 4_000)
    names_it(box, "B")
    names_it(box, "A")
    assert owed(box) == {"A": 6_000}
    bank(box, "R1", -4_000, **BACK)
    assert owed(box) == {"A": 10_000}


@pytest.mark.parametrize("snapshot", ["full", "delta"])
def test_what_programs_and_people_said_goes_along(engine: Engine, snapshot: str) -> None:
    box = an_inbox(engine, snapshot)
    a_program_tells(box, 3_000, "1001")
    dispute = Dispute(id="D1", item="1001", amount_minor=2_000, opened_on=NIGHT)
    promise = Promise(id="M1", item="1001", made_on=NIGHT, promised_on=NIGHT + timedelta(days=9))
    of = box.company.account("A").facts.customer
    box.company.knows(AccountChanges(ENTITY, of, disputes=(dispute,), promises=(promise,)))
    names_it(box, "B")
    facts = box.company.account("B").facts
    assert (owed(box), facts.disputes, facts.promises) == ({"B": 7_000}, (dispute,), (promise,))
    assert box.company.account("B").facts.state.items == {}  # nobody wrote to it yet


@pytest.mark.parametrize("snapshot", ["full", "delta"])
def test_money_on_account_is_not_taken_for_what_moved(engine: Engine, snapshot: str) -> None:
    """The old customer was asked for 1002 though as much had come in."""
    box = an_inbox(engine, snapshot)
    on_account = Credit(id="bank:X1", kind=CreditKind.PAYMENT, currency="EUR", open_minor=10_000, booked_on=NIGHT)
    of = box.company.account("A").facts.customer
    box.company.knows(AccountChanges(ENTITY, of, credits=(on_account,)))
    names_it(box, "B")
    assert (owed(box), box.company.account("A").facts.credits) == ({"B": 10_000}, (on_account,))


def test_money_on_account_that_names_it_goes_along(engine: Engine) -> None:
    """The old customer owed so much less, and the new one was asked for all of it."""
    box = an_inbox(engine, "delta")
    for key, number in (("K1", "1001"), ("K2", "1002")):
        came_in(box, key, 4_000, f"INV {number}")

    def on_account(customer: str) -> list[int]:
        return [one.open_minor for one in box.company.account(customer).facts.credits if one.open_minor]

    for customer, other in (("B", "A"), ("A", "B")):
        names_it(box, customer)
        assert owed(box) == {customer: 10_000}
        assert (on_account(customer), on_account(other)) == (([4_000], [4_000]) if other == "A" else ([4_000] * 2, []))
    names_it(box, "B", left="60.00")  # the ledger tells of it too
    assert (owed(box), on_account("B"), on_account("A")) == ({"B": 6_000}, [], [4_000])


@pytest.mark.parametrize("point", [9, 12, 15])
def test_a_worker_that_dies_over_money_on_account_leaves_it_once_and_on_the_list(engine: Engine, point: int) -> None:
    box = an_inbox(engine, "delta")
    came_in(box, "K1", 4_000, "INV 1001")
    box.put(table([row("1001", "B")]), "moved.csv")
    engine.faults.kill_at(point, writes_only=True)
    with pytest.raises(Killed):
        engine.pump()
    engine.faults.clear()
    engine.run_until(engine.now + timedelta(minutes=40), quiet=box.company.run_instants)
    found = {name: [one.open_minor for one in box.company.account(name).facts.credits] for name in "AB"}
    assert (found, owed(box)) == ({"A": [], "B": [4_000]}, {"B": 10_000})
    assert [record.split and record.split.customers for record in waiting_entries(ENTITY)] == [("B",)]


def came_in(box: Inbox, key: str, minor: int, text: str, **about: Any) -> Booked:
    said = Remittance(text=text, end_to_end="E2E-1")
    entry = BankEntry(
        key=key, minor=minor, currency="EUR", booked_on=NIGHT, payer_name="Firm A", remittance=said, **about
    )
    statement = BankStatement(account=IBAN, currency="EUR", closing_on=NIGHT, entries=(entry,))
    return book_statement(statement, config.read().entity(ENTITY), "bank", box.engine.now)


def test_an_invoice_of_another_book_that_counts_alike_stays(engine: Engine) -> None:
    box = an_inbox(engine, "delta")
    box.drop(table([row("1001", "B", total="70.00")]))
    assert owed(box) == {"A": 10_000, "B": 7_000}


def test_a_worker_that_dies_leaves_nothing_with_both(engine: Engine) -> None:
    box = an_inbox(engine, "delta")
    bank(box, "K1", 4_000)
    box.put(table([row("1001", "B")]), "moved.csv")
    engine.faults.kill_at(8, writes_only=True)
    with pytest.raises(Killed):
        engine.pump()
    engine.faults.clear()
    engine.run_until(engine.now + timedelta(minutes=40), quiet=box.company.run_instants)
    assert (box.file.state, owed(box)) == (FileState.TAKEN, {"B": 6_000})
    bank(box, "R1", -4_000, **BACK)
    assert owed(box) == {"B": 10_000}
