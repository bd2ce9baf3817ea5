"""One engine a module, emptied before every test; a NetSuite on loopback."""

from collections.abc import Iterator

import pytest
from joserfc.jwk import RSAKey

from local.engine import Engine
from tests.connect.netsuite_server import NetSuite
from tests.inbox.conftest import engine, opened

__all__ = ["engine", "opened"]


@pytest.fixture(scope="module")
def key() -> RSAKey:
    return RSAKey.generate_key(3072)


@pytest.fixture(autouse=True)
def no_rest(monkeypatch: pytest.MonkeyPatch) -> None:
    """Requests are repeated at once."""
    monkeypatch.setattr("urllib3.util.retry.Retry.sleep", lambda *_: None)


@pytest.fixture
def netsuite(engine: Engine, key: RSAKey) -> Iterator[NetSuite]:
    found = NetSuite(key)
    yield found
    found.close()
