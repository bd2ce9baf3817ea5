"""`pastdue template`: a company's own words for its messages, checked and saved without a deployment."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from local.cli.asking import agreed
from local.cli.commands import on_target
from local.cli.errors import CliError, Exit
from local.cli.options import DEFAULT_STATE, AsJson, StackName, State, Yes
from local.cli.output import findings_table, hint, plain, say, show, table
from local.cli.target import Target, target

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from functions.shared.store.config import Configuration
    from local.own_words.folder import Draft

app = typer.Typer(no_args_is_help=True, help="Your own words for messages: sentences, or whole templates.")

Folder = Annotated[
    Path, typer.Argument(metavar="FOLDER", help="warning.de/ with subject.txt, body.txt, body.html, sentences.yaml")
]
Message = Annotated[str, typer.Argument(metavar="MESSAGE", help="such as warning; `all` for every message")]
Language = Annotated[str, typer.Option("--lang", metavar="LANGUAGE", help="Such as de; `all` for every language.")]
Entity = Annotated[str | None, typer.Option("--entity", metavar="ID", help="For one legal entity only.")]


@app.command("check")
def check(folder: Folder, as_json: AsJson = False) -> None:  # noqa: ARG001 - remembered by its callback
    """Check own words: what they may not say, what they leave out, how they come out with sample messages."""
    drafts = checked(folder, None)
    show("template check", {"checked": [_name(draft) for draft in drafts]}, f"{_many(drafts)} checked, nothing wrong")
    hint(f"pastdue preview --words {folder}")


@app.command("save")
@on_target()
def save(found: Target, folder: Folder, yes: Yes = False) -> None:
    """Check own words and let them hold from the next message on. Earlier versions are kept."""
    from functions.shared.store import config

    current = config.read()
    drafts = [draft for draft in checked(folder, current.entities) if _is_new(draft, current)]
    if drafts and not _agreed(drafts, found, folder, yes=yes):
        return
    told = save_drafts(drafts, current, found.command(f"template save {folder}"))
    show("template save", {"saved": told}, "\n".join(told) or "nothing to change")
    hint(found.command("template list"))


@app.command("list")
@on_target(looks=True)
def list_words(found: Target) -> None:
    """List the own words that hold."""
    from functions.shared.store import config, own_words

    rows, data = table("message", "language", "entity", "version", "what", right=["version"]), []
    for place, version in sorted(config.read().words.items()):
        text = own_words.read(place, version)
        what = [part for part in ("subject", "text", "html") if getattr(text, part)]
        what += [f"{len(text.sentences)} sentences"] if text.sentences else []
        entity, kind, language = (_shown(part) for part in place)
        rows.add_row(*plain(kind, language, entity, str(version), ", ".join(what)))
        data.append({"message": kind, "language": language, "entity": entity, "version": version, "what": what})
    show("template list", {"words": data}, rows if data else "every message speaks our words")
    hint(found.command("template save FOLDER"))


@app.command("show")
def show_words(
    message: Message,
    lang: Language = "all",
    entity: Entity = None,
    part: Annotated[str, typer.Option("--part", help="subject, text or html.")] = "text",
    shipped: Annotated[bool, typer.Option("--shipped", help="Our own template, to begin from.")] = False,
    state: State = DEFAULT_STATE,
    stack: StackName = None,
) -> None:
    """Print a template: yours where there is one, else ours, as a beginning."""
    from core.own.text import PARTS

    again = f"template show {message} --lang {lang}"
    if part not in PARTS:
        raise CliError(f"a message has no part {part!r}: {', '.join(PARTS)}", f"pastdue {again} --part text")
    source = None
    if not shipped:
        with target(state, stack, looks=True):
            from functions.shared.store import config, own_words

            text = own_words.for_message(config.read(), entity or "*", message, "*" if lang == "all" else lang)
            source = getattr(text, part) if text else None
    typer.echo(source if source is not None else _shipped(message, part, again), nl=False)


@app.command("fields")
def fields(message: Message, as_json: AsJson = False) -> None:  # noqa: ARG001
    """List the values that a message's template may print, with an example of each."""
    from local.preview.samples import models

    _known(message, "template fields warning")
    sample = models(message, "en")[0]
    named = {name: getattr(sample, name) for name in sample.__dataclass_fields__}
    rows = table("value", "such as")
    for name, value in named.items():
        rows.add_row(*plain(name, _example(value)))
    show("template fields", {"message": message, "fields": {name: _example(one) for name, one in named.items()}}, rows)
    hint(f"pastdue template show {message} --part text --shipped")


@app.command("sentences")
def list_sentences(
    message: Annotated[str, typer.Argument(metavar="[MESSAGE]", help="those of one message")] = "all",
    as_json: AsJson = False,  # noqa: ARG001
) -> None:
    """List our sentences, the ones that `sentences.yaml` may replace."""
    from local.translations import sentences

    if message != "all":
        _known(message, "template sentences")
    folders = {message, "shared"}
    said = [one for one in sentences().values() if message == "all" or one.path.parent.name in folders]
    lines = [one.singular for one in said]
    show("template sentences", {"sentences": lines}, "\n".join(lines))
    hint("pastdue template check FOLDER")


