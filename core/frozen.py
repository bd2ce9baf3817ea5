"""The base of every stored value: immutable, and refusing keys that it does not know.

Its classes read like models of pydantic, and pydantic checks what people and files bring (`model_validate`). They are
plain classes nevertheless: most functions only read what was checked before it was stored. Those read by `core.stored`
and do without pydantic, which would be a third of their start.
"""

from collections.abc import Callable, Collection, Iterator, Mapping
from typing import Any, ClassVar, Final, Literal, Self, TypeVar, dataclass_transform

_T = TypeVar("_T")
_NONE: Final[Any] = object()  # no default


class Field:
    """One field of a class: its type and what it is when nothing is said."""

    __slots__ = ("annotation", "default", "factory", "written")

    def __init__(self, default: Any, factory: Callable[[], Any] | None = None, written: str | None = None) -> None:
        self.annotation: Any = None
        self.default = default
        self.factory = factory
        self.written = written  # its name in files, where it is another; both are read

    @property
    def required(self) -> bool:
        return self.default is _NONE and self.factory is None


def field(*, default: Any = _NONE, default_factory: Callable[[], Any] | None = None, written: str | None = None) -> Any:
    """A field with a default that cannot simply be written behind it."""
    return Field(default, default_factory, written)


def rule(check: Callable[[_T], None]) -> Callable[[_T], None]:
    """Mark a method that raises ValueError where fields do not go together; it runs whenever a value is made."""
    check.is_rule = True  # type: ignore[attr-defined]
    return check


class Limit:
    """What a value of a field may be, beside its type: `Annotated[int, Limit(ge=1)]`."""

    __slots__ = ("given",)

    def __init__(
        self,
        *,
        ge: int | None = None,
        gt: int | None = None,
        le: int | None = None,
        lt: int | None = None,
        min_length: int | None = None,
        max_length: int | None = None,
        pattern: str | None = None,
    ) -> None:
        limits = {"ge": ge, "gt": gt, "le": le, "lt": lt, "min_length": min_length, "max_length": max_length}
        self.given: dict[str, Any] = {
            name: limit for name, limit in {**limits, "pattern": pattern}.items() if limit is not None
        }

    def __get_pydantic_core_schema__(self, source: Any, _handler: Any) -> Any:
        from core.door import limited

        return limited(source, self.given, _handler)


class Checked:
    """A check of a type at the door, before or after the type itself is looked at. What is stored has passed it."""

    __slots__ = ("accepts", "after", "before", "limits", "shown")

    def __init__(
        self,
        *,
        before: Callable[[Any], Any] | None = None,
        after: Callable[[Any], Any] | None = None,
        accepts: Any = None,  # the type before `before`, for the schema
        limits: Limit | None = None,
        shown: dict[str, Any] | None = None,  # more of the schema
    ) -> None:
        self.before, self.after, self.accepts, self.limits, self.shown = before, after, accepts, limits, shown

    def __get_pydantic_core_schema__(self, source: Any, _handler: Any) -> Any:
        from core.door import checked

        return checked(source, self, _handler)


class TaggedBy:
    """Which field tells the members of a union apart: `Annotated[Flat | Percent, TaggedBy("type")]`."""

    __slots__ = ("name",)

    def __init__(self, name: str) -> None:
        self.name = name

    def __get_pydantic_core_schema__(self, source: Any, _handler: Any) -> Any:
        from core.door import tagged

        return tagged(source, self.name, _handler)


class _Serializer:
    """What pydantic looks for on a class whose value it meets where it expects none."""

    def __get__(self, _value: object, kind: "type[Frozen]") -> Any:
        from core.door import adapter

        return adapter(kind).serializer


