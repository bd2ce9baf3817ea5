"""An old ledger taken up at go-live: a day of the ramp for each account, a neutral statement first.

Source: the decision semantics, "First activation on an old ledger".
"""

from datetime import date, timedelta

from core.balance import Netted
from core.decide.model import Reason
from core.policy.schema import STATEMENT, Policy, Step
from core.state import Baseline, ItemState


def set_old_apart(rows: list[Netted], baseline: Baseline | None, policy: Policy, as_of: date) -> None:
    """Mark what was overdue at go-live and may not be chased yet, or not at all by itself."""
    if baseline is None:
        return
    oldest = baseline.on - timedelta(days=policy.activation.older_than_days)
    for row in rows:
        if not row.dunnable or row.item.due_on >= baseline.on:
            continue
        if row.item.due_on < oldest:
            row.blocked = Reason.TOO_OLD
        elif as_of < baseline.release_on:
            row.blocked = Reason.NOT_RELEASED


def statement_due(row: Netted, state: ItemState, baseline: Baseline, policy: Policy) -> Step | None:
    """The neutral statement, where the item was overdue at go-live and has heard nothing yet."""
    if row.item.due_on >= baseline.on:
        return None
    if state.attempts or state.level or STATEMENT in state.effects:
        return None
    return policy.step(STATEMENT)
