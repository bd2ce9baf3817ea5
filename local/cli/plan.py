"""`pastdue plan`: what a night would do, on file; `show`, `exclude`, `approve` it, and `send` exactly that.

Where data or policy changed since, an account is not sent but listed; sending twice sends nothing twice.
"""

from collections.abc import Iterator
from dataclasses import replace
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from local.cli.asking import agreed
from local.cli.errors import CliError, Exit
from local.cli.known import find_entity, find_person
from local.cli.options import DEFAULT_STATE, AsJson, EntityId, StackName, State, Yes, day
from local.cli.output import counted, hint, progress, say
from local.cli.plan_table import show_plan, show_sent
from local.cli.target import Target, target

if TYPE_CHECKING:
    from functions.shared.store.config import Configuration
    from local.plan_file import Excluded, Plan
    from local.plan_send import Sent

app = typer.Typer(invoke_without_command=True, help="What a night would do: on file, approved, and sent exactly so.")
PlanFile = Annotated[Path, typer.Argument(metavar="FILE", help="a plan that `pastdue plan --out FILE` wrote")]


@app.callback()
def plan(
    context: typer.Context,
    as_of: Annotated[
        datetime | None, typer.Option("--as-of", parser=day, metavar="DATE", help="Of this night.")
    ] = None,
    out: Annotated[
        Path | None, typer.Option("--out", metavar="FILE", help="Write it, to be approved and sent.")
    ] = None,
    exit_code: Annotated[bool, typer.Option("--exit-code", help="Exit with 3 when it holds something.")] = False,
    entity: EntityId = None,
    as_json: AsJson = False,  # noqa: ARG001 - remembered by its callback
    state: State = DEFAULT_STATE,
    stack: StackName = None,
) -> None:
    """Say what the next night would do, account by account, and write it to a file. Nothing else is written."""
    if context.invoked_subcommand:
        return
    with target(state, stack, looks=True) as found:
        from functions.shared.store import config
        from local import plan_file

        configuration = config.read()
        made = _made(found, configuration, entity, as_of.date() if as_of else None)
        if out:
            plan_file.write(out, made)
        show_plan("plan", made)
        _say_what_waits(configuration, entity)
        hint(found.command(f"plan approve {out} --by PERSON" if out else f"plan --as-of {made.as_of} --out plan.json"))
    if exit_code and made.accounts:
        raise typer.Exit(int(Exit.NOT_EMPTY))


def _made(found: Target, configuration: "Configuration", entity: str | None, as_of: date | None) -> "Plan":
    from local import plan_file, proposals

    night = _night(found, configuration, entity, as_of)
    entries = []
    with progress("deciding", None) as advance:
        for account in proposals.accounts(configuration, night, entity):
            decision = proposals.decided(account.facts, account.setting, night, found.now)
            entry = proposals.entry_of(account, decision)
            if not proposals.is_empty(entry):
                entries.append(entry)
            advance()
    return plan_file.Plan(found.stack, night, found.now.isoformat(timespec="seconds"), tuple(entries))


def _night(found: Target, configuration: "Configuration", entity: str | None, wanted: date | None) -> date:
    """The night that is planned: the next one, or a later one."""
    from core.calendar import local_date
    from local.rehearsals import ONE_DAY, next_night

    if entity:
        find_entity(configuration, entity, found)
    mine = [one for one in configuration.entities.values() if entity in (None, one.id)]
    if not mine:
        raise CliError("no entity is configured", found.command("config apply FOLDER"))
    for one in mine:
        if not one.live:
            say(f"{one.id} is not live: nothing of it is sent")
    today, coming = (
        min(local_date(found.now, one.zone) for one in mine),
        min(next_night(one, found.now) for one in mine),
    )
    if wanted is not None and wanted < today:
        problem = f"{wanted} is over"
        raise CliError(problem, found.command(f"plan --as-of {coming}"), code=Exit.USAGE)
    if wanted is not None and wanted > coming:
        nights = (wanted - coming) // ONE_DAY
        say(f"{nights} night{'' if nights == 1 else 's'} before it may change what is planned here")
    return wanted or coming


