"""How a message travels: as a text where the reader agreed and nothing is charged, else by mail, else by post."""

from datetime import UTC
from typing import Any

import pytest

from core.decide.account import decide
from core.decide.model import NoticePlan, Reason, Setting
from core.ledger import Contact, ItemKind
from core.policy.schema import Policy
from core.state import AccountState, DueStep, ItemState, Waiting
from tests.builders import AP, RUNGS, a_customer, a_ladder, a_setting, an_item, at, facts, on

FIVE = {"type": "flat", "flat": {"EUR": 500}}


def texting(channel: str = "sms", *rungs: dict[str, Any], **changes: Any) -> Policy:
    return a_ladder(rungs=({**RUNGS[0], "channel": channel}, *rungs), **changes)


def sending(policy: Policy, **entity: Any) -> Setting:
    return a_setting(policy, **{"sms_sender": "+1555", "whatsapp_sender": "+1556", **entity})


def reader(contact: str = "k1", **changes: Any) -> Contact:
    known: dict[str, Any] = {"id": contact, "customer": "C1", "email": f"{contact}@customer.example",
                             "roles": ("ap_contact",), "phone": f"+49{contact[1:]}", "texts": ("sms",)}  # fmt: skip
    return Contact(**{**known, **changes})


def sent(setting: Setting, *contacts: Contact, **about: Any) -> NoticePlan:
    (plan,) = decide(facts(an_item(), contacts=contacts, **about), setting, on(7)).notices
    return plan


@pytest.mark.parametrize(
    ("channel", "contacts", "entity", "travels", "to"),
    [
        ("sms", [reader()], {}, "sms", [("k1", "+491")]),
        ("whatsapp", [reader(texts=("sms", "whatsapp"))], {}, "whatsapp", [("k1", "+491")]),
        ("sms", [reader(), reader("k2")], {}, "sms", [("k1", "+491")]),  # one telephone
        ("sms", [reader(texts=()), reader("k2")], {}, "sms", [("k2", "+492")]),
        ("sms", [reader(roles=("main_contact",))], {}, "sms", [("k1", "+491")]),  # next in the chain
        ("whatsapp", [reader()], {}, "email", [("k1", "")]),  # agreed to the other one
        ("sms", [reader(phone=None)], {}, "email", [("k1", "")]),
        ("sms", [reader()], {"sms_sender": None}, "email", [("k1", "")]),
        ("whatsapp", [reader(texts=("whatsapp",))], {"whatsapp_sender": None}, "email", [("k1", "")]),
        ("sms", [reader(roles=("sales",))], {}, "letter", [("", "")]),
    ],
)  # fmt: skip
def test_how_a_text_travels(channel: str, contacts: Any, entity: Any, travels: str, to: Any) -> None:
    plan = sent(sending(texting(channel), **entity), *contacts)
    assert (plan.channel, [(one.contact, one.phone) for one in plan.recipients]) == (travels, to)


@pytest.mark.parametrize(("fee", "travels"), [({}, "sms"), ({"fee": FIVE}, "email")])
def test_a_charge_is_told_where_there_is_room_to_explain_it(fee: dict[str, Any], travels: str) -> None:
    """The words are those of the text; the small old item beside them has reached a step with a fee."""
    rungs = {**RUNGS[1], **fee}
    setting = sending(texting("sms", rungs, materiality_of="wording"))
    items = an_item("old", due_on=on(-7), open_minor=100), an_item("new", open_minor=90_000)
    (plan,) = decide(facts(*items, contacts=(reader(),)), setting, on(7)).notices
    assert (plan.template, plan.level, plan.channel) == ("reminder", 1, travels)
    assert [charge.minor for charge in plan.charges] == ([500] if fee else [])


@pytest.mark.parametrize(("charged", "travels"), [(0, "sms"), (500, "email")])
def test_a_charge_that_stands_is_not_said_to_be_open_of_the_invoice(charged: int, travels: str) -> None:
    fee = an_item("F", kind=ItemKind.FEE, of="I1", open_minor=charged)
    (plan,) = decide(facts(an_item(), fee, contacts=(reader(),)), sending(texting()), on(7)).notices
    assert plan.channel == travels


@pytest.mark.parametrize(("template", "travels"), [("friendly", "sms"), ("statement", "email"),
                                                   ("balance-over-limit", "email")])  # fmt: skip
def test_a_text_says_nothing_of_what_is_open_and_not_due(template: str, travels: str) -> None:
    assert sent(sending(a_ladder(rungs=({**RUNGS[0], "channel": "sms", "template": template},))), reader()).channel == (
        travels
    )


@pytest.mark.parametrize(
    ("channel", "contacts", "copies"),
    [("sms", (reader(),), ()), ("sms", (reader(texts=()),), ("ceo@example.test",)), ("email", (), ()),
     ("email", (reader(),), ("ceo@example.test",))],
)  # fmt: skip
def test_nothing_but_a_mail_carries_copies(channel: str, contacts: Any, copies: tuple[str, ...]) -> None:
    audience = {**AP, "ours": ["ceo"], "copy": True}
    policy = a_ladder(rungs=({**RUNGS[0], "channel": channel, "audience": audience},))
    assert sent(sending(policy), *contacts).copies == copies


