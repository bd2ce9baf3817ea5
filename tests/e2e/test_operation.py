"""A person's commands on the deployed stack, in a process of their own that knows only its name."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.kept import differences
from tests.e2e.night import Deployed, Night

pytestmark = pytest.mark.e2e

_PASTDUE = Path(sys.executable).with_name("pastdue")


# What the template asks for and the emulator does not keep.
_GAPS = {("table", "it cannot be restored to an earlier moment"), ("table", "old records stay for ever")}


def _pastdue(deployed: Deployed, *words: str, ends_with: int = 0) -> Any:
    """What the command says as JSON; the fixture's environment leads it to the emulator."""
    command = [str(_PASTDUE), *words, "--json", "--stack", deployed.stack.stack]
    done = subprocess.run(
        command, cwd=deployed.cloud.folder, env=dict(os.environ), timeout=120, capture_output=True, text=True,
        check=False,
    )  # fmt: skip
    assert done.returncode == ends_with, f"{words}: {done.stdout}{done.stderr}"
    return json.loads(done.stdout)


def test_doctor_finds_nothing_wrong(deployed: Deployed, found: Night) -> None:
    findings = _pastdue(deployed, "doctor", "--no-dns", ends_with=1)["findings"]
    unwell = {(finding["area"], finding["found"]) for finding in findings if finding["health"] != "ok"}
    assert unwell - _GAPS == {("data", "1 x find-address")}  # that of the customer whom nobody can write to


def test_tasks_are_those_of_the_night(deployed: Deployed, found: Night) -> None:
    tasks = {row["id"] for (pk, _), row in found.kept.items() if pk.startswith("TASK#") and row["state"] == "OPEN"}
    assert {task["id"] for task in _pastdue(deployed, "tasks")["tasks"]} == tasks


def test_why_tells_what_the_night_decided(deployed: Deployed, found: Night) -> None:
    (told,) = _pastdue(deployed, "why", "INV-PART-0", "--on", deployed.company.today.isoformat())["invoices"]
    assert (told["customer"], told["item"]) == ("part", "part-0")
    assert "c reached" in json.dumps(told)


def test_the_same_ledger_again_and_a_run_by_hand_change_nothing(deployed: Deployed, found: Night) -> None:
    stored = _pastdue(deployed, "import", str(deployed.cloud.folder / "ledger.jsonl"))["stored"]
    assert stored["accounts"] > 60
    assert stored["changed"] == 0
    assert _pastdue(deployed, "run")["result"] == {"run_done_before": 1}
    assert deployed.is_quiet()
    assert differences(deployed.night().kept, found.kept) == {}
    assert len(deployed.ses.outbox) == len(found.mails)
