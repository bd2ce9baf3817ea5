"""Rows in DynamoDB's typed form, where each attribute says what it is, and out of it."""

from base64 import b64decode
from collections.abc import Mapping
from typing import Any


def read_row(item: Mapping[str, Any]) -> dict[str, Any]:
    """A record from DynamoDB's typed form."""
    return {name: _read(value) for name, value in item.items()}


def write_row(row: Mapping[str, Any]) -> dict[str, Any]:
    """A record in DynamoDB's typed form. Raises TypeError for what a row must not hold, a float before all."""
    return {name: write_value(value) for name, value in row.items()}


def _read(value: Mapping[str, Any]) -> Any:
    ((kind, held),) = value.items()
    if kind == "S" or kind == "BOOL":
        return held
    if kind == "N":
        return int(held)
    if kind == "M":
        return {name: _read(inner) for name, inner in held.items()}
    if kind == "L":
        return [_read(inner) for inner in held]
    if kind == "B":  # base64 text where the page came raw, bytes where the SDK parsed it
        return b64decode(held) if isinstance(held, str) else bytes(held)
    if kind == "NULL":
        return None
    raise TypeError(f"no row holds an attribute of type {kind}")


def write_value(value: Any) -> dict[str, Any]:
    """One attribute in that form."""
    match value:
        case None:
            return {"NULL": True}
        case bool():
            return {"BOOL": value}
        case str():
            return {"S": str(value)}  # an enum of text too
        case int():
            return {"N": str(int(value))}
        case bytes():
            return {"B": value}
        case Mapping():
            return {"M": write_row(value)}
        case list() | tuple():
            return {"L": [write_value(inner) for inner in value]}
    raise TypeError(f"a row holds text, whole numbers, bytes, lists and maps; not {type(value).__name__}")
