"""Rows of what a ledger says beside its items: the customer, its contacts, credits, promises, disputes and holds."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime

from core.formats.changes import AccountChanges
from core.frozen import Frozen
from core.ledger import Contact
from functions.shared.store import keys
from functions.shared.store.history import KEPT
from functions.shared.store.keys import Key
from functions.shared.store.rows import fact_of, fields_of
from functions.shared.store.table import Row


def customer_rows(changes: AccountChanges, about: Sequence[Row]) -> list[Row]:
    before = {row["sk"]: row for row in about}
    rows: list[Row] = [{**keys.profile(changes.customer.id)._asdict(), **fields_of(changes.customer)}]
    for contact in changes.contacts:
        key = keys.contact(changes.customer.id, contact.id)
        known = before.get(key.sk)
        kept = _still_off(contact, fact_of(Contact, known)) if known else contact
        rows.append({**key._asdict(), **fields_of(kept)})
    return rows


def _still_off(contact: Contact, known: Contact) -> Contact:
    """A ledger does not know that an address bounced; only another address is worth another try."""
    return contact if contact.off or contact.email != known.email else contact.model_copy(update={"off": known.off})


def other_rows(changes: AccountChanges, known: Mapping[Key, Row], version: int, now: datetime) -> Iterator[Row]:
    """Credits, promises, disputes and holds.

    A promise or dispute that ended stays ended whatever an old ledger says, and is kept a while for that. A hold comes
    back with the ledger that sets it again.
    """
    entity, customer_id = changes.entity, changes.customer.id

    def row(key: Key, fact: Frozen) -> Row:
        return {**key._asdict(), **fields_of(fact), "at_version": version}

    def over(key: Key) -> Row:
        return {name: known[key][name] for name in ("ended", "expires_at") if name in known.get(key, ())}

    yield from (row(keys.credit(entity, customer_id, credit.id), credit) for credit in changes.credits)
    yield from (row(keys.hold(entity, customer_id, hold.id), hold) for hold in changes.holds)
    for promise in changes.promises:
        key = keys.promise(entity, customer_id, promise.id)
        yield row(key, promise) | over(key)
    for dispute in changes.disputes:
        key = keys.dispute(entity, customer_id, dispute.id)
        yield row(key, dispute) | over(key)
    ended = [keys.promise(entity, customer_id, id_) for id_ in changes.ended_promises]
    ended += [keys.dispute(entity, customer_id, id_) for id_ in changes.ended_disputes]
    ended += [keys.hold(entity, customer_id, id_) for id_ in changes.ended_holds]
    for key in ended:
        if key in known and not known[key].get("ended"):
            expires_at = int((now + KEPT).timestamp())
            yield {**known[key], "at_version": version, "ended": True, "expires_at": expires_at}
