"""What DynamoDB charges for, by its own rules of size: read and write request units of one request.

Source: DynamoDB Developer Guide, "Item sizes and formats" and "Read/write capacity mode: on-demand": a read unit is
4 KB strongly read or 8 KB eventually, a write unit is 1 KB; each index entry that a write changes is written too.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from math import ceil
from typing import Any, Final

from moto.dynamodb.models.dynamo_type import DynamoType
from moto.dynamodb.models.table import Table

Attributes = Mapping[str, Any]  # typed values, as JSON or as moto keeps them

_READ_UNIT: Final = 4096
_WRITE_UNIT: Final = 1024
_CONTAINER: Final = 3  # bytes that a list or map takes by itself, and one for each thing in it


@dataclass(frozen=True, slots=True)
class Index:
    """Which attributes make a record's entry in an index: all of them where `keys` are not all that is kept."""

    keys: tuple[str, ...]
    whole: bool

    def entry(self, record: Attributes | None, primary: Sequence[str]) -> Attributes | None:
        """The record as it stands in the index; None where it does not."""
        if record is None or any(name not in record for name in self.keys):
            return None
        return record if self.whole else {name: record[name] for name in (*primary, *self.keys)}


def indexes(table: Table) -> tuple[Index, ...]:
    """The indexes of the created table."""
    return tuple(
        Index(tuple(index.schema_key_attrs), index.projection["ProjectionType"] == "ALL")
        for index in table.global_indexes
    )


def size(attributes: Attributes) -> int:
    """Bytes of a record."""
    return sum(len(name.encode()) + _size(value) for name, value in attributes.items())


def _size(value: Any) -> int:
    kind, held = (value.type, value.value) if isinstance(value, DynamoType) else next(iter(value.items()))
    match kind:
        case "S":
            return len(held.encode())
        case "N":
            return (len(held.strip("-").replace(".", "").strip("0")) + 1) // 2 + 1
        case "B":
            return len(held) * 3 // 4 if isinstance(held, str) else len(held)  # base64 text where it is not bytes
        case "M":
            return _CONTAINER + sum(len(name.encode()) + _size(inner) + 1 for name, inner in held.items())
        case "L":
            return _CONTAINER + sum(_size(inner) + 1 for inner in held)
    return 1  # BOOL, NULL


def read_units(sizes: Iterable[int], *, consistent: bool) -> float:
    """One request that adds up what it reads, as a Query does; reading nothing is charged as the smallest read."""
    units = max(1, ceil(sum(sizes) / _READ_UNIT))
    return float(units) if consistent else units / 2


def write_units(before: Attributes | None, after: Attributes | None, known: Iterable[Index]) -> int:
    """One write, its index entries included; a write that is refused is charged by what is there."""
    units = _written(before, after)
    for index in known:
        was, now = (index.entry(record, ("pk", "sk")) for record in (before, after))
        if was is None and now is None:
            continue
        if was is None or now is None:
            units += _written(was, now)
        elif any(was[name] != now[name] for name in index.keys):
            units += _written(was, None) + _written(None, now)  # an entry whose key changes is taken out and put anew
        elif was != now:
            units += _written(was, now)
    return units


def _written(before: Attributes | None, after: Attributes | None) -> int:
    return max(1, ceil(max(size(before or {}), size(after or {})) / _WRITE_UNIT))
