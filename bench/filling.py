"""A large ledger put into the engine's table at once, by the product's own writers of facts.

The one double of the product: in the place of the table's requests, which cost moto a minute for 100,000 rows, each row
goes to where moto keeps it. What the rows hold is the product's doing.
"""

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from datetime import date, datetime
from typing import Any
from unittest.mock import patch

from moto.dynamodb.models.dynamo_type import DynamoType, Item, LimitedSizeDict

from bench import company
from core.decide.account import decide
from core.decide.model import Setting
from core.formats.changes import AccountChanges
from functions.shared.store import facts
from functions.shared.store.attributes import write_row
from functions.shared.store.keys import Key
from functions.shared.store.table import Row, Table
from local.engine import Engine
from local.engine.bridge.lookup import forget


def fill(engine: Engine, ledger: Iterable[AccountChanges], setting: Setting, before: date, now: datetime) -> int:
    """Store each account as the night `before` left it: to be looked at again when its own facts say so.

    Returns: how many accounts are due on the night after it.
    """
    due = 0
    with _straight(engine):
        for changes in ledger:
            account = company.facts_of(changes)
            look_on = decide(account, setting, before).next_check_on if account.items else None
            due += look_on is not None and (look_on - before).days == 1
            for _ in facts.apply_accounts([changes], today={company.ENTITY: look_on or before}, now=now):
                pass
    forget(engine.stack.table)
    return due


@contextmanager
def _straight(engine: Engine) -> Iterator[None]:
    """Rows of new accounts go straight into moto's table while the block runs; nothing is read, nothing checked."""
    table, known = engine.stack.table.items, dict[str, DynamoType]()

    def place(row: Row) -> None:
        attributes = LimitedSizeDict()
        for name, value in write_row(row).items():
            dict.__setitem__(attributes, name, _typed(value, known))  # moto's own would weigh the row at each step
        item = Item(attributes["pk"], attributes["sk"], {})
        item.attrs = attributes
        table[item.hash_key][item.range_key] = item

    def batch_get(_: Table, keys: Iterable[Key], **__: Any) -> dict[Key, Row]:
        list(keys)
        return {}

    def batch_write(_: Table, puts: Iterable[Row] = (), deletes: Iterable[Key] = ()) -> int:
        assert not list(deletes)
        rows = list(puts)
        for row in rows:
            place(row)
        return len(rows)

    def put_if(_: Table, row: Row, condition: str, *__: Any, **___: Any) -> bool:
        assert condition == "attribute_not_exists(#pk)"
        place(row)
        return True

    with (
        patch.object(Table, "batch_get", batch_get),
        patch.object(Table, "batch_write", batch_write),
        patch.object(Table, "put_if", put_if),
    ):
        yield


def _typed(value: Mapping[str, Any], known: dict[str, DynamoType]) -> DynamoType:
    """Moto's form of a value; equal texts and numbers share one, for a ledger repeats the same few over and over."""
    ((kind, held),) = value.items()
    if kind not in ("S", "N"):
        return DynamoType(dict(value))
    shared = known.get(kind + held)
    if shared is None:
        shared = known[kind + held] = DynamoType(dict(value))
    return shared
