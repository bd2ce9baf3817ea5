"""What is overdue, how far it has come by its days, and what was said about it: the figures of a status page."""

from collections.abc import Iterable
from datetime import date

from core.balance import Netted
from core.decide.conditions import holds
from core.decide.night import Night
from core.decide.reach import reach_on
from core.ledger import Item
from core.values import dataclass


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


def levels_reached(night: Night) -> dict[str, int]:
    """By item the highest level whose day has come and whose conditions hold, whatever was sent; 0 before the first.

    This is the item clock alone. What goes out tonight, one level at a time or not at all, is the decision's to say.
    """
    return {row.item.id: _level(row, night) for row in night.rows}


def _level(row: Netted, night: Night) -> int:
    steps = night.policy_of(row.item).messages
    reached = (step for step in steps if (reach_on(step, row, night) or date.max) <= night.as_of)
    return max((step.level for step in reached if holds(step, row, night)), default=0)


@dataclass(frozen=True, slots=True)
class Told:
    """One message about an item."""

    item: str
    on: date
    level: int = 0
    number: int = 0  # which one it said it was, where it said so; 0: it did not
    counts: bool = True  # False: a draft, or taken back; it was never said


@dataclass(frozen=True, slots=True)
class NoticeRecord:
    """What was said about one item up to a day."""

    count: int
    level: int
    last_on: date | None
    days_since: int | None


def notice_record(history: Iterable[Told], item: str, as_of: date) -> NoticeRecord:
    """How often an item was written about, how loud at most, and when last; drafts do not count.

    A message that says "third reminder" is the third one, even where the history before it is not known.
    """
    said = [told for told in history if told.item == item and told.counts and told.on <= as_of]
    last = max((told.on for told in said), default=None)
    return NoticeRecord(
        count=max((len(said), *(told.number for told in said))),
        level=max((told.level for told in said), default=0),
        last_on=last,
        days_since=None if last is None else (as_of - last).days,
    )
