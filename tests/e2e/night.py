"""What one night brought: on the local engine, and to the stack that was deployed."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import boto3
import pytest

from functions.shared.store import runs
from functions.shared.store.runs import RunState
from local.cli.target import Target, target
from local.engine import Engine, Mail
from tests.e2e.cloud import Cloud, fire, forget_clients, function_logs, stage, stage_parameters, wait_for
from tests.e2e.company import ENTITY, Company
from tests.e2e.kept import Kept, kept, scan
from tests.e2e.ses_server import SesServer

_NIGHT_SECONDS = 240


@dataclass(frozen=True, slots=True)
class Night:
    """Mails as SES took them, and the table."""

    mails: list[Mail]
    kept: Kept

    @property
    def states(self) -> dict[str, str]:
        """Notice -> its state."""
        return {pk.partition("#")[2]: row["state"] for (pk, _), row in self.kept.items() if pk.startswith("NOTICE#")}


@dataclass(frozen=True, slots=True)
class Deployed:
    """The stack on the second emulator, with the mail that left it."""

    cloud: Cloud
    stack: Target
    ses: SesServer
    company: Company

    def client(self, service: str) -> Any:
        return boto3.client(service)  # type: ignore[call-overload]  # any service, by name

    def fire(self, which: str) -> None:
        """Let one of the stack's schedules fire within seconds."""
        fire(self.client("scheduler"), f"{self.stack.stack}-{which}")

    def night(self) -> Night:
        """What there is by now."""
        return Night(self.ses.outbox, kept(scan(self.client("dynamodb"), self.stack.outputs["TableName"])))

    def queued(self) -> dict[str, int]:
        """The messages, in flight or not, of the queues that feed functions."""
        counts = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]
        queues = {key: url for key, url in self.stack.outputs.items() if key.endswith("QueueUrl")}
        answers = {
            key: self.client("sqs").get_queue_attributes(QueueUrl=url, AttributeNames=counts)["Attributes"]
            for key, url in queues.items()
        }
        return {key: sum(int(answer[count]) for count in counts) for key, answer in answers.items()}

    def invocations(self, function: str) -> int:
        """How often a function has run to its end."""
        group = f"/aws/lambda/{self.stack.stack}/{function}"
        pages = self.client("logs").get_paginator("filter_log_events").paginate(logGroupName=group)
        return sum(event["message"].startswith("REPORT ") for page in pages for event in page["events"])

    def is_quiet(self) -> bool:
        """Whether no message and no mail event is on its way."""
        return self.ses.idle and not any(self.queued().values())

    def run_is_complete(self) -> bool:
        run = runs.read(ENTITY, self.company.today)
        return run is not None and run.state is RunState.COMPLETE


def night_of_the_engine(company: Company, folder: Path) -> Night:
    """The night on the local engine: an hour of virtual time, so that its own schedules fire."""
    forget_clients()
    name = stage()["stack_name"]
    with Engine(start=company.now, stack_name=name, parameters=stage_parameters()) as engine:
        company.settle_in(folder, name)
        pumped = engine.run_until(company.now + timedelta(hours=1))
        assert not pumped.errors, pumped.errors
        return Night(list(engine.outbox), kept(scan(engine.client("dynamodb"), engine.stack.table_name)))


@contextmanager
def settled(cloud: Cloud, ses: SesServer, company: Company) -> Iterator[Deployed]:
    """The company on a freshly deployed stack, before its night."""
    cloud.deploy()
    name = stage()["stack_name"]
    with cloud.entered(), target(stack=name) as stack:
        deployed = Deployed(cloud, stack, ses, company)
        ses.account.read_from(deployed.client("sesv2"))
        events = deployed.client("events")

        def publish(entries: list[dict[str, Any]]) -> None:
            answer = events.put_events(Entries=entries)
            assert not answer["FailedEntryCount"], answer

        ses.publish = publish
        _let_the_hour_pass()
        company.settle_in(cloud.folder, name)
        yield deployed


def _let_the_hour_pass() -> None:
    """The real hour may strike too: not while the company settles in, or its night is over before it is live."""
    wait_for(lambda: datetime.now(UTC).strftime("%M:%S") < "59:30", 60)


def wait_for_morning(deployed: Deployed, expected: Night) -> None:
    """Until the run is complete, nothing is on its way, and every notice stands where it should; else say what not."""

    def morning() -> bool:
        return deployed.run_is_complete() and deployed.is_quiet() and deployed.night().states == expected.states

    if wait_for(morning, _NIGHT_SECONDS):
        return
    found, wanted = deployed.night().states, expected.states
    differ = {key: (found.get(key), wanted.get(key)) for key in found | wanted if found.get(key) != wanted.get(key)}
    pytest.fail(
        f"no morning after {_NIGHT_SECONDS} s; run complete: {deployed.run_is_complete()}\n"
        f"notices (found, expected): {differ}\nqueues: {deployed.queued()}\nSES: {deployed.ses.failures}\n"
        f"{function_logs(deployed.client('logs'))[-6000:]}\n{deployed.cloud.log[-3000:]}"
    )
