"""Statements that come twice, overlap, or come in another order than they were written."""

from core.ledger import BankAccount
from functions.shared.store import config, tasks
from local.engine import Engine
from tests.builders import an_entity
from tests.inbox.dropped import Inbox, a_source, row, table
from tests.scenarios.company import ENTITY, SENDER

IBAN = "DE89370400440532013000"


def statement(number: int, opening: int, *days: int) -> bytes:
    """One statement with a payment of 100.00 for each day: the invoice 1000 + day."""
    lines = [f":61:2603{day:02}03{day:02}C100,00NTRFNONREF//B{day}\n:86:RE {1000 + day}" for day in days]
    closing = opening + 100 * len(days)
    head = f":20:X\n:25:{IBAN}\n:28C:{number}/1\n:60F:C2603{days[0]:02}EUR{opening},00"
    return "\n".join([head, *lines, f":62F:C2603{days[-1]:02}EUR{closing},00", "-", ""]).encode()


def test_f52_each_entry_counts_once_and_a_gap_is_told_until_it_is_filled(engine: Engine) -> None:
    box = Inbox(engine, a_source(), a_source("bank", kind="bank", snapshot="delta", mapping=None))
    ours = an_entity(sender=SENDER, bank_accounts=(BankAccount(holder="Seller", iban=IBAN),))
    assert config.put_entity(ours, was=config.read().versions[f"entity#{ENTITY}"])
    box.drop(table([row(f"100{day}") for day in range(1, 6)]))

    box.drop(statement(7, 0, 1, 2), "monday.sta", "bank")
    box.drop(statement(7, 0, 1, 2), "monday again.sta", "bank")
    assert (box.file.counts["applied"], box.file.counts["seen_before"]) == (0, 2)

    box.drop(statement(9, 300, 4), "thursday.sta", "bank")  # statement 8 is missing
    assert sorted(box.open()) == ["1003", "1005"]
    assert str(config.read().entity(ENTITY).bank_as_of) == "2026-03-02"
    assert [task.kind for task in tasks.open_for("accounting", "")] == ["fetch-statements"]

    box.drop(statement(8, 200, 3), "wednesday.sta", "bank")
    assert sorted(box.open()) == ["1005"]
    assert str(config.read().entity(ENTITY).bank_as_of) == "2026-03-04"
    assert list(tasks.open_for("accounting", "")) == []
