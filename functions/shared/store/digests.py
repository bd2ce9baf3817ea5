"""Lines for the digests of our own people, kept by the night they are told in."""

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping
from datetime import date, datetime, timedelta
from typing import Any, Final

from core.decide.our_side import DigestLine
from core.packing import deflate, inflate
from core.values import dataclass
from functions.shared.store import keys
from functions.shared.store.table import Row, table

KEPT: Final = timedelta(days=60)
_A_RECORD: Final = 1_000  # lines; 40 kB


@dataclass(frozen=True, slots=True)
class ToldLine:
    """One line and the customer it is about."""

    customer: str
    line: DigestLine


def put(entity: str, on: date, decided: Iterable[tuple[str, str, Iterable[DigestLine]]], now: datetime) -> None:
    """Keep the lines of decisions for the digest of `on`: a record a person, as far as one holds them.

    Args: `decided` a customer, what names the decision, and its lines. The same decisions put twice are one record; one
    that is put with others the next time is told once, for a line goes by its own key.
    """
    by_person: dict[str, list[_Told]] = {}
    for customer, source, lines in decided:
        of_one: dict[str, list[DigestLine]] = {}
        for line in lines:
            of_one.setdefault(line.person, []).append(line)
        for person, told in of_one.items():
            by_person.setdefault(person, []).append(_Told(customer, source, told))
    for person, everything in by_person.items():
        for some in _records(everything):
            sources = json.dumps([[one.customer, one.source] for one in some]).encode()
            key = keys.digest_lines(entity, on, person, hashlib.blake2b(sources, digest_size=12).hexdigest())
            body = deflate([[one.customer, pack_lines(one.lines)] for one in some])
            table().put({**key._asdict(), "body": body, "expires_at": _expiry(now)})


@dataclass(frozen=True, slots=True)
class _Told:
    """What one decision tells one person."""

    customer: str
    source: str
    lines: list[DigestLine]


def _records(told: Iterable[_Told]) -> Iterator[list[_Told]]:
    """So many at a time as fit into a record; a large account has thousands of lines, and one of its own."""
    some: list[_Told] = []
    for one in told:
        if some and sum(len(each.lines) for each in some) + len(one.lines) > _A_RECORD:
            yield some
            some = []
        some.append(one)
    if some:
        yield some


def of_night(entity: str, on: date) -> Mapping[str, tuple[ToldLine, ...]]:
    """Every line of one night, by person."""
    found: dict[str, list[Row]] = {}
    for row in table().query(keys.digest_pk(entity, on)):
        found.setdefault(_person(row), []).append(row)
    return {person: _read(rows) for person, rows in found.items()}


def of_person(entity: str, on: date, person: str) -> tuple[ToldLine, ...]:
    """One person's lines of one night: what the digest notice shows."""
    return _read(table().query(keys.digest_pk(entity, on), prefix=f"{keys.part(person)}#"))


def people(entity: str, on: date) -> set[str]:
    """Who has lines in one night."""
    return {_person(row) for row in table().query(keys.digest_pk(entity, on))}


def carry_over(entity: str, night: date, to: date, now: datetime) -> None:
    """Tell the lines of a night that had no run in another; doing it twice tells them once."""
    for row in table().query(keys.digest_pk(entity, night)):
        table().put({**row, "pk": keys.digest_pk(entity, to), "expires_at": _expiry(now)})


def pack_lines(lines: Iterable[DigestLine]) -> dict[str, Any]:
    """Lines as JSON: an item's figures once, its readers by number, for most items are told to the same people.

    What is asked stands apart, by the number of the line, where it is not all that is open: older code passes it over.
    """
    told: dict[tuple[Any, ...], list[tuple[str, str]]] = {}
    asked: dict[tuple[Any, ...], int] = {}
    for line in lines:
        stem = line.key.removesuffix(f"#{line.role}")
        same = (stem, line.step, line.item, line.number, line.days_past_due, line.currency, line.open_minor, line.kind)
        told.setdefault(same, []).append((line.person, line.role))
        if line.asked_minor is not None:
            asked[same] = line.asked_minor
    circles: dict[tuple[tuple[str, str], ...], int] = {}
    packed = [[*same, circles.setdefault(tuple(readers), len(circles))] for same, readers in told.items()]
    readers_of = [[list(reader) for reader in readers] for readers in circles]
    parts = {str(i): asked[same] for i, same in enumerate(told) if same in asked}
    return {"readers": readers_of, "lines": packed, **({"asked": parts} if parts else {})}


def unpack_lines(packed: Mapping[str, Any]) -> tuple[DigestLine, ...]:
    """The lines that `pack_lines` wrote."""
    asked = packed.get("asked", {})
    return tuple(
        DigestLine(f"{stem}#{role}", person, role, step, item, number, days, currency, minor, kind, asked.get(str(i)))
        for i, (stem, step, item, number, days, currency, minor, kind, circle) in enumerate(packed["lines"])
        for person, role in packed["readers"][circle]
    )


def _read(rows: Iterable[Row]) -> tuple[ToldLine, ...]:
    told = {
        line.key: ToldLine(customer, line)
        for row in rows
        for customer, packed in _accounts(row)
        for line in unpack_lines(packed)
    }  # two decisions of one night may tell the same line
    return tuple(told.values())


def _accounts(row: Row) -> Iterable[tuple[str, Mapping[str, Any]]]:
    """What a record tells, by customer; older ones are of one customer each."""
    body = inflate(row["body"])
    return [(row["customer"], body)] if "customer" in row else body


def _person(row: Row) -> str:
    return keys.unpart(row["sk"].partition("#")[0])


def _expiry(now: datetime) -> int:
    return int((now + KEPT).timestamp())
