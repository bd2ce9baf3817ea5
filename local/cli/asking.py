"""Asking a person before something is done that is hard to undo."""

import sys

import typer

from local.cli.errors import CliError
from local.cli.output import say


def agreed(question: str, instead: str, *, refused: str = "nothing was changed") -> bool:
    """Whether a person says yes.

    Args: `instead` is the command that goes on without asking; `refused` is told where nobody says yes.
    Raises: CliError where there is nobody to ask.
    """
    if not (sys.stdin.isatty() and sys.stderr.isatty()):
        raise CliError(f"{refused}: there is nobody to ask", instead)
    if typer.confirm(question, err=True):
        return True
    say(refused)
    return False
