"""`run show|approve|reject`, `tasks approve|refuse`, `switch`, and how an old ledger goes live."""

import os
import subprocess
import sys
from datetime import date
from pathlib import Path

from functions.shared.store import accounts, config, tasks
from local.cli.target import target
from tests.local.cli import ENTITY, pastdue, write_config

POLICY = """\
policy: careful
version: 1
runs: reviewed
send_days: all
steps:
  - { id: b, offset_days: 7, level: 1, template: reminder, audience: { customer: [ap_contact] } }
"""


def test_a_reviewed_run_is_shown_approved_and_goes(live: Path, tmp_path: Path) -> None:
    folder = write_config(tmp_path / "config", ENTITY + "policy: careful\n")
    (folder / "policies").mkdir()
    (folder / "policies" / "careful.yaml").write_text(POLICY)
    assert pastdue("config", "apply", folder, "--yes", "--state", live).code == 0
    night = "2026-03-02"
    told = pastdue("run", "--as-of", night, "--json", "--state", live).data["nights"][0]["sent"]
    assert [mail["to"] for mail in told] == [["ann@acme.example"]]  # that it waits
    shown = pastdue("run", "show", "acme", night, "--json", "--state", live).data
    assert (shown["brake"], shown["clearance"]) == ("a person reviews every run", None)
    assert {one["customer"] for one in shown["waiting"]} == {"C1"}
    (waits,) = shown["waiting"]
    assert (waits["name"], waits["template"], waits["invoices"]) == ("Cole & Sons", "reminder", ["INV-1"])
    read = pastdue("run", "show", "acme", night, "--state", live).out
    assert "Cole & Sons (C1)" in read
    assert "€1,200.00" in read
    refused = pastdue("run", "approve", "acme", night, "--by", "nobody", "--state", live)
    assert (refused.code, "no person 'nobody'" in refused.err) == (1, True)
    assert "no run of acme" in pastdue("run", "approve", "acme", "2026-01-01", "--by", "ann", "--state", live).err
    assert pastdue("run", "approve", "acme", night, "--by", "ann", "--state", live).code == 0
    assert "approve-run" not in pastdue("tasks", "--state", live).out
    (day,) = pastdue("run", "--as-of", night, "--json", "--state", live).data["nights"]  # the date goes on
    assert [mail["to"] for mail in day["sent"]] == [["ap@cole.example"]]
    again = pastdue("run", "show", "acme", night, "--json", "--state", live).data
    assert (again["clearance"], again["cleared_by"]) == ("person", "ann")
    late = pastdue("run", "reject", "acme", night, "--by", "ann", "--state", live)
    assert (late.code, late.out) == (0, f"no message of {night} waits for a person\n")


def test_a_rejected_run_says_so(live: Path, tmp_path: Path) -> None:
    folder = write_config(tmp_path / "config", ENTITY + "policy: careful\n")
    (folder / "policies").mkdir()
    (folder / "policies" / "careful.yaml").write_text(POLICY)
    assert pastdue("config", "apply", folder, "--yes", "--state", live).code == 0
    assert pastdue("run", "--as-of", "2026-03-02", "--json", "--state", live).code == 0
    said = pastdue("run", "reject", "acme", "2026-03-02", "--by", "ann", "--state", live)
    assert (said.out, "{" in said.err) == ("the messages of 2026-03-02 do not go\n", False)
    assert "rejected by ann" in pastdue("run", "show", "acme", "2026-03-02", "--state", live).out


