"""On which days past due a step may happen, as far as the policy alone can say."""

from typing import NamedTuple

from core.policy.conditions import Bound, When
from core.policy.schema import Anchor, Step


class Days(NamedTuple):
    """Days past due from `first` to `last`, both included; None: no end on that side."""

    first: int | None = None
    last: int | None = None

    def within(self, other: "Days") -> "Days | None":
        """The days in both; None when there are none."""
        firsts = [day for day in (self.first, other.first) if day is not None]
        lasts = [day for day in (self.last, other.last) if day is not None]
        first, last = max(firsts, default=None), min(lasts, default=None)
        return None if first is not None and last is not None and first > last else Days(first, last)


_ALL_DAYS = Days()


def days_of(when: When, within: Days = _ALL_DAYS) -> list[Days]:
    """The ranges of days on which the condition may hold; empty when it never does."""
    own = within if when.dpd is None else within.within(_of(when.dpd))
    if own is None:
        return []
    return [days for one in when.any_of for days in days_of(one, own)] if when.any_of else [own]


def _of(bound: Bound) -> Days:
    first = [day for day in (bound.at_least, None if bound.above is None else bound.above + 1) if day is not None]
    last = [day for day in (bound.at_most, None if bound.below is None else bound.below - 1) if day is not None]
    return Days(max(first, default=None), min(last, default=None))


def opens(step: Step) -> int | None:
    """The first day past due on which the step may happen; None when it does not count from the due date."""
    if step.anchor is not Anchor.DUE:
        return None
    start = step.offset_days + (step.op == ">")
    firsts = [start if days.first is None else max(start, days.first) for days in days_of(step.when)]
    return min(firsts, default=start)


def closes(step: Step) -> int | None:
    """The last day past due on which the step may happen; None when it never lapses."""
    lasts = [days.last for days in days_of(step.when)]
    by_condition = None if None in lasts else max((last for last in lasts if last is not None), default=None)
    by_range = step.repeat.until_dpd if step.repeat else None
    return min((day for day in (step.last_valid_dpd, by_range, by_condition) if day is not None), default=None)


def occurrences(step: Step) -> int | None:
    """How often a repeating step happens at most with one invoice; None: no end. A step without repeat: once."""
    if step.repeat is None:
        return 1
    start, end = opens(step), closes(step)
    by_days = None if start is None or end is None else max(0, (end - start) // step.repeat.every_days + 1)
    return min((most for most in (by_days, step.repeat.max) if most is not None), default=None)


def last_occurrence(step: Step) -> int | None:
    """The day past due of the last time, sent on time; None when there is none or it is not known."""
    start, most = opens(step), occurrences(step)
    if start is None or most is None or most == 0:
        return None
    return start + (most - 1) * (step.repeat.every_days if step.repeat else 0)
