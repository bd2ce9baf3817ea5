"""Why, in plain words: a sentence a reason, the rules in the order of deciding, and a next step that comes true."""

from dataclasses import replace
from datetime import date
from typing import Any

import pytest
from hypothesis import given, settings

from core.decide.account import GROUP, decide
from core.decide.checks import in_minor_units, with_checks
from core.decide.explain import SENTENCES, Explanation, explain, explain_record
from core.decide.model import Check, Decision, Facts, Reason, Setting
from core.ledger import Contact, Credit, CreditKind, Dispute, Hold, Instalment, ItemKind, PartPayment, Plan, Promise
from core.policy.schema import Policy
from core.rehearsal.nights import night_of
from core.rehearsal.nights import nights as played
from core.state import AccountState, Baseline, DueStep, ItemState, Sent, Waiting
from tests.builders import DUE, a_customer, a_policy, a_setting, an_item, facts, on
from tests.core.night import nights
from tests.core.worlds import World, lived, worlds

SETTING = a_setting()


def euros(minor: int, currency: str) -> str:
    return f"{minor / 100:,.2f} {currency}"


def why(about: Facts, as_of: date, setting: Setting = SETTING, item: str = "I1") -> Explanation:
    return explain(decide(about, setting, as_of), about, setting, as_of, item, money=euros)


def dispute(minor: int | None) -> Dispute:
    return Dispute(id="d1", item="I1", amount_minor=minor, opened_on=on(2))


PART = an_item(
    open_minor=5_000, original_minor=10_000, part_payments=(PartPayment(id="p", recorded_on=on(7), minor=5_000),)
)
DOUBT: dict[str, Any] = {
    "state": AccountState(waiting={GROUP: Waiting("n1", (DueStep("I1", "b"),))}),
    "in_doubt": frozenset({"n1"}),
}
NOTE = Credit(id="c1", kind=CreditKind.CREDIT_NOTE, currency="EUR", open_minor=20_000, booked_on=DUE)
MINIMUM = a_setting(a_policy(minimum={"account": {"EUR": 20_000}}))
BUSINESS_DAYS = a_setting(a_policy(send_days="business_days"))
ONLY_A = a_setting(SETTING.policy.model_copy(update={"steps": SETTING.policy.steps[:1]}))

PLAN = Plan(id="p", items=("I1",), agreed_on=on(1), instalments=(Instalment(due_on=on(30), minor=10_000),))


def heard_b(day: int, *, arrived: bool = False) -> AccountState:
    """Step b was accepted on that day past due, and arrived at once or is not known to have."""
    sent = {"b": Sent(on(day), on(day) if arrived else None)}
    return AccountState(
        items={"I1": ItemState(1, "b", 1, last_on=on(day), sent=sent)}, last_accepted_on={GROUP: on(day)}
    )


def harsh(adverse: str = "final_notice", entity: dict[str, Any] | None = None, **changes: Any) -> Setting:
    """A policy whose step c is adverse, and needs b."""
    policy = a_policy(**changes).model_dump(mode="json", exclude_none=True)
    (step,) = [step for step in policy["steps"] if step["id"] == "c"]
    step |= {"adverse": adverse, "requires_step": ["b"]}
    return a_setting(Policy.model_validate(policy), **(entity or {}))


