"""Which values of a template are made of its own words only, so that nothing of a customer can stand in a tag."""

from collections.abc import Collection, Iterable, Iterator
from typing import Final

from jinja2 import TemplateSyntaxError, nodes

from core.render.render import template_environment

# fields that hold a fixed choice or a colour that was checked when the entity was configured
_HARMLESS: Final = frozenset({"brand.color", "brand.ink", "direction", "language"})
_YES_OR_NO: Final = (nodes.Compare, nodes.Not, nodes.Test, nodes.Const, nodes.TemplateData)


def own_names(source: str) -> frozenset[str]:
    """The names that a template sets to words of its own, whatever the message holds; none if it cannot be read."""
    try:
        tree = template_environment(html=True).parse(source)
    except (TemplateSyntaxError, RecursionError):
        return frozenset()
    made = [(name, frozenset(flowing)) for name, flowing in _made(tree)]
    names = {name for name, _ in made}
    while foreign := {name for name, flowing in made if name in names and not _harmless(flowing, names)}:
        names -= foreign
    return frozenset(names)


def is_own(expression: str, names: frozenset[str]) -> bool:
    """Whether a value in a template says only what the template itself says; `names` from `own_names`."""
    try:
        tree = template_environment(html=True).parse(f"{{{{ {expression} }}}}")
    except (TemplateSyntaxError, RecursionError):
        return False
    return _harmless(_flowing(tree), names)


def _made(tree: nodes.Template) -> Iterator[tuple[str, Iterable[str]]]:
    """Every name that is set, with what flows into it; one of several that are set at once has all of that."""
    for assigned in tree.find_all(nodes.Assign):
        for name in _targets(assigned.target):
            yield name, _flowing(assigned.node)
    for block in tree.find_all(nodes.AssignBlock):
        for name in _targets(block.target):
            yield name, _flowing(nodes.Output(block.body))
    for loop in tree.find_all(nodes.For):
        for name in _targets(loop.target):
            yield name, _flowing(loop.iter)
    for macro in tree.find_all(nodes.Macro):
        given = {argument.name for argument in macro.args}  # told by each call, where they flow in again
        yield macro.name, set(_flowing(nodes.Output(macro.body))) - given


def _targets(target: nodes.Node) -> list[str]:
    inner = [node.name for node in target.find_all(nodes.Name)]
    return [*inner, target.name] if isinstance(target, nodes.Name) else inner


def _harmless(flowing: Iterable[str], names: Collection[str]) -> bool:
    return all(one in names or one in _HARMLESS or one.startswith("loop.") for one in flowing)


def _flowing(node: nodes.Node) -> Iterator[str]:
    """What of the message comes out where a value is printed; conditions choose, they do not flow."""
    if isinstance(node, _YES_OR_NO):
        return
    if isinstance(node, nodes.Getattr):
        yield f"{node.node.name}.{node.attr}" if isinstance(node.node, nodes.Name) else f"?.{node.attr}"
        return
    if isinstance(node, nodes.Name):
        yield node.name
        return
    for child in _printed(node):
        yield from _flowing(child)


def _printed(node: nodes.Node) -> Iterator[nodes.Node]:
    match node:
        case nodes.CondExpr():
            yield node.expr1
            if node.expr2 is not None:
                yield node.expr2
        case nodes.If():
            yield from (*node.body, *node.elif_, *node.else_)
        case nodes.For():
            yield from (*node.body, *node.else_)
        case _:
            yield from node.iter_child_nodes()
