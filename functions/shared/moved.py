"""An invoice that a ledger names under another customer than before: it was booked on the wrong one, or two became one.

What others than the ledger told of it goes along: money that a bank or a program told, what is disputed, promised or
held. Else the new customer would be asked for what is paid. How far the old one was reminded does not: nobody has
written to the new one yet.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import date, datetime
from typing import Any, TypeAlias, TypeVar

from core.cash.model import Split
from core.formats.changes import LESS, OF_BANK, AccountChanges, ItemChange
from core.frozen import Frozen
from core.ledger import ChaseAt, Credit, Customer, Dispute, Entity, Hold, Item, Plan, Promise
from core.values import dataclass
from functions.shared import cash_work, moved_money
from functions.shared.store import bank, customers, facts, items, keys, moneys, settlements, writes
from functions.shared.store.accounts import AccountRecord
from functions.shared.store.bank import EntryRecord, EntryState
from functions.shared.store.items import StoredItem
from functions.shared.store.keys import Key
from functions.shared.store.rows import fact_of
from functions.shared.store.table import Row, ref_index, table
from functions.shared.store.writes import Writes

_Fact = TypeVar("_Fact", bound=Frozen)
_Place: TypeAlias = tuple[str, str, str]  # entity, account, item


@dataclass(frozen=True, slots=True)
class Move:
    """One invoice: from the account on which it lies to that of the customer under whom it is named now."""

    item: str
    account: str
    customer: str
    to: str  # the customer's own account, or that of the parent who is chased


def find(
    news: Sequence[AccountChanges],
    is_looked_for: Callable[[str], bool] | None = None,
    regrouped: Mapping[str, Customer] | None = None,
) -> list[Move]:
    """Those of these accounts' invoices that lie elsewhere.

    Args: `is_looked_for` whether an invoice may, by its id; any may whose customer is `regrouped`. None: all may.
    """
    wanted = [
        (change, one.item)
        for change in news
        for one in change.items
        if is_looked_for is None or is_looked_for(one.item.id) or change.customer.id in (regrouped or {})
    ]
    return list(_moves(wanted))


def leave_parents(
    news: Sequence[AccountChanges], regrouped: Mapping[str, Customer], today: date, now: datetime
) -> None:
    """What a full file does not hold any more is closed at the parent too whom its customer had until now."""
    for change in news:
        was = regrouped.get(change.customer.id)
        if was is not None and change.gone:
            old = AccountChanges(change.entity, was, by_name_only=True, gone=change.gone)
            facts.apply_account(old, today=today, now=now)


def leave_credits(
    news: Sequence[AccountChanges],
    moves: Sequence[Move],
    regrouped: Mapping[str, Customer],
    today: date,
    now: datetime,
) -> None:
    """What a file says is on account under a customer is so nowhere else: not where its invoices come from, nor at the
    parent whom it had. Before they are brought, or a worker that dies in between would not find that account again.

    What a bank or a program told is not the file's to move.
    """  # noqa: D205
    places = {
        keys.credit(change.entity, account, credit.id): (change, account, credit)
        for change in news
        if change.credits
        for account in _left_by(change, moves, regrouped)
        for credit in change.credits
    }
    for key, row in table().batch_get(places).items():
        change, account, credit = places[key]
        was = fact_of(Credit, row)
        same = (was.kind, was.currency, was.booked_on) == (credit.kind, credit.currency, credit.booked_on)
        owners = ((customer, credit.id) for customer in (account, change.customer.id))
        if same and was.open_minor and not moneys.told(change.entity, owners):
            used = was.model_copy(update={"open_minor": 0})
            old = AccountChanges(change.entity, Customer(id=account, name=account), by_name_only=True, credits=(used,))
            facts.apply_account(old, today=today, now=now)


def _left_by(change: AccountChanges, moves: Sequence[Move], regrouped: Mapping[str, Customer]) -> set[str]:
    """The accounts that a customer's invoices come from, but for those on which they lie now."""
    customer = change.customer
    was = regrouped.get(customer.id)
    left = {move.account for move in moves if move.customer == customer.id} | {was.parent if was else None}
    return {account for account in left if account is not None} - {customer.id, customer.parent}