CASES: list[tuple[Reason, dict[str, Any], int, Setting, str, str]] = [
    (Reason.STEP_DUE, {}, 7, SETTING,
     "Step b goes out (friendly, tone 1, to ap_contact k1, not before 2026-03-09T08:00+00:00).",
     "Next: step c (warning) on 2026-03-16 unless paid."),
    (Reason.NOT_YET, {}, 3, SETTING, "Nothing to send: the next step lies ahead.",
     "Next: step b (friendly) on 2026-03-09 unless paid."),
    (Reason.SETTLED, {"items": (an_item(open_minor=0),)}, 7, SETTING,
     "Nothing to send: nothing is open on it any more (open 0.00 EUR).", "Next: nothing, as long as nothing changes."),
    (Reason.UP_TO_DATE, {"state": AccountState(items={"I1": ItemState(3, "delinquent", 3)})}, 99,
     a_setting(a_policy("headline-31-61-91")),
     "Nothing to send: every step that it has reached is done, and none lies ahead.",
     "Next: nothing, as long as nothing changes."),
    (Reason.LAPSED, {}, 1, ONLY_A, "Nothing to send: the days of its early step are over, and no step lies ahead.",
     "Next: nothing, as long as nothing changes."),
    (Reason.TOO_SOON_AFTER_ISSUE, {"items": (an_item(issued_on=on(-6)),)}, -3, SETTING,
     "Nothing to send: the invoice is too new for an early step.",
     "Next: step a (friendly) on 2026-03-01 unless paid."),
    (Reason.PAID_BY_CREDIT, {"credits": (NOTE,)}, 7, SETTING,
     ("Nothing to send: credit that is linked to no invoice covers it "
     "(100.00 EUR of 200.00 EUR unlinked credit used on it)."), "Next: nothing, as long as nothing changes."),
    (Reason.DISPUTED, {"disputes": (dispute(None),)}, 7, SETTING,
     "Nothing to send: what is open is disputed (disputed 100.00 EUR since 2026-03-04).",
     "Next: nothing, as long as nothing changes."),
    (Reason.PROMISED, {"promises": (Promise(id="p1", item="I1", promised_on=on(7), made_on=on(1)),)}, 7, SETTING,
     ("Nothing to send: what is open is promised "
     "(promised 100.00 EUR, for 2026-03-09, left alone until 2026-03-11)."),
     "Next: step b (friendly) on 2026-03-14 unless paid."),
    (Reason.ON_HOLD, {"holds": (Hold(id="h1", until=on(9)),)}, 7, SETTING,
     "Nothing to send: it is on hold (hold h1 until 2026-03-11, free from 2026-03-14).",
     "Next: step b (friendly) on 2026-03-14 unless paid."),
    (Reason.INSOLVENT, {"customer": a_customer(insolvent=True)}, 7, SETTING,
     "Nothing to send: the customer is insolvent (insolvent).", "Next: nothing, as long as nothing changes."),
    (Reason.EXCLUDED, {"items": (an_item(policy="none"),)}, 7, SETTING,
     "Nothing to send: it is excluded from dunning (policy of the item: none).",
     "Next: nothing, as long as nothing changes."),
    (Reason.IN_DOUBT, DOUBT, 7, SETTING,
     "Nothing to send: an earlier message may or may not have gone (notice n1 is in doubt).",
     "Next: step b (friendly) on 2026-03-10 unless paid."),
    (Reason.PART_PAID, {"items": (PART,)}, 7, SETTING,
     "Nothing to send: a part payment came in a few days ago, so the level does not rise yet.",
     "Next: step b (friendly) on 2026-03-12 unless paid."),
    (Reason.TOO_SOON, {"state": AccountState(last_accepted_on={GROUP: on(7)})}, 7, SETTING,
     ("Step b is due and held back: the last message is too recent "
     "(last message 2026-03-09, at least 1 day apart)."), "Next: step b (friendly) on 2026-03-10 unless paid."),
    (Reason.NO_SEND_DAY, {}, 12, BUSINESS_DAYS,
     ("Step b is due and held back: the readers may not be written to on this day "
     "(send days: business days, next 2026-03-16)."), "Next: step c (warning) on 2026-03-16 unless paid."),
    (Reason.NO_ADDRESS, {"contacts": ()}, -7, SETTING,
     "Step a is due and held back: nobody to write to has an address (by role, on the customer's side).",
     "Next: step b (friendly) on 2026-03-09 unless paid."),
    (Reason.BELOW_MINIMUM, {}, 7, MINIMUM,
     "Step b is due and held back: the amount is below the minimum (minimum of the account 200.00 EUR).",
     "Next: step d (phone-call) on 2026-04-02 unless paid."),
    (Reason.NOT_LIVE, {}, 7, a_setting(live=False),
     "Step b is due and held back: nothing is sent before go-live (E1 is not live).",
     "Next: nothing before go-live."),
    (Reason.CHARGE, {"items": (an_item(kind=ItemKind.FEE, of="I0"),)}, 7, SETTING,
     "Nothing to send: a fee or interest is never the reason to write (fee on I0).",
     "Next: nothing, as long as nothing changes."),
    (Reason.PLANNED, {"plans": (PLAN,)}, 7, SETTING,
     "Nothing to send: an agreed plan of instalments covers it (in a plan 100.00 EUR).",
     "Next: step b (friendly), step d (phone-call) on 2026-04-06 unless paid."),
    (Reason.RESUMING, {"disputes": (dispute(None).model_copy(update={"closed_on": on(6)}),)}, 7, SETTING,
     ("Nothing to send: a hold, dispute or promise has ended, and its days of rest are not over "
     "(free again from 2026-03-10)."), "Next: step b (friendly) on 2026-03-10 unless paid."),
    (Reason.COVERED, {"credits": (NOTE,)}, 7, a_setting(a_policy(unapplied="gate")),
     ("Nothing to send: credit that is linked to no invoice outweighs what is due "
     "(0.00 EUR of 200.00 EUR unlinked credit used on it)."), "Next: nothing, as long as nothing changes."),
    (Reason.SMALL, {}, 7,
     a_setting(a_policy(minimum={"account": {"EUR": 50_000}, "item": {"amount": {"EUR": 20_000}}})),
     ("Nothing to send: it is small, and the small ones together are below the minimum "
     "(small: 100.00 EUR, minimum 200.00 EUR, together 500.00 EUR)."), "Next: nothing, as long as nothing changes."),
    (Reason.NO_LADDER, {}, 7, a_setting(a_policy(advance="none")),
     "Nothing to send: its policy has no ladder of messages.",
     "Next: step d (phone-call) on 2026-04-02 unless paid."),
    (Reason.MOST_ATTEMPTS, {"state": heard_b(7)}, 14, a_setting(a_policy(max_attempts=1)),
     "Nothing to send: it has had as many messages as its policy allows.",
     "Next: step d (phone-call) on 2026-04-02 unless paid."),
    (Reason.NOT_RELEASED, {"state": AccountState(baseline=Baseline(on(9), on(12)))}, 10, SETTING,
     ("Nothing to send yet: its day in the ramp of the old ledger has not come "
     "(taken up on 2026-03-11, released on 2026-03-14)."),
     "Next: step statement (statement) on 2026-03-14 unless paid."),
    (Reason.TOO_OLD, {"state": AccountState(baseline=Baseline(on(400), on(400)))}, 401, SETTING,
     ("Nothing to send: it was so old at go-live that a person decides "
     "(taken up on 2027-04-06, released on 2027-04-06)."), "Next: nothing, as long as nothing changes."),
    (Reason.TOO_CLOSE, {"state": heard_b(13)}, 14, a_setting(a_policy(keep_threshold_gap=True)),
     "Nothing to send: the next step keeps its distance to the last message.",
     "Next: step c (warning) on 2026-03-22 unless paid."),
    (Reason.NOT_DELIVERED, {"state": heard_b(7)}, 14, harsh(),
     "Nothing to send: a message that must come first has not arrived, or too recently.",
     "Next: step d (phone-call) on 2026-04-02 unless paid."),
    (Reason.NOT_APPROVED, {"state": heard_b(7, arrived=True)}, 14, harsh(adverse="legal"),
     "Nothing to send: the next step waits for a person's approval.",
     "Next: step d (phone-call) on 2026-04-02 unless paid."),
    (Reason.STALE, {"state": heard_b(7, arrived=True)}, 14,
     harsh(brakes={"ledger_days": 1}, entity={"ledger_as_of": DUE}),
     "Nothing to send: the ledger or the bank data are too old for the next step.",
     "Next: step d (phone-call) on 2026-04-02 unless paid."),
]  # fmt: skip


