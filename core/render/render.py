"""A message as subject, plain text and HTML, from templates that were compiled when the product was built.

The build (`python -m local.compile_templates`) resolves shared parts, turns MJML into HTML, templates into Python and
translations into their binary form; nothing of that happens here. Templates run in a sandbox and fail on any name
they do not know.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields, is_dataclass
from functools import lru_cache
from gettext import GNUTranslations, NullTranslations
from pathlib import Path
from textwrap import fill
from types import FunctionType
from typing import Any, Final, Literal

from jinja2 import BaseLoader, ModuleLoader, StrictUndefined, Template, TemplateNotFound, pass_context
from jinja2.environment import TemplateModule
from jinja2.runtime import Context, Macro
from jinja2.sandbox import ImmutableSandboxedEnvironment
from markupsafe import Markup, escape

from core.own.text import OwnText
from core.render.answers import AnswerMail
from core.render.clean import subject_line, web_link
from core.render.internal_messages import InternalMail
from core.render.messages import CustomerMail, DigestMail

COMPILED: Final = Path(__file__).parents[2] / "templates" / "compiled"
TEXT_WIDTH: Final = 76
_FIELDS: Final[dict[type, frozenset[str]]] = {}  # of the types that templates have asked
_SAYING: Final[set[Callable[..., str]]] = set()  # the functions that say our own sentences, one pair a language

AnyMail = CustomerMail | AnswerMail | DigestMail | InternalMail


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


def render(mail: AnyMail, folder: Path = COMPILED, own: OwnText | None = None) -> Rendered:
    """The mail as it goes out.

    Args: `own` words of the company that stand in the place of ours.
    Raises: TemplatesNotCompiledError when the build step was left out; jinja2.UndefinedError when a template and its
        model do not agree.
    """
    values = {field.name: getattr(mail, field.name) for field in fields(mail)}
    subject, text, html = render_parts(mail.kind.value, mail.language, values, folder, own)
    return Rendered(
        subject=subject, text=text, html=html, language=mail.language, direction=mail.direction, kind=mail.kind.value
    )


def render_parts(
    kind: str, language: str, values: Mapping[str, Any], folder: Path = COMPILED, own: OwnText | None = None
) -> tuple[str, str, str]:
    """Subject, text and HTML of one kind of message from bare values; `render` is the typed door to it."""
    plain, marked = _loaded(folder, html=False), _loaded(folder, html=True)
    said = {**values, **(own_sentences(_catalog(folder, language), own) if own else _words(folder, language))}
    sources = (own.subject, own.text, own.html) if own else (None, None, None)
    try:
        subject, text, html = (
            (own_template(source, html=ours is marked) if source else ours.get_template(f"{kind}/{name}")).render(said)
            for source, ours, name in zip(
                sources, (plain, plain, marked), ("subject.txt", "body.txt", "body.html"), strict=True
            )
        )
    except TemplateNotFound as error:
        raise TemplatesNotCompiledError(folder / "mail" / str(error.name)) from error
    return subject_line(subject), _tidy(text), html.strip() + "\n"


def say(
    name: str, language: str, values: Mapping[str, Any], folder: Path = COMPILED, own: OwnText | None = None
) -> TemplateModule:
    """What a template without text of its own says, by name: sentences as attributes, macros to call."""
    said = {**values, **(own_sentences(_catalog(folder, language), own) if own else _words(folder, language))}
    try:
        return _loaded(folder, html=False).get_template(name).make_module(said)
    except TemplateNotFound as error:
        raise TemplatesNotCompiledError(folder / "mail" / str(error.name)) from error


def template_environment(loader: BaseLoader | None = None, *, html: bool) -> ImmutableSandboxedEnvironment:
    """The rules under which templates are compiled and filled in: no way out, no unknown name, escaping in HTML."""
    environment = _Sandbox(
        loader=loader,
        autoescape=html,
        undefined=StrictUndefined,
        extensions=["jinja2.ext.i18n"],
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
    )
    environment.policies["ext.i18n.trimmed"] = True
    environment.filters["wrap"] = wrapped
    environment.filters["host"] = _host
    environment.install_null_translations(newstyle=True)  # type: ignore[attr-defined]  # added by the extension
    return environment


class _Sandbox(ImmutableSandboxedEnvironment):
    """The sandbox, with a short way for what a mail asks for some hundred times: fields of our models, macros, words.

    A template makes none of these, so there is nothing to test. All else goes through the sandbox's own tests.
    """

    def getattr(self, obj: Any, attribute: str) -> Any:
        kind = type(obj)
        if kind not in _FIELDS:
            _FIELDS[kind] = _fields_of(kind)
        if attribute in _FIELDS[kind]:
            return getattr(obj, attribute)
        return super().getattr(obj, attribute)

    def call(self, context: Context, obj: Any, /, *args: Any, **kwargs: Any) -> Any:
        kind = type(obj)
        if kind is Macro or (kind is FunctionType and obj in _SAYING):
            kwargs.pop("_loop_vars", None)
            kwargs.pop("_block_vars", None)
            return obj(context.eval_ctx if kind is Macro else context, *args, **kwargs)
        return super().call(context, obj, *args, **kwargs)


def _fields_of(kind: type) -> frozenset[str]:
    """The fields of a model of ours; of anything else none."""
    ours = is_dataclass(kind) and kind.__module__.startswith("core.render.")
    return frozenset(field.name for field in fields(kind)) if ours else frozenset()


@lru_cache(maxsize=8)
def _loaded(folder: Path, *, html: bool) -> ImmutableSandboxedEnvironment:
    """One environment for all languages, since each would load every template again; the words come with the values."""
    return template_environment(ModuleLoader(folder / "mail" / ("html" if html else "text")), html=html)


@lru_cache(maxsize=128)
def own_template(source: str, *, html: bool) -> Template:
    """A template of a company, compiled; it sees no function but those that say sentences."""
    environment = template_environment(html=html)
    for name in environment.globals.keys() - {"_", "gettext", "ngettext"}:
        del environment.globals[name]
    return environment.from_string(source)


def own_sentences(catalog: NullTranslations, own: OwnText) -> dict[str, Callable[..., str]]:
    """As `_words`, with a company's own sentences before those of the catalogue; in HTML theirs are escaped whole."""
    plural: Callable[[int], int] = getattr(catalog, "plural", lambda number: int(number != 1))

    @pass_context
    def gettext(context: Context, message: str, /, **values: Any) -> str:
        theirs = own.sentences.get(message)
        if theirs is None:
            return _with_values(context, catalog.gettext(message), values)
        return (escape(theirs[0]) if context.eval_ctx.autoescape else theirs[0]) % values

    @pass_context
    def ngettext(context: Context, singular: str, plural_form: str, num: int, /, **values: Any) -> str:
        theirs, said = own.sentences.get(singular), {"num": num, **values}
        if theirs is None:
            return _with_values(context, catalog.ngettext(singular, plural_form, int(num)), said)
        sentence = theirs[min(plural(int(num)), len(theirs) - 1)]
        return (escape(sentence) if context.eval_ctx.autoescape else sentence) % said

    return {"_": gettext, "gettext": gettext, "ngettext": ngettext}


