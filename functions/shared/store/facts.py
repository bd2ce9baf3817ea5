"""Writers of facts: what a ledger says about an account goes into its rows first, and into the account row last.

Storing the same ledger twice changes nothing. A writer that died between the rows and the account row leaves rows whose
`at_version` the account has not reached; the next one sees that and finishes.
"""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from datetime import date, datetime, timedelta
from itertools import islice
from typing import Final, TypeAlias

from core.decide.account import GROUP
from core.decide.model import Facts
from core.formats.changes import AccountChanges, ItemChange
from core.ledger import ChaseAt
from core.state import AccountState, ItemState
from core.values import dataclass, replace
from functions.shared import news
from functions.shared.store import accounts, chasing, items, keys, overtaken, settlements, taken_off, untold, writes
from functions.shared.store.accounts import AccountRecord, LostRaceError
from functions.shared.store.items import StoredItem
from functions.shared.store.keys import Key
from functions.shared.store.ledger_rows import customer_rows, other_rows
from functions.shared.store.table import Row, table
from functions.shared.store.writes import Writes

_ATTEMPTS: Final = 5
_BEHIND: Final = timedelta(days=2)  # no other entity's date is further behind ours; too early a look harms nobody
_GROUP_OF_ACCOUNTS: Final = 40  # written together when all are new
Change: TypeAlias = Callable[[AccountRecord, Mapping[str, StoredItem], Writes, Mapping[Key, Row]], None]


@dataclass(frozen=True, slots=True)
class Applied:
    """What a ledger changed on one account; all zero when it said nothing new."""

    entity: str
    customer: str
    changed: bool = False
    opened: int = 0  # items that are new
    restated: int = 0  # items with another amount, date or text
    closed: int = 0
    reopened: int = 0
    shared: tuple[Row, ...] = ()  # customer and contacts that changed, which other accounts read too


def apply_account(
    changes: AccountChanges,
    *,
    today: date,
    now: datetime,
    entities: Collection[str] = (),
) -> Applied:
    """Store what a ledger says about one customer at one entity, on its account or on that of the parent to be chased.

    Args: `today` the entity's local date, on which the account is decided again; `entities` all that this customer may
    have an account with: those are decided again too when the customer or its contacts changed.
    Raises: LostRaceError when other writers were first on every attempt.
    """
    parts = own, *others = [_apply_part(part, today, now, entities) for part in chasing.split(changes)]
    if own.shared and changes.customer.parent is not None and changes.customer.chase_at is not ChaseAt.SELF:
        for entity in {changes.entity, *entities}:  # what is said of a company holds for its invoices there too
            accounts.wake(entity, changes.customer.parent, today - _BEHIND)
    untold.take_off(row for part in parts for row in part.shared)
    return replace(
        own,
        changed=own.changed or any(other.changed for other in others),
        opened=own.opened + sum(other.opened for other in others),
        restated=own.restated + sum(other.restated for other in others),
        closed=own.closed + sum(other.closed for other in others),
        reopened=own.reopened + sum(other.reopened for other in others),
    )


def _apply_part(changes: AccountChanges, today: date, now: datetime, entities: Collection[str]) -> Applied:
    for _ in range(_ATTEMPTS):
        applied = _apply_once(changes, today, now)
        if applied is None:
            continue
        if applied.shared:
            for entity in entities:
                if entity != changes.entity:
                    accounts.wake(entity, changes.customer.id, today - _BEHIND)
        return applied
    raise LostRaceError(f"account {changes.entity}/{changes.customer.id} changed on each of {_ATTEMPTS} attempts")


