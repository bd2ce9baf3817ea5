"""What somebody is told to ask for on the telephone: what a letter of that day would ask for."""

from typing import Any

import pytest

from core.decide.account import survey
from core.ledger import Credit, CreditKind, Dispute, Hold, Instalment, ItemKind, Plan, Promise
from core.render.internal import CallAsked, compose_call_task
from tests.builders import a_setting, an_item, facts, on

SETTING = a_setting()
CREDIT = Credit(id="c", kind=CreditKind.PAYMENT, currency="EUR", open_minor=9_000, booked_on=on(3))
PROMISE = Promise(id="p", item="I1", amount_minor=4_000, promised_on=on(9), made_on=on(5))
PLAN = Plan(
    id="P",
    items=("I1",),
    agreed_on=on(5),
    instalments=(Instalment(due_on=on(6), minor=2_000), Instalment(due_on=on(40), minor=8_000)),
)


@pytest.mark.parametrize(("said", "overdue", "days"), [
    ({}, "€100.00", 7),
    ({"credits": (CREDIT,)}, "€10.00", 7),
    ({"promises": (PROMISE,)}, "€60.00", 7),
    ({"plans": (PLAN,)}, "€20.00", 1),
    ({"disputes": (Dispute(id="d", item="I1", opened_on=on(5)),)}, "", 0),
    ({"holds": (Hold(id="h", item="I1", reason="legal"),)}, "", 0),
])  # fmt: skip
def test_what_is_covered_promised_or_agreed_on_is_not_asked_for(said: dict[str, Any], overdue: str, days: int) -> None:
    known = facts(an_item(), **said)
    asked = CallAsked("phone-call", on(7), on(7), "done", rows=survey(known, SETTING, on(7)).rows)
    mail = compose_call_task(asked, known, SETTING.entity, None)
    assert (mail.overdue, mail.oldest_days, mail.total) == (overdue, days, "€100.00")


def test_what_a_held_invoice_costs_is_held_with_it() -> None:
    fee = an_item("F", kind=ItemKind.FEE, of="I1", open_minor=400)
    known = facts(an_item(), fee, holds=(Hold(id="h", item="I1", reason="legal"),))
    asked = CallAsked("phone-call", on(7), on(7), "done", rows=survey(known, SETTING, on(7)).rows)
    assert compose_call_task(asked, known, SETTING.entity, None).overdue == ""
