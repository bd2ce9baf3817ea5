"""What the commands have in common: the group turns errors into messages, and most work on one target."""

import inspect
from collections.abc import Callable
from contextlib import AbstractContextManager
from functools import wraps
from inspect import Parameter
from pathlib import Path
from typing import Any, Final

import typer
from typer.core import TyperGroup

from local.cli.errors import CliError
from local.cli.options import DEFAULT_STATE, AsJson, StackName, State
from local.cli.output import choose_json, show_error
from local.cli.target import Target, target

_ADDED: Final = (
    Parameter("context", Parameter.KEYWORD_ONLY, annotation=typer.Context),
    Parameter("as_json", Parameter.KEYWORD_ONLY, annotation=AsJson, default=False),
    Parameter("state", Parameter.KEYWORD_ONLY, annotation=State, default=DEFAULT_STATE),
    Parameter("stack", Parameter.KEYWORD_ONLY, annotation=StackName, default=None),
)


class Commands(TyperGroup):
    """Runs one command."""

    def invoke(self, ctx: Any) -> Any:
        choose_json(chosen=False)
        try:
            return super().invoke(ctx)
        except CliError as error:
            show_error(error)
            raise typer.Exit(int(error.code)) from None


def on_target(
    *, looks: bool = False, opened: Callable[..., AbstractContextManager[Target]] = target
) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """A command that works on a target, which is opened for it and is its first argument.

    It has --json, --state and --stack beside its own options. That of a group runs where no other one is named.

    Args: `looks` writes nothing back; `opened` is how to open it.
    """

    def decorate(command: Callable[..., None]) -> Callable[..., None]:
        @wraps(command)
        def run(*, context: typer.Context, as_json: bool, state: Path, stack: str | None, **own: Any) -> None:  # noqa: ARG001 - `as_json` is remembered by its callback
            if context.invoked_subcommand is None:
                with opened(state, stack, looks=looks) as found:
                    command(found, **own)

        taken = list(inspect.signature(command, eval_str=True).parameters.values())[1:]
        given = [one.replace(kind=Parameter.KEYWORD_ONLY) for one in taken]
        run.__signature__ = inspect.Signature([*given, *_ADDED])  # type: ignore[attr-defined]  # Typer reads it
        return run

    return decorate
