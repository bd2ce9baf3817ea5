"""What is stored comes back as it was, without pydantic; what is damaged is refused with its place."""

import copy
import json
import pickle
from collections.abc import Mapping
from datetime import UTC, date, datetime
from decimal import Decimal
from enum import Enum
from types import NoneType, UnionType
from typing import Annotated, Any, Literal, Union, get_args, get_origin, get_type_hints

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from core.cash.rules import CashRules
from core.door import adapter
from core.frozen import Checked, Frozen, Limit
from core.ledger import Customer, Entity, Item, PartPayment, Person, Plan
from core.own.text import OwnText
from core.policy.charges import InterestTerms
from core.policy.fee import Bands, Convert, FlatPlusPercent, Sequence, Tiered
from core.policy.load import load_policy, shipped
from core.policy.schema import Audience, Bound, Policy, Step, When
from core.remark import Remark
from core.source import Source, Watermark
from core.stored import StoredError, stored
from functions.shared.store.bank import EntryRecord
from functions.shared.store.hooks import Endpoint
from functions.shared.store.tasks import Task
from functions.shared.store.tokens import Token

STORED = (
    Bands, CashRules, Convert, Customer, Endpoint, Entity, EntryRecord, FlatPlusPercent, InterestTerms, Item, OwnText,
    Person, Plan, Policy, Remark, Sequence, Source, Task, Tiered, Token, Watermark, When,
)  # fmt: skip
DAY = date(2026, 3, 2)
AN_ITEM = {
    "id": "i", "customer": "C1", "number": "1", "issued_on": "2026-03-02", "due_on": "2026-03-02", "currency": "EUR",
    "original_minor": 1, "open_minor": 1,
}  # fmt: skip
A_POLICY = {
    "policy": "p", "version": 1,
    "steps": [{"id": "one", "offset_days": 3, "template": "t", "audience": {"customer": ["ap_contact"]}}],
}  # fmt: skip


def written(record: Frozen) -> Any:
    """What a table gives back of it."""
    return json.loads(json.dumps(record.model_dump(mode="json", exclude_none=True)))


@pytest.mark.parametrize("name", shipped())
def test_each_policy_that_is_shipped_comes_back(name: str) -> None:
    policy = load_policy(shipped()[name])
    assert isinstance(policy, Policy)
    assert stored(Policy, written(policy)) == policy == Policy.model_validate(written(policy))
    # byte for byte what pydantic writes: a version that was kept before is compared with these
    assert json.dumps(policy.model_dump(mode="json")) == json.dumps(adapter(Policy).dump_python(policy, mode="json"))


@pytest.mark.parametrize("kind", STORED)
@settings(max_examples=5, suppress_health_check=list(HealthCheck))
@given(data=st.data())
def test_a_record_comes_back_as_pydantic_reads_it(kind: type[Frozen], data: st.DataObject) -> None:
    record = data.draw(records(kind))
    plain = written(record)
    assert plain == adapter(kind).dump_python(record, mode="json", exclude_none=True)
    again = kind.model_validate(plain)
    assert stored(kind, plain) == record == again
    assert repr(stored(kind, plain)) == repr(record)  # no word stays text where it is one of an enumeration
    assert stored(kind, plain).model_fields_set == again.model_fields_set


@pytest.mark.parametrize(
    ("kind", "plain", "told"),
    [
        (Item, [], "expected a mapping"),
        (Item, {**AN_ITEM, "colour": "red"}, ".colour: Item has no such field"),
        (Item, {"id": "i"}, "Item lacks currency, customer"),
        (Item, {**AN_ITEM, "open_minor": "1"}, ".open_minor: expected a whole number, found '1'"),
        (Item, {**AN_ITEM, "open_minor": True}, ".open_minor: expected a whole number, found True"),
        (Item, {**AN_ITEM, "open_minor": 1.0}, ".open_minor: expected a whole number"),
        (Item, {**AN_ITEM, "due_on": "2026-02-30"}, ".due_on: expected a date as YYYY-MM-DD, found '2026-02-30'"),
        (Item, {**AN_ITEM, "due_on": None}, ".due_on: expected a date"),
        (Item, {**AN_ITEM, "kind": "loan"}, ".kind: expected one of invoice, instalment"),
        (Item, {**AN_ITEM, "part_payments": [{"id": "p", "minor": 1}]}, ".part_payments[0]: PartPayment lacks"),
        (Customer, {"id": "c", "name": "n", "team": {"sales": 1}}, ".team.sales: expected text, found 1"),
        (Task, {"id": "t", "items": ["i"] * 201}, ".items: expected max_length 200"),
        (Policy, {**A_POLICY, "version": 0}, ".version: expected ge 1, found 0"),
        (Policy, {**A_POLICY, "policy": "A B"}, ".policy: expected pattern"),
        (Policy, {**A_POLICY, "max_jump": "some"}, ".max_jump: expected a whole number"),
        (Policy, {**A_POLICY, "steps": [*A_POLICY["steps"]] * 2}, "step ids must differ, found twice: one"),
        (Policy, {**A_POLICY, "steps": [{**A_POLICY["steps"][0], "fee": {"type": "gift"}}]}, ".steps[0].fee.type: exp"),
        (Policy, {**A_POLICY, "steps": [{"id": "one", "offset_days": 3}]}, ".steps[0]: step 'one': a message step"),
    ],
)
def test_what_is_damaged_is_refused_with_its_place(kind: type[Frozen], plain: Any, told: str) -> None:
    with pytest.raises(StoredError) as refused:
        stored(kind, plain)
    assert told in str(refused.value)
    with pytest.raises(ValueError, match=kind.__name__):  # and the door lets nothing of it in either
        kind.model_validate(plain, strict=True)


