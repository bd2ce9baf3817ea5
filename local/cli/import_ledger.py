"""`pastdue import FILE`: a ledger is checked whole, then stored; with one mistake in it nothing is."""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import UTC, date, datetime, time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer

from local.cli.errors import CliError, Exit
from local.cli.known import find_entity, next_run
from local.cli.options import DEFAULT_STATE, AsJson, EntityId, StackName, State, day
from local.cli.output import finding_data, findings_table, hint, progress, say, show, table
from local.cli.propose import show_proposal
from local.cli.stored_ledger import DEFAULT_ENTITY, Stored, configure, note_dates, note_rates, policies, store
from local.cli.target import Target, target

if TYPE_CHECKING:
    from core.formats.book import Book
    from core.formats.errors import InputError
    from core.formats.examination import LedgerFile, Report
    from core.formats.notebook import Notebook
    from core.ledger import Entity

_TABLES: Final = frozenset({".csv", ".tsv", ".txt"})
_REMARKS_SHOWN: Final = 20


def import_ledger(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="a ledger: JSON lines, or CSV or XLSX with --mapping")],
    mapping: Annotated[
        Path | None, typer.Option("--mapping", metavar="FILE", help="How the columns of a CSV are named (YAML).")
    ] = None,
    entity: EntityId = None,
    as_of: Annotated[
        datetime | None,
        typer.Option(parser=day, metavar="DATE", help="Leave out what is dated later; a new local clock begins there."),
    ] = None,
    proposal: Annotated[
        bool, typer.Option("--propose", help="Propose a mapping for a table, and store nothing.")
    ] = False,
    skip_bad: Annotated[
        bool, typer.Option("--skip-bad", help="Leave bad lines out, and write them to a file.")
    ] = False,
    as_json: AsJson = False,  # noqa: ARG001 - remembered by its callback
    state: State = DEFAULT_STATE,
    stack: StackName = None,
) -> None:
    """Read a ledger file into the stack."""
    if not file.is_file():
        problem = f"{file} is a folder: name one file of it" if file.is_dir() else f"there is no file {file}"
        raise CliError(problem, "pastdue import --help")
    if proposal:
        show_proposal(file)
        return
    until = as_of.date() if as_of else None
    start = until or (None if stack else header_date(file))
    begin = datetime.combine(start, time(), UTC) if start else None
    with target(state, stack, create=True, start=begin) as found, _notebook() as notebook:
        from core.formats.examination import Examination
        from core.formats.fields import LATEST

        _set_clock(found, begin)
        ledger = replace(open_ledger(found, file, mapping, entity), policies=policies())
        last = until or LATEST
        with progress(f"checking {file.name}", _lines(file)) as advance:
            examination = Examination(_counted(ledger, advance), notebook)
            later = list[int]()  # of each customer, the lines that are dated after `last`
            report = examination.report(last, lambda book: later.append(_later(book, last)))
        again = found.command(f"import {file} --skip-bad{_as_given(mapping, entity, until)}")
        rejects = _refuse(ledger, report, file, again, skip_bad=skip_bad)
        _show_remarks(report.remarks)
        configure(found, report)
        with progress(f"storing {file.name}", report.counts.get("customer")) as advance:
            stored = store(found, examination.accounts(last), advance)
        note_dates(found, report, stored.entities, until)
        note_rates(found, report, stored.entities)
        _show(report, stored, rejects, sum(later))
        hint(_next(found))


def open_ledger(found: Target, file: Path, mapping: Path | None, entity: str | None) -> "LedgerFile":
    """The file in its format, for the entity that its documents belong to when they name none."""
    from core.formats.errors import InputError
    from core.formats.ledger_files import Form, recognise
    from core.formats.ledger_import import jsonl_ledger
    from functions.shared.store import config

    configuration = config.read()
    configured = configuration.entities
    default = find_entity(configuration, entity, found).id if entity else _only(configured, found, file)
    form = recognise(file, file.name)
    if isinstance(form, InputError) and mapping is None:
        if file.suffix.lower() in _TABLES:
            raise CliError(f"{file.name} cannot be read", "pastdue import --help", findings=[form])
        form = Form.JSONL  # its reader says what is wrong with it
    if form is Form.JSONL and mapping is None:
        return jsonl_ledger(file, default, frozenset(configured))
    return _table(found, file, mapping, default, frozenset(configured))


def _table(found: Target, file: Path, mapping: Path | None, default: str, configured: frozenset[str]) -> "LedgerFile":
    from core.formats.errors import InputError
    from core.formats.ledger_files import open_ledger as opened
    from core.formats.mapping import load_mapping

    if mapping is None:
        problem = f"{file.name} is not in JSON lines; as a table it needs --mapping, which says what each column is"
        raise CliError(problem, f"pastdue import {file} --propose", code=Exit.USAGE)
    if not mapping.is_file():
        raise CliError(f"there is no file {mapping}", f"pastdue import {file} --propose")
    loaded = load_mapping(mapping)
    if isinstance(loaded, list):
        again = f"pastdue import {file} --propose"
        raise CliError(f"{mapping.name} is no mapping", again, code=Exit.CONFIG_INVALID, findings=loaded)
    ledger = opened(file, loaded, default, configured)
    if isinstance(ledger, InputError):
        problem = f"{file.name} holds a mistake; nothing was stored"
        raise CliError(problem, found.command(f"import {file} --help"), findings=[ledger])
    return ledger


