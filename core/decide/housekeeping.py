"""Tasks that no policy step asks for: a missing address, an unanswered dispute, debts too old to chase."""

from collections import Counter
from typing import Final

from core.decide.message import Message
from core.decide.model import Reason
from core.decide.night import Night
from core.decide.outcome import Effects
from core.decide.readers import customer_readers
from core.decide.silence import ask_who_knows
from core.decide.tasks import FIND_ADDRESS, keep_task, open_of

DISPUTE_LATE: Final = "dispute-late"
DISPUTE_AGAIN: Final = "dispute-again"
OLD_DEBT: Final = "old-debt"
_MANAGER: Final = "ar_manager"  # hears of a dispute that its owner has not answered


def keep_house(night: Night, messages: list[Message], effects: Effects) -> None:
    """Open each of these tasks when its cause appears, close it when that has gone.

    An address is looked for only when there is something to send. The task ends with it, once every role that the
    ladder writes to is filled, or with nothing open.
    """
    _keep_address(night, messages, effects)
    _keep_disputes(night, effects)
    if night.policy.requiring or night.setting.policies or effects.state.tasks:
        ask_who_knows(night, effects)
    if night.facts.state.baseline is not None or effects.state.tasks:
        old = tuple(row.item.id for row in night.rows if row.blocked is Reason.TOO_OLD)
        keep_task(OLD_DEBT, bool(old), night, effects, items=old)


def _keep_address(night: Night, messages: list[Message], effects: Effects) -> None:
    missing = sorted({role for message in messages for role in message.missing})
    if not missing and not effects.state.tasks:
        return
    looked = any(message.plan is not None or message.held is Reason.NO_ADDRESS for message in messages)
    if looked or missing or not night.rows or (open_of(FIND_ADDRESS, effects) and _all_filled(night)):
        keep_task(FIND_ADDRESS, bool(missing), night, effects, note=", ".join(missing))


def _keep_disputes(night: Night, effects: Effects) -> None:
    if not night.facts.disputes and not effects.state.tasks:
        return
    open_ones = {row.item.id for row in night.rows}
    pending = [d for d in night.facts.disputes if d.item in open_ones]
    late = [d for d in pending if d.closed_on is None and d.answer_by is not None and d.answer_by < night.as_of]
    keep_task(DISPUTE_LATE, bool(late), night, effects, items=tuple(d.item for d in late), role=_MANAGER)
    times = Counter(d.item for d in pending if d.by_customer)
    again = tuple(d.item for d in pending if d.closed_on is None and times[d.item] > 1)
    keep_task(DISPUTE_AGAIN, bool(again), night, effects, items=again)


def _all_filled(night: Night) -> bool:
    roles = dict.fromkeys(role for step in night.policy.messages for role in step.audience.customer)
    return not customer_readers(night.facts, night.setting, tuple(roles))[1]
