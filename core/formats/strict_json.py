"""JSON in which no key of an object comes twice, and every number is one: neither NaN nor Infinity."""

import json
from typing import Any


class TwiceError(ValueError):
    """A key that an object names twice; which of the two values holds is anybody's guess."""

    def __init__(self, key: str) -> None:
        super().__init__(key)
        self.key = key


class NoNumberError(ValueError):
    """A number that JSON does not have; its message is the word as it was written."""


def loads(text: str) -> Any:
    """Plain values. Raises: TwiceError, NoNumberError, and what `json.loads` raises."""
    return json.loads(text, object_pairs_hook=_no_twins, parse_constant=_no_constant)


def _no_twins(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    values = dict(pairs)
    if len(values) != len(pairs):
        names = [name for name, _ in pairs]
        raise TwiceError(next(name for name in names if names.count(name) > 1))
    return values


def _no_constant(name: str) -> float:
    raise NoNumberError(name)
