"""Stored values back into records, and records into what is stored, without pydantic.

What is stored was checked at the door (`core.door`) before it was written. Reading is strict all the same: a key that
is missing or unknown, a value of another type, a word that is none of those allowed, a broken limit or rule is refused
with its place. Nothing is guessed, and nothing is left to its default but what was not stored.
"""

import re
from collections.abc import Callable, Collection, Mapping
from datetime import date, datetime
from decimal import Decimal
from enum import Enum
from functools import partial
from types import NoneType, UnionType
from typing import Annotated, Any, Final, Literal, TypeVar, Union, get_args, get_origin, get_type_hints

from core.frozen import Checked, Frozen, Limit, TaggedBy

_Kind = TypeVar("_Kind", bound=Frozen)
_Reader = Callable[[Any], Any]


class StoredError(ValueError):
    """What is stored is not what this code reads: damaged, or written by newer code."""


def stored(kind: type[_Kind], values: Any) -> _Kind:
    """The record that `plain` made these values of; raises StoredError."""
    made: _Kind = _reader(kind)(values)
    return made


def plain(record: Frozen, *, json: bool, exclude_none: bool = False, exclude: Collection[str] = ()) -> dict[str, Any]:
    """The fields of a record as plain values; with `json` as those that JSON has, else as they are but for records."""
    return {
        name: _plain(value, json, exclude_none)
        for name, value in record
        if name not in exclude and not (exclude_none and value is None)
    }


def _plain(value: Any, json: bool, exclude_none: bool) -> Any:
    kind = type(value)
    if kind is str or kind is int or kind is bool or value is None:
        return value
    if isinstance(value, Frozen):
        return plain(value, json=json, exclude_none=exclude_none)
    if isinstance(value, Mapping):
        named = value.items()
        return {
            _plain(key, json, exclude_none): _plain(one, json, exclude_none)
            for key, one in named
            if not (exclude_none and one is None)
        }
    if isinstance(value, (tuple, list)):
        parts = [_plain(one, json, exclude_none) for one in value]
        return parts if json or kind is list else tuple(parts)
    return _json(value) if json else value


def _json(value: Any) -> Any:
    """A value without parts as JSON has it."""
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, datetime):
        text = value.isoformat()
        return f"{text[:-6]}Z" if text.endswith("+00:00") else text
    return value.isoformat() if isinstance(value, date) else str(value) if isinstance(value, Decimal) else value


# ---------- reading ----------


def _refuse(expected: str, found: Any) -> StoredError:
    return StoredError(f"expected {expected}, found {found!r:.80}")


def _reader(annotation: Any) -> _Reader:
    """What reads values of one type; made once, at the first value."""
    found = _readers.get(annotation)
    if found is None:
        found = _readers[annotation] = _made(annotation)
    return found


def _made(annotation: Any) -> _Reader:
    if isinstance(annotation, type) and issubclass(annotation, Frozen):
        return _Record(annotation)
    if isinstance(annotation, type) and issubclass(annotation, Enum):
        return partial(_word, {one.value: one for one in annotation})
    return _composed(annotation, get_origin(annotation), get_args(annotation))


def _composed(annotation: Any, origin: Any, args: tuple[Any, ...]) -> _Reader:
    """What reads values of a type that is made of others."""
    if origin is Literal:
        return partial(_word, {one: one for one in args})
    if origin in (Union, UnionType):
        return _union(args)
    if origin is tuple:
        if args[1:] == (...,):
            return partial(_list, _reader(args[0]))
        return partial(_row, tuple(map(_reader, args)))
    if origin in (dict, Mapping):
        return partial(_mapping, _reader(args[0]), _reader(args[1]))
    if origin is Annotated:
        return _limited(args[0], args[1:])
    raise TypeError(f"no stored value has the type {annotation}")


def _exactly(kind: type, name: str, value: Any) -> Any:
    if type(value) is not kind:
        raise _refuse(name, value)
    return value


def _day(value: Any) -> date:
    try:
        return date.fromisoformat(value)
    except (TypeError, ValueError):
        raise _refuse("a date as YYYY-MM-DD", value) from None


def _instant(value: Any) -> datetime:
    try:
        return datetime.fromisoformat(value)
    except (TypeError, ValueError):
        raise _refuse("an instant as ISO 8601 writes it", value) from None


def _decimal(value: Any) -> Decimal:
    if not isinstance(value, str) or not _DECIMAL.fullmatch(value):
        raise _refuse("a decimal as text", value)
    return Decimal(value)


def _word(words: Mapping[Any, Any], value: Any) -> Any:
    try:
        found = words[value]
    except (KeyError, TypeError):
        found = None
    if found is None or type(value) is bool:  # True is 1 to a mapping
        raise _refuse(f"one of {', '.join(map(str, words))}", value)
    return found


def _list(read: _Reader, value: Any) -> tuple[Any, ...]:
    if not isinstance(value, (list, tuple)):
        raise _refuse("a list", value)
    return tuple(_at(f"[{i}]", read, one) for i, one in enumerate(value))


