"""Whom and what a command line names, as the configuration knows it."""

from collections.abc import Iterable
from typing import TYPE_CHECKING

from local.cli.errors import CliError
from local.cli.target import Target

if TYPE_CHECKING:
    from core.ledger import Entity, Person
    from functions.shared.store.config import Configuration


def find_entity(configuration: "Configuration", entity: str, found: Target) -> "Entity":
    """The entity of that id; raises CliError with the ids that there are."""
    if entity not in configuration.entities:
        problem = f"there is no entity {entity!r}; entities: {_listed(configuration.entities)}"
        raise CliError(problem, found.command("config apply FOLDER"))
    return configuration.entities[entity]


def find_person(configuration: "Configuration", person: str, found: Target) -> "Person":
    """One of our people by id; raises CliError with the ids that there are."""
    if person not in configuration.people:
        problem = f"there is no person {person!r}; people: {_listed(configuration.people)}"
        raise CliError(problem, found.command("config apply FOLDER"))
    return configuration.people[person]


def next_run(configuration: "Configuration", found: Target) -> str:
    """The command that plays the next night on this machine; on a stack the one that begins what is due."""
    from local.rehearsals import next_night

    if found.engine is None:
        return found.command("run")
    nights = (next_night(entity, found.now) for entity in configuration.entities.values())
    return found.command(f"run --as-of {min(nights, default=found.now.date())}")


def _listed(ids: Iterable[str]) -> str:
    return ", ".join(sorted(ids)) or "none is configured"
