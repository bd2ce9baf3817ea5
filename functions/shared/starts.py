"""What does not wait for the night: accounts whose policy looks at a new invoice, a payment or a balance, and those of
which a credit hold is in force or a proposal waits that what came may end.
"""  # noqa: D205

from collections.abc import Iterable
from datetime import datetime
from typing import Final

from core.calendar import local_date
from core.packing import unpack
from core.policy.schema import Effect, Event, Policy
from functions.shared import queues
from functions.shared.observability import LogEvent, count, log
from functions.shared.settings import Settings
from functions.shared.store import config, customers, keys
from functions.shared.store.config import Configuration
from functions.shared.store.table import table

MOST: Final = 250  # accounts; more belong to the night, whose run stops for a person when it is unlike the others
_BATCH: Final = 25  # accounts in one message
_STARTS: Final = frozenset({Event.NEW_INVOICE, Event.BALANCE_OVER_LIMIT, Event.PAYMENT_RECEIVED})
_LASTING: Final = frozenset({Effect.CREDIT_HOLD, Effect.PROPOSAL})


def start(
    entity_id: str, customer_ids: Iterable[str], now: datetime, configuration: Configuration | None = None
) -> int:
    """Queue the accounts that changed for a decision now, where that starts a step or may end what is in force.

    Call it when the facts are stored. More than MOST accounts wait for the night. Returns: how many were queued.
    """
    wanted = list(dict.fromkeys(customer_ids))
    current = configuration or config.read()
    if not wanted or not any(is_started(one) or lasts(one) for one in current.policies.values()):
        return 0
    if len(wanted) > MOST:
        log(LogEvent.STARTS_LEFT, entity=entity_id, accounts=len(wanted))
        return 0
    known = customers.profiles(wanted)
    policies = {key: current.setting_for(entity_id, one).policy for key, one in known.items()}
    held = _held(entity_id, [key for key, policy in policies.items() if lasts(policy) and not is_started(policy)])
    started = [one for one in wanted if one in policies and (one in held or is_started(policies[one]))]
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


def lasts(policy: Policy) -> bool:
    """Whether a step of the policy sets something that stays until its cause ends."""
    return any(step.effect in _LASTING and not step.off for step in policy.steps)


def _held(entity_id: str, customer_ids: Iterable[str]) -> set[str]:
    """The accounts of which a credit hold is in force, or a proposal waits."""
    wanted = {keys.account(entity_id, one): one for one in customer_ids}
    found = table().batch_get(wanted) if wanted else {}
    return {wanted[key] for key, row in found.items() if unpack(row["state"]).open_effects}