def change(
    entity: str, customer_id: str, item_ids: Sequence[str], make: Change, *, today: date, now: datetime
) -> Applied:
    """Change the stored facts of one account under its version.

    Args: `item_ids` of the items that it is about, open or closed; `make` plans the writes from the account, those of
    the items that are stored, and all its rows by key. It is asked again when somebody else was first.
    Raises: LostRaceError when other writers were first on every attempt.
    """
    for _ in range(_ATTEMPTS):
        found = list(table().query(keys.account_pk(entity, customer_id)))
        about = list(table().query(keys.customer_pk(customer_id)))
        record = accounts.assemble(entity, customer_id, found, about)
        plan = _begin(record, today)
        stored = _stored(entity, customer_id, found, list(item_ids))
        make(record, stored, plan, {Key(row["pk"], row["sk"]): row for row in found})
        plan.owes = True
        applied = _write(record, plan, today, now)
        if applied is not None:
            return applied
    raise LostRaceError(f"account {entity}/{customer_id} changed on each of {_ATTEMPTS} attempts")


def apply_accounts(ledger: Iterable[AccountChanges], *, today: Mapping[str, date], now: datetime) -> Iterator[Applied]:
    """Store a whole ledger, account after account; accounts that are new are written many at a time.

    Args: `today` by entity.
    """
    left = iter(ledger)
    while group := list(islice(left, _GROUP_OF_ACCOUNTS)):
        fresh = _unknown(group)
        yield from _apply_new(list(fresh.values()), today, now)
        for changes in group:
            if fresh.get((changes.entity, changes.customer.id)) is not changes:
                yield apply_account(changes, today=today[changes.entity], now=now, entities=today)


def _apply_once(changes: AccountChanges, today: date, now: datetime) -> Applied | None:
    entity, customer_id = changes.entity, changes.customer.id
    found = list(table().query(keys.account_pk(entity, customer_id)))
    about = list(table().query(keys.customer_pk(customer_id)))
    record = accounts.assemble(entity, customer_id, found, about or customer_rows(changes, ()))
    plan = _plan(changes, record, found, about, today, now)
    applied = _write(record, plan, today, now)
    return replace(applied, shared=tuple(plan.shared)) if applied else None


def _apply_new(ledger: Sequence[AccountChanges], today: Mapping[str, date], now: datetime) -> Iterator[Applied]:
    """Accounts of which nothing is stored: all rows in large requests, then each account row if nobody made it yet."""
    planned: list[tuple[AccountChanges, AccountRecord, Writes]] = []
    rows: dict[Key, Row] = {}  # a customer of two entities comes twice
    for changes in ledger:
        record = AccountRecord(changes.entity, changes.customer.id, version=0, facts=Facts(changes.customer))
        plan = _plan(changes, record, (), (), today[changes.entity], now)
        rows |= {Key(row["pk"], row["sk"]): row for row in plan.puts}
        plan.puts = []
        planned.append((changes, record, plan))
    table().batch_write(puts=rows.values())
    for changes, record, plan in planned:
        on = today[changes.entity]
        yield _write(record, plan, on, now) or apply_account(changes, today=on, now=now)


def _unknown(group: Sequence[AccountChanges]) -> dict[tuple[str, str], AccountChanges]:
    """Those of a group of which neither account nor customer is stored; of two for one account the first.

    A customer with a parent is not among them: its items may belong to the parent's account.
    """
    wanted = {keys.account(changes.entity, changes.customer.id) for changes in group}
    wanted |= {keys.profile(changes.customer.id) for changes in group}
    there = table().batch_get(wanted)
    fresh: dict[tuple[str, str], AccountChanges] = {}
    for changes in group:
        entity, customer_id = changes.entity, changes.customer.id
        if changes.customer.parent is not None:
            continue
        if keys.account(entity, customer_id) not in there and keys.profile(customer_id) not in there:
            fresh.setdefault((entity, customer_id), changes)
    return fresh


def _plan(
    changes: AccountChanges,
    record: AccountRecord,
    found: Sequence[Row],
    about: Sequence[Row],
    today: date,
    now: datetime,
) -> Writes:
    plan = _begin(record, today)
    plan.state = _with_history(plan.state, changes)
    known = {Key(row["pk"], row["sk"]): row for row in (*found, *about)}
    said = {row["sk"]: row for row in untold.unmarked(about)}
    fresh = [row for row in customer_rows(changes, list(said.values())) if said.get(row["sk"]) != row]
    if found or about or changes.customer.parent is not None:  # else nobody reads them yet
        fresh = untold.marked(fresh)
    left = untold.left(about)
    plan.shared = [*fresh, *left]
    plan.puts += fresh
    plan.unfinished |= bool(left)
    _place_items(plan, changes, record, found, today, now)
    writes.place_rows(plan, other_rows(changes, known, plan.version, today), known, record.facts_version)
    plan.owes |= record.existing or bool(changes.credits)
    return plan


