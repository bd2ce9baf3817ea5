"""Where events are sent: the endpoints of each entity, which of them are on, and how their secrets stand."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Final, Literal

from core.frozen import Frozen
from core.values import dataclass
from functions.shared import clock
from functions.shared.settings import Settings
from functions.shared.store import keys
from functions.shared.store.rows import fact_of, fields_of
from functions.shared.store.table import Row, Table, table

PREFIX: Final = "webhook#"
_KEPT: Final = timedelta(seconds=60)  # a process hears of a new endpoint within a minute
GRACE: Final = timedelta(hours=24)  # how long the secret before this one is good
_SYSTEM: Final = "source:"  # begins the url of a system that feeds us its ledger


class Endpoint(Frozen):
    """One receiver of one entity's events."""

    id: str
    entity: str
    url: str
    types: tuple[str, ...] = ()  # empty: all
    state: Literal["on", "off"] = "on"
    secret_version: int = 1
    previous_until: datetime | None = None  # until then the secret before is good too
    failing_since: datetime | None = None  # the first of the failures that nothing good has followed
    note: str = ""

    def wants(self, kind: str) -> bool:
        """Whether an event of this type is sent there."""
        return self.state == "on" and (not self.types or kind in self.types)


def system_of(url: str) -> str | None:
    """The id of the source that a url names in place of an address; None: it is an address."""
    return url.removeprefix(_SYSTEM) if url.startswith(_SYSTEM) else None


@dataclass(frozen=True, slots=True)
class _Seen:
    """Every endpoint, as it was read."""

    at: datetime
    endpoints: tuple[Endpoint, ...]


_SEEN: Final[dict[str, _Seen]] = {}  # by table: one process may play on several


def of(entity: str) -> tuple[Endpoint, ...]:
    """The endpoints of an entity that are on, as of a minute ago at most; whoever read the configuration knows them."""
    name = Settings.from_env().table_name
    seen = _SEEN.get(name)
    if seen is None or not timedelta(0) <= clock.now() - seen.at < _KEPT:
        remember(Table(name).query(keys.CONFIG, prefix=PREFIX))
    return tuple(one for one in _SEEN[name].endpoints if one.entity == entity and one.state == "on")


def remember(rows: Iterable[Row]) -> None:
    """Take the endpoints from all rows of theirs, just read."""
    endpoints = tuple(fact_of(Endpoint, row) for row in rows)
    _SEEN[Settings.from_env().table_name] = _Seen(clock.now(), endpoints)


def all_of(entity: str | None = None) -> tuple[Endpoint, ...]:
    """Every endpoint, those that are off too, strongly read."""
    remember(table().query(keys.CONFIG, prefix=PREFIX))
    found = _SEEN[Settings.from_env().table_name].endpoints
    return tuple(one for one in found if entity in (None, one.entity))


def read(entity: str, endpoint: str) -> Endpoint | None:
    """One endpoint."""
    row = table().get(keys.webhook(entity, endpoint))
    return fact_of(Endpoint, row) if row else None


def add(endpoint: Endpoint) -> bool:
    """Keep a new endpoint; False where its id is taken."""
    return _put(endpoint, None)


def change(was: Endpoint, endpoint: Endpoint) -> bool:
    """Replace an endpoint; False where it is not as it was read."""
    return _put(endpoint, was)


def remove(endpoint: Endpoint) -> None:
    """Forget an endpoint; what waits for it is dropped when it comes due."""
    table().delete(keys.webhook(endpoint.entity, endpoint.id))
    forget()


def forget() -> None:
    """As a new process: nothing was read."""
    _SEEN.clear()


def _put(endpoint: Endpoint, was: Endpoint | None) -> bool:
    row: Row = {**keys.webhook(endpoint.entity, endpoint.id)._asdict(), **fields_of(endpoint)}
    row["said"] = endpoint.model_dump_json()
    forget()
    if was is None:
        return table().put_if(row, "attribute_not_exists(#pk)", mine=lambda there: there == row)
    return table().put_if(row, "#said = :was", {"was": was.model_dump_json()}, mine=lambda there: there == row)
