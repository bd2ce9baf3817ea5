"""Every command on a deployed stack: found by its outputs, with nothing but boto3's own session to reach it.

The stack is the engine's, in this process: the command line is told its name only. Lambda's Invoke, for which moto
wants Docker, runs the engine's handler.
"""

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from moto.awslambda.models import LambdaFunction

from local.engine import Engine
from tests.local.cli import pastdue, write_config, write_ledger

NAME = "pastdue-test"
STACK = ("--stack", NAME)


@pytest.fixture
def engine(monkeypatch: pytest.MonkeyPatch) -> Iterator[Engine]:
    monkeypatch.delenv("PASTDUE_STATE", raising=False)
    with Engine(
        start=datetime(2026, 3, 2, 7, tzinfo=UTC),
        parameters={"Stage": "prod", "SenderDomain": "mail.acme.example"},
        stack_name=NAME,
    ) as engine:

        def invoke(function: Any, body: str, _request: Any, _response: Any) -> bytes:
            result = engine.invoke(engine.stack.function_id(function.function_name), json.loads(body))
            return json.dumps(result).encode()

        monkeypatch.setattr(LambdaFunction, "invoke", invoke)
        yield engine


@pytest.fixture
def deployed(engine: Engine, tmp_path: Path) -> Engine:
    """Configured, with a ledger, and live: all of it through the command line."""
    for command in (
        ("config", "apply", write_config(tmp_path / "config"), "--yes"),
        ("import", write_ledger(tmp_path / "ledger.jsonl")),
        ("go-live", "acme", "--at-once", "--yes"),
    ):
        said = pastdue(*command, *STACK)
        assert said.code == 0, said.err
    return engine


def test_a_night_on_a_deployed_stack(deployed: Engine) -> None:
    said = pastdue("run", "--json", *STACK)
    assert (said.code, said.data["stack"]) == (0, NAME)
    deployed.run_until(datetime(2026, 3, 2, 23, tzinfo=UTC))
    assert sorted(mail.to[0] for mail in deployed.outbox) == ["ann@acme.example", "ap@cole.example"]
    again = pastdue("run", "--json", *STACK)
    assert again.code == 0
    deployed.pump()
    assert len(deployed.outbox) == 2


def test_what_is_asked_of_a_deployed_stack(deployed: Engine) -> None:
    deployed.run_until(datetime(2026, 3, 3, 5, tzinfo=UTC))
    (task,) = pastdue("tasks", "--json", *STACK).data["tasks"]
    assert task["kind"] == "phone-call"
    (invoice,) = pastdue("why", "INV-1", "--json", *STACK).data["invoices"]
    assert "last step b, level 1, 1 message so far" in invoice["facts"]
    accounts = {line["customer"]: line for line in pastdue("outbox", "--json", *STACK).data["accounts"]}
    assert accounts["C1"]["last_accepted_on"] == "2026-03-02"
    doctor = pastdue("doctor", "--no-dns", "--json", *STACK)
    found = {(finding["area"], finding["found"]) for finding in doctor.data["findings"]}
    assert ("stack", f"{NAME}: CREATE_COMPLETE") in found
    assert ("configuration", "acme is live, policy machinery-manufacturer") in found
    assert ("runs", "acme: 2026-03-02 complete, 2 decided") in found


def test_what_is_to_come_on_a_deployed_stack_is_rehearsed_planned_and_sent(deployed: Engine, tmp_path: Path) -> None:
    told = pastdue("simulate", "--days", "1", "--json", *STACK).data
    assert [(one["customer"], one["what"]) for one in told["coming"]] == [("C1", "message"), ("C2", "task")]
    assert pastdue("policy", "diff", "machinery-manufacturer", "headline-31-61-91", "--json", *STACK).data["differ"]
    file = tmp_path / "plan.json"
    for words in (("plan", "--out", file), ("plan", "approve", file, "--by", "ann"), ("plan", "send", file)):
        said = pastdue(*words, *STACK)
        assert said.code == 0, said.err
    deployed.run_until(datetime(2026, 3, 2, 23, tzinfo=UTC))
    assert [mail.to[0] for mail in deployed.outbox].count("ap@cole.example") == 1
    assert pastdue("plan", "send", file, "--json", *STACK).data["counts"] == {"sent_before": 2}


def test_doctor_sees_letters_that_were_given_up(deployed: Engine) -> None:
    url = deployed.stack.queues["NoticesDeadLetters"].physical_resource_id
    deployed.client("sqs").send_message(QueueUrl=url, MessageBody="{}")
    said = pastdue("doctor", "--no-dns", "--json", *STACK)
    ill = {finding["area"]: finding["found"] for finding in said.data["findings"] if finding["health"] == "fail"}
    assert said.code == 1
    assert ill["queues"] == "NoticesDeadLetters: 1 given up"
    assert "mail.acme.example is not verified; DNS needs name1." in ill["mail"]  # moto verifies nothing by itself


def test_a_sender_outside_the_stacks_domain_is_refused(engine: Engine, tmp_path: Path) -> None:
    folder = write_config(tmp_path / "config")
    file = folder / "entities" / "acme.yaml"
    file.write_text(file.read_text().replace("mail.acme.example", "mail.bolt.example"))
    said = pastdue("config", "apply", folder, "--yes", *STACK)
    assert (said.code, "may send from mail.acme.example only" in said.err) == (4, True)


def test_a_deployed_stack_keeps_its_own_clock(engine: Engine) -> None:
    assert pastdue("run", "--as-of", "2026-03-02", *STACK).code == 2


def test_no_such_stack_and_one_that_is_not_ours(engine: Engine) -> None:
    said = pastdue("tasks", "--stack", "nobody", "--json")
    assert said.code == 1
    assert "nobody" in said.data["error"]["problem"]
    template = {"Resources": {"Q": {"Type": "AWS::SQS::Queue"}}}
    engine.client("cloudformation").create_stack(StackName="other", TemplateBody=json.dumps(template))
    said = pastdue("tasks", "--stack", "other")
    assert (said.code, "no table and no functions" in said.err) == (1, True)


def test_without_a_region_there_is_advice(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("AWS_REGION", "AWS_DEFAULT_REGION"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_CONFIG_FILE", "/dev/null")
    said = pastdue("doctor", "--no-dns", "--stack", NAME)
    assert (said.code, "AWS_REGION=" in said.err) == (1, True)
