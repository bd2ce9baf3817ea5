"""A policy in plain words."""

import json
from typing import Any

import pytest

from core.policy.explain import explain
from core.policy.load import load_policy, shipped
from core.policy.schema import Policy, Step, When


def words(name: str, **changes: object) -> list[str]:
    policy = load_policy(shipped()[name])
    assert isinstance(policy, Policy)
    return explain(policy.model_copy(update=changes))


def test_the_steps_are_told_in_time_with_who_hears_of_them() -> None:
    said = words("machinery-manufacturer")
    assert said[1].startswith(
        "7 days before due (step a): the mail 'friendly' goes to the customer's AP contact, level 0"
    )
    assert any(
        line.startswith("31 days past due (step d): a task 'phone-call' for customer service rep") for line in said
    )
    assert any("again every day until it is settled" in line for line in said)
    assert any("only after 10 mails of step f" in line for line in said)
    assert all(line.endswith(".") for line in said)


@pytest.mark.parametrize("name", shipped())
def test_every_step_is_told(name: str) -> None:
    policy = load_policy(shipped()[name])
    assert isinstance(policy, Policy)
    text = "\n".join(explain(policy))
    for step in policy.steps:
        assert f"(step {step.id})" in text
        for role in (*step.audience.customer, *step.audience.ours):
            assert role.replace("ap_", "AP ").replace("ar_", "AR ").replace("_", " ").replace("ceo", "CEO") in text


@pytest.mark.parametrize(("changes", "expected"), [
    ({"send_days": "business_days"}, "Mails leave on the reader's business days only."),
    ({"due_rolls": "off"}, "Days count from the due date as printed, weekend or not."),
    ({"min_gap_days": 5}, "Between two mails to an account lie at least 5 days."),
    ({"max_jump": 1},
     "A mail is at most 1 level above the last one that was accepted for the invoice; levels that it can no longer have do not count."),  # noqa: E501
    ({"materiality_percent": 25},
     "A level sets the tone when the invoices at it make up at least 25 % of what is overdue."),
    ({"promise_grace_days": 1}, "A promise holds the reminders of its amount until its date and 1 business day more."),
])  # fmt: skip
def test_a_rule_is_told_with_its_value(changes: dict[str, object], expected: str) -> None:
    assert expected in words("machinery-manufacturer", **changes)


def test_minimums_are_written_as_money() -> None:
    text = GOOD.format(minimum="{ account: { EUR: 2550, JPY: 3000 } }")
    policy = load_policy(text)
    assert isinstance(policy, Policy)
    assert "Nothing goes out to an account that owes less than €25.50 or ¥3,000." in explain(policy)


GOOD = """
policy: test
version: 1
minimum: {minimum}
steps: [{{ id: a, offset_days: 1, template: reminder, audience: {{ customer: [ap_contact] }} }}]
"""


MAIL = {"id": "a", "offset_days": 7, "level": 1, "template": "reminder", "audience": {"customer": ["ap_contact"]}}
EARLY = {**MAIL, "offset_days": -7, "level": 0}
AGREED = {"rates": [{"annual_percent": "9"}]}
FLAT = {"type": "flat", "flat": {"EUR": 500}}


def told(step: dict[str, Any] = MAIL, **policy: Any) -> str:
    return "\n".join(explain(Policy.model_validate({"policy": "p", "version": 1, "steps": [step], **policy})))


