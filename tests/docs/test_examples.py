"""What the pages show is what the program prints; what they quote is what lies in the examples."""

from datetime import date
from pathlib import Path
from typing import Any

import pytest
import yaml
from typer.testing import CliRunner

from core.decide import checks
from core.policy.load import load_policy, shipped
from core.policy.schema import Policy
from local.cli.main import app
from tests.docs.pages import ROOT, first_cells, page

ACME = ROOT / "docs" / "examples" / "acme"
POLICY = ACME / "config" / "policies" / "three-letters.yaml"


def blocks(name: str, language: str) -> list[str]:
    return [block.strip() for block in page(name).blocks(language)]


def test_why_prints_what_the_readme_shows(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The commands of the README, word for word, but in a folder of their own."""
    lines = [words[1:] for words in page("README.md").commands() if words[0].endswith("/pastdue")]
    apart = ("preview",)  # writes a gallery, of which test_preview tells; it adds nothing to the story
    story = [words for words in lines if "--stack" not in words and words[0] not in apart]
    assert story[-1] == ["why", "INV-1042"]
    monkeypatch.setenv("PASTDUE_STATE", str(tmp_path / "state"))
    monkeypatch.setenv("NO_COLOR", "1")
    monkeypatch.chdir(ROOT)
    said = ""
    for words in story:
        result = CliRunner().invoke(app, words)
        assert result.exit_code == 0, (words, result.output)
        said = result.stdout
    printed = "\n".join(line.rstrip() for line in said.strip().splitlines())
    assert printed in blocks("README.md", "")


@pytest.mark.parametrize(
    ("name", "file"),
    [
        ("README.md", POLICY),
        ("docs/how-to/change-a-policy.md", POLICY),
        ("docs/how-to/connect-a-ledger.md", ACME / "config" / "entities" / "acme.yaml"),
        ("docs/how-to/connect-a-ledger.md", ACME / "config" / "people.yaml"),
        ("docs/how-to/connect-a-ledger.md", ACME / "mapping.yaml"),
        ("docs/how-to/connect-a-ledger.md", ACME / "config" / "sources" / "books.yaml"),
    ],
    ids=lambda value: getattr(value, "name", value),
)
def test_a_page_quotes_the_example_as_it_is(name: str, file: Path) -> None:
    quoted: list[Any] = [yaml.safe_load(block) for block in blocks(name, "yaml")]
    assert yaml.safe_load(file.read_text(encoding="utf-8")) in quoted


def test_the_csv_of_the_page_is_the_example() -> None:
    assert (ACME / "invoices.csv").read_text(encoding="utf-8").strip() in blocks("docs/how-to/connect-a-ledger.md", "")


def test_the_policy_of_the_readme_is_short_and_right() -> None:
    assert len(POLICY.read_text(encoding="utf-8").splitlines()) <= 25
    assert isinstance(load_policy(POLICY), Policy)


def test_the_readme_tells_the_days_of_the_policy_that_comes_with_it() -> None:
    policy = load_policy(shipped()["machinery-manufacturer"])
    assert isinstance(policy, Policy)
    cells = first_cells(page("README.md").sections()["What it does in 20 seconds"])
    told = [int(cell.split()[0]) for cell in cells if cell.lstrip("+-")[:1].isdigit()]
    assert told == sorted({step.offset_days for step in policy.steps})


def test_the_rules_of_the_page_are_those_that_are_tried_in_their_order() -> None:
    table = page("docs/how-to/ask-why.md").sections()["The rules, in order"]
    assert first_cells(table)[2:] == [rule.name for rule in checks.RULES]


def test_the_changelog_names_the_version() -> None:
    version = next(
        line.split('"')[1] for line in (ROOT / "pyproject.toml").read_text().splitlines() if line.startswith("version")
    )
    heading = next(line for line in page("CHANGELOG.md").text.splitlines() if line.startswith("## ["))
    assert heading.startswith(f"## [{version}] - ")
    since = heading.rpartition(" - ")[2]
    assert since == "unreleased" or date.fromisoformat(since)
