"""The table in memory: rows by key, sparse indexes in order, every call counted."""

from bisect import bisect_left, insort
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
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


class Rows:
    """The rows, and the methods that take those of `Table` while the stand-in stands."""

    def __init__(self) -> None:
        self._rows: dict[str, dict[str, Row]] = defaultdict(dict)
        self._order: dict[str, list[str]] = defaultdict(list)  # sort keys of a partition
        self._indexes: dict[str, dict[str, list[tuple[str, str, str]]]] = {n: defaultdict(list) for n in _INDEXES}
        self.counted = Counted()

    def __enter__(self) -> Self:
        self._patches = ExitStack()
        names = ("get", "pages", "count", "put", "put_if", "update_if", "delete", "batch_get", "batch_write")
        for name in names:
            own = getattr(self, name)
            self._patches.enter_context(patch.object(Table, name, _unbound(own)))
        return self

    def __exit__(self, *_: object) -> None:
        self._patches.close()

    # ---------- reading ----------
    def get(self, key: Key, *, only: Sequence[str] = (), **_: bool) -> Row | None:  # always consistent
        self.counted.requests["GetItem"] += 1
        row = self._rows[key.pk].get(key.sk) if key.pk in self._rows else None
        if row is None:
            return None
        self.counted.rows_read += 1
        return {name: _copy(row[name]) for name in only if name in row} if only else _copy(row)

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
        found = self._found(pk, prefix, between, index)
        if backwards:
            found.reverse()
        size = limit or _PAGE
        for start in range(0, max(1, len(found)), size):
            self.counted.requests["Query"] += 1
            page = [row for key in found[start : start + size] if (row := self._shown(key, index)) is not None]
            self.counted.rows_read += len(page)
            yield page

    def _found(self, pk: str, prefix: str, between: tuple[str, str] | None, index: Index | None) -> list[Key]:
        low, high = between or (prefix, prefix + "\U0010ffff")
        if index is None:
            order = self._order.get(pk, [])
            return [Key(pk, sk) for sk in order[bisect_left(order, low) : bisect_left(order, high + "\0")]]
        entries = self._indexes[index.attributes].get(pk, [])
        first, last = bisect_left(entries, (low,)), bisect_left(entries, (high + "\0",))
        return [Key(base_pk, base_sk) for _, base_pk, base_sk in entries[first:last]]

    def _shown(self, key: Key, index: Index | None) -> Row | None:
        row = self._rows[key.pk].get(key.sk)
        if row is None or index is None or index.attributes == "work":
            return None if row is None else _copy(row)
        return {name: row[name] for name in ("pk", "sk", index.pk, index.sk)}

    def count(self, pk: str, *, prefix: str = "") -> int:
        self.counted.requests["Query"] += 1
        return len(self._found(pk, prefix, None, None))

    def batch_get(self, keys: Iterable[Key], **_: bool) -> dict[Key, Row]:
        wanted = list(dict.fromkeys(keys))
        self.counted.requests["BatchGetItem"] += -(-len(wanted) // 100)
        found = {key: _copy(row) for key in wanted if (row := self._rows.get(key.pk, {}).get(key.sk)) is not None}
        self.counted.rows_read += len(found)
        return found

    # ---------- writing ----------
    def put(self, row: Row) -> None:
        self.counted.requests["PutItem"] += 1
        self._place(row)

    def put_if(self, row: Row, text: str, values: Mapping[str, Any] | None = None, *, mine: Mine | None = None) -> bool:
        self.counted.requests["PutItem"] += 1
        there = self._rows.get(row["pk"], {}).get(row["sk"])
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
        there = self._rows.get(key.pk, {}).get(key.sk)
        given = Given({name: _copy(value) for name, value in (values or {}).items()}, names or {})
        was = there or {}
        if not condition(text)(was, given):
            return self._refuse(there, mine)
        row = {**was, "pk": key.pk, "sk": key.sk}
        for one in update(change):
            one(was, row, given)
        self._place(row)
        return True

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
        return mine is not None and there is not None and mine(_copy(there))

    def _place(self, row: Row) -> None:
        pk, sk = row["pk"], row["sk"]
        self.counted.rows_written += 1
        partition = self._rows[pk]
        was = partition.get(sk)
        if was is None:
            insort(self._order[pk], sk)
        partition[sk] = kept = _copy(row)
        for name, index in self._indexes.items():
            before, after = _entry(was, name), _entry(kept, name)
            if before != after:
                _move(index, before, after, (pk, sk))

    def _drop(self, key: Key) -> None:
        was = self._rows.get(key.pk, {}).pop(key.sk, None)
        if was is None:
            return
        self.counted.rows_written += 1
        order = self._order[key.pk]
        del order[bisect_left(order, key.sk)]
        for name, index in self._indexes.items():
            _move(index, _entry(was, name), None, (key.pk, key.sk))


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


def _unbound(method: Any) -> Any:
    """The method without the table that it is called on."""

    def call(_: Table, *args: Any, **given: Any) -> Any:
        return method(*args, **given)

    return call
