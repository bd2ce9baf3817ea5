"""Lines for the digests of our own people, kept by the night they are told in."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import date, datetime, timedelta
from typing import Final

from core.decide.model import DigestLine
from functions.shared.store import keys
from functions.shared.store.table import Row, table

KEPT: Final = timedelta(days=60)
_FIELDS: Final = frozenset(DigestLine.__slots__)


@dataclass(frozen=True, slots=True)
class ToldLine:
    """One line and the customer it is about."""

    customer: str
    line: DigestLine


def put(entity: str, on: date, told: ToldLine, now: datetime) -> None:
    """Keep a line for the digest of `on`; the same line twice is one line."""
    key = keys.digest_line(entity, on, told.line.person, told.customer, told.line.key)
    fields: Row = asdict(told.line)
    fields["line_key"] = fields.pop("key")
    table().put({**key._asdict(), **fields, "customer": told.customer, "expires_at": int((now + KEPT).timestamp())})


def of_night(entity: str, on: date) -> Mapping[str, tuple[ToldLine, ...]]:
    """Every line of one night, by person."""
    found: dict[str, list[ToldLine]] = {}
    for row in table().query(keys.digest_pk(entity, on)):
        told = _read(row)
        found.setdefault(told.line.person, []).append(told)
    return {person: tuple(lines) for person, lines in found.items()}


def of_person(entity: str, on: date, person: str) -> tuple[ToldLine, ...]:
    """One person's lines of one night: what the digest notice shows."""
    rows = table().query(keys.digest_pk(entity, on), prefix=f"{keys.part(person)}#")
    return tuple(_read(row) for row in rows)


def _read(row: Row) -> ToldLine:
    fields = {name: row[name] for name in _FIELDS if name in row}
    return ToldLine(customer=row["customer"], line=DigestLine(**fields, key=row["line_key"]))
