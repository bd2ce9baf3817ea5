"""The standard library's dataclass with slots, for programs that start often and mostly look a little around.

The standard one writes and compiles half a dozen methods for each class while a module is imported: half a millisecond
a class, a tenth of a second for a function that only wants to know whether anything is due. Here `__init__` is compiled
when the first value is made, and the other methods are shared. What is not supported is refused; use the standard one.
"""

import dataclasses
from collections.abc import Callable
from dataclasses import MISSING, Field, FrozenInstanceError
from operator import attrgetter
from typing import TYPE_CHECKING, Any, Final, TypeVar

__all__ = ["dataclass", "replace"]

if TYPE_CHECKING:
    from dataclasses import dataclass  # the same to whoever checks types
else:

    def dataclass(*, slots, frozen=False, kw_only=False):
        """As `dataclasses.dataclass` with these arguments: named fields, equality, hash, repr, no change if frozen."""
        if not slots:
            raise TypeError("these classes have slots; dataclasses.dataclass makes others")
        return lambda plain: _made(plain, frozen, kw_only)


_T = TypeVar("_T")


def replace(value: _T, **changes: Any) -> _T:
    """The value with some fields changed, as `dataclasses.replace` does, in a fraction of its time."""
    kind: Any = type(value)
    setters = kind.__dict__.get("__setters__")
    if setters is None or not changes.keys() <= setters.keys():
        return dataclasses.replace(value, **changes)  # type: ignore[type-var]
    changed: _T = kind.__copied__(value)
    for name, new in changes.items():
        setters[name](changed, new)
    return changed


_REQUIRED: Final[Any] = object()  # in place of a default
_FACTORY: Final[Any] = object()  # in place of one that is made anew for each value


def _made(plain: type[_T], frozen: bool, kw_only: bool) -> type[_T]:
    """The class with slots for its fields in place of their defaults, as a class cannot be given slots later."""
    inside = {name: value for name, value in plain.__dict__.items() if name not in ("__dict__", "__weakref__")}
    own = {name: _known(name, inside.pop(name, _REQUIRED)) for name in plain.__annotations__}
    fields = {
        name: one for base in plain.__mro__[:0:-1] for name, one in getattr(base, "__value_fields__", {}).items()
    } | own
    names = tuple(fields)
    values = attrgetter(*names) if names else _nothing
    inside |= {"__slots__": tuple(own), "__match_args__": names, "__value_fields__": fields}
    inside |= {"__dataclass_fields__": _Fields(), "__init__": _first_init(frozen, kw_only)}
    methods = {"__repr__": _repr, "__eq__": _equal(values), "__getstate__": _state, "__setstate__": _restore}
    if frozen:
        methods |= {"__hash__": _hash(values), "__setattr__": _refuse, "__delattr__": _refuse}
    metaclass: Any = type(plain)
    made: type[_T] = metaclass(plain.__name__, plain.__bases__, {**methods, **inside})
    made.__qualname__ = plain.__qualname__
    if not hasattr(made, "__post_init__"):
        made.__setters__ = {name: getattr(made, name).__set__ for name in names}  # type: ignore[attr-defined]
        made.__copied__ = staticmethod(_first_copy)  # type: ignore[attr-defined]
    return made


def _known(name: str, default: Any) -> Any:
    """A default as it is, or a field with a factory; raises TypeError for what only the standard dataclass knows."""
    if not isinstance(default, Field):
        return default
    if not (default.init and default.repr and default.compare) or default.default_factory is MISSING:
        raise TypeError(f"{name}: only default_factory is known here; dataclasses.dataclass knows more")
    return default


def _first_init(frozen: bool, kw_only: bool) -> Callable[..., None]:
    """An `__init__` that is replaced by the real one when the first value is made."""

    def __init__(self: Any, *args: Any, **given: Any) -> None:  # noqa: N807 - its name in messages
        kind = type(self)
        kind.__init__ = _init(kind, frozen, kw_only)
        kind.__init__(self, *args, **given)

    return __init__


