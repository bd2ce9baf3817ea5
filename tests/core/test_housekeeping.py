"""Work of mending the data: disputes that wait too long or come again, roles that nobody fills."""

from typing import Any

import pytest

from core.decide.account import decide
from core.ledger import Contact, Dispute
from core.state import AccountState, Baseline, ItemState
from tests.builders import RUNGS, a_ladder, a_setting, an_item, facts, on
from tests.core.harsh import again

SETTING = a_setting(a_ladder())
BOTH = {**RUNGS[0], "audience": {"customer": ["ap_contact", "ap_manager"]}}


def dispute(dispute_id: str, **changes: Any) -> Dispute:
    return Dispute(**{"id": dispute_id, "item": "I1", "opened_on": on(1), **changes})


@pytest.mark.parametrize(
    ("disputes", "found"),
    [
        ([dispute("a", answer_by=on(8))], []),  # still in time
        ([dispute("a", answer_by=on(7))], [("dispute-late", ("I1",), "ar_manager")]),
        ([dispute("a", answer_by=on(7), closed_on=on(8))], []),
        ([dispute("a", by_customer=True), dispute("b", by_customer=True)],
         [("dispute-again", ("I1", "I1"), "accounting")]),
        ([dispute("a", by_customer=True, closed_on=on(2)), dispute("b", by_customer=True)],
         [("dispute-again", ("I1",), "accounting")]),
        ([dispute("a", by_customer=True, closed_on=on(2)), dispute("b", by_customer=True, closed_on=on(3))], []),
        ([dispute("a", by_customer=True), dispute("b")], []),  # we raised the other one
        ([dispute("a", answer_by=on(1), item="gone")], []),
    ],
)  # fmt: skip
def test_a_dispute_that_waits_or_comes_again_is_work(disputes: list[Dispute], found: list[Any]) -> None:
    tasks = decide(facts(an_item(), disputes=tuple(disputes)), SETTING, on(8)).tasks
    assert [(task.kind, task.items, task.owner_role) for task in tasks] == found


def test_work_that_goes_on_for_another_item_in_the_same_night_is_not_ended() -> None:
    late, two = dispute("a", answer_by=on(7)), dispute("b", answer_by=on(7), item="I2")
    first = decide(facts(an_item(), an_item("I2"), disputes=(late,)), SETTING, on(8))
    looked_again = decide(facts(an_item("I2"), disputes=(two,), state=first.state), SETTING, on(8))
    assert (looked_again.closed_tasks, list(looked_again.state.tasks)) == ((), [task.id for task in first.tasks])
    later = decide(facts(an_item("I2"), disputes=(two,), state=first.state), SETTING, on(9))
    assert (later.closed_tasks, len(later.tasks)) == ((first.tasks[0].id,), 1)


def reader(role: str) -> Contact:
    return Contact(id=role, customer="C1", email=f"{role}@customer.example", roles=(role,))


def test_the_roles_that_nobody_fills_are_named_until_all_are_filled() -> None:
    setting, ledger = a_setting(a_ladder(rungs=(BOTH, *RUNGS[1:]))), (an_item(), an_item("I2", due_on=on(9)))
    first = decide(facts(*ledger, contacts=()), setting, on(7))
    assert [(task.kind, task.note) for task in first.tasks] == [("find-address", "ap_contact, ap_manager")]
    half = again(facts(*ledger, contacts=(reader("ap_contact"),)), first, setting, on(8))
    whole = again(facts(*ledger, contacts=(reader("ap_contact"), reader("ap_manager"))), half, setting, on(9))
    assert (half.closed_tasks, whole.closed_tasks) == ((), (first.tasks[0].id,))


@pytest.mark.parametrize(
    ("state", "step"),
    [
        (ItemState(), "statement"),
        (ItemState(0, None, 1, last_on=on(1)), "l1"),  # it has heard something
        (ItemState(1, "of before", 0), None),
        (ItemState(effects=("statement",)), "l1"),
    ],
)
def test_the_statement_is_for_what_has_heard_nothing(state: ItemState, step: str | None) -> None:
    memory = AccountState(items={"I1": state}, baseline=Baseline(on=on(5), release_on=on(5)))
    assert decide(facts(an_item(), state=memory), SETTING, on(9)).verdicts[0].step == step
