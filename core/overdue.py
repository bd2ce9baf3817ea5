"""What is overdue, how far it has come by its days, and what was said about it: the figures of a status page."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Final

from core.decide.ladder import reach_date
from core.ledger import Item
from core.policy.schema import Policy

_NOBODY_AWAY: Final[frozenset[date]] = frozenset()


@dataclass(frozen=True, slots=True)
class Overdue:
    """The overdue part of some items. Amounts of two currencies are never added."""

    count: int
    minor: dict[str, int]  # by currency
    oldest_due_on: date | None


def is_overdue(item: Item, as_of: date) -> bool:
    """True from the day after the due date, while something is open."""
    return item.open_minor > 0 and as_of > item.due_on


def overdue(items: Iterable[Item], as_of: date) -> Overdue:
    """How many items are overdue, with how much, since when."""
    late = [item for item in items if is_overdue(item, as_of)]
    sums: dict[str, int] = {}
    for item in late:
        sums[item.currency] = sums.get(item.currency, 0) + item.open_minor
    return Overdue(len(late), sums, min((item.due_on for item in late), default=None))


def level_reached(item: Item, policy: Policy, as_of: date, holidays: frozenset[date] = _NOBODY_AWAY) -> int:
    """The highest level whose day has come for the item, whatever was sent; 0 before the first.

    This is the item clock alone. What goes out tonight, one level at a time or not at all, is the decision's to say.
    """
    reached = (step.level for step in policy.messages if reach_date(step, item, policy, holidays) <= as_of)
    return max(reached, default=0)


@dataclass(frozen=True, slots=True)
class Told:
    """One message about an item."""

    item: str
    on: date
    level: int = 0
    counts: bool = True  # False: a draft, or taken back; it was never said


@dataclass(frozen=True, slots=True)
class NoticeRecord:
    """What was said about one item up to a day."""

    count: int
    level: int
    last_on: date | None
    days_since: int | None


def notice_record(history: Iterable[Told], item: str, as_of: date) -> NoticeRecord:
    """How often an item was written about, how loud at most, and when last; drafts do not count."""
    said = [told for told in history if told.item == item and told.counts and told.on <= as_of]
    last = max((told.on for told in said), default=None)
    return NoticeRecord(
        count=len(said),
        level=max((told.level for told in said), default=0),
        last_on=last,
        days_since=None if last is None else (as_of - last).days,
    )
