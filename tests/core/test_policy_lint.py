"""Slips in sound policies: each with a policy that has it, and the same one a touch away that has not."""

from dataclasses import replace
from typing import Any

import pytest

from core.formats.errors import Severity
from core.policy.finding import Known
from core.policy.lint import lint
from core.policy.load import Checked, check_policy, load_policy, shipped
from core.policy.schema import Policy

OURS = {"ours": ["accounting"]}
THEIRS = {"customer": ["ap_contact"]}
BASE = {"policy": "p", "version": 1}
LOUD = Known(
    templates={"reminder": frozenset({"en", "de"}), "warning": frozenset({"en"}), "statement": frozenset({"en", "de"})},
    languages=frozenset({"en", "en-GB"}),
    roles=frozenset({"accounting", "sales_rep"}),
    customer_roles=frozenset({"ap_contact", "main_contact"}),
    currencies=frozenset({"EUR"}),
)


def mail(step_id: str, offset_days: int, **changes: Any) -> dict[str, Any]:
    return {"id": step_id, "offset_days": offset_days, "template": "reminder", "audience": THEIRS, **changes}


def call(offset_days: int, **changes: Any) -> dict[str, Any]:
    return {"id": "call", "offset_days": offset_days, "effect": "task", "task": "t", "audience": OURS, **changes}


def legal(offset_days: int, **changes: Any) -> dict[str, Any]:
    defaults = {
        "id": "legal", "offset_days": offset_days, "effect": "proposal", "proposal": "court", "adverse": "legal",
        "requires_step": ["a"], "audience": OURS,
    }  # fmt: skip
    return {**defaults, **changes}


def found(*steps: dict[str, Any], known: Known = LOUD, **changes: Any) -> list[tuple[str, str, Severity]]:
    """Code, place and weight of everything that is found."""
    policy = Policy.model_validate({**BASE, "steps": steps, **changes})
    return [(one.code, ".".join(map(str, one.path)), one.severity) for one in lint(policy, known)]


