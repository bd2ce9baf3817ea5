"""`pastdue demo`: a believable company lives ninety days on this machine, in under a minute."""

import shutil
import sys
import time
import webbrowser
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

import typer
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from local.cli.cost import Count, counted
from local.cli.errors import CliError, Exit
from local.cli.options import AsJson, day
from local.cli.output import console, hint, plain, say, show, table
from local.cli.target import target

if TYPE_CHECKING:
    from local.demo.story import Day

OUT: Final = Path("pastdue-demo")
_DAYS: Final = 90
_FAST: Final = 14
_OWN: Final = ("engine.jsonl", "parameters.json")  # a folder without them is somebody else's


def demo(
    days: Annotated[int, typer.Option("--days", min=1, max=365, metavar="N", help="Live so many days.")] = _DAYS,
    fast: Annotated[bool, typer.Option("--fast", help=f"Live {_FAST} days.")] = False,
    out: Annotated[Path, typer.Option("--out", metavar="DIR", help="Folder for state, mails and pages.")] = OUT,
    seed: Annotated[int | None, typer.Option("--seed", metavar="N", help="Another company.")] = None,
    start: Annotated[datetime | None, typer.Option("--start", parser=day, metavar="DATE")] = None,
    open_: Annotated[bool, typer.Option("--open", help="Open the gallery in a browser.")] = False,
    count_: Count = False,
    as_json: AsJson = False,  # noqa: ARG001 - remembered by its callback
) -> None:
    """Let a company of forty customers live ninety days, and tell what happens."""
    from local.demo import company, summary
    from local.demo.story import DOMAIN, begin, live

    began = time.monotonic()
    count = _FAST if fast else days
    first = start.date() if start else company.START
    _clear(out)
    parameters = {"SenderDomain": DOMAIN}
    with (
        Progress(
            TextColumn("[bold]{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn(),
            console=console(sys.stderr), transient=True, disable=not sys.stderr.isatty(),
        ) as bar,
        target(out, create=True, start=begin(first), parameters=parameters) as found,
    ):  # fmt: skip
        task = bar.add_task("nights", total=count)
        _configure(out)
        assert found.engine is not None
        with counted(found.engine, out, count, wanted=count_):
            lived = live(
                found, out, start=first, days=count, seed=company.SEED if seed is None else seed,
                tell=lambda line: bar.console.print(line, markup=False), advance=lambda: bar.advance(task),
            )  # fmt: skip
        paths = summary.write_all(lived, found.engine.outbox, out)
        from local import state_parameters

        state_parameters.write(out, parameters)
    _show(lived, paths, time.monotonic() - began)
    _try_next(out)
    if open_:
        webbrowser.open(paths["gallery"].resolve().as_uri())
    if errors := [error for day in lived for error in day.errors]:
        say(*(f"{error}\n" for error in errors[:5]))
        raise typer.Exit(int(Exit.PARTLY_SENT))


def _clear(out: Path) -> None:
    """Remove what an earlier demo left; a folder that holds anything else is not touched."""
    if not out.exists():
        return
    if out.is_dir() and any((out / name).exists() for name in _OWN):
        shutil.rmtree(out)
    elif not out.is_dir() or any(out.iterdir()):
        raise CliError(f"{out} exists and is no folder of a demo", "pastdue demo --out ANOTHER")


def _configure(out: Path) -> None:
    """Apply the company's own folder of configuration, and go live."""
    from functions.shared.store import config
    from local.cli.config import read_checked
    from local.demo.company import CONFIG

    shutil.copytree(CONFIG, out / "config", dirs_exist_ok=True)
    wanted = read_checked(out / "config").wanted
    for policy in wanted.policies.values():
        config.put_policy(policy, was=0)
    for person in wanted.people.values():
        config.put_person(person, was=0)
    for entity in wanted.entities.values():
        config.put_entity(entity.model_copy(update={"live": True}), was=0)


def _show(lived: "list[Day]", paths: dict[str, Path], seconds: float) -> None:
    from local.demo import summary

    places = table("", "where")
    for what, path in paths.items():
        places.add_row(*plain(what, str(path)))
    data = {
        "days": [summary.as_data(day) for day in lived],
        "paths": {what: str(path) for what, path in paths.items()},
        "mails": sum(len(day.sent) for day in lived),
        "seconds": round(seconds, 1),
    }
    spent = f"{len(lived)} days in {seconds:.0f} seconds"
    show("demo", data, "", summary.by_week(lived), "", places, "", spent)


def _try_next(out: Path) -> None:
    from local.demo import company
    from local.demo.customers import CUSTOMERS, Habit

    silent = next(customer.id for customer in CUSTOMERS if customer.habit is Habit.SILENT)
    number = next(r["number"] for r in company.ledger() if r["t"] == "invoice" and r["customer"] == silent)
    for command in (f"why {number}", "tasks", "outbox", "doctor"):
        hint(f"pastdue {command} --state {out}")
