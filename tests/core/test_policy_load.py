"""Policies from YAML: every mistake with its place, and YAML's own traps."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.formats.errors import InputError
from core.policy.load import load_policy, shipped
from core.policy.schema import Policy

GOOD = """\
policy: test
version: 1
steps:
  - id: first
    offset_days: 7
    level: 1
    template: reminder
    audience: { customer: [ap_contact] }
  - id: second
    offset_days: 14
    level: 2
    template: warning
    audience: { customer: [ap_contact], ours: [accounting] }
"""


def errors(text: str, **how: object) -> list[str]:
    found = load_policy(text, "p.yaml", **how)  # type: ignore[arg-type]
    return [str(error) for error in found] if isinstance(found, list) else []


def test_a_policy_loads_and_survives_its_compiled_form() -> None:
    policy = load_policy(GOOD)
    assert isinstance(policy, Policy)
    assert [step.id for step in policy.steps] == ["first", "second"]
    assert Policy.model_validate(policy.model_dump(mode="json")) == policy


def test_the_shipped_ones_are_found() -> None:
    general = {
        "machinery-manufacturer", "headline-31-61-91", "ageing-7-14-30", "customer-friendly-three-levels",
        "segments-30-60-90",
    }  # fmt: skip
    packs = {
        "software", "retail", "media", "manufacturing", "financial-services", "professional-services", "wholesale",
        "healthcare", "nonprofit",
    }  # fmt: skip
    assert shipped().keys() == general | packs


@pytest.mark.parametrize(("was", "now", "expected"), [
    ("version: 1", 'version: "1"', "p.yaml:2:10  version  expected a whole number, got '1'"),
    ("version: 1", "version: 1.0", "p.yaml:2:10  version  expected a whole number, got 1.0"),
    ("version: 1", "version: 0", "p.yaml:2:10  version  expected at least 1, got 0"),
    ("version: 1", "verion: 1", "p.yaml:2:1  verion  unknown key; did you mean 'version'?"),
    ("    level: 1\n", "    levle: 1\n", "p.yaml:6:5  steps[0].levle  unknown key; did you mean 'level'?"),
    ("    level: 2\n", "    levle: 2\n", "p.yaml:11:5  steps[1].levle  unknown key; did you mean 'level'?"),
    ("    level: 1\n", "    level: soon\n", "p.yaml:6:12  steps[0].level  expected a whole number, got 'soon'"),
    ("offset_days: 7", "offset_days: 7.5", "p.yaml:5:18  steps[0].offset_days  expected a whole number, got 7.5"),
    ("version: 1", "version: 1\nsend_days: al",
     "p.yaml:3:12  send_days  'al' is not a value of send_days (business_days, all); did you mean 'all'?"),
    ("version: 1", "version: 1\nmax_jump: some",
     "p.yaml:3:11  max_jump  expected a whole number or any, got some"),
    ("version: 1", "version: 1\nminimum: { account: { EUR: 2.5 } }",
     "p.yaml:3:28  minimum.account.EUR  expected a whole number, got 2.5"),
    ("[ap_contact], ours: [accounting]", "[ap_contact], ours: accounting",
     "p.yaml:13:47  steps[1].audience.ours  expected a list, got 'accounting'"),
    ("{ customer: [ap_contact] }", "{ custmer: [ap_contact] }",
     "p.yaml:8:17  steps[0].audience.custmer  unknown key; did you mean 'customer'?"),
    ("    template: reminder\n", "", "p.yaml:4:5  steps[0]  step 'first': a message step needs a template"),
    ("    offset_days: 7\n", "", "p.yaml:4:5  steps[0].offset_days  required, and missing"),
    ("policy: test", "policy: Test Case", "p.yaml:1:9  policy  'Test Case' is not allowed here, it must match"),
])  # fmt: skip
def test_a_mistake_has_its_place(was: str, now: str, expected: str) -> None:
    assert was in GOOD
    assert any(error.startswith(expected) for error in errors(GOOD.replace(was, now, 1))), errors(
        GOOD.replace(was, now, 1)
    )


@pytest.mark.parametrize(("was", "now", "place", "problem"), [
    ("offset_days: 14", "offset_days: 7", "p.yaml:10:18  steps[1].offset_days",
     "steps out of order: 'second' at +7 comes after 'first' (line 4) at +7; offset_days must rise"),
    ("offset_days: 14", "offset_days: -3", "p.yaml:10:18  steps[1].offset_days",
     "steps out of order: 'second' at -3 comes after 'first' (line 4) at +7; offset_days must rise"),
    ("level: 2", "level: 0", "p.yaml:11:12  steps[1].level",
     "steps out of order: 'second' at level 0 comes after 'first' (line 4) at level 1; level must not fall"),
    ("    level: 2\n", "    level: 2\n    when: { occurrences_of: frist, at_least: 2 }\n",
     "p.yaml:12:29  steps[1].when.occurrences_of", "'frist' is no repeating step of this policy"),
    ("    level: 2\n", "    level: 2\n    requires_step: [frist]\n",
     "p.yaml:12:21  steps[1].requires_step[0]",
     "'frist' is no other message step of this policy; did you mean 'first'?"),
    ("    level: 2\n", "    level: 2\n    requires_step: [second]\n",
     "p.yaml:12:21  steps[1].requires_step[0]", "'second' is no other message step of this policy"),
    ("    level: 2\n", "    level: 2\n    charge_interest: true\n", "p.yaml:12:22  steps[1].charge_interest",
     "step 'second' charges interest, and the policy has no interest terms; add `interest` to the policy"),
    ("    level: 2\n", "    level: 2\n    charge_compensation: true\n", "p.yaml:12:26  steps[1].charge_compensation",
     "step 'second' charges compensation, and the policy has no compensation terms; add `compensation` to the policy"),
    ("id: second", "id: punctual", "p.yaml:9:9  steps[1].id",
     "'punctual' is a word of the program itself, no step may be called so"),
    ("id: second", "id: first", "p.yaml:9:9  steps[1].id", "step 'first' stands on line 4 already"),
])  # fmt: skip
def test_steps_out_of_order_name_both(was: str, now: str, place: str, problem: str) -> None:
    assert errors(GOOD.replace(was, now, 1)) == [f"{place}  {problem}"]


@pytest.mark.parametrize("change", [
    ("offset_days: 14", "offset_days: 2\n    anchor: issue"),  # counts from another date
    ("offset_days: 14", "offset_days: 7\n    when: { unpaid_count: { at_least: 2 } }"),
    ("offset_days: 14", "offset_days: 0\n    anchor: event\n    event: new_invoice"),  # beside the ladder
    ("    level: 2", "    level: 0\n    off: true"),
    ("    level: 1\n", "    level: 1\n    repeat: { every_days: 2, until_dpd: 13 }\n"),
    ("offset_days: 14", "offset_days: 7\n    effect: notify"),
])  # fmt: skip
def test_steps_that_cannot_be_compared_may_stand_in_any_order(change: tuple[str, str]) -> None:
    text = GOOD.replace(*change, 1)
    if "notify" in change[1]:
        text = text.replace("    level: 2\n", "").replace("    template: warning\n", "")
    assert errors(text) == []


FIRST = "  - id: first\n    offset_days: 7\n"
EVENT = (
    "  - { id: thanks, anchor: event, event: new_invoice, offset_days: 0, template: reminder,\n"
    "      audience: { customer: [ap_contact] } }\n"
)


@pytest.mark.parametrize("anchor", ["previous_notice", "previous_notice_deadline"])
def test_the_first_message_has_none_before_it_unless_an_event_sent_one(anchor: str) -> None:
    counting = GOOD.replace(FIRST, f"{FIRST}    anchor: {anchor}\n")
    (said,) = errors(counting)
    assert said.startswith("p.yaml:6:13  steps[0].anchor  'first' is the first message and counts from the one before")
    assert errors(counting.replace(FIRST, EVENT + FIRST)) == []


@pytest.mark.parametrize("advance", ["state", "repeat"])
def test_where_nobody_climbs_the_order_says_nothing(advance: str) -> None:
    text = GOOD.replace("version: 1", f"version: 1\nadvance: {advance}")
    assert errors(text.replace("offset_days: 14", "offset_days: 7").replace("level: 2", "level: 0")) == []


def test_every_mistake_is_said_at_once_in_the_order_of_the_file() -> None:
    text = GOOD.replace("version: 1", "version: one").replace("level: 2", "levl: 2").replace("days: 14", "days: 3")
    found = load_policy(text)
    assert isinstance(found, list)
    assert [(error.line, error.field) for error in found] == [
        (2, "version"), (10, "steps[1].offset_days"), (11, "steps[1].levl"),
    ]  # fmt: skip


def test_a_template_that_is_not_there_gets_a_suggestion() -> None:
    assert errors(GOOD.replace("template: warning", "template: warnin"), templates=("reminder", "warning")) == [
        "p.yaml:12:15  steps[1].template  there is no template 'warnin'; did you mean 'warning'?"
    ]
    assert errors(GOOD, templates=("reminder", "warning")) == []


@pytest.mark.parametrize(("text", "place", "word"), [
    ("", "p.yaml", "empty"),
    ("policy: [", "p.yaml:1", "not YAML"),
    ("policy: a\n\tversion: 1", "p.yaml:2:1", "indent with spaces"),
    ("policy: a\npolicy: b", "p.yaml:2:1", "comes twice, first on line 1"),
    ("policy: !!python/object:os.system x", "p.yaml:1:9", "is not allowed"),
    ("policy: !custom x", "p.yaml:1:9", "is not allowed"),
    ("version: 012", "p.yaml:1:10", "begins with 0"),
    ("version: " + "9" * 5_000, "p.yaml:1:10", "no number that can be read"),
    ("version: 0x" + "f" * 5_000, "p.yaml:1:10", "no number that can be read"),
    ("- a\n- b", "p.yaml:1:1", "expected a mapping"),
    ("a: 1\n---\nb: 2", "p.yaml:2", "another document"),
    ("? [a]\n: b", "p.yaml:1:3", "plain text"),
    ("a: &a [*a]", "p.yaml:1", "aliases"),
    ("[" * 20_000, "p.yaml:1:1", "nested too deeply"),
    ("a: \x00", "p.yaml:1", "not YAML"),
    ("a: \ud800", "p.yaml:1", "not YAML"),
    ("x" * 1_000_001, "p.yaml", "more than 1,000,000"),
])  # fmt: skip
def test_what_is_no_plain_yaml_is_refused(text: str, place: str, word: str) -> None:
    found = errors(text)
    assert found[0].startswith(place), found
    assert word in found[0]


def test_aliases_repeat_but_do_not_multiply() -> None:
    assert errors(GOOD.replace("{ customer: [ap_contact] }", "&a { customer: [ap_contact] }")) == []
    laughs = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n" + "".join(
        f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]\n" for n in range(1, 12)
    )
    (error,) = errors(laughs)
    assert "aliases multiply" in error


@pytest.mark.parametrize("word", ["no", "on", "yes", "off", "y", "1:30", "2026-01-01", "null ", "~x"])
def test_a_word_stays_a_word(word: str) -> None:
    policy = load_policy(GOOD.replace("template: reminder", f"template: {word}"))
    if word.strip() == "null":
        assert isinstance(policy, list)
    else:
        assert isinstance(policy, Policy)
        assert policy.steps[0].template == word


def test_a_number_for_text_is_told_to_wear_quotes() -> None:
    assert errors(GOOD.replace("template: reminder", "template: 12")) == [
        "p.yaml:7:15  steps[0].template  expected text, got 12; put it in quotes"
    ]


def test_a_file_that_cannot_be_read_is_an_error(tmp_path: Path) -> None:
    (missing,) = load_policy(tmp_path / "none.yaml")  # type: ignore[misc]
    assert "cannot be read" in str(missing)
    latin = tmp_path / "latin.yaml"
    latin.write_bytes("description: Größe".encode("latin-1"))
    (wrong,) = load_policy(latin)  # type: ignore[misc]
    assert isinstance(wrong, InputError)
    assert wrong.code == "ENCODING"


@given(st.text(max_size=80))
def test_no_text_breaks_the_loader(text: str) -> None:
    found = load_policy(text)
    assert isinstance(found, list)
    assert all(str(error) for error in found)


@given(st.integers(0, len(GOOD) - 1), st.text(max_size=6))
def test_no_edit_breaks_the_loader(at: int, new: str) -> None:
    found = load_policy(GOOD[:at] + new + GOOD[at + len(new) :])
    assert isinstance(found, Policy) or all(str(error) for error in found)
