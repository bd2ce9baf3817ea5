"""The slots of the contact budget that one notice takes of its readers' addresses."""

from datetime import timedelta
from functools import partial

from core.calendar import local_date
from core.decide.model import NoticePlan, Recipient, Setting
from core.keys import address_hash
from core.values import dataclass
from functions.send_notices.attempt import Attempt
from functions.send_notices.gate import TRUSTED
from functions.shared import addresses, refusals
from functions.shared.store import reach
from functions.shared.store.reach import Slot


@dataclass(frozen=True, slots=True)
class Taken:
    """What asking the contact budget gave."""

    readers: tuple[Recipient, ...]  # who may be written to
    slots: tuple[tuple[str, str], ...]  # of those: address hash, their local day
    dead: tuple[str, ...]  # hashes of addresses that are switched off
    asked: bool = False  # somebody's server did not take such a mail, and a person is still to see to that


def take(attempt: Attempt, setting: Setting, plan: NoticePlan) -> Taken:
    """One slot of the contact budget per recipient; who has none is left out."""
    readers, slots, dead, asked = list[Recipient](), list[tuple[str, str]](), list[str](), False
    is_asked = partial(refusals.is_open, attempt.notice)
    for recipient in plan.recipients:
        address, day = address_hash(recipient.reached_at), local_date(attempt.now, recipient.zone)
        match reach.take(address, attempt.notice.id, day, setting.policy.budget, is_asked):
            case Slot.TAKEN:
                readers.append(recipient)
                slots.append((address, day.isoformat()))
            case Slot.OFF:
                dead.append(address)
            case Slot.ASKED:
                asked = True
    return Taken(tuple(readers), tuple(slots), tuple(dead), asked)


def leave(attempt: Attempt, dead: tuple[str, ...]) -> bool:
    """Another account's mail found these addresses dead: this one turns to its next contact. True when it has to."""
    left = False
    for address in dead:
        reason = reach.read(address).off or ""
        left |= addresses.leave(attempt.notice, address, reason, attempt.configuration, attempt.now)
    return left


def free_earlier(attempt: Attempt, plan: NoticePlan) -> None:
    """An attempt that stopped half-way may have left slots under this notice's id; the notice starts without any."""
    if attempt.notice.attempt > 1:
        attempt.free(tuple((address_hash(r.reached_at), "") for r in plan.recipients))


def has_lost_one(slots: tuple[tuple[str, str], ...], waited: timedelta) -> bool:
    """An address was switched off, by another account's mail, while this one waited for its turn."""
    return waited > TRUSTED and any(reach.read(address).off for address, _ in slots)