# ---------- looking, leaving out, approving ----------
@app.command("show")
def show_file(file: PlanFile, as_json: AsJson = False) -> None:  # noqa: ARG001
    """Say what a plan holds."""
    from local.plan_file import Plan

    read: Plan = _read(file)
    show_plan("plan show", read)
    hint(_next(read, file))


@app.command("exclude")
def exclude(
    file: PlanFile,
    what: Annotated[str, typer.Argument(metavar="ACCOUNT|INVOICE", help="a customer's id, or an invoice's number")],
    as_json: AsJson = False,  # noqa: ARG001 - remembered by its callback
    state: State = DEFAULT_STATE,
    stack: StackName = None,
) -> None:
    """Leave an account or an invoice out: it is held until the plan's night when the plan is sent."""
    read = _read(file)
    with target(state, stack, looks=True) as found:
        from functions.shared.store import config
        from local import plan_file

        _of_this_stack(read, found)
        left_out = _find(read, what, file)
        if left_out in read.excluded:
            say(f"{what} is left out already")
        else:
            read = _without(replace(read, excluded=(*read.excluded, left_out)), left_out, config.read(), found, file)
            plan_file.write(file, read)
        show_plan("plan exclude", read)
        hint(found.command(f"plan approve {file} --by PERSON"))


def _find(read: "Plan", what: str, file: Path) -> "Excluded":
    """The account or the item that is meant."""
    from local.plan_file import Excluded, name_of

    found = [
        Excluded(entry["entity"], entry["customer"])
        for entry in read.accounts
        if what in (entry["customer"], name_of(entry))
    ]
    found += [
        Excluded(entry["entity"], entry["customer"], line["item"], line["number"])
        for entry in read.accounts
        for message in entry["messages"]
        for line in (*message["overdue"], *message["coming_due"])
        if what in (line["item"], line["number"])
    ]
    found = list(dict.fromkeys(found))
    if len(found) == 1:
        return found[0]
    if not found and (known := next((one for one in read.excluded if what in (one.number, one.item)), None)):
        return known
    if found:
        meant = ", ".join(one.account + (f" {one.number}" if one.number else "") for one in found)
        raise CliError(f"{what} is not one of a kind: {meant}", f"pastdue plan exclude {file} {found[0].account}")
    raise CliError(f"the plan holds no account and no invoice {what}", f"pastdue plan show {file}")


def _without(read: "Plan", left_out: "Excluded", configuration: "Configuration", found: Target, file: Path) -> "Plan":
    """The plan with the account of a left-out item decided anew, as if the item were held."""
    from local import plan_send, proposals, rehearsals
    from local.plan_file import name_of

    if left_out.item is None:
        return read
    entry = next(entry for entry in read.accounts if name_of(entry) == left_out.account)
    entity = configuration.entities.get(left_out.entity)
    account = rehearsals.read(configuration, entity, left_out.customer, read.as_of) if entity else None
    if account is None or account.record.version != entry["version"]:
        problem = f"{left_out.account} changed since the plan was made"
        raise CliError(problem, found.command(f"plan --as-of {read.as_of} --out {file}"))
    facts = proposals.with_holds(account.facts, plan_send.holds_of(read, entry))
    decision = proposals.decided(facts, account.setting, read.as_of, found.now)
    return read.with_entry(proposals.entry_of(account, decision))


@app.command("approve")
def approve(
    file: PlanFile,
    by: Annotated[str, typer.Option("--by", metavar="PERSON", help="id of the person who approves")],
    as_json: AsJson = False,  # noqa: ARG001 - remembered by its callback
    state: State = DEFAULT_STATE,
    stack: StackName = None,
) -> None:
    """Approve exactly what the file holds; a change of it afterwards ends the approval."""
    from local import plan_file

    read = _read(file)
    with target(state, stack, looks=True) as found:
        from functions.shared.store import config

        _of_this_stack(read, found)
        find_person(config.read(), by, found)
        at = found.now.isoformat(timespec="seconds")
        read = replace(read, approved=plan_file.Approved(by, at, read.hash))
        plan_file.write(file, read)
        show_plan("plan approve", read)
        hint(found.command(f"plan send {file}"))


