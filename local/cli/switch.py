"""`pastdue switch`: stops the sending, of everything, of one entity or by one policy, and starts it again."""

from getpass import getuser
from typing import TYPE_CHECKING, Annotated, Any

import typer

from local.cli.commands import on_target
from local.cli.errors import CliError
from local.cli.known import find_entity
from local.cli.options import EntityId
from local.cli.output import hint, show
from local.cli.target import Target

if TYPE_CHECKING:
    from functions.shared.store.config import Configuration
    from functions.shared.store.switches import Switch

app = typer.Typer(no_args_is_help=True, help="Stop the sending, and start it again.")

Entity = Annotated[str | None, typer.Option("--entity", metavar="ID", help="Of one legal entity only.")]
PolicyName = Annotated[str | None, typer.Option("--policy", metavar="NAME", help="Only what this policy decided.")]
By = Annotated[str, typer.Option("--by", metavar="WHO", help="Who says so; left out, whoever is logged in here.")]
Reason = Annotated[str, typer.Option("--reason", metavar="TEXT", help="Why; kept with the switch.")]


@app.command("off")
@on_target()
def off(found: Target, entity: Entity = None, policy: PolicyName = None, by: By = "", reason: Reason = "") -> None:
    """Stop the sending at once; what is planned waits. A mail that is on its way to the provider is not called back."""
    _turn(found, entity, policy, by, reason, paused=True)


@app.command("on")
@on_target()
def on(found: Target, entity: Entity = None, policy: PolicyName = None, by: By = "", reason: Reason = "") -> None:
    """Start the sending again: what waits is looked at once more, and goes if it is still wanted."""
    _turn(found, entity, policy, by, reason, paused=False)


@app.command("show")
@on_target(looks=True)
def show_switch(found: Target, entity: EntityId = None) -> None:
    """Say what is stopped, by whom and why."""
    from functions.shared.store import config

    if entity is not None:
        find_entity(config.read(), entity, found)
    _show(entity)


@app.command("log")
@on_target(looks=True)
def log(
    _: Target, limit: Annotated[int, typer.Option("--limit", metavar="N", min=1, help="The latest so many.")] = 20
) -> None:
    """Say who turned which switch, when and why, the latest first."""
    from functions.shared.store import switches

    turns = list(switches.turns(limit))
    lines = [f"{one.at:%Y-%m-%d %H:%M:%S} UTC  {_name(one)} {_onoff(one)}{_who(one)}" for one in turns if one.at]
    show("switch log", {"turns": [_data(one) for one in turns]}, "\n".join(lines) or "nothing was ever stopped")


def _turn(found: Target, entity: str | None, policy: str | None, by: str, reason: str, *, paused: bool) -> None:
    from functions.shared.store import config

    if entity is not None and policy is not None:
        raise CliError("a switch is of an entity or of a policy, not of both", found.command("switch show"))
    by, at = by or getuser(), found.now
    if policy is not None:
        _find_policy(found, config.read(), policy)
        config.pause_policy(policy, paused=paused, by=by, reason=reason, at=at)
    elif entity is not None:
        find_entity(config.read(), entity, found)
        config.pause_entity(entity, paused=paused, by=by, reason=reason, at=at)
    else:
        config.pause(paused=paused, by=by, reason=reason, at=at)
    _show(entity)
    if paused:
        of = f" --entity {entity}" if entity else f" --policy {policy}" if policy else ""
        hint(found.command(f"switch on{of}"))


def _find_policy(found: Target, configuration: "Configuration", policy: str) -> None:
    if policy not in configuration.policies:
        there = ", ".join(sorted(configuration.policies)) or "none is configured"
        raise CliError(f"there is no policy {policy!r}; policies: {there}", found.command("switch show"))


def _show(entity: str | None) -> None:
    from functions.shared.store import config, switches

    configuration = config.read()
    off = [one for one in switches.standing() if one.paused]
    states = {key: not configuration.stopped(key) for key in sorted(configuration.entities) if entity in (None, key)}
    whole = next((one for one in off if one.reach == "all"), None)
    lines = [f"everything is stopped{_who(whole)}" if whole else "the switch of everything is on"]
    for key, sends in states.items():
        mine = next((one for one in off if one.reach == "entity" and one.of == key), None)
        lines.append(f"{key}: {'sends' if sends else _why(configuration.entities[key].live)}{_who(mine)}")
    lines += [f"policy {one.of}: stopped{_who(one)}" for one in off if one.reach == "policy"]
    data = {"paused": configuration.paused, "sends": states, "stopped": [_data(one) for one in off]}
    show("switch", data, "\n".join(lines))


def _why(live: bool) -> str:
    return "stopped" if live else "not live"


def _who(switch: "Switch | None") -> str:
    if switch is None or switch.at is None:
        return ""
    return f", by {switch.by} on {switch.at:%Y-%m-%d %H:%M} UTC" + (f": {switch.reason}" if switch.reason else "")


def _name(switch: "Switch") -> str:
    return "everything" if switch.reach == "all" else f"{switch.reach} {switch.of}"


def _onoff(switch: "Switch") -> str:
    return "stopped" if switch.paused else "started"


def _data(switch: "Switch") -> dict[str, Any]:
    return {
        "reach": switch.reach,
        "of": switch.of,
        "paused": switch.paused,
        "by": switch.by,
        "cause": switch.cause,
        "reason": switch.reason,
        "at": switch.at,
    }
