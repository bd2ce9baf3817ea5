"""Two policies side by side: none differs from itself, and each difference between two is told once, with why."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from core.decide.model import Facts
from core.ledger import Dispute
from core.policy.schema import Policy
from core.rehearsal.coming import Coming, What
from core.rehearsal.difference import Change, Difference, compare, differences
from core.state import AccountState, ItemState
from tests.builders import DUE, a_policy, a_setting, an_item, facts, on

OLD = a_policy()


def step(step_id: str, policy: Policy = OLD, **changes: Any) -> Policy:
    """The policy with one step changed."""
    return policy.model_copy(
        update={"steps": tuple(s.model_copy(update=changes) if s.id == step_id else s for s in policy.steps)}
    )


def without(step_id: str) -> Policy:
    return OLD.model_copy(update={"steps": tuple(s for s in OLD.steps if s.id != step_id)})


def told(known: Facts, new: Policy, first: int = 0, days: int = 30) -> list[tuple[str, str, int | None, int | None]]:
    """Each difference: what became of it, its name, and its days past due under both."""
    found = compare(known, a_setting(OLD), a_setting(new), on(first), days=days).differences
    return [
        (one.change.value, (one.old or one.new).name, _day(one.old), _day(one.new))  # type: ignore[union-attr]
        for one in found
    ]


def _day(one: Coming | None) -> int | None:
    return None if one is None else (one.on - DUE).days


@pytest.mark.parametrize("age", [0, 13, 45, 90])
def test_nothing_differs_between_a_policy_and_itself(age: int) -> None:
    known = facts(an_item(), an_item("I2", due_on=DUE - timedelta(days=age)))
    found = compare(known, a_setting(), a_setting(), DUE)
    assert (found.differences, found.at_once, found.old) == ((), (), found.new)


@pytest.mark.parametrize(
    ("new", "expected"),
    [
        (step("b", offset_days=9), [("moved", "friendly", 7, 9)]),
        (without("c"), [("removed", "warning", 14, None)]),
        (step("c", template="reminder"), [("changed", "warning", 14, 14)]),
        (step("c", level=3), [("changed", "warning", 14, 14)]),
        (step("d", offset_days=20), [("added", "phone-call", None, 20)]),  # at +31 no longer within thirty days
        (step("b", id="z"), []),  # by another name the same
    ],
    ids=["moved", "removed", "other words", "other tone", "added", "renamed"],
)
def test_each_difference_is_told_once(new: Policy, expected: list[Any]) -> None:
    assert told(facts(an_item()), new) == expected


def test_what_differs_tomorrow_is_told_apart() -> None:
    known, new = facts(an_item()), step("b", offset_days=9)
    for first, at_once in ((6, False), (7, True)):
        found = compare(known, a_setting(), a_setting(new), on(first))
        assert (len(found.differences), bool(found.at_once)) == (1, at_once)


def test_only_the_days_asked_for_are_looked_at() -> None:
    assert told(facts(an_item()), without("c"), days=14) == []
    assert told(facts(an_item()), without("c"), days=15) == [("removed", "warning", 14, None)]


def test_the_reason_is_that_of_the_side_that_does_not_do_it() -> None:
    known = facts(an_item())
    (moved,) = compare(known, a_setting(), a_setting(step("b", offset_days=9)), on(0)).differences
    assert moved.because == "Nothing to send: the next step lies ahead, on 2026-03-11"
    (earlier,) = compare(known, a_setting(), a_setting(step("b", offset_days=5)), on(0)).differences
    assert earlier.because == "Nothing to send: the next step lies ahead, on 2026-03-09"
    poor = a_policy(minimum={"account": {"EUR": 20_000}})
    removed = compare(known, a_setting(), a_setting(poor), on(7), days=1).differences
    assert [one.because for one in removed] == [
        "Step b is due and held back: the amount is below the minimum (minimum of the account EUR 20000 (minor units))"
    ]


def test_the_memory_of_the_account_counts_on_both_sides() -> None:
    state = AccountState(items={"I1": ItemState(1, "b", 1, last_on=on(7))}, last_accepted_on={"account": on(7)})
    assert told(facts(an_item(), state=state), step("b", offset_days=9), first=8) == []
    settled = facts(an_item(), state=state, disputes=(Dispute(id="d", item="I1", opened_on=on(8)),))
    assert told(settled, without("c"), first=9) == []


def one(day: int, what: What = What.MESSAGE, name: str = "reminder", items: tuple[str, ...] = ("I1",)) -> Coming:
    return Coming(on(day), "E1", "C1", what, name, "b", 1, items, items, {"EUR": 100}, ("ap_contact k1",))


def test_pairs_are_taken_once_and_by_their_items() -> None:
    old = [one(1), one(2), one(3, items=("I2",))]
    new = [one(2), one(5), one(4, items=("I2",))]
    assert list(differences(old, new)) == [
        Difference(Change.MOVED, old[0], new[1]),
        Difference(Change.MOVED, old[2], new[2]),
    ]


def test_other_readers_items_and_amounts_are_changes_of_the_same_day() -> None:
    was = one(1)
    for changes in ({"readers": ("ceo",)}, {"items": ("I1", "I2")}, {"amounts": {"EUR": 200}}, {"level": 2}):
        now = replace(was, **changes)
        assert list(differences([was], [now])) == [Difference(Change.CHANGED, was, now)]
    assert list(differences([was], [replace(was, step="other")])) == []


def test_unlike_things_are_added_and_removed() -> None:
    task, mark = one(1, What.TASK, "call"), one(1, What.STATUS, "late", ())
    assert list(differences([task], [mark])) == [
        Difference(Change.REMOVED, task, None),
        Difference(Change.ADDED, None, mark),
    ]
    assert list(differences([mark], [replace(mark, on=on(9))])) == [
        Difference(Change.MOVED, mark, replace(mark, on=on(9)))
    ]
