"""Reads YAML that people write, as plain values that know where they stood.

YAML 1.2 without its surprises: `no`, `on` and `1:30` are text, dates stay text, tags are refused, a key may come once,
and aliases may repeat a value but not multiply it.
"""

import json
from collections.abc import Mapping
from dataclasses import field
from pathlib import Path
from typing import Any, Final, TypeVar

from pydantic import BaseModel, ValidationError
from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError, YAMLError
from ruamel.yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode

from core.formats import diagnose
from core.formats.diagnose import Path as KeyPath
from core.formats.errors import Code, InputError, clip
from core.frozen import Frozen
from core.values import dataclass

LONGEST: Final = 1_000_000  # characters of one file
_MOST_VALUES: Final = 20_000  # after aliases are followed
_DEEPEST: Final = 40
_MOST_DIGITS: Final = 100
_TAG: Final = "tag:yaml.org,2002:"
_M = TypeVar("_M", bound=BaseModel | Frozen)


@dataclass(frozen=True, slots=True)
class Place:
    """A line and column, from 1."""

    line: int
    column: int


@dataclass(frozen=True, slots=True)
class Document:
    """The values of one file, and where each key and value begins."""

    file: str
    values: Any
    keys: Mapping[KeyPath, Place] = field(default_factory=dict)
    places: Mapping[KeyPath, Place] = field(default_factory=dict)

    def error(self, code: Code, path: KeyPath, problem: str, *, at_key: bool = False, **more: Any) -> InputError:
        """A finding on the value at `path`, or on its key; on what holds it when it is not there."""
        place = self.place(path, at_key=at_key)
        shown = diagnose.dotted(path) or None
        return InputError(code, self.file, place.line, problem, column=place.column, field=shown, **more)

    def place(self, path: KeyPath, *, at_key: bool = False) -> Place:
        """Where the value at `path`, or its key, begins; the nearest that is there."""
        if at_key and path in self.keys:
            return self.keys[path]
        while path not in self.places and path:
            path = path[:-1]
        return self.places.get(path, Place(1, 1))


class _RefusedError(Exception):
    def __init__(self, code: Code, node: Node, path: KeyPath, problem: str, hint: str | None = None) -> None:
        super().__init__(problem)
        self.code, self.node, self.path, self.problem, self.hint = code, node, path, problem, hint


def read_yaml(text: str, file: str) -> Document | InputError:
    """The values of a YAML text, or the mistake at which reading ended."""
    if len(text) > LONGEST:
        return InputError(Code.FILE_TOO_LARGE, file, 0, f"more than {LONGEST:,} characters")
    try:
        root = YAML(typ="safe", pure=True).compose(text.removeprefix("\N{BYTE ORDER MARK}"))
    except MarkedYAMLError as wrong:
        return _syntax(file, wrong)
    except YAMLError as wrong:
        return InputError(Code.BAD_YAML, file, 1, f"not YAML: {clip(str(wrong))}", column=1)
    except (RecursionError, ValueError):
        return InputError(Code.BAD_YAML, file, 1, "nested too deeply", column=1)
    if root is None:
        return InputError(Code.EMPTY_FILE, file, 0, "the file is empty")
    build = _Build()
    try:
        values = build.value(root, ())
    except _RefusedError as refused:
        place = _start(refused.node)
        shown = diagnose.dotted(refused.path) or None
        return InputError(
            refused.code, file, place.line, refused.problem, column=place.column, field=shown, hint=refused.hint
        )
    return Document(file, values, build.keys, build.places)


def validate(document: Document, model: type[_M]) -> _M | list[InputError]:
    """The values as a model, strictly; or everything that is wrong with them, in the order of the file."""
    kind: Any = model
    try:
        read: _M = kind.model_validate_json(json.dumps(document.values), strict=True)
    except ValidationError as failure:
        errors = [
            document.error(
                found.code,
                found.path,
                found.problem,
                at_key=found.code is Code.UNKNOWN_FIELD,
                found=found.found,
                allowed=found.allowed,
                hint=found.hint,
            )
            for found in diagnose.findings(failure, document.values, kind)
        ]
        return sorted(errors, key=lambda error: (error.line, error.column or 0))
    return read


