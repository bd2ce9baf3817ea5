"""A bank's statements booked into the real table, in a line of a test, and what they leave there."""

from decimal import Decimal
from typing import Any

from core.bank import BankEntry, BankStatement, Remittance
from core.cash.rules import CashRules, Discount
from core.ledger import BankAccount, Entity
from functions.shared.cash import Booked, book_statement
from functions.shared.store import bank, config, facts
from tests.builders import an_entity, people
from tests.functions.stored import NOW, TODAY, account

IBAN = "DE89370400440532013000"
IN_USD = (BankAccount(holder="E1", iban=IBAN, currency="USD"),)
RULES = CashRules(discounts=(Discount(percent=Decimal(2), days=14),), bank_fee={"EUR": 1_500})


def company() -> Entity:
    """An entity whose bank account is known, with rules for what is applied by itself, and one of our people."""
    made = an_entity(bank_accounts=(BankAccount(holder="E1", iban=IBAN),), cash=RULES)
    assert config.put_entity(made, was=0)
    assert config.put_person(people()[0], was=0)
    return made


def entry(key: str = "K1", minor: int = 10_000, text: str = "INV-C1-I1", **others: Any) -> BankEntry:
    """Money that came in from the first customer, who names the invoice."""
    fields: dict[str, Any] = {
        "booked_on": TODAY, "currency": "EUR", "payer_name": "Customer One", "payer_account": "FR7612345",
        "remittance": Remittance(text=text),
    }  # fmt: skip
    return BankEntry(key=key, minor=minor, **{**fields, **others})


def statement(*entries: BankEntry, **others: Any) -> BankStatement:
    fields: dict[str, Any] = {"account": IBAN, "currency": "EUR", "sequence": 1, "closing_on": TODAY}
    return BankStatement(**{**fields, **others}, entries=entries)


def book(entity: Entity, *entries: BankEntry, **others: Any) -> Booked:
    return book_statement(statement(*entries, **others), entity, "bank-1", NOW)


def open_items(customer: str = "C1") -> dict[str, int]:
    return {item.id: item.open_minor for item in account(customer).facts.items}


def on_account(customer: str = "C1") -> dict[str, int]:
    return {credit.id: credit.open_minor for credit in account(customer).facts.credits}


def record(key: str = "K1") -> bank.EntryRecord:
    made = bank.entry_id("E1", key)
    return bank.read([made])[made]


def knows(*ledger: Any) -> None:
    for one in ledger:
        facts.apply_account(one, today=TODAY, now=NOW)