@pytest.mark.parametrize(("reason", "about", "dpd", "setting", "outcome", "coming"), CASES, ids=[c[0] for c in CASES])
def test_every_reason_in_words(
    reason: Reason, about: dict[str, Any], dpd: int, setting: Setting, outcome: str, coming: str
) -> None:
    known = {"items": (an_item(),), **about}
    told = facts(*known.pop("items"), **known)
    decision = decide(told, setting, on(dpd))
    assert decision.verdicts[0].reason is reason
    said = explain(decision, told, setting, on(dpd), "I1", money=euros)
    assert (said.sentences[1], said.sentences[-1]) == (outcome, coming)
    assert explain(decision.verdicts[0], told, setting, on(dpd), "I1", money=euros) == said


def test_the_table_is_complete() -> None:
    assert set(SENTENCES) == set(Reason)
    only_beside = {Reason.IMMATERIAL, Reason.HARDSHIP}  # of steps without message: told as held back
    only_of_notices = {Reason.RETRACTED}  # why one did not go: no night decides it
    assert {case[0] for case in CASES} == set(Reason) - only_beside - only_of_notices


# Everything that can be wrong at once, put right one after the other in the order of the rules.
WRONG: list[tuple[str, dict[str, Any]]] = [
    ("open", {"items": (an_item(open_minor=10_000, policy="none"),)}),
    ("insolvency", {"customer": a_customer()}),
    ("exclusion", {"items": (an_item(),)}),
    ("hold", {"holds": ()}),
    ("dispute", {"disputes": (dispute(4_000),)}),
    ("promise", {"promises": ()}),
    ("credit", {"credits": ()}),
    ("doubt about the item", {"state": AccountState(
        waiting={GROUP: Waiting("n1", (DueStep("other", "b"),))}, last_accepted_on={GROUP: on(7)})}),
    ("ladder", {"dpd": 7}),
    ("live", {"live": True}),
    ("doubt about the account", {"in_doubt": frozenset()}),
    ("minimum", {"minimum": {}}),
    ("gap", {"state": AccountState()}),
    ("window", {"dpd": 9}),
]  # fmt: skip


