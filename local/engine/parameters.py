"""What CloudFormation checks before it creates anything, and moto does not: parameters and the template's Rules."""

import re
from collections.abc import Mapping
from typing import Any

Document = dict[str, Any]


def check_parameters(document: Document, given: Mapping[str, str]) -> None:
    """Raises: ValueError for a parameter that the template does not take, a value it forbids, or a broken rule."""
    slots = document.get("Parameters", {})
    if unknown := sorted(set(given) - set(slots)):
        raise ValueError(f"the template takes no parameter {', '.join(unknown)}; it takes {', '.join(sorted(slots))}")
    for name, value in given.items():
        _check_value(name, value, slots[name])
    values = {**{name: str(slot.get("Default", "")) for name, slot in slots.items()}, **given}
    for name, rule in document.get("Rules", {}).items():
        if "RuleCondition" in rule and not _holds(rule["RuleCondition"], values):
            continue
        for assertion in rule["Assertions"]:
            if not _holds(assertion["Assert"], values):
                raise ValueError(assertion.get("AssertDescription", name))


def _check_value(name: str, value: str, slot: Document) -> None:
    allowed = [str(choice) for choice in slot.get("AllowedValues", [])]
    if allowed and value not in allowed:
        raise ValueError(f"{name} = {value!r}: one of {', '.join(allowed)}")
    if "AllowedPattern" in slot and re.fullmatch(slot["AllowedPattern"], value) is None:
        raise ValueError(f"{name} = {value!r} does not match {slot['AllowedPattern']}")


def _holds(condition: Any, values: Mapping[str, str]) -> bool:
    ((function, arguments),) = condition.items()
    match function:
        case "Fn::Equals":
            left, right = (_value(argument, values) for argument in arguments)
            return left == right
        case "Fn::Not":
            return not _holds(arguments[0], values)
        case "Fn::And":
            return all(_holds(argument, values) for argument in arguments)
        case "Fn::Or":
            return any(_holds(argument, values) for argument in arguments)
        case _:
            raise NotImplementedError(f"{function} in a rule of the template")


def _value(argument: Any, values: Mapping[str, str]) -> str:
    return values[argument["Ref"]] if isinstance(argument, dict) else str(argument)
