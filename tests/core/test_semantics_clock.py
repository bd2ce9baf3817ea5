"""Now or later: notice ids, effects done once, and the date on which an account is looked at again."""

from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from core.decide.account import GROUP, decide
from core.decide.model import Decision, Facts, Reason
from core.ledger import Dispute, Hold, Instalment, ItemKind, PartPayment, Plan, Promise
from core.policy.schema import Policy
from core.state import AccountState, ItemState, RepeatClock, Sent
from tests.builders import AP, RUNGS, a_ladder, a_setting, an_event, an_item, facts, had, on

ONE_RUNG = a_ladder(rungs=RUNGS[:1])
CALL = {"id": "call", "offset_days": 10, "effect": "task", "task": "call", "audience": {"ours": ["accounting"]}}


def night(dpd: int, known: Facts, policy: Policy = ONE_RUNG) -> Decision:
    return decide(known, a_setting(policy), on(dpd))


def knowing(state: ItemState | None = None, *items: Any, memory: dict[str, Any] | None = None, **about: Any) -> Facts:
    """One item, and what the account remembers of it."""
    kept = AccountState(items={"I1": state} if state else {}, **(memory or {}))
    return facts(*(items or (an_item(),)), state=kept, **about)


# ---------- one notice id until a notice ends ----------


def test_a_later_night_writes_over_the_unsent_notice_of_its_group() -> None:
    first = night(7, knowing())
    later = night(9, facts(an_item(), an_item("I2", due_on=on(2)), state=first.state))
    assert [plan.id for plan in later.notices] == [plan.id for plan in first.notices]


@pytest.mark.parametrize("how", ["accepted", "ended"])
def test_only_its_end_gives_the_next_notice_another_id(how: str) -> None:
    first = night(7, knowing())
    (plan,) = first.notices
    state = first.state.accept(GROUP, plan.steps, {}, on(7)) if how == "accepted" else first.state.end(GROUP)
    later = night(9, facts(an_item("I2", due_on=on(2)), state=state))
    assert later.notices[0].id != plan.id


def test_the_version_of_the_policy_is_no_part_of_an_id() -> None:
    ids = {night(7, knowing(), ONE_RUNG.model_copy(update={"version": version})).notices[0].id for version in (1, 2)}
    assert len(ids) == 1


def test_what_an_item_did_it_does_again_only_in_a_new_cycle() -> None:
    tasks = {night(10, facts(an_item(cycle=cycle)), a_ladder(CALL)).tasks[0].id for cycle in (0, 0, 1)}
    assert len(tasks) == 2


def test_an_item_in_doubt_waits_and_the_other_groups_go_on() -> None:
    policy = a_ladder(group_by="department")
    items = an_item("A", department="north"), an_item("B", department="south")
    first = night(7, facts(*items), policy)
    doubt = replace(facts(*items, state=first.state), in_doubt=frozenset({first.notices[0].id}))
    again = night(7, doubt, policy)
    assert ([plan.group for plan in again.notices], again.cancels) == (["department.south"], ())


# ---------- the next look ----------

WEEKLY = a_ladder(rungs=({**RUNGS[0], "repeat": {"every_days": 7}},))
MISSED = Plan(
    id="P", items=("I1",), agreed_on=on(1), instalments=(Instalment(due_on=on(30), minor=10_000),)
)  # left alone until Friday +32
FINAL = a_ladder(rungs=(RUNGS[0], {
    "id": "last", "offset_days": 20, "level": 2, "template": "final", "adverse": "final_notice",
    "requires_step": ["l1"], "audience": AP,
}))  # fmt: skip


