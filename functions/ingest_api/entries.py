"""Invoices, write-offs, and what was agreed about them, of one customer: stored in one change of the account."""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import field

from core.formats.changes import AccountChanges, ItemChange
from core.formats.errors import Code, quote
from core.ledger import Customer, Dispute, Hold, Plan, Promise, Waiver
from core.values import dataclass
from functions.ingest_api import convert
from functions.ingest_api.convert import RefusedError, conflict
from functions.ingest_api.models import (
    DisputeRecord,
    HoldRecord,
    InvoiceRecord,
    PlanRecord,
    PromiseRecord,
    WaiverRecord,
    WriteOffRecord,
)
from functions.ingest_api.place import Outcome, Place, outcome
from functions.ingest_api.problems import not_found
from functions.ingest_api.tags import Condition
from functions.shared import moved
from functions.shared.store import facts, items, keys, settlements, writes
from functions.shared.store.accounts import AccountRecord, IncompleteAccountError
from functions.shared.store.items import StoredItem
from functions.shared.store.keys import Key
from functions.shared.store.ledger_rows import other_rows
from functions.shared.store.table import Row, table
from functions.shared.store.writes import Writes

Entry = InvoiceRecord | WriteOffRecord | DisputeRecord | PromiseRecord | PlanRecord | WaiverRecord | HoldRecord
Said = list[Outcome | RefusedError]


def store(
    place: Place,
    customer_id: str,
    records: Sequence[Entry],
    condition: Condition,
    looked: frozenset[str] = frozenset(),
) -> Said:
    """Store what is said about one account. Raises ProblemError for an account that is not this caller's.

    Args: `looked` ids of invoices that were looked for at other customers.
    """
    said = Said()

    def make(record: AccountRecord, stored: Mapping[str, StoredItem], plan: Writes, known: Mapping[Key, Row]) -> None:
        draft = Draft(place, record.facts.customer, dict(stored), known)
        said[:] = draft.take(records, condition)
        _look_elsewhere(draft, stored, looked)
        for item in draft.touched:
            writes.place(plan, place.entity.id, stored.get(item), draft.items[item], place.now, record.facts_version)
        put_rows(plan, draft.changes(), known, record.facts_version, place)

    def at_parent(parent: Customer) -> None:
        _by_ledger(place, parent, wanted, records, condition, said, looked)

    wanted = list(dict.fromkeys(named for record in records for named in _named(record)))
    try:
        change(place, customer_id, wanted, make, at_parent)
    except _MovesError as found:
        moved.bring([found.news], found.moves, place.entity, place.today, place.now)
        new = frozenset(one.item.id for one in found.news.items)
        return store(place, customer_id, records, Condition(), looked | new)  # what it asked for did hold
    return said


class _MovesError(Exception):
    """Invoices that are new to a customer lie at another: they are brought before anything of them is stored here."""

    def __init__(self, news: AccountChanges, moves: list[moved.Move]) -> None:
        super().__init__()
        self.news, self.moves = news, moves


def _look_elsewhere(draft: "Draft", stored: Mapping[str, StoredItem], looked: Collection[str]) -> None:
    """Raises: _MovesError where an invoice that is new here is, or was, the debt of another customer."""
    new = [ItemChange(draft.items[key].item) for key in draft.touched if key not in stored and key not in looked]
    news = AccountChanges(draft.place.entity.id, draft.customer, by_name_only=True, items=tuple(new))
    if moves := moved.find([news]):
        raise _MovesError(news, moves)


def end_hold(place: Place, customer_id: str, hold_id: str, condition: Condition) -> None:
    """The hold ended yesterday. Raises ProblemError where there is none."""
    key = keys.hold(place.entity.id, customer_id, hold_id)

    def make(record: AccountRecord, _: Mapping[str, StoredItem], plan: Writes, known: Mapping[Key, Row]) -> None:
        if key not in known:
            raise not_found()
        condition.check(known[key])
        changes = AccountChanges(place.entity.id, record.facts.customer, ended_holds=(hold_id,))
        put_rows(plan, changes, known, record.facts_version, place)

    change(place, customer_id, [], make)


def change(
    place: Place,
    customer_id: str,
    wanted: list[str],
    make: facts.Change,
    at_parent: Callable[[Customer], None] | None = None,
) -> None:
    """As `facts.change`, for an account that this caller may see.

    Args: `at_parent` is called instead, with the customer, where items may lie on a parent's account.
    """

    def checked(
        record: AccountRecord, stored: Mapping[str, StoredItem], plan: Writes, known: Mapping[Key, Row]
    ) -> None:
        if not record.existing:
            raise not_found()
        if record.facts.customer.parent is not None and at_parent is not None:
            raise _ElsewhereError(record.facts.customer)
        make(record, stored, plan, known)

    try:
        facts.change(place.entity.id, customer_id, wanted, checked, today=place.today, now=place.now)
    except IncompleteAccountError:
        raise not_found() from None
    except _ElsewhereError as elsewhere:
        if at_parent is not None:
            at_parent(elsewhere.customer)


