"""Sending that stops by itself: the entity's switch is turned, a person is asked, and only a person turns it back."""

from datetime import datetime
from typing import Final

from core.calendar import local_date
from core.keys import task_id
from core.ledger import Entity
from functions.shared.asking import OWNER
from functions.shared.observability import LogEvent, count, log
from functions.shared.settings import Settings
from functions.shared.store import switches, tasks
from functions.shared.store.config import Configuration
from functions.shared.store.switches import Switch
from functions.shared.store.tasks import Task

KIND: Final = "sending-stopped"
BY: Final = "pastdue"


def stop(entity: Entity, cause: str, reason: str, configuration: Configuration, now: datetime) -> bool:
    """Stop what an entity sends, once; False when it was stopped already. The task is there either way.

    Args: `cause` a short name, `reason` what a person should read; neither holds a name or an address.
    """
    stopped = switches.turn_off_once(
        Switch("entity", entity.id, paused=True, by=BY, cause=cause, reason=reason, at=now)
    )
    today = local_date(now, entity.zone)
    task = Task(
        id=task_id(Settings.from_env().deployment, entity.id, "", KIND, f"{cause}-{today}"),
        entity=entity.id,
        customer="",
        kind=KIND,
        owner=configuration.holder(OWNER, entity.id),
        owner_role=OWNER,
        due_on=today,
        created_on=today,
        note=reason,
    )
    tasks.put(task, reopen=stopped)
    if stopped:
        log(LogEvent.SENDING_STOPPED, entity=entity.id, cause=cause, reason=reason)
        count("entities_stopped")
    return stopped


def stopped_by_itself() -> int:
    """How many entities wait for a person to start them again."""
    return sum(one.paused and one.cause != switches.PERSON for one in switches.standing())
