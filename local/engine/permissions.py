"""Would AWS allow it? A small evaluator of the policies that the stack really has.

Knows what our template uses; anything else in a policy raises, so that nothing passes by not being understood.
"""

import fnmatch
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any, Final

Document = Mapping[str, Any]


class PolicyNotUnderstoodError(NotImplementedError):
    """A policy uses an element that this evaluator does not know."""


@dataclass(frozen=True, slots=True)
class Need:
    """One thing a caller must be allowed to do; `context` holds condition keys in lower case."""

    action: str
    resource: str
    context: tuple[tuple[str, str], ...] = field(default=())

    def __str__(self) -> str:
        extra = ", ".join(f"{key} = {value}" for key, value in self.context)
        return f"{self.action} on {self.resource}" + (f" with {extra}" if extra else "")


def allowed(policies: Iterable[Document], need: Need, *, principal: tuple[str, str] | None = None) -> bool:
    """Whether some statement allows the need and none denies it.

    Args: `principal` is ("Service" or "AWS", name) for a resource's policy, None for a role's own.
    """
    effects = {
        statement["Effect"]
        for policy in policies
        for statement in _listed(policy["Statement"])
        if _applies(statement, need, principal)
    }
    return "Allow" in effects and "Deny" not in effects


def _applies(statement: Document, need: Need, principal: tuple[str, str] | None) -> bool:
    if unknown := {"NotAction", "NotResource", "NotPrincipal"} & set(statement):
        raise PolicyNotUnderstoodError(f"{', '.join(sorted(unknown))} in statement {statement.get('Sid', '?')}")
    return (
        (principal is None or _is_named(statement.get("Principal", {}), principal))
        and any(_like(need.action.lower(), pattern.lower()) for pattern in _listed(statement["Action"]))
        and any(_like(need.resource, pattern) for pattern in _listed(statement["Resource"]))
        and _conditions_hold(statement.get("Condition", {}), dict(need.context))
    )


def _is_named(named: Any, principal: tuple[str, str]) -> bool:
    if named == "*":
        return True
    kind, name = principal
    return any(pattern in ("*", name) for pattern in _listed(named.get(kind, [])))


def _conditions_hold(conditions: Document, context: Mapping[str, str]) -> bool:
    for operator, keys in conditions.items():
        if operator not in _OPERATORS:
            raise PolicyNotUnderstoodError(f"condition {operator}")
        for key, wanted in keys.items():
            value = context.get(key.lower())
            if value is None and operator.startswith("ForAllValues:"):
                continue  # of no value all is true
            if value is None or not any(_OPERATORS[operator](value, str(choice)) for choice in _listed(wanted)):
                return False
    return True


def _listed(value: Any) -> list[Any]:
    return list(value) if isinstance(value, (list, tuple)) else [value]


@lru_cache(maxsize=1024)
def _pattern(text: str) -> re.Pattern[str]:
    return re.compile(fnmatch.translate(text.replace("[", "[[]")))  # only * and ? are special in IAM


def _like(value: str, pattern: str) -> bool:
    return value == pattern or _pattern(pattern).match(value) is not None


_OPERATORS: Final[dict[str, Callable[[str, str], bool]]] = {
    "ForAllValues:StringLike": _like,  # every request here has one value
    "StringEquals": lambda value, wanted: value == wanted,
    "StringLike": _like,
    "ArnEquals": _like,  # AWS treats both alike
    "ArnLike": _like,
    "Bool": lambda value, wanted: value.lower() == wanted.lower(),
}
