"""`pastdue switch`: stops the sending, of everything or of one entity, and starts it again."""

from typing import TYPE_CHECKING, Annotated

import typer

from local.cli.errors import CliError
from local.cli.options import DEFAULT_STATE, AsJson, EntityId, StackName, State
from local.cli.output import hint, show
from local.cli.target import Target, target

if TYPE_CHECKING:
    from functions.shared.store.config import Configuration

app = typer.Typer(no_args_is_help=True, help="Stop the sending, and start it again.")

Entity = Annotated[str | None, typer.Option("--entity", metavar="ID", help="Of one legal entity only.")]


@app.command("off")
def off(
    entity: Entity = None,
    as_json: AsJson = False,  # noqa: ARG001 - remembered by its callback
    state: State = DEFAULT_STATE,
    stack: StackName = None,
) -> None:
    """Stop the sending at once; what is planned waits. A mail that is on its way to the provider is not called back."""
    with target(state, stack) as found:
        _turn(found, entity, paused=True)


@app.command("on")
def on(
    entity: Entity = None,
    as_json: AsJson = False,  # noqa: ARG001 - remembered by its callback
    state: State = DEFAULT_STATE,
    stack: StackName = None,
) -> None:
    """Start the sending again: what waits is looked at once more, and goes if it is still wanted."""
    with target(state, stack) as found:
        _turn(found, entity, paused=False)


@app.command("show")
def show_switch(
    entity: EntityId = None,
    as_json: AsJson = False,  # noqa: ARG001 - remembered by its callback
    state: State = DEFAULT_STATE,
    stack: StackName = None,
) -> None:
    """Say what is stopped."""
    with target(state, stack, looks=True) as found:
        from functions.shared.store import config

        if entity is not None:
            _find(found, config.read(), entity)
        _show(entity)


def _turn(found: Target, entity: str | None, *, paused: bool) -> None:
    from functions.shared.store import config

    if entity is None:
        config.pause(paused=paused)
    else:
        _find(found, config.read(), entity)
        config.pause_entity(entity, paused=paused)
    _show(entity)
    if paused:
        hint(found.command(f"switch on --entity {entity}" if entity else "switch on"))


def _find(found: Target, configuration: "Configuration", entity: str) -> None:
    if entity not in configuration.entities:
        there = ", ".join(sorted(configuration.entities)) or "none is configured"
        raise CliError(f"there is no entity {entity!r}; entities: {there}", found.command("switch show"))


def _show(entity: str | None) -> None:
    from functions.shared.store import config

    configuration = config.read()
    states = {key: not configuration.stopped(key) for key in sorted(configuration.entities) if entity in (None, key)}
    lines = ["everything is stopped" if configuration.paused else "the switch is on"]
    lines += [f"{key}: {'sends' if sends else _why(configuration.entities[key].live)}" for key, sends in states.items()]
    show("switch", {"paused": configuration.paused, "sends": states}, "\n".join(lines))


def _why(live: bool) -> str:
    return "stopped" if live else "not live"
