"""Late interest: simple, on every day after the due date up to and including the day of payment, in exact fractions."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import date, timedelta
from enum import StrEnum
from fractions import Fraction
from itertools import pairwise

from core.fees import half_up
from core.policy.charges import InterestTerms
from core.refusals import NoRateError
from core.values import dataclass, replace

_DAY = timedelta(days=1)


class Charge(StrEnum):
    """Whether interest is charged, and if not, why not."""

    CHARGED = "charged"
    NOT_LATE = "not_late"  # no day after the due date with anything open
    IN_GRACE = "in_grace"
    BELOW_MINIMUM = "below_minimum"
    ZERO = "zero"  # the rate, or the amount, is too small for a minor unit


@dataclass(frozen=True, slots=True)
class Rate:
    """A rate from a day on: percent a year by the day count, or for each `period_days` days."""

    percent: Fraction
    from_on: date | None = None  # None: from the beginning
    period_days: int | None = None  # None: a year
    label: str = ""  # where it comes from, for letters and for `why`

    @property
    def same(self) -> tuple[Fraction, int | None]:
        """What two rates must share to be one stretch."""
        return self.percent, self.period_days


_NONE = Rate(Fraction(0))  # of days on which nothing is open


@dataclass(frozen=True, slots=True)
class Segment:
    """A stretch of days on one principal at one rate. The segments of a charge add up to it."""

    first_on: date
    last_on: date
    days: int  # as the day count has them
    principal_minor: int
    rate: Rate
    minor: int
    exact: Fraction  # before rounding


@dataclass(frozen=True, slots=True)
class Interest:
    """What is charged. `days` are those on which interest ran; `exact` is the amount before any rounding."""

    charge: Charge
    minor: int
    days: int
    exact: Fraction
    segments: tuple[Segment, ...]

    @property
    def charged(self) -> bool:
        """True when there is something to pay."""
        return self.charge is Charge.CHARGED


def interest(
    principal_minor: int,
    due_on: date,
    to_on: date,
    rates: Sequence[Rate],
    *,
    terms: InterestTerms,
    currency: str,
    payments: Iterable[tuple[date, int]] = (),
) -> Interest:
    """Simple interest on one overdue amount.

    Args: `principal_minor` what was owed before all `payments`; `to_on` the last day that bears interest, that of
    payment included; `rates` by rising day, the first may begin at None; `terms` day count, rounding, day of change,
    grace and minimum; `payments` day and minor units in any order, each lowers the principal from the next day on.
    A negative one is a payment taken back, which bears interest again from the next day.
    Returns: minor units of `currency` and the stretches that they come from; 0 and none when not charged.
    Raises: ValueError for a negative principal; NoRateError when no rate covers a day with something open.
    Source: Directive 2011/7/EU art. 2(5), 3(1) (simple interest from the day after the due date).
    """
    if principal_minor < 0:
        raise ValueError(f"interest needs a principal >= 0, got {principal_minor}")
    stretches = _stretches(principal_minor, due_on, to_on, _dated(rates, terms), list(payments))
    days = sum(stretch.days(terms.day_count) for stretch in stretches)
    exact = sum((stretch.exact(terms.day_count) for stretch in stretches), start=Fraction(0))
    segments = tuple(_rounded(stretches, terms))
    minor = sum(segment.minor for segment in segments)
    charge = Charge.NOT_LATE
    if stretches:
        charge = _charge((stretches[-1].last_on - due_on).days, minor, terms, currency)
    if charge is not Charge.CHARGED:
        return Interest(charge, 0, days, exact, ())
    return Interest(charge, minor, days, exact, segments)


def open_on(day: date, principal_minor: int, payments: Iterable[tuple[date, int]]) -> int:
    """The principal that bears interest on a day: what was paid on the day itself still does."""
    return max(0, principal_minor - sum(minor for paid_on, minor in payments if paid_on < day))


def _charge(days_late: int, minor: int, terms: InterestTerms, currency: str) -> Charge:
    if days_late <= terms.grace_days:
        return Charge.IN_GRACE
    if minor == 0:
        return Charge.ZERO
    return Charge.BELOW_MINIMUM if minor < terms.min_interest.get(currency, 0) else Charge.CHARGED


# ---------- stretches: days on which neither principal nor rate changes ----------
@dataclass(frozen=True, slots=True)
class _Stretch:
    first_on: date
    last_on: date
    principal: int
    rate: Rate

    def parts(self, day_count: str) -> tuple[tuple[int, int], ...]:
        """The days, and how many of them make up the rate's period: one pair, or one a calendar year."""
        days = (self.last_on - self.first_on).days + 1
        if self.rate.period_days is not None:
            return ((days, self.rate.period_days),)
        match day_count:
            case "act/360":
                return ((days, 360),)
            case "30/360":
                return ((_thirties(self.last_on) - _thirties(self.first_on - _DAY), 360),)
            case "act/act":
                return tuple(_by_year(self.first_on, self.last_on))
        return ((days, 365),)

    def amounts(self, day_count: str) -> tuple[tuple[int, Fraction], ...]:
        """Days and the interest of one of them, in minor units, not rounded."""
        whole = self.principal * self.rate.percent / 100
        return tuple((days, whole / period) for days, period in self.parts(day_count))

    def exact(self, day_count: str) -> Fraction:
        return sum((days * a_day for days, a_day in self.amounts(day_count)), start=Fraction(0))

    def days(self, day_count: str) -> int:
        return sum(days for days, _ in self.parts(day_count))


