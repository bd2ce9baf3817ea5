"""One tick: every entity whose night has come gets its run; one that fails does not keep the others waiting."""

from collections import Counter
from datetime import datetime

from functions.shared.observability import LogEvent, log
from functions.shared.planning import Remaining, plan_night
from functions.shared.store.config import Configuration


class EntitiesFailedError(RuntimeError):
    """Some entities' runs failed; the tick is repeated, which changes nothing for the others."""


def plan_all(configuration: Configuration, now: datetime, remaining: Remaining) -> Counter[str]:
    """Start or resume the run of each entity.

    Returns: how many entities came to which outcome.
    Raises: EntitiesFailedError after every entity had its turn.
    """
    outcomes: Counter[str] = Counter()
    failed: list[Exception] = []
    for entity in configuration.entities.values():
        try:
            outcomes[plan_night(entity, configuration, now, remaining)] += 1
        except Exception as error:  # noqa: BLE001 - the others go on; it is raised again below
            log(LogEvent.ENTITY_FAILED, entity=entity.id, error=type(error).__name__)
            failed.append(error)
    if failed:
        raise EntitiesFailedError(f"{len(failed)} of {len(configuration.entities)} entities failed") from failed[0]
    return outcomes
