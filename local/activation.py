"""An old ledger at go-live: a neutral statement to everyone who is late, a few more each day, in the policy's order.

Source: the decision semantics, "First activation on an old ledger".
"""

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Final

from core.ledger import Entity, Item
from core.limits import in_entity_currency
from core.policy.schema import Activation
from core.state import Baseline
from functions.shared.store import accounts
from functions.shared.store.accounts import AccountRecord, LostRaceError

OLD_DAYS: Final = 30  # a debt that is late for longer was somebody's to ask for before us
_ATTEMPTS: Final = 5


@dataclass(frozen=True, slots=True)
class Late:
    """One account with something overdue at go-live."""

    customer: str
    minor: int  # overdue principal, in the entity's currency where there are rates; for the order alone
    oldest_due_on: date
    known: bool = False  # we had a message for it before


def late_accounts(entity: Entity, customers: Iterable[str], today: date) -> Iterator[Late]:
    """Those of these customers' accounts on which something is overdue."""
    for customer in customers:
        record = accounts.read(entity.id, customer)
        items = [item for item in record.facts.items if _is_late(item, today)] if record else []
        if items:
            minor, oldest = sum(_minor(item, entity) for item in items), min(item.due_on for item in items)
            yield Late(customer, minor, oldest, known=record is not None and _is_known(record))


def is_old(late: Collection[Late], today: date) -> bool:
    """Whether the ledger was somebody else's to chase before: something is overdue for more than a month.

    Not where we did so ourselves: who starts the sending again after a stop goes on where it stood.
    """
    return not any(one.known for one in late) and any((today - one.oldest_due_on).days > OLD_DAYS for one in late)


def ramp(late: Iterable[Late], activation: Activation, today: date) -> dict[str, date]:
    """The day on which each account is taken up, in the policy's order; each day some more than on the day before."""
    days: dict[str, date] = {}
    on, quota, left = today, activation.first_quota, activation.first_quota
    for one in sorted(late, key=_by_age if activation.first == "oldest" else _by_size):
        if left == 0:
            quota += quota * activation.ramp_percent // 100
            on, left = on + timedelta(days=1), quota
        days[one.customer] = on
        left -= 1
    return days


def _by_size(one: Late) -> tuple[int, date, str]:
    return -one.minor, one.oldest_due_on, one.customer


def _by_age(one: Late) -> tuple[date, int, str]:
    return one.oldest_due_on, -one.minor, one.customer


def set_baseline(entity: Entity, release_on: dict[str, date], today: date, now: datetime) -> None:
    """Write each account's day into its memory; it is decided in the next night. Raises LostRaceError."""
    for customer, on in release_on.items():
        _set(entity, customer, Baseline(today, on), today, now)


def _set(entity: Entity, customer: str, baseline: Baseline, today: date, now: datetime) -> None:
    for _ in range(_ATTEMPTS):
        record = accounts.read(entity.id, customer)
        if record is None:
            return
        state = replace(record.facts.state, baseline=baseline)
        if accounts.commit(record, state=state, next_check_on=today, now=now) is not None:
            return
    raise LostRaceError(f"account {entity.id}/{customer} changed on each of {_ATTEMPTS} attempts")


def _is_known(record: AccountRecord) -> bool:
    """By a message of ours: another system's has no number, and a day of the ramp is left by a stopped go-live too."""
    return bool(record.facts.state.seq)


def _is_late(item: Item, today: date) -> bool:
    return item.kind.principal and item.open_minor > 0 and item.due_on < today


def _minor(item: Item, entity: Entity) -> int:
    converted = in_entity_currency(item.open_minor, item.currency, entity, item)
    return item.open_minor if converted is None else converted
