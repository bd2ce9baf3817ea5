"""Money on account that a bank told for an invoice which a ledger names under another customer now: it goes along.

It waits for a person, as it is not all of the invoice, with the customer whose invoice it names. Left there it would
lessen what that one owes, and the new one would be asked for the whole.
"""

from datetime import datetime

from core.cash.model import Suggestion
from core.ledger import Entity
from functions.shared import cash_work
from functions.shared.store import bank, keys
from functions.shared.store.bank import EntryRecord, EntryState
from functions.shared.store.overtaken import OF_BANK
from functions.shared.store.table import table


def bring(item: str, account: str, to: str, entity: Entity, now: datetime) -> None:
    """Have what names the invoice alone lie on the account where that is to be. Twice is as once."""
    rows = table().query(keys.account_pk(entity.id, account), prefix="C#")
    ours = {bank.of_credit(row["id"]) for row in rows if row["id"].startswith(OF_BANK) and row["open_minor"]}
    for record in bank.read(sorted(ours)).values() if ours else ():
        _bring(record, item, account, to, entity, now)


def _bring(record: EntryRecord, item: str, account: str, to: str, entity: Entity, now: datetime) -> None:
    if record.state is EntryState.PLANNED:
        record = cash_work.perform(record, entity, now)
    if record.state is not EntryState.UNAPPLIED or record.split is None or not _names_it(record, item, account):
        return
    split = record.split.model_copy(update={"rest_customer": to})
    planned = cash_work.replan(record, split, EntryState.UNAPPLIED, suggestions=_with(record, item, account, to))
    if planned is not None:
        cash_work.perform(planned, entity, now)
        return
    there = bank.read([record.id]).get(record.id)  # somebody was first, perhaps with another answer
    if there is not None:
        _bring(there, item, account, to, entity, now)


def _names_it(record: EntryRecord, item: str, account: str) -> bool:
    """Whether nobody decided about it, and what it is likeliest for is this invoice alone."""
    if record.by or record.split is None or record.split.rest_customer != account or not record.suggestions:
        return False
    parts = record.suggestions[0].split.parts
    return bool(parts) and all((part.customer, part.item) == (account, item) for part in parts)


def _with(record: EntryRecord, item: str, account: str, to: str) -> tuple[Suggestion, ...]:
    """Its suggestions, each with the invoice where it is to be."""
    return tuple(
        one.model_copy(update={"split": cash_work.repointed(one.split, item, account, to)})
        for one in record.suggestions
    )
