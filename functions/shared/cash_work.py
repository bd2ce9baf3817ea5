"""Doing what an entry's record says, and asking a person for what only a person can say."""

from datetime import date, datetime
from typing import Final

from core.calendar import local_date
from core.cash.evidence import ALIKE
from core.cash.folding import similarity
from core.cash.model import Rule, Split
from core.keys import task_id
from core.ledger import Entity
from core.values import replace
from functions.shared import money_told
from functions.shared.asking import OWNER
from functions.shared.settings import Settings
from functions.shared.store import bank, config, customers, payments, tasks
from functions.shared.store.bank import COUNTS, EntryRecord, EntryState
from functions.shared.store.overtaken import LESS
from functions.shared.store.payments import Use
from functions.shared.store.tasks import Task

MATCH: Final = "match-payments"
FETCH: Final = "fetch-statements"
_SETTLED_BY: Final = frozenset({Rule.REFERENCE, Rule.NUMBERS, Rule.AMOUNT_ACCOUNT})


def perform(record: EntryRecord, entity: Entity, now: datetime, touched: set[str] | None = None) -> EntryRecord:
    """Bring a planned entry to its end: facts first, then its record. Done twice it is done once.

    Args: `touched` gets the customers whose accounts it is about.
    """
    if record.state is not EntryState.PLANNED or record.becomes is None:
        return record
    today = local_date(now, entity.zone)
    if record.entry.minor > 0:
        bank.note_paid(record)
    touched = set() if touched is None else touched
    touched.update(_customers(record), (customer for customer, _, _ in record.undo))
    if record.reverses is not None:
        _take_back(record.reverses, record, entity, now, touched)
    for customer, item, entry in record.undo:
        gone = Use(record.credit_id, record.entry.currency, 0, record.entry.booked_on, gone={item: (entry,)})
        payments.book(entity.id, customer, gone, today=today, now=now)
    for customer in _customers(record):
        payments.book(entity.id, customer, _use(record, customer), today=today, now=now)
    if record.entry.minor > 0:
        _learn(record)
    if record.told_of is not None and record.becomes is not EntryState.REVERSED:
        touched.update(money_told.name_bank(entity.id, record, today=today, now=now))
    after = bank.move(record, state=record.becomes, becomes=None, was=None, was_turn=0)
    return after or bank.read([record.id])[record.id]


def _take_back(entry_id: str, by: EntryRecord, entity: Entity, now: datetime, touched: set[str]) -> None:
    """The money of an earlier entry went back: what it settled is open again, what was on account is gone."""
    earlier = bank.read([entry_id]).get(entry_id)
    if earlier is not None and earlier.state is EntryState.PLANNED:
        earlier = perform(earlier, entity, now, touched)
    if earlier is None:
        return
    if earlier.told_of is not None:
        today = local_date(now, entity.zone)
        touched.update(money_told.take_back(entity.id, earlier, by.entry.booked_on, today=today, now=now))
    if earlier.back is not None:
        return
    back: dict[str, object] = {"reasons": (f"taken back by {by.id}",), "suggestions": (), "back": by.id}
    if earlier.state not in COUNTS:  # nothing of it counts
        moved = bank.move(earlier, state=EntryState.REVERSED, **back)
        if moved is None:
            _take_back(entry_id, by, entity, now, touched)
        return
    planned = replan(earlier, None, EntryState.REVERSED, **back)
    if planned is None:
        _take_back(entry_id, by, entity, now, touched)
        return
    perform(planned, entity, now, touched)


def replan(record: EntryRecord, split: Split | None, becomes: EntryState, **changes: object) -> EntryRecord | None:
    """Write down how an entry's money is to stand instead; None when somebody else was first."""
    return bank.move(
        record,
        state=EntryState.PLANNED,
        becomes=becomes,
        split=split,
        turn=record.turn + 1,
        was=record.split,
        was_turn=record.turn,
        **changes,
    )


def repointed(split: Split, item: str, account: str, to: str) -> Split:
    """The same money, with an invoice on another account than before."""
    parts = tuple(
        part.model_copy(update={"customer": to}) if (part.customer, part.item) == (account, item) else part
        for part in split.parts
    )
    return split.model_copy(update={"parts": parts})


def _customers(record: EntryRecord) -> list[str]:
    """Whose accounts change: those that get something before those that lose it."""
    now, before = record.split, record.was
    return list(dict.fromkeys([*(now.customers if now else ()), *(before.customers if before else ())]))


def _use(record: EntryRecord, customer: str) -> Use:
    """How the entry's money is to stand on one account."""
    entry, split, was = record.entry, record.split, record.was
    old = record.settles_as(record.was_turn)
    use = Use(
        id=record.credit_id,
        entry=record.settles_as(record.turn),
        currency=entry.currency,
        minor=0,
        booked_on=entry.booked_on,
        gone={part.item: (old, old + LESS) for part in was.parts if part.customer == customer} if was else {},
    )
    if split is None:
        return use
    parts = [part for part in split.parts if part.customer == customer]
    rest = split.rest if split.rest_customer == customer else 0
    return replace(
        use,
        minor=sum(part.minor for part in parts) + rest,
        parts={part.item: part.minor for part in parts},
        allowances={part.item: part.allowance for part in parts if part.allowance},
        settles={part.item: part.settles for part in parts if part.settles is not None},
    )


def _learn(record: EntryRecord) -> None:
    """From which account a customer pays: said by a person, or by a name that is its own."""
    entry, split = record.entry, record.split
    if entry.payer_account is None or split is None or record.becomes is not EntryState.APPLIED:
        return
    who = {part.customer for part in split.parts}
    if not record.by:
        if record.told_of is not None and record.rev > 1:  # the payment of a program: nothing new of its payer
            return
        if record.rule not in _SETTLED_BY or not entry.payer_name:
            return
        known = customers.profiles(who)
        who = {one for one in who if one in known and similarity(entry.payer_name, known[one].name) >= ALIKE}
    elif len(who) > 1:
        return
    for customer in sorted(who):
        bank.note_payer(record.entity, entry.payer_account, customer, entry.booked_on)


# ---------- people ----------
def ask_for_matching(entity: Entity, today: date) -> None:
    """One open task of an entity while money waits for a person."""
    _ask(entity, MATCH, "", today, "payments wait for a person: pastdue match")


def matching_done(entity: Entity, now: datetime) -> None:
    """Close the task when nothing waits any more."""
    if bank.oldest_waiting(entity.id) is None:
        tasks.close(_id(entity, MATCH, ""), "every payment is applied", now)


def ask_for_statements(entity: Entity, account: str, today: date) -> None:
    """Statements of an account are missing."""
    _ask(entity, FETCH, bank.account_hash(account), today, f"statements of account ..{account[-4:]} are missing")


def statements_came(entity: Entity, account: str, now: datetime) -> None:
    """Nothing is missing any more."""
    tasks.close(_id(entity, FETCH, bank.account_hash(account)), "they came", now)


def _ask(entity: Entity, kind: str, cause: str, today: date, note: str) -> None:
    holder = config.read().holder(OWNER, entity.id)
    tasks.put(
        Task(
            id=_id(entity, kind, cause),
            entity=entity.id,
            customer="",
            kind=kind,
            owner=holder,
            owner_role=OWNER,
            due_on=today,
            created_on=today,
            note=note,
        ),
        reopen=True,
    )


def _id(entity: Entity, kind: str, cause: str) -> str:
    return task_id(Settings.from_env().deployment, entity.id, "", kind, cause)
