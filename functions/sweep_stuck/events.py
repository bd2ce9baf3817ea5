"""Events for other systems that have come due: queued, each for its endpoint."""

from datetime import datetime

from functions.shared import queues
from functions.shared.settings import Settings
from functions.shared.store import deliveries
from functions.shared.store.attention import Due


def offer(due: Due, now: datetime) -> bool:
    """Queue one; False when there is none of it any more."""
    entity, endpoint, event = deliveries.of_attention(due.entity, due.what)
    delivery = deliveries.read(entity, endpoint, event)
    if delivery is None or delivery.state is not deliveries.DeliveryState.PENDING:
        return False
    queues.send(
        Settings.from_env().webhooks_queue_url, [{"v": 1, "entity": entity, "endpoint": endpoint, "event": event}]
    )
    deliveries.offered(delivery, now)
    return True
