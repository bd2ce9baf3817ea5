"""Own words as people keep them: a folder a message, language and entity, with the parts that are theirs.

templates/warning.de/body.txt           the text part of the warning in German, for every entity
templates/final-notice.all.NW/body.html the HTML of the final notice in every language, for the entity NW
templates/all.fr/sentences.yaml         sentences in French, wherever a message says them
"""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from core.formats.errors import Code, InputError, clip, did_you_mean, listing
from core.formats.yaml_text import read_file
from core.own.text import EVERY, OwnText, Part
from core.render.formats import LANGUAGES

ALL: Final = "all"
FILES: Final[Mapping[str, Part]] = {"subject.txt": "subject", "body.txt": "text", "body.html": "html"}
SENTENCES: Final = "sentences.yaml"
_NAMED: Final = "message.language or message.language.entity, such as warning.de; `all` for every message or language"


@dataclass(frozen=True, slots=True)
class Draft:
    """Own words that stand in a folder, checked or not."""

    text: OwnText
    folder: str

    def file(self, part: Part) -> str:
        """The name of a part's file, for findings."""
        return f"{self.folder}/{next(name for name, one in FILES.items() if one == part)}"


@dataclass(frozen=True, slots=True)
class DraftsRead:
    """Every folder that could be read, and what is wrong with the others."""

    drafts: tuple[Draft, ...] = ()
    errors: tuple[InputError, ...] = field(default=())


def read_drafts(folder: Path, kinds: Collection[str], entities: Collection[str] | None = None) -> DraftsRead:
    """The own words in a folder, or in the folders within it.

    Args: `kinds` of message that there are; `entities` that there are, None where that is not known.
    """
    if not folder.is_dir():
        return DraftsRead(errors=(InputError(Code.NO_FILE, str(folder), 0, "is not a folder", hint=_NAMED),))
    parts = {*FILES, SENTENCES}
    inner = [folder] if any((folder / name).is_file() for name in parts) else sorted(folder.iterdir())
    errors, drafts = list[InputError](), list[Draft]()
    for one in inner:
        if one.is_dir():
            found = _draft(one, kinds, entities)
            if isinstance(found, Draft):
                drafts.append(found)
            else:
                errors += found
        else:
            errors.append(InputError(Code.NO_FILE, one.name, 0, "is not a folder", hint=_NAMED))
    if not errors and not drafts:
        errors.append(InputError(Code.EMPTY_FILE, folder.name, 0, "holds no own words", hint=_NAMED))
    return DraftsRead(tuple(drafts), tuple(errors))


def _draft(folder: Path, kinds: Collection[str], entities: Collection[str] | None) -> Draft | list[InputError]:
    kind, _, rest = folder.name.partition(".")
    language, _, entity = rest.partition(".")
    errors = [*_misnamed(folder.name, kind, language, entity, kinds, entities)]
    parts: dict[Part, str | None] = {"subject": None, "text": None, "html": None}
    sentences: dict[str, tuple[str, ...]] = {}
    for path in sorted(folder.iterdir()):
        name = f"{folder.name}/{path.name}"
        if path.name in FILES:
            parts[FILES[path.name]] = _source(path, name, errors)
        elif path.name == SENTENCES:
            sentences = _sentences(path, name, errors)
        elif not path.name.startswith("."):
            known = listing([*FILES, SENTENCES])
            errors.append(
                InputError(Code.NO_FILE, name, 0, "is no part of a message", allowed=known, hint=f"parts: {known}")
            )
    if any(parts.values()) and kind == ALL:
        errors.append(InputError(Code.RULE, folder.name, 0, "a template belongs to one message", hint=_NAMED))
    if sentences and language == ALL:
        errors.append(InputError(Code.RULE, folder.name, 0, "a sentence belongs to one language", hint=_NAMED))
    if errors:
        return errors
    text = OwnText(
        kind=EVERY if kind == ALL else kind,
        language=EVERY if language == ALL else language,
        entity=entity or EVERY,
        sentences=sentences,
        subject=parts["subject"],
        text=parts["text"],
        html=parts["html"],
    )
    return Draft(text, folder.name)


def _misnamed(
    name: str, kind: str, language: str, entity: str, kinds: Collection[str], entities: Collection[str] | None
) -> Iterator[InputError]:
    if not language:
        yield InputError(Code.BAD_VALUE, name, 0, "does not say which language", hint=_NAMED)
        return
    if kind not in {ALL, *kinds}:
        hint = did_you_mean(kind, kinds) or f"messages: {listing(sorted(kinds))}"
        yield InputError(Code.UNKNOWN_REF, name, 0, f"there is no message '{clip(kind)}'", hint=hint)
    if language not in {ALL, *LANGUAGES}:
        hint = f"languages: {listing(LANGUAGES)}"
        yield InputError(Code.UNKNOWN_REF, name, 0, f"messages are not written in '{clip(language)}'", hint=hint)
    if entity and entities is not None and entity not in entities:
        hint = did_you_mean(entity, entities) or f"entities: {listing(sorted(entities))}"
        yield InputError(Code.UNKNOWN_REF, name, 0, f"there is no entity '{clip(entity)}'", hint=hint)


def _source(path: Path, name: str, errors: list[InputError]) -> str | None:
    try:
        return path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        errors.append(InputError(Code.ENCODING, name, 0, f"is not UTF-8 at byte {error.start}"))
        return None


def _sentences(path: Path, name: str, errors: list[InputError]) -> dict[str, tuple[str, ...]]:
    document = read_file(path, name)
    if isinstance(document, InputError):
        errors.append(document)
        return {}
    values = document.values
    if not isinstance(values, dict):
        errors.append(document.error(Code.BAD_TYPE, (), "expected `our sentence: your sentence` lines"))
        return {}
    said: dict[str, tuple[str, ...]] = {}
    for ours, theirs in values.items():
        forms = theirs if isinstance(theirs, list) else [theirs]
        if all(isinstance(form, str) for form in forms):
            said[str(ours)] = tuple(forms)
        else:
            hint = "a sentence, or a list of its plural forms"
            errors.append(document.error(Code.BAD_TYPE, (ours,), "is not text", hint=hint))
    return said
