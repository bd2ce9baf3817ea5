"""A state folder of the command line, made once and copied for each test."""

import shutil
from pathlib import Path

import pytest

from tests.local.cli import pastdue, write_config, write_ledger


@pytest.fixture(scope="session")
def made_state(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A state folder with the configuration and the ledger above; nothing is live."""
    folder = tmp_path_factory.mktemp("made")
    state = folder / "state"
    assert pastdue("config", "apply", write_config(folder / "config"), "--yes", "--state", state).code == 0
    assert pastdue("import", write_ledger(folder / "ledger.jsonl"), "--state", state).code == 0
    return state


@pytest.fixture
def state(made_state: Path, tmp_path: Path) -> Path:
    """A copy of it, for one test."""
    return Path(shutil.copytree(made_state, tmp_path / "state"))


@pytest.fixture(scope="session")
def made_live(made_state: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The same, gone live."""
    state = Path(shutil.copytree(made_state, tmp_path_factory.mktemp("made-live") / "state"))
    assert pastdue("go-live", "acme", "--yes", "--at-once", "--state", state).code == 0
    return state


@pytest.fixture
def live(made_live: Path, tmp_path: Path) -> Path:
    """A copy of that, for one test."""
    return Path(shutil.copytree(made_live, tmp_path / "state"))
