"""What a subsidiary gets when its parent was written to: its own invoices, the same words, nothing of anybody else."""

from dataclasses import replace
from typing import Any

import pytest

from core.decide.account import decide
from core.decide.copies import Original, copy_plan
from core.decide.model import Facts, NoticePlan, Reason
from core.ledger import ChaseAt, Contact, Credit, CreditKind, Dispute, Hold, ItemKind
from core.state import AccountState, ItemState
from tests.builders import a_customer, a_setting, an_item, at, contacts, facts, on
from tests.core.night import accept

SETTING = a_setting()
SUB = a_customer(id="S1", name="Subsidiary One", language="de", parent="C1", chase_at=ChaseAt.BOTH)
READER = Contact(id="s", customer="S1", email="ap@sub.example", roles=("ap_contact",))


def of_sub(item_id: str = "S1-I1", sub: str = "S1", **changes: Any) -> Any:
    return an_item(item_id, owed_by=sub, debtor=f"Company {sub}", **changes)


def copy(known: Facts, *, reader: Any = SUB, people: tuple[Contact, ...] = (READER,), day: int = 7) -> Any:
    (sent,) = decide(facts(an_item(), of_sub(), of_sub("S2-I1", "S2")), SETTING, on(7)).notices
    original = Original("copy", sent.group, sent.step, sent.level, sent.template)
    return copy_plan(known, (reader, people), SETTING, original, sent.of_subsidiaries["S1"], at(on(day), 9), on(day))


def test_a_message_knows_whose_invoices_it_lists() -> None:
    (sent,) = decide(facts(an_item(), of_sub(), of_sub("S2-I1", "S2"), of_sub("S1-I2")), SETTING, on(7)).notices
    assert sent.of_subsidiaries == {"S1": ("S1-I1", "S1-I2"), "S2": ("S2-I1",)}


def test_the_copy_shows_its_readers_invoices_alone_and_raises_nothing() -> None:
    known = facts(an_item(), of_sub(), of_sub("S2-I1", "S2"))
    decided = decide(known, SETTING, on(7))
    plan = copy(replace(known, state=accept(decided, SETTING)))
    assert isinstance(plan, NoticePlan)
    assert [line.item for line in plan.overdue] == ["S1-I1"]
    assert (plan.totals, plan.steps, plan.copy_of) == ({"EUR": 10_000}, (), "Customer One")
    assert (plan.level, plan.template) == (decided.notices[0].level, decided.notices[0].template)
    assert [(one.email, one.language) for one in plan.recipients] == [("ap@sub.example", "de")]
    assert plan.not_before == at(on(7), 9)


PAID = Credit(id="c", kind=CreditKind.PAYMENT, currency="EUR", open_minor=10_000, booked_on=on(7))
WHAT_CAME_SINCE = [
    (facts(an_item()), Reason.SETTLED),
    (facts(of_sub(), disputes=(Dispute(id="d", item="S1-I1", opened_on=on(7)),)), Reason.DISPUTED),
    (facts(of_sub(), holds=(Hold(id="h", item="S1-I1"),)), Reason.ON_HOLD),
    (facts(of_sub(), customer=a_customer(insolvent=True)), Reason.INSOLVENT),
    (facts(of_sub(), credits=(PAID,)), Reason.PAID_BY_CREDIT),
]  # fmt: skip


@pytest.mark.parametrize(("known", "reason"), WHAT_CAME_SINCE)
def test_what_may_not_be_asked_for_any_more_is_not_copied(known: Facts, reason: Reason) -> None:
    assert copy(known) is reason


def test_an_insolvent_subsidiary_hears_nothing() -> None:
    assert copy(facts(of_sub()), reader=SUB.model_copy(update={"insolvent": True})) is Reason.INSOLVENT


@pytest.mark.parametrize(("people", "reason"), [
    ((), Reason.NO_ADDRESS),
    ((READER.model_copy(update={"off": "hard bounce"}),), Reason.NO_ADDRESS),
    ((READER.model_copy(update={"email": contacts()[0].email}),), Reason.UP_TO_DATE),  # reads for both companies
])  # fmt: skip
def test_who_cannot_be_written_to_or_has_it_already(people: tuple[Contact, ...], reason: Reason) -> None:
    assert copy(facts(of_sub()), people=people) is reason


def test_the_copy_waits_for_its_own_readers_hours() -> None:
    away = READER.model_copy(update={"zone": "America/Los_Angeles"})
    plan = copy(facts(of_sub()), people=(away,))
    assert plan.not_before == at(on(7), 15)  # eight in the morning there, summer time


def test_a_copy_repeats_what_was_asked_of_its_own_invoices() -> None:
    """Until when to pay, what stands on them, which of them are due; no name of the company that reads it."""
    young = of_sub("S1-I2", due_on=on(6))
    coming = of_sub("S1-I3", due_on=on(7))
    fee = an_item("F", kind=ItemKind.FEE, of="S1-I1", open_minor=300)
    had = {
        "S1-I1": ItemState(1, "b", 1, last_on=on(7), pay_by=on(17)),
        "S1-I2": ItemState(1, "b", 1, last_on=on(7), pay_by=on(7)),
    }
    known = facts(of_sub(), young, coming, fee, state=AccountState(items=had))
    plan = copied(known, ("S1-I1", "S1-I2", "S1-I3"), sender="ceo")
    assert [line.item for line in plan.overdue] == ["S1-I1", "S1-I2"]
    assert [line.item for line in plan.coming_due] == ["S1-I3"]
    assert {line.debtor for line in (*plan.overdue, *plan.coming_due)} == {None}
    assert [(charge.item, charge.minor, charge.new) for charge in plan.charges] == [("S1-I1", 300, False)]
    assert (plan.pay_by, plan.sender) == (on(17), "ceo")
    last = copied(facts(young, state=AccountState(items=had)), ("S1-I2",))
    assert (last.pay_by, last.sender) == (on(7), None)  # until tonight


def copied(known: Facts, items: tuple[str, ...], **step: Any) -> NoticePlan:
    """The copy of a message of step b, which has these fields."""
    steps = [one.model_copy(update=step) if one.id == "b" else one for one in SETTING.policy.steps]
    setting = replace(SETTING, policy=SETTING.policy.model_copy(update={"steps": tuple(steps)}))
    plan = copy_plan(known, (SUB, (READER,)), setting, Original("copy", "account", "b", 1, "reminder"), items,
                     at(on(7), 9), on(7))  # fmt: skip
    assert isinstance(plan, NoticePlan)
    return plan