# every field of the language, and a value that must be heard in the words
POLICY_FIELDS: dict[str, dict[str, Any]] = {
    "policy": {"policy": "q"},
    "version": {"version": 2},
    "description": {"description": "About"},
    "advance": {"advance": "next"},
    "falls": {"falls": False, "advance": "state"},
    "clear_stage": {"clear_stage": "ok"},
    "treat_as": {"treat_as": "consumer"},
    "group_by": {"group_by": "item"},
    "age_basis": {"age_basis": "issue"},
    "send_days": {"send_days": "all"},
    "due_rolls": {"due_rolls": "off"},
    "min_gap_days": {"min_gap_days": 9},
    "min_gap_op": {"min_gap_op": ">"},
    "min_gap_scope": {"min_gap_scope": "group"},
    "keep_threshold_gap": {"keep_threshold_gap": True},
    "wait_for_notice_deadline": {"wait_for_notice_deadline": True},
    "same_day_advance": {"same_day_advance": True},
    "max_jump": {"max_jump": 2},
    "max_attempts": {"max_attempts": 4},
    "max_notices": {"max_notices": 4},
    "highest_level": {"highest_level": 4},
    "after_last_step": {"after_last_step": "final"},
    "after_last_owner": {"after_last_owner": "ceo"},
    "after_last_days": {"after_last_days": 9},
    "minimum": {"minimum": {"account": {"EUR": 2500}}},
    "materiality_percent": {"materiality_percent": 20},
    "materiality_of": {"materiality_of": "wording"},
    "audience_of": {"audience_of": "highest_step"},
    "fallbacks": {"fallbacks": {}},
    "budget": {"budget": {"per_seven_days": 2}},
    "hold_after_payment_days": {"hold_after_payment_days": 9},
    "resume": {"resume": {"after_days": 9}},
    "promise_grace_days": {"promise_grace_days": 9},
    "unapplied": {"unapplied": "gate"},
    "credit_notes": {"credit_notes": "when_approved"},
    "punctual": {"punctual": {}},
    "interest": {"interest": AGREED},
    "compensation": {"compensation": {}},
    "heard_by": {"heard_by": "ceo", "steps": [MAIL, {
        "id": "h", "offset_days": 60, "effect": "credit_hold", "adverse": "credit_hold", "requires_step": ["a"],
        "audience": {"ours": ["ceo"]}}]},
    "acknowledge": {"acknowledge": ["promise", "dispute"]},
    "runs": {"runs": "reviewed"},
    "brakes": {"brakes": {"bank_days": 2}},
    "activation": {"activation": {"wait_days": 9}},
    "steps": {"steps": [EARLY]},
}  # fmt: skip
STEP_FIELDS: dict[str, dict[str, Any]] = {
    "id": {"id": "b"},
    "offset_days": {"offset_days": 8},
    "anchor": {"anchor": "issue"},
    "event": {"anchor": "event", "event": "new_invoice"},
    "op": {"op": ">"},
    "end_of_month": {"end_of_month": True},
    "effect": {"effect": "notify", "level": 0},
    "level": {"level": 2},
    "template": {"template": "warning"},
    "channel": {"channel": "letter"},
    "attach": {"attach": ["letter", "statement-csv"]},
    "archive": {"archive": True},
    "sender": {"sender": "ceo"},
    "audience": {"audience": {"customer": ["ap_contact"], "ours": ["ceo"], "copy": True}},
    "repeat": {"repeat": {"every_days": 7}},
    "valid_until_dpd": {"valid_until_dpd": 9},
    "min_days_after_issue": {**EARLY, "min_days_after_issue": 9},
    "when": {"when": {"payer": "late"}},
    "scope": {"scope": "account"},
    "task": {"effect": "task", "level": 0, "task": "t", "audience": {"ours": ["ceo"]}},
    "status": {"effect": "status", "level": 0, "status": "s"},
    "proposal": {"effect": "proposal", "level": 0, "proposal": "p", "audience": {"ours": ["ceo"]}},
    "notice_due_days": {"notice_due_days": 9},
    "fee": {"fee": FLAT},
    "document_fee": {"document_fee": FLAT},
    "charge_interest": {"charge_interest": True},
    "charge_compensation": {"charge_compensation": True},
    "adverse": {"adverse": "fee", "requires_step": ["z"]},
    "needs_approval": {"needs_approval": True, "audience": {"customer": ["ap_contact"], "ours": ["ceo"]}},
    "requires_step": {"requires_step": ["z"]},
    "requires_days": {"requires_step": ["z"], "requires_days": 9},
    "off": {"off": True},
}
WHEN_FIELDS: dict[str, tuple[dict[str, Any], str]] = {
    "dpd": ({"dpd": {"at_least": 30, "below": 60}}, "at least 30 and less than 60 days past due"),
    "item_open": ({"item_open": {"INR": {"above": 100_000_000}}}, "more than ₹1,000,000.00 open of the invoice"),
    "account_balance": ({"account_balance": {"EUR": {"at_most": 100}}}, "at most €1.00 open on the account"),
    "overdue_total": ({"overdue_total": {"EUR": {"at_least": 100}}}, "at least €1.00 overdue on the account"),
    "unpaid_count": ({"unpaid_count": {"at_least": 3}}, "at least 3 invoices of the account due and unpaid"),
    "unpaid_total": ({"unpaid_total": {"EUR": {"at_least": 100}}}, "at least €1.00 due and unpaid on the account"),
    "percent_open": ({"percent_open": {"above": 5}}, "more than 5 % of the invoice open"),
    "attempts": ({"attempts": {"at_least": 4}}, "at least 4 mails about the invoice accepted"),
    "segment": ({"segment": ["key", "new"]}, "the customer is in segment key or new"),
    "currency": ({"currency": ["EUR"]}, "only if in EUR"),
    "department": ({"department": ["parts"]}, "of department parts"),
    "customer_kind": ({"customer_kind": ["consumer"]}, "the customer is a consumer"),
    "payer": ({"payer": "punctual"}, "who usually pays in time"),
    "occurrences_of": ({"occurrences_of": "a", "at_least": 3}, "after 3 mails of step a"),
    "at_least": ({"occurrences_of": "a", "at_least": 1}, "after 1 mail of step a"),
    "any_of": ({"any_of": [{"attempts": {"at_least": 4}}, {"dpd": {"at_least": 45}}]},
               "either at least 4 mails about the invoice accepted or at least 45 days past due"),
}  # fmt: skip


