"""A message as subject, plain text and HTML, from templates that were compiled when the product was built.

The build (`python -m local.compile_templates`) resolves shared parts, turns MJML into HTML, templates into Python and
translations into their binary form; nothing of that happens here. Templates run in a sandbox and fail on any name
they do not know.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import fields, is_dataclass
from functools import lru_cache
from pathlib import Path
from textwrap import fill
from types import FunctionType
from typing import Any, Final, Literal

from jinja2 import BaseLoader, ModuleLoader, StrictUndefined, Template, TemplateNotFound
from jinja2.environment import TemplateModule
from jinja2.runtime import Context, Macro
from jinja2.sandbox import ImmutableSandboxedEnvironment
from jinja2.utils import concat

from core.own.text import OwnText
from core.render.answers import AnswerMail
from core.render.clean import one_stop, subject_line, web_link
from core.render.internal_messages import InternalMail
from core.render.messages import CustomerMail, DigestMail
from core.render.words import (
    COUNTED,
    FILLED,
    SAYING,
    Sentences,
    TemplatesNotCompiledError,
    counted,
    counted_in_html,
    filled,
    filled_in_html,
    is_ours,
    words,
)
from core.values import dataclass

COMPILED: Final = Path(__file__).parents[2] / "templates" / "compiled"
TEXT_WIDTH: Final = 76
# Values that many mails share. What a template says with nothing but these is said once for all of those mails.
SETTLED: Final = ("language", "direction", "brand", "consumer", "hardship", "page_url", "page_host")
SETTLED_PART: Final = ".settled"  # after the name of a template: the part of it that does so
_PARTS: Final = (("subject.txt", False), ("body.txt", False), ("body.html", True))
_OTHER_SPACES: Final = re.compile(r"  |[\t\v\f\r]| [^\S ]|[^\S ] ")  # than single ones between words
_FIELDS: Final[dict[type, frozenset[str]]] = {}  # of the types that templates have asked

AnyMail = CustomerMail | AnswerMail | DigestMail | InternalMail


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
    values = {name: getattr(mail, name) for name in mail.__dataclass_fields__}
    subject, text, html = render_parts(mail.kind.value, mail.language, values, folder, own)
    return Rendered(
        subject=subject, text=text, html=html, language=mail.language, direction=mail.direction, kind=mail.kind.value
    )


def render_parts(
    kind: str, language: str, values: Mapping[str, Any], folder: Path = COMPILED, own: OwnText | None = None
) -> tuple[str, str, str]:
    """Subject, text and HTML of one kind of message from bare values; `render` is the typed door to it."""
    saying = _Saying(folder, language, tuple(own.sentences.items()) if own else ())
    theirs = (own.subject, own.text, own.html) if own else (None, None, None)
    subject, text, html = (
        own_template(source, html=is_html).render({**values, **saying.words}).strip() + "\n"
        if source
        else saying.filled(f"{kind}/{name}", values, html=is_html)
        for source, (name, is_html) in zip(theirs, _PARTS, strict=True)
    )
    return subject_line(subject), _tidy(one_stop(text)), one_stop(html)


def say(
    name: str, language: str, values: Mapping[str, Any], folder: Path = COMPILED, own: OwnText | None = None
) -> TemplateModule:
    """What a template without text of its own says, by name: sentences as attributes, macros to call."""
    saying = _Saying(folder, language, tuple(own.sentences.items()) if own else ())
    return _template(folder, name, html=False).make_module({**values, **saying.words})


@dataclass(frozen=True, slots=True)
class _Saying:
    """In whose words and which language templates are filled in."""

    folder: Path
    language: str
    own: Sentences

    @property
    def words(self) -> Mapping[str, Callable[..., Any]]:
        return words(self.folder, self.language, self.own)

    def filled(self, name: str, values: Mapping[str, Any], *, html: bool) -> str:
        """One of our templates with its values: what is settled as it was said before, the rest for this mail."""
        shared = tuple((field, values[field]) for field in SETTLED if field in values)
        try:
            settled = _settled(self, name, shared, html=html)
        except TypeError:  # a value that is no key, as previews and tests have: nothing is kept
            settled = _settled.__wrapped__(self, name, shared, html=html)
        template = _template(self.folder, name, html=html)
        context = Context(template.environment, {**self.words, **values}, name, template.blocks)  # knows no globals
        context.vars.update(settled)
        return concat(template.root_render_func(context))


@lru_cache(maxsize=768)
def _settled(saying: _Saying, name: str, shared: tuple[tuple[str, Any], ...], *, html: bool) -> Mapping[str, Any]:
    """What the settled part of a template says, by name; see local.settle_templates."""
    said = {**dict(shared), **saying.words}
    module = _template(saying.folder, f"{name}{SETTLED_PART}", html=html).make_module(said)
    return {name: said for name, said in vars(module).items() if not name.startswith("_")}


@lru_cache(maxsize=256)
def _template(folder: Path, name: str, *, html: bool) -> Template:
    try:
        return _loaded(folder, html=html).get_template(name)
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
    environment.filters[FILLED] = filled_in_html if html else filled
    environment.filters[COUNTED] = counted_in_html if html else counted
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
        if kind is Macro or (kind is FunctionType and is_ours(obj)):
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
    for name in environment.globals.keys() - SAYING:
        del environment.globals[name]
    return environment.from_string(source)


def _host(url: str) -> str:
    """Where a link leads, to be said in words; nothing for what is no https address."""
    link = web_link(url)
    return link[1] if link else ""


@lru_cache(maxsize=4096)
def wrapped(paragraph: str, indent: str = "") -> str:
    """A paragraph of the text part in lines of a readable length; addresses and links stay whole.

    As `textwrap.fill` would break it, in a tenth of the time; paragraphs with other spaces than one are left to that.
    """
    text = paragraph.replace("\n", " ").strip()
    if not text or _OTHER_SPACES.search(text):
        return fill(
            text,
            TEXT_WIDTH,
            initial_indent=indent,
            subsequent_indent=indent,
            break_long_words=False,
            break_on_hyphens=False,
        )
    lines, begin, room = [], 0, TEXT_WIDTH - len(indent)
    while len(text) - begin > room:
        end = text.rfind(" ", begin, begin + room + 1)
        if end < 0:
            end = text.find(" ", begin)
            if end < 0:
                break
        lines.append(f"{indent}{text[begin:end]}")
        begin = end + 1
    lines.append(f"{indent}{text[begin:]}")
    return "\n".join(lines)


def _tidy(text: str) -> str:
    """At most one blank line in a row and none at the ends, whatever parts of the template were left out."""
    lines = [line.rstrip(" \t") for line in text.splitlines()]
    kept = [line for i, line in enumerate(lines) if line or (i and lines[i - 1])]
    return "\n".join(kept).strip("\n") + "\n"
