"""`pastdue pull`: a system is asked from this machine, with a key that stays where it was."""

import json
from pathlib import Path
from typing import Any

import pytest
import yaml
from joserfc.jwk import RSAKey
from typer.testing import CliRunner

from local.cli.main import app
from tests.connect.netsuite_server import CERTIFICATE, CLIENT, NetSuite

RUN = CliRunner()


def said(*arguments: str, code: int = 0) -> dict[str, Any]:
    result = RUN.invoke(app, [*arguments, "--json"])
    assert result.exit_code == code, result.output
    found: dict[str, Any] = json.loads(result.stdout)
    return found


@pytest.fixture
def netsuite() -> Any:
    found = NetSuite(RSAKey.generate_key(2048))
    found.add("currency", id=1, symbol="EUR")
    found.add("customer", id=7, companyname="Firm 7", isperson="F", currency=1, email="ap@c7.example")
    amounts = {"currency": 1, "foreigntotal": "80.00", "foreignamountunpaid": "80.00"}
    days = {"trandate": "2026-02-01", "duedate": "2026-03-02"}
    found.add(
        "transaction", id=70, tranid="INV70", type="CustInvc", status="A", entity=7, voided="F", **amounts, **days
    )
    found.add("transactionline", transaction=70, mainline="T", subsidiary=1)
    yield found
    found.close()


def test_a_system_is_asked_from_this_machine(
    netsuite: NetSuite, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("urllib3.util.retry.Retry.sleep", lambda *_: None)
    source = {"id": "books", "entity": "acme", "kind": "netsuite", "settings": {"url": netsuite.url, "subsidiary": 1}}
    config = tmp_path / "config"
    for folder, content in (
        ("entities", {"id": "acme", "name": "Acme", "sender": "ar@mail.example.com"}),
        ("sources", source),
    ):
        (config / folder).mkdir(parents=True)
        (config / folder / "one.yaml").write_text(yaml.safe_dump(content))
    state = str(tmp_path / "state")
    said("config", "apply", str(config), "--yes", "--state", state)

    assert "name a file" in RUN.invoke(app, ["pull", "books", "--state", state]).output
    assert "no source that is asked" in RUN.invoke(app, ["pull", "other", "--state", state]).output
    key = tmp_path / "key.json"
    secret = {"client_id": CLIENT, "certificate_id": CERTIFICATE}
    key.write_text(json.dumps({**secret, "private_key": netsuite.key.as_pem(private=True).decode()}))
    found = said("pull", "books", "--secret", str(key), "--state", state)
    assert found["outcomes"] == {"source_pulled": 1}
    (file,) = said("inbox", "list", "--state", state)["files"]
    assert (file["source"], file["state"]) == ("books", "taken")
    stored = b"".join(path.read_bytes() for path in Path(state).rglob("*") if path.is_file())
    assert b"PRIVATE KEY" not in stored
