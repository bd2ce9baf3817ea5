"""`policy diff`: counts first, then who is treated differently and why; against the ledger as it stands."""

import shutil
from pathlib import Path
from typing import Any

import pytest

from core.policy.load import shipped
from tests.local.cli import pastdue

SHIPPED = "machinery-manufacturer"


@pytest.fixture(scope="module")
def company(made_state: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A state that no test changes; nothing is live."""
    return Path(shutil.copytree(made_state, tmp_path_factory.mktemp("company") / "state"))


@pytest.fixture
def later(tmp_path: Path) -> Path:
    """The shipped policy, its second message four days later."""
    text = shipped()[SHIPPED].read_text(encoding="utf-8")
    assert text.count("offset_days: 7\n") == 1
    path = tmp_path / "later.yaml"
    path.write_text(text.replace("offset_days: 7\n", "offset_days: 11\n").replace("version: 1", "version: 2"))
    return path


def compared(state: Path, *arguments: str | Path) -> Any:
    said = pastdue("policy", "diff", *arguments, "--json", "--state", state)
    assert said.code == 0, said.err
    return said.data


def test_who_is_treated_differently_and_why(company: Path, later: Path) -> None:
    data = compared(company, SHIPPED, later)
    assert (data["old"]["version"], data["new"]["version"]) == (1, 2)
    assert (data["accounts"], data["differ"], data["differ_in_the_next_night"]) == (2, 1, 1)
    (cole,) = data["differences"]
    assert (cole["customer"], cole["name"], cole["in_the_next_night"]) == ("C1", "Cole & Sons", True)
    changes = [
        (one["change"], one["old"] and one["old"]["on"], one["new"] and one["new"]["on"]) for one in cole["differences"]
    ]
    assert changes[0] == ("moved", "2026-03-02", "2026-03-06")
    assert cole["differences"][0]["because"] == "Nothing to send: the next step lies ahead, on 2026-03-06"
    assert sum(data["changes"].values()) == len(cole["differences"])


def test_people_read_counts_first(company: Path, later: Path) -> None:
    said = pastdue("policy", "diff", SHIPPED, later, "--days", "10", "--state", company)
    assert said.code == 0
    first, *rest = said.out.splitlines()
    assert first == "2026-03-02 to 2026-03-11: of 2 accounts 1 is treated differently, 1 in the next night"
    assert any("Cole & Sons" in line and "2026-03-06: friendly" in line for line in rest)


def test_a_policy_differs_from_itself_for_nobody(company: Path) -> None:
    data = compared(company, f"{SHIPPED}@1", SHIPPED)
    assert (data["differ"], data["differences"], data["changes"]) == (0, [], {})


def test_a_step_under_another_id_is_named_with_what_that_means(company: Path, tmp_path: Path) -> None:
    path, text = tmp_path / "renamed.yaml", shipped()[SHIPPED].read_text(encoding="utf-8")
    path.write_text(text.replace("- id: b\n", "- id: b2\n").replace("version: 1", "version: 2"))
    said = pastdue("policy", "diff", SHIPPED, path, "--days", "1", "--json", "--state", company)
    (line,) = said.data["renamed"]
    assert line == (
        "steps[1].id: step 'b' is called 'b2' now: who got it stands at its level, and does not get it again; "
        "keep its id where that is not meant"
    )
    assert f"{SHIPPED} version 2, {line}" in said.err


def test_a_policy_that_decides_nobody_is_compared_for_everybody(company: Path, later: Path) -> None:
    said = pastdue("policy", "diff", "headline-31-61-91", SHIPPED, "--json", "--state", company)
    assert (said.code, said.data["accounts"]) == (0, 2)
    assert "no account is decided by headline-31-61-91" in said.err


@pytest.mark.parametrize(
    ("name", "problem"),
    [
        ("nobody", "nobody is neither a file nor a shipped policy"),
        (f"{SHIPPED}@9", f"{SHIPPED} has no version 9; versions: 1"),
    ],
)
def test_a_policy_that_is_not_there(company: Path, name: str, problem: str) -> None:
    said = pastdue("policy", "diff", SHIPPED, name, "--state", company)
    assert (said.code, said.out) == (1, "")
    assert problem in said.err


def test_a_policy_with_a_mistake_is_refused_with_its_place(company: Path, tmp_path: Path) -> None:
    path = tmp_path / "broken.yaml"
    path.write_text("policy: broken\nversion: one\n")
    said = pastdue("policy", "diff", SHIPPED, path, "--state", company)
    assert said.code == 4
    assert "broken.yaml:2" in said.err
