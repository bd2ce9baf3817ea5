"""What templates call to say a sentence: in the reader's language, with its values, in a company's own words if any."""

from collections.abc import Callable, Mapping
from functools import lru_cache
from gettext import GNUTranslations, NullTranslations
from pathlib import Path
from typing import Any, Final, TypeAlias

from jinja2 import pass_context
from jinja2.runtime import Context
from markupsafe import Markup, escape

Sentences: TypeAlias = tuple[tuple[str, tuple[str, ...]], ...]  # our English sentence, theirs by plural form
SAYING: Final = frozenset({"_", "gettext", "ngettext"})  # the names of the functions in a template
SENTENCE: Final = "_sentence"  # the function that gives a sentence for the filter that fills its values in:
FILLED: Final = "filled"  # the build makes one of each sentence with values, so that it is looked up once
_OURS: Final[set[Callable[..., str]]] = set()  # the functions that say our own sentences, one pair a language


class TemplatesNotCompiledError(RuntimeError):
    """The compiled templates are missing; says which file and what to run."""

    def __init__(self, missing: Path) -> None:
        super().__init__(f"{missing} is missing: run `python -m local.compile_templates` (part of `make setup`)")


def is_ours(function: Callable[..., Any]) -> bool:
    """True for a function that says our own sentences."""
    return function in _OURS


@lru_cache(maxsize=64)
def words(folder: Path, language: str, own: Sentences = ()) -> dict[str, Callable[..., str]]:
    """What `_()` and `trans` call: a sentence with its values, escaped in HTML.

    Args: `own` sentences of a company stand before those of the catalogue; in HTML theirs are escaped whole.
    """
    return _own_words(_catalog(folder, language), dict(own)) if own else _our_words(_catalog(folder, language))


def _our_words(catalog: NullTranslations) -> dict[str, Callable[..., str]]:
    @pass_context
    def gettext(context: Context, message: str, /, **values: Any) -> str:
        return _with_values(context, catalog.gettext(message), values)

    @pass_context
    def ngettext(context: Context, singular: str, plural: str, num: int, /, **values: Any) -> str:
        return _with_values(context, catalog.ngettext(singular, plural, int(num)), {"num": num, **values})

    _OURS.update((gettext, ngettext))
    return {"_": gettext, "gettext": gettext, "ngettext": ngettext, SENTENCE: catalog.gettext}


def _own_words(catalog: NullTranslations, own: Mapping[str, tuple[str, ...]]) -> dict[str, Callable[..., str]]:
    plural: Callable[[int], int] = getattr(catalog, "plural", lambda number: int(number != 1))

    @pass_context
    def gettext(context: Context, message: str, /, **values: Any) -> str:
        theirs = own.get(message)
        if theirs is None:
            return _with_values(context, catalog.gettext(message), values)
        return (escape(theirs[0]) if context.eval_ctx.autoescape else theirs[0]) % values

    @pass_context
    def ngettext(context: Context, singular: str, plural_form: str, num: int, /, **values: Any) -> str:
        theirs, said = own.get(singular), {"num": num, **values}
        if theirs is None:
            return _with_values(context, catalog.ngettext(singular, plural_form, int(num)), said)
        sentence = theirs[min(plural(int(num)), len(theirs) - 1)]
        return (escape(sentence) if context.eval_ctx.autoescape else sentence) % said

    @pass_context
    def sentence(context: Context, message: str) -> str:
        if message not in own:
            return catalog.gettext(message)
        return str(escape(own[message][0])) if context.eval_ctx.autoescape else own[message][0]

    return {"_": gettext, "gettext": gettext, "ngettext": ngettext, SENTENCE: sentence}


def filled(sentence: str, /, **values: Any) -> str:
    """A sentence of the text part with its values."""
    return sentence % values


def filled_in_html(sentence: str, /, **values: Any) -> Markup:
    """A sentence that is HTML already; each value that is not is escaped."""
    return Markup(sentence % {name: escaped(value) for name, value in values.items()})  # noqa: S704


def escaped(value: object) -> Markup:
    """As `markupsafe.escape`, at no cost for what is escaped already: most of what a mail puts together."""
    return value if type(value) is Markup else escape(value)


def _with_values(context: Context, sentence: str, values: Mapping[str, Any]) -> str:
    if not values:
        return _plain(sentence, html=context.eval_ctx.autoescape)
    if not context.eval_ctx.autoescape:
        return sentence % values
    return filled_in_html(sentence, **values)


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
