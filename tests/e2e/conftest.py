"""One night twice: on the local engine, and by the deployed product on the second emulator."""

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from tests.e2e import cloud, ses_server
from tests.e2e.company import Company
from tests.e2e.night import Deployed, Night, night_of_the_engine, settled, wait_for_morning


@pytest.fixture(scope="session")
def company() -> Company:
    return Company(datetime.now(UTC).replace(microsecond=0), cloud.stage_parameters()["SenderDomain"])


@pytest.fixture(scope="session")
def expected(company: Company, tmp_path_factory: pytest.TempPathFactory) -> Night:
    return night_of_the_engine(company, tmp_path_factory.mktemp("engine"))


@pytest.fixture(scope="session")
def deployed(expected: Night, company: Company) -> Iterator[Deployed]:
    """The stack in the morning. The engine's night comes first: it holds the clock of the whole process."""
    with (
        TemporaryDirectory(prefix="pastdue-e2e-", ignore_cleanup_errors=True) as folder,  # half a gigabyte of functions
        ses_server.serving() as ses,
        cloud.running(Path(folder), ses.url) as emulator,
        settled(emulator, ses, company) as stack,
    ):
        stack.fire("tick")
        wait_for_morning(stack, expected)
        yield stack


@pytest.fixture(scope="session")
def found(deployed: Deployed) -> Night:
    """What its night brought, before any test goes on with the stack."""
    return deployed.night()
