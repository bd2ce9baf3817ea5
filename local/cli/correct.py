"""`pastdue correct NOTICE`: a message that was wrong, or is overtaken, is put right."""

from typing import TYPE_CHECKING, Annotated, cast

import typer

from local.cli.errors import CliError
from local.cli.options import DEFAULT_STATE, AsJson, StackName, State
from local.cli.output import hint, show
from local.cli.target import target

if TYPE_CHECKING:
    from core.decide.answers import Wrong

WHYS = ("wrong", "overtaken")


def correct(
    notice_id: Annotated[str, typer.Argument(metavar="NOTICE", help="Id: the header X-Pastdue-Notice.")],
    why: Annotated[str, typer.Option("--why", metavar="WORD", help="wrong, or overtaken by now.")] = "wrong",
    as_json: AsJson = False,  # noqa: ARG001 - remembered by its callback
    state: State = DEFAULT_STATE,
    stack: StackName = None,
) -> None:
    """Tell the readers of a message to ignore it, and how the invoices in it stand today. Levels stay as they are."""
    if why not in WHYS:
        raise typer.BadParameter(f"{why!r} is not one of {', '.join(WHYS)}", param_hint="--why")
    with target(state, stack) as found:
        from functions.shared import answers
        from functions.shared.store import config, notices

        notice = notices.get(notice_id)
        if notice is None:
            raise CliError(f"there is no message {notice_id}", found.command("outbox"))
        told = answers.correct(notice, cast("Wrong", why), config.read(), found.now)
        if told is None:
            raise CliError(f"message {notice_id} has reached no customer", found.command("outbox"))
        words = "its readers are told within their hours"
        show("correct", {"notice": notice_id, "correction": told, "why": why}, words)
        hint(found.command("outbox"))
