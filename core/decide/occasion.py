"""What an event's message is about: the promise, the instalment or the balance, where one day and amount say it."""

from collections.abc import Sequence
from datetime import date

from core.balance import Netted
from core.decide.model import Occasion
from core.decide.night import Night
from core.ledger import Promise
from core.policy.schema import Event, Step


def occasion_of(step: Step, rows: Sequence[Netted], night: Night) -> Occasion | None:
    """The occasion of a message step. Args: `rows` for which it is due tonight.

    Returns: None for a step that no such event starts, and where no single day, currency and amount tells it.
    """
    match step.event:
        case Event.PROMISE_BROKEN:
            return _promise(rows, night)
        case Event.INSTALMENT_MISSED:
            return _instalment(rows, night)
        case Event.BALANCE_OVER_LIMIT:
            return _balance(step, night)
        case _:
            return None


def _promise(rows: Sequence[Netted], night: Night) -> Occasion | None:
    """The latest day that was promised in vain, with all that was promised for it."""
    broken = [(row, promise) for row in rows if (promise := _latest(row, night)) is not None]
    last = max((promise.promised_on for _, promise in broken), default=None)
    sums: dict[str, int] = {}
    for row, promise in broken:
        if promise.promised_on == last:
            sums[row.item.currency] = sums.get(row.item.currency, 0) + _promised(row, promise)
    return _single(sums, last)


def _promised(row: Netted, promise: Promise) -> int:
    """What was said; where no amount was, all that is not disputed, with what was paid since."""
    if promise.amount_minor is not None:
        return promise.amount_minor
    paid = (payment.minor for payment in row.item.part_payments if payment.recorded_on >= promise.made_on)
    return row.item.open_minor - row.disputed + sum(paid)


def _latest(row: Netted, night: Night) -> Promise | None:
    broken = row.blocks.broken if row.blocks is not None else []
    return max((p for p in broken if p.promised_on < night.as_of), key=lambda p: p.promised_on, default=None)


def _instalment(rows: Sequence[Netted], night: Night) -> Occasion | None:
    items = {row.item.id for row in rows}
    missed = [run.missing for run in night.plans if run.missing is not None and items & set(run.plan.items)]
    if len(missed) != 1:
        return None
    (first,) = missed  # payments go to the earliest: this one is not paid in full
    return Occasion(first.currency, first.original_minor, first.due_on)


def _balance(step: Step, night: Night) -> Occasion | None:
    """The balance and its limit, where both are of the one currency in which something is open."""
    if len(night.totals.open) != 1:
        return None
    ((currency, minor),) = night.totals.open.items()
    bound = step.when.account_balance.get(currency)
    if bound is None:
        return None
    return Occasion(currency, minor, None, bound.above if bound.above is not None else bound.at_least)


def _single(sums: dict[str, int], on: date | None) -> Occasion | None:
    if len(sums) != 1:
        return None
    ((currency, minor),) = sums.items()
    return Occasion(currency, minor, on)
