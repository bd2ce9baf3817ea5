"""The bank and a program of the company tell of one payment: it counts once, whoever was first.

Each of them writes down what it was told before it looks for what the other was told, so one of two that come at the
same moment finds the other. What is not certain counts twice until a person says which it is: nobody is chased for
money that came in.
"""

from datetime import datetime, timedelta
from typing import Any

from core.calendar import local_date
from core.cash.model import Rule
from core.cash.same import names
from core.ledger import CreditKind, Entity
from functions.shared.store import bank, moneys
from functions.shared.store.bank import COUNTS, EntryRecord, EntryState
from functions.shared.store.moneys import Money


def meet(entity: Entity, customer_id: str, money: Money, now: datetime) -> Money:
    """What the bank told of a payment that a program told: paired where it is certain, asked where it may be.

    Returns: the payment as it is stored now.
    """
    if money.kind is not CreditKind.PAYMENT:
        return money
    if money.reversed_on is not None:
        _took_back(entity, money, now)
    elif (known := _paired(entity, customer_id, money)) is not None:
        _settle(entity, customer_id, money, known, now)
    elif (doubted := _maybe(entity, customer_id, money)) is not None:
        _ask(entity, customer_id, money, doubted, now)
    return moneys.get(entity.id, customer_id, money.id) or money


def look_again(record: EntryRecord, entity: Entity, now: datetime) -> EntryRecord:
    """An entry that was booked, where a program told of its money at the same moment."""
    if record.told is not None or record.state not in COUNTS:
        return record
    days = timedelta(days=entity.cash.same_payment_days)
    on, entry = record.entry.booked_on, record.entry
    for customer, money in moneys.of_amount(entity.id, entry.currency, entry.minor, (on - days, on + days)):
        if money.bank is None and money.reversed_on is None and money.kind is CreditKind.PAYMENT:
            meet(entity, customer, money, now)
    return bank.read([record.id])[record.id]


def pair(record: EntryRecord, **said: Any) -> EntryRecord | None:
    """Plan an entry as the same money as the payment `told`; None when somebody else was first.

    While nobody says there what the payment is for, the entry goes on to count. Args: `said` of its record.
    """
    from functions.shared import cash_work

    said["suggestions"] = ()
    money = moneys.get(record.entity, said["told_of"], said["told"]) if said["told_of"] is not None else None
    on = set(record.split.customers) if record.split else set()
    if money is None or money.used or record.state not in COUNTS or on != {money.account}:
        return cash_work.replan(record, None, EntryState.IGNORED, **said)
    state = EntryState.APPLIED if record.split and record.split.parts else EntryState.UNAPPLIED
    return bank.move(record, state=EntryState.PLANNED, becomes=state, **said)


def _settle(entity: Entity, customer_id: str, money: Money, record: EntryRecord, now: datetime) -> None:
    """Have the two stand as one."""
    from functions.shared import cash_work, money_told

    paired = (record.told, record.told_of) == (money.id, customer_id)
    if record.state is EntryState.PLANNED:
        if not paired or record.rev == 1:  # whoever books it comes back to this
            return
        record = cash_work.perform(record, entity, now)
    if record.state is EntryState.REVERSED:  # it came, and went back
        told = record.model_copy(update={"told": money.id, "told_of": customer_id})
        today = local_date(now, entity.zone)
        money_told.take_back(entity.id, told, today, today=today, now=now)
        return
    if paired and not (money.used and record.state in COUNTS):
        return
    said = {"told": money.id, "told_of": customer_id, "reasons": ("the ledger has this payment too",)}
    planned = pair(record, **said)
    if planned is None:
        meet(entity, customer_id, moneys.get(entity.id, customer_id, money.id) or money, now)
        return
    cash_work.perform(planned, entity, now)
    cash_work.matching_done(entity, now)


def _took_back(entity: Entity, money: Money, now: datetime) -> None:
    """A program says that a payment went back which the bank's entry counts for."""
    from functions.shared import cash_work

    record = bank.read([money.bank]).get(money.bank) if money.bank is not None else None
    if record is None or record.state not in COUNTS or not money.by_bank:
        return
    planned = cash_work.replan(
        record, None, EntryState.REVERSED, suggestions=(), reasons=("the ledger says that it went back",)
    )
    if planned is None:
        _took_back(entity, money, now)
        return
    cash_work.perform(planned, entity, now)


def _ask(entity: Entity, customer_id: str, money: Money, record: EntryRecord, now: datetime) -> None:
    """A person says whether they are one; both count until then."""
    from functions.shared import cash_plan, cash_work

    if any((one.told, one.told_of) == (money.id, customer_id) for one in record.suggestions):
        return
    same = cash_plan.same_as(record, money.account, money.id, customer_id)
    state = EntryState.DOUBTED if record.state is EntryState.APPLIED else record.state
    reasons = ("the ledger has a payment of the same amount and days",)
    asked = bank.move(record, state=state, suggestions=(same, *record.suggestions), reasons=reasons)
    if asked is None:
        meet(entity, customer_id, money, now)
        return
    cash_work.ask_for_matching(entity, local_date(now, entity.zone))


def _paired(entity: Entity, customer_id: str, money: Money) -> EntryRecord | None:
    """The bank's entry that is certainly the same."""
    if money.bank is not None:
        return bank.read([money.bank]).get(money.bank)
    found = [one for one in _near(entity, customer_id, money) if _is_same(money, one)]
    return min(found, key=lambda one: _distance(money, one), default=None)


def _maybe(entity: Entity, customer_id: str, money: Money) -> EntryRecord | None:
    """The one that may be: what counts for the same customer and is no other payment's."""
    found = [
        one
        for one in _near(entity, customer_id, money)
        if one.state in COUNTS and one.split is not None and one.split.customers == (money.account,)
        if all(said.rule is not Rule.SAME or said.told == money.id for said in one.suggestions)
    ]
    return min(found, key=lambda one: _distance(money, one), default=None)


def _near(entity: Entity, customer_id: str, money: Money) -> list[EntryRecord]:
    """The bank's entries of its amount and days, less those that are another payment."""
    days = timedelta(days=entity.cash.same_payment_days)
    around = (money.booked_on - days, money.booked_on + days)
    there = bank.of_amount(entity.id, money.currency, money.minor, around).values()
    own = (money.id, customer_id)
    return [
        one
        for one in there
        if own not in one.apart and (one.told is None or (one.told, one.told_of) == own)
        if one.state is not EntryState.REVERSED or _went_back_since(money, one)
    ]


def _went_back_since(money: Money, record: EntryRecord) -> bool:
    """Whether the entry was taken back on the payment's day or later: a debit may be tried again under its key."""
    by = bank.read([record.back]).get(record.back) if record.back is not None else None
    return by is not None and money.booked_on <= by.entry.booked_on


def _is_same(money: Money, record: EntryRecord) -> bool:
    """By the payment's own key, unless it is another's money; or by an invoice that both settle alike."""
    parts = record.split.parts if record.split else ()
    on = set(record.split.customers) if record.split else set()
    if names(record.entry, money.reference):
        return not on or money.account in on
    return any(money.used.get(part.item) in (part.minor, part.minor + part.allowance) for part in parts)


def _distance(money: Money, record: EntryRecord) -> tuple[bool, bool, int, str]:
    """The one with its key first, then what is still there, then the nearest day."""
    gone = record.state is EntryState.REVERSED
    return (
        not names(record.entry, money.reference),
        gone,
        abs((record.entry.booked_on - money.booked_on).days),
        record.id,
    )
