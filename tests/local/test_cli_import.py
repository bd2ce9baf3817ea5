"""`import`: every mistake has its place, one mistake and nothing is stored, and the same file twice changes nothing."""

import json
from pathlib import Path
from typing import Any

import pytest

from functions.shared.store import config
from local.cli.target import target
from tests.local.cli import ENTITY, LEDGER, pastdue, write_config, write_ledger

MAPPING = """\
mapping: ours
dates: YYYY-MM-DD
decimal: "."
customer: { id: Customer, name: Name, email: Mail }
invoice: { number: Number, issued: Issued, due: Due, total: Amount, currency: Currency }
"""
TABLE = """\
Customer,Name,Mail,Number,Issued,Due,Amount,Currency
C9,Finch Co,ap@finch.example,F-1,2026-01-24,2026-02-23,1200.50,EUR
C9,Finch Co,ap@finch.example,F-2,2026-02-24,2026-03-26,80.00,EUR
"""


def test_a_ledger_sets_the_clock_and_is_counted(tmp_path: Path) -> None:
    where = tmp_path / "state"
    pastdue("config", "apply", write_config(tmp_path / "config"), "--yes", "--state", where)
    said = pastdue("import", write_ledger(tmp_path / "l.jsonl"), "--json", "--state", where)
    assert said.code == 0
    assert said.data["stored"] == {
        "accounts": 2, "changed": 2, "opened": 3, "restated": 0, "closed": 1, "reopened": 0,
    }  # fmt: skip
    assert "2026-03-02 00:00 UTC" in pastdue("doctor", "--state", where).out


def test_the_same_file_twice_changes_nothing(live: Path, tmp_path: Path) -> None:
    pastdue("run", "--as-of", "2026-03-02", "--state", live)
    said = pastdue("import", write_ledger(tmp_path / "l.jsonl"), "--json", "--state", live)
    assert said.data["stored"]["changed"] == 0
    assert pastdue("run", "--as-of", "2026-03-03", "--json", "--state", live).data["nights"][0]["sent"] == []


def test_the_rates_of_the_header_become_the_entitys(tmp_path: Path) -> None:
    folder, state = write_config(tmp_path / "config", ENTITY + "currency: EUR\n"), tmp_path / "state"
    assert pastdue("config", "apply", folder, "--yes", "--state", state).code == 0
    rated = {**LEDGER[0], "base_currency": "EUR", "rates": {"EUR": "1", "GBP": "1.15"}}
    ledger = write_ledger(tmp_path / "l.jsonl", [rated, *LEDGER[1:]])
    said = [pastdue("import", ledger, "--state", state).err for _ in range(2)]
    assert ["the rates of acme are those of the file" in err for err in said] == [True, False]
    assert pastdue("config", "apply", folder, "--yes", "--state", state).code == 0  # the folder names none: they stay
    with target(state, looks=True):
        assert config.read().entity("acme").rates == {"GBP": "1.15"}


BAD: list[tuple[Any, str, str]] = [
    ('{"t": "invoice", "id"', "NOT_JSON", ""),
    ({"t": "invoyce", "id": "I9"}, "UNKNOWN_TYPE", "t"),
    ({**LEDGER[2], "id": "I9", "number": "INV-9", "total": 12.5}, "BAD_AMOUNT", "total"),
    ({**LEDGER[2], "id": "I9", "number": "INV-9", "currency": "EURO"}, "BAD_CURRENCY", "currency"),
    ({**LEDGER[2], "id": "I9", "number": "INV-9", "due": "2026-02-30"}, "BAD_DATE", "due"),
    ({key: value for key, value in LEDGER[2].items() if key != "customer"}, "MISSING_FIELD", "customer"),
]


@pytest.mark.parametrize(("line", "code", "field"), BAD)
def test_a_bad_line_is_named_and_nothing_is_stored(
    state: Path, tmp_path: Path, line: Any, code: str, field: str
) -> None:
    file = write_ledger(tmp_path / "bad.jsonl", [*LEDGER, {"t": "customer", "id": "C3", "name": "New"}, line])
    said = pastdue("import", file, "--json", "--state", state)
    assert said.code == 1
    (found,) = said.data["error"]["findings"]
    assert (found["file"], found["line"], found["code"], found["field"] or "") == ("bad.jsonl", 10, code, field)
    assert said.data["error"]["next"].startswith(f"pastdue import {file} --skip-bad")
    assert "bad.jsonl:10" in said.err
    after = pastdue("import", write_ledger(tmp_path / "good.jsonl"), "--json", "--state", state)
    assert after.data["stored"]["changed"] == 0  # the good lines of the bad file were not taken either


def test_bad_lines_may_be_left_out(state: Path, tmp_path: Path) -> None:
    good = {**LEDGER[2], "id": "I8", "number": "INV-8"}
    file = write_ledger(tmp_path / "bad.jsonl", [LEDGER[1], good, {**good, "id": "I9", "total": 1.5}])
    said = pastdue("import", file, "--skip-bad", "--json", "--state", state)
    assert (said.code, said.data["stored"]["opened"]) == (0, 1)
    (rejected,) = Path(said.data["rejects"]).read_text(encoding="utf-8").splitlines()
    assert json.loads(rejected)["line"] == 3


