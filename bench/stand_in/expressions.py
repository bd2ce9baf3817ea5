"""Condition and update expressions of DynamoDB, read once and then only called.

Only what the store writes is known; anything else raises ValueError when it is first met.
"""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import cache
from operator import eq, ge, gt, le, lt, ne
from typing import Any, Final, NamedTuple

Row = dict[str, Any]


class Given(NamedTuple):
    """What comes with an expression: its values by name, and what its shorter names stand for."""

    values: Mapping[str, Any]
    names: Mapping[str, str]


Test = Callable[[Row, Given], bool]
Operand = Callable[[Row, Given], Any]
Change = Callable[[Row, Row, Given], None]  # the row as it was, the row as it becomes

_TOKEN: Final = re.compile(r"\s*(<>|<=|>=|[=<>(),+-]|[#:]?[\w.#]+)")
_COMPARE: Final = {"=": eq, "<>": ne, "<": lt, "<=": le, ">": gt, ">=": ge}


class _Missing:
    """What is not there; no text begins like it."""

    def __str__(self) -> str:
        return "\0"


_MISSING: Final = _Missing()


class _Reader:
    """The tokens of one expression, from left to right."""

    def __init__(self, text: str) -> None:
        self._tokens = _TOKEN.findall(text)
        if "".join(self._tokens) != re.sub(r"\s", "", text):
            raise ValueError(f"an expression that is not understood: {text}")
        self._at = 0

    @property
    def next(self) -> str:
        return self._tokens[self._at] if self._at < len(self._tokens) else ""

    def take(self, wanted: str = "") -> str:
        found = self.next
        if wanted and found.upper() != wanted:
            raise ValueError(f"expected {wanted}, found {found!r}")
        self._at += 1
        return found

    def takes(self, word: str) -> bool:
        if self.next.upper() != word:
            return False
        self._at += 1
        return True

    def path(self) -> tuple[str, ...]:
        return tuple(part.removeprefix("#") for part in self.take().split("."))

    def operand(self) -> Operand:
        if self.next.startswith(":"):
            name = self.take()[1:]
            return lambda _, given: given.values[name]
        if self.next == "if_not_exists":
            self.take()
            self.take("(")
            path = self.path()
            self.take(",")
            other = self.operand()
            self.take(")")
            return lambda row, given: other(row, given) if (there := found(row, path, given)) is _MISSING else there
        if self.next == "size":
            self.take()
            self.take("(")
            sized = self.path()
            self.take(")")
            return lambda row, given: _MISSING if (there := found(row, sized, given)) is _MISSING else len(there)
        path = self.path()
        return lambda row, given: found(row, path, given)


def found(row: Row, path: Sequence[str], given: Given) -> Any:
    """What stands under a path."""
    here: Any = row
    for alias in path:
        part = given.names.get(alias, alias)
        if not isinstance(here, dict) or part not in here:
            return _MISSING
        here = here[part]
    return here


@cache
def condition(text: str) -> Test:
    """The test that a condition expression stands for."""
    reader = _Reader(text)
    test = _any_of(reader)
    if reader.next:
        raise ValueError(f"left over in {text}: {reader.next!r}")
    return test


def _any_of(reader: _Reader) -> Test:
    tests = [_all_of(reader)]
    while reader.takes("OR"):
        tests.append(_all_of(reader))
    return tests[0] if len(tests) == 1 else lambda row, given: any(test(row, given) for test in tests)


def _all_of(reader: _Reader) -> Test:
    tests = [_one(reader)]
    while reader.takes("AND"):
        tests.append(_one(reader))
    return tests[0] if len(tests) == 1 else lambda row, given: all(test(row, given) for test in tests)


def _one(reader: _Reader) -> Test:
    if reader.takes("("):
        test = _any_of(reader)
        reader.take(")")
        return test
    if reader.takes("NOT"):
        inner = _one(reader)
        return lambda row, given: not inner(row, given)
    if reader.next in ("attribute_exists", "attribute_not_exists", "begins_with"):
        return _function(reader)
    return _comparison(reader)


def _function(reader: _Reader) -> Test:
    name = reader.take()
    reader.take("(")
    path = reader.path()
    if name == "begins_with":
        reader.take(",")
        start = reader.operand()
        reader.take(")")
        return lambda row, given: (
            isinstance(there := found(row, path, given), str) and there.startswith(start(row, given))
        )
    reader.take(")")
    if name == "attribute_exists":
        return lambda row, given: found(row, path, given) is not _MISSING
    return lambda row, given: found(row, path, given) is _MISSING


def _comparison(reader: _Reader) -> Test:
    left = reader.operand()
    if reader.takes("IN"):
        reader.take("(")
        others = list(_listed(reader))
        return lambda row, given: left(row, given) in [other(row, given) for other in others]
    compare = _COMPARE[reader.take()]
    right = reader.operand()

    def test(row: Row, given: Given) -> bool:
        one, other = left(row, given), right(row, given)
        if one is _MISSING or other is _MISSING or type(one) is not type(other):
            return compare is ne
        return bool(compare(one, other))

    return test


def _listed(reader: _Reader) -> Iterator[Operand]:
    yield reader.operand()
    while reader.takes(","):
        yield reader.operand()
    reader.take(")")


@cache
def update(text: str) -> tuple[Change, ...]:
    """The changes that an update expression stands for, in its order."""
    reader = _Reader(text)
    changes = list[Change]()
    while reader.next:
        clause = reader.take().upper()
        one = {"SET": _set, "REMOVE": _remove, "ADD": _add}[clause]
        changes.append(one(reader))
        while reader.takes(","):
            changes.append(one(reader))
    return tuple(changes)


def _set(reader: _Reader) -> Change:
    *above, last = reader.path()
    reader.take("=")
    value = reader.operand()
    if reader.next in ("+", "-"):
        sign, first, second = 1 if reader.take() == "+" else -1, value, reader.operand()
        value = lambda row, given: first(row, given) + sign * second(row, given)  # noqa: E731 - one of two values

    def change(was: Row, row: Row, given: Given) -> None:
        _within(row, above, given)[given.names.get(last, last)] = value(was, given)

    return change


def _remove(reader: _Reader) -> Change:
    *above, last = reader.path()

    def change(_: Row, row: Row, given: Given) -> None:
        _within(row, above, given).pop(given.names.get(last, last), None)

    return change


def _add(reader: _Reader) -> Change:
    *above, last = reader.path()
    more = reader.operand()

    def change(was: Row, row: Row, given: Given) -> None:
        there = found(was, (*above, last), given)
        _within(row, above, given)[given.names.get(last, last)] = more(was, given) + (0 if there is _MISSING else there)

    return change


def _within(row: Row, above: Sequence[str], given: Given) -> Row:
    """The map that holds a path's last part; maps on the way are copied, so that the row as it was stays as it was."""
    here = row
    for alias in above:
        part = given.names.get(alias, alias)
        here[part] = dict(here[part])
        here = here[part]
    return here
