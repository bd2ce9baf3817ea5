"""The sentences of the templates and their translations, one catalogue a language in `templates/locales`.

`python -m local.translations update` gives every new sentence an empty entry and drops what nobody says any more;
`check` tells what is missing or does not fit, one line each: file, line, what.
"""

import re
import sys
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from gettext import c2py
from io import BytesIO
from pathlib import Path
from typing import Final

from babel.messages.catalog import Catalog, Message
from babel.messages.extract import extract
from babel.messages.pofile import read_po, write_po
from jinja2 import TemplateSyntaxError

from core.render.formats import LANGUAGES

TEMPLATES: Final = Path(__file__).parents[1] / "templates"
_SPOKEN: Final = frozenset({".jinja", ".j2", ".txt", ".mjml", ".html"})
_NO_SOURCES: Final = frozenset({"compiled", "locales"})
_EXTRACT: Final = {"trimmed": "true", "silent": "false", "newstyle_gettext": "true"}
_VALUE: Final = re.compile(r"%\((\w+)\)s")
_STRAY: Final = re.compile(r"%(?!\(\w+\)s|%)")
_FIRST_STEP: Final = re.compile(r"\[=.*?=\]")  # what the build fills in, in the midst of what is filled in later
_NUMBERS: Final = frozenset({"count", "days"})  # what plural forms go by
_WIDTH: Final = 110
_NOWHERE: Final = "%"  # no sentence: a fault that no reader sees
_NO_ADDRESS: Final = b'"Report-Msgid-Bugs-To:'  # Babel's example address; nobody is there


@dataclass(frozen=True, slots=True, order=True)
class Sentence:
    """One thing that a template says, and where it says it first."""

    path: Path
    line: int
    singular: str
    plural: str | None


@dataclass(frozen=True, slots=True, order=True)
class Fault:
    """Something that is missing in a catalogue, or does not fit."""

    path: Path
    line: int
    language: str
    text: str
    sentence: str = ""  # the English one; "" where the fault is about the whole catalogue

    def __str__(self) -> str:
        return f"{self.path}:{self.line}  {self.language}: {self.text}"


def sentences(source: Path = TEMPLATES) -> dict[str, Sentence]:
    """Every sentence of the templates by its English singular.

    Raises: ValueError naming the template that cannot be read, or says another plural of the same sentence.
    """
    found: dict[str, Sentence] = {}
    for path in _files(source):
        for line, texts in _said(path):
            plural = texts[1] if len(texts) > 1 else None
            known = found.setdefault(texts[0], Sentence(path, line, texts[0], plural))
            if known.plural is None and plural is not None:
                found[texts[0]] = Sentence(known.path, known.line, texts[0], plural)
            elif plural is not None and plural != known.plural:
                raise ValueError(f"{path}:{line}  {texts[0]!r} has another plural in {known.path}:{known.line}")
    return found


def incomplete(source: Path = TEMPLATES, wanted: Sequence[str] = LANGUAGES) -> dict[str, frozenset[str]]:
    """By language, the messages in which a sentence is missing or wrong; a fault in a shared part is in all of them."""
    said = {folder.name: _said_in(folder) for folder in sorted((source / "mail").iterdir()) if folder.is_dir()}
    shared = said.pop("shared", frozenset())
    found: dict[str, set[str]] = {}
    for fault in faults(source, wanted):
        holes = {kind for kind, own in said.items() if not fault.sentence or fault.sentence in own | shared}
        found.setdefault(fault.language, set()).update(holes)
    return {language: frozenset(kinds) for language, kinds in found.items()}


def languages(source: Path = TEMPLATES) -> tuple[str, ...]:
    """The languages that have a catalogue."""
    return tuple(sorted(path.parents[1].name for path in (source / "locales").glob("*/LC_MESSAGES/messages.po")))


def catalog_path(language: str, source: Path = TEMPLATES) -> Path:
    """Where the translations of a language are."""
    return source / "locales" / language / "LC_MESSAGES" / "messages.po"


