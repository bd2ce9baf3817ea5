"""How a charge is posted: as an open item of its own, linked to its invoice."""

from datetime import date

from core.decide.model import Charge
from core.ledger import Item


def item_of(charge: Charge, invoice: Item | None, customer_id: str, on: date) -> Item:
    """The charge as an item of its own, due at once; what it shares with its invoice it has from there."""
    return Item(
        id=charge.id,
        customer=customer_id,
        number=f"{charge.number}-{charge.kind}",
        issued_on=on,
        due_on=on,
        currency=charge.currency,
        original_minor=charge.minor,
        open_minor=charge.minor,
        kind=charge.kind,
        of=charge.item,
        department=invoice.department if invoice else None,
        debtor=invoice.debtor if invoice else None,
        rate=invoice.rate if invoice else None,
    )
