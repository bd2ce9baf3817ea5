"""Invoices, write-offs, and what was agreed about them, of one customer: stored in one change of the account."""

from collections.abc import Callable, Collection, Mapping, Sequence

from core.formats.changes import AccountChanges, ItemChange
from core.ledger import Customer
from functions.ingest_api.draft import Draft, Entry, Said
from functions.ingest_api.models import InvoiceRecord, PlanRecord
from functions.ingest_api.place import Place
from functions.ingest_api.problems import not_found
from functions.ingest_api.tags import Condition
from functions.shared import moved
from functions.shared.store import facts, items, keys, writes
from functions.shared.store.accounts import AccountRecord, IncompleteAccountError
from functions.shared.store.items import StoredItem
from functions.shared.store.keys import Key
from functions.shared.store.ledger_rows import other_rows
from functions.shared.store.table import Row, table
from functions.shared.store.writes import Writes


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
        rows = other_rows(draft.changes(), known, plan.version, place.today)
        writes.place_rows(plan, rows, known, record.facts_version)

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


def _look_elsewhere(draft: Draft, stored: Mapping[str, StoredItem], looked: Collection[str]) -> None:
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
        writes.place_rows(plan, other_rows(changes, known, plan.version, place.today), known, record.facts_version)

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
