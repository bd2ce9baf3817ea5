"""`pastdue restore`: before and after the table is restored to an earlier moment, so that nothing goes twice."""

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, Final

import typer

from local.cli.asking import agreed
from local.cli.commands import on_target
from local.cli.errors import CliError
from local.cli.options import Yes
from local.cli.output import hint, plain, say, show, table
from local.cli.target import Target

if TYPE_CHECKING:
    from functions.shared.store.permits import Permit

app = typer.Typer(no_args_is_help=True, help="Restore the table, and send nothing twice.")
AT_LEAST: Final = timedelta(hours=48)  # learnt again, however short the lost time seems
BEFORE: Final = timedelta(hours=1)  # the last count that the table kept
ARCHIVED_AFTER: Final = timedelta(minutes=10)  # until then the archive may lack an event. Source: EventBridge, archives
KEPT: Final = timedelta(days=40)  # in the archive


@app.command()
@on_target(looks=True)
def check(found: Target) -> None:
    """Say whether the sending is held, why, and what is missing before it may go on."""
    data = standing(found)
    rows = table("", "")
    for name, value in data.items():
        rows.add_row(*plain(name.replace("_", " "), "" if value is None else str(value)))
    show("restore check", data, rows)
    hint(found.command(next_command(data)))


@app.command()
@on_target()
def hold(found: Target) -> None:
    """Send nothing from now on; kept outside the table, so that it holds over a restore."""
    from functions.shared import restore

    restore.hold(found.now)
    show("restore hold", standing(found), "nothing is sent any more; restore the table now")
    hint(found.command("restore learn"))


@app.command()
@on_target()
def learn(found: Target) -> None:
    """Play the mail events of the lost time again, 48 hours at least: what went is known again."""
    from functions.shared import restore
    from functions.shared.store import permits
    from local import replays
    from local.cli.quiet import drop_logs

    drop_logs()
    permit, now = permits.read(), found.now
    if permit.held_at is not None and now - permit.held_at < ARCHIVED_AFTER:
        at = permit.held_at + ARCHIVED_AFTER
        raise CliError(
            f"the archive may still lack the last mails: at {at:%H:%M:%S} UTC it is complete",
            found.command("restore learn"),
        )
    since, name = lost_since(permit, now), f"{found.stack}-learn-{now:%Y%m%d%H%M%S}"[-64:]
    try:
        archive = replays.archive_of(found)
    except LookupError as error:
        raise CliError(str(error), found.command("doctor")) from None
    restore.look(now)  # written down by whoever notices it first
    replays.start(found, archive, name, since, now)
    permits.note_replay(name, since)
    data = {"replay": name, "since": since, "until": now, "archived_events": archive.events}
    show("restore learn", data, f"the mail events since {since:%Y-%m-%d %H:%M} UTC come again, as replay {name}")
    hint(found.command("restore check"))


@app.command()
@on_target()
def lift(found: Target, yes: Yes = False) -> None:
    """Let the sending go on, once all is known again."""
    from functions.shared import restore
    from local.cli.quiet import drop_logs

    drop_logs()
    data = standing(found)
    if not data["held"]:
        show("restore lift", {"held": ""}, "the sending is not held")
        return
    if data["missing"]:
        raise CliError(f"not yet: {data['missing']}", found.command(next_command(data)))
    _agree(found, yes=yes)
    restore.lift(found.now)
    show("restore lift", {"held": ""}, "sending goes on")
    hint(found.command("doctor"))


def lost_since(permit: "Permit", now: datetime) -> datetime:
    """From when on events are played again."""
    since = now - AT_LEAST
    if permit.at is not None:
        since = min(since, permit.at - BEFORE)
    return max(since, now - KEPT)


def standing(found: Target) -> dict[str, Any]:
    """What `check` says."""
    from functions.shared import restore
    from functions.shared.store import permits

    permit, outside = permits.read(), permits.marker()
    held = permit.held or restore.why_not(permit, outside)
    behind = outside is not None and outside.n > permit.meant
    return {
        "held": held,
        "held_since": permit.held_at,
        "table_knows_until": permit.at,
        "count_in_table": permit.meant,
        "count_in_bucket": outside.n if outside else None,
        "replay": permit.replay or None,
        "missing": _missing(found, permit, needs_learning=behind or permit.held == restore.RESTORED) if held else "",
    }


def _missing(found: Target, permit: "Permit", *, needs_learning: bool) -> str:
    """What must still happen before the sending may go on; empty: nothing."""
    from local import replays
    from local.cli.doctor import queue_urls

    if not permit.replay:
        return "what was sent is not learnt again" if needs_learning else ""
    said = replays.state(found, permit.replay)
    if said not in ("COMPLETED", ""):
        return f"the replay of mail events is {said}"
    wanted = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]
    url = dict(queue_urls(found))["FeedbackQueue"]
    counts = found.client("sqs").get_queue_attributes(QueueUrl=url, AttributeNames=wanted)["Attributes"]
    waiting = sum(int(counts.get(name, 0)) for name in wanted)
    return f"{waiting} mail events wait to be read" if waiting else ""


def next_command(data: dict[str, Any]) -> str:
    """What to try after `check`."""
    if not data["held"]:
        return "doctor"
    if data["missing"]:
        return "restore check" if data["replay"] else "restore learn"
    return "restore lift"


def _agree(found: Target, *, yes: bool) -> None:
    if yes:
        return
    say("Payments, disputes and invoices of the lost time are not learnt: import the ledger and the bank first.")
    if not agreed("Let the sending go on?", found.command("restore lift --yes")):
        raise typer.Exit