def test_the_switch_says_what_is_stopped(live: Path) -> None:
    off = pastdue("switch", "off", "--entity", "acme", "--json", "--state", live).data
    assert (off["paused"], off["sends"]) == (False, {"acme": False})
    assert pastdue("run", "--as-of", "2026-03-02", "--json", "--state", live).data["nights"][0]["sent"] == []
    assert pastdue("switch", "off", "--json", "--state", live).data["paused"]
    assert pastdue("switch", "on", "--json", "--state", live).data["sends"] == {"acme": False}
    assert "acme: stopped" in pastdue("switch", "show", "--state", live).out
    assert pastdue("switch", "on", "--entity", "acme", "--json", "--state", live).data["sends"] == {"acme": True}
    for call in (("switch", "off", "--entity", "acne"), ("switch", "show", "--entity", "acne"),
                 ("run", "show", "acne", "2026-03-02")):  # fmt: skip
        assert "no entity 'acne'" in pastdue(*call, "--state", live).err


def test_a_stop_is_kept_when_nobody_reads_what_is_said(live: Path) -> None:
    reader, writer = os.pipe()
    os.close(reader)
    program = [sys.executable, "-m", "local.cli.main", "switch", "off", "--state", live]
    assert subprocess.run(program, stdout=writer, stderr=writer, check=False).returncode == 0
    os.close(writer)
    assert pastdue("switch", "show", "--json", "--state", live).data["paused"]


def test_a_task_that_proposes_nothing_cannot_be_approved(live: Path) -> None:
    assert "there is no task T9" in pastdue("tasks", "approve", "T9", "--by", "ann", "--state", live).err
    assert "no person 'nobody'" in pastdue("tasks", "refuse", "T9", "--by", "nobody", "--state", live).err
    assert "there is no task T9" in pastdue("tasks", "letter", "T9", "--state", live).err


def test_what_asks_for_an_answer_is_not_done_without_one(state: Path) -> None:
    """The customer would hear nothing more, or a run would wait, and no list would show it."""
    answers = {"delivery-doubt": "pastdue doubts", "approve": "approve approve --by PERSON", "approve-run": "run show"}
    on = date(2026, 3, 2)
    with target(state, None):
        for kind in answers:
            asked = tasks.Task(
                id=kind, entity="acme", customer="C1", kind=kind, owner_role="accounting", due_on=on, created_on=on
            )
            assert tasks.put(asked)
    for kind, answer in answers.items():
        said = pastdue("tasks", "done", kind, "--state", state)
        assert (said.code, f"{kind}) asks for an answer" in said.err, answer in said.err) == (1, True, True)
    listed = pastdue("tasks", "--json", "--state", state).data["tasks"]
    assert {task["id"] for task in listed} == answers.keys()


def test_an_old_ledger_goes_live_with_a_statement_first(state: Path) -> None:
    said = pastdue("go-live", "acme", "--yes", "--json", "--state", state)
    assert said.data == {**said.data, "live": True, "statements": 2, "last_statement_on": "2026-03-02"}
    with target(state, None, looks=True):
        record = accounts.read("acme", "C2")
        assert record is not None
        assert record.facts.state.baseline is not None
        entity = config.read().entity("acme")
        assert str(entity.ledger_as_of) == "2026-03-02"  # the header of the ledger says so
    sent = pastdue("run", "--as-of", "2026-03-02", "--json", "--state", state).data["nights"][0]["sent"]
    assert {"statement" in mail["subject"] for mail in sent} == {
        True,
        False,
    }  # C2 heard of its debt from an older system


def test_a_run_within_its_limits_plays_the_whole_day(live: Path, tmp_path: Path) -> None:
    folder = write_config(tmp_path / "config", ENTITY + "policy: careful\n")
    (folder / "policies").mkdir()
    limited = POLICY.replace("runs: reviewed", "brakes: { most_messages: 5 }")
    (folder / "policies" / "careful.yaml").write_text(limited)
    assert pastdue("config", "apply", folder, "--yes", "--state", live).code == 0
    (day,) = pastdue("run", "--as-of", "2026-03-02", "--json", "--state", live).data["nights"]
    assert [mail["to"] for mail in day["sent"]] == [["ap@cole.example"]]
    shown = pastdue("run", "show", "acme", "2026-03-02", "--json", "--state", live).data
    assert (shown["brake"], shown["clearance"], shown["waiting"]) == ("", "limits", [])
