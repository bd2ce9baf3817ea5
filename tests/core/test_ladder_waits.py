"""What holds a reached step, and the next date on which it may say something else."""

from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from core.decide.account import decide
from core.decide.model import Reason, Verdict
from core.ledger import PartPayment
from core.policy.schema import Policy
from core.state import AccountState, Baseline, ItemState, RepeatClock, Sent
from core.stored import stored
from tests.builders import AP, DUE, RUNGS, a_ladder, a_setting, an_item, facts, had, on


def verdict(
    dpd: int, policy: Policy, state: ItemState | None = None, entity: dict[str, Any] | None = None, **memory: Any
) -> Verdict:
    item = memory.pop("item", None) or an_item()
    known = facts(item, state=AccountState(items={"I1": state} if state else {}, **memory))
    return decide(known, a_setting(policy, **(entity or {})), on(dpd)).verdicts[0]


def with_days(rung: dict[str, Any], **days: int) -> dict[str, Any]:
    return {**rung, "when": {"dpd": days}}


# ---------- a person, a range, a distance ----------


@pytest.mark.parametrize(("second", "step"), [
    ({"repeat": {"every_days": 7, "until_dpd": 29}}, "l3"), ({"valid_until_dpd": 29}, "l3"),
    ({"when": {"segment": ["vip"]}}, "l3"), ({}, "l2"),
])  # fmt: skip
def test_a_level_that_an_invoice_can_never_have_is_no_rung(second: dict[str, Any], step: str) -> None:
    """First heard of, or free again, when the second reminder's days were over: it heard the first and no other."""
    ladder = a_ladder(rungs=(RUNGS[0], {**RUNGS[1], **second}, RUNGS[2]), max_jump=1)
    assert verdict(32, ladder, had(1, 30)).step == step
    further = a_ladder(rungs=(RUNGS[0], {**RUNGS[1], **second}, *RUNGS[2:]), max_jump=1)
    assert verdict(62, further, had(1, 30)).step == step  # one at a time all the same


def test_a_level_whose_conditions_may_still_hold_is_a_rung_of_a_stored_policy_too() -> None:
    """It spells out the conditions that it does not give: no segment is no segment that this customer is not in."""
    costly = {**RUNGS[1], "when": {"item_open": {"EUR": {"above": 999_999}}}}
    ladder = a_ladder(rungs=(RUNGS[0], costly, RUNGS[2]), max_jump=1)
    kept = stored(Policy, ladder.model_dump(mode="json", exclude_none=True))
    assert verdict(32, ladder, had(1, 30)).step is None
    assert verdict(32, kept, had(1, 30)).step is None


def test_a_message_that_needs_a_person_waits_for_one() -> None:
    asked = {**RUNGS[0], "needs_approval": True, "audience": {**AP, "ours": ["accounting"]}}
    assert verdict(7, a_ladder(rungs=(asked,))).reason is Reason.NOT_APPROVED


@pytest.mark.parametrize(("dpd", "reason"), [(10, Reason.STEP_DUE), (11, Reason.UP_TO_DATE)])
def test_a_reminder_out_of_its_range_has_not_lapsed(dpd: int, reason: Reason) -> None:
    assert verdict(dpd, a_ladder(rungs=({**RUNGS[0], "valid_until_dpd": 10},))).reason is reason


def test_the_first_step_has_no_distance_to_one_before_it() -> None:
    state = ItemState(0, None, 1, last_on=on(6))  # written to beside the ladder
    assert verdict(7, a_ladder(keep_threshold_gap=True), state).step == "l1"


TAKEN_UP = Baseline(on=DUE, release_on=DUE)


@pytest.mark.parametrize(
    ("baseline", "state", "waits"),
    [
        (TAKEN_UP, ItemState(0, None, 1, last_on=on(34), effects=("statement",)), True),
        (TAKEN_UP, had(1, 34, effects=("statement",)), False),  # the ladder has begun since
        (TAKEN_UP, ItemState(0, None, 1, last_on=on(34), effects=("other",)), False),
        (None, ItemState(0, None, 1, last_on=on(34), effects=("statement",)), False),
    ],
)
def test_after_the_statement_the_ladder_waits(baseline: Baseline | None, state: ItemState, waits: bool) -> None:
    policy = a_ladder(activation={"wait_days": 10})
    found = [verdict(dpd, policy, state, baseline=baseline) for dpd in (43, 44)]
    assert [one.reason for one in found] == [Reason.TOO_CLOSE if waits else Reason.STEP_DUE, Reason.STEP_DUE]


