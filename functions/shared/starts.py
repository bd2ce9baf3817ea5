"""What does not wait for the night: accounts whose policy looks at a new invoice or a balance are decided at once."""

from collections.abc import Iterable
from datetime import datetime
from typing import Final

from core.calendar import local_date
from core.ledger import Customer
from core.policy.schema import Event, Policy
from functions.shared import queues
from functions.shared.observability import LogEvent, count, log
from functions.shared.settings import Settings
from functions.shared.store import config, customers
from functions.shared.store.config import Configuration

MOST: Final = 250  # accounts; more belong to the night, whose run stops for a person when it is unlike the others
_BATCH: Final = 25  # accounts in one message
_STARTS: Final = frozenset({Event.NEW_INVOICE, Event.BALANCE_OVER_LIMIT, Event.PAYMENT_RECEIVED})


def start(
    entity_id: str, customer_ids: Iterable[str], now: datetime, configuration: Configuration | None = None
) -> int:
    """Queue the accounts that changed for a decision now, where a step of their policy is started by such a change.

    Call it when the facts are stored. More than MOST accounts wait for the night. Returns: how many were queued.
    """
    wanted = list(dict.fromkeys(customer_ids))
    current = configuration or config.read()
    if not wanted or not any(map(is_started, current.policies.values())):
        return 0
    if len(wanted) > MOST:
        log(LogEvent.STARTS_LEFT, entity=entity_id, accounts=len(wanted))
        return 0
    known = customers.profiles(wanted)
    started = [one for one in wanted if _starts(current, entity_id, known.get(one))]
    on = local_date(now, current.entity(entity_id).zone).isoformat()
    chunks = (started[first : first + _BATCH] for first in range(0, len(started), _BATCH))
    bodies = [{"v": 1, "entity": entity_id, "date": on, "customers": chunk} for chunk in chunks]
    if bodies:
        queues.send(Settings.from_env().accounts_queue_url, bodies)
    count("accounts_started", len(started))
    return len(started)


def is_started(policy: Policy) -> bool:
    """Whether a step of the policy is started by what a ledger or a payment says."""
    return any(step.event in _STARTS and not step.off for step in policy.steps)


def _starts(configuration: Configuration, entity_id: str, customer: Customer | None) -> bool:
    return customer is not None and is_started(configuration.setting_for(entity_id, customer).policy)
