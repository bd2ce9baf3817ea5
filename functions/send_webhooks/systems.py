"""Events for a system that feeds us its ledger: told by its own interface, with the key that it is asked with."""

import json

from core.connect.netsuite_writes import writes
from core.source import SourceKind
from functions.send_webhooks.wire import Reply
from functions.shared import system_web
from functions.shared.store import sources
from functions.shared.store.deliveries import Delivery
from functions.shared.system_doors import opened


def tell(source_id: str, delivery: Delivery) -> Reply:
    """Every request of one event, in order; one that fails is made again with all before it, which changes nothing."""
    source = sources.get(source_id)
    if source is None or source.entity != delivery.entity or source.kind is not SourceKind.NETSUITE:
        return Reply(None, "no source of this name is written to")
    door = opened(source)
    try:
        for write in writes(delivery.type, delivery.body["data"], delivery.event, source.settings):
            headers = {**door.headers(), "Content-Type": "application/json", "Accept": "application/json"}
            body = json.dumps(write.body).encode()
            system_web.send(write.method, f"{door.url}{write.path}", headers=headers, body=body)
    except system_web.WebError as error:
        return Reply(None, error.code)
    return Reply(204)
