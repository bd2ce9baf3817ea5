"""What a command prints: data on stdout, as a table or as JSON; progress, hints and errors on stderr."""

import json
import os
import re
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import date, datetime
from typing import IO, Any, Final, TextIO

from rich.console import Console, ConsoleOptions, RenderableType
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.segment import Segment
from rich.table import Table
from rich.text import Text

from core.formats.errors import InputError
from local.cli.errors import CliError

FORMAT_VERSION: Final = "1.0"  # of everything that --json prints; a minor version only adds
_PIPED_WIDTH: Final = 200  # a pipe has no width: wide enough that no cell is cut
_MOVES: Final = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069]")
_SHOWN: Final = 50  # findings shown to a person; JSON has them all

_AS_JSON: ContextVar[bool] = ContextVar("as_json", default=False)


def choose_json(chosen: bool) -> bool:  # Typer hands it over by position
    """Remember, for the errors of this command too, whether JSON was asked for."""
    _AS_JSON.set(chosen)
    return chosen


class _Console(Console):
    """One whose reader may leave early: a command ends as it would have, so that what it did is kept.

    No text moves its cursor, turns its writing round or changes its window: names of files, and what payers wrote, are
    shown too.
    """

    def on_broken_pipe(self) -> None:
        _nobody_reads(self.file)

    def render(self, renderable: RenderableType, options: ConsoleOptions | None = None) -> Iterable[Segment]:
        for part in super().render(renderable, options):
            harmless = part.control is not None or _MOVES.search(part.text) is None
            yield part if harmless else Segment(_MOVES.sub("\N{REPLACEMENT CHARACTER}", part.text), part.style)


def console(stream: TextIO) -> Console:
    """A console on the stream as it is now; rich itself obeys NO_COLOR."""
    width = None if stream.isatty() else _PIPED_WIDTH
    return _Console(file=stream, width=width, highlight=False, soft_wrap=False, emoji=False)


def say(*what: RenderableType) -> None:
    """Tell a person something that is not the data."""
    err = console(sys.stderr)
    for part in what:
        err.print(part, soft_wrap=isinstance(part, str | Text), markup=False)  # a terminal wraps lines, a pipe need not


def hint(text: str) -> None:
    """The next command to try."""
    say(Text.assemble(("next: ", "dim"), (text, "cyan")))


def show(command: str, data: Mapping[str, Any], *readable: RenderableType) -> None:
    """Print the data of a command: as JSON when asked for, else as a person reads it."""
    if _AS_JSON.get():
        _print_json({"format_version": FORMAT_VERSION, "command": command, **data})
    else:
        out = console(sys.stdout)
        for part in readable:
            out.print(part, soft_wrap=isinstance(part, str | Text), markup=False)


def show_error(error: CliError) -> None:
    """Say what is wrong and what to try; in JSON on stdout as well, for programs."""
    if _AS_JSON.get():
        findings = [finding_data(found) for found in error.findings]
        body = {"problem": error.problem, "next": error.next_command, "exit_code": int(error.code)}
        _print_json({"format_version": FORMAT_VERSION, "error": {**body, "findings": findings}})
    say(Text.assemble(("error: ", "bold red"), error.problem))
    if error.findings:
        say(findings_table(error.findings, coded=error.coded))
    hint(error.next_command)


def finding_data(found: InputError) -> dict[str, Any]:
    """A finding as JSON."""
    return {
        "code": found.code.value,
        "severity": found.severity.value,
        "file": found.file,
        "line": found.line,
        "column": found.column,
        "field": found.field,
        "found": found.found,
        "allowed": found.allowed,
        "problem": found.problem,
        "hint": found.hint,
    }


def findings_table(findings: Sequence[InputError], *, coded: bool = False) -> RenderableType:
    """Findings by place, `coded` with severity and code; what does not fit is counted."""
    listed = table("where", *(["finding"] if coded else []), "field", "problem", "allowed")
    for found in findings[:_SHOWN]:
        where = found.file + "".join(f":{part}" for part in (found.line, found.column) if part)
        problem = found.problem + (f"; {found.hint}" if found.hint else "")
        kind = [f"{found.severity.value} {found.code.value}"] if coded else []
        listed.add_row(*plain(where, *kind, found.field or "", problem, found.allowed or ""))
    if len(findings) > _SHOWN:
        listed.caption = f"and {len(findings) - _SHOWN:,} more; --json lists them all"
    return listed


def table(*columns: str, right: Iterable[str] = ()) -> Table:
    """An empty table; columns named in `right` hold figures."""
    made = Table(box=None, pad_edge=False, header_style="bold")
    for column in columns:
        if column in set(right):
            made.add_column(column, justify="right", no_wrap=True)
        else:
            made.add_column(column, overflow="fold")
    return made


def counted(many: int, one: str) -> str:
    """So many of it, in words: `1 message`, `1,200 messages`."""
    return f"{many:,} {one}{'' if many == 1 else 's'}"


def plain(*cells: str) -> list[Text]:
    """Cells that hold text from outside: square brackets in them are no mark-up."""
    return [Text(cell) for cell in cells]


@contextmanager
def progress(label: str, total: int | None) -> Iterator[Any]:
    """A bar on stderr while something long goes on; yields a function that is told how many steps more are done."""
    bar = Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        console=console(sys.stderr),
        transient=True,
        disable=not sys.stderr.isatty(),
    )
    with bar:
        task = bar.add_task(label, total=total)
        yield lambda steps=1: bar.advance(task, steps)


def _print_json(body: Mapping[str, Any]) -> None:
    text = json.dumps(body, ensure_ascii=False, indent=2, default=_plain_value)
    try:
        print(text, flush=True)
    except BrokenPipeError:
        _nobody_reads(sys.stdout)


def _nobody_reads(stream: IO[str]) -> None:
    """What else is printed there goes nowhere."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, stream.fileno())
    os.close(nowhere)


def _plain_value(value: Any) -> Any:
    if isinstance(value, datetime | date):
        return value.isoformat()
    if isinstance(value, set | frozenset | tuple):
        return sorted(value)
    raise TypeError(f"no JSON for {type(value).__name__}")