class _ElsewhereError(Exception):
    def __init__(self, customer: Customer) -> None:
        super().__init__()
        self.customer = customer


@dataclass(slots=True)
class Draft:
    """An account as it will stand; records are taken one after the other, and each sees those before it."""

    place: Place
    customer: Customer
    items: dict[str, StoredItem]
    known: Mapping[Key, Row]
    touched: dict[str, None] = field(default_factory=dict)
    entered: dict[str, dict[str, int]] = field(default_factory=dict)
    disputes: list[Dispute] = field(default_factory=list)
    promises: list[Promise] = field(default_factory=list)
    plans: list[Plan] = field(default_factory=list)
    waivers: list[Waiver] = field(default_factory=list)
    holds: list[Hold] = field(default_factory=list)

    def take(self, records: Sequence[Entry], condition: Condition) -> Said:
        """What became of each."""
        said: list[RefusedError | Outcome | Key] = []
        for record in records:
            try:
                said.append(self._take(record, condition))
            except RefusedError as refused:
                said.append(refused)
        rows = {Key(row["pk"], row["sk"]): row for row in other_rows(self.changes(), self.known, 0, self.place.today)}
        return [self._stored(one, rows) if isinstance(one, Key) else one for one in said]

    def _stored(self, key: Key, rows: Mapping[Key, Row]) -> Outcome | RefusedError:
        if key not in rows:  # a record before it settled the invoice
            return conflict("invoice", "SETTLED", "nothing is open of the invoice any more")
        return outcome(self.known.get(key), rows[key])

    def changes(self) -> AccountChanges:
        """The same for a writer of whole accounts."""
        return AccountChanges(
            entity=self.place.entity.id,
            customer=self.customer,
            items=tuple(map(self._item_change, self.touched)),
            disputes=tuple(self.disputes),
            promises=tuple(self.promises),
            plans=tuple(self.plans),
            waivers=tuple(self.waivers),
            holds=tuple(self.holds),
        )

    def _item_change(self, item_id: str) -> ItemChange:
        """What a table said was paid stays as it is; what is entered here was given up."""
        was = self.items[item_id]
        return settlements.said_anew(was, was.item, self.entered.get(item_id, {}))

    def _take(self, record: Entry, condition: Condition) -> Outcome | Key:
        entity = self.place.entity.id
        match record:
            case InvoiceRecord():
                return self._invoice(record, condition)
            case WriteOffRecord():
                return self._write_off(record)
            case DisputeRecord():
                key = keys.dispute(entity, self.customer.id, record.id)
                self.disputes.append(convert.dispute(record, self._agreed(record.invoice, key, condition)))
                return key
            case PromiseRecord():
                key = keys.promise(entity, self.customer.id, record.id)
                self.promises.append(convert.promise(record, self._agreed(record.invoice, key, condition)))
                return key
            case PlanRecord():
                key = keys.plan(entity, self.customer.id, record.id)
                self.plans.append(convert.plan(record, self._of_one_currency(record.invoices, key, condition)))
                return key
            case WaiverRecord():
                key = keys.waiver(entity, self.customer.id, record.id)
                self._agreed(record.invoice, key, condition)
                self.waivers.append(convert.waiver(record))
                return key
            case HoldRecord():
                key = keys.hold(entity, self.customer.id, record.id)
                self._agreed(record.invoice, key, condition)
                self.holds.append(convert.hold(record))
                return key

    def _invoice(self, record: InvoiceRecord, condition: Condition) -> Outcome:
        was = self.items.get(record.id)
        condition.check(self._row(was))
        item = convert.item(record, self.place.configuration.policies.keys())
        if was is not None and was.settled and was.item.currency != item.currency:
            raise conflict("currency", Code.CURRENCY_MISMATCH, f"{was.item.currency} was paid on it already")
        if record.of is not None:
            charged = self._item("of", record.of).item
            if charged.currency != item.currency:
                raise RefusedError("currency", Code.CURRENCY_MISMATCH, f"its invoice is in {charged.currency}")
        if was is not None:
            kept = {"customer": was.item.customer, "debtor": was.item.debtor, "owed_by": was.item.owed_by}
            item = item.model_copy(update=kept)
        return self._set(was, settlements.merge(was, settlements.said_anew(was, item, {})), {})

    def _write_off(self, record: WriteOffRecord) -> Outcome:
        was = self._item("invoice", record.invoice)
        given_up = convert.minor("amount", record.amount, was.item.currency)
        if record.id in was.settled and was.settled[record.id] != given_up:
            raise conflict("id", Code.CONFLICT, "is the id of another entry of this invoice")
        if record.id not in was.settled and given_up > was.open_minor:
            raise conflict("amount", Code.INCONSISTENT_AMOUNT, "more than is open of the invoice")
        entry = {record.id: given_up}
        return self._set(was, settlements.merge(was, settlements.said_anew(was, was.item, entry)), entry)

    def _set(self, was: StoredItem | None, after: StoredItem, entry: dict[str, int]) -> Outcome:
        key = after.item.id
        self.items[key] = after
        self.touched[key] = None
        self.entered[key] = self.entered.get(key, {}) | entry
        before, row = self._row(was), self._row(after)
        assert row is not None
        return outcome(before, row)

    def _row(self, stored: StoredItem | None) -> Row | None:
        return None if stored is None else items.row_of(self.place.entity.id, stored)

    def _item(self, name: str, item_id: str) -> StoredItem:
        found = self.items.get(item_id)
        if found is None:
            raise RefusedError(name, Code.UNKNOWN_REF, f"the customer has no invoice {quote(item_id)}")
        return found

    def _agreed(self, item_id: str | None, key: Key, condition: Condition) -> str:
        """The currency of an invoice about which something is agreed; new words about a settled one are too late."""
        condition.check(self.known.get(key))
        if item_id is None:
            return ""
        return self._about("invoice", item_id, key)

    def _of_one_currency(self, item_ids: Sequence[str], key: Key, condition: Condition) -> str:
        """As `_agreed`, of several invoices."""
        condition.check(self.known.get(key))
        wanted = dict.fromkeys(item_ids)
        return _same({item_id: self._about(f"invoices/{n}", item_id, key) for n, item_id in enumerate(wanted)})

    def _about(self, name: str, item_id: str, key: Key) -> str:
        found = self._item(name, item_id)
        if key not in self.known and not found.open_minor:
            raise conflict(name, "SETTLED", f"nothing is open of {quote(item_id)} any more")
        self.touched.setdefault(item_id)  # so that its place is known where it lies on a parent's account
        return found.item.currency


