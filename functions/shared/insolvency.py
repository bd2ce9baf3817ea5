"""Invoices of an insolvent company that its parent is chased for: nobody is asked for them any more.

Insolvency is said of the company that owes. Its invoices lie on the parent's account, which knows nothing of it.
"""

from core.ledger import Hold
from core.values import replace
from functions.shared.store import customers
from functions.shared.store.accounts import AccountRecord


def heeded(record: AccountRecord) -> AccountRecord:
    """The account with a hold on each such invoice; nothing is read where it holds none of other companies."""
    owing = {item.owed_by for item in record.facts.items if item.owed_by is not None}
    if not owing:
        return record
    insolvent = {customer.id for customer in customers.profiles(owing).values() if customer.insolvent}
    held = tuple(
        Hold(id=f"insolvent:{item.id}", item=item.id, reason="insolvent")
        for item in record.facts.items
        if item.owed_by in insolvent
    )
    return replace(record, facts=replace(record.facts, holds=(*record.facts.holds, *held))) if held else record