FLAT = {"type": "flat", "flat": {"EUR": 500}}
ERROR, WARNING = Severity.ERROR, Severity.WARNING
A, B = mail("a", 7, level=1), mail("b", 14, level=2)
ROWS: list[tuple[str, Any, Any, tuple[str, str, Severity] | None]] = [
    # never reached: by its days
    ("lapses before it is reached",
     [mail("a", 7, valid_until_dpd=6)], {}, ("UNREACHABLE", "steps.0.valid_until_dpd", ERROR)),
    ("lapses on the day on which it is reached", [mail("a", 7, valid_until_dpd=7)], {}, None),
    ("strictly more days, one too many",
     [mail("a", 7, op=">", valid_until_dpd=7)], {}, ("UNREACHABLE", "steps.0.valid_until_dpd", ERROR)),
    ("repeats that end before they start",
     [mail("a", 30, repeat={"every_days": 7, "until_dpd": 29})],
     {}, ("UNREACHABLE", "steps.0.repeat.until_dpd", ERROR)),
    ("repeats of one day", [mail("a", 30, repeat={"every_days": 7, "until_dpd": 30})], {}, None),
    ("a range that ends before the step",
     [mail("a", 30, when={"dpd": {"below": 30}})], {}, ("UNREACHABLE", "steps.0.when", ERROR)),
    ("a range that ends with the step", [mail("a", 30, when={"dpd": {"at_most": 30}})], {}, None),
    ("two ranges that never meet",
     [mail("a", 1, when={"dpd": {"at_least": 9}, "any_of": [{"dpd": {"below": 9}}]})],
     {}, ("UNREACHABLE", "steps.0.when", ERROR)),
    ("one of two ranges", [mail("a", 9, when={"any_of": [{"dpd": {"below": 9}}, {"dpd": {"below": 12}}]})], {}, None),
    ("a range, from another date", [mail("a", 30, anchor="issue", when={"dpd": {"below": 30}})], {}, None),
    ("what is off", [A, mail("b", 30, off=True, when={"dpd": {"below": 30}})], {}, None),
    ("a range that ends a day after the step", [mail("a", 30, when={"dpd": {"below": 31}})], {}, None),
    ("above one number and not above it",
     [mail("a", 1, when={"dpd": {"above": 8}, "any_of": [{"dpd": {"at_most": 8}}]})], {},
     ("UNREACHABLE", "steps.0.when", ERROR)),
    ("above one number and at the next",
     [mail("a", 1, when={"dpd": {"above": 8}, "any_of": [{"dpd": {"at_most": 9}}]})], {}, None),
    # never reached: by a cap
    ("above the highest level", [A, B], {"highest_level": 1}, ("UNREACHABLE", "steps.1.level", ERROR)),
    ("at the highest level", [A, B], {"highest_level": 2}, None),
    ("mails by days, and none are sent", [A], {"advance": "none"}, ("UNREACHABLE", "steps.0.id", ERROR)),
    ("a mail by event, where none go by days",
     [mail("a", 0, anchor="event", event="new_invoice")], {"advance": "none"}, None),
    ("counts more mails than go out",
     [A, call(30, when={"attempts": {"at_least": 3}})],
     {"max_attempts": 2}, ("UNREACHABLE", "steps.1.when.attempts", ERROR)),
    ("counts as many mails as go out", [A, call(30, when={"attempts": {"above": 1}})], {"max_attempts": 2}, None),
    ("counts above as many mails as go out",
     [A, call(30, when={"attempts": {"above": 2}})], {"max_attempts": 2},
     ("UNREACHABLE", "steps.1.when.attempts", ERROR)),
    ("a mail after all mails",
     [A, mail("b", 14, level=1, when={"attempts": {"at_least": 2}})], {"max_attempts": 2},
     ("UNREACHABLE", "steps.1.when.attempts", ERROR)),
    ("a mail after all but one",
     [A, mail("b", 14, level=1, when={"attempts": {"at_least": 1}})], {"max_attempts": 2}, None),
    ("the second level, one mail", [A, B], {"max_attempts": 1}, ("UNREACHABLE", "steps.1.id", ERROR)),
    ("the second level, one mail to the group", [A, B], {"max_notices": 1}, ("UNREACHABLE", "steps.1.id", ERROR)),
    ("the second level, two mails", [A, B], {"max_attempts": 2}, None),
    ("the second level at once", [A, B], {"max_attempts": 1, "max_jump": "any"}, None),
    ("one after the other",
     [A, mail("b", 14, level=1)], {"max_attempts": 1, "advance": "next"}, ("UNREACHABLE", "steps.1.id", ERROR)),
    # never reached: by another step
    ("counts mails of a step that is off",
     [mail("a", 7, repeat={"every_days": 7}, off=True), B, call(30, when={"occurrences_of": "a", "at_least": 1})],
     {}, ("UNREACHABLE", "steps.2.when.occurrences_of", ERROR)),
    ("counts one mail too many",
     [mail("a", 7, repeat={"every_days": 7, "max": 3}), call(30, when={"occurrences_of": "a", "at_least": 4})],
     {}, ("UNREACHABLE", "steps.1.when.at_least", ERROR)),
    ("counts the last mail",
     [mail("a", 7, repeat={"every_days": 7, "max": 3}), call(30, when={"occurrences_of": "a", "at_least": 3})],
     {}, None),
    ("counts more than the range holds",
     [mail("a", 7, repeat={"every_days": 7, "until_dpd": 20}), call(30, when={"occurrences_of": "a", "at_least": 3})],
     {}, ("UNREACHABLE", "steps.1.when.at_least", ERROR)),
    ("waits for what is off",
     [B, mail("a", 20, level=2, off=True), legal(60)], {}, ("UNREACHABLE", "steps.2.requires_step", ERROR)),
    ("waits for one that is off and one that is not",
     [mail("b", 7, off=True), mail("a", 20), legal(60, requires_step=["a", "b"])], {}, None),
    ("waits for a later mail",
     [mail("b", 7, adverse="final_notice", requires_step=["a"]), mail("a", 20)],
     {}, ("UNREACHABLE", "steps.0.requires_step", ERROR)),
    ("ends before what it waits for arrived",
     [A, legal(8, valid_until_dpd=9)], {}, ("UNREACHABLE", "steps.1.requires_step", ERROR)),
    ("ends when what it waits for arrived", [A, legal(8, valid_until_dpd=10)], {}, None),
    ("ends before one of two arrived, and the other may be any day",
     [A, mail("e", 0, anchor="event", event="new_invoice"), legal(8, valid_until_dpd=9, requires_step=["a", "e"])],
     {}, None),
    ("waits from before what it waits for",
     [mail("a", 30), legal(20)], {}, ("UNREACHABLE", "steps.1.requires_step", WARNING)),
    ("waits for the mail of the same day", [mail("a", 30), legal(30)], {}, None),
    ("for small invoices, and loud",
     [A, mail("b", 14, level=2, when={"item_open": {"EUR": {"below": 2500}}})],
     {"minimum": {"item": {"amount": {"EUR": 2500}}}}, ("UNREACHABLE", "steps.1.when.item_open", ERROR)),
    ("for invoices of just the limit",
     [A, mail("b", 14, level=2, when={"item_open": {"EUR": {"at_most": 2500}}})],
     {"minimum": {"item": {"amount": {"EUR": 2500}}}}, None),
    ("for small invoices, and quiet",
     [mail("a", 7, level=1, when={"item_open": {"EUR": {"below": 2500}}})],
     {"minimum": {"item": {"amount": {"EUR": 2500}}}}, None),
    ("for invoices below a cent more than the limit",
     [A, mail("b", 14, level=2, when={"item_open": {"EUR": {"below": 2501}}})],
     {"minimum": {"item": {"amount": {"EUR": 2500}}}}, None),
    ("a default notice by itself",
     [A, mail("b", 14, level=2, template="default-notice")], {}, ("HARSH", "steps.1.template", ERROR)),
    ("a default notice that somebody agrees to",
     [A, mail("b", 14, level=2, template="default-notice", needs_approval=True,
              audience={"customer": ["ap_contact"], "ours": ["accounting"]})], {}, None),
    ("a final notice after nothing",
     [A, mail("b", 14, level=2, template="final-notice")], {}, ("HARSH", "steps.1.template", WARNING)),
    ("a final notice after a mail that arrived",
     [A, mail("b", 14, level=2, template="final-notice", requires_step=["a"])], {}, None),
    ("the law's sum from consumers",
     [mail("a", 7, charge_compensation=True, when={"customer_kind": ["consumer"]})],
     {"compensation": {}}, ("UNREACHABLE", "steps.0.charge_compensation", ERROR)),
    ("the law's sum from all", [mail("a", 7, charge_compensation=True)], {"compensation": {}}, None),
    ("the law's sum from those treated as consumers", [mail("a", 7, charge_compensation=True)],
     {"compensation": {}, "treat_as": "consumer"}, ("UNREACHABLE", "steps.0.charge_compensation", ERROR)),
    ("for businesses, where all are consumers", [mail("a", 7, when={"customer_kind": ["business"]})],
     {"treat_as": "consumer"}, ("UNREACHABLE", "steps.0.when.customer_kind", ERROR)),
    ("for consumers, where all are",
     [mail("a", 7, when={"customer_kind": ["consumer"]})], {"treat_as": "consumer"}, None),
    ("for one day, decided in the evening of it",
     [mail("a", 0)], {"known_evenings": {"E1"}}, ("UNREACHABLE", "steps.0.offset_days", WARNING)),
    ("for two days, decided in the evening", [mail("a", -1)], {"known_evenings": {"E1"}}, None),
    ("a call of one day, in the evening", [A, call(9, valid_until_dpd=9)], {"known_evenings": {"E1"}}, None),
    # louder than meant
    ("begins at level 2, as level 1 is over",
     [mail("a", 7, level=1, when={"dpd": {"at_most": 13}}), B], {}, ("JUMP", "steps.1.level", WARNING)),
    ("begins at level 3, as two may be jumped",
     [mail("a", 7, level=1, when={"dpd": {"at_most": 13}}), B, mail("c", 21, level=3)],
     {"max_jump": 2}, ("JUMP", "steps.2.level", WARNING)),
    ("level 1 is over as late as level 2",
     [mail("a", 7, level=1, when={"dpd": {"at_most": 20}}), mail("b", 14, level=2, when={"dpd": {"at_most": 20}})],
     {}, None),
    ("level 1 has another step, without an end",
     [mail("a", 7, level=1, when={"dpd": {"at_most": 10}}), mail("c", 11, level=1), B], {}, None),
    ("begins where it likes",
     [mail("a", 7, level=1, when={"dpd": {"at_most": 13}}), B], {"max_jump": "any"}, None),
    # too close
    ("closer than the gap", [A, mail("b", 9, level=2)], {}, ("GAP", "steps.1.offset_days", WARNING)),
    ("just the gap", [A, mail("b", 10, level=2)], {}, None),
    ("just the gap, and more is asked",
     [A, mail("b", 10, level=2)], {"min_gap_op": ">"}, ("GAP", "steps.1.offset_days", WARNING)),
    ("closer, by another date", [A, mail("b", 9, level=2, anchor="issue")], {}, None),
    ("closer, under a condition", [A, mail("b", 9, level=2, when={"unpaid_count": {"at_least": 2}})], {}, None),
    ("closer, with a task", [A, call(8)], {}, None),
    ("closer to the last of its repeats",
     [mail("a", 7, repeat={"every_days": 7, "until_dpd": 29}), mail("b", 30)],
     {}, ("GAP", "steps.1.offset_days", WARNING)),
    ("far enough from the last of its repeats",
     [mail("a", 7, repeat={"every_days": 7, "until_dpd": 29}), mail("b", 31)], {}, None),
    ("before the deadline of the one before",
     [mail("a", 7, notice_due_days=7), mail("b", 14)],
     {"wait_for_notice_deadline": True}, ("GAP", "steps.1.offset_days", WARNING)),
    ("after the deadline of the one before",
     [mail("a", 7, notice_due_days=6), mail("b", 14)], {"wait_for_notice_deadline": True}, None),
    ("before a deadline for which nothing waits", [mail("a", 7, notice_due_days=7), mail("b", 14)], {}, None),
    ("on the day of a short deadline",
     [mail("a", 7, notice_due_days=3), mail("b", 10)], {"wait_for_notice_deadline": True},
     ("GAP", "steps.1.offset_days", WARNING)),
    ("repeats closer than the gap",
     [mail("a", 7, repeat={"every_days": 2, "max": 3})], {}, ("GAP", "steps.0.repeat.every_days", WARNING)),
    ("repeats as far as the gap", [mail("a", 7, repeat={"every_days": 3, "max": 3})], {}, None),
    ("repeats beyond the budget",
     [mail("a", 7, repeat={"every_days": 3, "max": 3})],
     {"budget": {"per_seven_days": 2}}, ("GAP", "steps.0.repeat.every_days", WARNING)),
    ("a budget of nothing", [A], {"budget": {"per_day": 0}}, ("GAP", "budget", WARNING)),
    ("repeats, and a budget of nothing",
     [mail("a", 7, repeat={"every_days": 3, "max": 3})], {"budget": {"per_seven_days": 0}}, ("GAP", "budget", WARNING)),
    # no end
    ("ends in nothing, and is worked out anew each day",
     [A], {"after_last_step": "nothing", "advance": "state"}, None),
    ("until a day by its condition", [mail("a", 7, repeat={"every_days": 7}, when={"dpd": {"at_most": 90}})], {}, None),
    ("until a day or for ever",
     [mail("a", 7, repeat={"every_days": 7}, when={"any_of": [{"dpd": {"at_most": 90}}, {"attempts": {"below": 9}}]})],
     {}, ("ENDLESS", "steps.0.repeat", WARNING)),
    ("ends in nothing", [A], {"after_last_step": "nothing"}, ("ENDLESS", "steps.0.id", WARNING)),
    ("ends in nothing, after a call", [A, call(7)], {"after_last_step": "nothing"}, None),
    ("a call, and then a last mail", [A, call(6)], {"after_last_step": "nothing"}, ("ENDLESS", "steps.0.id", WARNING)),
    ("for ever", [mail("a", 7, repeat={"every_days": 7})], {}, ("ENDLESS", "steps.0.repeat", WARNING)),
    ("for ever, by what follows the last", [A], {"after_last_step": "repeat"}, ("ENDLESS", "steps.0.repeat", WARNING)),
    ("twelve times", [mail("a", 7, repeat={"every_days": 7, "max": 12})], {}, None),
    ("until a day", [mail("a", 7, repeat={"every_days": 7, "until_dpd": 90})], {}, None),
    ("for ever, with a cap", [mail("a", 7, repeat={"every_days": 7})], {"max_attempts": 9}, None),
    ("for ever, with a person", [mail("a", 7, repeat={"every_days": 7}), legal(60)], {}, None),
    ("for ever, and another follows",
     [mail("a", 7, repeat={"every_days": 7}), B], {}, ("ENDLESS", "steps.0.repeat", WARNING)),
    # money and harshness
    ("one currency has no limit", [A], {"minimum": {"account": {"USD": 2500}}}, ("NO_LIMIT", "minimum.account", ERROR)),
    ("one limit lacks a currency",
     [A],
     {"minimum": {"account": {"EUR": 1, "USD": 1}, "item": {"amount": {"EUR": 1}}}},
     ("NO_LIMIT", "minimum.item.amount", ERROR)),
    ("every currency has a limit", [A], {"minimum": {"account": {"EUR": 1, "USD": 1}}}, None),
    ("no currency has a limit", [A], {"minimum": {"account": {}}}, None),
    ("a fee out of the blue",
     [A, {"id": "f", "offset_days": 9, "effect": "fee", "fee": FLAT}],
     {}, ("HARSH", "steps.1.effect", ERROR)),
    ("a fee after a mail",
     [A,
      {"id": "f", "offset_days": 9, "effect": "fee", "adverse": "fee", "requires_step": ["a"], "fee": FLAT}],
     {}, None),
    ("a fee with the first mail",
     [mail("a", 7, fee=FLAT)], {}, ("HARSH", "steps.0.fee", WARNING)),
    ("a fee of the letter, with the first",
     [mail("a", 7, document_fee=FLAT)],
     {}, ("HARSH", "steps.0.document_fee", WARNING)),
    ("a fee with the second mail",
     [A, {**B, "fee": FLAT, "requires_step": ["a"]}], {}, None),
    ("a fee in another currency",
     [A, {**B, "fee": {**FLAT, "flat": {"USD": 500}}, "requires_step": ["a"]}],
     {}, ("NO_LIMIT", "steps.1.fee", WARNING)),
    ("a law that nobody knows", [mail("a", 7, charge_compensation=True)], {"compensation": {}, "known_country": "US"},
     ("NO_RATE", "compensation.statutory", WARNING)),
    ("interest by a law that nobody knows", [A], {"interest": {"statutory": "entity"}, "known_country": ""},
     ("NO_RATE", "interest.statutory", WARNING)),
    ("a law that is known", [A], {"interest": {"statutory": "entity"}, "known_country": "AT"}, None),
    ("a law that is named", [A], {"interest": {"statutory": "GB"}, "known_country": "US"}, None),
    ("handed over before its day", [A, call(11)], {"after_last_step": "final"},
     ("UNREACHABLE", "steps.1.offset_days", ERROR)),
    ("handed over on its day", [A, call(10)], {"after_last_step": "final"}, None),
    ("to court without a person", [A, legal(60, needs_approval=False)], {}, ("HARSH", "steps.1.needs_approval", ERROR)),
    ("to court, businesses only", [A, legal(60, needs_approval=False, when={"customer_kind": ["business"]})], {}, None),
    # people
    ("a template without words",
     [mail("a", 7, template="warning")], {"known_languages": {"de"}}, ("WORDS", "steps.0.template", ERROR)),
    ("a template with words", [A], {"known_languages": {"de-AT"}}, None),
    ("a word to punctual payers without words",
     [A], {"known_languages": {"de"}, "punctual": {"template": "warning"}}, ("WORDS", "punctual.template", ERROR)),
    ("a language that nothing speaks", [A], {"known_languages": {"it"}}, ("WORDS", "policy", WARNING)),
    ("a role that nobody has",
     [{**A, "audience": {"customer": ["ap_contact"], "ours": ["accounting", "ceo"]}}],
     {}, ("ROLE", "steps.0.audience.ours.1", WARNING)),
    ("a sender that nobody is", [mail("a", 7, sender="ceo")], {}, ("ROLE", "steps.0.sender", WARNING)),
    ("a sender that somebody is", [mail("a", 7, sender="sales_rep")], {}, None),
    ("nobody decides at the end", [A], {"after_last_owner": "ceo"}, ("ROLE", "after_last_owner", WARNING)),
    ("nobody need decide at the end", [A, call(9)], {"after_last_owner": "ceo", "after_last_step": "nothing"}, None),
    ("nobody hears of the harsh step", [A, legal(60)], {"heard_by": "ceo"}, ("ROLE", "heard_by", WARNING)),
    ("nothing harsh to hear of", [A], {"heard_by": "ceo"}, None),
    ("a contact that nobody has",
     [mail("a", 7, audience={"customer": ["ap_contct"]})], {}, ("ROLE", "steps.0.audience.customer.0", WARNING)),
    ("a contact that someone stands in for",
     [mail("a", 7, audience={"customer": ["ap_manager"]})], {"fallbacks": {"ap_manager": ["account"]}}, None),
    ("a contact for whom nobody there stands in",
     [mail("a", 7, audience={"customer": ["ap_manager"]})], {"fallbacks": {"ap_manager": ["boss"]}},
     ("ROLE", "steps.0.audience.customer.0", WARNING)),
    ("a contact for whom another contact stands in",
     [mail("a", 7, audience={"customer": ["ap_manager"]})], {"fallbacks": {"ap_manager": ["main_contact"]}}, None),
    ("harsh words that nobody need agree to",
     [A, mail("b", 20, level=2, adverse="final_notice", requires_step=["a"])], {"heard_by": "ceo"}, None),
    ("a template without words, switched off",
     [A, mail("b", 20, template="warning", level=2, off=True)], {"known_languages": {"de"}}, None),
    # keys without effect
    ("a stage to clear, without stages", [A], {"clear_stage": "ok"}, ("IDLE", "clear_stage", WARNING)),
    ("a stage to clear", [A], {"clear_stage": "ok", "advance": "state"}, None),
    ("twice a day, without an order", [A], {"same_day_advance": True}, ("IDLE", "same_day_advance", WARNING)),
    ("days after a delivery of nothing",
     [mail("a", 7, requires_days=5)], {}, ("IDLE", "steps.0.requires_days", WARNING)),
    ("days after the invoice, much later",
     [mail("a", 7, min_days_after_issue=5)], {}, ("IDLE", "steps.0.min_days_after_issue", WARNING)),
    ("days after the invoice", [mail("b", -7, min_days_after_issue=9), A], {}, None),
]  # fmt: skip


