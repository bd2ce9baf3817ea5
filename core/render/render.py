"""A message as subject, plain text and HTML, from templates that were compiled when the product was built.

The build (`python -m local.compile_templates`) resolves shared parts, turns MJML into HTML and translations into
their binary form; nothing of that happens here. Templates run in a sandbox and fail on any name they do not know.
"""

from collections.abc import Mapping
from dataclasses import dataclass, fields
from functools import lru_cache
from gettext import GNUTranslations, NullTranslations
from pathlib import Path
from textwrap import fill
from typing import Any, Final, Literal

from jinja2 import FileSystemLoader, StrictUndefined, TemplateNotFound
from jinja2.sandbox import ImmutableSandboxedEnvironment

from core.render.clean import subject_line
from core.render.messages import CustomerMail, DigestMail

COMPILED: Final = Path(__file__).parents[2] / "templates" / "compiled"
TEXT_WIDTH: Final = 76


class TemplatesNotCompiledError(RuntimeError):
    """The compiled templates are missing; says which file and what to run."""

    def __init__(self, missing: Path) -> None:
        super().__init__(f"{missing} is missing: run `python -m local.compile_templates` (part of `make setup`)")


@dataclass(frozen=True, slots=True)
class Rendered:
    """One mail, ready for the provider; headers that are the same for every mail are the sender's business."""

    subject: str
    text: str
    html: str
    language: str
    direction: Literal["ltr", "rtl"]
    kind: str  # which words were chosen: for a tag or a header of ours


def render(mail: CustomerMail | DigestMail, folder: Path = COMPILED) -> Rendered:
    """The mail as it goes out.

    Raises: TemplatesNotCompiledError when the build step was left out; jinja2.UndefinedError when a template and its
        model do not agree.
    """
    values = {field.name: getattr(mail, field.name) for field in fields(mail)}
    subject, text, html = render_parts(mail.kind.value, mail.language, values, folder)
    return Rendered(
        subject=subject, text=text, html=html, language=mail.language, direction=mail.direction, kind=mail.kind.value
    )


def render_parts(kind: str, language: str, values: Mapping[str, Any], folder: Path = COMPILED) -> tuple[str, str, str]:
    """Subject, text and HTML of one kind of message from bare values; `render` is the typed door to it."""
    plain, marked = _environment(folder, language, html=False), _environment(folder, language, html=True)
    try:
        subject = plain.get_template(f"{kind}/subject.txt").render(values)
        text = plain.get_template(f"{kind}/body.txt").render(values)
        html = marked.get_template(f"{kind}/body.html").render(values)
    except TemplateNotFound as error:
        raise TemplatesNotCompiledError(folder / str(error.name)) from error
    return subject_line(subject), _tidy(text), html.strip() + "\n"


@lru_cache(maxsize=32)
def _environment(folder: Path, language: str, *, html: bool) -> ImmutableSandboxedEnvironment:
    environment = ImmutableSandboxedEnvironment(
        loader=FileSystemLoader(folder / "mail"),
        autoescape=html,
        undefined=StrictUndefined,
        extensions=["jinja2.ext.i18n"],
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
    )
    environment.policies["ext.i18n.trimmed"] = True
    environment.filters["wrap"] = _wrap
    environment.install_gettext_translations(_translations(folder, language), newstyle=True)  # type: ignore[attr-defined]
    return environment


@lru_cache(maxsize=16)
def _translations(folder: Path, language: str) -> NullTranslations:
    """The words of a language; English is the language of the templates themselves."""
    if language == "en":
        return NullTranslations()
    path = folder / "locales" / language / "LC_MESSAGES" / "messages.mo"
    try:
        with path.open("rb") as file:
            return GNUTranslations(file)
    except FileNotFoundError as error:
        raise TemplatesNotCompiledError(path) from error


def _wrap(paragraph: str, indent: str = "") -> str:
    """A paragraph of the text part in lines of a readable length; addresses and links stay whole."""
    return fill(
        " ".join(paragraph.split(" ")).replace("\n", " ").strip(),
        TEXT_WIDTH,
        initial_indent=indent,
        subsequent_indent=indent,
        break_long_words=False,
        break_on_hyphens=False,
    )


def _tidy(text: str) -> str:
    """At most one blank line in a row and none at the ends, whatever parts of the template were left out."""
    lines = [line.rstrip(" \t") for line in text.splitlines()]
    kept = [line for i, line in enumerate(lines) if line or (i and lines[i - 1])]
    return "\n".join(kept).strip("\n") + "\n"
