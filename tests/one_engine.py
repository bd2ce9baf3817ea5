"""One engine a module, emptied before every test: fixtures for the folders whose tests have it."""

from collections.abc import Iterator

import pytest

from local.engine import Engine
from tests.replay.night import as_operator
from tests.scenarios.company import NIGHT, at


@pytest.fixture(scope="module")
def opened() -> Iterator[Engine]:
    with Engine(start=at(NIGHT, 5, 30)) as engine, as_operator(engine):
        yield engine


@pytest.fixture
def engine(opened: Engine) -> Engine:
    opened.reset(now=at(NIGHT, 5, 30))
    return opened
