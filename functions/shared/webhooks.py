"""Telling others what happened: each event is kept once for each endpoint that wants it, and goes out from there.

Whoever calls this can be called again for the same thing, and is, until it has come through: the outbox of an account,
a notice that is not settled yet, a mail event in its queue. The id of an event follows from what happened, so telling
twice is telling once. With no endpoint nothing is written.
"""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from core.happenings import Happening
from functions.shared.settings import Settings
from functions.shared.store import deliveries, hooks, keys
from functions.shared.store.deliveries import Delivery


def tell(entity: str, customer: str, happenings: Iterable[Happening], at: datetime, now: datetime) -> int:
    """Keep each event for each endpoint that wants it. Args: `at` when it happened. Returns: how many are new."""
    endpoints = hooks.of(entity)
    if not endpoints:
        return 0
    new = 0
    for happening in happenings:
        event = happening.id(Settings.from_env().deployment, entity, customer)
        for endpoint in endpoints:
            if endpoint.wants(happening.kind):
                body = payload(happening, entity, customer, at)
                delivery = Delivery(entity, endpoint.id, event, happening.kind, body)
                new += deliveries.put(delivery, now)
    return new


def wanted(entity: str) -> bool:
    """Whether anybody wants to hear of this entity."""
    return bool(hooks.of(entity))


def payload(happening: Happening, entity: str, customer: str, at: datetime) -> dict[str, Any]:
    """What is sent. Source: Standard Webhooks, "Payload structure": type, timestamp, data."""
    said = {"entity": entity, "customer": customer, **happening.data}
    return {"type": happening.kind.value, "timestamp": keys.instant(at), "data": said}