@lru_cache(maxsize=16)
def _words(folder: Path, language: str) -> dict[str, Callable[..., str]]:
    """What `_()` and `trans` call: the sentence in the reader's language with its values, escaped in HTML."""
    catalog = _catalog(folder, language)

    @pass_context
    def gettext(context: Context, message: str, /, **values: Any) -> str:
        return _with_values(context, catalog.gettext(message), values)

    @pass_context
    def ngettext(context: Context, singular: str, plural: str, num: int, /, **values: Any) -> str:
        return _with_values(context, catalog.ngettext(singular, plural, int(num)), {"num": num, **values})

    _SAYING.update((gettext, ngettext))
    return {"_": gettext, "gettext": gettext, "ngettext": ngettext}


def _with_values(context: Context, sentence: str, values: Mapping[str, Any]) -> str:
    if not values:
        return _plain(sentence, html=context.eval_ctx.autoescape)
    # Markup escapes each value that is not marked as safe itself
    return (Markup(sentence) if context.eval_ctx.autoescape else sentence) % values  # noqa: S704  # our own sentence


@lru_cache(maxsize=4096)
def _plain(sentence: str, *, html: bool) -> str:
    """A sentence that is the same in every mail."""
    return (Markup(sentence) if html else sentence) % {}  # noqa: S704  # our own sentence


@lru_cache(maxsize=16)
def _catalog(folder: Path, language: str) -> NullTranslations:
    """The translations of a language; English is the language of the templates themselves."""
    if language == "en":
        return NullTranslations()
    path = folder / "locales" / language / "LC_MESSAGES" / "messages.mo"
    try:
        with path.open("rb") as file:
            return GNUTranslations(file)
    except FileNotFoundError as error:
        raise TemplatesNotCompiledError(path) from error


def _host(url: str) -> str:
    """Where a link leads, to be said in words; nothing for what is no https address."""
    link = web_link(url)
    return link[1] if link else ""


@lru_cache(maxsize=4096)
def wrapped(paragraph: str, indent: str = "") -> str:
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
