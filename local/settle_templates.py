"""What a template says alike in many mails, taken out of it: said once for each language and sender, and kept.

A template is parted in two. The settled part has every sentence, macro and stretch of text that depends on nothing but
`core.render.render.SETTLED`: words without values, styles, brand, footers. The rest stands as it was written, with a
name in the place of each such stretch; rendering fills the names in. People edit one template and see nothing of it.
"""

from collections import Counter
from dataclasses import dataclass
from typing import Any, Final

from jinja2 import nodes

from core.render.render import SETTLED
from core.render.words import COUNTED, FILLED, FORMS, SAYING, SENTENCE
from local.template_trees import (
    LOOP,
    Bound,
    all_defined,
    arguments,
    free_names,
    leave_out_overwritten,
    leave_out_unsaid,
    loads,
    one_by_one,
    replaced,
    say_at_once,
    targets,
    together,
    with_fields,
)

_NONE: Final[Bound] = frozenset()
STRETCH: Final = "stretch_"  # how names of text begin that is as it goes out


def parted(tree: nodes.Template) -> tuple[nodes.Template, nodes.Template]:
    """The settled part and the rest of a template that is rendered whole; the tree itself is used up."""
    say_at_once(tree)
    leave_out_overwritten(tree)
    leave_out_unsaid(tree)
    parting = _Parting(tree)
    rest = nodes.Template(parting.rest(tree.body), lineno=1)
    leave_out_unsaid(rest)
    settled = nodes.Template(parting.settled, lineno=1)
    leave_out_unsaid(settled, wanted=loads(rest))
    for whole in (settled, rest):
        whole.set_environment(tree.environment)  # type: ignore[arg-type]  # set by the parser
    return settled, rest