def _thirties(day: date) -> int:
    """Days since year 0 as if every month had thirty; the 31st counts as the 30th."""
    return 360 * day.year + 30 * day.month + min(day.day, 30)


def _by_year(first_on: date, last_on: date) -> Iterator[tuple[int, int]]:
    for year in range(first_on.year, last_on.year + 1):
        begin, end = date(year, 1, 1), date(year, 12, 31)
        yield (min(end, last_on) - max(begin, first_on)).days + 1, (end - begin).days + 1


def _stretches(
    principal: int, due_on: date, to_on: date, rates: Sequence[tuple[date, Rate]], payments: Sequence[tuple[date, int]]
) -> list[_Stretch]:
    """The days after `due_on` to `to_on` with anything open, cut where principal or rate changes and only there."""
    if to_on <= due_on:
        return []
    begins = [start for start, _ in rates] + [paid_on + _DAY for paid_on, _ in payments]
    cuts = sorted({due_on + _DAY, *(day for day in begins if due_on + _DAY < day <= to_on), to_on + _DAY})
    pieces = list[_Stretch]()
    for first_on, after in pairwise(cuts):
        last_on = after - _DAY
        still_open = open_on(first_on, principal, payments)
        rate = _borne(rates, first_on, last_on) if still_open else _NONE
        before = pieces[-1] if pieces else None
        if before and (before.principal, before.rate.same) == (still_open, rate.same):
            pieces[-1] = replace(before, last_on=last_on)
        else:
            pieces.append(_Stretch(first_on, last_on, still_open, rate))
    return [piece for piece in pieces if piece.principal]


def _borne(rates: Sequence[tuple[date, Rate]], first_on: date, last_on: date) -> Rate:
    reached = [rate for start, rate in rates if start <= first_on]
    if not reached:
        raise NoRateError("the contract", "its list of rates", first_on, last_on)
    return reached[-1]


def _dated(rates: Sequence[Rate], terms: InterestTerms) -> list[tuple[date, Rate]]:
    """Each rate with the first day that bears it; the first rate has none before it and begins on its day."""
    later = _DAY if terms.rate_change_day == "old_rate" else timedelta()
    return [
        (rate.from_on + (later if n else timedelta()) if rate.from_on else date.min, rate)
        for n, rate in enumerate(rates)
    ]


def _rounded(stretches: Sequence[_Stretch], terms: InterestTerms) -> Iterator[Segment]:
    """Each stretch with its minor units. Rounded once: each shows what it adds to the rounded total so far."""
    total, shown = Fraction(0), 0
    for stretch in stretches:
        exact = stretch.exact(terms.day_count)
        match terms.rounding:
            case "half_up_per_segment":
                minor = half_up(exact)
            case "daily_half_up":
                minor = sum(days * half_up(a_day) for days, a_day in stretch.amounts(terms.day_count))
            case _:
                total += exact
                minor = half_up(total) - shown
                shown += minor
        days = stretch.days(terms.day_count)
        yield Segment(stretch.first_on, stretch.last_on, days, stretch.principal, stretch.rate, minor, exact)
