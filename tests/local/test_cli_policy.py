"""`policy check` with what the policy will meet, and `policy schema`."""

import json
from pathlib import Path

import jsonschema
import pytest
from ruamel.yaml import YAML

from core.policy.load import shipped
from tests.local.cli import pastdue

ACME = Path(__file__).parents[2] / "docs" / "examples" / "acme"


@pytest.fixture
def policy(tmp_path: Path) -> Path:
    text = """\
policy: mine
version: 1
minimum: { account: { GBP: 2500 } }
steps:
  - { id: a, offset_days: 7, template: reminder, audience: { customer: [ap_contact], ours: [treasurer] } }
"""
    path = tmp_path / "mine.yaml"
    path.write_text(text, encoding="utf-8")
    return path


def test_alone_nothing_is_wrong(policy: Path) -> None:
    said = pastdue("policy", "check", policy, "--json")
    assert (said.code, said.data["warnings"]) == (0, [])


def test_a_role_that_nobody_has_in_the_folder_is_a_remark(policy: Path) -> None:
    said = pastdue("policy", "check", policy, "--config", ACME / "config", "--json")
    assert (said.code, [found["field"] for found in said.data["warnings"]]) == (0, ["steps[0].audience.ours[0]"])
    assert "warning ROLE" in pastdue("policy", "check", policy, "--config", ACME / "config").err


def test_a_currency_of_the_ledger_without_a_limit_is_refused(policy: Path, tmp_path: Path) -> None:
    ledger = tmp_path / "ledger.jsonl"
    lines = [
        {"t": "customer", "id": "c", "name": "C", "lang": "sv", "email": "c@example.test"},
        {"t": "invoice", "id": "i", "customer": "c", "number": "i", "issued": "2026-01-01", "due": "2026-02-01",
         "currency": "JPY", "total": 100},
    ]  # fmt: skip
    ledger.write_text("\n".join(map(json.dumps, lines)), encoding="utf-8")
    said = pastdue("policy", "check", policy, "--ledger", ledger, "--json")
    assert said.code == 4
    assert [(found["code"], found["line"], found["severity"]) for found in said.data["error"]["findings"]] == [
        ("WORDS", 1, "warning"), ("NO_LIMIT", 3, "error"),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("given", "instead"),
    [
        ((), "else that of the legal entity, else English"),
        (("--config", ACME / "config"), "else en, that of the legal entity"),
    ],
)
def test_a_reader_whose_language_is_not_spoken_is_told_with_what_he_gets(
    policy: Path, tmp_path: Path, given: tuple[str, ...], instead: str
) -> None:
    ledger = tmp_path / "ledger.jsonl"
    lines = [
        {"t": "customer", "id": "c", "name": "C", "lang": "hi", "email": "c@example.test"},
        {
            "t": "contact",
            "customer": "c",
            "id": "k",
            "email": "k@example.test",
            "lang": "sv-SE",
            "roles": ["ap_contact"],
        },
    ]
    ledger.write_text("\n".join(map(json.dumps, lines)), encoding="utf-8")
    said = pastdue("policy", "check", policy, "--ledger", ledger, *given, "--json")
    (one,) = [found for found in said.data["warnings"] if found["code"] == "WORDS"]
    assert one["problem"].startswith("no message has words in sv: who reads it gets the customer's language")
    assert one["problem"].endswith(instead)


def test_a_folder_or_ledger_that_is_not_there_is_said(policy: Path, tmp_path: Path) -> None:
    assert pastdue("policy", "check", policy, "--config", tmp_path / "none").code == 4
    assert pastdue("policy", "check", policy, "--ledger", tmp_path / "none").code == 1


def test_a_ledger_that_is_no_json_lines_is_refused(policy: Path, tmp_path: Path) -> None:
    ledger = tmp_path / "ledger.csv"
    ledger.write_text("number,customer,total\nINV-1,C1,12.00\n", encoding="utf-8")
    said = pastdue("policy", "check", policy, "--ledger", ledger)
    assert (said.code, "takes JSON lines" in said.err) == (2, True)


@pytest.mark.parametrize("command", ["check", "explain"])
def test_the_shipped_policy_that_was_meant_is_named(command: str) -> None:
    said = pastdue("policy", command, "wholsale")
    assert (said.code, "did you mean 'wholesale'?" in said.err) == (1, True)


def test_the_schema_is_one_that_editors_can_use() -> None:
    schema = json.loads(pastdue("policy", "schema").out)
    for path in shipped().values():
        jsonschema.validate(YAML(typ="safe", pure=True).load(path.read_text(encoding="utf-8")), schema)
    assert schema["title"] == "A pastdue policy"
