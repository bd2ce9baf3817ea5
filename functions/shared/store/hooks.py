"""Where events are sent: the endpoints of each entity, which of them are on, and how their secrets stand."""

from datetime import datetime, timedelta
from functools import lru_cache
from typing import Final, Literal

from core.frozen import Frozen
from functions.shared import clock
from functions.shared.settings import Settings
from functions.shared.store import keys
from functions.shared.store.rows import fact_of, fields_of
from functions.shared.store.table import Row, Table, table

_KEPT_SECONDS: Final = 60  # a process hears of a new endpoint within a minute
GRACE: Final = timedelta(hours=24)  # how long the secret before this one is good


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


def of(entity: str) -> tuple[Endpoint, ...]:
    """The endpoints of an entity that are on, as of a minute ago at most."""
    period = int(clock.now().timestamp()) // _KEPT_SECONDS
    return tuple(one for one in _known(Settings.from_env().table_name, period) if one.entity == entity)


def all_of(entity: str | None = None) -> tuple[Endpoint, ...]:
    """Every endpoint, those that are off too, strongly read."""
    found = (fact_of(Endpoint, row) for row in table().query(keys.CONFIG, prefix="webhook#"))
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
    _known.cache_clear()


def _put(endpoint: Endpoint, was: Endpoint | None) -> bool:
    row: Row = {**keys.webhook(endpoint.entity, endpoint.id)._asdict(), **fields_of(endpoint)}
    row["said"] = endpoint.model_dump_json()
    forget()
    if was is None:
        return table().put_if(row, "attribute_not_exists(#pk)", mine=lambda there: there == row)
    return table().put_if(row, "#said = :was", {"was": was.model_dump_json()}, mine=lambda there: there == row)


@lru_cache(maxsize=2)
def _known(table_name: str, _period: int) -> tuple[Endpoint, ...]:
    found = (fact_of(Endpoint, row) for row in Table(table_name).query(keys.CONFIG, prefix="webhook#"))
    return tuple(one for one in found if one.state == "on")