def test_a_table_is_read_through_a_mapping(state: Path, tmp_path: Path) -> None:
    file, mapping = tmp_path / "open.csv", tmp_path / "mapping.yaml"
    file.write_text(TABLE, encoding="utf-8")
    mapping.write_text(MAPPING, encoding="utf-8")
    assert pastdue("import", file, "--state", state).code == 2
    said = pastdue("import", file, "--mapping", mapping, "--json", "--state", state)
    assert (said.code, said.data["stored"]["opened"]) == (0, 2)
    assert "1,200.50" in pastdue("why", "F-1", "--state", state).out
    mapping.write_text(MAPPING.replace("Due,", "Duo,"), encoding="utf-8")
    assert "MISSING_COLUMN" in pastdue("import", file, "--mapping", mapping, "--json", "--state", state).out
    mapping.write_text("mapping: [", encoding="utf-8")
    assert pastdue("import", file, "--mapping", mapping, "--state", state).code == 4


def test_what_to_try_next_is_the_same_call(state: Path, tmp_path: Path) -> None:
    file, mapping = tmp_path / "open.csv", tmp_path / "mapping.yaml"
    file.write_text(TABLE.replace("80.00", "eighty"), encoding="utf-8")
    mapping.write_text(MAPPING, encoding="utf-8")
    said = pastdue("import", file, "--mapping", mapping, "--as-of", "2026-03-01", "--json", "--state", state)
    given = f"--skip-bad --mapping {mapping} --as-of 2026-03-01"
    assert said.data["error"]["next"].startswith(f"pastdue import {file} {given}")
    left_out = pastdue("import", file, *given.split(), "--json", "--state", state)
    assert (left_out.code, left_out.data["stored"]["opened"]) == (0, 1)
    mapping.write_text(MAPPING.replace("Due,", "Duo,"), encoding="utf-8")
    said = pastdue("import", file, "--mapping", mapping, "--json", "--state", state)
    assert "--skip-bad" not in said.data["error"]["next"]  # leaving lines out does not bring a column back


@pytest.mark.parametrize(
    ("name", "content", "problem"),
    [
        ("empty.csv", b"", "0 rows"),
        ("scan.png", b"\x89PNG\r\n\x1a\n\0\0", "a picture (PNG)"),
        ("scan.csv", b"%PDF-1.7\n", "a PDF document"),
        ("notes.md", b"# Notes\n", "not in JSON lines"),
    ],
)
def test_a_file_of_another_kind_is_called_so(
    state: Path, tmp_path: Path, name: str, content: bytes, problem: str
) -> None:
    (tmp_path / name).write_bytes(content)
    said = pastdue("import", tmp_path / name, "--state", state)
    assert (said.code != 0, problem in said.err) == (True, True)


def test_the_next_night_is_one_that_was_not_played(live: Path, tmp_path: Path) -> None:
    pastdue("run", "--as-of", "2026-03-02", "--state", live)
    said = pastdue("import", write_ledger(tmp_path / "l.jsonl"), "--state", live)
    assert "next: pastdue run --as-of 2026-03-03" in said.err


def test_without_configuration_a_ledger_gets_an_entity(tmp_path: Path) -> None:
    said = pastdue("import", write_ledger(tmp_path / "l.jsonl"), "--state", tmp_path / "state")
    assert (said.code, "a new one, main" in said.err) == (0, True)
    assert "main is not live" in pastdue("doctor", "--state", tmp_path / "state").out


def test_what_is_dated_later_is_left_out(tmp_path: Path) -> None:
    where = tmp_path / "state"
    said = pastdue("import", write_ledger(tmp_path / "l.jsonl"), "--as-of", "2026-02-10", "--json", "--state", where)
    assert said.data["dated_later"] == 2  # INV-2, and a payment
    assert (said.data["stored"]["opened"], said.data["stored"]["closed"]) == (3, 0)  # INV-2 comes later, as its payment
    assert "2026-02-10 00:00 UTC" in pastdue("doctor", "--state", where).out


def test_no_file_and_no_such_entity(state: Path, tmp_path: Path) -> None:
    assert pastdue("import", tmp_path / "none.jsonl", "--state", state).code == 1
    assert "is a folder" in pastdue("import", tmp_path, "--state", state).err
    file = write_ledger(tmp_path / "l.jsonl")
    said = pastdue("import", file, "--entity", "acne", "--state", state)
    assert (said.code, "entities: acme" in said.err) == (1, True)


def test_a_mapping_is_proposed_and_nothing_is_stored(tmp_path: Path) -> None:
    table = tmp_path / "t.csv"
    table.write_text(TABLE)
    said = pastdue("import", table, "--propose", "--json", "--state", tmp_path / "none")
    assert said.data["columns"]["invoice.number"] == "Number"
    (tmp_path / "m.yaml").write_text(said.data["mapping"])
    assert not (tmp_path / "none").exists()
    where = tmp_path / "state"
    pastdue("config", "apply", write_config(tmp_path / "config"), "--yes", "--state", where)
    taken = pastdue("import", table, "--mapping", tmp_path / "m.yaml", "--json", "--state", where)
    assert taken.data["stored"]["opened"] == 2
    refused = pastdue("import", write_ledger(tmp_path / "l.jsonl"), "--propose")
    assert (refused.code, "needs no mapping" in refused.err) == (1, True)
