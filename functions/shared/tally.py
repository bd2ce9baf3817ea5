"""The mails of one batch on the day's count of their entities, and within what a new sender may send."""

from datetime import date, datetime
from typing import Final

from core.calendar import local_date
from core.ledger import Entity
from core.warm_up import Stage, limit_of, stage_of
from functions.shared.observability import LogEvent, count, log
from functions.shared.settings import Settings
from functions.shared.store import sent

_ATTEMPTS: Final = 3
_stages: dict[tuple[str, str], Stage] = {}  # by table and entity: what this process last knew


class Tally:
    """One count an entity and batch: as many as may still come are counted ahead; what did not go is given back."""

    def __init__(self) -> None:
        self._ahead: dict[tuple[str, date], int] = {}
        self._full: set[tuple[str, date]] = set()

    def take(self, entity: Entity, now: datetime, mails_to_come: int) -> bool:
        """Count one mail; False where its entity has sent what it may today."""
        on = local_date(now, entity.zone)
        day = entity.id, on
        if self._ahead.get(day, 0):
            self._ahead[day] -= 1
            return True
        if day in self._full:
            return False
        limit = _limit(entity, on)
        if mails_to_come and sent.add(entity.id, on, mails_to_come + 1, limit, now):
            self._ahead[day] = mails_to_come
            return True
        if sent.add(entity.id, on, 1, limit, now):
            return True
        self._full.add(day)
        log(LogEvent.WARM_UP_FULL, entity=entity.id, limit=limit)
        count("warm_up_full")
        return False

    def give_back(self, entity: Entity, now: datetime) -> None:
        """A counted mail did not go."""
        day = entity.id, local_date(now, entity.zone)
        self._ahead[day] = self._ahead.get(day, 0) + 1

    def close(self) -> None:
        """The batch has ended: what was counted ahead and did not go is given back."""
        for (entity, on), mails in self._ahead.items():
            if mails:
                sent.give_back(entity, on, mails)
        self._ahead.clear()


def _limit(entity: Entity, today: date) -> int | None:
    """Mails that the entity may send to customers today; None: as many as the provider takes."""
    limits = entity.warm_up
    if not limits:
        return None
    known = Settings.from_env().table_name, entity.id
    domain = entity.sender.rpartition("@")[2].rstrip(">").lower()
    stage = _stages.get(known)
    if stage is None or stage.domain != domain or stage.on < today:
        stage = _stages[known] = _step(entity.id, domain, today, limits)
    return limit_of(stage, limits)


def _step(entity: str, domain: str, today: date, limits: tuple[int, ...]) -> Stage:
    for _ in range(_ATTEMPTS):
        was = sent.stage(entity)
        before = sent.read(entity, was.on).sent if was is not None and was.on < today else 0
        after = stage_of(was, before, domain, today, limits)
        if was == after or sent.put_stage(entity, after, was):
            return after
    return sent.stage(entity) or Stage(domain, today)


def forget() -> None:
    """As a new process: nobody's stage is known."""
    _stages.clear()
