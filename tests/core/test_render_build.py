"""The build of the templates leaves out what a part never says, and nothing else."""

import pytest
from jinja2 import nodes

from core.render.render import template_environment
from local.template_trees import leave_out_unsaid


@pytest.mark.parametrize(("source", "kept"), [
    ("{% set a = 1 %}{{ a }}", ["a"]),
    ("{% set a = 1 %}{% set b = 2 %}{{ b }}", ["b"]),
    ("{% set a = 1 %}{% set b = a %}{{ b }}", ["a", "b"]),
    ("{% set a = 1 %}{% set b = a %}x", []),  # b is said by nobody, so neither is a
    ("{% set a %}{% trans n=x %}{{ n }}{% endtrans %}{% endset %}{{ a }}", ["a"]),
    ("{% set a %}{{ x }}{% endset %}{% if y %}{{ a }}{% endif %}", ["a"]),
    ("{% macro m(x) %}{{ m(x) }}{% endmacro %}x", []),  # only itself
    ("{% macro m(x) %}{{ x }}{% endmacro %}{% set a = 2 %}{{ m(a) }}", ["m", "a"]),
    ("{% set a = a ~ 1 %}x", []),
    ("{% set a = 1 %}{% set a = a + 1 %}{{ a }}", ["a", "a"]),
    ("{% for a in x %}{{ a }}{% endfor %}", []),
    ("{% set a, b = x %}y", ["?"]),  # two names at once are left alone
])  # fmt: skip
def test_what_is_said_stays(source: str, kept: list[str]) -> None:
    tree = template_environment(html=False).parse(source)
    leave_out_unsaid(tree)
    found = []
    for node in tree.body:
        if isinstance(node, nodes.Macro):
            found.append(node.name)
        elif isinstance(node, nodes.Assign | nodes.AssignBlock):
            found.append(getattr(node.target, "name", "?"))
    assert found == kept
