"""Days past due, aging buckets, and balances by bucket."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Final


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


def bucket_of(days: int, buckets: tuple[AgingBucket, ...] = STANDARD) -> AgingBucket:
    """The bucket of a day count. Raises ValueError when the buckets leave a gap there."""
    for bucket in buckets:
        if bucket.holds(days):
            return bucket
    raise ValueError(f"no aging bucket holds {days} days past due")


def aged_balance(
    open_amounts: Iterable[tuple[date, str, int]], as_of: date, buckets: tuple[AgingBucket, ...] = STANDARD
) -> dict[str, dict[str, int]]:
    """Minor units by currency and bucket label, every bucket named even where it is empty.

    Args: (due date, currency, minor units) of each open amount; amounts of two currencies are never added.
    """
    balances: dict[str, dict[str, int]] = {}
    for due_on, currency, minor in open_amounts:
        row = balances.setdefault(currency, {bucket.label: 0 for bucket in buckets})
        row[bucket_of(days_past_due(due_on, as_of), buckets).label] += minor
    return balances
