"""The writes that take an account's items from how they are stored to how they stand, and what it then remembers."""

from collections.abc import Iterable, Mapping
from dataclasses import field
from datetime import date, datetime, timedelta
from typing import Final

from core.ledger import ClosedItem, Item
from core.state import AccountState, ItemState
from core.values import dataclass, replace
from functions.shared.store import items, keys
from functions.shared.store.history import CLOSED_ITEMS_KEPT
from functions.shared.store.items import StoredItem
from functions.shared.store.keys import Key
from functions.shared.store.table import Row

_PAID_KEPT: Final = 10  # items of the payer's record
_CLEARED_KEPT: Final = timedelta(days=30)  # more than any policy looks back


@dataclass(slots=True)
class Writes:
    """The writes for one account, in the order in which they are made."""

    version: int  # of the account when they are complete
    today: date  # on which all this is heard
    puts: list[Row] = field(default_factory=list)
    restated: list[Row] = field(default_factory=list)  # open items that exist: conditional on their `rev`
    deletes: list[Key] = field(default_factory=list)
    state: AccountState = field(default_factory=AccountState)
    paid: list[ClosedItem] = field(default_factory=list)  # the payer's record, which replaces that of `state`
    cleared: list[ClosedItem] = field(default_factory=list)  # what else was closed of late, as that of `state`
    memory: dict[str, ItemState] = field(default_factory=dict)  # of the account's items, which replaces that of `state`
    shared: list[Row] = field(default_factory=list)  # of `puts`: customer and contacts, which other accounts read too
    owes: bool = False  # stays so for a new account that has nothing open, and never needs a decision
    unfinished: bool = False  # an earlier writer died before it reached the account row
    items: list[tuple[Item | None, Item]] = field(default_factory=list)  # as each stood, None: not known, and stands
    retold: list[Row] = field(default_factory=list)  # rows that a writer who died had written, as they are again
    died: bool = False  # and it had written items
    opened: int = 0
    restated_items: int = 0
    closed: int = 0
    reopened: int = 0

    def remembered(self) -> AccountState:
        """The account's memory once all is written."""
        paid = sorted(self.paid, key=lambda item: item.paid_on)[-_PAID_KEPT:]
        cleared = [item for item in self.cleared if item.paid_on > self.today - _CLEARED_KEPT][-_PAID_KEPT:]
        return replace(self.state, items=self.memory, paid=tuple(paid), cleared=tuple(cleared))

    @property
    def empty(self) -> bool:
        return not (self.puts or self.restated or self.deletes or self.unfinished)


def place(
    plan: Writes, entity: str, was: StoredItem | None, after: StoredItem, now: datetime, facts_version: int
) -> None:
    """Plan the writes that take an item from how it is stored to how it stands."""
    remembered = plan.memory.get(after.item.id)
    died = was is not None and was.at_version > facts_version
    plan.items.append((None if was is None or died else was.item, after.item))
    plan.died |= died
    if was is not None and died:  # a writer died: what it brought back, or closed, is not remembered yet
        remembered = _finish(plan, was, remembered)
    if after.open_minor > 0:
        _place_open(plan, entity, was, after, remembered, died=died)
        return
    if was is None or was.open_minor > 0 or died:
        _remember_paid(plan, after, was)
    _place_closed(plan, entity, was, after, remembered, now)


def place_rows(plan: Writes, rows: Iterable[Row], known: Mapping[Key, Row], facts_version: int) -> None:
    """Plan the rows beside the items that changed, or that a writer left who died."""
    for row in rows:
        before = known.get(Key(row["pk"], row["sk"]))
        if before is None or not items.same(row, before):
            plan.puts.append(row)
        elif before["at_version"] > facts_version:
            plan.unfinished = True
            plan.retold.append(row)


def _finish(plan: Writes, was: StoredItem, remembered: ItemState | None) -> ItemState | None:
    plan.unfinished = True
    if was.open_minor > 0:
        _forget_paid(plan, was)
    if was.memory and remembered is None:
        remembered = plan.memory[was.item.id] = was.memory
    return remembered


def _place_open(
    plan: Writes,
    entity: str,
    was: StoredItem | None,
    after: StoredItem,
    remembered: ItemState | None,
    *,
    died: bool,
) -> None:
    plan.owes = True
    if was is None or was.open_minor == 0:
        after = replace(after, at_version=plan.version, rev=1)
        plan.puts.append(items.row_of(entity, after))
        if after.memory and remembered is None:
            plan.memory[after.item.id] = after.memory
        plan.opened += was is None
        plan.reopened += was is not None
        if was is not None and not died:
            _forget_paid(plan, was)
    elif not items.same(items.row_of(entity, was), items.row_of(entity, after)):
        after = replace(after, at_version=plan.version, rev=was.rev + 1)
        plan.restated.append(items.row_of(entity, after))
        plan.restated_items += 1


def _place_closed(
    plan: Writes, entity: str, was: StoredItem | None, after: StoredItem, remembered: ItemState | None, now: datetime
) -> None:
    if remembered is not None:
        after = replace(after, memory=remembered)
        del plan.memory[after.item.id]
    row = items.row_of(entity, replace(after, at_version=plan.version))
    if was is not None and was.open_minor == 0 and remembered is None and items.same(row, items.row_of(entity, was)):
        return
    expires_at = int((now + CLOSED_ITEMS_KEPT).timestamp())
    plan.puts.append({**row, "closed_at": keys.instant(now), "expires_at": expires_at})
    if was is not None and was.open_minor > 0:
        plan.deletes.append(items.key_of(entity, after))
    again = was is not None and was.open_minor == 0
    plan.restated_items += again
    plan.closed += not again


def _remember_paid(plan: Writes, closed: StoredItem, was: StoredItem | None) -> None:
    """Into the payer's record, where a payment closed what was sold; else what was open until now is gone of late."""
    if not closed.item.kind.principal:
        return
    if closed.paid_on is not None:
        heard_on = plan.today if was is not None and closed.paid_on < plan.today else None
        plan.paid.append(_closed_item(closed, closed.paid_on, heard_on))
    elif was is not None:
        cleared = was.open_minor or closed.settled.get(items.GONE, 0)  # 0: a writer died
        plan.cleared.append(_closed_item(replace(closed, paid_minor=cleared), plan.today, None))


def _forget_paid(plan: Writes, stored: StoredItem) -> None:
    """Out of the payer's record: the payment came back."""
    days = stored.item.issued_on, stored.item.due_on, stored.paid_on
    found = next((paid for paid in plan.paid if (paid.issued_on, paid.due_on, paid.paid_on) == days), None)
    if found is not None:
        plan.paid.remove(found)
    if stored.paid_on is None:
        gone = next((one for one in plan.cleared if (one.issued_on, one.due_on) == days[:2]), None)
        plan.cleared = [one for one in plan.cleared if one is not gone]


def _closed_item(stored: StoredItem, paid_on: date, heard_on: date | None) -> ClosedItem:
    item = stored.item
    return ClosedItem(
        issued_on=item.issued_on,
        due_on=item.due_on,
        paid_on=paid_on,
        currency=item.currency,
        minor=stored.paid_minor,
        heard_on=heard_on,
    )
