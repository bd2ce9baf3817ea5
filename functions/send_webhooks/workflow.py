"""Send one event to one endpoint: claim, sign, send once, write down what came of it."""

import json
import zlib
from datetime import datetime, timedelta
from enum import StrEnum
from http import HTTPStatus
from typing import Final

from core.calendar import local_date
from core.keys import task_id
from functions.send_webhooks.wire import Reply, post
from functions.shared.asking import OWNER
from functions.shared.observability import LogEvent, log
from functions.shared.settings import Settings
from functions.shared.store import config, deliveries, hooks, tasks
from functions.shared.store.deliveries import Delivery
from functions.shared.store.hooks import Endpoint
from functions.shared.store.tasks import Task
from functions.shared.webhook_signature import headers

# Minutes after each attempt that failed; the last one is followed by nothing. Three days in all.
RETRY_MINUTES: Final = (10, 30, 120, 300, 600, 840, 1_200, 1_440)
FAILING_FOR: Final = timedelta(days=5)  # then the endpoint is off
KIND: Final = "webhook-failing"


class Outcome(StrEnum):
    """What came of one message; also the name of its counter."""

    SENT = "webhooks_sent"
    FAILED = "webhooks_failed"
    GIVEN_UP = "webhooks_given_up"
    NOT_DUE = "webhooks_not_due"  # another worker has it, it has arrived, or there is none


def send(entity: str, endpoint_id: str, event: str, now: datetime) -> Outcome:
    """One attempt, where one is due. Sent and not written down it is sent again: receivers know it by its id."""
    found = deliveries.read(entity, endpoint_id, event)
    delivery = deliveries.claim(found, now) if found else None
    if delivery is None:
        return Outcome.NOT_DUE
    endpoint = hooks.read(entity, endpoint_id)
    if endpoint is None or endpoint.state == "off":
        deliveries.give_up(delivery, "endpoint is off")
        return Outcome.GIVEN_UP
    reply = attempt(endpoint, delivery, now)
    if reply.taken:
        deliveries.delivered(delivery, reply.said)
        if endpoint.failing_since is not None:
            hooks.change(endpoint, endpoint.model_copy(update={"failing_since": None}))
        log(LogEvent.WEBHOOK_SENT, entity=entity, endpoint=endpoint_id, webhook=event, type=delivery.type)
        return Outcome.SENT
    return _failed(endpoint, delivery, reply, now)


def attempt(endpoint: Endpoint, delivery: Delivery, now: datetime) -> Reply:
    """Sign and send, and nothing else. A system that feeds us its ledger is told by its own interface."""
    system = hooks.system_of(endpoint.url)
    if system is not None:
        from functions.send_webhooks import systems  # its libraries are loaded where there is such a system

        return systems.tell(system, delivery)
    body = json.dumps(delivery.body, separators=(",", ":")).encode()
    said = {"content-type": "application/json", "user-agent": "pastdue-webhooks/1"}
    return post(endpoint.url, {**said, **headers(endpoint, delivery.event, body, now)}, body)


def _failed(endpoint: Endpoint, delivery: Delivery, reply: Reply, now: datetime) -> Outcome:
    gone = reply.status == HTTPStatus.GONE
    since = endpoint.failing_since or now
    if gone or now - since >= FAILING_FOR:
        _turn_off(endpoint, reply, now)
    elif endpoint.failing_since is None:
        hooks.change(endpoint, endpoint.model_copy(update={"failing_since": now}))
    fields = {"entity": endpoint.entity, "endpoint": endpoint.id, "webhook": delivery.event, "reply": reply.said}
    if gone or delivery.attempts > len(RETRY_MINUTES):
        deliveries.give_up(delivery, reply.said)
        log(LogEvent.WEBHOOK_GIVEN_UP, **fields)
        return Outcome.GIVEN_UP
    deliveries.again(delivery, now + _wait(delivery, reply), reply.said)
    log(LogEvent.WEBHOOK_FAILED, attempts=delivery.attempts, **fields)
    return Outcome.FAILED


def _wait(delivery: Delivery, reply: Reply) -> timedelta:
    """Longer from attempt to attempt, up to a fifth more so that not all come at once; never sooner than asked for."""
    minutes = RETRY_MINUTES[delivery.attempts - 1]
    spread = zlib.crc32(delivery.event.encode()) % max(1, minutes * 12)  # seconds
    return timedelta(seconds=max(minutes * 60 + spread, reply.retry_after))


def _turn_off(endpoint: Endpoint, reply: Reply, now: datetime) -> None:
    """Nothing is sent there until a person turns it on again; a task stands for it."""
    configuration = config.read()
    entity = configuration.entities.get(endpoint.entity)
    today = local_date(now, entity.zone if entity else "UTC")
    tasks.put(
        Task(
            id=task_id(Settings.from_env().deployment, endpoint.entity, "", KIND, endpoint.id),
            entity=endpoint.entity,
            customer="",
            kind=KIND,
            owner=configuration.holder(OWNER, endpoint.entity),
            owner_role=OWNER,
            due_on=today,
            created_on=today,
            note=f"endpoint {endpoint.id} is off: {reply.said}",
        ),
        reopen=True,
    )
    hooks.change(endpoint, endpoint.model_copy(update={"state": "off"}))
    log(LogEvent.WEBHOOK_OFF, entity=endpoint.entity, endpoint=endpoint.id)
