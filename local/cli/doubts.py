"""`pastdue doubts`: mails of which nobody knows whether they went, and a person's word that settles them."""

from typing import TYPE_CHECKING, Annotated

import typer

from local.cli.commands import on_target
from local.cli.errors import CliError
from local.cli.known import find_entity
from local.cli.options import EntityId
from local.cli.output import hint, plain, show, table
from local.cli.target import Target

if TYPE_CHECKING:
    from functions.shared.store.notices import NoticeRecord

app = typer.Typer(invoke_without_command=True, help="Mails of which nobody knows whether they went.")
NoticeId = Annotated[str, typer.Argument(metavar="NOTICE")]


@app.callback()
@on_target(looks=True)
def doubts(found: Target, entity: EntityId = None) -> None:
    """List the doubts: who was to be written to, when, and what the mail asked for."""
    from functions.shared.store import config

    if entity is not None:
        find_entity(config.read(), entity, found)
    listed = _listed(entity)
    rows = table("notice", "customer", "message", "handed over", "asks for")
    for notice in listed:
        asks = ", ".join(f"{minor} {currency}" for currency, minor in notice.totals.items())
        at = f"{notice.fenced_at:%Y-%m-%d %H:%M} UTC" if notice.fenced_at else ""
        rows.add_row(*plain(notice.id, notice.customer or notice.person, notice.template or notice.kind, at, asks))
    data = [
        {
            "notice": notice.id,
            "entity": notice.entity,
            "customer": notice.customer,
            "message": notice.template or notice.kind,
            "handed_over_at": notice.fenced_at.isoformat() if notice.fenced_at else None,
            "totals_minor": dict(notice.totals),
        }
        for notice in listed
    ]
    show("doubts", {"doubts": data}, rows if listed else "no doubts")
    if listed:
        hint(found.command(f"doubts went {listed[0].id}"))


@app.command("went")
@on_target()
def went(found: Target, notice: NoticeId) -> None:
    """Say that it went: it counts as accepted on the day it was handed over."""
    _settle(notice, went=True, found=found)
    show("doubts went", {"notice": notice}, "it counts as accepted")
    hint(found.command("doubts"))


@app.command("did-not-go")
@on_target()
def did_not_go(found: Target, notice: NoticeId) -> None:
    """Say that it did not go: it is looked at again, and goes once more where it is still wanted."""
    _settle(notice, went=False, found=found)
    show("doubts did-not-go", {"notice": notice}, "it goes once more, where it is still wanted")
    hint(found.command("doubts"))


def _listed(entity: str | None) -> "list[NoticeRecord]":
    """The notices behind the open tasks: a doubt without one does not exist."""
    from core.delivery import NoticeState
    from functions.shared import doubts as shared
    from functions.shared.store import config, notices
    from local.cli.task_find import open_tasks

    found = [task.note for task in open_tasks(config.read(), None) if task.kind == shared.KIND]
    records = (notices.get(notice_id) for notice_id in found)
    return [one for one in records if one and one.state is NoticeState.UNKNOWN and entity in (None, one.entity)]


def _settle(notice: str, *, went: bool, found: Target) -> None:
    from functions.shared import doubts as shared
    from functions.shared.store import config
    from local.cli.quiet import drop_logs

    drop_logs()
    try:
        shared.settle_by_hand(notice, went=went, configuration=config.read(), now=found.now)
    except shared.NotInDoubtError as error:
        raise CliError(str(error), found.command("doubts")) from error
