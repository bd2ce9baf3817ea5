"""Policies that a ledger names for its customers and invoices."""

import json
from dataclasses import replace
from pathlib import Path

from core.formats.ledger_import import examine, jsonl_ledger
from tests.core.ledgers import rec


def test_a_policy_that_does_not_exist_is_refused(tmp_path: Path) -> None:
    """By one that is misspelt nobody was reminded, or by another than was meant."""
    of_entity = {"t": "entity", "id": "main", "name": "Main", "policy": "firm"}
    told = [
        of_entity,
        {**rec("customer"), "policy": "soft"},
        {**rec("invoice"), "policy": "none"},
        {**rec("invoice"), "id": "I0", "policy": ""},
        {**rec("invoice"), "id": "I2", "policy": "Firm"},
    ]
    path = tmp_path / "ledger.jsonl"
    path.write_text("".join(json.dumps(line) + "\n" for line in told))
    (wrong,) = examine(replace(jsonl_ledger(path, "main"), policies=frozenset({"soft"}))).errors
    assert (wrong.line, wrong.code, wrong.field, wrong.found) == (5, "UNKNOWN_REF", "policy", "Firm")
    assert (wrong.allowed, wrong.hint) == ("none, firm, soft", "did you mean 'firm'?")
    strict = replace(jsonl_ledger(path, "main", only=True), policies=frozenset({"soft"}))
    assert [each.allowed for each in examine(strict).errors] == ["none, soft"]
    assert not examine(jsonl_ledger(path, "main")).errors
