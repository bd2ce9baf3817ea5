"""Options that every command has, with the same words."""

from datetime import datetime
from pathlib import Path
from typing import Annotated, Final

import typer

from local.cli.output import choose_json

DEFAULT_STATE: Final = Path(".pastdue")

AsJson = Annotated[
    bool, typer.Option("--json", help="Print JSON with a format_version.", callback=choose_json, is_eager=True)
]
State = Annotated[
    Path,
    typer.Option("--state", envvar="PASTDUE_STATE", metavar="DIR", help="Folder that holds the local engine's state."),
]
StackName = Annotated[
    str | None,
    typer.Option("--stack", envvar="PASTDUE_STACK", metavar="NAME", help="Work on a deployed stack instead."),
]
EntityId = Annotated[str | None, typer.Option("--entity", metavar="ID", help="One legal entity only.")]
By = Annotated[str, typer.Option("--by", metavar="PERSON", help="Who says so: the id of one of our people.")]
Yes = Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")]


def day(said: str) -> datetime:
    """A date of the command line; raises BadParameter with the form that it has."""
    try:
        return datetime.strptime(said, "%Y-%m-%d")
    except ValueError:
        raise typer.BadParameter(f"{said!r} is no day; write it as YYYY-MM-DD") from None
