"""`pastdue run show|approve|reject ENTITY DATE`: a run that waits for a person."""

from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Any

import typer

from local.cli.amounts import money
from local.cli.commands import on_target
from local.cli.errors import CliError
from local.cli.known import find_entity, find_person
from local.cli.options import By, day
from local.cli.output import hint, plain, show, table
from local.cli.target import Target

if TYPE_CHECKING:
    from functions.shared.store.notice_rows import NoticeRecord
    from functions.shared.store.runs import Run

EntityName = Annotated[str, typer.Argument(metavar="ENTITY", help="id of the legal entity")]
Night = Annotated[datetime, typer.Argument(metavar="DATE", parser=day, help="the night of the run")]


@on_target(looks=True)
def show_run(found: Target, entity: EntityName, on: Night) -> None:
    """What a run decided, and which of its messages wait for a person."""
    from functions.shared import review

    run = run_of(entity, on, found)
    waiting = sorted(review.waiting_notices(entity, on.date()), key=lambda notice: (notice.customer, notice.id))
    told = [(notice, *_named(notice)) for notice in waiting]
    rows = table("customer", "what", "invoices", "asked for", "message", right=["asked for"])
    for notice, name, numbers in told:
        what = f"{notice.template}, level {notice.level}" if notice.level else notice.template
        asked = ", ".join(money(minor, currency) for currency, minor in sorted(notice.totals.items()))
        rows.add_row(*plain(f"{name} ({notice.customer})", what, ", ".join(numbers), asked, notice.id))
    data: dict[str, Any] = {
        "entity": entity,
        "date": run.on,
        "state": run.state.value,
        "brake": run.brake,
        "clearance": run.clearance.value if run.clearance else None,
        "cleared_by": run.cleared_by,
        "retracted": {"at": said.at, "by": said.by, "reason": said.why} if (said := run.retraction) else None,
        "waiting": [
            {
                "notice": notice.id,
                "customer": notice.customer,
                "name": name,
                "template": notice.template,
                "invoices": numbers,
                "level": notice.level,
                "totals": dict(notice.totals),
            }
            for notice, name, numbers in told
        ],
    }
    show("run show", data, *([rows] if waiting else []), _said(run, waiting=bool(waiting)))
    if waiting and run.clearance is None:
        hint(found.command(f"run approve {entity} {run.on} --by PERSON"))


@on_target()
def approve(found: Target, entity: EntityName, on: Night, by: By) -> None:
    """Let the messages of a run go; each is looked at once more, and goes if it is still wanted."""
    _answer(found, "approve", entity, on, by)


@on_target()
def reject(found: Target, entity: EntityName, on: Night, by: By) -> None:
    """Let nothing of a run go; the next night decides anew."""
    _answer(found, "reject", entity, on, by)


def _answer(found: Target, word: str, entity: str, on: datetime, by: str) -> None:
    from functions.shared import review
    from functions.shared.store import config
    from local.cli.quiet import drop_logs

    find_person(config.read(), by, found)
    drop_logs()
    run = run_of(entity, on, found)
    waiting = sum(1 for _ in review.waiting_notices(entity, run.on))
    if waiting or run.clearance is None:  # a run that nobody answered has a task to be closed, whatever waits
        say = review.approve_run if word == "approve" else review.reject_run
        if not say(entity, run.on, by=by, now=found.now):
            raise CliError(f"the run of {entity} on {run.on} has not ended yet", found.command("doctor"))
    done = "may go" if word == "approve" else "do not go"
    told = f"the messages of {run.on} {done}" if waiting else f"no message of {run.on} waits for a person"
    show(f"run {word}", {"entity": entity, "date": run.on, "by": by, "waiting": waiting}, told)
    hint(found.command("outbox"))


def _said(run: "Run", *, waiting: bool) -> str:
    """How far a run is, and what was said of it."""
    from functions.shared.store.runs import Clearance

    if run.retraction is not None:
        said = run.retraction
        return f"{run.state.value}; taken back on {said.at:%Y-%m-%d %H:%M} UTC by {said.by}: {said.why}"
    match run.clearance:
        case Clearance.REJECTED:
            return f"{run.state.value}; rejected by {run.cleared_by}: its messages do not go"
        case Clearance.PERSON:
            return f"{run.state.value}; approved by {run.cleared_by}"
        case _ if waiting:
            return f"{run.state.value}; waits for a person: {run.brake}".removesuffix(": ")
        case _:
            return f"{run.state.value}; nothing of it waits for a person"


def _named(notice: "NoticeRecord") -> tuple[str, list[str]]:
    """The customer's name, and the numbers of the invoices that a message asks for."""
    from functions.shared.store import accounts

    record = accounts.read(notice.entity, notice.customer)
    if record is None:
        return notice.customer, []
    numbers = {item.id: item.number for item in record.facts.items}
    asked = dict.fromkeys(step.item for step in notice.steps)
    return record.facts.customer.name, [numbers.get(item, item) for item in asked]


def run_of(entity: str, on: datetime, found: Target) -> "Run":
    """The run of a night; raises CliError where the entity, or its run, is not known."""
    from functions.shared.store import config, runs

    run = runs.read(entity, on.date())
    if run is None:
        find_entity(config.read(), entity, found)
        raise CliError(f"there was no run of {entity} on {on:%Y-%m-%d}", found.command("doctor"))
    return run
