"""The tasks of our people: those that are open, and the one that a command line names."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

from local.cli.errors import CliError
from local.cli.target import Target

if TYPE_CHECKING:
    from functions.shared.store.config import Configuration
    from functions.shared.store.tasks import Task

_MANAGER = "ar_manager"  # of disputes that nobody answers
_LEAST = 4  # characters of an id that name a task


def find_task(task_id: str, found: Target) -> "Task":
    """The task of that id, or the open one whose id begins so; raises CliError."""
    from functions.shared.store import config
    from functions.shared.store import tasks as store

    task = store.read(task_id)
    if task is not None:
        return task
    fitting = [one for one in open_tasks(config.read()) if one.id.startswith(task_id)] if len(task_id) >= _LEAST else []
    if len(fitting) != 1:
        problem = (
            f"{len(fitting)} tasks have ids that begin with {task_id}" if fitting else f"there is no task {task_id}"
        )
        raise CliError(problem, found.command("tasks"))
    return fitting[0]


def open_tasks(configuration: "Configuration", owner: str | None = None) -> "list[Task]":
    """The open tasks of one person, or of everybody and of roles that nobody holds; the earliest due first."""
    found = [task for queue in _queues(configuration, owner) for task in _open(*queue)]
    return sorted({task.id: task for task in found}.values(), key=lambda task: (task.due_on, task.entity, task.id))


def _queues(configuration: "Configuration", owner: str | None) -> Iterator[tuple[str | None, str]]:
    if owner is not None:
        yield owner, ""
        return
    yield from ((person, "") for person in configuration.people)
    policies = [*configuration.policies.values(), *configuration.kept.values()]
    named = {role for policy in policies for step in policy.steps for role in step.audience.ours}
    named |= {_MANAGER, *(policy.after_last_owner for policy in policies)}
    from core.decide.tasks import QUALITY_OWNER

    yield from ((None, role) for role in sorted({QUALITY_OWNER, *named}))


def _open(owner: str | None, role: str) -> "Iterator[Task]":
    from functions.shared.store import tasks as store

    return store.open_for(owner, role)
