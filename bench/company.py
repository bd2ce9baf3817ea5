"""The company whose ledger is measured: one legal entity, its people, and the policy with the most steps."""

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Final

from bench.generate import Ledger, write
from core.decide.model import Facts, Setting
from core.formats.changes import AccountChanges
from core.formats.examination import LedgerFile, Report
from core.formats.ledger_import import changes, jsonl_ledger
from core.ledger import BankAccount, Entity, Person
from core.policy.load import load_policy, shipped
from core.policy.schema import Policy
from core.state import AccountState, ItemState

ENTITY: Final = "main"
POLICY: Final = "machinery-manufacturer"
DOMAIN: Final = "mail.example.com"
_ROLES: Final = (
    "accounting", "customer_service_manager", "customer_service_rep", "sales_rep", "sales_manager",
    "sales_rep_supervisor", "ceo", "ar_manager",
)  # fmt: skip


def entity() -> Entity:
    return Entity(
        id=ENTITY,
        name="Example Machines",
        live=True,
        sender=f"accounts@{DOMAIN}",
        contact_person="accounting",
        address=("Example Street 1", "10115 Berlin"),
        bank_accounts=(BankAccount(holder="Example Machines", iban="DE02120300000000202051", bic="BYLADEM1001"),),
    )


def people() -> tuple[Person, ...]:
    """One person a role."""
    return tuple(
        Person(id=role, name=role.replace("_", " ").title(), email=f"{role}@{DOMAIN}", phone="+49 30 5550100",
               roles=(role,))
        for role in _ROLES
    )  # fmt: skip


@cache
def policy(name: str = POLICY) -> Policy:
    loaded = load_policy(shipped()[name])
    if not isinstance(loaded, Policy):
        raise TypeError(f"the shipped policy {name} is broken: {loaded}")
    return loaded


def setting(name: str = POLICY) -> Setting:
    return Setting(entity=entity(), policy=policy(name), people=people())


def ledger_file(path: Path) -> LedgerFile:
    return jsonl_ledger(path, ENTITY, frozenset({ENTITY}))


@contextmanager
def generated(ledger: Ledger) -> Iterator[Iterator[AccountChanges]]:
    """A ledger by way of a file and the product's reader, which need not examine what is known to be right."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "ledger.jsonl"
        with path.open("w", encoding="utf-8") as out:
            write(ledger, out)
        file = ledger_file(path)
        yield changes(file, Report(file.name))


def facts_of(account: AccountChanges) -> Facts:
    """What a decision reads of an account, as an import leaves it."""
    items = [change for change in account.items if change.item.open_minor]
    reached = {change.item.id: ItemState(level=change.level, attempts=1) for change in items if change.level}
    days = [change.last_notice for change in account.items if change.last_notice]
    return Facts(
        customer=account.customer,
        state=AccountState(items=reached, last_accepted_on={"account": max(days)} if days else {}),
        contacts=account.contacts,
        items=tuple(change.item for change in items),
        credits=account.credits,
        disputes=account.disputes,
        promises=account.promises,
        holds=account.holds,
    )
