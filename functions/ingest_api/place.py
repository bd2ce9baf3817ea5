"""For whom, where and when a request works; and what became of each record of it."""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any, Literal

from core.calendar import local_date
from core.ledger import Entity
from core.values import dataclass
from functions.ingest_api.gate import Caller
from functions.ingest_api.problems import not_found
from functions.ingest_api.tags import tag_of
from functions.shared.store import accounts, config
from functions.shared.store.config import Configuration

Status = Literal["created", "updated", "unchanged"]


@dataclass(frozen=True, slots=True)
class Place:
    """One entity, as this caller may see it, now."""

    entity: Entity
    configuration: Configuration
    caller: Caller
    now: datetime

    @property
    def today(self) -> date:
        """The entity's date."""
        return local_date(self.now, self.entity.zone)

    def knows(self, customer_id: str, *, anywhere: bool = False) -> bool:
        """Whether the customer has an account here; or at any entity of the caller's."""
        entities = self.caller.token.entities if anywhere else (self.entity.id,)
        return any(accounts.version_of(entity, customer_id) for entity in entities)


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one record, and the tag of what is stored now."""

    status: Status
    tag: str
    bank_entry: str | None = None  # of a payment: the bank's entry of the same money
    on_account: str | None = None  # of money: what of it no invoice took


def open_place(entity_id: str, caller: Caller, now: datetime) -> Place:
    """The entity of a path. Raises ProblemError for one that is not the caller's, as for one that there is not."""
    caller.at(entity_id)
    configuration = config.read()
    entity = configuration.entities.get(entity_id)
    if entity is None:
        raise not_found()
    return Place(entity, configuration, caller, now)


def outcome(before: Mapping[str, Any] | None, after: Mapping[str, Any]) -> Outcome:
    """Told by the stored rows."""
    tag = tag_of(after)
    if before is None:
        return Outcome("created", tag)
    return Outcome("unchanged" if tag_of(before) == tag else "updated", tag)
