"""What a night left in the table, without what no two nights share: instants and random tokens."""

import re
from collections.abc import Iterable, Iterator
from typing import Any

from core.packing import inflate
from functions.shared.store.attributes import read_row

Kept = dict[tuple[str, str], dict[str, Any]]

_INSTANT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:\d\d)")
_OF_THE_CLOCK = frozenset({("MARK", "pace"), ("CONFIG", "permit")})  # turns of mails, and how often sending was counted
_BUNDLE, _DIGEST = "BUNDLE#", "DIGEST#"
_TOKENS = frozenset({"owner", "token", "message_id", "expires_at"})


def scan(dynamodb: Any, table: str) -> Iterator[dict[str, Any]]:
    for page in dynamodb.get_paginator("scan").paginate(TableName=table, ConsistentRead=True):
        yield from (read_row(item) for item in page["Items"])


def kept(rows: Iterable[dict[str, Any]]) -> Kept:
    """Every record by its key, but those that follow the minutes of the clock.

    What one invocation writes for all of its accounts is told by notice and by customer: which messages a function gets
    together is the poller's own.
    """
    found: Kept = {}
    for row in rows:
        if (row["pk"], row["sk"]) in _OF_THE_CLOCK:
            continue
        if row["pk"].startswith(_BUNDLE):
            found |= _of_bundle(row)
        elif row["pk"].startswith(_DIGEST):
            for key, lines in _of_digest(row):
                found.setdefault(key, {"lines": []})["lines"] += lines
        else:
            found[row["pk"], str(_masked(row["sk"]))] = _masked(row)
    for record in found.values():
        if record.keys() == {"lines"}:
            record["lines"].sort(key=str)
    return found


def _of_bundle(row: dict[str, Any]) -> Kept:
    """The notices that it stands for; its id, and with it its place in the index, comes of the instant of its look."""
    said = {"queued": row["queued"], "stands": "att_sk" in row}
    return {(_BUNDLE, notice_id): said for notice_id in inflate(row["notices"])}


def _of_digest(row: dict[str, Any]) -> Iterator[tuple[tuple[str, str], list[Any]]]:
    """What one person is told of each customer."""
    person = row["sk"].partition("#")[0]
    for customer, told in inflate(row["body"]):
        yield (row["pk"], f"{person}#{customer}"), [_masked(told)]


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
