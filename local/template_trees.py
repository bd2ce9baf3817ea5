"""Reading and changing the trees of templates: which names a part needs and leaves behind, what is never said."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final, TypeAlias

from jinja2 import nodes

Bound: TypeAlias = frozenset[str]
_NONE: Final[Bound] = frozenset()
LOOP: Final[Bound] = frozenset({"loop"})


# ---------- what is left out ----------
def leave_out_unsaid(tree: nodes.Template, wanted: Iterable[str] = ()) -> None:
    """Drop the sentences and macros of a template that it never says: parts share their words, and each says a few.

    Only of templates that are rendered whole, or asked for the `wanted` names; of others any name may be asked for.
    """
    reads = [Counter(loads(node)) for node in tree.body]
    loaded = sum(reads, Counter(wanted))
    kept = list(zip(tree.body, reads, strict=True))
    while unsaid := [(node, read) for node, read in kept if not _is_said(node, read, loaded)]:
        loaded -= sum((read for _, read in unsaid), Counter())
        gone = {id(node) for node, _ in unsaid}
        kept = [(node, read) for node, read in kept if id(node) not in gone]
    tree.body = [node for node, _ in kept]


def loads(tree: nodes.Node) -> list[str]:
    return [name.name for name in tree.find_all(nodes.Name) if name.ctx == "load"]


def _is_said(node: nodes.Node, read: Counter[str], loaded: Counter[str]) -> bool:
    """False for a definition whose name nothing outside of it loads."""
    name = defined(node)
    return name is None or loaded[name] > read[name]


def defined(node: nodes.Node) -> str | None:
    """The one name that a statement defines."""
    match node:
        case nodes.Macro(name=name):
            return str(name)
        case nodes.Assign(target=nodes.Name(name=name)) | nodes.AssignBlock(target=nodes.Name(name=name)):
            return str(name)
    return None


def leave_out_overwritten(tree: nodes.Template) -> None:
    """Drop what a kind says in its own way further down, unless something, or a macro, may have read it before."""
    kept: list[nodes.Node] = []
    names, reads = [defined(node) for node in tree.body], [frozenset(loads(node)) for node in tree.body]
    for place, (node, name) in enumerate(zip(tree.body, names, strict=True)):
        again = names.index(name, place + 1) if name and name in names[place + 1 :] else None
        macros = [n for n in range(place) if isinstance(tree.body[n], nodes.Macro)]
        if again is None or any(name in reads[n] for n in (*range(place + 1, again + 1), *macros)):
            kept.append(node)
    tree.body = kept


def say_at_once(tree: nodes.Template) -> None:
    """`trans` keeps the value of a call under a name of its own; said where it is used, the sentence stands alone."""
    for block in [tree, *tree.find_all((nodes.AssignBlock, nodes.Macro, nodes.If, nodes.For))]:
        for field in ("body", "else_"):
            statements = getattr(block, field, None)
            if statements:
                setattr(block, field, list(_at_once(statements)))


def _at_once(statements: list[nodes.Node]) -> Iterator[nodes.Node]:
    kept: nodes.Assign | None = None
    for node in statements:
        if kept is None and isinstance(node, nodes.Assign) and defined(node) == "_trans":
            kept = node
            continue
        if kept is not None:
            if loads(node).count("_trans") == 1:
                node = replaced(node, {"_trans": kept.node})  # noqa: PLW2901  # the same sentence
            else:
                yield kept
            kept = None
        yield node


def replaced(node: Any, values: Mapping[str, nodes.Node]) -> Any:
    """The node with expressions in the place of names."""
    if isinstance(node, nodes.Name) and node.ctx == "load":
        return values.get(node.name, node)
    return with_fields(node, lambda child: replaced(child, values))


def with_fields(node: nodes.Node, change: Any) -> nodes.Node:
    """A node like this one, each of its children changed."""

    def changed(value: Any) -> Any:
        if isinstance(value, list):
            return [changed(item) for item in value]
        return change(value) if isinstance(value, nodes.Node) else value

    whole = type(node)(*(changed(getattr(node, field)) for field in node.fields), lineno=node.lineno)
    return whole.set_environment(node.environment) if node.environment else whole


# ---------- what a node needs ----------
def free_names(node: nodes.Node, bound: Bound = _NONE) -> Iterator[str]:
    """The names that a node loads from around it."""
    match node:
        case nodes.Name():
            if node.ctx == "load" and node.name not in bound:
                yield node.name
        case nodes.For():
            inner = bound | targets(node.target) | LOOP
            yield from free_names(node.iter, bound)
            yield from free_names(node.test, inner) if node.test else ()
            yield from _free_in(node.body, inner)
            yield from _free_in(node.else_, bound)
        case nodes.Macro():
            yield from (name for value in node.defaults for name in free_names(value, bound))
            yield from _free_in(node.body, bound | {node.name, *arguments(node)})
        case _:
            for _, value in node.iter_fields():
                if isinstance(value, list):
                    yield from _free_in((inner for inner in value if isinstance(inner, nodes.Node)), bound)
                elif isinstance(value, nodes.Node):
                    yield from free_names(value, bound)


def _free_in(statements: Iterable[nodes.Node], bound: Bound) -> Iterator[str]:
    for node in statements:
        yield from free_names(node, bound)
        name = defined(node)
        bound = bound | {name} if name else bound


def targets(target: nodes.Node) -> Bound:
    return frozenset(name.name for name in (target, *target.find_all(nodes.Name)) if isinstance(name, nodes.Name))


def all_defined(node: nodes.Node) -> list[str]:
    """Every name that a statement leaves behind."""
    if isinstance(node, nodes.Assign):
        return sorted(targets(node.target))
    if isinstance(node, nodes.If):
        return [name for inner in (*node.body, *node.elif_, *node.else_) for name in all_defined(inner)]
    name = defined(node)
    return [name] if name else []


def arguments(macro: nodes.Macro) -> tuple[str, ...]:
    return tuple(str(argument.name) for argument in macro.args)


def together(statements: list[nodes.Node]) -> list[nodes.Node]:
    """The statements, with values that follow one another in one."""
    found: list[nodes.Node] = []
    for node in statements:
        if isinstance(node, nodes.Output) and found and isinstance(found[-1], nodes.Output):
            found[-1].nodes = [*found[-1].nodes, *node.nodes]
        else:
            found.append(node)
    return found


def one_by_one(statements: list[nodes.Node]) -> Iterator[nodes.Node]:
    """The statements, with each value that is written as a statement of its own."""
    for node in statements:
        if isinstance(node, nodes.Output):
            yield from (nodes.Output([value], lineno=node.lineno) for value in node.nodes)
        else:
            yield node