def faults(source: Path = TEMPLATES, wanted: Sequence[str] = LANGUAGES) -> list[Fault]:
    """All that keeps a customer from reading a whole message; empty when each sentence is there in each language."""
    said = sentences(source)
    present = languages(source)
    found = [
        Fault(catalog_path(language, source), 1, language, "there is no catalogue")
        for language in wanted
        if language not in present and language != "en"  # English is the language of the templates
    ]
    for language in present:
        found += _catalog_faults(language, said, source)
        if language not in wanted:
            text = "core.render.formats.LANGUAGES does not name it: no customer gets it"
            found.append(Fault(catalog_path(language, source), 1, language, text))
    return sorted(found)


def update(source: Path = TEMPLATES) -> dict[str, tuple[int, int]]:
    """Bring each catalogue up to the templates; returns by language what was added and what was dropped."""
    said = sentences(source)
    changed: dict[str, tuple[int, int]] = {}
    for language in languages(source):
        catalog = read_catalog(language, source)
        old = {_singular(message) for message in catalog if message.id}
        write_catalog(_brought_up(catalog, said), language, source)
        changed[language] = len(said.keys() - old), len(old - said.keys())
    return changed


def read_catalog(language: str, source: Path = TEMPLATES) -> Catalog:
    """The translations of a language; raises babel.messages.pofile.PoFileError for a file that is none."""
    with catalog_path(language, source).open("rb") as file:
        return read_po(file, locale=language, abort_invalid=True)


def write_catalog(catalog: Catalog, language: str, source: Path = TEMPLATES) -> None:
    """Write it so that the same words are always the same file."""
    written = BytesIO()
    write_po(written, catalog, width=_WIDTH, no_location=True, sort_output=True, ignore_obsolete=True)
    lines = written.getvalue().rstrip(b"\n").split(b"\n")
    path = catalog_path(language, source)
    fresh = path.with_suffix(".new")
    fresh.write_bytes(b"".join(line + b"\n" for line in lines if not line.startswith(_NO_ADDRESS)))
    fresh.replace(path)


def _files(source: Path) -> Iterator[Path]:
    for path in sorted(source.rglob("*")):
        if path.suffix in _SPOKEN and path.relative_to(source).parts[0] not in _NO_SOURCES:
            yield path


def _said_in(folder: Path) -> frozenset[str]:
    return frozenset(texts[0] for path in _files(folder) for _, texts in _said(path))


def _said(path: Path) -> Iterator[tuple[int, tuple[str, ...]]]:
    source = _FIRST_STEP.sub("x", path.read_text(encoding="utf-8"))
    try:
        found = list(extract("jinja2.ext:babel_extract", BytesIO(source.encode()), options=dict(_EXTRACT)))
    except TemplateSyntaxError as error:
        raise ValueError(f"{path}:{error.lineno}  {error}") from error
    for line, message, _, _ in found:
        yield line, (message,) if isinstance(message, str) else tuple(text for text in message if text)


def _brought_up(catalog: Catalog, said: dict[str, Sentence]) -> Catalog:
    """The same catalogue with exactly these sentences; one that was translated keeps its words."""
    fresh = Catalog(
        locale=catalog.locale, header_comment=catalog.header_comment, project="pastdue", version="0.1", fuzzy=False
    )
    fresh.mime_headers = catalog.mime_headers
    for sentence in said.values():
        ids = (sentence.singular, sentence.plural) if sentence.plural else sentence.singular
        known = catalog.get(sentence.singular)
        same = known is not None and known.id == ids
        flags = {"python-format"} if "%(" in sentence.singular else set()
        comments = known.user_comments if known is not None else []
        fresh.add(ids, known.string if known is not None and same else None, flags=flags, user_comments=comments)
    return fresh