def _only(configured: "Mapping[str, Entity]", found: Target, file: Path) -> str:
    """The one entity there is. A file with documents that name none needs it; with several it must be said."""
    if len(configured) > 1 and not _names_entities(file):
        problem = f"there are {len(configured)} entities ({', '.join(sorted(configured))}): whose ledger is it?"
        raise CliError(problem, found.command(f"import {file} --entity {min(configured)}"))
    return next(iter(configured), DEFAULT_ENTITY)


def _names_entities(file: Path) -> bool:
    """Whether entity lines stand on top: then its documents name theirs."""
    from core.formats.jsonl import read_jsonl

    with file.open("rb") as stream:
        for row in read_jsonl(stream, file.name):
            kind = getattr(getattr(row, "record", None), "t", None)
            if kind != "header":
                return kind == "entity"
    return False


def header_date(file: Path) -> date | None:
    """The day whose state a native ledger says that it shows."""
    from core.formats.jsonl import Row, read_jsonl
    from core.formats.records import HeaderRecord

    if file.suffix.lower() in _TABLES:
        return None
    with file.open("rb") as stream:
        first = next(read_jsonl(stream, file.name), None)
    return first.record.as_of if isinstance(first, Row) and isinstance(first.record, HeaderRecord) else None


def _set_clock(found: Target, begin: datetime | None) -> None:
    """Begin the clock of a state in which no night was played on the ledger's own date."""
    if begin is None or found.engine is None or found.now <= begin:
        return
    from functions.shared.store import config, runs

    played = any(runs.date_before(entity, date.max) for entity in config.read().entities)
    if not played and not found.engine.outbox:
        found.engine.begin_at(begin)
        say(f"the clock begins on {begin:%Y-%m-%d}")


def _as_given(mapping: Path | None, entity: str | None, until: date | None) -> str:
    """The options of this call, for the next one."""
    given = (("--mapping", mapping), ("--entity", entity), ("--as-of", until))
    return "".join(f" {name} {value}" for name, value in given if value is not None)


def _refuse(ledger: "LedgerFile", report: "Report", file: Path, again: str, *, skip_bad: bool) -> Path | None:
    """Stop when there are mistakes; with `skip_bad`, where the lines that are left out were written.

    Args: `again` leaves them out, which helps only where the file could be read to its end.
    """
    if not report.errors:
        return None
    if not (skip_bad and report.complete):
        many = f"{len(report.errors):,} mistakes" if len(report.errors) > 1 else "a mistake"
        problem = f"{file.name} holds {many}; nothing was stored"
        raise CliError(problem, again if report.complete else "pastdue import --help", findings=report.errors)
    from core.formats.ledger_import import write_rejects

    path = file.with_name(file.name + ".rejects.jsonl")
    with path.open("w", encoding="utf-8") as out:
        count = write_rejects(ledger, report, out)
    say(findings_table(report.errors), f"{count:,} lines are left out; they are in {path}")
    return path


def _show_remarks(remarks: "tuple[InputError, ...]") -> None:
    if remarks:
        say(findings_table(remarks[:_REMARKS_SHOWN]))
    if len(remarks) > _REMARKS_SHOWN:
        say(f"and {len(remarks) - _REMARKS_SHOWN:,} remarks more; --json lists them all")


def _later(book: "Book", last: date) -> int:
    return sum(placed.known_on > last for placed in book.documents)


def _show(report: "Report", stored: Stored, rejects: Path | None, later: int) -> None:
    lines = table("", "number", right=["number"])
    for kind, count in report.counts.items():
        if kind not in ("header", "end"):
            lines.add_row(f"{kind.replace('_', ' ')} lines", f"{count:,}")
    if later:
        lines.add_row("of these dated later, and left out", f"{later:,}")
    for name, count in stored.counts().items():
        lines.add_row(_WORDS[name], f"{count:,}")
    data = {
        "file": report.file,
        "counts": dict(report.counts),
        "dated_later": later,
        "open_items": report.open_items,
        "stored": stored.counts(),
        "rejects": str(rejects) if rejects else None,
        "findings": [finding_data(found) for found in (*report.errors, *report.remarks)],
    }
    show("import", data, lines)


_WORDS: Final = {
    "accounts": "accounts in the file",
    "changed": "accounts changed",
    "opened": "invoices new",
    "restated": "invoices with another amount, date or text",
    "closed": "invoices closed",
    "reopened": "invoices open again",
}


def _next(found: Target) -> str:
    from functions.shared.store import config

    configuration = config.read()
    waiting = [key for key, entity in configuration.entities.items() if not entity.live]
    if waiting:
        return found.command(f"go-live {waiting[0]}")
    return next_run(configuration, found)


def _notebook() -> "Notebook":
    from core.formats.notebook import Notebook

    return Notebook()


def _lines(file: Path) -> int:
    with file.open("rb") as stream:
        return sum(block.count(b"\n") for block in iter(lambda: stream.read(1 << 20), b""))


def _counted(ledger: "LedgerFile", advance: Any) -> "LedgerFile":
    """The ledger, telling of each line that is read."""

    def rows() -> Iterator[Any]:
        for row in ledger.rows():
            advance()
            yield row

    return replace(ledger, rows=rows)