# ---------- sending ----------
@app.command("send")
def send_plan(
    file: PlanFile,
    yes: Yes = False,
    as_json: AsJson = False,  # noqa: ARG001 - remembered by its callback
    state: State = DEFAULT_STATE,
    stack: StackName = None,
) -> None:
    """Send exactly what the file says. What changed since is not sent, but listed."""
    from local import plan_file

    read = _read(file)
    with target(state, stack) as found:
        from functions.shared.store import config

        configuration = config.read()
        _of_this_stack(read, found)
        _may_go(read, configuration, found, file)
        _ask(read, found, file, yes=yes)
        told = []
        sent = dict(read.sent)
        try:
            for one in _sending(read, configuration, found):
                told.append(one)
                if one.outcome in ("sent", "excluded"):
                    sent[plan_file.name_of(one.entry)] = found.now.isoformat(timespec="seconds")
        finally:
            plan_file.write(file, replace(read, sent=sent))
        if found.engine is not None:
            found.engine.pump()
        show_sent(read, told)
        refused = [one for one in told if one.outcome == "refused"]
        watched = f"run --as-of {read.as_of}" if found.engine is not None else "outbox"  # here the day has to be played
        hint(found.command(f"plan --as-of {read.as_of} --out {file}" if refused else watched))
    if refused:
        raise typer.Exit(int(Exit.PARTLY_SENT if len(refused) < len(told) else Exit.FAILED))


def _sending(read: "Plan", configuration: "Configuration", found: Target) -> "Iterator[Sent]":
    from local.cli.quiet import drop_logs
    from local.plan_send import send

    drop_logs()
    with progress("sending", len(read.accounts)) as advance:
        for one in send(read, configuration, found.now):
            yield one
            advance()


def _may_go(read: "Plan", configuration: "Configuration", found: Target, file: Path) -> None:
    """Refuse what is refused as a whole."""
    from core.calendar import local_date
    from local.rehearsals import ONE_DAY

    zones = [entity.zone for entity in configuration.entities.values()]
    if zones and max(local_date(found.now, zone) for zone in zones) + ONE_DAY < read.as_of:
        problem = f"the plan is for the night of {read.as_of}, and can be sent from the day before on"
        raise CliError(problem, f"pastdue plan show {file}")
    if read.approved and not read.is_approved:
        raise CliError("the plan was changed after it was approved", found.command(f"plan approve {file} --by PERSON"))
    _say_what_waits(configuration, None)


def _say_what_waits(configuration: "Configuration", entity: str | None) -> None:
    from local.rehearsals import switched_off

    if off := switched_off(configuration, entity):
        say(f"the switch of {', '.join(off)} is off: what is sent waits for it")


def _ask(read: "Plan", found: Target, file: Path, *, yes: bool) -> None:
    if yes or read.is_approved or not read.accounts:
        return
    question = f"Send what {file} holds for {counted(len(read.accounts), 'account')}?"
    instead = found.command(f"plan approve {file} --by PERSON")
    if not agreed(question, instead, refused="nothing was sent, nobody approved the plan"):
        raise typer.Exit


def _of_this_stack(read: "Plan", found: Target) -> None:
    if read.stack != found.stack:
        problem = f"the plan is of stack {read.stack}, this one is {found.stack}"
        raise CliError(problem, found.command("plan --out plan.json"), code=Exit.USAGE)


# ---------- telling ----------
def _read(file: Path) -> "Plan":
    from local import plan_file

    try:
        return plan_file.read(file)
    except (OSError, plan_file.NotAPlanError) as wrong:
        problem = f"there is no file {file}" if isinstance(wrong, FileNotFoundError) else str(wrong)
        raise CliError(problem, f"pastdue plan --out {file}") from None


def _next(read: "Plan", file: Path) -> str:
    if read.is_approved or not read.accounts:
        return f"pastdue plan send {file}"
    return f"pastdue plan approve {file} --by PERSON"