def all_wrong() -> dict[str, Any]:
    return {
        "items": (an_item(open_minor=0, policy="none"),), "customer": a_customer(insolvent=True),
        "holds": (Hold(id="h"),),
        "disputes": (dispute(None),), "promises": (Promise(id="p", item="I1", promised_on=on(9), made_on=DUE),),
        "credits": (NOTE,), **DOUBT, "live": False, "minimum": {"EUR": 20_000}, "dpd": 6,
    }  # fmt: skip


def test_rules_are_tried_in_the_order_in_which_deciding_stops() -> None:
    known, passed = all_wrong(), list[str]()
    for rule, remedy in WRONG:
        about = dict(known)
        live, minimum, dpd = about.pop("live"), about.pop("minimum"), about.pop("dpd")
        policy = a_policy(minimum={"account": minimum}, send_days="business_days")
        holidays = (on(7), on(8))
        said = why(facts(*about.pop("items"), **about), on(dpd), a_setting(policy, live=live, holidays=holidays))
        assert [(check.rule, check.passed) for check in said.checks] == [*((p, True) for p in passed), (rule, False)]
        known |= remedy
        passed += [rule, "readers"] if rule == "minimum" else [rule]  # without any, a letter stands in
    about = {key: value for key, value in known.items() if key not in {"live", "minimum", "dpd"}}
    said = why(facts(*about.pop("items"), **about), on(known["dpd"]), BUSINESS_DAYS)
    assert [(check.rule, check.passed) for check in said.checks] == [(p, True) for p in passed]


def test_a_letter_in_place_of_a_mail_is_said() -> None:
    said = why(facts(an_item(), contacts=()), on(7))
    assert said.sentences[2] == "It goes by letter, which a person posts: nobody to write to has an address for mail."
    assert [check.fact for check in said.checks if check.rule == "readers"] == ["the company itself, by letter"]
    assert not any("letter" in sentence for sentence in why(facts(an_item()), on(7)).sentences)


def test_the_first_sentence_says_how_old_and_how_much() -> None:
    found = [why(facts(an_item(), disputes=(dispute(4_000),)), on(dpd)).sentences[0] for dpd in (-8, -1, 0, 1, 7)]
    assert found == [
        f"INV-I1 {age}; 60.00 EUR of it may be asked for."
        for age in ("is due in 8 days", "is due in 1 day", "is due today", "is 1 day past due", "is 7 days past due")
    ]