def regrouped(news: Sequence[AccountChanges]) -> dict[str, Customer]:
    """Customers who had another parent until now, as they were."""
    known = customers.profiles({change.customer.id for change in news})
    said = {change.customer.id: change.customer.parent for change in news}
    return {key: was for key, was in known.items() if was.parent is not None and was.parent != said[key]}


def _moves(wanted: Sequence[tuple[AccountChanges, Item]]) -> Iterator[Move]:
    """From the accounts on which the same invoice is, or was, the debt of another customer.

    Two books of one company may number alike: it is the same by its id, number, day, currency and total.
    """
    references = [keys.reference(change.entity, item.number) for change, item in wanted]
    rows = table().query_each(references, index=ref_index())
    spots = [
        (change, item, account)
        for (change, item), reference in zip(wanted, references, strict=True)
        for account, item_id in (keys.item_of_reference(row["ref_sk"]) for row in rows[reference])
        if item_id == item.id and account != change.customer.id
    ]
    lying = _stored_each((change.entity, account, item.id) for change, item, account in spots)
    for change, item, account in spots:
        there = lying.get((change.entity, account, item.id))
        if there is not None and _is(there.item, item):
            yield from _move(change.entity, there, account, change.customer)


def _move(entity: str, there: StoredItem, account: str, customer: Customer) -> Iterator[Move]:
    """The move of one of them, where it is to go at all."""
    item = there.item.id
    if there.item.owed_by == customer.id and account == customer.parent:
        return
    move = Move(item, account, customer.id, _account_of(entity, item, customer))
    if move.to != account and (there.open_minor or _is_left_behind(entity, there, move)):
        yield move


def _account_of(entity: str, item: str, customer: Customer) -> str:
    """Where it lies; where it will, if nobody knows it there yet."""
    at_parent = customer.parent is not None and customer.chase_at is not ChaseAt.SELF
    known = (one for one in (customer.id, customer.parent) if one and _stored(entity, one, item) is not None)
    return next(known, (customer.parent if at_parent else None) or customer.id)


def _is_left_behind(entity: str, there: StoredItem, move: Move) -> bool:
    """Whether something that others told of a closed invoice is not known where it is now."""
    told = _told_by_others(entity, there)
    here = _stored(entity, move.to, move.item)
    if here is None and items.GONE in there.settled and any(_agreed(entity, move)):
        return True  # this file closed it, some accounts ago
    known = {*here.settled, *here.reversed} if here else set[str]()
    entries = bank.read({bank.of_credit(entry) for entry in told if entry.startswith(OF_BANK)})
    return not told.keys() <= known or any(_pointed(one, move) is not None for one in entries.values())


def _is(one: Item, other: Item) -> bool:
    said = ((each.number, each.issued_on, each.currency, each.original_minor) for each in (one, other))
    return next(said) == next(said)


def bring(news: Iterable[AccountChanges], moves: Sequence[Move], entity: Entity, today: date, now: datetime) -> None:
    """What was told of the invoices is known where they are to be, and they are closed where they were.

    Before a file's own words are stored: what it tells again of the same money then counts once. Twice is as once.
    """
    named = {change.customer.id: change for change in news}
    for move in moves:
        there = _stored(entity.id, move.account, move.item)
        change = named.get(move.customer)
        if there is None or change is None:
            continue
        for entry in sorted(_told_by_others(entity.id, there)):
            if entry.startswith(OF_BANK):
                _point(bank.of_credit(entry), move, entity, now)
            else:
                _point_told(entity.id, there.item.owed_by or there.item.customer, entry, move)
        facts.apply_account(_what_goes_along(change, there, move), today=today, now=now)
        moved_money.bring(move.item, move.account, move.to, entity, now)
        _close(entity.id, move, today, now)


def _close(entity: str, move: Move, today: date, now: datetime) -> None:
    """Where it was. Nobody paid it by that: money on account there stays, though it be as much."""

    def close(record: AccountRecord, stored: Mapping[str, StoredItem], plan: Writes, _: Mapping[Key, Row]) -> None:
        was = stored.get(move.item)
        if was is not None and (was.open_minor > 0 or was.at_version > record.facts_version):
            writes.place(plan, entity, was, settlements.gone(was), now, record.facts_version)

    facts.change(entity, move.account, [move.item], close, today=today, now=now)