def _catalog_faults(language: str, said: dict[str, Sentence], source: Path) -> Iterator[Fault]:
    path = catalog_path(language, source)
    catalog = read_catalog(language, source)
    known = {_singular(message): message for message in catalog if message.id}
    single = _single_forms(catalog)
    for singular, sentence in said.items():
        if singular not in known:
            text = f"{singular!r} is missing in the catalogue"
            yield Fault(sentence.path, sentence.line, language, text, singular)
    for singular, message in known.items():
        texts = [f"{singular!r} is said by no template"] if singular not in said else []
        texts += _message_faults(message, said.get(singular), single)
        for text in texts:
            yield Fault(path, message.lineno or 1, language, text, singular)
    if catalog.obsolete:
        yield Fault(path, 1, language, f"{len(catalog.obsolete)} obsolete entries", _NOWHERE)


def _message_faults(message: Message, sentence: Sentence | None, single: tuple[bool, ...]) -> Iterator[str]:
    singular, words = _singular(message), _texts(message.string)
    wanted = len(single) if sentence and sentence.plural else 1
    if message.fuzzy:
        yield f"{singular!r} is fuzzy: somebody has to look at it"
    if not all(words):
        yield f"{singular!r} is not translated"
        return
    if sentence and len(words) != wanted:
        yield f"{singular!r} has {len(words)} forms, not {wanted}"
    for said, worded in zip(words, single, strict=False):
        yield from _word_faults(_texts(message.id), said, worded=worded)


def _word_faults(ids: tuple[str, ...], said: str, *, worded: bool) -> Iterator[str]:
    values = {name for text in ids for name in _VALUE.findall(text)}
    unknown = sorted(set(_VALUE.findall(said)) - values)
    lost = sorted(_needed(ids) - set(_VALUE.findall(said)) - (_NUMBERS if worded else frozenset()))
    if unknown:
        yield f"{said!r} has a value that the sentence has not: {', '.join(unknown)}"
    if lost:
        yield f"{said!r} leaves out {', '.join(lost)}"
    if _STRAY.search(said):
        yield f"{said!r} has a % that is no value"
    if said != " ".join(said.split(" ")) or said != said.strip():
        yield f"{said!r} begins or ends with a space"


def _single_forms(catalog: Catalog) -> tuple[bool, ...]:
    """For each plural form whether it speaks of one number only, which may then be a word: Arabic's two of a thing."""
    form = c2py(catalog.plural_expr)
    used = Counter(form(number) for number in range(1000))
    return tuple(used[index] <= 1 for index in range(catalog.num_plurals))


def _needed(ids: tuple[str, ...]) -> set[str]:
    """Values that every form has to say: those that both English forms say."""
    return set.intersection(*(set(_VALUE.findall(text)) for text in ids))


def _singular(message: Message) -> str:
    return _texts(message.id)[0]


def _texts(value: object) -> tuple[str, ...]:
    return (value,) if isinstance(value, str) else tuple(str(text) for text in value)  # type: ignore[attr-defined]


def _run_update() -> int:
    for language, (added, dropped) in update().items():
        sys.stderr.write(f"{language}: {added} added, {dropped} dropped\n")
    return 0


def _run_check() -> int:
    found = faults()
    for fault in found:
        sys.stdout.write(f"{fault}\n")
    count = Counter(fault.language for fault in found)
    told = ", ".join(f"{language} {number}" for language, number in sorted(count.items()))
    sys.stderr.write(f"to do: {told}\n" if found else f"{len(sentences())} sentences, whole in each language\n")
    return 1 if found else 0


_COMMANDS: Final[dict[str, Callable[[], int]]] = {"update": _run_update, "check": _run_check}


def main(arguments: Sequence[str]) -> int:
    """Run one of the commands."""
    if len(arguments) != 1 or arguments[0] not in _COMMANDS:
        sys.stderr.write(f"{__doc__}\n")
        return 2
    return _COMMANDS[arguments[0]]()


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