def test_no_field_is_left_out() -> None:
    assert POLICY_FIELDS.keys() == Policy.model_fields.keys()
    assert STEP_FIELDS.keys() == Step.model_fields.keys()
    assert WHEN_FIELDS.keys() == When.model_fields.keys()


@pytest.mark.parametrize("name", POLICY_FIELDS)
def test_every_field_of_a_policy_is_heard_in_the_words(name: str) -> None:
    changed = {"steps": [MAIL], **POLICY_FIELDS[name]}
    before = {**changed, "steps": [MAIL]} if name == "steps" else {k: v for k, v in changed.items() if k != name}
    assert told(**changed) != told(**before)


@pytest.mark.parametrize("name", STEP_FIELDS)
def test_every_field_of_a_step_is_heard_in_the_words(name: str) -> None:
    terms = {"interest": AGREED, "compensation": {}}
    others = [mail("z", 30, 2)]
    base = {key: value for key, value in {**MAIL, **STEP_FIELDS[name]}.items() if key != name or key in MAIL}
    if name in MAIL or name in ("event", "adverse", "task", "status", "proposal"):
        base = MAIL
    changed = {**MAIL, **STEP_FIELDS[name]}
    assert told(steps=[changed, *others], **terms) != told(steps=[base, *others], **terms)


@pytest.mark.parametrize("name", WHEN_FIELDS)
def test_every_condition_is_said(name: str) -> None:
    when, words = WHEN_FIELDS[name]
    repeating = {**MAIL, "repeat": {"every_days": 7}}
    assert words in told(steps=[repeating, {**mail("b", 30, 2), "when": when}])


def mail(step_id: str, offset_days: int, level: int) -> dict[str, Any]:
    return {**MAIL, "id": step_id, "offset_days": offset_days, "level": level}


