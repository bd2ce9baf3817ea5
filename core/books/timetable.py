"""The days on which reminders of one invoice are meant to go out, by dates alone and before anything has happened."""

from calendar import monthrange
from collections.abc import Iterator, Mapping, Sequence
from datetime import date, timedelta
from typing import Final, Literal

from core.values import dataclass

_MONTHS: Final = 12


@dataclass(frozen=True, slots=True)
class Mark:
    """One reminder: so many days after a date of the invoice, before it when negative."""

    id: str
    anchor: Literal["issue", "due"]
    offset_days: int


@dataclass(frozen=True, slots=True)
class Again:
    """How reminders go on after the last mark: counted from the last one that was sent."""

    id: str
    every_days: int = 0
    every_months: int = 0
    overflow: bool = False  # True: 31 January and one month is 3 March; else the last day of February


@dataclass(frozen=True, slots=True)
class Timetable:
    """All marks of one invoice. Dates decide, not the order of the marks."""

    marks: Sequence[Mark]
    issued_on: date | None
    due_on: date | None
    again: Again | None = None

    def day_of(self, mark: Mark) -> date | None:
        """The day of a mark; None where the invoice has no such date."""
        start = self.issued_on if mark.anchor == "issue" else self.due_on
        return None if start is None else start + timedelta(days=mark.offset_days)

    def next_after(self, as_of: date, sent: Mapping[str, date]) -> tuple[str, date] | None:
        """The earliest reminder not sent whose day is strictly later; None when there is none.

        Args: `sent` days by mark id. A day that has passed unsent is over here: what is still to be caught up is the
        decision's to say. The repeat starts only when every mark was sent.
        """
        ahead = [
            (day, mark.id)
            for mark in self.marks
            if mark.id not in sent and (day := self.day_of(mark)) is not None and day > as_of
        ]
        if self.again is not None and sent and all(mark.id in sent for mark in self.marks):
            day = _following(self.again, max(sent.values()))
            if day > as_of:
                ahead.append((day, self.again.id))
        first = min(ahead, default=None)
        return None if first is None else (first[1], first[0])

    def days(self, as_of: date, until: date, sent: Mapping[str, date]) -> Iterator[date]:
        """Every day up to `until` on which a reminder goes out, when each is sent on its day."""
        done, now = dict(sent), as_of
        while (found := self.next_after(now, done)) is not None and found[1] <= until:
            step, now = found
            done[step] = now
            for mark in self.marks:  # of two marks on one day one message speaks
                if mark.id not in done and self.day_of(mark) == now:
                    done[mark.id] = now
            yield now


def _following(again: Again, last: date) -> date:
    day = add_months(last, again.every_months, overflow=again.overflow) if again.every_months else last
    return day + timedelta(days=again.every_days)


def add_months(day: date, months: int, *, overflow: bool = False) -> date:
    """The same day so many months later.

    Where that month is shorter: its last day, or with `overflow` as many days into the month after.
    """
    index = day.year * _MONTHS + day.month - 1 + months
    year, month = index // _MONTHS, index % _MONTHS + 1
    last = monthrange(year, month)[1]
    if day.day <= last:
        return date(year, month, day.day)
    return date(year, month, last) + timedelta(days=day.day - last if overflow else 0)
