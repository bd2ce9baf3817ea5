"""What a night left in the table, without what no two nights share: instants and random tokens."""

import re
from collections.abc import Iterable, Iterator
from typing import Any

from core.packing import inflate
from functions.shared.store.attributes import read_row

Kept = dict[tuple[str, str], dict[str, Any]]

_INSTANT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:\d\d)")
_OF_THE_CLOCK = frozenset({("MARK", "pace"), ("CONFIG", "permit")})  # turns of mails, and how often sending was counted
_BUNDLE = "BUNDLE#"
_TOKENS = frozenset({"owner", "token", "message_id", "expires_at"})


def scan(dynamodb: Any, table: str) -> Iterator[dict[str, Any]]:
    for page in dynamodb.get_paginator("scan").paginate(TableName=table, ConsistentRead=True):
        yield from (read_row(item) for item in page["Items"])


def kept(rows: Iterable[dict[str, Any]]) -> Kept:
    """Every record by its key, but those that follow the minutes of the clock."""
    counted = [row for row in rows if (row["pk"], row["sk"]) not in _OF_THE_CLOCK]
    bundles = dict(_bundle(row) for row in counted if row["pk"].startswith(_BUNDLE))
    alike = (row for row in counted if not row["pk"].startswith(_BUNDLE))
    return bundles | {(row["pk"], str(_masked(row["sk"]))): _masked(row) for row in alike}


def _bundle(row: dict[str, Any]) -> tuple[tuple[str, str], dict[str, Any]]:
    """A bundle by what it lists: its id, and with it its place in the index, comes of the instant of its look."""
    stands = "att_sk" in row
    return (_BUNDLE, " ".join(sorted(inflate(row["notices"])))), {"queued": row["queued"], "stands": stands}


def _masked(value: Any) -> Any:
    match value:
        case str():
            return _INSTANT.sub("<instant>", value)
        case bytes():
            return _masked(inflate(value))
        case dict():
            return {key: _masked(inner) for key, inner in value.items() if key not in _TOKENS}
        case list() | tuple():
            return [_masked(inner) for inner in value]
        case _:
            return value


def differences(found: Kept, expected: Kept) -> dict[tuple[str, str], Any]:
    """Where two nights differ: by record, then by field, as (found, expected)."""
    return {
        key: {name: (mine.get(name), theirs.get(name)) for name in mine | theirs if mine.get(name) != theirs.get(name)}
        for key in found | expected
        if (mine := found.get(key, {})) != (theirs := expected.get(key, {}))
    }