def read_file(path: Path, name: str | None = None) -> Document | InputError:
    """A YAML file in UTF-8, as `read_yaml` reads its text; `name` in errors, else the file's own."""
    shown = name or path.name
    try:
        return read_yaml(path.read_bytes().decode("utf-8-sig"), shown)
    except UnicodeDecodeError as wrong:
        return InputError(Code.ENCODING, shown, 0, f"byte {wrong.start + 1} is not UTF-8", hint="save it as UTF-8")
    except OSError as wrong:
        return InputError(Code.NO_FILE, shown, 0, f"cannot be read: {wrong.strerror}")


def _syntax(file: str, wrong: MarkedYAMLError) -> InputError:
    mark = wrong.problem_mark or wrong.context_mark
    problem = wrong.problem or wrong.context or "not YAML"
    hint = "indent with spaces, not tabs" if "\\t" in problem else None
    line, column = (mark.line + 1, mark.column + 1) if mark else (1, 1)
    return InputError(Code.BAD_YAML, file, line, f"not YAML: {problem}", column=column, hint=hint)


def _start(node: Node) -> Place:
    return Place(node.start_mark.line + 1, node.start_mark.column + 1)


class _Build:
    """From nodes to plain values, counting, so that a few lines of aliases cannot fill the memory."""

    def __init__(self) -> None:
        self.keys = dict[KeyPath, Place]()
        self.places = dict[KeyPath, Place]()
        self._count = 0

    def value(self, node: Node, path: KeyPath) -> Any:
        self._count += 1
        if self._count > _MOST_VALUES or len(path) > _DEEPEST:
            raise _RefusedError(
                Code.BAD_YAML, node, path, "too many or too deeply nested values; aliases multiply them"
            )
        self.places[path] = _start(node)
        if isinstance(node, MappingNode):
            return self._mapping(node, path)
        if isinstance(node, SequenceNode):
            self._plain(node, path, "seq")
            return [self.value(child, (*path, i)) for i, child in enumerate(node.value)]
        return self._scalar(node, path) if isinstance(node, ScalarNode) else None

    def _mapping(self, node: MappingNode, path: KeyPath) -> dict[str, Any]:
        self._plain(node, path, "map")
        values = dict[str, Any]()
        for key_node, value_node in node.value:
            if not isinstance(key_node, ScalarNode):
                raise _RefusedError(Code.BAD_YAML, key_node, path, "a key must be plain text")
            key = str(key_node.value)
            if key in values:
                before = self.keys[*path, key]
                problem = f"the key '{clip(key)}' comes twice, first on line {before.line}"
                raise _RefusedError(Code.DUPLICATE_FIELD, key_node, (*path, key), problem)
            self.keys[*path, key] = _start(key_node)
            values[key] = self.value(value_node, (*path, key))
        return values

    def _scalar(self, node: ScalarNode, path: KeyPath) -> Any:
        text = str(node.value)
        match node.tag.removeprefix(_TAG) if isinstance(node.tag, str) else str(node.tag):
            case "null":
                return None
            case "bool":
                return text.lower() == "true"
            case "int":
                return self._int(node, path, text)
            case "float":
                return text if "n" in text.lower() else float(text.replace("_", ""))  # nan and inf stay text
            case "str" | "timestamp" | "merge" | "value":
                return text
            case _:
                self._plain(node, path, "str")
                return text

    def _int(self, node: ScalarNode, path: KeyPath, text: str) -> int:
        bare = text.replace("_", "").lower()
        if len(bare) > 1 and bare.lstrip("+-").startswith("0") and bare.lstrip("+-").isdigit():
            raise _RefusedError(
                Code.BAD_TYPE,
                node,
                path,
                f"{text} is a number that begins with 0",
                "quote it if it is text, or drop the 0",
            )
        try:
            return int(bare if len(bare) <= _MOST_DIGITS else "", 0)  # of more it may be made, and not be written again
        except ValueError:
            raise _RefusedError(Code.BAD_TYPE, node, path, f"{clip(text)} is no number that can be read") from None

    def _plain(self, node: Node, path: KeyPath, kind: str) -> None:
        """Refuse a tag: nothing in a configuration file makes objects."""
        if str(node.tag) not in {_TAG + kind, "!"}:
            raise _RefusedError(
                Code.BAD_YAML, node, path, f"the tag {clip(str(node.tag))} is not allowed", "leave it out"
            )
