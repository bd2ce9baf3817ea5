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
Forms: TypeAlias = Callable[[int], str]
SAYING: Final = frozenset({"_", "gettext", "ngettext"})  # the names of the functions in a template
# The build parts a sentence with values in two, so that it is looked up once for many mails: a function that gives
# the sentence, or the one that chooses among its plural forms, and a filter that fills the values in.
SENTENCE: Final = "_sentence"
FILLED: Final = "filled"
FORMS: Final = "_forms"
COUNTED: Final = "counted"
_OURS: Final[set[Callable[..., str]]] = set()  # the functions that say our own sentences, one pair a language


class TemplatesNotCompiledError(RuntimeError):
    """The compiled templates are missing; says which file and what to run."""

    def __init__(self, missing: Path) -> None:
        super().__init__(f"{missing} is missing: run `python -m local.compile_templates` (part of `make setup`)")


def is_ours(function: Callable[..., Any]) -> bool:
    """True for a function that says our own sentences."""
    return function in _OURS


@lru_cache(maxsize=64)
def words(folder: Path, language: str, own: Sentences = ()) -> dict[str, Callable[..., Any]]:
    """What `_()` and `trans` call: a sentence with its values, escaped in HTML.

    Args: `own` sentences of a company stand before those of the catalogue; in HTML theirs are escaped whole.
    """
    catalog = _catalog(folder, language)
    sentence, forms = _theirs(catalog, dict(own)) if own else _ours(catalog)

    @pass_context
    def gettext(context: Context, message: str, /, **values: Any) -> str:
        return _filled(context, sentence(context, message), values)

    @pass_context
    def ngettext(context: Context, singular: str, plural: str, num: int, /, **values: Any) -> str:
        return _filled(context, forms(context, singular, plural)(int(num)), {"num": num, **values})

    if not own:
        _OURS.update((gettext, ngettext))
    return {"_": gettext, "gettext": gettext, "ngettext": ngettext, SENTENCE: sentence, FORMS: forms}


def _ours(catalog: NullTranslations) -> tuple[Callable[[Context, str], str], Callable[[Context, str, str], Forms]]:
    @pass_context
    def sentence(_: Context, message: str) -> str:
        return catalog.gettext(message)

    @pass_context
    def forms(_: Context, singular: str, plural: str) -> Forms:
        return lambda num: catalog.ngettext(singular, plural, num)

    return sentence, forms


def _theirs(
    catalog: NullTranslations, own: Mapping[str, tuple[str, ...]]
) -> tuple[Callable[[Context, str], str], Callable[[Context, str, str], Forms]]:
    form_of: Callable[[int], int] = getattr(catalog, "plural", lambda number: int(number != 1))

    def said(context: Context, sentence: str) -> str:
        return str(escape(sentence)) if context.eval_ctx.autoescape else sentence

    @pass_context
    def sentence(context: Context, message: str) -> str:
        return said(context, own[message][0]) if message in own else catalog.gettext(message)

    @pass_context
    def forms(context: Context, singular: str, plural: str) -> Forms:
        if singular not in own:
            return lambda num: catalog.ngettext(singular, plural, num)
        theirs = [said(context, one) for one in own[singular]]
        return lambda num: theirs[min(form_of(num), len(theirs) - 1)]

    return sentence, forms


def filled(sentence: str, /, **values: Any) -> str:
    """A sentence of the text part with its values."""
    return sentence % values


def filled_in_html(sentence: str, /, **values: Any) -> Markup:
    """A sentence that is HTML already; each value that is not is escaped."""
    return Markup(sentence % {name: escaped(value) for name, value in values.items()})  # noqa: S704


def counted(forms: Forms, num: int, /, **values: Any) -> str:
    """The form for a number, in the text part."""
    return forms(int(num)) % {"num": num, **values}


def counted_in_html(forms: Forms, num: int, /, **values: Any) -> Markup:
    """The form for a number, in HTML."""
    return filled_in_html(forms(int(num)), **{"num": num, **values})


def escaped(value: object) -> Markup:
    """As `markupsafe.escape`, at no cost for what is escaped already: most of what a mail puts together."""
    return value if type(value) is Markup else escape(value)


def _filled(context: Context, sentence: str, values: Mapping[str, Any]) -> str:
    return filled_in_html(sentence, **values) if context.eval_ctx.autoescape else filled(sentence, **values)


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