@pytest.mark.parametrize(("fee", "words"), [
    (FLAT, "€5.00"),
    ({"type": "percent", "percent": "2.5", "min": {"EUR": 500}, "max": {"EUR": 5000}},
     "2.5 %, at least €5.00 and at most €50.00"),
    ({"type": "flat_plus_percent", "flat": {"EUR": 500}, "percent": "1"}, "€5.00 and 1 %"),
    ({"type": "bands", "bands": {"GBP": [{"fee_minor": 4000}, {"from_minor": 100000, "fee_minor": 7000}]}},
     "£40.00 from £0.00 and £70.00 from £1,000.00"),
    ({"type": "tiered_single", "tiers": {"EUR": [{"flat_minor": 100}, {"from_minor": 1000, "percent": "2",
     "max_minor": 9}]}},
     "all of it by one tier: €1.00 from €0.00 and 2 % from €10.00, at most €0.09"),
    ({"type": "tiered_cumulative", "tiers": {"EUR": [{"percent": "1"}]}}, "each slice by its own tier: 1 % from €0.00"),
    ({"type": "by_currency", "fees": {"EUR": FLAT, "USD": {"type": "percent", "percent": "1"}}},
     "in EUR €5.00 and in USD 1 %"),
    ({"type": "convert", "currency": "EUR", "fee": FLAT, "rates": {"USD": "1.1"}},
     "€5.00, converted from EUR for 1.1 USD"),
    ({"type": "convert", "currency": "EUR", "fee": FLAT}, "€5.00, converted from EUR at the rate of the month"),
    ({"type": "sequence", "fees": [FLAT, {"type": "percent", "percent": "1"}], "then": "nothing"},
     "€5.00, then 1 %, then nothing"),
])  # fmt: skip
def test_every_shape_of_fee_is_said(fee: dict[str, Any], words: str) -> None:
    assert f"charges for each invoice {words}" in told({**MAIL, "fee": fee})


@pytest.mark.parametrize(("terms", "words"), [
    ({"statutory": "entity", "min_interest": {"EUR": 500}},
     "the rate of our own country's law, by act/365, rounded once on the total; nothing below €5.00."),
    ({"statutory": "GB", "grace_days": 3},
     "the rate of the law of GB, by act/365, rounded once on the total; charged only after 3 days."),
    ({"over": {"table": "ecb-main-refinancing", "points": "5", "fixed_when_late": True}},
     "5 points over ecb-main-refinancing, fixed when the debt became late"),
    ({"rates": [{"annual_percent": "9"}, {"from_on": "2026-07-01", "percent_per_period": "1", "period_days": 30}]},
     "9 % a year and 1 % for each 30 days from 2026-07-01"),
    ({**AGREED, "rounding": "daily_half_up", "day_count": "30/360", "rate_change_day": "old_rate"},
     "by 30/360, rounded each day; the day of a change bears the old rate."),
])  # fmt: skip
def test_terms_of_interest_are_said(terms: dict[str, Any], words: str) -> None:
    text = Policy.model_validate_json(json.dumps({"policy": "p", "version": 1, "steps": [MAIL], "interest": terms}))
    assert words in "\n".join(explain(text))


@pytest.mark.parametrize(("change", "words"), [
    ({"offset_days": 0, "level": 0}, "On the due date (step a)"),
    ({"anchor": "issue", "offset_days": 1}, "1 day after the invoice's date (step a)"),
    ({"anchor": "previous_notice", "offset_days": 14, "op": ">"},
     "More than 14 days after the last mail about the invoice"),
    ({"anchor": "oldest_unpaid_due"}, "7 days after the oldest unpaid invoice of the account was due"),
    ({"end_of_month": True}, "7 days past due, moved to the end of that month"),
    ({"anchor": "event", "event": "promise_broken", "offset_days": 0}, "When a promise is broken (step a)"),
    ({"anchor": "event", "event": "payment_received", "offset_days": 2}, "2 days after a part payment is recorded"),
])  # fmt: skip
def test_the_day_of_a_step_is_said(change: dict[str, Any], words: str) -> None:
    beside = {**MAIL, "id": "e", "anchor": "event", "event": "new_invoice"}  # so that one may count from a mail before
    assert words in told(steps=[{**MAIL, **change}, beside])
