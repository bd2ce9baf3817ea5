"""`pastdue run`: on the local engine the night of a date, or of many; on a deployed stack the tick that is due now."""

import json
from collections import Counter
from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer

from local.cli import run_retract, run_review
from local.cli.cost import Count, counted
from local.cli.errors import CliError, Exit
from local.cli.options import DEFAULT_STATE, AsJson, StackName, State, day
from local.cli.output import hint, plain, progress, say, show, table
from local.cli.target import Target, target

if TYPE_CHECKING:
    from core.ledger import Entity
    from local.engine import Engine
    from local.nights import Night

Day = Annotated[datetime | None, typer.Option(parser=day, metavar="DATE")]
_DAY: Final = timedelta(days=1)
_READERS_NAMED: Final = 3  # in a row for people; JSON names all


app = typer.Typer(invoke_without_command=True, help="The nights.")


@app.callback()
def run(
    context: typer.Context,
    as_of: Annotated[
        datetime | None, typer.Option("--as-of", parser=day, metavar="DATE", help="Play this one night.")
    ] = None,
    from_: Annotated[
        datetime | None, typer.Option("--from", parser=day, metavar="DATE", help="Play from this night ...")
    ] = None,
    to: Annotated[datetime | None, typer.Option("--to", parser=day, metavar="DATE", help="... to this one.")] = None,
    count: Count = False,
    as_json: AsJson = False,  # noqa: ARG001 - remembered by its callback
    state: State = DEFAULT_STATE,
    stack: StackName = None,
) -> None:
    """Plan, decide, send, and hear what became of it. A night that was played sends nothing again."""
    if context.invoked_subcommand:
        return None
    if stack:
        if as_of or from_ or to or count:
            raise CliError("a deployed stack runs by the real clock", f"pastdue run --stack {stack}", code=Exit.USAGE)
        with target(state, stack) as found:
            return _tick(found)
    nights = _nights(as_of, from_, to)
    with target(state) as found:
        engine = found.engine
        assert engine is not None
        entities = _entities(found)
        played = []
        with counted(engine, state, len(nights), wanted=count), progress("nights", len(nights)) as advance:
            for on in nights:
                played.append(_play(found, engine, on, entities))
                advance()
        failures = _problems(played)
        show("run", {"nights": [night_data(night) for night in played], "failures": failures}, _table(played))
        for failure in failures:
            say(f"{failure['count']} x {failure['where']}: {failure['what']}")
        hint(found.command("doctor" if failures else "cost" if count else "outbox"))
    if failures:
        raise typer.Exit(int(Exit.PARTLY_SENT if any(night.mails for night in played) else Exit.FAILED))
    return None


app.command("show")(run_review.show_run)
app.command("approve")(run_review.approve)
app.command("reject")(run_review.reject)
app.command("retract")(run_retract.retract)


def _nights(as_of: datetime | None, from_: datetime | None, to: datetime | None) -> list[date]:
    if as_of and not (from_ or to):
        return [as_of.date()]
    if from_ and to and not as_of:
        if to < from_:
            problem = f"--to {to:%Y-%m-%d} is before --from {from_:%Y-%m-%d}"
            raise CliError(problem, f"pastdue run --from {to:%Y-%m-%d} --to {from_:%Y-%m-%d}", code=Exit.USAGE)
        return [from_.date() + n * _DAY for n in range((to - from_).days + 1)]
    raise CliError("say which night: --as-of DATE, or --from DATE --to DATE", "pastdue run --help", code=Exit.USAGE)


def _entities(found: Target) -> "Sequence[Entity]":
    from functions.shared.store import config

    entities = tuple(config.read().entities.values())
    if not entities:
        raise CliError("no entity is configured", found.command("config apply FOLDER"))
    for entity in entities:
        if not entity.live:
            say(f"{entity.id} is not live: nothing of it is sent")
    return entities


