"""An account as it will stand once what is said of it is taken, one record after the other."""

from collections.abc import Mapping, Sequence
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
from functions.ingest_api.tags import Condition
from functions.shared.store import items, keys, settlements
from functions.shared.store.items import StoredItem
from functions.shared.store.keys import Key
from functions.shared.store.ledger_rows import other_rows
from functions.shared.store.table import Row

Entry = InvoiceRecord | WriteOffRecord | DisputeRecord | PromiseRecord | PlanRecord | WaiverRecord | HoldRecord
Said = list[Outcome | RefusedError]


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
