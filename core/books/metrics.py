"""Measures of how collecting goes. Exact fractions; whoever shows one rounds it, once."""

from collections.abc import Sequence
from decimal import Decimal
from fractions import Fraction
from typing import Final, Literal

# Half of the last place goes away from zero, or to the even neighbour.
Rounding = Literal["half_away_from_zero", "half_even"]
_PERCENT: Final = 100


def collection_effectiveness_index(
    *, opening_minor: int, sales_minor: int, closing_minor: int, closing_current_minor: int
) -> Fraction | None:
    """Share of the collectable receivables that was collected in the period, in percent.

    Args: minor units of one currency; `closing_current_minor` is the part of the closing that is not past due.
    Returns: None when nothing was collectable.
    Raises: ValueError when more is current than there is.
    Source: Credit Research Foundation, CEI; sales of the same period, not a monthly mean. Worked case: 79.63.
    """
    if closing_current_minor > closing_minor:
        raise ValueError(f"current {closing_current_minor} is more than the whole closing {closing_minor}")
    collected = opening_minor + sales_minor - closing_minor
    return ratio_percent(collected, opening_minor + sales_minor - closing_current_minor)


def dso_days(*, receivables_minor: int, sales_minor: int, period_days: int) -> Fraction | None:
    """Days of sales that stand open: receivables / credit sales x days. None without sales.

    Source: Credit Research Foundation, days sales outstanding. Worked case: 18,000 on 20,000 in 30 days is 27.
    """
    return Fraction(receivables_minor * period_days, sales_minor) if sales_minor else None


def best_possible_dso_days(*, current_minor: int, sales_minor: int, period_days: int) -> Fraction | None:
    """What DSO would be if nobody paid late: the same with the receivables that are not past due."""
    return dso_days(receivables_minor=current_minor, sales_minor=sales_minor, period_days=period_days)


def average_days_delinquent(
    *, receivables_minor: int, current_minor: int, sales_minor: int, period_days: int
) -> Fraction | None:
    """The part of DSO that is owed to late payers: DSO less the best possible one. Worked case: 45 - 12 = 33."""
    return dso_days(
        receivables_minor=receivables_minor - current_minor, sales_minor=sales_minor, period_days=period_days
    )


def ratio_percent(part: int, whole: int) -> Fraction | None:
    """One amount in percent of another of the same currency; None of nothing."""
    return Fraction(part * _PERCENT, whole) if whole else None


def mean_days_late(days: Sequence[int]) -> Fraction | None:
    """Mean of the days by which paid items were late, early ones negative; None when none was paid.

    Args: one count an item: that of the payment which closed it, earlier part payments do not count.
    """
    return Fraction(sum(days), len(days)) if days else None


def rounded(value: Fraction, places: int = 0, rounding: Rounding = "half_away_from_zero") -> Decimal:
    """The value to that many decimal places, rounded from the exact fraction."""
    scaled = value * 10**places
    whole, rest = divmod(abs(scaled.numerator), scaled.denominator)
    double = 2 * rest
    up = double > scaled.denominator or (
        double == scaled.denominator and (rounding == "half_away_from_zero" or whole % 2)
    )
    digits = whole + 1 if up else whole
    return Decimal(digits if value >= 0 else -digits).scaleb(-places)
