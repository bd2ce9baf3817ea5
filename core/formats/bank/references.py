"""Finds references with check digits in free text: ISO 11649, Swiss QR and ESR, Belgian structured communications."""

import re
from collections.abc import Iterable, Iterator
from typing import Final

_RF: Final = re.compile(r"(?<![A-Z0-9])RF\d{2} ?[A-Z0-9]", re.IGNORECASE)
_SWISS: Final = re.compile(r"(?<![\dA-Z])\d(?:[ ]?\d){25}[ ]?\d(?![\dA-Z])", re.IGNORECASE)
_BELGIAN: Final = re.compile(r"(?:\+\+\+|\*\*\*)\s?(\d{3})\s?/\s?(\d{4})\s?/\s?(\d{5})\s?(?:\+\+\+|\*\*\*)")
_LONGEST_RF: Final = 25
_WORD: Final = re.compile(r"[A-Z0-9]+", re.IGNORECASE)
_BLANK: Final = re.compile(r"\s+")


def found_in(text: str) -> tuple[str, ...]:
    """The references in a text whose check digits hold, as banks exchange them, in their order."""
    if not text or not any(char.isdigit() for char in text):
        return ()
    return unique([*_rf(text), *_swiss(text), *_belgian(text)])


def unique(references: Iterable[str | None]) -> tuple[str, ...]:
    """Without blanks around them, without repeats, in order."""
    return tuple(dict.fromkeys(kept for one in references if one is not None and (kept := one.strip())))


def _rf(text: str) -> Iterator[str]:
    for start in _RF.finditer(text):
        from stdnum.iso11649 import is_valid

        taken = ""
        for word in _WORD.finditer(text, start.start()):  # printed in groups of four, which may end anywhere
            if taken and text[word.start() - 1 : word.start()] != " ":
                break
            taken += word[0].upper()
            if len(taken) > _LONGEST_RF:
                break
            if len(taken) > 4 and is_valid(taken):
                yield taken
                break


def _swiss(text: str) -> Iterator[str]:
    for found in _SWISS.finditer(text):
        from stdnum.ch.esr import is_valid

        digits = _BLANK.sub("", found[0])
        if is_valid(digits):
            yield digits


def _belgian(text: str) -> Iterator[str]:
    for found in _BELGIAN.finditer(text):
        from stdnum.be.ogm_vcs import is_valid

        digits = found[1] + found[2] + found[3]
        if is_valid(digits):
            yield digits
