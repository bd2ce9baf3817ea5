"""Steps that several things hold back at once: each item is named with its own reason, and no earlier date is lost."""

from dataclasses import replace
from typing import Any

import pytest

from core.decide.account import decide
from core.decide.model import Reason
from core.ledger import PartPayment
from core.state import Sent
from tests.builders import an_item, facts, on
from tests.core.harsh import MARK, WARNED, again, granted, harsh_setting, warned

CALL = {"id": "call", "offset_days": 30, "effect": "task", "task": "call", "audience": {"ours": ["accounting"]}}
AGENCY = {"id": "agency", "offset_days": 20, "effect": "task", "task": "agency", "adverse": "agency",
          "requires_step": ["warn"], "needs_approval": False, "audience": {"ours": ["ceo"]}}  # fmt: skip
JUDGED = {"id": "mark", "offset_days": 20, "effect": "status", "status": "late", "adverse": "agency",
          "requires_step": ["warn"], "needs_approval": False}  # fmt: skip


SMALL = (an_item("A", open_minor=1), an_item("B", open_minor=1), an_item("C", open_minor=90_000, due_on=on(20)))


@pytest.mark.parametrize(
    ("step", "items", "data", "reason"),
    [(AGENCY, SMALL[:2], 10, Reason.STALE), (JUDGED, SMALL, 29, Reason.IMMATERIAL)],
)
def test_each_item_is_held_by_its_own_reason(step: Any, items: Any, data: int, reason: Reason) -> None:
    """A was warned, B was not: neither for this step nor for the one before."""
    before = {**AGENCY, "id": "before"}
    setting = harsh_setting(before, step, brakes={"ledger_days": 5}, entity={"ledger_as_of": on(data)})
    held = decide(facts(*items, state=warned("A")), setting, on(29)).held
    assert {(one.item, one.reason) for one in held if one.step == step["id"]} == {
        ("A", reason),
        ("B", Reason.NOT_DELIVERED),
    }
    assert ("B", Reason.NOT_DELIVERED) in {(one.item, one.reason) for one in held if one.step == "before"}


LATE = replace(WARNED, last_on=on(27), sent={"warn": Sent(on(27), on(28))})
PAID = PartPayment(id="p", recorded_on=on(29), minor=90_000)


@pytest.mark.parametrize(
    ("step", "known", "reason"),
    [
        (AGENCY, facts(an_item(), state=replace(warned(), items={"I1": LATE})), Reason.NOT_DELIVERED),
        (AGENCY, facts(an_item(part_payments=(PAID,), original_minor=100_000), state=warned()), Reason.PART_PAID),
        ({**MARK, "offset_days": 20},
         facts(an_item(open_minor=1), an_item("B", due_on=on(28), part_payments=(PAID,), original_minor=100_000),
               state=warned()), Reason.IMMATERIAL),
    ],
)  # fmt: skip
def test_what_is_held_hides_no_earlier_date(step: Any, known: Any, reason: Reason) -> None:
    """At +29; the call comes at +30, and what holds the other step ends later."""
    decision = decide(known, harsh_setting(CALL, step), on(29))
    assert [(one.item, one.reason) for one in decision.held if one.step == step["id"]] == [("I1", reason)]
    assert decision.next_check_on == on(30)


def test_the_lines_of_a_step_have_a_key_for_each_of_its_stages() -> None:
    """The key keeps a line from being told twice: asked, agreed to and done are three lines."""
    asked_first = {**AGENCY, "needs_approval": True, "offset_days": 30}
    setting, known = harsh_setting(asked_first, CALL), facts(an_item(), state=warned())
    asked = decide(known, setting, on(30))
    heard = again(replace(known, approvals=(granted(asked.proposals[0].id, on(31)),)), asked, setting, on(31))
    assert [line.key for line in (*asked.digest, *heard.digest)] == [
        "C1#I1#0#agency#proposal.0#ceo",
        "C1#I1#0#call#0#accounting",
        "C1#I1#0#agency#approved.0#sales_rep",
    ]
