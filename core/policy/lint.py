"""What a policy says that cannot be meant: steps never reached, letters without words, harshness without a warning.

A policy that gets here is well formed; its schema refused everything else.
"""

from core.policy import lint_charges, lint_timing, lint_words
from core.policy.finding import Finding, Known
from core.policy.schema import Policy

__all__ = ["Finding", "Known", "lint"]

_NOTHING = Known()


def lint(policy: Policy, known: Known = _NOTHING) -> list[Finding]:
    """Everything found, in the order of the file as far as it names steps. Steps that are `off` are left alone."""
    found = [
        *lint_timing.findings(policy, known),
        *lint_charges.findings(policy, known),
        *lint_words.findings(policy, known),
    ]
    return sorted(found, key=lambda one: (one.path[0] == "steps", one.path[1:2] if one.path[0] == "steps" else ()))