@app.command("texts")
def texts(
    lang: Annotated[str, typer.Option("--lang", metavar="LANGUAGE", help="Such as de.")] = "en",
    as_json: AsJson = False,  # noqa: ARG001
) -> None:
    """Print the templates that WhatsApp wants registered before it sends them: name, then words with numbered gaps."""
    from core.render.formats import LANGUAGES
    from core.render.texts import registered

    if lang not in LANGUAGES:
        raise CliError(f"there are no texts in {lang!r}: {', '.join(LANGUAGES)}", "pastdue template texts --lang en")
    found = registered(lang)
    told = "\n\n".join(f"{name}\n{words}" for name, words in found.items())
    show("template texts", {"language": lang, "templates": found}, told)


@app.command("remove")
def remove(
    message: Message,
    lang: Language,
    entity: Entity = None,
    as_json: AsJson = False,  # noqa: ARG001 - remembered by its callback
    state: State = DEFAULT_STATE,
    stack: StackName = None,
) -> None:
    """Let our words hold again; what was saved is kept."""
    place = (entity or "*", _stored(message), _stored(lang))
    with target(state, stack) as found:
        from functions.shared.store import config, own_words

        current = config.read()
        if place not in current.words:
            raise CliError(f"there are no own words for {message} in {lang}", found.command("template list"))
        if not own_words.remove(place, was=current.words[place]):
            raise CliError("somebody else changed the same words meanwhile", found.command("template list"))
        show("template remove", {"removed": list(place)}, f"{message} in {lang} speaks our words again")
        hint(found.command("template list"))


def own_drafts(folder: Path, current: "Configuration", entities: "Collection[str]") -> "Sequence[Draft]":
    """The own words of a folder of configuration that are not saved yet; raises CliError with every mistake."""
    if not folder.is_dir():
        return ()
    return [draft for draft in checked(folder, entities) if _is_new(draft, current)]


def save_drafts(drafts: "Sequence[Draft]", current: "Configuration", again: str) -> list[str]:
    """Let own words hold; returns a line for each. Raises CliError when somebody else saved the same meanwhile."""
    from functions.shared.store import own_words

    told = []
    for draft in drafts:
        saved = own_words.put(draft.text, was=_seen(current, draft.text.place))
        if saved is None:
            raise CliError("somebody else saved the same words meanwhile", again)
        told.append(f"{_name(draft)}: version {saved.version}")
    return told


def checked(folder: Path, entities: "Collection[str] | None") -> "Sequence[Draft]":
    """The own words of a folder; raises CliError with every mistake."""
    from core.formats.errors import Severity
    from local.own_words.checks import faults_of
    from local.own_words.folder import read_drafts

    read = read_drafts(folder, _kinds(), entities)
    drafts, found = read.drafts, (*read.errors, *faults_of(read.drafts))
    wrong = [fault for fault in found if fault.severity is Severity.ERROR]
    if wrong:
        problem = f"{folder} holds words that cannot be used; nothing was changed"
        again = f"pastdue template check {folder}"
        raise CliError(problem, again, code=Exit.CONFIG_INVALID, findings=wrong, coded=True)
    if found:
        say(findings_table(found, coded=True))
    return drafts


def _kinds() -> list[str]:
    """The messages to customers."""
    from core.render.messages import INTERNAL, MailKind

    return [kind.value for kind in MailKind if kind not in INTERNAL]


def _known(message: str, again: str) -> None:
    from core.formats.errors import did_you_mean

    if message not in _kinds():
        meant = did_you_mean(message, _kinds())
        raise CliError(f"there is no message {message!r}" + (f"; {meant}" if meant else ""), f"pastdue {again}")


def _shipped(message: str, part: str, again: str) -> str:
    from local.compile_templates import TEMPLATES, message_sources

    _known(message, again)
    file = {"subject": "subject.txt", "text": "body.txt", "html": "body.html"}[part]
    return next(source for name, source in message_sources(TEMPLATES / "mail") if name == f"{message}/{file}")


def _is_new(draft: "Draft", current: "Configuration") -> bool:
    from functions.shared.store import own_words

    version = current.words.get(draft.text.place)
    if version is None:
        return True
    there = own_words.read(draft.text.place, version)
    return there != draft.text.model_copy(update={"version": version})


def _seen(current: "Configuration", place: tuple[str, str, str]) -> int:
    from functions.shared.store import keys

    return current.versions.get(keys.own_words(*place).sk, 0)


def _agreed(drafts: "Sequence[Draft]", found: Target, folder: Path, *, yes: bool) -> bool:
    if yes:
        return True
    say("this would hold from the next message on:", *(f"  {_name(draft)}" for draft in drafts))
    return agreed("Save?", found.command(f"template save {folder} --yes"))


def _name(draft: "Draft") -> str:
    return draft.folder


def _many(drafts: "Sequence[Draft]") -> str:
    return f"{len(drafts)} messages" if len(drafts) != 1 else "1 message"


def _shown(part: str) -> str:
    return "all" if part == "*" else part


def _stored(part: str) -> str:
    return "*" if part == "all" else part


def _example(value: object) -> str:
    text = str(value)
    return text if len(text) <= 80 else f"{text[:79]}…"