@pytest.mark.parametrize(
    ("policy", "known", "dpd", "again"),
    [
        pytest.param(ONE_RUNG, knowing(), -20, 0, id="an item falls due"),
        pytest.param(ONE_RUNG, knowing(), 0, 1, id="it becomes overdue"),
        pytest.param(ONE_RUNG, knowing(), 1, 7, id="the next step is reached"),
        pytest.param(a_ladder(), knowing(had(1, 7)), 7, 14, id="the step after the last one"),
        pytest.param(a_ladder(CALL, rungs=()), knowing(), 1, 10, id="a step beside the messages"),
        pytest.param(
            a_ladder({**CALL, "when": {"dpd": {"at_least": 20}}}, rungs=()), knowing(), 12, 20, id="a range opens"
        ),
        pytest.param(
            a_ladder({**CALL, "when": {"dpd": {"at_most": 20}}}, rungs=()), knowing(), 12, 21, id="a range closes"
        ),
        pytest.param(
            WEEKLY,
            knowing(had(1, 7), memory={"repeats": {"l1": RepeatClock(on(7), last=0, count=1)}}),
            8,
            14,
            id="the next occurrence",
        ),
        pytest.param(
            a_ladder(min_gap_days=9),
            knowing(had(1, 7), memory={"last_accepted_on": {GROUP: on(7)}}),
            14,
            16,
            id="the gap ends",
        ),
        pytest.param(ONE_RUNG, knowing(holds=(Hold(id="h", until=on(20)),)), 8, 23, id="a hold ends, and its rest"),
        pytest.param(
            ONE_RUNG, knowing(holds=(Hold(id="h", placed_on=on(5), until=on(20)),)), 1, 5, id="a hold begins"
        ),
        pytest.param(
            ONE_RUNG,
            knowing(promises=(Promise(id="p", item="I1", made_on=on(1), promised_on=on(9)),)),
            8,
            12,
            id="a promise and its grace end",
        ),
        pytest.param(
            ONE_RUNG,
            knowing(disputes=(Dispute(id="d", item="I1", opened_on=on(1), answer_by=on(15)),)),
            8,
            16,
            id="a dispute is not answered",
        ),
        pytest.param(ONE_RUNG, knowing(plans=(MISSED,)), 31, 33, id="an instalment is missed"),
        pytest.param(
            FINAL, knowing(had(1, 19, sent={"l1": Sent(on(19), on(19))})), 20, 22, id="the interval after a delivery"
        ),
        pytest.param(
            a_ladder(),
            knowing(had(1, 7), an_item(
                original_minor=20_000, part_payments=(PartPayment(id="x", recorded_on=on(13), minor=10_000),)
            )),
            14,
            16,
            id="the quiet days after a payment end",
        ),
        pytest.param(
            a_ladder(an_event("new_invoice", offset_days=2), rungs=()), knowing(), -30, -28, id="an event's day comes"
        ),
    ],
)  # fmt: skip
def test_when_to_look_again(policy: Policy, known: Facts, dpd: int, again: int) -> None:
    assert night(dpd, known, policy).next_check_on == on(again)


@pytest.mark.parametrize("dpd", [7, 8])
def test_what_is_planned_and_unsent_is_looked_at_every_night(dpd: int) -> None:
    planned = night(7, knowing())
    assert night(dpd, facts(an_item(), state=planned.state)).next_check_on == on(dpd + 1)


@pytest.mark.parametrize(("items", "none"), [((), True), ((an_item(),), False)])
def test_only_an_account_with_nothing_open_needs_no_look(items: tuple[Any, ...], none: bool) -> None:
    known = facts(*items, state=AccountState(items={"I1": had(1, 7)} if items else {}))
    assert (night(300, known).next_check_on is None) == none


# ---------- the verdict of each item ----------


def test_every_item_looked_at_has_a_verdict_whatever_it_is() -> None:
    items = (
        an_item("due"), an_item("ahead", due_on=on(90)), an_item("paid", open_minor=0, original_minor=5),
        an_item("out", policy="none"), an_item("held"), an_item("fee", kind=ItemKind.FEE, of="due"),
    )  # fmt: skip
    decision = night(7, facts(*items, holds=(Hold(id="h", item="held"),)))
    assert {v.item: v.reason for v in decision.verdicts} == {
        "due": Reason.STEP_DUE,
        "ahead": Reason.NOT_YET,
        "paid": Reason.SETTLED,
        "out": Reason.EXCLUDED,
        "held": Reason.ON_HOLD,
        "fee": Reason.CHARGE,
    }


@pytest.mark.parametrize(
    ("known", "dpd", "again"),
    [
        (knowing(), 1, 7),
        (knowing(memory={"last_accepted_on": {GROUP: on(7)}}), 7, 8),  # one day's gap
        (knowing(holds=(Hold(id="h", until=on(9)),)), 8, 12),
        (knowing(contacts=()), 7, None),  # only somebody's address changes that
    ],
)
def test_the_next_date_of_an_item_that_waits(known: Facts, dpd: int, again: int | None) -> None:
    when: date | None = None if again is None else on(again)
    assert night(dpd, known).verdicts[0].next_check_on == when