def _place_items(
    plan: Writes, changes: AccountChanges, record: AccountRecord, found: Sequence[Row], today: date, now: datetime
) -> None:
    """Its items, less what the bank had told of the same money."""
    entity = changes.entity
    named = [*(change.item.id for change in changes.items), *changes.gone]
    stored = _stored(entity, changes.customer.id, found, named, new=not record.existing)
    more: list[int] = []
    for change in changes.items:
        was = stored.get(change.item.id)
        known = settlements.in_its_currency(taken_off.less(was, change, changes), change.item) if was else None
        told = overtaken.stated(known, change)
        heard = overtaken.told(known, told)
        more += overtaken.increases(known, told).values() if heard is told else ()
        after = settlements.merge(known, heard, today)
        if was is None:
            after = replace(after, memory=_imported(change))
        writes.place(plan, entity, was, after, now, record.facts_version)
    for item_id in changes.gone:
        was = stored.get(item_id)
        if was is not None and (was.open_minor > 0 or was.at_version > record.facts_version):
            more.append(was.open_minor or was.settled.get(items.GONE, 0))
            writes.place(plan, entity, was, settlements.gone(was), now, record.facts_version)
    for row in overtaken.credits_told(found, more, changes.credits) if more or changes.credits else ():
        plan.puts.append({**row, "at_version": plan.version})


def _begin(record: AccountRecord, today: date) -> Writes:
    state, fresh = record.facts.state, not record.existing
    return Writes(
        record.version + 1,
        today,
        state=state,
        paid=list(state.paid),
        cleared=list(state.cleared),
        memory=dict(state.items),
        unfinished=fresh,
    )


def _stored(
    entity: str, customer_id: str, found: Sequence[Row], wanted: list[str], *, new: bool = False
) -> dict[str, StoredItem]:
    """The wanted items, open or closed; an account without a row has closed none."""
    stored = {row["id"]: items.of_row(row) for row in found if row["sk"].startswith("I#")}
    missing = [item_id for item_id in wanted if item_id not in stored]
    return stored if new else stored | items.closed(entity, customer_id, missing)


def _write(record: AccountRecord, plan: Writes, today: date, now: datetime) -> Applied | None:
    """Rows, then the account row; None when somebody else was first anywhere."""
    if plan.empty:
        return Applied(record.entity, record.customer_id)
    if not all(_restate(row) for row in plan.restated):
        return None
    table().batch_write(puts=plan.puts)
    table().batch_write(deletes=plan.deletes)
    after = accounts.commit(
        record,
        state=plan.remembered(),
        next_check_on=today if plan.owes else None,
        now=now,
        add=news.of_facts(record, plan, today, now),
        facts_complete=True,
    )
    if after is None:
        return None
    return Applied(
        record.entity,
        record.customer_id,
        changed=True,
        opened=plan.opened,
        restated=plan.restated_items,
        closed=plan.closed,
        reopened=plan.reopened,
    )


def _restate(row: Row) -> bool:
    def ours(there: Row) -> bool:  # a repeated request fails on its own success
        return there == row

    return table().put_if(row, "#rev = :was", {"was": row["rev"] - 1}, mine=ours)


def _imported(change: ItemChange) -> ItemState | None:
    """How far an older system had climbed with an item that is new to us."""
    return ItemState(level=change.level, attempts=1) if change.level else None


def _with_history(state: AccountState, changes: AccountChanges) -> AccountState:
    """When an older system last wrote counts as our last message, unless ours was later."""
    days = [change.last_notice for change in changes.items if change.last_notice is not None]
    last = state.last_accepted_on.get(GROUP)
    if not days or (last is not None and last >= max(days)):
        return state
    return replace(state, last_accepted_on={**state.last_accepted_on, GROUP: max(days)})