@pytest.mark.parametrize(("steps", "changes", "expected"), [row[1:] for row in ROWS], ids=[row[0] for row in ROWS])
def test_a_slip_is_found_and_its_neighbour_is_not(
    steps: list[dict[str, Any]], changes: dict[str, Any], expected: tuple[str, str, Severity] | None
) -> None:
    changes = dict(changes)
    languages, country = frozenset(changes.pop("known_languages", {"en"})), changes.pop("known_country", "DE")
    evenings = frozenset(changes.pop("known_evenings", ()))
    known = replace(LOUD, languages=languages, countries=frozenset({country}), evenings=evenings)
    assert found(*steps, known=known, **changes) == ([] if expected is None else [expected])


@pytest.mark.parametrize(("names", "words"), [
    (["b"], "waits for 'b', which is off"), (["b", "c"], "waits for 'b', 'c', which are all off"),
])  # fmt: skip
def test_what_is_waited_for_in_vain_is_named(names: list[str], words: str) -> None:
    off = [mail(name, 20, level=2, off=True) for name in ("b", "c")]
    policy = Policy.model_validate({**BASE, "steps": [A, *off, legal(60, requires_step=names)]})
    (one,) = lint(policy)
    assert words in one.problem


@pytest.mark.parametrize(("home", "words"), [
    (None, "else that of the legal entity, else English"),
    ({"de-AT"}, "else de, that of the legal entity"),
    ({"de", "en"}, "else that of the legal entity (de, en), else English"),
    ({"fi"}, "else that of the legal entity, else English"),
])  # fmt: skip
def test_what_somebody_gets_whose_language_is_not_spoken(home: set[str] | None, words: str) -> None:
    spoken = None if home is None else frozenset(home)
    policy = Policy.model_validate({**BASE, "steps": [A]})
    (one,) = lint(policy, replace(LOUD, languages=frozenset({"sv"}), home_languages=spoken))
    assert one.problem.startswith("no message has words in sv")
    assert one.problem.endswith(words)


