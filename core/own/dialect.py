"""What a template of a company may say: values, sentences, conditions and loops over them, and no more.

Templates run in Jinja's sandbox; this is the fence before it, so that a forbidden word is shown with its line when the
template is saved. Sources: CVE-2016-10745, CVE-2019-10906, CVE-2024-56326, CVE-2025-27516 (ways out of the sandbox).
"""

from collections.abc import Callable, Collection, Iterator, Mapping
from typing import Any, Final

from jinja2 import TemplateSyntaxError, nodes

from core.formats.errors import Code, InputError, clip, did_you_mean, listing
from core.render.render import template_environment
from core.values import dataclass

MAX_SOURCE: Final = 64 * 1024  # characters of one template
MAX_LOOPS: Final = 4  # loops within loops: late and coming, currencies, invoices, lines of a sum

FILTERS: Final = frozenset(
    {
        "capitalize", "e", "escape", "first", "host", "join", "last", "length", "list", "lower", "title", "trim",
        "unique", "upper", "wrap",
    }
)  # fmt: skip
BY_FIELD: Final = frozenset({"map", "rejectattr", "selectattr"})  # take the name of a field
TESTS: Final = frozenset({"divisibleby", "eq", "equalto", "even", "ge", "gt", "in", "le", "lt", "ne", "none", "odd"})
FUNCTIONS: Final = frozenset({"_", "gettext", "ngettext"})
_COUNTED: Final = "_trans"  # where Jinja itself keeps the number that chooses a plural
LOOP: Final = frozenset({"first", "index", "index0", "last", "length", "revindex", "revindex0"})

_ALLOWED: Final = (
    nodes.And, nodes.Add, nodes.Assign, nodes.AssignBlock, nodes.Call, nodes.Compare, nodes.Concat, nodes.CondExpr,
    nodes.Const, nodes.Dict, nodes.Filter, nodes.For, nodes.Getattr, nodes.Getitem, nodes.If, nodes.Keyword, nodes.List,
    nodes.Macro, nodes.Name, nodes.Neg, nodes.Not, nodes.Operand, nodes.Or, nodes.Output, nodes.Pair, nodes.Slice,
    nodes.Sub, nodes.Template, nodes.TemplateData, nodes.Test, nodes.Tuple,
)  # fmt: skip
_SAID: Final[Mapping[type[nodes.Node], str]] = {
    nodes.Import: "import",
    nodes.FromImport: "from ... import",
    nodes.Include: "include",
    nodes.Extends: "extends",
    nodes.Block: "block",
    nodes.CallBlock: "call",
    nodes.FilterBlock: "filter",
    nodes.Mul: "*",
    nodes.Pow: "**",
    nodes.Div: "/",
    nodes.FloorDiv: "//",
    nodes.Mod: "%",
}


@dataclass(frozen=True, slots=True)
class _Reading:
    """One template that is being read."""

    file: str
    fields: frozenset[str]  # of the message and of everything in it
    top: frozenset[str]  # of the message itself
    named: frozenset[str]  # what the template sets itself
    macros: frozenset[str]

    def forbidden(self, node: nodes.Node, what: str, hint: str | None = None) -> InputError:
        return InputError(
            Code.TEMPLATE_FORBIDDEN,
            self.file,
            node.lineno or 0,
            f"{clip(what)} is not allowed here",
            found=clip(what),
            hint=hint,
        )


def template_faults(
    source: str, file: str, *, html: bool, top: Collection[str], fields: Collection[str]
) -> list[InputError]:
    """What is wrong with a template as it is written: each fault with its line; empty where nothing is.

    Args: `top` the names of the message's own fields; `fields` those and the names within their values.
    """
    if len(source) > MAX_SOURCE:
        problem = f"{len(source):,} characters, a template has at most {MAX_SOURCE:,}"
        return [InputError(Code.TOO_LONG, file, 0, problem)]
    try:
        tree = template_environment(html=html).parse(source)
    except TemplateSyntaxError as error:
        return [InputError(Code.TEMPLATE_SYNTAX, file, error.lineno, error.message or "cannot be read as a template")]
    except RecursionError:
        return [InputError(Code.TEMPLATE_FORBIDDEN, file, 0, "is nested too deeply")]
    macros = frozenset(node.name for node in tree.find_all(nodes.Macro))
    stored = frozenset(node.name for node in tree.find_all(nodes.Name) if node.ctx in ("store", "param"))
    reading = _Reading(file, frozenset(fields) | LOOP, frozenset(top), stored | macros | {"loop"}, macros)
    found = [*_walk(tree, reading, 0)]
    return sorted(found, key=lambda error: error.line)


