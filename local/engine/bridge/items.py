"""The cost of moto's items, cut: their sizes and copies, the way in, and the names of parts on the way out.

moto adds up the whole item for each attribute that is set, making a new value of each value to do so; it copies by the
general means, reads each attribute value by the service's model, and asks six classes for each name of an answer. What
is checked and done stays moto's: property tests compare.
"""

import base64
import string
from collections.abc import Iterable
from contextlib import ExitStack
from copy import deepcopy
from functools import lru_cache
from typing import Any, Final

from moto.core import parse
from moto.core.serialize import AttributePickerContext, XFormedAttributePicker
from moto.dynamodb.exceptions import ItemSizeTooLarge
from moto.dynamodb.models.dynamo_type import DynamoType, Item, LimitedSizeDict
from moto.moto_api._internal.moto_random import MotoRandom

from local.engine.bridge.patching import replace

Parser: Final[Any] = parse.BaseJSONParser

_MOST_BYTES: Final = 405_000  # moto's own
_SETS: Final = frozenset({"SS", "NS", "BS"})


def lean_items(undo: ExitStack) -> None:
    """Let an item cost what it holds, until `undo` closes."""
    replace(undo, DynamoType, "size", _size)
    replace(undo, LimitedSizeDict, "__setitem__", _set)
    replace(undo, Item, "__deepcopy__", _item_copied)
    replace(undo, MotoRandom, "get_random_string", _random_string)
    _values_read(undo)
    _names_kept(undo)


# ---------- size ----------
def _set(item: LimitedSizeDict, key: str, value: Any) -> None:
    held = sum(_bytes(name) + _size_of(one) for name, one in item.items())
    if held + _bytes(key) + _size_of(value) > _MOST_BYTES:
        raise ItemSizeTooLarge
    dict.__setitem__(item, key, value)


def _size_of(value: Any) -> int:
    return _size(value) if type(value) is DynamoType else _bytes(str(value))


def _size(value: DynamoType) -> int:
    kind, content = value.type, value.value
    match kind:
        case "M":
            return sum(_bytes(name) + _size(inner) for name, inner in content.items())
        case "L":
            return sum(_size(inner) for inner in content)
        case "N":
            return len(str(content))
        case "NS":
            return sum(len(str(one)) for one in content)
        case "SS" | "BS":
            return sum(_bytes(one) for one in content)
    return 1 if isinstance(content, bool) else _bytes(content)


def _bytes(text: str | bytes) -> int:
    return len(text) if isinstance(text, bytes) or text.isascii() else len(text.encode())


# ---------- copies ----------
def _item_copied(item: Item, _memo: dict[int, Any]) -> Item:
    twin = object.__new__(Item)
    twin.hash_key, twin.range_key = _copied(item.hash_key), _copied(item.range_key)
    twin.attrs = LimitedSizeDict()
    for name, value in item.attrs.items():
        dict.__setitem__(twin.attrs, name, _copied(value))
    return twin


def _copied(value: Any) -> Any:
    if type(value) is not DynamoType:
        return deepcopy(value)
    twin = object.__new__(DynamoType)
    twin.type, content = value.type, value.value
    if twin.type == "M":
        content = {name: _copied(inner) for name, inner in content.items()}
    elif twin.type == "L":
        content = [_copied(inner) for inner in content]
    elif twin.type in _SETS:
        content = list(content)
    twin.value = content
    return twin


# ---------- on the way in ----------
def _values_read(undo: ExitStack) -> None:
    """What JSON holds of an attribute value is what moto makes of it, but for bytes."""
    stock = Parser._parse_structure  # noqa: SLF001  where values are read

    def structure(self: Any, shape: Any, value: Any) -> Any:
        if shape.name == "AttributeValue" and type(value) is dict and len(value) == 1:
            return _off_the_wire(value)
        return stock(self, shape, value)

    replace(undo, Parser, "_parse_structure", structure)


def _off_the_wire(value: dict[str, Any]) -> dict[str, Any]:
    kind, content = next(iter(value.items()))
    if kind == "M":
        return {"M": {name: _off_the_wire(inner) for name, inner in content.items()}}
    if kind == "L":
        return {"L": [_off_the_wire(inner) for inner in content]}
    if kind == "BS":
        return {"BS": [base64.b64decode(one) for one in content]}
    return {"B": base64.b64decode(content)} if kind == "B" else value


# ---------- on the way out ----------
def _names_kept(undo: ExitStack) -> None:
    """By which names a part of an answer is looked for in a mapping: found out once for each part."""
    stock = XFormedAttributePicker.get_possible_keys

    @lru_cache(maxsize=4096)
    def in_mapping(key: str, shape: Any, _parent: Any) -> tuple[str, ...]:
        return tuple(stock(XFormedAttributePicker(), AttributePickerContext({}, key, shape)))

    def names(self: XFormedAttributePicker, context: AttributePickerContext) -> Iterable[str]:
        if type(context.obj) is dict:
            return in_mapping(context.key, context.shape, getattr(context.shape, "parent", None))
        return stock(self, context)

    replace(undo, XFormedAttributePicker, "get_possible_keys", names)


def _random_string(
    self: MotoRandom,
    length: int = 20,
    include_digits: bool = True,
    lower_case: bool = False,
) -> str:
    """As moto's own, drawn at once: each answer has an id of 52 letters."""
    found = "".join(self.choices(string.ascii_letters + string.digits * include_digits, k=length))
    return found.lower() if lower_case else found
