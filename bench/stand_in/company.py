"""A whole deployment in this process: the functions' workflows over rows, queues and a provider in memory."""

import json
import logging
import os
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final
from unittest.mock import patch

from bench.stand_in.rows import Rows
from bench.stand_in.services import Bucket, Documents, Queues, Smtp
from core.ledger import Entity, Person
from core.policy.schema import Policy
from functions.decide_accounts.workflow import Batch, decide_batch
from functions.plan_run.workflow import plan_all
from functions.send_notices.gate import Gate
from functions.send_notices.workflow import send_notice
from functions.shared import clock, observability, pacing, wiring
from functions.shared.store import config

ENVIRONMENT: Final = {
    "TABLE_NAME": "pastdue",
    "DUE_INDEX": "due",
    "ATTENTION_INDEX": "attention",
    "WORK_INDEX": "work",
    "REF_INDEX": "ref",
    "ACCOUNTS_QUEUE_URL": "accounts",
    "NOTICES_QUEUE_URL": "notices",
    "CONFIGURATION_SET": "pastdue",
    "DEPLOYMENT": "bench",
    "DIVERT_ALL_MAIL_TO": "",
    "ARCHIVE_BUCKET": "archive",
    "DOCUMENTS_FUNCTION": "documents",
    "POWERTOOLS_SERVICE_NAME": "pastdue",
    "POWERTOOLS_METRICS_NAMESPACE": "pastdue",
    "AWS_DEFAULT_REGION": "eu-west-1",
}
_LONG: Final = 15 * 60 * 1000  # milliseconds that a function has left, always
_MAILS: Final = 25  # in one batch, as the template has it


@dataclass(slots=True)
class StandIn:
    """The deployment; one function after the other works, as long as there is something to do."""

    rows: Rows
    queues: Queues
    mail: Smtp

    @property
    def requests(self) -> int:
        """All that was asked of AWS."""
        return self.rows.counted.requests.total() + self.queues.requests + self.mail.requests

    def configure(self, entity: Entity, people: tuple[Person, ...], policies: tuple[Policy, ...]) -> None:
        """Put the configuration of one entity."""
        for policy in policies:
            config.put_policy(policy, was=0)
        for person in people:
            config.put_person(person, was=0)
        config.put_entity(entity, was=0)

    def decide(self, now: datetime) -> None:
        """Plan the night, and decide every account of it."""
        with self.at(now):
            self.plan(now)
            while bodies := self.queues.take("accounts", 1):
                self.decide_batch(Batch.model_validate_json(bodies[0]), now)

    def plan(self, now: datetime) -> None:
        """The hourly tick: the account's quota as it is, then the night of each entity."""
        pacing.refresh(now)
        plan_all(config.read(), now, lambda: _LONG)
        observability.metrics.clear_metrics()

    def decide_batch(self, batch: Batch, now: datetime) -> None:
        """Decide the accounts of one message."""
        decide_batch(batch, now=now)
        observability.metrics.clear_metrics()

    def process(self, now: datetime) -> None:
        """Send what is queued, in batches as the queue hands them over."""
        with self.at(now):
            while bodies := self.queues.take("notices", _MAILS):
                self.send_batch(bodies)

    def send_batch(self, bodies: list[str]) -> None:
        """Send the notices of one invocation."""
        gate = Gate(len(bodies), lambda: _LONG)
        for body in bodies:
            send_notice(str(json.loads(body)["notice_id"]), clock.now(), _LONG, gate)
        gate.close()
        observability.metrics.clear_metrics()

    @contextmanager
    def at(self, now: datetime) -> Iterator[None]:
        """The clock of the night: it shows `now` when the block begins, and goes on as any clock does."""
        began = time.perf_counter()
        with patch.object(clock, "now", lambda: now + timedelta(seconds=time.perf_counter() - began)):
            yield


@contextmanager
def standing_in(port: int | None = None, table: Rows | None = None) -> Iterator[StandIn]:
    """The deployment while the block runs. Args: `port` of the SMTP sink on loopback; `table` one that counts more."""
    said = observability.logger.log_level
    observability.logger.setLevel(logging.CRITICAL)
    services: dict[str, Any] = {"sqs": Queues(), "s3": Bucket(), "sesv2": Smtp(port), "lambda": Documents()}
    pacing.forget()
    with ExitStack() as stack:
        stack.callback(observability.logger.setLevel, said)
        stack.enter_context(patch.dict(os.environ, ENVIRONMENT))
        stack.enter_context(patch.object(wiring, "_build", services.__getitem__))
        rows = stack.enter_context(table or Rows())
        stack.callback(services["sesv2"].close)
        yield StandIn(rows, services["sqs"], services["sesv2"])