def test_the_facts_of_the_rules() -> None:
    hold = Hold(id="h1", item="I1", until=on(1))
    promise = Promise(id="p1", item="I1", amount_minor=1_000, promised_on=on(30), made_on=DUE)
    about = facts(an_item(), holds=(hold,), disputes=(dispute(4_000),), promises=(promise,))
    assert {check.rule: check.fact for check in why(about, on(8)).checks} == {
        "open": "open 100.00 EUR",
        "insolvency": "not insolvent",
        "exclusion": "policy of the item: that of the account",
        "hold": "hold h1 until 2026-03-03, free from 2026-03-06",
        "dispute": "disputed 40.00 EUR since 2026-03-04",
        "promise": "promised 10.00 EUR, for 2026-04-01, left alone until 2026-04-03",
        "credit": "0.00 EUR of 0.00 EUR unlinked credit used on it",
        "doubt about the item": "no notice in doubt",
        "ladder": "+8 days; level 0, no step yet; a lapsed; b reached; c from 2026-03-16; e from 2026-05-01; "
        "f from 2026-06-01",
        "live": "E1 is live",
        "doubt about the account": "no notice in doubt",
        "gap": "last message never, at least 1 day apart",
        "minimum": "minimum of the account none",
        "readers": "ap_contact k1",
        "window": "friendly, tone 1, to ap_contact k1, not before 2026-03-10T08:00+00:00",
    }


def test_no_personal_data_is_said() -> None:
    said = str(
        why(facts(an_item(), contacts=(Contact(id="k1", customer="C1", name="Pat", email="p@c.example"),)), on(95))
    )
    assert "ap_contact k1" in said
    assert not any(word in said for word in ("Pat", "c.example", "Customer One"))


def test_steps_beside_and_steps_overtaken_are_named() -> None:
    said = why(facts(an_item()), on(95)).sentences
    assert said[2:4] == (
        "It takes the place of b, c, e, which will not go out any more.",
        "Done besides: step d (phone-call), step e-status (delinquent).",
    )


@pytest.mark.parametrize(
    ("customer", "expected"),
    [
        ({}, "Held back: step credit-hold (credit hold), because it waits for a person's approval."),
        ({"hardship": True}, "Held back: step credit-hold (credit hold), because the customer is in hardship."),
    ],
)
def test_a_step_beside_the_ladder_that_is_held_back_is_told(customer: dict[str, Any], expected: str) -> None:
    setting = a_setting(a_policy("ageing-7-14-30"))
    about = facts(an_item(open_minor=90_000), customer=a_customer(**customer))
    night = night_of(about, setting, list(played(about, setting, on(0), on(61))), on(61))
    said = explain(night.decision, night.facts, setting, on(61), "I1", money=euros).sentences
    assert expected in said


def test_a_step_that_is_only_proposed_is_not_called_done() -> None:
    about, setting = facts(an_item(), state=heard_b(7, arrived=True)), harsh(adverse="legal")
    assert "Done besides: step c (warning) put to a person for approval." in why(about, on(14), setting).sentences


def test_an_item_that_a_message_only_lists_is_told_so() -> None:
    about = facts(an_item(), an_item("I2", due_on=on(4)))
    assert (
        "It is listed in tonight's message, which goes out because of other items."
        in why(about, on(7), item="I2").sentences
    )


def test_in_a_busy_account_the_look_ahead_ends_and_says_so() -> None:
    about = facts(an_item("I1", due_on=on(80)), an_item("I2", due_on=on(-91)))  # one of them hears every day
    assert why(about, DUE).sentences[-1] == f"Next: nothing before {on(41)}."
    assert why(about, on(40)).sentences[-1] == f"Next: step a (friendly) on {on(73)} unless paid."


def test_an_item_that_is_not_open() -> None:
    said = why(facts(an_item()), on(7), item="I9")
    assert said.sentences == ("Nothing to send: nothing is open on it any more.",)
    assert [check.passed for check in said.checks] == [False]


def coming(decisions: list[Decision], item: str) -> str:
    """The first night after today on which the item got something, as the sentence says it."""
    for decision in decisions[1:]:
        due = [due.step for plan in decision.notices for due in plan.steps if due.item == item]
        due += [due.step for due in decision.done if due.item == item]
        if due:
            return f"{', '.join(due)} on {decision.as_of}"
    return "nothing"


