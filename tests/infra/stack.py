"""Questions the tests ask a template."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Stack:
    template: dict[str, Any]

    @property
    def resources(self) -> dict[str, dict[str, Any]]:
        return self.template["Resources"]

    def of_type(self, kind: str) -> dict[str, dict[str, Any]]:
        """Properties by logical id."""
        return {name: each.get("Properties", {}) for name, each in self.resources.items() if each["Type"] == kind}

    def statements(self, function: str) -> list[dict[str, Any]]:
        """What the function's role allows."""
        role = self.of_type("AWS::IAM::Role")[named(self.of_type("AWS::Lambda::Function")[function]["Role"])]
        assert not role.get("ManagedPolicyArns"), "managed policies grant on every resource"
        return [_meant(each) for policy in role["Policies"] for each in policy["PolicyDocument"]["Statement"]]

    def all_statements(self) -> Iterator[tuple[str, dict[str, Any]]]:
        for name, role in self.of_type("AWS::IAM::Role").items():
            for policy in role.get("Policies", []):
                for statement in policy["PolicyDocument"]["Statement"]:
                    yield name, _meant(statement)

    def environment(self, function: str) -> dict[str, Any]:
        return self.of_type("AWS::Lambda::Function")[function]["Environment"]["Variables"]


def _meant(statement: dict[str, Any]) -> dict[str, Any]:
    """The statement that a condition grants: what may be granted is what is looked at."""
    granted: dict[str, Any] = statement["Fn::If"][1] if "Fn::If" in statement else statement
    return granted


def as_list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def named(reference: Any) -> str:
    """The logical id behind Ref or GetAtt; empty for anything else."""
    match reference:
        case {"Ref": str(name)} | {"Fn::GetAtt": [str(name), *_]}:
            return name
        case {"Fn::GetAtt": str(path)}:
            return path.partition(".")[0]
    return ""


def text(resource: Any) -> str:
    """A resource of a statement in one line: the text of a Sub, or the logical id."""
    match resource:
        case {"Fn::Sub": str(pattern)}:
            return pattern
        case str(plain):
            return plain
    return named(resource)


def references(value: Any) -> Iterator[str]:
    """Every logical id or parameter that a value refers to."""
    if isinstance(value, dict):
        if name := named(value):
            yield name
        elif isinstance(pattern := value.get("Fn::Sub"), str):
            yield from (part.partition("}")[0].partition(".")[0] for part in pattern.split("${")[1:])
        else:
            for each in value.values():
                yield from references(each)
    elif isinstance(value, list):
        for each in value:
            yield from references(each)
