"""DynamoDB Query by key.

moto sorts and walks the whole table for each Query: a night over 10,000 items takes minutes, and a benchmark would
measure moto. Here the items of one hash key are found by look-up and moto's own code does the rest on them alone:
order, range conditions, filters, pages and projections stay exactly moto's (a property test compares).
"""

from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack
from typing import Any, Final
from weakref import WeakKeyDictionary

from moto.dynamodb.models import DynamoDBBackend
from moto.dynamodb.models.dynamo_type import DynamoType, Item
from moto.dynamodb.models.table import Table

from local.engine.bridge.patching import replace

Key = tuple[DynamoType, DynamoType | None]
Scalar = tuple[str, Any]

_SCALARS: Final = frozenset({"S", "N", "B"})  # nothing else can be a key


class KeyIndex:
    """Which items of a table hold which hash key of its global secondary indexes.

    Writers only note the key they touch; the note is worked off by the next look-up.
    """

    def __init__(self, table: Table) -> None:
        self._attributes = {index.name: index.schema_key_attrs[0] for index in table.global_indexes}
        self._keys: dict[str, dict[Scalar, dict[Key, None]]] = {name: {} for name in self._attributes}
        self._held: dict[Key, dict[str, Scalar]] = {}
        self._touched: dict[Key, None] = dict.fromkeys(
            (hash_key, range_key) for hash_key, items in table.items.items() for range_key in _range_keys(items)
        )

    def touch(self, key: Key) -> None:
        self._touched[key] = None

    def find(self, table: Table, index_name: str, value: DynamoType) -> Iterator[Item]:
        self._catch_up(table)
        for key in self._keys[index_name].get(_scalar(value), ()):
            item = _item(table, key)
            if item is not None:
                yield item

    def every(self, table: Table, index_name: str) -> Iterator[Item]:
        """All items of one index, in no order."""
        self._catch_up(table)
        for keys in self._keys[index_name].values():
            yield from (item for key in keys if (item := _item(table, key)) is not None)

    def _catch_up(self, table: Table) -> None:
        for key in self._touched:
            for name, value in self._held.pop(key, {}).items():
                self._keys[name][value].pop(key, None)
            item = _item(table, key)
            if item is None:
                continue
            held = {
                name: _scalar(item.attrs[attribute])
                for name, attribute in self._attributes.items()
                if attribute in item.attrs and item.attrs[attribute].type in _SCALARS
            }
            for name, value in held.items():
                self._keys[name].setdefault(value, {})[key] = None
            self._held[key] = held
        self._touched.clear()


# A transaction that fails puts a copy of the table in its place: the copy is another table, indexed anew.
_indexes: WeakKeyDictionary[Table, KeyIndex] = WeakKeyDictionary()


def key_index(table: Table) -> KeyIndex:
    """The index of a table, made when first asked for."""
    index = _indexes.get(table)
    if index is None:
        index = _indexes[table] = KeyIndex(table)
    return index


def forget(table: Table) -> None:
    """Index the table anew: its items were changed past moto's own methods."""
    _indexes.pop(table, None)


def keyed_query(undo: ExitStack) -> None:
    """Give moto's tables the look-up, until `undo` closes."""
    _note_writes(undo)
    stock = Table.query

    def query(self: Table, hash_key: DynamoType | None, *args: Any, **kwargs: Any) -> Any:
        index_name = args[6] if len(args) > 6 else kwargs.get("index_name")
        found = _candidates(self, hash_key, index_name, kwargs.get("hash_key_conditions") or [])
        if found is None:
            return stock(self, hash_key, *args, **kwargs)
        candidates = list(found)
        self.all_items = lambda: candidates  # type: ignore[method-assign]  # the one thing stock code walks
        try:
            return stock(self, hash_key, *args, **kwargs)
        finally:
            del self.all_items

    replace(undo, Table, "query", query)
    undo.callback(_indexes.clear)


def _candidates(
    table: Table, hash_key: DynamoType | None, index_name: str | None, conditions: list[tuple[str, DynamoType]]
) -> Iterable[Item] | None:
    """Items that may match, or None where stock code must decide (an unknown index, no key condition)."""
    if index_name is None:
        return None if hash_key is None else _partition(table, hash_key)
    wanted = dict(conditions)
    if index_name in {index.name for index in table.indexes} and table.hash_key_attr in wanted:
        return _partition(table, wanted[table.hash_key_attr])  # local indexes share the table's hash key
    for index in table.global_indexes:
        if index.name == index_name and index.schema_key_attrs[0] in wanted:
            return key_index(table).find(table, index_name, wanted[index.schema_key_attrs[0]])
    return None


def _partition(table: Table, hash_key: DynamoType) -> Iterable[Item]:
    items: Any = table.items.get(hash_key)  # not []: the mapping would make an entry
    if items is None:
        return ()
    found: Iterable[Item] = items.values() if table.has_range_key else (items,)
    return found


def _note_writes(undo: ExitStack) -> None:
    def noting(stock: Callable[..., Any], key_of: Callable[..., tuple[Table, Key] | None]) -> Callable[..., Any]:
        def write(*args: Any, **kwargs: Any) -> Any:
            try:
                return stock(*args, **kwargs)
            finally:
                noted = key_of(*args, **kwargs)
                if noted is not None and (index := _indexes.get(noted[0])) is not None:
                    index.touch(noted[1])

        return write

    def of_put(table: Table, item_attrs: dict[str, Any], *_: Any, **__: Any) -> tuple[Table, Key] | None:
        return _key_in(table, item_attrs)

    def of_update(
        backend: DynamoDBBackend, table_name: str, key: dict[str, Any], *_: Any, **__: Any
    ) -> tuple[Table, Key] | None:
        table = backend.tables.get(table_name)
        return None if table is None else _key_in(table, key)

    replace(undo, Table, "put_item", noting(Table.put_item, of_put))
    replace(undo, DynamoDBBackend, "update_item", noting(DynamoDBBackend.update_item, of_update))


def _key_in(table: Table, attributes: dict[str, Any]) -> tuple[Table, Key] | None:
    if any(name not in attributes for name in table.table_key_attrs):
        return None
    range_key = DynamoType(attributes[table.range_key_attr]) if table.range_key_attr else None
    return table, (DynamoType(attributes[table.hash_key_attr]), range_key)


def _range_keys(items: Any) -> Iterable[DynamoType | None]:
    return (None,) if isinstance(items, Item) else items


def _item(table: Table, key: Key) -> Item | None:
    items: Any = table.items.get(key[0])
    if items is None or isinstance(items, Item):
        return items
    found: Item | None = items.get(key[1])
    return found


def _scalar(value: DynamoType) -> Scalar:
    return value.type, value.cast_value