def _with_what_is_told(entity: str, there: StoredItem, move: Move) -> tuple[ItemChange, ...]:
    """The invoice with what others told of it and is not known where it is to be; none where that is nothing."""
    here = _stored(entity, move.to, move.item)
    known = {*here.settled, *here.reversed} if here else set[str]()
    told = {entry: minor for entry, minor in _told_by_others(entity, there).items() if entry not in known}
    if not told:
        return ()
    as_it_was = there.item.model_copy(update={"customer": move.customer, "debtor": None, "owed_by": None})
    item = (here.item if here else as_it_was).model_copy(
        update={
            "open_minor": max(0, there.item.original_minor - sum(told.values())),
            "part_payments": tuple(each for each in there.item.part_payments if each.id in told),
            "paid_days": there.item.paid_days,
        }
    )
    given = there.not_money & told.keys()
    return (ItemChange(item, told, paid_on=there.paid_on, paid_minor=there.paid_minor, not_money=given),)


def _told_by_others(entity: str, there: StoredItem) -> dict[str, int]:
    """What settled it and is not of a ledger's file: that is told there under its new customer."""
    of = there.item.owed_by or there.item.customer
    return {
        entry: minor
        for entry, minor in there.settled.items()
        if entry.startswith(OF_BANK) or moneys.get(entity, of, entry.removesuffix(LESS)) is not None
    }


def _what_goes_along(change: AccountChanges, there: StoredItem, move: Move) -> AccountChanges:
    """What others told of the invoice, with its disputes, promises, plans and holds.

    Its customer stays as stored until the file's own words are: a worker that dies here sees again who had a parent.
    """
    rows = list(_agreed(change.entity, move))

    def those(kind: type[_Fact], prefix: str) -> tuple[_Fact, ...]:
        return tuple(fact_of(kind, row) for row in rows if row["sk"].startswith(prefix))

    return AccountChanges(
        change.entity,
        change.customer,
        contacts=change.contacts,
        items=_with_what_is_told(change.entity, there, move),
        disputes=those(Dispute, "H#dispute#"),
        promises=those(Promise, "P#"),
        plans=those(Plan, "H#plan#"),
        holds=those(Hold, "H#hold#"),
        by_name_only=True,
    )


def _agreed(entity: str, move: Move) -> Iterator[Row]:
    """The rows of what is agreed about the invoice where it was."""
    for row in table().query(keys.account_pk(entity, move.account)):
        said: Any = row.get("items", (row.get("item"),))
        if row["sk"].startswith(("H#", "P#")) and move.item in said:
            yield row


def _point(entry_id: str, move: Move, entity: Entity, now: datetime) -> None:
    """The bank's entry settles the invoice where it is now, and opens it there if it goes back."""
    record = bank.read([entry_id]).get(entry_id)
    if record is not None and record.state is EntryState.PLANNED:
        record = cash_work.perform(record, entity, now)
    split = _pointed(record, move) if record is not None else None
    if record is not None and split is not None and bank.move(record, split=split) is None:
        _point(entry_id, move, entity, now)


def _point_told(entity: str, customer: str, entry: str, move: Move) -> None:
    """The same of a payment of a program, where it is all for this invoice: it opens it there if it goes back."""
    money = moneys.get(entity, customer, entry)
    if money is None or money.account == move.to or money.used != {move.item: money.minor}:
        return
    if moneys.put(entity, customer, money.model_copy(update={"account": move.to})) is None:
        _point_told(entity, customer, entry, move)


def _pointed(record: EntryRecord, move: Move) -> Split | None:
    """How its money stands once the invoice has moved; None: it stands so, or is about others."""
    split = record.split and cash_work.repointed(record.split, move.item, move.account, move.to)
    return split if split != record.split else None


def _stored(entity: str, account: str, item: str) -> StoredItem | None:
    return _stored_each([(entity, account, item)]).get((entity, account, item))


def _stored_each(wanted: Iterable[_Place]) -> dict[_Place, StoredItem]:
    """Those that are stored, open or closed."""
    places = {place: (keys.item(*place), keys.closed_item(*place)) for place in wanted}
    rows = table().batch_get(key for both in places.values() for key in both)
    found = {place: next((rows[key] for key in both if key in rows), None) for place, both in places.items()}
    return {place: items.of_row(row) for place, row in found.items() if row is not None}