def test_what_is_not_known_is_not_judged() -> None:
    strange = mail("a", 7, template="none", sender="nobody", audience={"customer": ["x"], "ours": ["y"]})
    assert found(strange, known=Known()) == []


def test_a_finding_has_its_place_in_the_file_and_says_what_to_do() -> None:
    text = """\
policy: p
version: 1
minimum: { account: { EUR: 2500 } }
steps:
  - id: a
    offset_days: 7
    level: 1
    template: reminder
    audience: { customer: [ap_contact], ours: [acounting] }
  - id: b
    offset_days: 8
    level: 2
    template: reminder
    audience: { customer: [ap_contact] }
"""
    checked = check_policy(
        text, "p.yaml", Known(LOUD.templates, roles=LOUD.roles, currencies=frozenset({"EUR", "INR"}))
    )
    late = "'b' comes 1 day after 'a', and min_gap_days asks for 3: it goes out late; offset_days: 10 or later"
    assert [str(one) for one in checked.findings] == [
        "p.yaml:3:21  minimum.account  INR has no limit here, and others have one; add INR, in minor units; 0 for none",
        "p.yaml:9:48  steps[0].audience.ours[0]  nobody of us has the role acounting; did you mean 'accounting'?",
        f"p.yaml:11:18  steps[1].offset_days  {late}",
    ]
    assert checked.policy is None  # a currency without a limit is refused


def test_a_policy_with_warnings_only_is_one() -> None:
    checked = check_policy("policy: p\nversion: 1\nsteps: [{ id: a, offset_days: 7, template: reminder, level: 1,\n"
                           "  audience: { customer: [ap_contact] }, repeat: { every_days: 7 } }]")  # fmt: skip
    assert isinstance(checked.policy, Policy)
    assert [one.severity for one in checked.findings] == [WARNING]


def test_what_is_no_policy_is_not_looked_at_further() -> None:
    checked = check_policy("policy: p\nversion: x\nsteps: []")
    assert checked == Checked(None, checked.findings)
    assert [one.field for one in checked.findings] == ["version"]


# the client's own document ends with its third letter; nobody is asked for a gift again
ENDS_IN_NOTHING = {"headline-31-61-91", "nonprofit"}


@pytest.mark.parametrize("name", shipped())
def test_a_shipped_policy_has_no_slip(name: str) -> None:
    policy = load_policy(shipped()[name])
    assert isinstance(policy, Policy)
    expected = [("ENDLESS", WARNING)] if name in ENDS_IN_NOTHING else []
    assert [(one.code, one.severity) for one in lint(policy)] == expected