@pytest.mark.parametrize(
    ("contacts", "attached", "kept"), [((reader(),), ("letter", "statement-csv"), True), ((), (), False)]
)
def test_papers_go_with_the_mail_and_a_letter_is_its_own(contacts: Any, attached: Any, kept: bool) -> None:
    plan = sent(
        sending(a_ladder(rungs=({**RUNGS[0], "attach": ["letter", "statement-csv"], "archive": True},))), *contacts
    )
    assert (plan.attach, plan.archive) == (attached, kept)


# ---------- when it goes ----------


def test_the_first_instant_is_told_in_utc_whatever_the_readers_zone() -> None:
    plan = sent(sending(a_ladder()), reader(zone="America/Los_Angeles"))
    assert plan.not_before.tzinfo is UTC


def test_what_is_decided_after_the_next_night_has_run_may_go_at_once() -> None:
    (plan,) = decide(facts(an_item()), a_setting(a_ladder()), on(7), at=at(on(8), 9)).notices
    assert plan.not_before == at(on(8), 9)


@pytest.mark.parametrize(("other", "again"), [(6, 9), (5, 8), (4, None), (7, None)])  # of that day it does not count
def test_the_gap_of_the_account_counts_its_other_groups_of_earlier_days(other: int, again: int | None) -> None:
    policy = a_ladder(group_by="department", min_gap_days=3, min_gap_scope="account")
    heard = {"department.north": on(1), "department.south": on(other)}
    state = AccountState(items={"I1": ItemState()}, last_accepted_on=heard)
    decision = decide(facts(an_item(department="north"), state=state), a_setting(policy), on(7))
    verdict = decision.verdicts[0]
    assert (len(decision.notices), verdict.reason) == ((1, Reason.STEP_DUE) if again is None else (0, Reason.TOO_SOON))
    assert again is None or verdict.next_check_on == on(again)


def test_a_customer_without_a_mail_address_has_no_other_zone_than_its_own() -> None:
    plan = sent(sending(a_ladder()), customer=a_customer(zone="Asia/Tokyo"))
    assert (plan.channel, plan.recipients[0].zone) == ("letter", "Asia/Tokyo")


@pytest.mark.parametrize(("contacts", "sends"), [((), True), ((reader(),), False)])
def test_a_letter_is_written_on_any_day(contacts: tuple[Contact, ...], sends: bool) -> None:
    """On a Saturday, where mails go on business days only: whoever posts the letter chooses the day."""
    policy = a_ladder(send_days="business_days")
    decision = decide(facts(an_item(due_on=on(-2)), contacts=contacts), a_setting(policy), on(5))
    assert on(5).weekday() == 5
    assert [plan.not_before.date() for plan in decision.notices] == ([on(5)] if sends else [])
    assert decision.verdicts[0].reason is (Reason.STEP_DUE if sends else Reason.NO_SEND_DAY)


BOTH = {**RUNGS[0], "audience": {"customer": ["ap_contact", "ap_manager"]}}
EARLY = {**RUNGS[0], "offset_days": -7, "level": 0}


@pytest.mark.parametrize(
    ("rung", "contacts", "heard", "reason"),
    [
        (BOTH, (reader(),), {}, Reason.STEP_DUE),
        (BOTH, (reader(),), {"account": on(7)}, Reason.TOO_SOON),  # looked for while the message waits
        (EARLY, (), {}, Reason.NO_ADDRESS),  # what is only coming due is not worth a stamp
    ],
)
def test_a_role_that_nobody_fills_is_looked_for(
    rung: dict[str, Any], contacts: Any, heard: Any, reason: Reason
) -> None:
    day = on(7) if rung is BOTH else on(-5)
    known = facts(an_item(), contacts=contacts, state=AccountState(last_accepted_on=heard))
    decision = decide(known, a_setting(a_ladder(rungs=(rung,))), day)
    assert (decision.verdicts[0].reason, [task.kind for task in decision.tasks]) == (reason, ["find-address"])


@pytest.mark.parametrize(
    ("live", "doubt", "reason"),
    [(False, (), Reason.NOT_LIVE), (True, ("n1",), Reason.IN_DOUBT), (True, (), Reason.STEP_DUE)],
)
def test_what_holds_the_whole_account_is_looked_at_every_night(
    live: bool, doubt: tuple[str, ...], reason: Reason
) -> None:
    """The notice that is in doubt is about another item."""
    waiting = {"account": Waiting("n1", (DueStep("I2", "l1"),))} if doubt else {}
    known = facts(an_item(), an_item("I2"), state=AccountState(waiting=waiting), in_doubt=frozenset(doubt))
    decision = decide(known, a_setting(a_ladder(), live=live), on(7))
    assert decision.verdicts[0].reason is reason
    if reason is not Reason.STEP_DUE:
        assert decision.verdicts[0].next_check_on == on(8)