def _same(currencies: Mapping[str, str]) -> str:
    first, *others = currencies
    for n, other in enumerate(others, start=1):
        if currencies[other] != currencies[first]:
            detail = f"{quote(other)} is in {currencies[other]}, {quote(first)} in {currencies[first]}"
            raise RefusedError(f"invoices/{n}", Code.CURRENCY_MISMATCH, detail)
    return currencies[first]


def put_rows(plan: Writes, changes: AccountChanges, known: Mapping[Key, Row], facts_version: int, place: Place) -> None:
    """Plan the rows beside the items that changed, or that a writer left who died."""
    for row in other_rows(changes, known, plan.version, place.today):
        before = known.get(Key(row["pk"], row["sk"]))
        if before is None or not items.same(row, before):
            plan.puts.append(row)
        elif before["at_version"] > facts_version:
            plan.unfinished = True
            plan.retold.append(row)


def _named(record: Entry) -> tuple[str, ...]:
    """The invoices that a record is about."""
    if isinstance(record, InvoiceRecord):
        return (record.id,) if record.of is None else (record.id, record.of)
    if isinstance(record, PlanRecord):
        return tuple(record.invoices)
    return () if record.invoice is None else (record.invoice,)


def _by_ledger(
    place: Place,
    customer: Customer,
    wanted: list[str],
    records: Sequence[Entry],
    condition: Condition,
    said: Said,
    looked: Collection[str],
) -> None:
    """The same where a parent may be chased: each item and what is said of it stays on the account where it lies."""
    stored, known = lying(place, customer, wanted)
    draft = Draft(place, customer, stored, known)
    said[:] = draft.take(records, condition)
    _look_elsewhere(draft, stored, looked)
    facts.apply_account(draft.changes(), today=place.today, now=place.now, entities=place.configuration.entities.keys())


def lying(place: Place, customer: Customer, wanted: Sequence[str]) -> tuple[dict[str, StoredItem], dict[Key, Row]]:
    """The items of a customer with a parent, wherever they lie, and what is agreed on both accounts."""
    entity, stored, known = place.entity.id, dict[str, StoredItem](), dict[Key, Row]()
    for account in filter(None, (customer.parent, customer.id)):
        rows = [row for row in table().query(keys.account_pk(entity, account)) if row["sk"] != keys.ACCOUNT_ROW]
        mine = [row for row in rows if row["sk"].startswith("I#") and row["id"] in wanted]
        here = {row["id"]: items.of_row(row) for row in mine}
        here |= items.closed(entity, account, [item for item in wanted if item not in here])
        for item, one in here.items():
            if account == customer.id or one.item.owed_by == customer.id:
                stored[item] = one
        own = keys.account_pk(entity, customer.id)
        known |= {Key(own, row["sk"]): {**row, "pk": own} for row in rows if row["sk"][:2] in ("P#", "H#")}
    return stored, known
