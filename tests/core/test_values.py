"""Our quick dataclass beside the standard one: the same to whoever uses it."""

import copy
import dataclasses
import pickle
from typing import Any

import pytest

from core.state import DueStep
from core.values import dataclass, replace

STANDARD: Any = dataclasses.dataclass


def both(**options: Any) -> list[Any]:
    """The same class by the standard library and by us."""

    def made(decorate: Any) -> Any:
        @decorate(slots=True, **options)
        class Value:
            """A value."""

            name: str
            minor: int = 5
            parts: list[int] = dataclasses.field(default_factory=list)

            @property
            def twice(self) -> int:
                return 2 * self.minor

        return Value

    return [made(STANDARD), made(dataclass)]


@pytest.mark.parametrize("options", [{"frozen": True}, {"frozen": True, "kw_only": True}, {}])
def test_it_is_what_the_standard_one_is(options: dict[str, bool]) -> None:
    standard, ours = both(**options)
    told = [
        (
            repr(one(name="a")), one(name="a", minor=7).twice, one(name="a").parts,
            one(name="a") == one(name="a", minor=5), one(name="a") == one(name="b"), one(name="a") == "a",
            [(field.name, field.type, field.init) for field in dataclasses.fields(one)],
            repr(dataclasses.replace(one(name="a", parts=[1]), minor=9)), dataclasses.asdict(one(name="a")),
            one.__slots__, one.__doc__, one.__qualname__, one.__module__, repr(copy.deepcopy(one(name="a", parts=[3]))),
            hasattr(one(name="a"), "__dict__"),
        )
        for one in (standard, ours)
    ]  # fmt: skip
    assert told[0] == told[1]


@pytest.mark.parametrize("kind", both(frozen=True))
def test_frozen_is_frozen(kind: Any) -> None:
    value = kind("a", parts=(1,))
    with pytest.raises(dataclasses.FrozenInstanceError):
        value.minor = 6
    with pytest.raises(dataclasses.FrozenInstanceError):
        del value.minor
    assert {value, kind("a", parts=(1,)), kind("b", parts=())} == {value, kind("b", parts=())}


@pytest.mark.parametrize("kind", both())
def test_what_is_not_frozen_changes_and_has_no_hash(kind: Any) -> None:
    value = kind("a")
    value.minor = 6
    assert value == kind("a", 6)
    with pytest.raises(TypeError, match="unhashable"):
        hash(value)


@pytest.mark.parametrize("kind", both(frozen=True))
@pytest.mark.parametrize(
    ("args", "given"), [((), {}), (("a", 1, [], 2), {}), (("a",), {"colour": 1}), (("a",), {"name": 1})]
)
def test_a_slip_in_the_arguments_is_told(kind: Any, args: Any, given: Any) -> None:
    with pytest.raises(TypeError, match=r"Value\.__init__\(\)"):
        kind(*args, **given)


def test_fields_are_inherited() -> None:
    told = []
    for decorate in (STANDARD, dataclass):

        @decorate(frozen=True, slots=True, kw_only=True)
        class Base:
            name: str
            minor: int = 5

        @decorate(frozen=True, slots=True, kw_only=True)
        class More(Base):
            parts: tuple[int, ...] = ()
            on: int

        more = More(name="a", on=1)
        told.append((Base(name="b").minor, more.minor, [f.name for f in dataclasses.fields(More)], More.__slots__))
        assert dataclasses.replace(more, minor=8) == More(name="a", on=1, minor=8) != more
    assert told[0] == told[1]


def test_a_class_of_the_program_is_pickled() -> None:
    due = DueStep("item", "step", 1)
    assert pickle.loads(pickle.dumps(due)) == due


def test_what_only_the_standard_one_knows_is_refused() -> None:
    with pytest.raises(TypeError, match="only default_factory"):

        @dataclass(slots=True)
        class Hidden:
            name: str = dataclasses.field(default="", repr=False)

    with pytest.raises(TypeError, match="slots"):
        dataclass(slots=False)


@pytest.mark.parametrize("kind", both(frozen=True))
def test_a_change_of_some_fields_is_a_new_value(kind: Any) -> None:
    value = kind("a", parts=(1,))
    assert replace(value, minor=6) == kind("a", 6, (1,))
    assert value == kind("a", 5, (1,))
    with pytest.raises(TypeError, match="mino"):
        replace(value, mino=6)
