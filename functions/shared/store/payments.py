"""Money that came in: what it settles and what is left of it, kept on its account in one change.

The whole is never more and never less than came in: an item takes at most what is open of it, and all that no item took
stays on account, where the balance knows it at once.
"""

from collections.abc import Mapping
from dataclasses import field
from datetime import date, datetime
from typing import Final

from core.cash.same import is_near
from core.formats.changes import STATED
from core.ledger import Credit, CreditKind, PartPayment
from core.values import dataclass
from functions.shared.store import bank, facts, keys, overtaken, settlements, writes
from functions.shared.store.accounts import AccountRecord
from functions.shared.store.facts import Applied
from functions.shared.store.items import StoredItem
from functions.shared.store.keys import Key
from functions.shared.store.ledger_rows import heard
from functions.shared.store.overtaken import LESS, OF_BANK
from functions.shared.store.rows import fields_of
from functions.shared.store.settlements import Settlement
from functions.shared.store.table import Row
from functions.shared.store.writes import Writes

_NEAR_DAYS: Final = 7


@dataclass(frozen=True, slots=True)
class Use:
    """How money that came in stands on one account. Told twice it is one."""

    id: str  # of the credit that is left
    currency: str
    minor: int  # all of it that belongs to this account; 0: it went back, or to another account
    booked_on: date
    entry: str = ""  # under which its parts settle items; "": its id. One that was taken off an item never comes back
    kind: CreditKind = CreditKind.PAYMENT
    parts: Mapping[str, int] = field(default_factory=dict)  # item -> minor units
    allowances: Mapping[str, int] = field(default_factory=dict)  # item -> what is given up beside its part
    settles: Mapping[str, int] = field(default_factory=dict)  # item in another currency -> what its part is worth there
    gone: Mapping[str, tuple[str, ...]] = field(default_factory=dict)  # item -> entries that settle it no more

    @property
    def entry_id(self) -> str:
        return self.entry or self.id


def book(entity: str, customer_id: str, use: Use, *, today: date, now: datetime) -> Applied:
    """Store how money stands on an account: parts settle items, the rest is a credit, what went back reopens items.

    Raises: LookupError for an item that is not stored there; LostRaceError when others were first on every attempt.
    """
    wanted = list(dict.fromkeys([*use.parts, *use.allowances, *use.gone]))

    def make(record: AccountRecord, stored: Mapping[str, StoredItem], plan: Writes, known: Mapping[Key, Row]) -> None:
        missing = [item for item in wanted if item not in stored]
        if missing:
            raise LookupError(f"item {missing[0]} of {entity}/{customer_id} is not stored")
        left = use.minor
        for item in wanted:
            was = stored[item]
            news, taken = _news(use, was, left, today)
            left -= taken
            writes.place(plan, entity, was, settlements.settle(was, news), now, record.facts_version)
        _place_rest(plan, keys.credit(entity, customer_id, use.id), use, left, known, record.facts_version)

    return facts.change(entity, customer_id, wanted, make, today=today, now=now)


def _news(use: Use, was: StoredItem, left: int, today: date) -> tuple[Settlement, int]:
    """What becomes of one item, and how much of the money it takes."""
    item, entry = was.item.id, use.entry_id
    if entry in was.settled and item in use.parts:  # told before: as it was taken then
        foreign = item in use.settles
        return Settlement(item, reversed=use.gone.get(item, ())), use.parts[item] if foreign else was.settled[entry]
    if entry in was.reversed and entry.startswith(OF_BANK):  # booked before, and told by the ledger since
        return Settlement(item, reversed=use.gone.get(item, ())), use.parts.get(item, 0)
    lost = (*use.gone.get(item, ()), *_told_by_bank(use, was))
    restated = _told_by_table(use, was)
    gone = sum(was.settled.get(one, 0) for one in lost) + sum(was.settled[key] - left for key, left in restated.items())
    room = min(was.item.original_minor, was.open_minor + gone)
    taken = min(use.parts.get(item, 0), left)
    worth = use.settles.get(item, taken)
    if item not in use.settles:
        taken = worth = min(taken, room)
    worth = min(worth, room)
    given_up = min(use.allowances.get(item, 0), room - worth)
    settled = {name: minor for name, minor in ((entry, worth), (entry + LESS, given_up)) if minor}
    heard = settlements.heard_on(was, (*lost, *restated), worth, today)
    return Settlement(
        item,
        {**settled, **restated},
        reversed=lost,
        paid_on=use.booked_on if worth and use.kind is CreditKind.PAYMENT else None,
        # also of one that closes it: should another come back, this one was paid all the same
        part_payments=(PartPayment(id=entry, recorded_on=heard, minor=worth),) if worth else (),
        not_money=frozenset() if use.kind is CreditKind.PAYMENT else frozenset((entry,)),
    ), taken


def _told_by_table(use: Use, was: StoredItem) -> dict[str, int]:
    """What a table says was paid in all, less this payment where that is all of it, or what was news of late."""
    key, part = was.item.id + STATED, use.parts.get(was.item.id)
    if use.kind is not CreditKind.PAYMENT or use.entry_id.startswith(OF_BANK) or key in was.not_money:
        return {}
    told = was.settled.get(key)
    lately = was.stated is not None and is_near(was.stated[0], use.booked_on, _NEAR_DAYS) and part == was.stated[1]
    return {key: told - part} if told and part and (part == told or (lately and part < told)) else {}


def _told_by_bank(use: Use, was: StoredItem) -> tuple[str, ...]:
    """What the bank had told within the week before or after, and somebody else tells now: it came once."""
    if use.kind is not CreditKind.PAYMENT or use.entry_id.startswith(OF_BANK):
        return ()
    part = use.parts.get(was.item.id)
    payments = overtaken.payments(was)
    same = {entry for entry, (cash, whole) in payments.items() if part in (cash, whole)}
    there = bank.read({bank.of_credit(entry) for entry in same}) if same else {}
    for entry in sorted(same):
        told = there.get(bank.of_credit(entry))
        if told is None or told.told not in (None, use.id) or use.id in dict(told.apart):
            continue  # other money
        if is_near(told.entry.booked_on, use.booked_on, _NEAR_DAYS):
            return entry, entry + LESS
    return ()


def _place_rest(plan: Writes, key: Key, use: Use, left: int, known: Mapping[Key, Row], facts_version: int) -> None:
    """The credit row; none is made where nothing is left and none was."""
    before = known.get(key)
    if before is None and not left:
        return
    credit = Credit(id=use.id, kind=use.kind, currency=use.currency, open_minor=left, booked_on=use.booked_on)
    row: Row = {**key._asdict(), **fields_of(heard(credit, before, plan.today)), "at_version": plan.version}
    writes.place_rows(plan, [row], known, facts_version)
