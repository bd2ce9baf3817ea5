"""Letters as PDF, set by Typst: accessible (PDF/UA-1), with the fonts that ship with the product and no others.

Typst and the fonts are in a layer of their own (extra `documents`); nothing imports this module that can do without.
"""

import json
import re
from datetime import UTC, datetime
from functools import lru_cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Final

import typst

SOURCE: Final = Path(__file__).parents[2] / "templates" / "letters"
FONT_PACKAGES: Final = ("manimgx_fonts", "manimgx_fonts_cjk")
_PREVIEW_PPI: Final = 110
_NO_GLYPH: Final = re.compile(r'the text `"(.+?)"` could not be displayed')
_ESCAPED: Final = re.compile(r"\\u\{([0-9a-fA-F]+)\}")
_UNKNOWN_SCRIPTS: Final = 20  # a text in more of them is refused


class FontsMissingError(RuntimeError):
    """A package with fonts is not installed."""


def letter_pdf(letter: dict[str, Any]) -> bytes:
    """The letter as an accessible PDF; the same letter gives the same bytes.

    Args: `letter` as core.render.letter writes it.
    Raises: typst.TypstError when it would not be PDF/UA-1.
    """
    dated = datetime.fromisoformat(letter["on"]).replace(tzinfo=UTC)
    made = _set(letter, format="pdf", pdf_standards="ua-1", timestamp=dated)
    return made if isinstance(made, bytes) else made[0]


def letter_png(letter: dict[str, Any], ppi: float = _PREVIEW_PPI) -> list[bytes]:
    """The pages of the letter as pictures."""
    made = _set(letter, format="png", ppi=ppi)
    return [made] if isinstance(made, bytes) else made


def _set(letter: dict[str, Any], **how: Any) -> Any:
    """Characters that no font of ours has become question marks: a letter with one is better than none."""
    text = json.dumps(letter, ensure_ascii=False)
    for _ in range(_UNKNOWN_SCRIPTS):
        try:
            return _compiler().compile(sys_inputs={"letter": text}, **how)
        except typst.TypstError as error:
            unknown = _NO_GLYPH.search(error.message)
            if unknown is None:
                raise
            for char in _ESCAPED.sub(lambda code: chr(int(code[1], 16)), unknown[1]):
                text = text if char.isascii() else text.replace(char, "?")
    return _compiler().compile(sys_inputs={"letter": text}, **how)


@lru_cache(maxsize=1)
def _compiler() -> typst.Compiler:
    """One for the process: it keeps the fonts and the parsed template."""
    fonts = typst.Fonts(include_system_fonts=False, include_embedded_fonts=False, font_paths=_font_folders())
    return typst.Compiler(SOURCE / "letter.typ", root=SOURCE, font_paths=fonts, ignore_system_fonts=True)


def _font_folders() -> list[str]:
    found = [find_spec(name) for name in FONT_PACKAGES]
    if missing := [name for name, spec in zip(FONT_PACKAGES, found, strict=True) if spec is None]:
        raise FontsMissingError(f"{', '.join(missing)} is not installed: it is part of the extra `local`")
    return [folder for spec in found if spec for folder in spec.submodule_search_locations or ()]
