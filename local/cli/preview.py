"""`pastdue preview`: every message in every language, light and dark, on a phone and a desktop, as pages to look at."""

import webbrowser
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

import typer

from core.formats.errors import did_you_mean, listing
from core.own.text import EVERY
from core.render.formats import LANGUAGES
from core.render.messages import MailKind
from local.cli.errors import CliError, Exit
from local.cli.options import DEFAULT_STATE, AsJson, StackName, State
from local.cli.output import counted, hint, say, show
from local.cli.target import target

if TYPE_CHECKING:
    from core.ledger import Entity, Person
    from core.own.text import OwnText
    from local.preview.cast import Casting
    from local.preview.gallery import Paper

OUT: Final = Path("pastdue-preview")
_PPI: Final = 72  # of a page of a letter


def preview(
    message: Annotated[
        list[str] | None, typer.Option("--message", metavar="KIND", help="This message, in every scene; repeatable.")
    ] = None,
    lang: Annotated[
        list[str] | None, typer.Option("--lang", metavar="CODE", help="In this language; repeatable.")
    ] = None,
    entity: Annotated[
        str | None, typer.Option("--entity", metavar="ID", help="As this legal entity of yours writes.")
    ] = None,
    data: Annotated[
        Path | None,
        typer.Option("--data", metavar="FILE", exists=True, dir_okay=False, help="About the invoices of this ledger."),
    ] = None,
    words: Annotated[
        Path | None,
        typer.Option("--words", metavar="FOLDER", exists=True, file_okay=False, help="With the own words of a folder."),
    ] = None,
    out: Annotated[Path, typer.Option("--out", metavar="DIR", help="Folder for the pages.")] = OUT,
    open_: Annotated[bool, typer.Option("--open", help="Open them in a browser.")] = False,
    as_json: AsJson = False,  # noqa: ARG001 - remembered by its callback
    state: State = DEFAULT_STATE,
    stack: StackName = None,
) -> None:
    """Show every message, with invented customers or with your own. Nothing is sent, and nothing is loaded."""
    from local.preview.gallery import Wanted, write_preview

    kinds = tuple(MailKind(_known(kind, [each.value for each in MailKind], "message")) for kind in message or MailKind)
    languages = tuple(_known(code, LANGUAGES, "language") for code in lang or LANGUAGES)
    casting = _casting(entity, data, state, stack)
    wanted = Wanted(
        tuple(dict.fromkeys(kinds)),
        tuple(dict.fromkeys(languages)),
        scenes=bool(message or lang),
        words=_own_words(words) if words else (),
        entity=entity or EVERY,
    )
    _may_write(out)
    sheets = write_preview(wanted, out, casting=casting, paper=_paper())
    count = len(list((out / "mails").iterdir()))
    found = {"sheets": [str(sheet) for sheet in sheets], "messages": count}
    show("preview", found, f"{counted(count, 'message')} in {counted(len(languages), 'language')}: {sheets[0]}")
    if open_:
        webbrowser.open(sheets[0].resolve().as_uri())
    elif not message:
        hint("pastdue preview --message reminder --lang en --open")


def _known(value: str, known: "list[str] | tuple[str, ...]", what: str) -> str:
    if value in known:
        return value
    near = did_you_mean(value, known)
    problem = f"there is no {what} {value!r}" + (f"; {near}" if near else f" ({listing(known)})")
    raise CliError(problem, "pastdue preview", code=Exit.USAGE)


def _own_words(folder: Path) -> "tuple[OwnText, ...]":
    """The words of a folder, checked as `template check` does."""
    from local.cli.template import checked

    return tuple(draft.text for draft in checked(folder, None))


def _casting(entity: str | None, data: Path | None, state: Path, stack: str | None) -> "Casting | None":
    """Whose messages are shown; None for the invented company."""
    if data is None and entity is None:
        return None
    from local.preview.cast import cast_as
    from local.preview.ledger import cast_of, read_ledger

    read = read_ledger(data) if data else None
    if read and read.faults:
        raise CliError(f"{data} has mistakes", f"pastdue import {data}", findings=read.faults)
    ours, people = None, list["Person"]()
    if entity:
        in_file = read.entities.get(entity) if read else None
        ours, people = (in_file, read.people if read else []) if in_file else _configured(entity, state, stack)
    if read is None:
        assert ours is not None
        return cast_as(ours, people)
    played = cast_of(read, date.today(), ours, people)
    if played is None:
        raise CliError(f"{data} holds no invoice to write about", "pastdue preview")
    return lambda _kind, _language: played


def _configured(entity: str, state: Path, stack: str | None) -> "tuple[Entity, list[Person]]":
    with target(state, stack, looks=True) as found:
        from functions.shared.store import config

        known = config.read()
        if entity not in known.entities:
            near = did_you_mean(entity, known.entities)
            problem = f"there is no entity {entity!r}" + (f"; {near}" if near else f" ({listing(known.entities)})")
            raise CliError(problem, found.command("config apply FOLDER"), code=Exit.USAGE)
        return known.entities[entity], list(known.people.values())


def _may_write(out: Path) -> None:
    """A folder that holds anything but an earlier preview is not touched."""
    if out.exists() and (not out.is_dir() or (any(out.iterdir()) and not (out / "shown").is_dir())):
        raise CliError(f"{out} exists and is no folder of a preview", "pastdue preview --out ANOTHER")


def _paper() -> "Paper | None":
    """What makes letters; None where the fonts for them are not installed."""
    try:
        from core.render.paper import letter_png
    except ImportError:
        say("letters are left out: install the extra `local`")
        return None
    return lambda letter: letter_png(dict(letter), ppi=_PPI)
