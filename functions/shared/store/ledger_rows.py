"""Rows of what a ledger says beside its items: the customer, its contacts, credits, promises, disputes, holds ..."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, date, datetime, time, timedelta
from typing import Final

from core.cash.folding import index_key
from core.formats.changes import OF_BANK, OWN_CONTACT, AccountChanges
from core.frozen import Frozen
from core.keys import address_hash
from core.ledger import Contact, Credit, Customer, Dispute, Hold
from functions.shared.store import keys
from functions.shared.store.history import KEPT
from functions.shared.store.keys import Key
from functions.shared.store.rows import fact_of, fields_of
from functions.shared.store.table import Row

_ENDS: Final = ("closed_on", "ended_on", "outcome")  # what says that a dispute, promise or plan is over


def customer_rows(changes: AccountChanges, about: Sequence[Row]) -> list[Row]:
    """The customer and its contacts; of one that is only named by another, a stand-in where nothing is stored yet."""
    if changes.by_name_only and about:
        return []
    before = {row["sk"]: row for row in about}
    rows: list[Row] = [_profile(changes.customer)]
    for contact in changes.contacts:
        key = keys.contact(changes.customer.id, contact.id)
        known = before.get(key.sk)
        kept = _still_off(contact, known) if known else contact
        rows.append({**key._asdict(), **fields_of(kept)})
    told = {contact.id for contact in changes.contacts}
    rows += [_left(row) for row in about if _is_over(row, changes) and row["id"] not in told]
    return rows


def _is_over(row: Row, changes: AccountChanges) -> bool:
    """Whether a row is a contact that the ledger has no more."""
    is_contact = row["sk"].startswith("K#")
    return is_contact and (row["id"] in changes.ended_contacts or (changes.all_own and _is_own(row)))


def _is_own(row: Row) -> bool:
    """Whether a row is a contact that was made of the customer's own address; one of a person has a name."""
    if row.get("name") or row.get("phone"):
        return False
    base, _, number = str(row["id"]).partition("-")
    return base == OWN_CONTACT and (number.isdigit() or not number)


def _left(row: Row) -> Row:
    """Nobody is written to there. What it agreed to stays, and of its address so much that it is known again."""
    left = {"left": address_hash(row["email"])} if "email" in row else {}
    return {name: value for name, value in row.items() if name not in ("email", "phone")} | left


def _profile(customer: Customer) -> Row:
    """Found by the beginning of its name, for payments that name nobody else."""
    row: Row = {**keys.profile(customer.id)._asdict(), **fields_of(customer)}
    first_letters = index_key(customer.name)
    if first_letters:
        row |= {"ref_pk": keys.named(first_letters), "ref_sk": keys.part(customer.id)}
    return row


def _still_off(contact: Contact, known: Row) -> Contact:
    """A ledger does not know that an address bounced; only another address is worth another try."""
    email = contact.email
    same = email == known.get("email") or (email is not None and known.get("left") == address_hash(email))
    return contact if contact.off or not same else contact.model_copy(update={"off": known.get("off")})


def other_rows(changes: AccountChanges, known: Mapping[Key, Row], version: int, today: date) -> Iterator[Row]:
    """Credits, holds, waivers; promises, disputes and plans, those that are over too while their items are open.

    What ended stays ended whatever an old ledger says. A hold that the ledger does not set any more ended yesterday;
    it comes back with the ledger that sets it again.
    """
    entity, customer_id = changes.entity, changes.customer.id
    closed = {change.item.id for change in changes.items if change.item.original_minor <= sum(change.settled.values())}

    def row(key: Key, fact: Frozen) -> Row:
        return {**key._asdict(), **fields_of(fact), "at_version": version}

    there = any(key.sk == keys.ACCOUNT_ROW for key in known)
    for credit in (*changes.credits, *_linked(changes, known)):
        key = keys.credit(entity, customer_id, credit.id)
        yield row(key, heard(credit, known.get(key), today) if there else credit)
    yield from (row(keys.waiver(entity, customer_id, waiver.id), waiver) for waiver in changes.waivers)
    yield from (row(keys.hold(entity, customer_id, hold.id), hold) for hold in changes.holds)
    for key, fact, items in _agreements(changes):
        if key in known or not closed.issuperset(items):
            yield _lasting(row(key, fact), known.get(key))
    for key, fact in _ended(changes, known, today):
        yield {**_lasting(row(key, fact), known[key]), "gone": True}


def heard(credit: Credit, before: Row | None, today: date) -> Credit:
    """With the day on which it was first heard of, where that was later than it was booked."""
    known = fact_of(Credit, before).heard_on if before is not None else today
    if known is None or known <= credit.booked_on or known == credit.heard_on:
        return credit
    return credit.model_copy(update={"heard_on": known})


def _ended(changes: AccountChanges, known: Mapping[Key, Row], today: date) -> Iterator[tuple[Key, Frozen]]:
    """Holds and disputes that stand here, and of which their ledger does not know any more."""
    place = changes.entity, changes.customer.id
    for key in (keys.hold(*place, hold_id) for hold_id in changes.ended_holds):
        hold = fact_of(Hold, known[key]) if key in known else None
        if hold is not None and (hold.until is None or hold.until >= today):
            yield key, hold.model_copy(update={"until": today - timedelta(days=1)})
    for key in (keys.dispute(*place, dispute_id) for dispute_id in changes.ended_disputes):
        if key in known and "closed_on" not in known[key]:
            yield key, fact_of(Dispute, known[key]).model_copy(update={"closed_on": today})


def _linked(changes: AccountChanges, known: Mapping[Key, Row]) -> Iterator[Credit]:
    """What was on account and settles an invoice by its own id now: what is left of it, a file says too."""
    told = {credit.id for credit in changes.credits}
    for entry in dict.fromkeys(entry for change in changes.items for entry in change.settled):
        before = known.get(keys.credit(changes.entity, changes.customer.id, entry))
        if before is not None and before["open_minor"] and entry not in told and not entry.startswith(OF_BANK):
            yield fact_of(Credit, before).model_copy(update={"open_minor": 0})


def _agreements(changes: AccountChanges) -> Iterator[tuple[Key, Frozen, tuple[str, ...]]]:
    """Promises, disputes and plans, each with its key and its items."""
    place = changes.entity, changes.customer.id
    yield from ((keys.promise(*place, promise.id), promise, (promise.item,)) for promise in changes.promises)
    yield from ((keys.dispute(*place, dispute.id), dispute, (dispute.item,)) for dispute in changes.disputes)
    yield from ((keys.plan(*place, plan.id), plan, plan.items) for plan in changes.plans)


def _lasting(row: Row, before: Row | None) -> Row:
    """An end that is known stays, unless its ledger had only left it out; what has ended is forgotten later."""
    if before is not None:
        row = {**{name: before[name] for name in _ENDS if name in before and "gone" not in before}, **row}
        if "credited_minor" in row:  # what one file does not tell again was credited all the same
            row["credited_minor"] = max(row["credited_minor"], before.get("credited_minor", 0))
    ended = row.get("closed_on") or row.get("ended_on")
    if ended is None:
        return row
    midnight = datetime.combine(date.fromisoformat(ended), time(), UTC)
    return {**row, "expires_at": int((midnight + KEPT).timestamp())}
