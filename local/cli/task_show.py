"""`pastdue tasks show ID`: what somebody needs before they do a task: whom to call, why, and what was said before."""

from dataclasses import replace
from typing import TYPE_CHECKING, Annotated

import typer

from local.cli.amounts import readable
from local.cli.commands import on_target
from local.cli.output import hint, show
from local.cli.target import Target
from local.cli.task_find import find_task
from local.cli.task_ways import next_of, way_of

if TYPE_CHECKING:
    from datetime import date

    from core.decide.model import Facts
    from core.ledger import Customer, Item, Person
    from functions.shared.store.config import Configuration
    from functions.shared.store.tasks import Task


@on_target(looks=True)
def show_task(found: Target, task_id: Annotated[str, typer.Argument(metavar="ID")]) -> None:
    """Everything about one task: for a customer whom to call, the open invoices, promises, and words to say."""
    from functions.shared.store import config

    task = find_task(task_id, found)
    text = (None if way_of(task.kind) else _sheet(task, config.read(), found)) or _plain(task)
    show("tasks show", {"task": task.model_dump(mode="json"), "text": text}, text)
    hint(_next(task, found))


def _plain(task: "Task") -> str:
    """A task that no call answers, or about a customer who owes nothing any more."""
    from functions.shared.store import customers

    known = customers.read(task.customer) if task.customer else None
    facts = (("task", task.kind), ("what to do", way_of(task.kind)), ("due", str(task.due_on)))
    about = (
        ("for", task.owner or task.owner_role),
        ("customer", _customer(task.customer, known[0] if known else None)),
    )
    said = [*facts, *about, ("invoices", _listed(task)), ("note", readable(task.note)), ("state", task.state.lower())]
    return "\n".join(f"{name}: {value}" for name, value in said if value)


def _customer(customer_id: str, known: "Customer | None") -> str:
    return f"{known.name} ({customer_id})" if known else customer_id


def _listed(task: "Task") -> str:
    more = task.item_count - len(task.items)
    return ", ".join(task.items) + (f" and {more} more" if more > 0 else "")


def _next(task: "Task", found: Target) -> str:
    from functions.shared.effects import APPROVE
    from functions.shared.store.tasks import TaskState

    if task.state is not TaskState.OPEN:
        return found.command("tasks")
    return (
        found.command(f"tasks approve {task.id} --by PERSON")
        if task.kind == APPROVE
        else next_of(task.kind, task.id, found)
    )


def _sheet(task: "Task", configuration: "Configuration", found: Target) -> str | None:
    """The sheet of a task about a customer as its owner reads it; None where there is nothing to tell."""
    from core.calendar import local_date
    from core.decide.account import survey
    from core.render.internal import CallAsked, Commands, compose_call_task, compose_proposal
    from core.render.render import render
    from functions.shared.effects import APPROVE
    from functions.shared.insolvency import heeded
    from functions.shared.store import accounts

    record = accounts.read(task.entity, task.customer) if task.customer else None
    if record is None or not record.facts.items:
        return None
    record = heeded(record)
    entity, person = configuration.entity(task.entity), configuration.people.get(task.owner or "")
    today = local_date(found.now, entity.zone)
    if task.kind == APPROVE:
        commands = Commands(
            show=found.command(f"why {_named(task, record.facts)}"),
            approve=found.command(f"tasks approve {task.id} --by {_who(person)}"),
            reject=found.command(f"tasks refuse {task.id} --by {_who(person)}"),
        )
        cause = replace(record.facts, items=_caused(task, record.facts))
        return render(compose_proposal(task.note, cause, entity, person, today, commands)).text
    asked = CallAsked(
        kind=task.kind,
        due_on=task.due_on,
        as_of=today,
        done_command=found.command(f"tasks done {task.id}"),
        note=task.note,
        sent=_sent(task, record.facts, configuration),
        rows=survey(record.facts, configuration.setting_for(task.entity, record.facts.customer), today).rows,
    )
    return render(compose_call_task(asked, record.facts, entity, person)).text


def _who(person: "Person | None") -> str:
    return person.id if person else "PERSON"


def _named(task: "Task", facts: "Facts") -> str:
    return _caused(task, facts)[0].number


def _caused(task: "Task", facts: "Facts") -> tuple["Item", ...]:
    """The open items that a task names; all of the account where none of them is open."""
    return tuple(item for item in facts.items if item.id in task.items) or facts.items


def _sent(task: "Task", facts: "Facts", configuration: "Configuration") -> tuple[tuple["date", str], ...]:
    """The last message about each open invoice: its day and its words, each once."""
    policy = configuration.setting_for(task.entity, facts.customer).policy
    found = set[tuple["date", str]]()
    for item in facts.items:
        known = facts.state.item(item.id)
        step = policy.step(known.step) if known.step else None
        if known.climbed_on is not None and step is not None and step.template:
            found.add((known.climbed_on, step.template))
    return tuple(found)
