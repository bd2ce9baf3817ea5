"""Sentences of a company in the place of ours: which there are, and what may stand in them."""

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from core.formats.errors import Code, InputError, clip, did_you_mean

MAX_SENTENCE: Final = 2_000  # characters
_PLACE: Final = re.compile(r"%\((\w+)\)s")
_PERCENT: Final = re.compile(r"%(?!\(\w+\)s)")
_CONTROL: Final = re.compile(r"[\x00-\x09\x0b-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069]")


def sentence_faults(
    sentences: Mapping[str, Sequence[str]], known: Mapping[str, str | None], plural_forms: int, file: str
) -> list[InputError]:
    """What is wrong with the sentences of one language.

    Args: `known` every sentence that the messages say, with its plural or None; `plural_forms` of the language.
    """
    found = list[InputError]()
    for line, (ours, theirs) in enumerate(sentences.items(), start=1):
        found += _faults(ours, theirs, known, plural_forms, file, line)
    return found


def _faults(
    ours: str, theirs: Sequence[str], known: Mapping[str, str | None], plural_forms: int, file: str, line: int
) -> Iterator[InputError]:
    if ours not in known:
        hint = did_you_mean(ours, known) or "`pastdue template sentences` lists all of them"
        yield InputError(Code.UNKNOWN_REF, file, line, "no message says this sentence", field=clip(ours), hint=hint)
        return
    plural = known[ours]
    wanted = plural_forms if plural is not None else 1
    if len(theirs) != wanted:
        problem = f"needs {wanted} form{'s' if wanted > 1 else ''}, got {len(theirs)}"
        yield InputError(Code.BAD_VALUE, file, line, problem, field=clip(ours))
    values = set(_PLACE.findall(ours)) | set(_PLACE.findall(plural or ""))
    for text in theirs:
        for code, problem, what_now in (*_form(text), *_values(text, values, all_needed=plural is None)):
            yield InputError(code, file, line, problem, field=clip(ours), hint=what_now)


_Fault = tuple[Code, str, str | None]


def _form(text: str) -> Iterator[_Fault]:
    if not text.strip():
        yield Code.BAD_VALUE, "is empty", None
    if len(text) > MAX_SENTENCE:
        yield Code.TOO_LONG, f"{len(text):,} characters, at most {MAX_SENTENCE:,}", None
    if _CONTROL.search(text):
        yield Code.CONTROL_CHARACTER, "holds a control or direction character", None
    if _PERCENT.search(text.replace("%%", "")):
        yield Code.BAD_VALUE, "holds a single %", "write %% for a percent sign"


def _values(text: str, values: set[str], *, all_needed: bool) -> Iterator[_Fault]:
    """Args: `all_needed` of a sentence without plural; "one invoice" need not say the number 1."""
    said = set(_PLACE.findall(text))
    for name in sorted(said - values):
        has = ", ".join(f"%({one})s" for one in sorted(values)) or "no values"
        yield Code.UNKNOWN_REF, f"there is no %({name})s in it", f"it has {has}"
    if all_needed and values - said:
        lost = ", ".join(f"%({name})s" for name in sorted(values - said))
        yield Code.REQUIRED_BLOCK, f"leaves out {lost}", "a reader needs the value that stands there"
