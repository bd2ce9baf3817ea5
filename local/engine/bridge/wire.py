"""The cost of moto's answers, cut where it is cheap to cut. What is answered stays the same."""

import base64
import functools
from contextlib import ExitStack
from typing import Any, Final

from moto.core import responses
from moto.core.serialize import BaseJSONSerializer
from moto.core.utils import camelcase_to_underscores, method_names_from_class
from moto.sqs import models as sqs_models

from local.engine.bridge.patching import replace

_AS_IS: Final = frozenset({"S", "N", "BOOL", "NULL", "SS", "NS"})


def lean_responses(undo: ExitStack) -> None:
    """Two thirds of a read's time were moto's: walking each attribute value, and listing the methods of its class."""
    stock = BaseJSONSerializer._serialize_type_structure  # noqa: SLF001  where values are walked

    def structure(self: BaseJSONSerializer, serialized: Any, value: Any, shape: Any, key: str) -> None:
        if shape.name == "AttributeValue" and type(value) is dict:
            serialized[key] = _on_the_wire(value)
        else:
            stock(self, serialized, value, shape, key)

    replace(undo, BaseJSONSerializer, "_serialize_type_structure", structure)
    replace(undo, responses, "method_names_from_class", functools.cache(method_names_from_class))
    for module in (responses, sqs_models):  # the latter spells out a queue's attributes for each message sent
        replace(undo, module, "camelcase_to_underscores", functools.cache(camelcase_to_underscores))


def _on_the_wire(value: dict[str, Any]) -> dict[str, Any]:
    """A DynamoDB attribute value as JSON: moto holds it in that form already, but for bytes."""
    kind, content = next(iter(value.items()))
    if kind in _AS_IS:
        return value
    if kind == "M":
        return {"M": {name: _on_the_wire(inner) for name, inner in content.items()}}
    if kind == "L":
        return {"L": [_on_the_wire(inner) for inner in content]}
    if kind == "BS":
        return {"BS": [_base64(inner) for inner in content]}
    return {kind: _base64(content)}


def _base64(content: bytes | str) -> str:
    return base64.b64encode(content.encode() if isinstance(content, str) else content).decode()
