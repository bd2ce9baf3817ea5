"""The table in memory: rows by key, packed, for there are many; sparse indexes in order, every call counted."""

import marshal
from bisect import bisect_left, insort
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from time import perf_counter
from typing import Any, Final, Self
from unittest.mock import patch

from bench.stand_in.expressions import Given, condition, update
from functions.shared.store.keys import Key
from functions.shared.store.table import Index, Mine, Row, Table

_INDEXES: Final = ("due", "att", "work", "ref")
_PAGE: Final = 1_000  # rows, about a megabyte of short ones


@dataclass(slots=True)
class Counted:
    """What was asked of the table."""

    requests: Counter[str] = field(default_factory=Counter)  # by operation
    rows_read: int = 0
    rows_written: int = 0
    refused: int = 0
    read_of: Counter[str] = field(default_factory=Counter)  # rows by the first word of their key; of an index none


class Rows:
    """The rows, and the methods that take those of `Table` while the stand-in stands."""

    def __init__(self) -> None:
        self._rows: dict[str, dict[str, bytes]] = defaultdict(dict)  # packed: a third of what dicts take
        self._alike: dict[str, tuple[str, str, str]] = {}  # partitions of a crowd: like which, and what is named anew
        self._indexes: dict[str, dict[str, list[tuple[str, str, str]]]] = {n: defaultdict(list) for n in _INDEXES}
        self.counted = Counted()
        self.seconds = 0.0  # that answering took

    def __enter__(self) -> Self:
        self._patches = ExitStack()
        self._patches.enter_context(patch.object(Table, "pages", lambda _, *args, **given: self.pages(*args, **given)))
        names = ("get", "count", "put", "put_if", "update_if", "update_seen", "delete", "batch_get", "batch_write")
        for name in names:
            self._patches.enter_context(patch.object(Table, name, self._timed(getattr(self, name))))
        return self

    def __exit__(self, *_: object) -> None:
        self._patches.close()

    def _timed(self, method: Any) -> Any:
        """The method without the table that it is called on."""

        def call(_: Table, *args: Any, **given: Any) -> Any:
            began = perf_counter()
            try:
                return method(*args, **given)
            finally:
                self.seconds += perf_counter() - began

        return call

    # ---------- a crowd ----------
    def alike(self, pk: str, like: str, name: str, other: str) -> None:
        """A partition like another, with one name for another; its rows are made when somebody asks for them."""
        self._alike[pk] = (like, name, other)

    def enter(self, index: str, pk: str, entries: Iterable[tuple[str, str, str]]) -> None:
        """Where the rows of a crowd stand in an index: sort key there, and their own key."""
        there = self._indexes[index][pk]
        there.extend(entries)
        there.sort()

    def _partition(self, pk: str) -> dict[str, bytes]:
        found = self._rows.get(pk)
        if found is None and pk in self._alike:
            like, name, other = self._alike.pop(pk)
            found = self._rows[pk] = {sk: _renamed(packed, name, other) for sk, packed in self._rows[like].items()}
        return {} if found is None else found

    # ---------- reading ----------
    def get(self, key: Key, *, only: Sequence[str] = (), **_: bool) -> Row | None:  # always consistent
        self.counted.requests["GetItem"] += 1
        row = self.row(key)
        if row is None:
            return None
        self.counted.rows_read += 1
        return {name: row[name] for name in only if name in row} if only else row

    def row(self, key: Key) -> Row | None:
        """A row as it is, counted nowhere."""
        packed = self._partition(key.pk).get(key.sk)
        return None if packed is None else marshal.loads(packed)

    def pages(
        self,
        pk: str,
        *,
        prefix: str = "",
        between: tuple[str, str] | None = None,
        index: Index | None = None,
        backwards: bool = False,
        limit: int | None = None,
    ) -> Iterator[list[Row]]:
        began = perf_counter()
        found = self._found(pk, prefix, between, index)
        if backwards:
            found.reverse()
        size = limit or _PAGE
        for start in range(0, max(1, len(found)), size):
            self.counted.requests["Query"] += 1
            wanted = [Key(*place[-2:]) for place in found[start : start + size]]
            page = [row for key in wanted if (row := self._shown(key, index)) is not None]
            self.counted.rows_read += len(page)
            if index is None:
                self.counted.read_of[pk.partition("#")[0]] += len(page)
            self.seconds += perf_counter() - began
            yield page
            began = perf_counter()

    def _found(
        self, pk: str, prefix: str, between: tuple[str, str] | None, index: Index | None
    ) -> list[tuple[str, ...]]:
        """Where rows lie, in order: their own key comes last."""
        low, high = between or (prefix, prefix + "\U0010ffff")
        if index is None:
            order = sorted(self._partition(pk))
            return [(pk, sk) for sk in order[bisect_left(order, low) : bisect_left(order, high + "\0")]]
        entries = self._indexes[index.attributes].get(pk, [])
        found: list[tuple[str, ...]] = [*entries[bisect_left(entries, (low,)) : bisect_left(entries, (high + "\0",))]]
        return found

    def _shown(self, key: Key, index: Index | None) -> Row | None:
        row = self.row(key)
        if row is None or index is None or index.attributes == "work":
            return row
        return {name: row[name] for name in ("pk", "sk", index.pk, index.sk)}

    def count(self, pk: str, *, prefix: str = "") -> int:
        self.counted.requests["Query"] += 1
        return len(self._found(pk, prefix, None, None))

    def batch_get(self, keys: Iterable[Key], **_: bool) -> dict[Key, Row]:
        wanted = list(dict.fromkeys(keys))
        self.counted.requests["BatchGetItem"] += -(-len(wanted) // 100)
        found = {key: row for key in wanted if (row := self.row(key)) is not None}
        self.counted.rows_read += len(found)
        return found

    # ---------- writing ----------
    def put(self, row: Row) -> None:
        self.counted.requests["PutItem"] += 1
        self._place(row)

    def put_if(self, row: Row, text: str, values: Mapping[str, Any] | None = None, *, mine: Mine | None = None) -> bool:
        self.counted.requests["PutItem"] += 1
        there = self.row(Key(row["pk"], row["sk"]))
        if not condition(text)(there or {}, Given(values or {}, {})):
            return self._refuse(there, mine)
        self._place(row)
        return True

    def update_if(
        self,
        key: Key,
        change: str,
        text: str,
        values: Mapping[str, Any] | None = None,
        *,
        names: Mapping[str, str] | None = None,
        mine: Mine | None = None,
    ) -> bool:
        self.counted.requests["UpdateItem"] += 1
        there = self.row(key)
        given = Given({name: _copy(value) for name, value in (values or {}).items()}, names or {})
        was = there or {}
        if not condition(text)(was, given):
            return self._refuse(there, mine)
        row = {**was, "pk": key.pk, "sk": key.sk}
        for one in update(change):
            one(was, row, given)
        self._place(row)
        return True

    def update_seen(self, key: Key, change: str, text: str, values: Mapping[str, Any] | None = None) -> Row | None:
        return self.row(key) if self.update_if(key, change, text, values) else None

    def delete(self, key: Key) -> None:
        self.counted.requests["DeleteItem"] += 1
        self._drop(key)

    def batch_write(self, puts: Iterable[Row] = (), deletes: Iterable[Key] = ()) -> int:
        rows, gone = list(puts), list(deletes)
        self.counted.requests["BatchWriteItem"] += -(-(len(rows) + len(gone)) // 25)
        for row in rows:
            self._place(row)
        for key in gone:
            self._drop(key)
        return len(rows) + len(gone)

    def _refuse(self, there: Row | None, mine: Mine | None) -> bool:
        self.counted.refused += 1
        return mine is not None and there is not None and mine(there)

    def _place(self, row: Row) -> None:
        pk, sk = row["pk"], row["sk"]
        self.counted.rows_written += 1
        was, kept = self.row(Key(pk, sk)), _copy(row)
        self._rows[pk][sk] = marshal.dumps(kept)
        for name, index in self._indexes.items():
            before, after = _entry(was, name), _entry(kept, name)
            if before != after:
                _move(index, before, after, (pk, sk))

    def _drop(self, key: Key) -> None:
        was = self.row(key)
        if was is None:
            return
        del self._rows[key.pk][key.sk]
        self.counted.rows_written += 1
        for name, index in self._indexes.items():
            _move(index, _entry(was, name), None, (key.pk, key.sk))


def _renamed(packed: bytes, name: str, other: str) -> bytes:
    row = marshal.loads(packed).items()
    return marshal.dumps({key: value.replace(name, other) if isinstance(value, str) else value for key, value in row})


def _entry(row: Row | None, name: str) -> tuple[str, str] | None:
    """The row's place in an index; None where it has none."""
    if row is None:
        return None
    pk, sk = row.get(f"{name}_pk"), row.get(f"{name}_sk")
    return None if pk is None or sk is None else (pk, sk)


def _move(
    index: dict[str, list[tuple[str, str, str]]],
    before: tuple[str, str] | None,
    after: tuple[str, str] | None,
    base: tuple[str, str],
) -> None:
    if before is not None:
        entries = index[before[0]]
        del entries[bisect_left(entries, (before[1], *base))]
    if after is not None:
        insort(index[after[0]], (after[1], *base))


def _copy(value: Any) -> Any:
    """A value as the table would hand it back: enums are text, tuples lists; the caller's is never shared."""
    match value:
        case dict():
            return {name: held if type(held) in _PLAIN else _copy(held) for name, held in value.items()}
        case None | bool() | bytes():
            return value
        case str():
            return str(value)
        case int():
            return int(value)
        case Mapping():
            return {name: _copy(held) for name, held in value.items()}
        case list() | tuple():
            return [_copy(held) for held in value]
    raise TypeError(f"a row holds text, whole numbers, bytes, lists and maps; not {type(value).__name__}")


_PLAIN: Final = frozenset({str, int, bool, bytes, type(None)})