class _Parting:
    """One template on its way into two: `settled` grows while the rest is written."""

    def __init__(self, tree: nodes.Template) -> None:
        defined = Counter(name for node in tree.body for name in all_defined(node))
        self.settled: list[nodes.Node] = []
        self._once = {name for name, times in defined.items() if times == 1}
        self._known = (set(SETTLED) | SAYING | {SENTENCE, FORMS}) - set(defined)
        self._stretches: dict[str, str] = {}  # what is settled -> the name that it is kept under
        self._brief: dict[str, _Brief] = {}

    def rest(self, statements: list[nodes.Node]) -> list[nodes.Node]:
        """What is left of the top of a template."""
        kept: list[nodes.Node] = []
        for node in statements:
            names = all_defined(node)
            if isinstance(node, nodes.Macro):
                self._note_brief(node)
            if names and set(names) <= self._once and self._is_settled(node, _NONE):
                self.settled.append(self._statement(node, _NONE) if isinstance(node, nodes.Macro) else node)
                self._known |= set(names)
            else:
                kept.append(node)
        return self._statements(kept, _NONE)

    def _is_settled(self, node: nodes.Node, bound: Bound) -> bool:
        free = set(free_names(node))
        return free <= self._known and not free & bound

    def _note_brief(self, macro: nodes.Macro) -> None:
        match macro.body:
            case [nodes.Output(nodes=[nodes.Expr() as said])]:
                test = None
            case [nodes.If(test=test, elif_=[], else_=[nodes.Output(nodes=[nodes.Expr() as said])])]:
                if not self._is_settled(test, frozenset(arguments(macro))):
                    return
            case _:
                return
        if macro.name in self._once and not macro.defaults and not isinstance(said, nodes.TemplateData):
            self._brief[macro.name] = _Brief(arguments(macro), said, test)

    # ----- statements -----
    def _statements(self, statements: list[nodes.Node], bound: Bound) -> list[nodes.Node]:
        """The statements with each settled stretch of them as one name."""
        found: list[nodes.Node] = []
        stretch: list[nodes.Node] = []
        for node in one_by_one(statements):
            if not all_defined(node) and self._is_settled(node, bound):
                stretch.append(node)
                continue
            found += self._kept(stretch)
            stretch = []
            found.append(self._statement(node, bound))
            bound = bound | set(all_defined(node))
        return together([*found, *self._kept(stretch)])

    def _kept(self, stretch: list[nodes.Node]) -> list[nodes.Node]:
        """A stretch under a name; bare text and bare names stay as they are."""
        values = [value for node in stretch for value in (node.nodes if isinstance(node, nodes.Output) else [node])]
        if all(isinstance(value, nodes.TemplateData) for value in values) or (
            len(values) == 1 and isinstance(values[0], nodes.Name)
        ):
            return [nodes.Output(values, lineno=stretch[0].lineno)] if values else []
        line = stretch[0].lineno
        name, is_new = self._name_of(values, STRETCH)
        if is_new:
            self.settled.append(nodes.AssignBlock(nodes.Name(name, "store", lineno=line), None, stretch, lineno=line))
        return [nodes.Output([nodes.Name(name, "load", lineno=line)], lineno=line)]

    def _name_of(self, what: object, begin: str = "settled_") -> tuple[str, bool]:
        """The name for it, and whether it has just got one."""
        key = repr(what)
        is_new = key not in self._stretches
        return self._stretches.setdefault(key, f"{begin}{len(self._stretches)}"), is_new

    def _statement(self, node: nodes.Node, bound: Bound) -> nodes.Node:
        match node:
            case nodes.Output():
                node.nodes = [self._expression(value, bound) for value in node.nodes]
            case nodes.If():
                node.test = self._expression(node.test, bound)
                node.body = self._statements(node.body, bound)
                node.elif_ = [self._statement(other, bound) for other in node.elif_]  # type: ignore[misc]
                node.else_ = self._statements(node.else_, bound)
            case nodes.For():
                node.iter = self._expression(node.iter, bound)
                inner = bound | targets(node.target) | LOOP
                node.test = self._expression(node.test, inner) if node.test else None
                node.body = self._statements(node.body, inner)
                node.else_ = self._statements(node.else_, bound)
            case nodes.Macro():
                node.body = self._statements(node.body, bound | {node.name, *arguments(node)})
            case nodes.AssignBlock():
                node.body = self._statements(node.body, bound)
            case nodes.Assign():
                node.node = self._expression(node.node, bound)
        return node

    # ----- expressions -----
    def _expression(self, node: Any, bound: Bound) -> Any:
        """The expression with each settled part of it as a name."""
        if not isinstance(node, nodes.Expr) or isinstance(node, nodes.Slice):  # nothing that stands alone
            return with_fields(node, lambda child: self._expression(child, bound))
        if isinstance(node, nodes.Const | nodes.TemplateData | nodes.Name):
            return node
        if self._is_settled(node, bound):
            name, is_new = self._name_of(node)
            if is_new:
                target = nodes.Name(name, "store", lineno=node.lineno)
                self.settled.append(nodes.Assign(target, node, lineno=node.lineno))
            return nodes.Name(name, "load", lineno=node.lineno)
        if isinstance(node, nodes.Call) and isinstance(node.node, nodes.Name):
            return self._call(node, node.node.name, bound)
        return with_fields(node, lambda child: self._expression(child, bound))

    def _call(self, call: nodes.Call, name: str, bound: Bound) -> Any:
        """A call; of a macro that says one thing, that thing; of a sentence with values, the sentence filled in."""
        brief = self._brief.get(name)
        if brief is not None and brief.fits(call, bound):
            said = self._expression(brief.said_with(call.args), bound)
            if brief.test is None:
                return said
            return nodes.CondExpr(self._expression(brief.test, bound), call, said, lineno=call.lineno)
        args = [self._expression(value, bound) for value in call.args]
        kwargs = [self._expression(value, bound) for value in call.kwargs]
        parts = _SENTENCES.get((name, len(args)))
        if parts is not None and all(isinstance(message, nodes.Const) for message in args[: parts.messages]):
            messages, given = args[: parts.messages], args[parts.messages :]
            said = nodes.Call(nodes.Name(parts.gives, "load"), messages, [], None, None, lineno=call.lineno)
            return nodes.Filter(
                self._expression(said, bound), parts.fills, given, kwargs, None, None, lineno=call.lineno
            )
        return nodes.Call(call.node, args, kwargs, None, None, lineno=call.lineno)


@dataclass(frozen=True)
class _Sentence:
    """How a call that says a sentence is parted."""

    messages: int  # how many of its arguments are ours, in English
    gives: str  # the function
    fills: str  # the filter


_SENTENCES: Final = {
    ("_", 1): _Sentence(1, SENTENCE, FILLED),
    ("gettext", 1): _Sentence(1, SENTENCE, FILLED),
    ("ngettext", 3): _Sentence(2, FORMS, COUNTED),
}


@dataclass(frozen=True)
class _Brief:
    """A macro that says one expression, or does so unless something settled is true."""

    arguments: tuple[str, ...]
    said: nodes.Expr
    test: nodes.Expr | None

    def fits(self, call: nodes.Call, bound: Bound) -> bool:
        """Whether the expression can stand where the call stands."""
        around = set(free_names(self.said)) - set(self.arguments)
        often = {name for name in self.arguments if loads(self.said).count(name) > 1}
        return (
            len(call.args) == len(self.arguments)
            and not (call.kwargs or call.dyn_args or call.dyn_kwargs)
            and not around & bound
            and not any(
                name in often and not isinstance(value, nodes.Name | nodes.Getattr | nodes.Const)
                for name, value in zip(self.arguments, call.args, strict=True)
            )
        )

    def said_with(self, values: list[nodes.Expr]) -> nodes.Expr:
        said: nodes.Expr = replaced(self.said, dict(zip(self.arguments, values, strict=True)))
        return said
