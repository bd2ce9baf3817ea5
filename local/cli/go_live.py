"""`pastdue go-live ENTITY`: from here on its notices are sent. Nothing is, before."""

from datetime import date
from typing import TYPE_CHECKING, Annotated

import typer

from local.cli.asking import agreed
from local.cli.commands import on_target
from local.cli.errors import CliError
from local.cli.known import find_entity, next_run
from local.cli.options import Yes
from local.cli.output import counted, hint, say, show
from local.cli.target import Target

if TYPE_CHECKING:
    from core.ledger import Entity
    from core.policy.finding import Finding
    from functions.shared.store.config import Configuration


@on_target()
def go_live(
    found: Target,
    entity: Annotated[str, typer.Argument(metavar="ENTITY", help="id of the legal entity")],
    yes: Yes = False,
    stop: Annotated[bool, typer.Option("--stop", help="Stop its sending instead.")] = False,
    old_ledger: Annotated[
        bool | None,
        typer.Option(
            "--old-ledger/--at-once",
            help="What is overdue hears a neutral statement first, some accounts a day; or its step at once.",
            show_default="by the ledger",
        ),
    ] = None,
) -> None:
    """Start the sending of one legal entity, after a last look at what would go out."""
    from functions.shared.store import config
    from local.cli.review import review

    configuration = config.read()
    known = find_entity(configuration, entity, found)
    if stop:
        if not config.set_live(entity, live=False):
            raise CliError(f"{entity} still sends: others kept changing it", found.command(f"go-live {entity} --stop"))
        return show("go-live", {"entity": entity, "live": False}, f"{known.name} sends nothing any more")
    faults = not_ready(configuration, known, found)
    if faults:
        problem = f"{entity} is not ready: {'; '.join(faults)}"
        raise CliError(problem, found.command("config apply FOLDER"))
    ramp: dict[str, date] = {}
    if not known.live:
        ramp = ramp_of(configuration, known, found, old=old_ledger)
        _ask(known, found, ramp, yes=yes)
        _set_baseline(known, ramp, found)
        if not config.set_live(entity):
            raise CliError("somebody else changed the entity meanwhile", found.command(f"go-live {entity}"))
        review([known], found.now)
    last = max(ramp.values(), default=None)
    data = {"entity": entity, "live": True, "statements": len(ramp), "last_statement_on": last}
    show("go-live", data, f"{known.name} is live")
    hint(next_run(configuration, found))
    return None


def not_ready(configuration: "Configuration", entity: "Entity", found: Target) -> list[str]:
    """What an entity lacks without which no message could go out."""
    faults = []
    if not entity.sender:
        faults.append("it has no sender address")
    elif entity.sender.rpartition("@")[2] != found.sender_domain:
        faults.append(f"its sender {entity.sender} is not of the stack's domain {found.sender_domain}")
    if entity.policy not in configuration.policies:
        faults.append(f"its policy {entity.policy} is not stored")
    return faults


def unfilled_roles(configuration: "Configuration", entity: "Entity") -> list[str]:
    """Roles on our side that the entity's policy tells and nobody holds."""
    policy = configuration.policies.get(entity.policy)
    roles = dict.fromkeys(role for step in (policy.steps if policy else ()) for role in step.audience.ours)
    return [role for role in roles if configuration.holder(role, entity.id) is None]


def never_here(configuration: "Configuration", entity: "Entity") -> "list[Finding]":
    """Steps of the entity's policy that can never happen at this entity."""
    from core.formats.errors import Code
    from local.config_checks import slips_here

    policy = configuration.policies.get(entity.policy)
    slips = slips_here(entity, policy, configuration.people.values()) if policy else []
    return [slip for slip in slips if slip.code is Code.UNREACHABLE]


def ramp_of(configuration: "Configuration", entity: "Entity", found: Target, *, old: bool | None) -> dict[str, date]:
    """Whose statement goes on which day, for a ledger that is an old one: by its own ages where nobody says it."""
    from core.calendar import local_date
    from local.activation import is_old, late_accounts, ramp
    from local.cli.review import looks

    if old is False:
        return {}
    today = local_date(found.now, entity.zone)
    late = list(late_accounts(entity, (customer for _, customer in looks(entity.id)), today))
    if old is None and not is_old(late, today):
        return {}
    return ramp(late, configuration.policy(entity.policy).activation, today)


def _set_baseline(entity: "Entity", ramp: dict[str, date], found: Target) -> None:
    from core.calendar import local_date
    from local.activation import set_baseline

    if ramp:
        set_baseline(entity, ramp, local_date(found.now, entity.zone), found.now)


def _ask(entity: "Entity", found: Target, ramp: dict[str, date], *, yes: bool) -> None:
    from core.calendar import local_date
    from local.cli.review import looks

    today = local_date(found.now, entity.zone)
    accounts = [on for on, _ in looks(entity.id)]
    due = sum(on <= today for on in accounts)
    say(f"{entity.name}: {counted(len(accounts), 'account')} with open items, to be decided in the next night: {due:,}")
    if ramp:
        last = max(ramp.values())
        say(f"an old ledger: {len(ramp):,} accounts hear a neutral statement first, the largest first, up to {last}")
    if not (yes or agreed(f"Start sending for {entity.name}?", found.command(f"go-live {entity.id} --yes"))):
        raise typer.Exit