def _play(found: Target, engine: "Engine", on: date, entities: "Sequence[Entity]") -> "Night":
    from functions.shared.store import runs
    from local.nights import Night, ends_at

    if engine.now <= ends_at(on, entities):
        return _play_day(found, engine, on, entities)
    if any(runs.read(entity.id, on) for entity in entities):
        say(f"{on} was played before: nothing to do")
        return Night(on)
    problem = f"{on} is over: the clock of this state stands at {found.now:%Y-%m-%d %H:%M} UTC and does not go back"
    raise CliError(problem, f"pastdue import FILE --as-of {on} --state .pastdue-{on}")


def _play_day(found: Target, engine: "Engine", on: date, entities: "Sequence[Entity]") -> "Night":
    """The whole date; only its night where a run then waits for a person, who says whether the day goes on."""
    from local.nights import Night, all_ran_at, play

    through = all_ran_at(on, entities)
    if engine.now >= through or not _may_wait():
        return play(engine, on, entities)
    night = play(engine, on, entities, until=through)
    waiting = _waiting(on, entities)
    for entity_id in waiting:
        say(f"the run of {entity_id} on {on} waits for a person; then the same command plays the day")
        hint(found.command(f"run show {entity_id} {on}"))
    if waiting:
        return night
    day, pumped = play(engine, on, entities), night.pumped
    pumped += day.pumped
    return Night(on, (*night.mails, *day.mails), pumped)


def _may_wait() -> bool:
    from functions.shared.effects import clearance_of
    from functions.shared.store import config

    configuration = config.read()
    settings = (
        configuration.setting(entity, name) for entity in configuration.entities for name in configuration.policies
    )
    return any(clearance_of(setting) for setting in settings)


def _waiting(on: date, entities: "Sequence[Entity]") -> list[str]:
    from functions.shared.store import runs

    found = ((entity.id, runs.read(entity.id, on)) for entity in entities if entity.live)
    return [entity_id for entity_id, run in found if run is not None and run.brake and run.clearance is None]


def night_data(night: "Night") -> dict[str, Any]:
    """A night as JSON."""
    return {
        "date": night.on,
        "sent": [
            {"at": mail.sent_at, "to": list(mail.recipients), "subject": mail.subject, "tags": mail.tags}
            for mail in night.mails
        ],
        "delivered_to_functions": dict(night.pumped.done),
        "failed": dict(night.pumped.failed),
    }


def _table(played: "Sequence[Night]") -> Any:
    rows = table("date", "mails", "to", right=["mails"])
    for night in played:
        readers = list(dict.fromkeys(address for mail in night.mails for address in mail.recipients))
        more = f" and {len(readers) - _READERS_NAMED} more" if len(readers) > _READERS_NAMED else ""
        rows.add_row(*plain(str(night.on), str(len(night.mails)), ", ".join(readers[:_READERS_NAMED]) + more))
    return rows


def _problems(played: "Sequence[Night]") -> list[dict[str, Any]]:
    """What handlers raised, each kind once."""
    raised = Counter(
        (where, f"{type(error).__name__}: {error}") for night in played for where, error in night.pumped.errors
    )
    failed = Counter(queue for night in played for queue in night.pumped.failed.elements())
    found = [{"where": where, "what": what, "count": count} for (where, what), count in raised.items()]
    return found + [{"where": queue, "what": "given back to the queue", "count": n} for queue, n in failed.items()]


def _tick(found: Target) -> None:
    """Start what the schedule starts every hour; a night that ran is not run again."""
    name = found.outputs["PlanRunFunctionName"]
    answer = found.client("lambda").invoke(FunctionName=name, Payload=json.dumps({"kind": "tick"}).encode())
    said = answer["Payload"].read().decode() or "null"
    if answer.get("FunctionError"):
        raise CliError(f"{name} failed: {said}", f"aws logs tail --since 10m /aws/lambda/{found.stack}/plan_run")
    try:
        counts = json.loads(said)
    except ValueError:
        counts = said
    show("run", {"stack": found.stack, "function": name, "result": counts}, f"{name}: {counts}")
    hint(found.command("outbox"))
