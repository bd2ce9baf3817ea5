"""`pastdue tasks`: what our own people have to do, the earliest due first."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from local.cli import task_show
from local.cli.amounts import readable
from local.cli.commands import on_target
from local.cli.errors import CliError
from local.cli.known import find_entity, find_person
from local.cli.options import By, EntityId
from local.cli.output import hint, plain, say, show, table
from local.cli.target import Target
from local.cli.task_find import find_task, open_tasks
from local.cli.task_ways import answer_of

if TYPE_CHECKING:
    from datetime import datetime

    from functions.shared.store.tasks import Task

app = typer.Typer(invoke_without_command=True, help="What our own people have to do.")
app.command("show")(task_show.show_task)


@app.callback()
@on_target(looks=True)
def tasks(
    found: Target,
    owner: Annotated[str | None, typer.Option("--owner", metavar="PERSON", help="Of one person only.")] = None,
    entity: EntityId = None,
) -> None:
    """List the open tasks."""
    from functions.shared import letters
    from functions.shared.store import config, customers

    configuration = config.read()
    if owner is not None:
        find_person(configuration, owner, found)
    if entity is not None:
        find_entity(configuration, entity, found)
    listed = [task for task in open_tasks(configuration, owner) if entity in (None, task.entity)]
    names = customers.profiles(task.customer for task in listed)
    rows = table("due", "for", "what", "customer", "invoices", "id", right=["invoices"])
    for task in listed:
        customer = names.get(task.customer)
        owner_of = configuration.people.get(task.owner or "")
        who = owner_of.name if owner_of else task.owner_role
        what = task.kind + (f": {readable(task.note)}" if task.note and task.kind != letters.KIND else "")
        shown = customer.name if customer else task.customer
        rows.add_row(*plain(str(task.due_on), who, what, shown, str(task.item_count or ""), task.id))
    show("tasks", {"tasks": [task_data(task) for task in listed]}, rows if listed else "nothing to do")
    if listed:
        hint(found.command(f"tasks show {listed[0].id}"))


@app.command("done")
@on_target()
def done(
    found: Target,
    task_id: Annotated[str, typer.Argument(metavar="ID")],
    note: Annotated[str, typer.Option("--note", help="What came of it.")] = "",
) -> None:
    """Say that a task is done."""
    from core.decide.silence import CONFIRM_DELIVERY
    from functions.shared import letters, settle
    from functions.shared.store import config
    from functions.shared.store import tasks as store

    task = find_task(task_id, found)
    answer = answer_of(task.kind, task.id, found)
    if answer is not None and task.state is store.TaskState.OPEN:
        raise CliError(f"task {task.id} ({task.kind}) asks for an answer", answer)
    if task.kind == letters.KIND and task.state is store.TaskState.OPEN:
        _posted(task, found.now)
    if task.kind == CONFIRM_DELIVERY and task.state is store.TaskState.OPEN:
        settle.confirm(task.entity, task.customer, task.items, config.read(), found.now)
    if task.state is store.TaskState.OPEN and task.customer:
        settle.finish(task, config.read(), found.now)
    if not store.finish(task.id, note, found.now):
        raise CliError(f"task {task.id} is {task.state.lower()} already", found.command("tasks"))
    show("tasks done", {"task": task.id}, f"done: {task.kind}")
    hint(found.command("tasks"))


def _posted(task: "Task", now: "datetime") -> None:
    """A letter that was posted counts from today; whoever stopped after that, or loses to another, finds it counted."""
    from core.delivery import ACCEPTED
    from functions.send_notices.attempt import Outcome
    from functions.send_notices.posted import post_letter
    from functions.shared import letters
    from functions.shared.store import notices

    if post_letter(task.note, now) is Outcome.ACCEPTED:
        return
    notice = notices.get(task.note)
    if notice is None or notice.channel != letters.CHANNEL or notice.state not in ACCEPTED:
        raise CliError("the letter is not wanted any more: it is paid, disputed or held", "pastdue tasks")


@app.command("letter")
@on_target(looks=True)
def letter(
    found: Target,
    task_id: Annotated[str, typer.Argument(metavar="ID")],
    out: Annotated[Path | None, typer.Option("--out", metavar="FILE", help="Write it as PDF, ready to print.")] = None,
) -> None:
    """Print the words of a letter that a task asks to post, or write the PDF to be printed."""
    from functions.send_notices.posted import letter_of, letter_paper_of
    from functions.shared import letters

    task = find_task(task_id, found)
    if task.kind != letters.KIND:
        raise CliError(f"task {task.id} ({task.kind}) is no letter", found.command("tasks"))
    words = letter_of(task.note, found.now)
    if words is None:
        raise CliError("the letter is not wanted any more: it is paid, disputed or held", found.command("tasks"))
    if out is not None:
        paper = letter_paper_of(task.note, found.now)
        out.write_bytes(_printed(paper or {}, found.command(f"tasks letter {task.id}")))
    _without_address(task)
    written = {"file": str(out)} if out else {}
    show("tasks letter", {"task": task.id, "text": words, **written}, f"written: {out}" if out else words)
    hint(found.command(f"tasks done {task.id}"))


def _without_address(task: "Task") -> None:
    """Say that nobody knows where the letter is to go."""
    from functions.shared.store import customers

    known = customers.read(task.customer)
    if known is not None and not known[0].address:
        say(f"the ledger has no postal address of {known[0].name}: find it, and give the customer an `address`")


def _printed(paper: dict[str, Any], instead: str) -> bytes:
    """The PDF. Args: `instead` shows the words, where nothing here can print them."""
    try:
        from core.render.paper import letter_pdf
    except ImportError as missing:
        raise CliError(f"no PDF here: {missing.name} is missing, a part of pastdue[local]", instead) from None
    return letter_pdf(paper)


@app.command("approve")
@on_target()
def approve(
    found: Target,
    task_id: Annotated[str, typer.Argument(metavar="ID")],
    by: By,
    note: Annotated[str, typer.Option("--note", help="Why.")] = "",
) -> None:
    """Agree to what a task proposes; the sales side hears of it, and two business days later it is done."""
    _answer(found, task_id, by, note, granted=True)


@app.command("refuse")
@on_target()
def refuse(
    found: Target,
    task_id: Annotated[str, typer.Argument(metavar="ID")],
    by: By,
    note: Annotated[str, typer.Option("--note", help="Why.")] = "",
) -> None:
    """Do not agree; what was granted before is taken back in the next night."""
    _answer(found, task_id, by, note, granted=False)


def _answer(found: Target, task_id: str, by: str, note: str, *, granted: bool) -> None:
    from core.calendar import local_date
    from functions.shared import approvals
    from functions.shared.store import config

    configuration = config.read()
    find_person(configuration, by, found)
    task = find_task(task_id, found)
    today = local_date(found.now, configuration.entity(task.entity).zone)
    try:
        approvals.answer(task.id, granted=granted, by=by, note=note, today=today, now=found.now)
    except approvals.NoProposalError as wrong:
        raise CliError(str(wrong), found.command("tasks")) from None
    word = "granted" if granted else "refused"
    show(f"tasks {'approve' if granted else 'refuse'}", {"task": task.id, "granted": granted}, f"{word}: {task.note}")
    hint(found.command("tasks"))


def task_data(task: "Task") -> dict[str, Any]:
    """A task as JSON."""
    data: dict[str, Any] = task.model_dump(mode="json")
    return data
