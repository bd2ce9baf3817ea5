"""Days past due, aging buckets, and balances by bucket."""

from collections.abc import Iterable, Sequence
from datetime import date
from typing import Final

from core.values import dataclass


@dataclass(frozen=True, slots=True)
class AgingBucket:
    """A closed interval of days past due; None is an open end."""

    label: str
    first_day: int | None
    last_day: int | None

    def holds(self, days_past_due: int) -> bool:
        """True when the day count lies in the bucket, edges included."""
        return (self.first_day is None or days_past_due >= self.first_day) and (
            self.last_day is None or days_past_due <= self.last_day
        )

    def covers(self, day: date, as_of: date) -> bool:
        """True when an amount counted from `day` lies in the bucket on `as_of`."""
        return self.holds(days_past_due(day, as_of))


@dataclass(frozen=True, slots=True)
class CalendarBucket:
    """A closed interval of dates, such as a month of due dates; None is an open end."""

    label: str
    first_on: date | None
    last_on: date | None

    def covers(self, day: date, as_of: date) -> bool:  # noqa: ARG002 - the same question as to a bucket of days
        """True when an amount counted from `day` lies in the bucket, edges included, whatever the day of asking."""
        return (self.first_on is None or day >= self.first_on) and (self.last_on is None or day <= self.last_on)


Bucket = AgingBucket | CalendarBucket

# All buckets cover every day once. Source: the usual 30-day aging of receivables (IFRS 9 B5.5.35 provision matrix).
STANDARD: Final = (
    AgingBucket("current", None, 0),
    AgingBucket("1-30", 1, 30),
    AgingBucket("31-60", 31, 60),
    AgingBucket("61-90", 61, 90),
    AgingBucket("91+", 91, None),
)


def days_past_due(due_on: date, as_of: date) -> int:
    """Calendar days since the due date: 0 on it, negative before it."""
    return (as_of - due_on).days


def aged_balance(
    open_amounts: Iterable[tuple[date | None, str, int]],
    as_of: date,
    buckets: Sequence[Bucket] = STANDARD,
    *,
    undated: str = "",
) -> dict[str, dict[str, int]]:
    """Minor units by currency and bucket label, every bucket named even where it is empty.

    Args: (day counted from, currency, minor units) of each open amount, credits negative; amounts of two currencies are
    never added. `undated` is the label of the bucket for amounts without a day, by default the first one's.
    Raises: ValueError when the buckets leave a gap.
    """
    without_day = undated or buckets[0].label
    balances: dict[str, dict[str, int]] = {}
    for day, currency, minor in open_amounts:
        row = balances.setdefault(currency, {bucket.label: 0 for bucket in buckets})
        row[without_day if day is None else _label(day, as_of, buckets)] += minor
    return balances


def _label(day: date, as_of: date, buckets: Sequence[Bucket]) -> str:
    for bucket in buckets:
        if bucket.covers(day, as_of):
            return bucket.label
    raise ValueError(f"no aging bucket covers {day.isoformat()} as of {as_of.isoformat()}")
