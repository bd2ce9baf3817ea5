"""When to look at an account again. Law: skipping it until then changes neither outcome nor message."""

from collections.abc import Iterator
from datetime import date, timedelta
from typing import Final

from core.decide import words
from core.decide.adverse import payments_fade_on
from core.decide.message import Message
from core.decide.model import Reason
from core.decide.night import Night
from core.decide.outcome import Effects
from core.decide.tables import Stand
from core.plans import next_miss

ONE_DAY: Final = timedelta(days=1)
# An account with open items always has a next look, or a review of every account (a new policy) would never meet it.
AT_LATEST: Final = timedelta(days=365)


def next_look(
    night: Night, stands: list[Stand], messages: list[Message], effects: Effects, items_on: date | None = None
) -> date | None:
    """The earliest later date on which any rule's answer may change by itself; None when nothing is open.

    Args: `items_on` that date for the items by themselves, where it is known already. Source: the decision semantics,
    `next_check_on`.
    """
    as_of, tomorrow = night.as_of, night.as_of + ONE_DAY
    if not stands:
        return tomorrow if night.facts.state.waiting else None
    if night.facts.state.waiting or True in [message.plan is not None for message in messages]:
        return tomorrow  # until what is planned has gone
    of_items = days_of_items(night, stands) if items_on is None else [items_on]
    dates = [*of_items, *_of_account(night), *effects.ahead]
    dates += [message.again_on for message in messages if message.again_on is not None]
    return min([day for day in dates if day > as_of], default=as_of + AT_LATEST)


def days_of_items(night: Night, stands: list[Stand]) -> list[date]:
    """The dates on which something about an item changes by itself, past ones among them."""
    dates: list[date] = []
    for stand in stands:
        row, reached = stand.row, stand.reached
        if reached.ahead is not None:
            dates.append(reached.ahead)
        if row.days_past_due < 0:
            dates.append(row.item.due_on)  # is due: counted among the unpaid
        elif row.days_past_due == 0:
            dates.append(row.item.due_on + ONE_DAY)  # becomes overdue: listed, and covered by credit
        if row.blocks is not None:
            dates += row.blocks.changes
        if row.dunnable:
            dates += words.changes_on(row, night, night.policy_of(row.item))
    return dates


def _of_account(night: Night) -> Iterator[date]:
    for running in night.plans:
        miss = next_miss(running, night.as_of)
        if miss is not None:
            yield miss
    yield from (plan.ended_on for plan in night.facts.plans if plan.ended_on is not None)
    if Reason.SMALL in [row.blocked for row in night.rows]:  # a payment that made it small counts from then on
        yield from payments_fade_on(night)
    baseline = night.facts.state.baseline
    if baseline is not None:
        yield baseline.release_on
    for dispute in night.facts.disputes:
        if dispute.closed_on is None and dispute.answer_by is not None:
            yield dispute.answer_by + ONE_DAY