def test_a_campaign_counts_its_messages_and_not_those_of_an_item() -> None:
    assert verdict(14, a_ladder(advance="repeat", max_attempts=1), had(1, 7)).step == "l2"
    assert verdict(14, a_ladder(max_attempts=1), had(1, 7)).reason is Reason.MOST_ATTEMPTS


# ---------- the next date ----------

PAID = an_item(
    original_minor=15_000, part_payments=(PartPayment(id="p", recorded_on=on(13), minor=5_000),)
)  # quiet until +16
FINAL = {**RUNGS[1], "adverse": "final_notice", "requires_step": ["l1"], "template": "final-notice"}
DATA = {"ledger_as_of": on(12)}
TWICE = {**RUNGS[0], "repeat": {"every_days": 7, "until_dpd": 16}}


@pytest.mark.parametrize(
    ("rungs", "changes", "state", "about", "again"),
    [
        ((RUNGS[0], with_days(RUNGS[1], at_most=20)), {"highest_level": 1}, had(1, 7), {}, on(21)),  # capped until then
        ((RUNGS[0], with_days(RUNGS[1], at_most=20)), {"max_attempts": 1}, had(1, 7), {}, on(21)),
        ((RUNGS[0], {**RUNGS[1], "offset_days": 10}, with_days({**RUNGS[2], "offset_days": 14}, at_most=20)),
         {"max_jump": 1}, had(1, 7), {}, on(21)),  # too far until then
        ((RUNGS[0], with_days(RUNGS[1], at_most=20)), {}, had(1, 7), {"item": PAID}, on(16)),
        ((RUNGS[0], with_days(RUNGS[1], at_most=14)), {}, had(1, 7), {"item": PAID}, on(15)),  # before the quiet ends
        ((RUNGS[0], with_days(FINAL, at_most=14)), {}, had(1, 7, sent={"l1": Sent(on(7), on(13))}), {}, on(15)),
        ((RUNGS[0], FINAL), {}, had(1, 7, sent={"l1": Sent(on(7), on(13))}), {}, on(16)),  # three days after delivery
        ((RUNGS[0], FINAL), {"brakes": {"ledger_days": 5}}, had(1, 7, sent={"l1": Sent(on(7), on(7))}),
         {"entity": DATA}, on(18)),  # goes, unless the data are too old by then
        ((TWICE,), {}, had(1, 7), {"repeats": {"l1": RepeatClock(on(7), last=1, count=2)}}, on(17)),  # its range ends
        ((with_days(RUNGS[0], at_least=14),), {}, None, {}, None),  # tonight is no later date
        ((with_days(RUNGS[0], at_least=20),), {}, None, {}, on(20)),
        ((with_days({**RUNGS[0], "offset_days": -7, "level": 0}, at_least=20),), {}, None, {}, None),  # it is too late
        ((RUNGS[0], with_days(RUNGS[1], at_most=15)), {"keep_threshold_gap": True}, had(1, 12), {}, on(16)),
    ],
)  # fmt: skip
def test_when_a_step_may_say_something_else(
    rungs: Any, changes: dict[str, Any], state: ItemState | None, about: dict[str, Any], again: date | None
) -> None:
    """On +14."""
    assert verdict(14, a_ladder(rungs=rungs, **changes), state, **about).next_check_on == again


def test_an_early_step_that_is_too_fresh_may_lapse_before() -> None:
    early = {**RUNGS[0], "offset_days": -7, "level": 0, "min_days_after_issue": 10}
    found = verdict(-2, a_ladder(rungs=(early,)), item=an_item(issued_on=on(-4)))
    assert (found.reason, found.next_check_on) == (Reason.TOO_SOON_AFTER_ISSUE, on(1))


def test_while_a_repeating_step_rests_no_milder_one_goes() -> None:
    policy = a_ladder(rungs=(*RUNGS[:2], {**RUNGS[2], "repeat": {"every_days": 7}}))
    found = verdict(33, policy, had(1, 7), repeats={"l3": RepeatClock(on(30), last=0, count=1)})
    assert (found.step, found.next_check_on) == (None, on(37))


def test_a_step_of_an_items_own_policy_tells_its_own_people() -> None:
    told = {**RUNGS[0], "audience": {**AP, "ours": ["ceo"]}}
    own = a_ladder(rungs=(told,)).model_copy(update={"policy": "own"})
    setting = replace(a_setting(a_ladder()), policies={"own": own})
    decision = decide(facts(an_item(policy="own"), an_item("I2")), setting, on(7))
    assert [(due.item, due.step) for plan in decision.notices for due in plan.steps] == [("I1", "own:l1"), ("I2", "l1")]
    assert [(line.item, line.role) for line in decision.digest] == [("I1", "ceo")]