def _row(readers: tuple[_Reader, ...], value: Any) -> tuple[Any, ...]:
    if not isinstance(value, (list, tuple)) or len(value) != len(readers):
        raise _refuse(f"a list of {len(readers)}", value)
    return tuple(_at(f"[{i}]", read, one) for i, (read, one) in enumerate(zip(readers, value, strict=True)))


def _mapping(read_key: _Reader, read: _Reader, value: Any) -> dict[Any, Any]:
    if type(value) is not dict:
        raise _refuse("a mapping", value)
    return {read_key(key): _at(f".{key}", read, one) for key, one in value.items()}


def _at(place: str, read: _Reader, value: Any) -> Any:
    """What stands at a place; the place is named in an error."""
    try:
        return read(value)
    except StoredError as error:
        raise StoredError(f"{place}{'' if str(error)[:1] in '.[' else ': '}{error}") from None


def _union(args: tuple[Any, ...]) -> _Reader:
    if NoneType in args:
        rest = tuple(one for one in args if one is not NoneType)
        read = _reader(rest[0]) if len(rest) == 1 else _union(rest)
        return lambda value: None if value is None else read(value)
    return partial(_first, tuple(map(_reader, args)))


def _first(readers: tuple[_Reader, ...], value: Any) -> Any:
    """The first that can read it; the types of such a union exclude each other."""
    told = list[str]()
    for read in readers:
        try:
            return read(value)
        except StoredError as error:
            told.append(str(error))
    raise StoredError("; or ".join(told))


def _limited(kind: Any, marks: tuple[Any, ...]) -> _Reader:
    tag = next((one.name for one in marks if isinstance(one, TaggedBy)), None)
    read = _reader(kind) if tag is None else partial(_tagged, tag, _by_tag(kind, tag))
    limits = [one for one in marks if isinstance(one, Limit)]
    limits += [one.limits for one in marks if isinstance(one, Checked) and one.limits is not None]
    return partial(_within, read, limits) if limits else read


def _by_tag(union: Any, tag: str) -> dict[str, _Reader]:
    return {word: _reader(one) for one in get_args(union) for word in get_args(one.model_fields[tag].annotation)}


def _tagged(tag: str, readers: Mapping[str, _Reader], value: Any) -> Any:
    if type(value) is not dict:
        raise _refuse("a mapping", value)
    read = readers.get(value.get(tag, ""))
    if read is None:
        raise StoredError(f".{tag}: expected one of {', '.join(readers)}, found {value.get(tag)!r:.80}")
    return read(value)


def _within(read: _Reader, limits: list[Limit], value: Any) -> Any:
    found = read(value)
    for limit in limits:
        for name, bound in limit.given.items():
            if not _HOLDS[name](found, bound):
                raise _refuse(f"{name} {bound}", value)
    return found


class _Record:
    """Reads the values of one class. Its fields are looked at when the first one comes, as a class may hold itself."""

    def __init__(self, kind: type[Frozen]) -> None:
        self._kind = kind
        self._readers: dict[str, _Reader] | None = None

    def __call__(self, value: Any) -> Frozen:
        kind = self._kind
        if type(value) is not dict:
            raise _refuse("a mapping", value)
        readers = self._readers
        if readers is None:
            types = get_type_hints(kind, include_extras=True)
            readers = self._readers = {name: _reader(types[name]) for name in kind.model_fields}
        values = kind.model_defaults.copy()
        for name, one in value.items():
            read = readers.get(name)
            if read is None:
                raise StoredError(f".{name}: {kind.__name__} has no such field")
            try:
                values[name] = read(one)
            except StoredError as error:
                raise StoredError(f".{name}{'' if str(error)[:1] in '.[' else ': '}{error}") from None
        return self._made(values, set(value))

    def _made(self, values: dict[str, Any], given: set[str]) -> Frozen:
        kind = self._kind
        if not kind.model_required <= given:
            raise StoredError(f"{kind.__name__} lacks {', '.join(sorted(kind.model_required - given))}")
        for name, factory in kind.model_factories.items():
            if name not in given:
                values[name] = factory()
        try:
            return kind.made(values, given).model_checked()
        except ValueError as error:
            raise StoredError(str(error)) from None


_DECIMAL: Final = re.compile(r"-?\d+(\.\d+)?(E[+-]?\d+)?")
_readers: Final[dict[Any, _Reader]] = {
    str: partial(_exactly, str, "text"),
    int: partial(_exactly, int, "a whole number"),
    bool: partial(_exactly, bool, "true or false"),
    date: _day,
    datetime: _instant,
    Decimal: _decimal,
    Any: lambda value: value,
}
_HOLDS: Final[dict[str, Callable[[Any, Any], bool]]] = {
    "ge": lambda value, bound: value >= bound,
    "gt": lambda value, bound: value > bound,
    "le": lambda value, bound: value <= bound,
    "lt": lambda value, bound: value < bound,
    "min_length": lambda value, bound: len(value) >= bound,
    "max_length": lambda value, bound: len(value) <= bound,
    "pattern": lambda value, bound: re.search(bound, value) is not None,
}
