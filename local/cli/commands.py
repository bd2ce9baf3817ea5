"""The group of commands: turns errors that a person can act on into a message and an exit code."""

from typing import Any

import typer
from typer.core import TyperGroup

from local.cli.errors import CliError
from local.cli.output import choose_json, show_error


class Commands(TyperGroup):
    """Runs one command."""

    def invoke(self, ctx: Any) -> Any:
        choose_json(chosen=False)
        try:
            return super().invoke(ctx)
        except CliError as error:
            show_error(error)
            raise typer.Exit(int(error.code)) from None
