"""Everything that own words are held to before they are saved."""

from collections.abc import Iterable, Iterator
from dataclasses import fields, is_dataclass
from functools import cache
from types import ModuleType
from typing import Any, Final

from babel.messages.plurals import get_plural

from core.formats.errors import InputError, Severity
from core.own.dialect import template_faults
from core.own.markup import markup_faults
from core.own.sentences import sentence_faults
from core.own.text import EVERY, PARTS, OwnText, Part
from core.render import answers, messages
from local.own_words.folder import SENTENCES, Draft
from local.own_words.trial import try_out
from local.translations import sentences

_MODULES: Final[tuple[ModuleType, ...]] = (messages, answers)


def faults_of(drafts: Iterable[Draft]) -> list[InputError]:
    """What is wrong with own words: as they are written, and, where that is right, as they come out."""
    found: list[InputError] = []
    for draft in drafts:
        written = [*_written(draft)]
        found += written
        files = {part: draft.file(part) for part in _own_parts(draft.text)}
        if files and not any(fault.severity is Severity.ERROR for fault in written):
            found += try_out(draft.text, files)
    return found


def _written(draft: Draft) -> Iterator[InputError]:
    text = draft.text
    for part in _own_parts(text):
        source, file = text.part(part) or "", draft.file(part)
        html = part == "html"
        yield from template_faults(source, file, html=html, top=own_fields(text.kind), fields=all_fields())
        if html:
            yield from markup_faults(source, file)
    if text.sentences:
        known = {sentence.singular: sentence.plural for sentence in sentences().values()}
        forms = get_plural(text.language).num_plurals
        yield from sentence_faults(text.sentences, known, forms, f"{draft.folder}/{SENTENCES}")


def _own_parts(text: OwnText) -> list[Part]:
    return [part for part in PARTS if text.part(part) is not None]


@cache
def own_fields(kind: str) -> frozenset[str]:
    """The values of one message that its template may print."""
    from local.preview.samples import models

    return frozenset() if kind == EVERY else frozenset(models(kind, "en")[0].__dataclass_fields__)


@cache
def all_fields() -> frozenset[str]:
    """The names of every value in any message to a customer, those within others too."""
    kinds: list[Any] = [kind for module in _MODULES for kind in vars(module).values() if is_dataclass(kind)]
    return frozenset(field.name for kind in kinds for field in fields(kind))
