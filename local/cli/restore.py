"""`pastdue restore`: before and after the table is restored to an earlier moment, so that nothing goes twice."""

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer

from local.cli.asking import agreed
from local.cli.commands import on_target
from local.cli.errors import CliError
from local.cli.options import Yes, day
from local.cli.output import hint, plain, say, show, table
from local.cli.target import Target

if TYPE_CHECKING:
    from functions.shared.store.permits import Permit

app = typer.Typer(no_args_is_help=True, help="Restore the table, and send nothing twice.")
AT_LEAST: Final = timedelta(hours=48)  # learnt again, however short the lost time seems
# The last count that the table kept is an hour old at most, and for a day the stream tries to put a file.
BEFORE: Final = timedelta(hours=25)
FILED_AFTER: Final = timedelta(minutes=10)  # until then the last events may be in no file: the stream gathers for one
KEPT: Final = timedelta(days=40)  # in the bucket
Since = Annotated[
    datetime | None,
    typer.Option("--since", parser=day, metavar="DATE", help="Read files from this day on, if earlier."),
]


@app.command()
@on_target(looks=True)
def check(found: Target) -> None:
    """Say whether the sending is held, why, and what is missing before it may go on."""
    data = standing(found)
    rows = table("", "")
    for name, value in data.items():
        rows.add_row(*plain(name.replace("_", " "), "none" if value in (None, "") else str(value)))
    show("restore check", data, rows)
    hint(found.command(data["next"]))


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
def learn(found: Target, since: Since = None) -> None:
    """Have the mail events of the lost time read again, 48 hours at least: what went is known again."""
    from functions.shared import restore
    from functions.shared.store import permits
    from functions.shared.store.permits import Learning
    from local import replays
    from local.cli.quiet import drop_logs

    drop_logs()
    permit, now = permits.read(), found.now
    if permit.held_at is not None and now - permit.held_at < FILED_AFTER:
        at = permit.held_at + FILED_AFTER
        problem = f"the last mails may be in no file yet: at {at:%H:%M:%S} UTC they are"
        raise CliError(problem, found.command("restore learn"))
    restore.look(now)  # written down by whoever notices it first
    first = lost_since(permit, now, since)
    keys = list(replays.files(found, first))
    replays.read_again(found, keys)
    permits.note_learning(Learning(first, now, replays.put_by(keys, now), found.now))
    data = {"files": len(keys), "since": first, "until": now, "not_kept_before": not_kept(permit, now)}
    show("restore learn", data, f"{len(keys)} files of mail events since {first:%Y-%m-%d %H:%M} UTC are read again")
    if data["not_kept_before"]:
        say(
            f"Files of before {now - KEPT:%Y-%m-%d} are not kept: what went between {permit.at} and then stays unknown."
        )
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
        raise CliError(f"not yet: {data['missing']}", found.command(data["next"]))
    _agree(found, yes=yes)
    restore.lift(found.now)
    show("restore lift", {"held": ""}, "sending goes on")
    hint(found.command("doctor"))


def lost_since(permit: "Permit", now: datetime, asked: datetime | None = None) -> datetime:
    """From when on files of events are read again. Args: `asked` a day of UTC, where more is wanted."""
    since = min(now - AT_LEAST, asked.replace(tzinfo=UTC) if asked else now)
    if permit.at is not None:
        since = min(since, permit.at - BEFORE)
    return max(since, now - KEPT)


def not_kept(permit: "Permit", now: datetime) -> datetime | None:
    """Since when files are kept, where the table is older than that; else None."""
    return now - KEPT if permit.at is not None and permit.at < now - KEPT else None


def standing(found: Target) -> dict[str, Any]:
    """What `check` says."""
    from functions.shared import restore
    from functions.shared.store import permits
    from local import replays

    permit, outside = permits.read(), permits.marker()
    held = permit.held or restore.why_not(permit, outside)
    behind = outside is not None and outside.n > permit.meant
    needed = behind or permit.held == restore.RESTORED
    missing = replays.missing(found, permit.learning, needed=needed) if held else None
    return {
        "held": held,
        "held_since": permit.held_at,
        "table_knows_until": permit.at,
        "count_in_table": permit.meant,
        "count_in_bucket": outside.n if outside else None,
        "learnt_since": permit.learning.since if permit.learning else None,
        "learnt_at": permit.learning.listed_at if permit.learning else None,
        "missing": missing.what if missing else "",
        "next": missing.command if missing else "restore lift" if held else "doctor",
    }


def _agree(found: Target, *, yes: bool) -> None:
    if yes:
        return
    say("Payments, disputes and invoices of the lost time are not learnt: import the ledger and the bank first.")
    if not agreed("Let the sending go on?", found.command("restore lift --yes")):
        raise typer.Exit