def _walk(node: nodes.Node, reading: _Reading, depth: int) -> Iterator[InputError]:
    if not isinstance(node, _ALLOWED):
        yield reading.forbidden(node, _SAID.get(type(node), type(node).__name__.lower()))
        return
    rule = _RULES.get(type(node))
    if rule:
        yield from rule(node, reading)
    if isinstance(node, nodes.For):
        depth += 1
        if depth > MAX_LOOPS or node.recursive:
            yield reading.forbidden(node, f"a loop within {depth - 1} others")
    for child in node.iter_child_nodes():
        yield from _walk(child, reading, depth)


def _name(node: Any, reading: _Reading) -> Iterator[InputError]:
    if node.name == _COUNTED:
        return
    if node.ctx != "load":
        if node.name in reading.top or node.name in FUNCTIONS or node.name.startswith("_"):
            yield reading.forbidden(node, f"setting {node.name}", "choose a name of your own")
        return
    if node.name not in reading.top | reading.named | FUNCTIONS:
        yield _unknown(node, node.name, sorted(reading.top | reading.named), reading)


def _macro(node: Any, reading: _Reading) -> Iterator[InputError]:
    if node.name in reading.top or node.name in FUNCTIONS or node.name.startswith("_"):
        yield reading.forbidden(node, f"setting {node.name}", "choose a name of your own")


def _attribute(node: Any, reading: _Reading) -> Iterator[InputError]:
    if node.attr.startswith("_"):
        yield reading.forbidden(node, f".{node.attr}")
    elif node.attr not in reading.fields:
        yield _unknown(node, node.attr, sorted(reading.fields), reading)


def _item(node: Any, reading: _Reading) -> Iterator[InputError]:
    plain = isinstance(node.arg, nodes.Const) and isinstance(node.arg.value, int)
    known = isinstance(node.arg, (nodes.Slice, nodes.Getattr)) or plain
    if not known and not (isinstance(node.node, nodes.Name) and node.node.name in reading.named):
        yield reading.forbidden(node, "looking a value up by a name in brackets", "write it as value.name")


def _call(node: Any, reading: _Reading) -> Iterator[InputError]:
    called = node.node.name if isinstance(node.node, nodes.Name) else None
    if called not in FUNCTIONS and called not in reading.macros:
        what = f"calling {called or getattr(node.node, 'attr', 'a value')}()"
        yield reading.forbidden(node, what, "only _() and macros of this template can be called")
    if node.dyn_args is not None or node.dyn_kwargs is not None:
        yield reading.forbidden(node, "handing over a list of values at once")


def _filter(node: Any, reading: _Reading) -> Iterator[InputError]:
    if node.name in BY_FIELD:
        if not _names_one(node, reading):
            yield reading.forbidden(node, f"|{node.name} of something that is no field")
    elif node.name not in FILTERS:
        allowed = listing(sorted(FILTERS))
        yield reading.forbidden(node, f"|{node.name}", did_you_mean(node.name, FILTERS) or f"filters: {allowed}")


def _names_one(node: Any, reading: _Reading) -> bool:
    """Whether a filter over a list names one field, or `map` one filter that is allowed by itself."""
    named = [one.value if isinstance(one, nodes.Const) else None for one in node.args]
    field = [one.value.value if isinstance(one.value, nodes.Const) else None for one in node.kwargs]
    if node.name == "map" and not field:
        return len(named) == 1 and named[0] in FILTERS
    if node.name == "map":
        return not named and [one.key for one in node.kwargs] == ["attribute"] and field[0] in reading.fields
    return not field and len(named) == 1 and named[0] in reading.fields


def _test(node: Any, reading: _Reading) -> Iterator[InputError]:
    if node.name not in TESTS:
        allowed = listing(sorted(TESTS))
        hint = "every field is always there; empty ones are false" if "defined" in node.name else f"tests: {allowed}"
        yield reading.forbidden(node, f"is {node.name}", hint)


_RULES: Final[Mapping[type[nodes.Node], Callable[[Any, _Reading], Iterator[InputError]]]] = {
    nodes.Name: _name,
    nodes.Macro: _macro,
    nodes.Getattr: _attribute,
    nodes.Getitem: _item,
    nodes.Call: _call,
    nodes.Filter: _filter,
    nodes.Test: _test,
}


def _unknown(node: nodes.Node, name: str, known: list[str], reading: _Reading) -> InputError:
    return InputError(
        Code.UNKNOWN_REF, reading.file, node.lineno or 0, f"there is no value '{clip(name)}'", found=clip(name),
        allowed=listing(known), hint=did_you_mean(name, known) or "`pastdue template fields` lists all of them",
    )  # fmt: skip
