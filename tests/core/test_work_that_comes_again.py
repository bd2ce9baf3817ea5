"""Tasks that come again, each item by its own clock; proposals that a person agreed to, each for its own items."""

from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from core.decide.account import decide
from core.decide.model import Decision, Facts
from core.decide.tasks import finished
from core.ledger import Dispute, Hold, PartPayment, Promise
from tests.builders import DUE, an_item, facts, on
from tests.core.harsh import HOLD, LEGAL, again, granted, harsh_setting, warned
from tests.core.night import nights

CALL = {"id": "call", "offset_days": 10, "effect": "task", "task": "call", "audience": {"ours": ["accounting"]}}


def calls(repeat: dict[str, Any], ledger: Any, last: int = 45) -> dict[int, tuple[list[Any], list[str]]]:
    """By day past due of I1: the items of each task that is opened, and those of each that is closed."""
    setting, items, found = harsh_setting({**CALL, "repeat": repeat}), dict[str, str](), {}
    for night in nights(setting, on(1), on(last), ledger, skip_idle=True):
        opened = [task for task in night.tasks if task.step == "call"]
        assert {task.note for task in opened} <= {""}
        closed = [items[task] for task in night.closed_tasks if task in items]
        items |= {task.id: "".join(task.items) for task in opened}
        if opened or closed:
            found[(night.as_of - DUE).days] = ([items[task.id] for task in opened], closed)
            assert [line.item for line in night.digest if line.step == "call"] == [i for t in opened for i in t.items]
    return found


def test_each_item_has_its_own_calls() -> None:
    both = facts(an_item("A"), an_item("B", due_on=on(3)))
    assert calls({"every_days": 7, "max": 2, "scope": "item"}, lambda _: both) == {
        10: (["A"], []),
        13: (["B"], []),
        17: (["A"], ["A"]),
        20: (["B"], ["B"]),
    }


def test_two_items_are_called_about_on_one_day() -> None:
    both = facts(an_item("A"), an_item("B"))
    assert calls({"every_days": 7, "scope": "item"}, lambda _: both, last=17) == {
        10: (["A", "B"], []),
        17: (["A", "B"], ["A", "B"]),
    }


def test_an_account_is_called_about_all_that_is_late() -> None:
    both = facts(an_item("A"), an_item("B", due_on=on(3)))
    assert calls({"every_days": 7}, lambda _: both, last=24) == {
        10: (["A"], []),
        17: (["AB"], ["A"]),
        24: (["AB"], ["AB"]),
    }


def test_calls_go_on_after_a_dispute() -> None:
    def ledger(day: date) -> Facts:
        return facts(an_item("A", disputed_all=on(12) <= day < on(21)))

    assert calls({"every_days": 7, "scope": "item"}, ledger, last=31) == {
        10: (["A"], []),
        12: ([], ["A"]),
        21: (["A"], []),  # the call of +17 is made up for
        24: (["A"], ["A"]),  # and the grid stays
        31: (["A"], ["A"]),
    }


@pytest.mark.parametrize(
    ("block", "again"),
    [
        ({"holds": (Hold(id="h", item="I1", until=on(12), placed_on=on(11)),)}, 15),
        ({"holds": (Hold(id="h", until=on(12), placed_on=on(11)),)}, 15),
        ({"disputes": (Dispute(id="d", item="I1", opened_on=on(11), closed_on=on(13)),)}, 15),
        ({"promises": (Promise(id="p", item="I1", made_on=on(11), promised_on=on(11)),)}, 18),  # the weekend is grace
    ],
)
@pytest.mark.parametrize("person", [False, True])
def test_a_call_that_a_block_closed_is_asked_for_again_after_it(
    block: dict[str, Any], again: int, person: bool
) -> None:
    """Nobody had called, and the ladder's next mail may be a month away. Who was called is not called again."""
    setting, memory, seen = harsh_setting(CALL), warned(), dict[int, tuple[int, int]]()
    for dpd in range(9, 22):
        known = facts(an_item(), **(block if dpd >= 11 else {}))
        night = decide(replace(known, state=memory), setting, on(dpd))
        memory = night.state
        if person and night.tasks:
            memory = finished(memory, night.tasks[0].id)
        if night.tasks or night.closed_tasks:
            seen[dpd] = len(night.tasks), len(night.closed_tasks)
            assert len(night.tasks) == len(night.digest)
    assert seen == {10: (1, 0), 11: (0, 1), **({} if person else {again: (1, 0)})}