def _first_copy(value: Any) -> Any:
    """A copy, by a function that is compiled when a class is first copied."""
    kind = type(value)
    known: dict[str, Any] = {"_new": kind.__new__, "_kind": kind}
    known |= {f"_set_{name}": put for name, put in kind.__setters__.items()}
    lines = [f" _set_{name}(made, value.{name})" for name in kind.__setters__]
    exec("\n".join(["def copied(value):", " made = _new(_kind)", *lines, " return made"]), known)  # noqa: S102 - of names only
    kind.__copied__ = staticmethod(known["copied"])
    return kind.__copied__(value)


def _init(kind: Any, frozen: bool, kw_only: bool) -> Callable[..., None]:
    """`def __init__(self, a, b=...)`; a frozen class keeps nobody from its slots themselves."""
    known: dict[str, Any] = {"_FACTORY": _FACTORY}
    arguments, lines = ["self", *(["*"] if kw_only else [])], list[str]()
    for name, default in kind.__value_fields__.items():
        value, known[f"_set_{name}"] = name, getattr(kind, name).__set__
        if isinstance(default, Field):
            known[f"_new_{name}"], known[f"_default_{name}"] = default.default_factory, _FACTORY
            value = f"_new_{name}() if {name} is _FACTORY else {name}"
        else:
            known[f"_default_{name}"] = default
        arguments.append(name if default is _REQUIRED else f"{name}=_default_{name}")
        lines.append(f" _set_{name}(self, {value})" if frozen else f" self.{name} = {value}")
    if hasattr(kind, "__post_init__"):
        lines.append(" self.__post_init__()")
    exec(f"def __init__({', '.join(arguments)}):\n" + "\n".join(lines or [" pass"]), known)  # noqa: S102 - of names only
    init: Callable[..., None] = known["__init__"]
    init.__qualname__ = f"{kind.__qualname__}.__init__"
    return init


class _Fields:
    """What `dataclasses.fields` and `replace` look for, made by the standard library when first asked for."""

    __slots__ = ()

    def __get__(self, _value: object, kind: Any) -> Any:
        types = {
            name: one for base in kind.__mro__[:0:-1] for name, one in getattr(base, "__annotations__", {}).items()
        }
        defaults = {name: one for name, one in kind.__value_fields__.items() if one is not _REQUIRED}
        twin: Any = type(kind.__name__, (), {"__annotations__": types | kind.__annotations__, **defaults})
        standard: Any = dataclasses.dataclass(init=False, repr=False, eq=False, kw_only=True)
        kind.__dataclass_fields__ = standard(twin).__dataclass_fields__
        return kind.__dataclass_fields__


# ---------- methods that every class shares ----------


def _nothing(_value: object) -> tuple[()]:
    return ()


def _repr(self: Any) -> str:
    told = ", ".join(f"{name}={getattr(self, name)!r}" for name in self.__match_args__)
    return f"{type(self).__qualname__}({told})"


def _equal(values: Callable[[Any], Any]) -> Callable[[Any, object], bool]:
    def __eq__(self: Any, other: object) -> bool:  # noqa: N807
        return values(self) == values(other) if type(other) is type(self) else NotImplemented

    return __eq__


def _hash(values: Callable[[Any], Any]) -> Callable[[Any], int]:
    def __hash__(self: Any) -> int:  # noqa: N807
        return hash(values(self))

    return __hash__


def _refuse(self: Any, name: str, _value: object = None) -> None:
    raise FrozenInstanceError(f"{type(self).__name__}.{name} cannot be set: values do not change")


def _state(self: Any) -> list[Any]:
    return [getattr(self, name) for name in self.__match_args__]


def _restore(self: Any, state: list[Any]) -> None:
    for name, value in zip(self.__match_args__, state, strict=True):
        object.__setattr__(self, name, value)
