"""The cost of moto's UpdateItem, cut where it grows with the square of the expression.

moto checks overlap and counts of clauses anew at each of the nested nodes of `SET a = :a, b = :b, ...`, though the
check of the whole covers its parts; each of its ten visitors asks every node, through abstract classes, what kind it
is; it parses twice, and copies the tree by the general means. What is checked and done stays moto's: a property test
compares.
"""

import copy
from contextlib import ExitStack
from functools import cache, lru_cache
from typing import Any, Final

from moto.dynamodb.exceptions import MockValidationException
from moto.dynamodb.parsing import ast_nodes, expressions, validators

from local.engine.bridge.patching import replace

# Moto keeps these classes from the type checker.
Node: Final[Any] = ast_nodes.Node  # type: ignore[attr-defined]
Parser: Final[Any] = expressions.UpdateExpressionParser  # type: ignore[attr-defined]
Visitor: Final[Any] = ast_nodes.DepthFirstTraverser  # type: ignore[attr-defined]
_WITH_CLAUSES: Final[Any] = (ast_nodes.Expression, ast_nodes.UpdateExpressionFunction)  # type: ignore[attr-defined]


def lean_updates(undo: ExitStack) -> None:
    """Visit each node once per visitor, until `undo` closes."""
    stock = Visitor.traverse_node_recursively

    def traverse(self: Any, node: Any) -> Any:
        processors = self._processing_map()
        told = type(self).pre_processing_of_child is not Visitor.pre_processing_of_child
        return _visit(self, node, -1, processors, tuple(processors), told) if _is_node(node.__class__) else node

    def whole_only(check: str) -> Any:
        def traverse_whole(self: Any, node: Any) -> Any:
            try:
                return getattr(self, check)(node)
            except MockValidationException:
                return stock(self, node)  # raises in its own words, about the innermost node

        return traverse_whole

    replace(undo, Visitor, "traverse", traverse)
    replace(undo, validators.OverlappingPathsValidator, "traverse", whole_only("check_for_overlapping_paths"))
    replace(undo, validators.ActionCountValidator, "traverse", whole_only("verify_action_counts"))
    replace(undo, validators, "deepcopy", _copied)
    replace(undo, Node, "find_clauses", _clauses)
    # Parsed twice for each call, by the response and by the backend; only copies of the tree are ever changed.
    replace(undo, Parser, "make", staticmethod(lru_cache(maxsize=1024)(Parser.make)))


def _visit(
    visitor: Any, node: Any, child_id: int, processors: dict[type, Any], kinds: tuple[type, ...], told: bool
) -> Any:
    """As moto's own: depth first, children before their parent, a processed node in the place of the one before."""
    parent = node.parent
    for position, child in enumerate(node.children or ()):
        if told:  # of each child before it is visited
            visitor.pre_processing_of_child(node, position)
        if _is_node(child.__class__):
            _visit(visitor, child, position, processors, kinds, told)
    handled = _handled_as(node.__class__, kinds)
    if handled is not None:
        node = processors[handled](node)
        node.parent = parent
        if parent:
            parent.children[child_id] = node
    return node


def _clauses(node: Any, wanted: Any) -> list[Any]:
    """As moto's own: those below a node, in their order, not going into one that is found."""
    found, waiting = list[Any](), list(reversed(node.children or ()))
    while waiting:
        child = waiting.pop()
        if type(child) in wanted:
            found.append(child)
        elif _holds_clauses(child.__class__):
            waiting.extend(reversed(child.children or ()))
    return found


def _copied(value: Any) -> Any:
    """A tree of its own; what is no node is copied by the general means."""
    if not _is_node(value.__class__):
        return value if isinstance(value, str) else copy.deepcopy(value)
    twin = object.__new__(type(value))
    vars(twin).update(vars(value), parent=None)
    if value.children is not None:
        twin.children = [_copied(child) for child in value.children]
        for child in twin.children:
            if _is_node(child.__class__):
                child.parent = twin
    return twin


@cache
def _is_node(kind: Any) -> bool:
    return issubclass(kind, Node)


@cache
def _holds_clauses(kind: Any) -> bool:
    return issubclass(kind, _WITH_CLAUSES)


@cache
def _handled_as(kind: Any, handled: tuple[Any, ...]) -> Any:
    """The first of a visitor's classes that a node's class is one of."""
    return next((key for key in handled if issubclass(kind, key)), None)