# ---------- the values themselves ----------


def test_a_value_does_not_change_and_its_copy_does() -> None:
    item = Item.model_validate(AN_ITEM)
    with pytest.raises(AttributeError, match="open_minor"):
        item.open_minor = 5  # type: ignore[misc]
    assert item.model_copy(update={"open_minor": 5}).open_minor == 5
    assert item.open_minor == 1
    with pytest.raises(TypeError, match="unknown: opened"):
        item.model_copy(update={"opened": 5})


def test_what_was_worked_out_is_not_copied() -> None:
    when = When(segment=("a",))
    assert when.asked == {"segment"}
    assert when.model_copy(update={"segment": ()}).asked == set()
    assert when == When(segment=("a",))  # and does not count where two are compared


def test_names_that_are_missing_or_unknown_are_told() -> None:
    with pytest.raises(TypeError, match=r"PartPayment: unknown: cents; missing: minor"):
        PartPayment(id="p", recorded_on=DAY, cents=1)  # type: ignore[call-arg]


def test_a_rule_holds_for_whoever_makes_a_value() -> None:
    with pytest.raises(ValueError, match="no number lies in this bound"):
        Bound(at_least=5, at_most=4)
    with pytest.raises(ValueError, match="a message step needs a template"):
        Step(id="a", offset_days=1, audience=Audience(customer=("ap_contact",)))


def test_values_are_compared_hashed_copied_and_pickled() -> None:
    one, same, other = (PartPayment(id="p", recorded_on=DAY, minor=minor) for minor in (1, 1, 2))
    assert one == same != other
    assert {one, same, other} == {one, other}
    assert copy.deepcopy(one) == one == pickle.loads(pickle.dumps(one))
    assert repr(one) == "PartPayment(id='p', recorded_on=datetime.date(2026, 3, 2), minor=1)"


def test_a_name_in_files_is_read_beside_that_in_code() -> None:
    told = [Audience.model_validate({name: True}) for name in ("copy", "copy_ours")]
    assert told == [Audience(copy_ours=True)] * 2
    assert told[0].model_dump(exclude_defaults=True) == {"copy_ours": True}


# ---------- made up records ----------


def records(kind: type[Frozen]) -> st.SearchStrategy[Any]:
    """Records whose fields are of their types and within their limits; without those that break a rule."""
    types = get_type_hints(kind, include_extras=True)
    needed = {name: values(types[name]) for name in kind.model_fields if name in kind.model_required}
    others = {name: values(types[name]) for name in kind.model_fields if name not in needed}
    return st.fixed_dictionaries(needed, optional=others).map(lambda given: made(kind, given)).filter(bool)


def made(kind: type[Frozen], given: Mapping[str, Any]) -> Frozen | None:
    """The record; else with what it needs alone, else none."""
    for names in (given.keys(), kind.model_required):
        try:
            return kind(**{name: given[name] for name in given if name in names})
        except ValueError:
            continue
    return LEAST.get(kind)


LEAST: dict[type[Frozen], Frozen] = {
    Step: Step.model_validate(A_POLICY["steps"][0]),
    InterestTerms: InterestTerms(statutory="DE"),
    Bound: Bound(at_least=1),
}
PLAIN: dict[Any, st.SearchStrategy[Any]] = {
    str: st.sampled_from(["", "a", "ü", "word", "Größe 5"]),
    int: st.integers(0, 99),
    bool: st.booleans(),
    date: st.dates(date(2000, 1, 1), date(2100, 1, 1)),
    datetime: st.datetimes(datetime(2000, 1, 1), datetime(2100, 1, 1), timezones=st.just(UTC)).map(
        lambda at: at.replace(fold=0)
    ),
    Decimal: st.decimals(1, 9, places=2),
    NoneType: st.none(),
    Any: st.sampled_from([1, "a", True, ["x"], {"y": 1}]),
}


def values(kind: Any) -> st.SearchStrategy[Any]:
    """Values of a type."""
    origin, args = get_origin(kind), get_args(kind)
    if kind in PLAIN:
        return PLAIN[kind]
    if isinstance(kind, type) and issubclass(kind, Frozen):
        return st.just(LEAST[kind]) if kind in LEAST else st.deferred(lambda: records(kind))
    if isinstance(kind, type) and issubclass(kind, Enum):
        return st.sampled_from(kind)
    if origin is Literal:
        return st.sampled_from(args)
    if origin in (Union, UnionType):
        return st.one_of(*map(values, args))
    if origin is tuple:
        few = st.lists(values(args[0]), max_size=2).map(tuple)
        return few if args[1:] == (...,) else st.tuples(*map(values, args))
    if origin is Annotated:
        return limited(args[0], args[1:])
    return st.dictionaries(values(args[0]), values(args[1]), max_size=1)


def limited(kind: Any, marks: tuple[Any, ...]) -> st.SearchStrategy[Any]:
    """Values of a type within its limits."""
    if any(isinstance(one, Checked) for one in marks):
        return st.sampled_from(["EUR", "USD"] if marks[0].after else ["1", "2.5"])
    limits = {name: bound for one in marks if isinstance(one, Limit) for name, bound in one.given.items()}
    if "pattern" in limits:
        return st.from_regex(limits["pattern"], fullmatch=True).filter(str.isascii)
    if kind is int:
        return st.integers(limits.get("ge", 0), limits.get("le", 200))
    return values(kind).filter(lambda one: not hasattr(one, "__len__") or len(one) >= limits.get("min_length", 0))
