from pathlib import Path

import pytest
from samtranslator.yaml_helper import yaml_parse

from infra.translate import translate
from tests.infra.stack import Stack

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="session")
def root() -> Path:
    return ROOT


@pytest.fixture(scope="session")
def stack() -> Stack:
    """The template after the SAM transform."""
    return Stack(translate(ROOT / "template.yaml"))


@pytest.fixture(scope="session")
def sam() -> Stack:
    """The template as it is written."""
    return Stack(yaml_parse((ROOT / "template.yaml").read_text(encoding="utf-8")))