@given(world=worlds())
@settings(max_examples=8)
def test_what_is_said_to_come_next_comes_when_nothing_changes(world: World) -> None:
    for night in list(lived(world, skip_idle=False))[::25]:
        known = replace(night.facts, in_doubt=frozenset())
        decision = decide(known, world.setting, night.day)
        last = date.fromordinal(night.day.toordinal() + 60)
        decisions = list(nights(world.setting, night.day, last, lambda _, k=known: k, state=known.state))  # type: ignore[misc]
        for verdict in decision.verdicts:
            said = explain(decision, known, world.setting, night.day, verdict.item, money=euros).sentences[-1]
            expected = coming(decisions, verdict.item)
            if "nothing" in said:
                farthest = said.removeprefix("Next: nothing before ")[:10] if "before" in said else "9999"
                assert expected == "nothing" or expected[-10:] >= farthest
            else:
                told = _short(said)
                assert told == expected or (expected == "nothing" and told[-10:] > last.isoformat())


def _short(sentence: str) -> str:
    steps, day = sentence.removeprefix("Next: ").removesuffix(" unless paid.").split(" on ")
    return ", ".join(step.split(" ")[1] for step in steps.split(", ")) + f" on {day}"


@given(world=worlds())
@settings(max_examples=10)
def test_checks_end_with_the_rule_that_stopped_the_item(world: World) -> None:
    for night in lived(world, skip_idle=True):
        checked = with_checks(night.decision, night.facts, world.setting, money=euros)
        for verdict in checked.verdicts:
            assert [check.passed for check in verdict.checks[:-1]] == [True] * (len(verdict.checks) - 1)
            assert verdict.checks[-1].passed == (verdict.reason is Reason.STEP_DUE)
        assert checked._replace(verdicts=night.decision.verdicts) == night.decision


# ---------- what was stored earlier ----------


def record(about: Facts, dpd: int) -> dict[str, Any]:
    decision = with_checks(decide(about, SETTING, on(dpd)), about, SETTING, money=euros)
    values = decision.verdicts[0]._asdict()
    return {**values, "next_check_on": values["next_check_on"] and values["next_check_on"].isoformat()}


def test_a_stored_verdict_tells_the_same() -> None:
    about = facts(an_item(), disputes=(dispute(None),))
    said = why(about, on(7))
    assert explain_record(record(about, 7), money=euros) == said.sentences[:2]


def test_a_stored_verdict_in_its_shortest_form() -> None:
    stored = {
        "item": "I1", "number": "INV-1", "days_past_due": 14, "dunnable_minor": 5, "currency": "EUR",
        "reason": "too_soon", "step": "c", "next_check_on": "2026-03-18", "checks": [["gap", False, "3 days apart"]],
    }  # fmt: skip
    assert explain_record(stored) == (
        "INV-1 is 14 days past due; EUR 5 (minor units) of it may be asked for.",
        "Step c is due and held back: the last message is too recent (3 days apart).",
        "It was to be looked at again on 2026-03-18.",
    )
    assert explain_record({**stored, "checks": []})[1].endswith("too recent.")
    assert "'of_tomorrow'" in explain_record({**stored, "reason": "of_tomorrow"})[1]


@pytest.mark.parametrize("reason", Reason)
def test_every_stored_reason_is_a_sentence(reason: Reason) -> None:
    stored = {
        "item": "I1", "number": "INV-1", "days_past_due": 0, "dunnable_minor": 5, "currency": "EUR",
        "reason": reason.value, "step": None, "superseded": ["b"], "next_check_on": None, "checks": [],
    }  # fmt: skip
    said = explain_record(stored)
    assert len(said) == 3
    assert all(sentence.endswith(".") and "{" not in sentence for sentence in said)


def test_a_check_is_what_the_model_says() -> None:
    assert all(isinstance(check, Check) for check in why(facts(an_item()), on(7)).checks)


def test_what_a_plan_leaves_out_is_named() -> None:
    known = facts(an_item(open_minor=12_500), plans=(PLAN,))
    decision = with_checks(decide(known, SETTING, on(7)), known, SETTING, money=in_minor_units)
    (said,) = [check.fact for check in decision.verdicts[0].checks if check.rule == "plan"]
    assert said == (
        "in a plan EUR 12500 (minor units), EUR 2500 (minor units) of p in no instalment and due with the last"
    )