@dataclass_transform(kw_only_default=True, frozen_default=True, field_specifiers=(field,))
class Frozen:
    """An immutable record; an unknown key is an error, so that a typing slip is never silently dropped."""

    # An instance looks to pydantic as one of its own: it fills these, and nothing else.
    __slots__ = ("__dict__", "__pydantic_extra__", "__pydantic_fields_set__", "__pydantic_private__")
    __pydantic_serializer__ = _Serializer()

    model_config: ClassVar[Any] = {"frozen": True, "extra": "forbid"}  # pydantic's settings at the door
    model_fields: ClassVar[dict[str, Field]] = {}
    model_defaults: ClassVar[dict[str, Any]] = {}  # every field, in order
    model_required: ClassVar[frozenset[str]] = frozenset()
    model_factories: ClassVar[dict[str, Callable[[], Any]]] = {}
    model_rules: ClassVar[tuple[Callable[[Any], None], ...]] = ()

    def __init_subclass__(cls) -> None:
        fields = dict(cls.model_fields)
        for name, annotation in cls.__annotations__.items():
            if name == "model_config":
                continue
            default = cls.__dict__.get(name, _NONE)
            if default is not _NONE:
                delattr(cls, name)  # else a value that is not there would seem to be
            fields[name] = default if isinstance(default, Field) else Field(default)
            fields[name].annotation = annotation
        cls.model_fields = fields
        cls.model_defaults = {name: one.default for name, one in fields.items()}
        cls.model_required = frozenset(name for name, one in fields.items() if one.required)
        cls.model_factories = {name: one.factory for name, one in fields.items() if one.factory is not None}
        cls.model_rules += tuple(one for one in cls.__dict__.values() if getattr(one, "is_rule", False))

    def __init__(self, /, **given: Any) -> None:
        """Make a value of checked parts. Types are mypy's business here, rules are not; files go through the door.

        Raises: TypeError for a name that is missing or unknown, ValueError for a broken rule.
        """
        values = {**self.model_defaults, **given}
        if len(values) != len(self.model_defaults) or not self.model_required <= given.keys():
            raise TypeError(_misnamed(type(self), given.keys()))
        for name, factory in self.model_factories.items():
            if name not in given:
                values[name] = factory()
        _fill(self, values, set(given))
        self.model_checked()

    @classmethod
    def made(cls, values: dict[str, Any], given: set[str]) -> Self:
        """A value of all its fields, which are known to be good; `given` are those that are no defaults."""
        new = cls.__new__(cls)
        _fill(new, values, given)
        return new

    def model_checked(self) -> Self:
        """The same value. Raises ValueError where its fields do not go together."""
        for check in self.model_rules:
            check(self)
        return self

    @property
    def model_fields_set(self) -> set[str]:
        """The names of the fields that were given, and not left to their defaults."""
        given: set[str] = self.__pydantic_fields_set__  # type: ignore[attr-defined]
        return given

    def model_copy(self, *, update: Mapping[str, Any] | None = None) -> Self:
        """A copy with other values, which are trusted; what was worked out from the fields is not kept."""
        values, changed = dict(self), update or {}
        values.update(changed)
        if len(values) != len(self.model_fields):
            raise TypeError(_misnamed(type(self), values.keys()))
        return self.made(values, {*self.model_fields_set, *changed})

    # ---------- at the door, with pydantic; as plain values, without it ----------

    @classmethod
    def model_validate(cls, values: Any, *, strict: bool | None = None) -> Self:
        """A value of parts that nobody has checked yet. Raises pydantic's ValidationError, with all that is wrong."""
        from core.door import adapter

        return adapter(cls).validate_python(values, strict=strict)

    @classmethod
    def model_validate_json(cls, text: str | bytes, *, strict: bool | None = None) -> Self:
        """The same of JSON text."""
        from core.door import adapter

        return adapter(cls).validate_json(text, strict=strict)

    @classmethod
    def model_json_schema(cls) -> dict[str, Any]:
        """The JSON Schema of what is taken at the door."""
        from core.door import adapter

        return adapter(cls).json_schema()

    @classmethod
    def __get_pydantic_core_schema__(cls, _source: Any, handler: Any) -> Any:
        from core.door import schema_of

        return schema_of(cls, handler)

    def model_dump(
        self,
        *,
        mode: Literal["python", "json"] = "python",
        exclude: Collection[str] = (),
        exclude_none: bool = False,
        exclude_unset: bool = False,
        exclude_defaults: bool = False,
    ) -> dict[str, Any]:
        """The fields as plain values, of nested records too; with mode json as values that JSON has."""
        if exclude_unset or exclude_defaults:
            from core.door import dumped

            return dumped(self, mode, exclude, exclude_none, exclude_unset, exclude_defaults)
        from core.stored import plain

        return plain(self, json=mode == "json", exclude_none=exclude_none, exclude=exclude)

    def model_dump_json(self, *, exclude_unset: bool = False) -> str:
        """The fields as JSON text, without spaces."""
        import json

        return json.dumps(
            self.model_dump(mode="json", exclude_unset=exclude_unset), separators=(",", ":"), ensure_ascii=False
        )

    # ---------- as every value ----------

    def __setattr__(self, name: str, _value: object) -> None:
        raise AttributeError(f"{type(self).__name__}.{name} cannot be set: values do not change, copies do")

    __delattr__ = __setattr__  # type: ignore[assignment]

    def __iter__(self) -> Iterator[tuple[str, Any]]:
        """Name and value of each field."""
        mine = self.__dict__
        return iter([(name, mine[name]) for name in self.model_fields])

    def __eq__(self, other: object) -> bool:
        if type(other) is not type(self):
            return NotImplemented
        mine, theirs = self.__dict__, other.__dict__
        return mine == theirs or all(mine[name] == theirs[name] for name in self.model_fields)

    def __hash__(self) -> int:
        mine = self.__dict__
        return hash((type(self), *[mine[name] for name in self.model_fields]))

    def __repr__(self) -> str:
        return f"{type(self).__name__}({', '.join(f'{name}={value!r}' for name, value in self)})"

    def __reduce__(self) -> tuple[Any, ...]:
        return type(self).made, (dict(self), self.model_fields_set)


_GIVEN: Final = dict[frozenset[str], set[str]]()


def _fill(new: Frozen, values: dict[str, Any], given: set[str]) -> None:
    object.__setattr__(new, "__dict__", values)
    # values of a kind are given the same fields again and again: a set of their own would be a third of their memory
    object.__setattr__(new, "__pydantic_fields_set__", _GIVEN.setdefault(frozenset(given), given))


def _misnamed(kind: type[Frozen], found: Collection[str]) -> str:
    """What is wrong with the names that a value was to be made of."""
    unknown, missing = sorted(set(found) - kind.model_fields.keys()), sorted(kind.model_required - set(found))
    told = [f"{what} {', '.join(names)}" for what, names in (("unknown:", unknown), ("missing:", missing)) if names]
    return f"{kind.__name__}: {'; '.join(told)}"