def test_what_a_person_took_over_comes_back_after_a_hold() -> None:
    """The ladder is used up and the invoice handed over: a short hold closed that for good."""
    setting = harsh_setting(after_last_step="final")
    held = facts(an_item(), holds=(Hold(id="h", item="I1", until=on(20), placed_on=on(20)),))
    found = nights(setting, on(15), on(40), lambda day: held, skip_idle=True, state=warned())
    opened = [((night.as_of - DUE).days, len(night.tasks), len(night.closed_tasks)) for night in found]
    assert [one for one in opened if one[1:] != (0, 0)] == [(15, 1, 0), (20, 0, 1), (23, 1, 0)]


# ---------- what a person agreed to ----------

AGENCY = {"id": "agency", "offset_days": 30, "effect": "task", "task": "agency", "adverse": "agency",
          "requires_step": ["warn"], "audience": {"ours": ["ceo"]}}  # fmt: skip


def agreed(agree_to: tuple[int, ...]) -> dict[int, list[tuple[str, ...]]]:
    """The tasks by day, when these of the two proposals are agreed to as soon as the second one is made."""
    setting, found = harsh_setting(AGENCY), dict[int, list[tuple[str, ...]]]()
    known = facts(an_item("A"), an_item("B", due_on=on(5)), state=warned("A", "B"))
    night = decide(known, setting, on(30))
    plans = list(night.proposals)
    for day in range(35, 43):
        night = again(known, night, setting, on(day))
        plans += night.proposals
        if day == 35:
            known = replace(known, approvals=tuple(granted(plans[n].id, on(35)) for n in agree_to))
        if night.tasks:
            found[day] = [task.items for task in night.tasks if task.step == "agency"]
    assert [plan.items for plan in plans] == [("A",), ("B",)]
    return found


@pytest.mark.parametrize(("agree_to", "items"), [((0,), ("A",)), ((1,), ("B",)), ((0, 1), ("A", "B"))])
def test_what_is_agreed_to_is_done_for_its_own_items(agree_to: tuple[int, ...], items: tuple[str, ...]) -> None:
    assert agreed(agree_to) == {38: [items]}


def test_the_id_of_a_proposal_is_the_same_in_every_release() -> None:
    """A person's word names it: it must mean the same after the code has changed."""
    found = {
        scope: [
            plan.id
            for plan in decide(
                facts(an_item(), state=warned()), harsh_setting({**LEGAL, "scope": scope}), on(90)
            ).proposals
        ]
        for scope in ("account", "item")
    }
    assert found == {"account": ["8aa4fdf5905fbf13ea1e0c0366"], "item": ["c5dd0d4d9774062140f10c1283"]}


def carried_out(*steps: dict[str, Any], payments: tuple[PartPayment, ...] = ()) -> Decision:
    """The night of +66, on which a credit hold asked for on +60 is due to be set."""
    setting = harsh_setting(*steps, HOLD)
    known = facts(an_item(), state=warned())
    asked = decide(known, setting, on(60))
    known = replace(known, approvals=(granted(asked.proposals[0].id, on(61)),))
    heard = again(known, asked, setting, on(61))
    paid = an_item(part_payments=payments, original_minor=10_000 + sum(one.minor for one in payments))
    return again(replace(known, items=(paid,)), heard, setting, on(66))


def test_a_hold_is_told_once_beside_what_comes_again() -> None:
    night = carried_out({**CALL, "offset_days": 66, "repeat": {"every_days": 7}})
    assert night.state.credit_hold
    assert [(line.step, line.key.split("#")[-2]) for line in night.digest] == [("call", "1"), ("hold", "1")]


def test_a_brake_does_not_hide_what_comes_before_it_ends() -> None:
    night = carried_out({**CALL, "offset_days": 67}, payments=(PartPayment(id="p", recorded_on=on(66), minor=1),))
    assert (night.state.credit_hold, night.next_check_on) == (False, on(67))


def test_a_hold_that_a_dispute_lifted_is_not_set_again_without_a_person() -> None:
    setting = harsh_setting({**HOLD, "needs_approval": False})
    known, blocked = facts(an_item(), state=warned()), facts(an_item(disputed_all=True))
    first = decide(known, setting, on(60))
    lifted = again(blocked, first, setting, on(61))
    back = again(known, lifted, setting, on(62))
    said = [[one.what for one in night.announcements] for night in (first, lifted, back)]
    assert (said, len(back.proposals)) == ([["credit_hold_set"], ["credit_hold_lifted"], []], 1)
