"""Customer profiles by id, and the switch that turns one of their addresses off."""

from collections.abc import Iterable

from core.keys import address_hash
from core.ledger import Contact, Customer
from functions.shared.store import keys
from functions.shared.store.rows import fact_of, fields_of
from functions.shared.store.table import table

OWN_ADDRESS = "own-address"  # stands for the address of the customer itself once that is switched off


def profiles(customer_ids: Iterable[str], *, consistent: bool = True) -> dict[str, Customer]:
    """The profiles that exist among these. Args: `consistent` False where those of a moment ago will do."""
    rows = table().batch_get((keys.profile(customer_id) for customer_id in customer_ids), consistent=consistent)
    return {row["id"]: fact_of(Customer, row) for row in rows.values()}


def read(customer_id: str) -> tuple[Customer, tuple[Contact, ...]] | None:
    """One customer and its contacts, strongly read; None when nobody of that id is known."""
    own, contacts = None, list[Contact]()
    for row in table().query(keys.customer_pk(customer_id)):
        if row["sk"] == "P":
            own = fact_of(Customer, row)
        elif row["sk"].startswith("K#"):
            contacts.append(fact_of(Contact, row))
    return (own, tuple(contacts)) if own else None


def switch_off(customer_id: str, address: str, reason: str) -> bool:
    """Mark every contact with the hash of this address or phone as not to be written to; True when one was now."""
    changed = False
    own, contacts = read(customer_id) or (None, ())
    for contact in contacts:
        if contact.email and contact.off is None and address_hash(contact.email) == address:
            changed |= table().update_if(
                keys.contact(customer_id, contact.id),
                "SET #off = :reason",
                "attribute_exists(#pk) AND #email = :email",
                {"reason": reason, "email": contact.email},
            )
        if contact.phone and contact.texts and address_hash(contact.phone) == address:
            changed |= table().update_if(
                keys.contact(customer_id, contact.id),
                "REMOVE #texts",
                "attribute_exists(#pk) AND #phone = :phone",
                {"phone": contact.phone},
            )
    known = any(contact.id == OWN_ADDRESS and contact.email == own.email for contact in contacts) if own else True
    if own and own.email and address_hash(own.email) == address and not known:
        marker = Contact(id=OWN_ADDRESS, customer=customer_id, email=own.email, roles=(), off=reason)
        row = {**keys.contact(customer_id, OWN_ADDRESS)._asdict(), **fields_of(marker)}
        changed |= table().put_if(row, "attribute_not_exists(#pk) OR #email <> :email", {"email": own.email})
    return changed
